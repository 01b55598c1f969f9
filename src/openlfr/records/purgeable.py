"""What each kind of data tells the retention of itself: when its clock started, its keys, and how its rows go.

Watchlists, alerts, the membership register and so on each have one `Purgeable`; retention knows nothing else of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, delete, inspect, select
from sqlalchemy.orm import Session

from openlfr.policy.retention import DataClass
from openlfr.records.audit_entry import RecordReference
from openlfr.records.schema import Table


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that will have to go.

    `clock_started_at` is when its period began, None while it has not. `keys` are the vault's keys that only this
    record needs. `within` are the records whose legal hold covers this one too, such as its deployment.
    """

    record: RecordReference
    clock_started_at: datetime | None
    keys: frozenset[str] = frozenset()
    within: tuple[RecordReference, ...] = ()


class Purgeable(Protocol):
    """One kind of record that is destroyed when its period ends."""

    @property
    def data_class(self) -> DataClass:
        """Under which heading of the retention policy it falls."""
        ...

    @property
    def record_kind(self) -> str:
        """What audit entries, holds and receipts call it ("watchlist", "alert")."""
        ...

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables whose files are scrubbed after its rows are deleted."""
        ...

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        """Every record still there whose clock started at or before `started_by`, oldest first."""
        ...

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        """One record, whether its clock started or not; None when it is not there, or destroyed already."""
        ...

    def delete_some(self, session: Session, record_id: str, limit: int) -> Mapping[str, int]:
        """Delete at most `limit` rows of a record; how many in each table, nothing once it is all gone.

        Called again and again, each time in a transaction of its own. Whatever row stays to say that the record was
        destroyed must be marked in the first call, so that nobody goes on with a record that is half gone.
        """
        ...


def delete_rows(session: Session, table: type[Table], which: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` rows of a table; how many there were."""
    key = inspect(table).primary_key
    doomed = session.execute(select(*key).where(which).limit(limit)).all()
    if len(key) == 1:
        session.execute(delete(table).where(key[0].in_([part for (part,) in doomed])))
        return len(doomed)
    for row in doomed:
        session.execute(delete(table).where(*(column == part for column, part in zip(key, row, strict=True))))
    return len(doomed)
