"""What changed, read off the audit log in its order: the source of events, webhooks and the match-event feed.

A change says which record somebody did something to, and when; never who, and never a word of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import DeploymentId
from openlfr.records import alerts, deployments, watchlist_store
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_entry import Processing, RecordReference
from openlfr.records.audit_tables import AuditEntryRow, AuditTipRow
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.reach import Whereabouts
from openlfr.records.watchlist_tables import WatchlistRow

BEFORE_EVERYTHING: Final = -1
"""The position before the first entry: entries are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log without its words. `act` is named as in code; `deployment` is None where there is none, and
    so is `where`, where it lies now, once it is gone."""

    sequence: int
    at: datetime
    act: str
    processing: Processing
    record: RecordReference
    deployment: DeploymentId | None
    where: Whereabouts | None


def changes_after(session: Session, after: int, most: int) -> Sequence[Change]:
    """The entries numbered above `after`, in order, at most `most`. The log has no gaps: fewer means there are no more.

    One query by primary key, whatever the length of the log.
    """
    entry = AuditEntryRow
    within = func.coalesce(AlertRow.deployment_id, WatchlistRow.deployment_id)
    of_deployment = case((entry.record_kind == deployments.KIND, entry.record_id), else_=within)
    rows = session.execute(
        select(
            entry.sequence,
            entry.recorded_at,
            entry.act,
            entry.processing,
            entry.record_kind,
            entry.record_id,
            of_deployment,
            DeploymentRow.force_digest,
            DeploymentRow.site_digest,
        )
        .outerjoin(AlertRow, and_(entry.record_kind == alerts.KIND, AlertRow.id == entry.record_id))
        .outerjoin(WatchlistRow, and_(entry.record_kind == watchlist_store.KIND, WatchlistRow.id == entry.record_id))
        .outerjoin(DeploymentRow, DeploymentRow.id == of_deployment)
        .where(entry.sequence > after)
        .order_by(entry.sequence)
        .limit(most)
    )
    return [
        Change(
            sequence,
            at,
            act,
            processing,
            RecordReference(kind, record),
            None if deployment is None else DeploymentId(deployment),
            None if force is None else Whereabouts(force, site),
        )
        for sequence, at, act, processing, kind, record, deployment, force, site in rows
    ]


def newest_change(session: Session) -> int:
    """The number of the newest entry."""
    return session.execute(select(AuditTipRow.size)).scalar_one() - 1
