"""How a watchlist goes: everything about people is destroyed, the numbers that are published stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from openlfr.policy.retention import DataClass
from openlfr.policy.watchlist import WatchlistState
from openlfr.records.audit_entry import RecordReference
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.purgeable import Candidate, delete_rows
from openlfr.records.watchlist_store import KIND
from openlfr.records.watchlist_tables import (
    WatchlistBuilderRow,
    WatchlistEntryRow,
    WatchlistImportLineRow,
    WatchlistImportRow,
    WatchlistPairRow,
    WatchlistPictureRow,
    WatchlistRemovalRow,
    WatchlistRow,
)

_Found = Select[str, str, str, datetime | None]
_CONTENT: Final = (
    WatchlistPairRow,
    WatchlistPictureRow,
    WatchlistEntryRow,
    WatchlistImportLineRow,
    WatchlistImportRow,
    WatchlistRemovalRow,
    WatchlistBuilderRow,
)
"""In the order in which rows refer to each other. Deliveries stay: nodes still owe their receipts."""


@dataclass(frozen=True, slots=True)
class PurgeableWatchlists:
    """The content of watchlists; their clock starts when the deployment ends."""

    data_class: DataClass = DataClass.WATCHLIST
    record_kind: str = KIND
    tables: tuple[str, ...] = (WatchlistRow.__tablename__, *(each.__tablename__ for each in _CONTENT))

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        rows = session.execute(
            _lists().where(DeploymentRow.ended_at <= started_by).order_by(DeploymentRow.ended_at, WatchlistRow.id)
        )
        return [_candidate(*row) for row in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.execute(_lists().where(WatchlistRow.id == record_id)).one_or_none()
        return None if row is None else _candidate(*row)

    def delete_some(self, session: Session, record_id: str, limit: int) -> dict[str, int]:
        row = session.get(WatchlistRow, record_id)
        deleted: dict[str, int] = {}
        if row is not None and row.state is not WatchlistState.DESTROYED:
            row.state = WatchlistState.DESTROYED
            row.version += 1
            session.flush()
            deleted[WatchlistRow.__tablename__] = 1
        for table in _CONTENT:
            count = delete_rows(session, table, table.watchlist_id == record_id, limit)
            if count:
                return {**deleted, table.__tablename__: count}
        return deleted


def _lists() -> _Found:
    return (
        select(WatchlistRow.id, WatchlistRow.deployment_id, WatchlistRow.key_id, DeploymentRow.ended_at)
        .join(DeploymentRow, DeploymentRow.id == WatchlistRow.deployment_id)
        .where(WatchlistRow.state != WatchlistState.DESTROYED)
    )


def _candidate(watchlist: str, deployment: str, key: str, ended_at: datetime | None) -> Candidate:
    return Candidate(
        RecordReference(KIND, watchlist),
        ended_at,
        frozenset({key}),
        within=(RecordReference("deployment", deployment),),
    )
