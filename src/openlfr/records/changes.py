"""What changed, read off the audit log in its order: the source of events, webhooks and the match-event feed.

A change says which record somebody did something to, and when; never who, and never a word of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import DeploymentId
from openlfr.records import alerts, watchlist_store
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_entry import Processing, RecordReference
from openlfr.records.audit_tables import AuditEntryRow, AuditTipRow
from openlfr.records.watchlist_tables import WatchlistRow

BEFORE_EVERYTHING: Final = -1
"""The position before the first entry: entries are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log without its words. `act` is named as in code; `deployment` is None where there is none."""

    sequence: int
    at: datetime
    act: str
    processing: Processing
    record: RecordReference
    deployment: DeploymentId | None


def changes_after(session: Session, after: int, most: int) -> Sequence[Change]:
    """The entries numbered above `after`, in order, at most `most`. The log has no gaps: fewer means there are no more.

    One query by primary key, whatever the length of the log.
    """
    entry = AuditEntryRow
    rows = session.execute(
        select(
            entry.sequence,
            entry.recorded_at,
            entry.act,
            entry.processing,
            entry.record_kind,
            entry.record_id,
            func.coalesce(AlertRow.deployment_id, WatchlistRow.deployment_id),
        )
        .outerjoin(AlertRow, and_(entry.record_kind == alerts.KIND, AlertRow.id == entry.record_id))
        .outerjoin(WatchlistRow, and_(entry.record_kind == watchlist_store.KIND, WatchlistRow.id == entry.record_id))
        .where(entry.sequence > after)
        .order_by(entry.sequence)
        .limit(most)
    )
    return [
        Change(sequence, at, act, processing, RecordReference(kind, record), _deployment(kind, record, within))
        for sequence, at, act, processing, kind, record, within in rows
    ]


def newest_change(session: Session) -> int:
    """The number of the newest entry."""
    return session.execute(select(AuditTipRow.size)).scalar_one() - 1


def _deployment(kind: str, record: str, within: str | None) -> DeploymentId | None:
    if kind == "deployment":
        return DeploymentId(record)
    return None if within is None else DeploymentId(within)
