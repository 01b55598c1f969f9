"""Writing the audit log: in the same transaction as what it describes, and before any personal data are returned.

The log is the Merkle tree of RFC 6962 over its entries. Each append signs the new tree head; after the commit the
head is also noted in the vault's folder, apart from the database, so that a database put back from an old backup, or
cut short by whoever can write to it, is found out.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from openlfr.records.audit_entry import (
    SALT_BYTES,
    THE_HUB_ITSELF,
    AuditEntry,
    AuditEvent,
    Processing,
    RecordReference,
    SystemAct,
    Words,
)
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_tables import AuditEntryRow, AuditHeadRow, AuditTipRow
from openlfr.records.database import once_committed
from openlfr.records.errors import AuditBrokenError, VaultMismatchError
from openlfr.records.merkle import HASH_BYTES, Frontier
from openlfr.records.schema import Clock
from openlfr.sealing.box import Place, seal
from openlfr.sealing.signature import SignedDocument, SigningKey
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import KeyPurpose

_ONLY_ROW: Final = 1

log = structlog.get_logger(__name__)


class AuditLog:
    """Appends to the log of one database. Safe for several threads."""

    def __init__(self, vault: Vault, signer: SigningKey, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        """`signer` is the hub's key for signatures; `random_bytes` is `secrets.token_bytes` outside tests."""
        self._vault = vault
        self._signer = signer
        self._clock = clock
        self._random_bytes = random_bytes
        self._note = HeadNote(vault.folder)

    def start(self, session: Session) -> None:
        """Begin the log of a new database, bound to this vault."""
        session.add(
            AuditTipRow(
                id=_ONLY_ROW,
                vault_id=self._vault.id,
                vault_generation=self._vault.generation,
                size=0,
                frontier=b"",
                last_recorded_at=self._clock(),
            )
        )
        self.append(session, _by_the_hub(SystemAct.RECORDS_CREATED, self._vault.id, "New records begin."))

    def append(self, session: Session, *events: AuditEvent) -> int:
        """Record events in this writing transaction; the sequence number of the first. O(log n) each.

        A clock that was set back is recorded by an entry of its own, and entries stay in the order of writing.
        Raises VaultMismatchError when the database belongs to another vault.
        """
        session.flush()
        tip = session.execute(select(AuditTipRow).with_for_update()).scalar_one_or_none()
        if tip is None or tip.vault_id != self._vault.id:
            raise VaultMismatchError("The database belongs to another vault: nothing can be recorded in it.")
        asked = len(events)
        now = self._clock()
        if now < tip.last_recorded_at:
            found = f"From {tip.last_recorded_at.isoformat()} to {now.isoformat()}."
            events = (_by_the_hub(SystemAct.CLOCK_SET_BACK, self._vault.id, found), *events)
        entries = list(self._entries(events, tip.size, now))
        frontier = _unpacked(tip.size, tip.frontier).appended(entry.leaf for entry, _ in entries)
        document = TreeHead(frontier.size, frontier.root, now).signed(self._signer)
        session.execute(insert(AuditEntryRow), [_row(entry, words) for entry, words in entries])
        session.execute(insert(AuditHeadRow), [{"size": frontier.size, "document": document.to_bytes()}])
        tip.size = frontier.size
        tip.frontier = b"".join(frontier.subtrees)
        tip.last_recorded_at = now
        tip.vault_generation = self._vault.generation
        session.flush()
        once_committed(session, partial(self._note_head, document))
        return frontier.size - asked

    def _entries(self, events: Sequence[AuditEvent], first: int, now: datetime) -> Iterator[tuple[AuditEntry, bytes]]:
        key = self._vault.sole_key(KeyPurpose.AUDIT)
        for sequence, event in enumerate(events, first):
            words = Words(event.justification, event.recipient, self._random_bytes(SALT_BYTES))
            yield (
                AuditEntry.of(event, sequence, now, words),
                seal(key.id, key.secret, words.to_bytes(), words_place(sequence)),
            )

    def _note_head(self, document: SignedDocument) -> None:
        try:
            self._note.advance(document, self._signer.public)
        except (OSError, AuditBrokenError) as error:
            # What was committed stays committed; an older note is still a true one, and the next append tries again.
            log.warning("audit_head_not_noted", reason=str(error))


def words_place(sequence: int) -> Place:
    """Where the sealed words of an entry belong."""
    return Place(AuditEntryRow.__tablename__, "words", str(sequence))


def _by_the_hub(act: SystemAct, vault_id: str, words: str) -> AuditEvent:
    return AuditEvent(THE_HUB_ITSELF, act, Processing.NONE, RecordReference("vault", vault_id), "hub", words)


def _row(entry: AuditEntry, words: bytes) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "recorded_at": entry.recorded_at,
        "staff": entry.staff,
        "role": entry.role,
        "act": entry.act,
        "processing": Processing(entry.processing),
        "record_kind": entry.record_kind,
        "record_id": entry.record_id,
        "origin": entry.origin,
        "words_commitment": entry.words_commitment,
        "words": words,
        "leaf": entry.leaf,
    }


def _unpacked(size: int, packed: bytes) -> Frontier:
    subtrees = tuple(packed[start : start + HASH_BYTES] for start in range(0, len(packed), HASH_BYTES))
    try:
        return Frontier(size, subtrees)
    except ValueError as error:
        raise AuditBrokenError("The audit log's tip was altered: run `openlfr verify audit`.") from error
