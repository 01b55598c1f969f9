"""How alerts go: what is about people is destroyed when its period is over, decisions and counts stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from openlfr.policy.deployment import DELETE_EVERYTHING, Deployment
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.refusal import Refusal
from openlfr.policy.retention import DataClass
from openlfr.policy.roles import Action
from openlfr.records.alert_tables import AlertContentRow, AlertPictureRow, AlertRow
from openlfr.records.audit_entry import THE_HUB_ITSELF, RecordReference
from openlfr.records.hub_records import HubRecords
from openlfr.records.purgeable import Candidate, delete_rows
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention

RECORD_KIND = "alert"
_CONTENT: Final = (AlertContentRow, AlertPictureRow)
"""The one that says that there is anything first."""
_Found = Select[str, str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class PurgeableAlerts:
    """The contents of alerts; their clock starts when the alert is closed or expires."""

    data_class: DataClass = DataClass.ALERT
    record_kind: str = RECORD_KIND
    tables: tuple[str, ...] = tuple(each.__tablename__ for each in _CONTENT)

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        rows = session.execute(_contents().where(AlertRow.closed_at <= started_by).order_by(AlertRow.closed_at))
        return [_candidate(*row) for row in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.execute(_contents().where(AlertRow.id == record_id)).one_or_none()
        return None if row is None else _candidate(*row)

    def delete_some(self, session: Session, record_id: str, limit: int) -> dict[str, int]:
        deleted: dict[str, int] = {}
        for table in _CONTENT:
            count = delete_rows(session, table, table.alert_id == record_id, limit - sum(deleted.values()))
            if count:
                deleted[table.__tablename__] = count
        return deleted


def destroy_refused_results(
    records: HubRecords, retention: Retention, deployment: Deployment
) -> Sequence[PurgeReceipt | Refusal]:
    """Destroy every alert's contents at once where an urgent authority was refused or lapsed, and nowhere else."""
    if deployment.end_reason not in DELETE_EVERYTHING:
        return []
    with records.database.reading() as session:
        alerts = session.scalars(
            select(AlertContentRow.alert_id)
            .join(AlertRow, AlertRow.id == AlertContentRow.alert_id)
            .where(AlertRow.deployment_id == deployment.deployment)
        ).all()
    words = f"All results are deleted: {deployment.end_reason}."
    doomed = [RecordReference(RECORD_KIND, AlertId(each)) for each in alerts]
    return retention.destroy_each(doomed, THE_HUB_ITSELF, Action.RUN_PURGE, "hub", words)


def _contents() -> _Found:
    return select(AlertRow.id, AlertRow.deployment_id, AlertContentRow.key_id, AlertRow.closed_at).join(
        AlertContentRow, AlertContentRow.alert_id == AlertRow.id
    )


def _candidate(alert: str, deployment: str, key_id: str, closed_at: datetime | None) -> Candidate:
    within = (RecordReference("deployment", DeploymentId(deployment)),)
    return Candidate(RecordReference(RECORD_KIND, alert), closed_at, frozenset({key_id}), within)
