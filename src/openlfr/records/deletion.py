"""Proving deletion: what receipts say is gone is looked for everywhere it could be, and what is found is named.

Sealed values carry the id of their key all through (see `openlfr.sealing.box`), so any remains of a value whose key
the vault no longer has are found, be they in a free page, a write-ahead log or a file that nobody remembers. Reading
them is impossible; that they are there is reported all the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import LargeBinary, func, inspect, literal, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session

from openlfr.records.errors import RetentionError
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import written_off
from openlfr.records.purgeable import Purgeable
from openlfr.records.raw_search import Search, Trace, search_files
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention_tables import PurgeIntentRow, PurgeReceiptRow
from openlfr.sealing.box import KEY_ID_BYTES, MAGIC
from openlfr.sealing.durable import ReplacedWhole
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument
from openlfr.sealing.vault import VAULT_FILE

_TRACES_NAMED: Final = 100


class Remains(StrEnum):
    """The kinds of things that should not be there."""

    LIVING_KEY = "living key"
    ROWS = "rows"
    SEALED_VALUE = "sealed value"
    IDENTIFIER = "identifier"
    LEFTOVER_FILE = "leftover file"
    UNFINISHED = "unfinished"
    FALSE_RECEIPT = "false receipt"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that should be gone: what it is, where, and a sentence for people. `offset` counts bytes."""

    remains: Remains
    where: str
    offset: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """What the search covered and found. `clean` needs that everything could be read and nothing was found.

    The first findings are named; `finding_count` counts all. `written_off` are sentences about watchlists on nodes that
    are lost for good: no search reaches them, and somebody took that upon themselves.
    """

    receipts: int
    files: int
    size_bytes: int
    findings: tuple[Finding, ...]
    finding_count: int
    unreadable: tuple[str, ...]
    written_off: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return self.finding_count == 0 and not self.unreadable


