"""What became of each row of an import, sealed, and kept as long as the list: an interrupted import goes on from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import EntryId, WatchlistId
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_tables import Outcome, WatchlistImportLineRow
from openlfr.sealing.box import Place
from openlfr.sealing.vault_file import VaultKey


@dataclass(frozen=True, slots=True)
class LineContent:
    """What is said of one row: why it fared so, and what to do. `quality` is 0..100 where a face was found."""

    person: str
    picture: str
    reason: str
    quality: float | None
    advice: str
    entry: EntryId | None


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one row of the file; `line` is its number there."""

    line: int
    outcome: Outcome
    content: LineContent


def add_lines(
    records: HubRecords,
    session: Session,
    import_id: str,
    watchlist: WatchlistId,
    key: VaultKey,
    lines: Mapping[int, tuple[Outcome, LineContent]],
) -> None:
    """Keep the results of rows, in the transaction of what was done with them."""
    if lines:
        session.execute(
            insert(WatchlistImportLineRow),
            [
                {
                    "import_id": import_id,
                    "line": line,
                    "watchlist_id": watchlist,
                    "outcome": outcome,
                    "content": records.sealer.seal_json(key, to_document(content), _place(import_id, line)),
                }
                for line, (outcome, content) in lines.items()
            ],
        )


def lines_done(session: Session, import_id: str, among: Sequence[int] | None = None) -> frozenset[int]:
    """The rows that have a result: all of them, or those among these."""
    wanted = select(WatchlistImportLineRow.line).where(WatchlistImportLineRow.import_id == import_id)
    if among is not None:
        wanted = wanted.where(WatchlistImportLineRow.line.in_(among))
    return frozenset(session.scalars(wanted))


def outcomes(session: Session, import_id: str) -> Mapping[Outcome, int]:
    """How many rows had which result."""
    rows = session.execute(
        select(WatchlistImportLineRow.outcome, func.count())
        .where(WatchlistImportLineRow.import_id == import_id)
        .group_by(WatchlistImportLineRow.outcome)
    )
    return {row[0]: row[1] for row in rows}


def read_lines(records: HubRecords, import_id: str) -> Iterator[LineResult]:
    """The result of every row in the order of the file, for whoever imported it just now."""
    with records.database.reading() as session:
        yield from read_some_lines(records, session, import_id)


def read_some_lines(
    records: HubRecords, session: Session, import_id: str, after: int = -1, most: int | None = None
) -> Iterator[LineResult]:
    """The results of rows with a number above `after`, in the order of the file, at most so many."""
    rows = session.execute(
        select(WatchlistImportLineRow.line, WatchlistImportLineRow.outcome, WatchlistImportLineRow.content)
        .where(WatchlistImportLineRow.import_id == import_id, WatchlistImportLineRow.line > after)
        .order_by(WatchlistImportLineRow.line)
        .limit(most)
    )
    for line, outcome, sealed in rows:
        document = records.sealer.unseal_json(sealed, _place(import_id, line))
        yield LineResult(line, outcome, from_document(LineContent, document))


def _place(import_id: str, line: int) -> Place:
    return Place(WatchlistImportLineRow.__tablename__, "content", f"{import_id}/{line}")
