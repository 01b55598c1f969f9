"""Reading the audit log: searching it, opening the words of one entry, and proving that an entry is in it.

An auditor's look is itself in the log before anything is returned. Other services take entries without their words
from `logged_entries`, for timelines and histories.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.acting import write_refused
from openlfr.records.audit import words_place
from openlfr.records.audit_entry import AuditEntry, AuditEvent, Processing, RecordReference, Who, Words
from openlfr.records.audit_tables import AuditEntryRow, AuditHeadRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.merkle import Tree
from openlfr.sealing.signature import SignedDocument

THE_LOG = RecordReference("audit log", "all")


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry without its words. `refused`: this was asked for and not allowed, so nothing was done (see `acting`)."""

    sequence: int
    recorded_at: datetime
    staff: str
    role: str
    act: str
    processing: Processing
    record_kind: str
    record_id: str
    origin: str
    refused: bool


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Which entries: about this record, by this member of staff, of one of these acts (named as in code), from `since`
    on and before `until`. What is None or empty is not asked for."""

    record_kind: str | None = None
    record_id: str | None = None
    staff: str | None = None
    acts: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry with its words in clear."""

    entry: LoggedEntry
    justification: str
    recipient: str


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """What proves that an entry is in the log, to whoever holds the hub's public key (RFC 6962 section 2.1.1).

    `content` are the bytes whose hash is `leaf`; `path` leads from it to the root of `head`, which the hub signed over
    the first `size` entries.
    """

    sequence: int
    content: bytes
    leaf: bytes
    path: tuple[bytes, ...]
    size: int
    head: SignedDocument


def logged_entries(
    session: Session, conditions: Sequence[ColumnElement[bool]], *, before: int | None, most: int
) -> list[LoggedEntry]:
    """At most `most` entries that meet conditions on `AuditEntryRow`, the newest first, numbered below `before`."""
    wanted = select(*_COLUMNS).where(*conditions).order_by(AuditEntryRow.sequence.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(AuditEntryRow.sequence < before)
    return [
        LoggedEntry(*row, refused=row.processing is Processing.NONE and row.act in Action.__members__)
        for row in session.execute(wanted)
    ]


def search_audit(
    records: HubRecords, by: Actor, wanted: EntriesWanted, before: int | None, most: int, origin: str
) -> Sequence[LoggedEntry] | Refusal:
    """Entries for an auditor, the newest first, without their words. The search is in the log first."""
    conditions = []
    for column, value in (
        (AuditEntryRow.record_kind, wanted.record_kind),
        (AuditEntryRow.record_id, wanted.record_id),
        (AuditEntryRow.staff, wanted.staff),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.acts:
        conditions.append(AuditEntryRow.act.in_(sorted(wanted.acts)))
    if wanted.since is not None:
        conditions.append(AuditEntryRow.recorded_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntryRow.recorded_at < wanted.until)
    with records.database.writing() as session:
        refusal = _looked(records, session, by, THE_LOG, origin, "Searched the audit log.")
        if refusal is not None:
            return refusal
    with records.database.reading() as session:
        return logged_entries(session, conditions, before=before, most=most)


def open_entry(records: HubRecords, by: Actor, sequence: int, origin: str) -> OpenedEntry | Refusal:
    """One entry with its words, which may name people: that it was opened is in the log first."""
    with records.database.writing() as session:
        row = session.get(AuditEntryRow, sequence)
        refusal = _looked(
            records, session, by, _numbered(sequence), origin, f"Opened entry {sequence}.", row is not None
        )
        if refusal is not None or row is None:
            return refusal or _NO_ENTRY
        words = Words.from_bytes(records.sealer.unseal(row.words, words_place(sequence)))
        (entry,) = logged_entries(session, (AuditEntryRow.sequence == sequence,), before=None, most=1)
        return OpenedEntry(entry, words.justification, words.recipient)


def prove_entry(records: HubRecords, by: Actor, sequence: int, origin: str) -> InclusionProof | Refusal:
    """The proof that an entry is in the log, against the first head that was signed over it. O(n) in the entries up
    to there."""
    with records.database.writing() as session:
        row = session.get(AuditEntryRow, sequence)
        refusal = _looked(
            records, session, by, _numbered(sequence), origin, f"Proved entry {sequence}.", row is not None
        )
        if refusal is not None or row is None:
            return refusal or _NO_ENTRY
    with records.database.reading() as session:
        signed = session.scalars(
            select(AuditHeadRow).where(AuditHeadRow.size > sequence).order_by(AuditHeadRow.size).limit(1)
        ).one()
        leaves = session.scalars(
            select(AuditEntryRow.leaf).where(AuditEntryRow.sequence < signed.size).order_by(AuditEntryRow.sequence)
        )
        tree = Tree(bytes(each) for each in leaves)
    content = AuditEntry(
        sequence=row.sequence,
        recorded_at=row.recorded_at,
        staff=row.staff,
        role=row.role,
        act=row.act,
        processing=row.processing.value,
        record_kind=row.record_kind,
        record_id=row.record_id,
        origin=row.origin,
        words_commitment=bytes(row.words_commitment),
    ).to_bytes()
    path = tree.inclusion_path(sequence, signed.size)
    head = SignedDocument.from_bytes(signed.document)
    return InclusionProof(sequence, content, bytes(row.leaf), path, signed.size, head)


def may_read_log(records: HubRecords, by: Actor, origin: str, words: str) -> Refusal | None:
    """Whether somebody may have the log read for them as a whole; that they did, or were refused, is logged."""
    with records.database.writing() as session:
        return _looked(records, session, by, THE_LOG, origin, words)


_COLUMNS = (
    AuditEntryRow.sequence,
    AuditEntryRow.recorded_at,
    AuditEntryRow.staff,
    AuditEntryRow.role,
    AuditEntryRow.act,
    AuditEntryRow.processing,
    AuditEntryRow.record_kind,
    AuditEntryRow.record_id,
    AuditEntryRow.origin,
)
_NO_ENTRY = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such entry in the audit log.")


def _numbered(sequence: int) -> RecordReference:
    return RecordReference("audit entry", str(sequence))


def _looked(
    records: HubRecords,
    session: Session,
    by: Actor,
    record: RecordReference,
    origin: str,
    words: str,
    there: bool = True,
) -> Refusal | None:
    """Log a look of an auditor, or its refusal: without the role, or when nothing is there."""
    verdict = may_act(by, Action.READ_AUDIT, records.clock())
    refusal = verdict if isinstance(verdict, Refusal) else None if there else _NO_ENTRY
    if refusal is not None:
        return write_refused(records, session, by, Action.READ_AUDIT, record, origin, refusal)
    who = Who.acting(by, Action.READ_AUDIT)
    event = AuditEvent(who, Action.READ_AUDIT, Processing.CONSULTATION, record, origin, words)
    records.audit.append(session, event)
    return None
