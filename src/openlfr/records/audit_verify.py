"""Verifying the audit log: every row against its hash, every head against the rows, and all against noted heads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from openlfr.records.audit import words_place
from openlfr.records.audit_entry import AuditEntry, Words
from openlfr.records.audit_head import TreeHead
from openlfr.records.audit_tables import AuditEntryRow, AuditHeadRow, AuditTipRow
from openlfr.records.database import Database
from openlfr.records.errors import AuditBrokenError
from openlfr.records.merkle import EMPTY_ROOT, HASH_BYTES, Frontier
from openlfr.records.sealed import Sealer
from openlfr.sealing.errors import SealingError, SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, VerifyKey

_ROWS_AT_ONCE: Final = 2000
_PROBLEMS_NAMED: Final = 50
_HEADS: Final = select(AuditHeadRow.size, AuditHeadRow.document).order_by(AuditHeadRow.size)
_ENTRIES: Final = select(
    AuditEntryRow.sequence,
    AuditEntryRow.recorded_at,
    AuditEntryRow.staff,
    AuditEntryRow.role,
    AuditEntryRow.act,
    # As text: a row changed to a value outside the closed list is to be reported, not to stop the verification.
    type_coerce(AuditEntryRow.processing, String).label("processing"),
    AuditEntryRow.record_kind,
    AuditEntryRow.record_id,
    AuditEntryRow.origin,
    AuditEntryRow.words_commitment,
    AuditEntryRow.words,
    AuditEntryRow.leaf,
).order_by(AuditEntryRow.sequence)


@dataclass(frozen=True, slots=True)
class NotedHead:
    """The state of the log as somebody noted it, on paper or in another system: `SIZE:ROOT` in text."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size}:{self.root.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SIZE:ROOT`. Raises ValueError with a sentence for anything else."""
        size, _, root = text.strip().partition(":")
        try:
            noted = cls(int(size), bytes.fromhex(root))
        except ValueError:
            noted = cls(-1, b"")
        if noted.size < 0 or len(noted.root) != HASH_BYTES:
            raise ValueError("A noted head is written as SIZE:ROOT, a number and 64 hexadecimal digits.")
        return noted


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What verification found. `head` is what to note elsewhere; `problems` says in words what is wrong, if anything.

    Only the first problems are put into words; `problem_count` counts all.
    """

    head: NotedHead
    problems: tuple[str, ...]
    problem_count: int

    @property
    def intact(self) -> bool:
        return self.problem_count == 0


class _Problems:
    def __init__(self) -> None:
        self.named: list[str] = []
        self.count = 0

    def add(self, sentence: str) -> None:
        self.count += 1
        if len(self.named) < _PROBLEMS_NAMED:
            self.named.append(sentence)


def verify_audit(
    database: Database, trusted: VerifyKey, noted: Sequence[NotedHead] = (), sealer: Sealer | None = None
) -> AuditReport:
    """Read the whole log and check it.

    Finds rows that were changed, dropped, reordered, added or cut off at the end; heads that `trusted` (the hub's
    signing key) did not sign or that do not fit the rows; and a log that is not a continuation of every noted head,
    as after putting back an old backup. With `sealer` the sealed words of each entry are checked as well.
    """
    problems = _Problems()
    frontier = Frontier()
    unmet = {(each.size, each.root) for each in noted} - {(0, EMPTY_ROOT)}
    with database.reading() as session:
        entries = _entries(session, sealer, problems)
        fits = True
        for size, document in session.execute(_HEADS).yield_per(_ROWS_AT_ONCE):
            frontier = frontier.appended(islice(entries, size - frontier.size))
            head = _opened(document, trusted, problems)
            unmet.discard((frontier.size, frontier.root))
            if fits and (frontier.size, frontier.root) != (size, head.root if head else frontier.root):
                problems.add(f"The entries up to number {size - 1} are not those of the head signed over them.")
                fits = False  # every later head covers the same entries: one sentence is enough
        unsigned = list(entries)
        if unsigned:
            problems.add(f"The last {len(unsigned)} entries are under no signed head.")
        tip = session.execute(select(AuditTipRow)).scalar_one_or_none()
        if tip is None or (tip.size, tip.frontier) != (frontier.size, b"".join(frontier.subtrees)):
            problems.add("The place where the next entry would be added is not the end of the log.")
    for size, root in sorted(unmet):
        if size > frontier.size:
            problems.add(
                f"The log has {frontier.size} entries, and {size} were noted: it was cut, or comes from an old backup."
            )
        else:
            problems.add(f"The log does not continue the head noted over {size} entries ({root.hex()}).")
    return AuditReport(NotedHead(frontier.size, frontier.root), tuple(problems.named), problems.count)


def _entries(session: Session, sealer: Sealer | None, problems: _Problems) -> Iterator[bytes]:
    """The leaf hashes of all rows in order, computed anew from the other columns."""
    expected = 0
    for row in session.execute(_ENTRIES).yield_per(_ROWS_AT_ONCE):
        if row.sequence != expected:
            problems.add(f"Where entry {expected} should be, there is entry {row.sequence}.")
        expected = row.sequence + 1
        leaf = AuditEntry(
            sequence=row.sequence,
            recorded_at=row.recorded_at,
            staff=row.staff,
            role=row.role,
            act=row.act,
            processing=row.processing,
            record_kind=row.record_kind,
            record_id=row.record_id,
            origin=row.origin,
            words_commitment=row.words_commitment,
        ).leaf
        if leaf != row.leaf:
            problems.add(f"Entry {row.sequence} was changed.")
        if sealer is not None:
            _check_words(sealer, row.sequence, row.words, row.words_commitment, problems)
        yield leaf


def _check_words(sealer: Sealer, sequence: int, words: bytes, commitment: bytes, problems: _Problems) -> None:
    try:
        intact = Words.from_bytes(sealer.unseal(words, words_place(sequence))).commitment == commitment
    except (SealingError, ValueError):
        intact = False
    if not intact:
        problems.add(f"The sealed words of entry {sequence} were changed.")


def _opened(document: bytes, trusted: VerifyKey, problems: _Problems) -> TreeHead | None:
    try:
        return TreeHead.opened(SignedDocument.from_bytes(document), trusted)
    except (SignatureInvalidError, AuditBrokenError) as error:
        problems.add(str(error))
        return None
