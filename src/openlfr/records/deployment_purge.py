"""How deployments and accounts of staff go, years after their end: nothing is kept for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.retention import DataClass
from openlfr.policy.watchlist import WatchlistState
from openlfr.records.alert_tables import AlertContentRow, AlertRow
from openlfr.records.audit_entry import RecordReference
from openlfr.records.deployment_tables import AuthorityRow, CheckInRow, DeploymentRow, FacesSeenRow, PlanRow
from openlfr.records.node_tables import TallyRow, WriteOffRow
from openlfr.records.people_tables import CompetenceRow, StaffReachRow, StaffRoleRow, StaffRow
from openlfr.records.purgeable import Candidate, delete_rows
from openlfr.records.recognition_test_tables import (
    AlertCategoryRow,
    KnownAnswerRow,
    PassageRow,
    RecognitionTestRow,
)
from openlfr.records.watchlist_tables import WatchlistDeliveryRow, WatchlistRow

DEPLOYMENT = "deployment"
STAFF = "staff"

_PARTS_OF_DEPLOYMENT = (
    AlertCategoryRow,
    KnownAnswerRow,
    PassageRow,
    RecognitionTestRow,
    AlertRow,
    PlanRow,
    AuthorityRow,
    CheckInRow,
    FacesSeenRow,
    TallyRow,
    WriteOffRow,
    WatchlistDeliveryRow,
    WatchlistRow,
)
_PARTS_OF_STAFF = (CompetenceRow, StaffRoleRow, StaffReachRow)


@dataclass(frozen=True, slots=True)
class PurgeableDeployments:
    """Deployments with their decisions and counts. The clock starts when one ended; for an application that never came
    to be authorised, when the time it asked for was over. It waits for its watchlists and for alerts that are held."""

    data_class: DataClass = DataClass.DEPLOYMENT_RECORD
    record_kind: str = DEPLOYMENT
    tables: tuple[str, ...] = (
        *(part.__tablename__ for part in _PARTS_OF_DEPLOYMENT),
        DeploymentRow.__tablename__,
    )

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        clock = _clock()
        rows = session.execute(_deployments().where(clock <= started_by).order_by(clock)).all()
        return [_deployment(*row) for row in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.execute(_deployments(free_only=False).where(DeploymentRow.id == record_id)).one_or_none()
        return None if row is None else _deployment(*row)

    def delete_some(self, session: Session, record_id: str, limit: int) -> dict[str, int]:
        for part in _PARTS_OF_DEPLOYMENT:
            gone = delete_rows(session, part, part.deployment_id == record_id, limit)
            if gone:
                return {part.__tablename__: gone}
        gone = delete_rows(session, DeploymentRow, DeploymentRow.id == record_id, limit)
        return {DeploymentRow.__tablename__: gone} if gone else {}


@dataclass(frozen=True, slots=True)
class PurgeableStaff:
    """Closed accounts, with name, roles, reach and training. What the person did stays in the log, by identifier."""

    data_class: DataClass = DataClass.STAFF_RECORD
    record_kind: str = STAFF
    tables: tuple[str, ...] = (*(part.__tablename__ for part in _PARTS_OF_STAFF), StaffRow.__tablename__)

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        rows = session.execute(
            select(StaffRow.id, StaffRow.closed_at).where(StaffRow.closed_at <= started_by).order_by(StaffRow.closed_at)
        ).all()
        return [Candidate(RecordReference(STAFF, staff), closed_at) for staff, closed_at in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.get(StaffRow, record_id)
        return None if row is None else Candidate(RecordReference(STAFF, row.id), row.closed_at)

    def delete_some(self, session: Session, record_id: str, limit: int) -> dict[str, int]:
        for part in _PARTS_OF_STAFF:
            gone = delete_rows(session, part, part.staff_id == record_id, limit)
            if gone:
                return {part.__tablename__: gone}
        gone = delete_rows(session, StaffRow, StaffRow.id == record_id, limit)
        return {StaffRow.__tablename__: gone} if gone else {}


def _clock() -> ColumnElement[datetime]:
    return func.coalesce(DeploymentRow.ended_at, DeploymentRow.window_end, type_=DeploymentRow.ended_at.type)


def _deployments(*, free_only: bool = True) -> Select[str, str, datetime]:
    rows = select(DeploymentRow.id, DeploymentRow.key_id, _clock()).where(
        DeploymentRow.state.not_in(sorted(UNDER_AUTHORITY))
    )
    held = exists().where(AlertContentRow.alert_id == AlertRow.id, AlertRow.deployment_id == DeploymentRow.id)
    listed = exists().where(
        WatchlistRow.deployment_id == DeploymentRow.id, WatchlistRow.state != WatchlistState.DESTROYED
    )
    return rows.where(~held, ~listed) if free_only else rows


def _deployment(deployment: str, key_id: str, started_at: datetime) -> Candidate:
    return Candidate(RecordReference(DEPLOYMENT, deployment), started_at, frozenset({key_id}))
