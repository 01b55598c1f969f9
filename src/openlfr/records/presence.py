"""Officers at a deployment: checking in, confirming, checking out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.deployment import Deployment
from openlfr.policy.identifiers import DeploymentId, StaffId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.presence import may_check_in, officers_present
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.deployment_store import read_deployment
from openlfr.records.deployment_tables import CheckInRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.people_tables import StaffRow
from openlfr.records.reach import reaches


@dataclass(frozen=True, slots=True)
class CheckIn:
    """An officer is at a deployment, and confirmed it last at `confirmed_at`."""

    deployment: DeploymentId
    officer: StaffId
    confirmed_at: datetime


def check_in(records: HubRecords, by: Actor, deployment: DeploymentId, origin: str) -> CheckIn | Refusal:
    """Say "I am here", or confirm it; cameras run only while somebody on duty has said so lately."""
    now = records.clock()
    with records.database.writing() as session:
        log = reference("deployment", deployment)
        verdict = may_act(by, Action.CHECK_IN, now)
        if not isinstance(verdict, Refusal):
            found = read_deployment(records, session, deployment, by)
            verdict = _unknown() if found is None else may_check_in(found.deployment, by, now)
        if isinstance(verdict, Refusal):
            return write_refused(records, session, by, Action.CHECK_IN, log, origin, verdict)
        session.merge(CheckInRow(deployment_id=deployment, staff_id=by.staff, confirmed_at=now, checked_out_at=None))
        write_done(records, session, by, Action.CHECK_IN, log, origin, "Here.")
        return CheckIn(deployment, by.staff, now)


def check_out(records: HubRecords, by: Actor, deployment: DeploymentId, origin: str) -> CheckIn | Refusal:
    """Say "I am leaving"; gives the check-in that ends."""
    now = records.clock()
    with records.database.writing() as session:
        log = reference("deployment", deployment)
        verdict = may_act(by, Action.CHECK_OUT, now)
        if not isinstance(verdict, Refusal) and not reaches(records, session, by, deployment):
            verdict = _unknown()
        row = verdict if isinstance(verdict, Refusal) else session.get(CheckInRow, (deployment, by.staff))
        if row is None or (isinstance(row, CheckInRow) and row.checked_out_at is not None):
            row = Refusal(RefusalCode.WRONG_STATE, "You are not checked in to this deployment.")
        if isinstance(row, Refusal):
            return write_refused(records, session, by, Action.CHECK_OUT, log, origin, row)
        row.checked_out_at = now
        write_done(records, session, by, Action.CHECK_OUT, log, origin, "Left.")
        return CheckIn(deployment, by.staff, row.confirmed_at)


def check_ins(session: Session, deployment: DeploymentId) -> Mapping[StaffId, datetime]:
    """Everybody who is checked in, with when they last confirmed it: what nodes are told. Whose account was closed
    since is not there any more."""
    closed = select(StaffRow.id).where(StaffRow.id == CheckInRow.staff_id, StaffRow.closed_at.is_not(None))
    rows = session.scalars(
        select(CheckInRow).where(
            CheckInRow.deployment_id == deployment, CheckInRow.checked_out_at.is_(None), ~closed.exists()
        )
    )
    return {StaffId(row.staff_id): row.confirmed_at for row in rows}


def present_at(
    session: Session, deployment: Deployment, profile: JurisdictionProfile, now: datetime
) -> tuple[StaffId, ...]:
    """The officers on duty who checked in lately enough."""
    if deployment.authority is None:
        return ()
    officers = deployment.authority.terms.officers
    return officers_present(officers, check_ins(session, deployment.deployment), profile.officer_presence, now)


def _unknown() -> Refusal:
    return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
