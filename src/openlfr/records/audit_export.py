"""The audit log for a regulator or a court: lines of JSON that prove themselves, without our database or program.

The first line is the signed tree head. Each further line is one entry with its words in clear, the salt that ties
them to the entry, and the inclusion path (RFC 6962 section 2.1.1) that ties the entry to the head. `check_export`
verifies such a file offline, given only the hub's public key.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import reference, write_refused
from openlfr.records.audit import words_place
from openlfr.records.audit_entry import MAX_WORDS, AuditEntry, AuditEvent, Processing, RecordReference, Who, Words
from openlfr.records.audit_head import TreeHead
from openlfr.records.audit_reading import THE_LOG
from openlfr.records.audit_tables import AuditEntryRow, AuditHeadRow
from openlfr.records.errors import AuditBrokenError
from openlfr.records.hub_records import HubRecords
from openlfr.records.merkle import Tree, root_from_inclusion
from openlfr.records.schema import from_microseconds, microseconds
from openlfr.sealing.canonical import canonical_bytes
from openlfr.sealing.signature import SignedDocument, VerifyKey

_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _ExportedEntry(BaseModel):
    """One line of an export, as read back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sequence: int = Field(ge=0)
    recorded_at: str
    recorded_at_us: int
    staff: str
    role: str
    act: str
    processing: str
    record_kind: str
    record_id: str
    origin: str
    justification: str
    recipient: str
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    path: list[_Hash]

    def entry(self) -> AuditEntry:
        return AuditEntry(
            sequence=self.sequence,
            recorded_at=from_microseconds(self.recorded_at_us),
            staff=self.staff,
            role=self.role,
            act=self.act,
            processing=self.processing,
            record_kind=self.record_kind,
            record_id=self.record_id,
            origin=self.origin,
            words_commitment=Words(self.justification, self.recipient, bytes.fromhex(self.salt)).commitment,
        )