def verify_deletion(
    records: HubRecords,
    purgeables: Sequence[Purgeable],
    *,
    folders: Sequence[Path] = (),
    postgresql_data: Path | None = None,
) -> DeletionReport:
    """Look for remains of everything that was ever purged.

    Searched: the vault's keys and leftover files; the rows of purged records; every sealed column of every table; the
    raw bytes of the SQLite file with its write-ahead log (free pages too), or of PostgreSQL's data folder when it is
    given and on this machine; and the raw bytes of `folders` (caches, the bus), where identifiers of purged records
    and keys may not stand either.
    """
    findings: list[Finding] = []
    with records.database.reading() as session:
        receipts = _receipts(session, records, findings)
        findings += _unfinished(session)
        findings += _rows_left(session, receipts, purgeables)
        living = records.vault.key_ids()
        gone = {key: receipt for receipt in receipts for key in receipt.keys}
        findings += _columns(session, living, gone)
        lost = tuple(_written_off(session))
    findings += _vault(records, gone)
    file = records.database.sqlite_file
    stores = [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")] if file else []
    names = {receipt.record.id: receipt for receipt in receipts} | gone
    searched = search_files(
        [
            Search(tuple(stores), frozenset(gone), living),
            # A server may hold databases of others, whose keys are in other vaults.
            Search((postgresql_data,) if postgresql_data else (), frozenset(gone)),
            Search(tuple(folders), frozenset(gone), living, frozenset(names)),
        ],
        _TRACES_NAMED,
    )
    findings += [_described(trace, names) for each in searched for trace in each.traces]
    return DeletionReport(
        receipts=len(receipts),
        files=sum(each.files for each in searched),
        size_bytes=sum(each.size_bytes for each in searched),
        findings=tuple(findings),
        finding_count=len(findings) + sum(each.trace_count - len(each.traces) for each in searched),
        unreadable=(
            *_missing([*stores[:1], *([postgresql_data] if postgresql_data else []), *folders]),
            *(sentence for each in searched for sentence in each.unreadable),
        ),
        written_off=lost,
    )


def _receipts(session: Session, records: HubRecords, findings: list[Finding]) -> list[PurgeReceipt]:
    """Every genuine receipt; the others are findings, as what they say cannot be relied on."""
    receipts = []
    for row in session.scalars(select(PurgeReceiptRow).order_by(PurgeReceiptRow.finished_at)):
        try:
            receipts.append(PurgeReceipt.opened(SignedDocument.from_bytes(row.document), records.signer.public))
        except (RetentionError, SignatureInvalidError) as error:
            findings.append(Finding(Remains.FALSE_RECEIPT, f"purge_receipts {row.id}", None, str(error)))
    return receipts


def _unfinished(session: Session) -> Iterator[Finding]:
    for intent in session.scalars(select(PurgeIntentRow)):
        yield Finding(
            Remains.UNFINISHED,
            f"purge_intents {intent.id}",
            None,
            f"The destruction of {intent.record_kind} {intent.record_id} began and is not finished: run openlfr purge.",
        )


def _rows_left(
    session: Session, receipts: Sequence[PurgeReceipt], purgeables: Sequence[Purgeable]
) -> Iterator[Finding]:
    by_kind = {each.record_kind: each for each in purgeables}
    for receipt in receipts:
        purgeable = by_kind.get(receipt.record.kind)
        if purgeable is not None and purgeable.candidate(session, receipt.record.id) is not None:
            yield Finding(
                Remains.ROWS,
                ", ".join(purgeable.tables),
                None,
                f"Rows of {_named(receipt)} are in the database again.",
            )


def _columns(session: Session, living: frozenset[str], gone: Mapping[str, PurgeReceipt]) -> Iterator[Finding]:
    """Sealed values in any binary column of any table whose key the vault does not have."""
    inspector = inspect(session.connection())
    for table in sorted(inspector.get_table_names()):
        for described in inspector.get_columns(table):
            if not isinstance(described["type"], LargeBinary):
                continue
            name = described["name"]
            value = sql_column(name, LargeBinary)
            key = func.substr(value, len(MAGIC) + 1, KEY_ID_BYTES, type_=LargeBinary)
            sealed = func.substr(value, 1, len(MAGIC), type_=LargeBinary) == literal(MAGIC, LargeBinary)
            for raw in session.scalars(select(key).select_from(sql_table(table)).where(sealed).distinct()):
                key_id = bytes(raw).hex()
                if key_id not in living:
                    yield Finding(Remains.SEALED_VALUE, f"{table}.{name}", None, _remains_sentence(key_id, gone))


def _written_off(session: Session) -> Iterator[str]:
    for row in written_off(session):
        yield (
            f"Bundle {row.bundle_id} went to node {row.node_id}, which is lost and never said that it is destroyed "
            f"there: written off on {row.written_off_at:%Y-%m-%d} by {row.written_off_by}."
        )


def _vault(records: HubRecords, gone: Mapping[str, PurgeReceipt]) -> Iterator[Finding]:
    path = records.vault.folder / VAULT_FILE
    for key_id in sorted(records.vault.key_ids() & gone.keys()):
        yield Finding(
            Remains.LIVING_KEY,
            str(path),
            None,
            f"Key {key_id} of {_named(gone[key_id])} is in the vault again: an old vault was put back.",
        )
    for leftover in ReplacedWhole(path).leftovers:
        if leftover.exists():
            yield Finding(
                Remains.LEFTOVER_FILE,
                str(leftover),
                None,
                "An old copy of the vault was left when it was last rewritten: change the vault once more to end it.",
            )


def _described(trace: Trace, names: Mapping[str, PurgeReceipt]) -> Finding:
    if trace.key_id is not None:
        return Finding(Remains.SEALED_VALUE, str(trace.path), trace.offset, _remains_sentence(trace.key_id, names))
    receipt = names[str(trace.identifier)]
    return Finding(
        Remains.IDENTIFIER,
        str(trace.path),
        trace.offset,
        f"The identifier {trace.identifier} of {_named(receipt)} stands in a file outside the records.",
    )


def _remains_sentence(key_id: str, gone: Mapping[str, PurgeReceipt]) -> str:
    whose = _named(gone[key_id]) if key_id in gone else "something no receipt tells of"
    return f"Part of a sealed value of {whose}: it cannot be read, as its key {key_id} is not in the vault."


def _named(receipt: PurgeReceipt) -> str:
    return f"{receipt.record.kind} {receipt.record.id} (destroyed {receipt.finished_at:%Y-%m-%d %H:%M} UTC)"


def _missing(places: Sequence[Path]) -> Iterator[str]:
    return (f"{place}: there is no such file or folder" for place in places if not place.exists())
