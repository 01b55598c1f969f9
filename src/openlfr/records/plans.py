"""The plans that nodes obey: written and signed in the transaction of the act that makes them necessary."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.link.signed_messages import PLAN_KIND
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import DeploymentId, HubId, PlanId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.plan import ArmedPlan, Issue, Order, plan_for
from openlfr.policy.refusal import Refusal
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployment_tables import PlanRow
from openlfr.records.hub_records import HubRecords
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.signature import SignedDocument

LEASE: Final = timedelta(hours=8)
"""How long a node goes on without hearing from its hub: a van keeps working through hours without a link."""

_ARMED_STATES: Final = frozenset({DeploymentState.TESTED, DeploymentState.LIVE, DeploymentState.PAUSED})


def hub_id(records: HubRecords) -> HubId:
    """The hub's identifier in plans: that of its vault, for the key that signs them lies there."""
    return HubId(records.vault.id)


def issue_plan(
    records: HubRecords, session: Session, record: DeploymentRecord, profile: JurisdictionProfile, now: datetime
) -> ArmedPlan | None:
    """Sign and keep the plan that the deployment's present state calls for; None when it calls for none.

    A deployment that ended before any plan went out needs no order to stop, and one order to stop is enough.
    """
    deployment = record.deployment
    last = _newest(session, deployment.deployment)
    if deployment.state not in _ARMED_STATES and (last is None or last.node_order is Order.STOP):
        return None
    issue = Issue(
        plan=PlanId(records.new_id()),
        hub=hub_id(records),
        sequence=1 if last is None else last.sequence + 1,
        lease=LEASE,
        presence=profile.officer_presence,
    )
    plan = plan_for(deployment, issue, now)
    if isinstance(plan, Refusal):
        return None
    session.add(
        PlanRow(
            deployment_id=plan.deployment,
            sequence=plan.sequence,
            plan_id=plan.plan,
            node_order=plan.order,
            issued_at=plan.issued_at,
            stop_by=plan.stop_by,
            document=records.signer.sign_document(PLAN_KIND, to_document(plan)).to_bytes(),
        )
    )
    session.flush()
    return plan


def plan_in_force(session: Session, deployment: DeploymentId) -> SignedDocument | None:
    """The newest plan of a deployment, as signed; None before there is one."""
    row = _newest(session, deployment)
    return None if row is None else SignedDocument.from_bytes(row.document)


def plan_document(session: Session, plan: PlanId) -> SignedDocument | None:
    """A plan as it was signed for the nodes, or None."""
    row = session.scalars(select(PlanRow).where(PlanRow.plan_id == plan)).one_or_none()
    return None if row is None else SignedDocument.from_bytes(row.document)


def plan_by_id(session: Session, deployment: DeploymentId, plan: PlanId) -> ArmedPlan | None:
    """A plan that was once issued for this deployment, or None."""
    row = session.scalars(
        select(PlanRow).where(PlanRow.deployment_id == deployment, PlanRow.plan_id == plan)
    ).one_or_none()
    return None if row is None else _opened(row)


def needs_renewal(session: Session, record: DeploymentRecord, now: datetime) -> bool:
    """Whether the plan in force has used up half its lease and could be extended."""
    row = _newest(session, record.deployment.deployment)
    if row is None or record.deployment.state not in _ARMED_STATES:
        return False
    ends_with_its_lease = row.stop_by == row.issued_at + LEASE
    return ends_with_its_lease and now >= row.stop_by - LEASE / 2


def _newest(session: Session, deployment: DeploymentId) -> PlanRow | None:
    return session.scalars(
        select(PlanRow).where(PlanRow.deployment_id == deployment).order_by(PlanRow.sequence.desc()).limit(1)
    ).one_or_none()


def _opened(row: PlanRow) -> ArmedPlan:
    return from_document(ArmedPlan, parse_canonical(SignedDocument.from_bytes(row.document).body))