class _ExportedHead(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal["openlfr audit export 1"]
    head: str


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export holds: `entries` out of a log of `head.size`."""

    head: TreeHead
    entries: int

    @property
    def complete(self) -> bool:
        """Whether it is the whole log up to its head."""
        return self.entries == self.head.size


def export_audit(
    records: HubRecords,
    by: Actor,
    target: Path,
    *,
    recipient: str,
    reason: str,
    origin: str,
    record: RecordReference | None = None,
) -> ExportSummary | Refusal:
    """Write the log, or the entries about one record, to a new file for a recipient.

    The disclosure itself is in the log before anything is written, and in the file when the whole log is asked for.
    Refused without the role, recipient or reason. Raises FileExistsError rather than overwrite, RecordsError, and
    AuditBrokenError when an entry's words do not open.
    """
    refusal = _refusal(records, by, recipient, reason)
    if refusal is not None:
        log = THE_LOG if record is None else reference(record.kind, record.id)
        with records.database.writing() as session:
            return write_refused(records, session, by, Action.EXPORT_AUDIT, log, origin, refusal)
    with _new_file(target) as file:
        with records.database.writing() as session:
            disclosed = AuditEvent(
                Who.acting(by, Action.EXPORT_AUDIT),
                Action.EXPORT_AUDIT,
                Processing.DISCLOSURE,
                record or THE_LOG,
                origin,
                reason,
                recipient,
            )
            records.audit.append(session, disclosed)
        with records.database.reading() as session:
            lines = proven_entries(records, session, record)
            heading = next(lines)
            file.write(heading + b"\n")
            count = 0
            for line in lines:
                file.write(line + b"\n")
                count += 1
    document = SignedDocument.from_bytes(_ExportedHead.model_validate_json(heading).head.encode())
    head = TreeHead.opened(document, records.signer.public)
    return ExportSummary(head, count)


def _refusal(records: HubRecords, by: Actor, recipient: str, reason: str) -> Refusal | None:
    allowed = may_act(by, Action.EXPORT_AUDIT, records.clock())
    if isinstance(allowed, Refusal):
        return allowed
    if not recipient.strip() or not reason.strip():
        return Refusal(RefusalCode.AUTHORITY_MISSING, "An export of the audit log needs its recipient and the reason.")
    problems = (
        *text_problems("recipient", recipient, longest=LONGEST_NAME),
        *text_problems("reason", reason, longest=MAX_WORDS),
    )
    return refused_fields("The export", problems) if problems else None


def proven_entries(records: HubRecords, session: Session, record: RecordReference | None = None) -> Iterator[bytes]:
    """The lines of an export, as `check_export` reads them: the signed head first, then the entries with their proofs.

    For callers that have asked who may see them, and written down the disclosure.
    """
    newest = session.execute(select(AuditHeadRow).order_by(AuditHeadRow.size.desc()).limit(1)).scalar_one()
    document = SignedDocument.from_bytes(newest.document)
    head = TreeHead.opened(document, records.signer.public)
    tree = Tree(session.scalars(select(AuditEntryRow.leaf).order_by(AuditEntryRow.sequence)))
    yield canonical_bytes({"format": "openlfr audit export 1", "head": document.to_bytes().decode()})
    yield from _lines(session, records, tree, head.size, record)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file for its owner only, which is gone again when it could not be finished."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def check_export(lines: Iterable[bytes], trusted: VerifyKey) -> ExportSummary:
    """Verify an export offline against the hub's public key, as noted when the hub was set up.

    Raises AuditBrokenError, naming the line, when the head is not genuine or an entry, its words or its path was
    changed, or an entry comes twice.
    """
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (1, b""))
    try:
        document = SignedDocument.from_bytes(_ExportedHead.model_validate_json(first).head.encode())
    except ValidationError as error:
        raise AuditBrokenError("Line 1 is not the beginning of an export of an audit log.") from error
    head = TreeHead.opened(document, trusted)
    last = -1
    count = 0
    for number, line in numbered:
        try:
            exported = _ExportedEntry.model_validate_json(line)
        except ValidationError as error:
            raise AuditBrokenError(f"Line {number} is not an entry of an audit log.") from error
        entry = exported.entry()
        path = [bytes.fromhex(step) for step in exported.path]
        genuine = root_from_inclusion(entry.leaf, entry.sequence, head.size, path) == head.root
        if not genuine or exported.recorded_at != entry.recorded_at.isoformat():
            raise AuditBrokenError(f"Line {number}: entry {entry.sequence} is not the one in the signed log.")
        if entry.sequence <= last:
            raise AuditBrokenError(f"Line {number}: entry {entry.sequence} is out of order, or comes twice.")
        last = entry.sequence
        count += 1
    return ExportSummary(head, count)


def _lines(
    session: Session, records: HubRecords, tree: Tree, size: int, record: RecordReference | None
) -> Iterator[bytes]:
    wanted = select(AuditEntryRow).where(AuditEntryRow.sequence < size).order_by(AuditEntryRow.sequence)
    if record is not None:
        wanted = wanted.where(AuditEntryRow.record_kind == record.kind, AuditEntryRow.record_id == record.id)
    for row in session.scalars(wanted).yield_per(1000):
        words = Words.from_bytes(records.sealer.unseal(row.words, words_place(row.sequence)))
        yield canonical_bytes(
            {
                "sequence": row.sequence,
                "recorded_at": row.recorded_at.isoformat(),
                "recorded_at_us": microseconds(row.recorded_at),
                "staff": row.staff,
                "role": row.role,
                "act": row.act,
                "processing": row.processing.value,
                "record_kind": row.record_kind,
                "record_id": row.record_id,
                "origin": row.origin,
                "justification": words.justification,
                "recipient": words.recipient,
                "salt": words.salt.hex(),
                "path": [step.hex() for step in tree.inclusion_path(row.sequence, size)],
            }
        )
