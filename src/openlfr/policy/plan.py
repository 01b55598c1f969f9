"""The armed plan, which the hub signs and the node obeys, and the single rule whether a frame may be analysed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from openlfr.policy.authority import CameraTerms, Window
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.deployment import Deployment, DeploymentState, latest_moment
from openlfr.policy.identifiers import AuthorityId, CameraId, CertificateId, DeploymentId, HubId, PlanId, StaffId
from openlfr.policy.presence import officers_present
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode


class Order(StrEnum):
    """What the plan tells the node to do."""

    ANALYSE = "analyse"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ArmedPlan:
    """Everything a node may act on; the hub's key signs it as a document.

    Plans of a deployment are numbered from 1 by `sequence`; only a higher one replaces the plan in force, and nothing
    replaces an order to stop. `stop_by` is when the node stops by itself unless a newer plan came: a revocation that
    cannot be delivered takes effect then. `presence` is the longest time since an officer of `officers` checked in.
    """

    plan: PlanId
    hub: HubId
    deployment: DeploymentId
    authority: AuthorityId
    sequence: int
    order: Order
    rehearsal: bool
    issued_at: datetime
    stop_by: datetime
    window: Window
    cameras: tuple[CameraTerms, ...]
    threshold: float
    setup: MatchingSetup
    certificate: CertificateId
    watchlist_hash: str
    officers: tuple[StaffId, ...]
    presence: timedelta


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a node has in memory and would analyse with."""

    watchlist_hash: str | None
    threshold: float
    setup: MatchingSetup


@dataclass(frozen=True, slots=True)
class Issue:
    """What the hub adds to a deployment to make a plan of it; `lease` is how long a node may go on without another."""

    plan: PlanId
    hub: HubId
    sequence: int
    lease: timedelta
    presence: timedelta


_ORDERS = {
    DeploymentState.TESTED: Order.HOLD,
    DeploymentState.LIVE: Order.ANALYSE,
    DeploymentState.PAUSED: Order.HOLD,
    DeploymentState.ENDED: Order.STOP,
}


def plan_for(deployment: Deployment, issue: Issue, now: datetime) -> ArmedPlan | Refusal:
    """The plan that tells nodes what the deployment's state means for them.

    It never reaches beyond the authorised window, the review an urgent authority waits for, or the lease.
    """
    order = _ORDERS.get(deployment.state)
    authority = deployment.authority
    until = latest_moment(deployment)
    if order is None or authority is None or until is None:
        return Refusal(RefusalCode.WRONG_STATE, f"There is no plan for a deployment that is {deployment.state}.")
    if deployment.watchlist_hash is None and order is not Order.STOP:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "There is no plan for a deployment without a watchlist.")
    if order is Order.ANALYSE and now >= until:
        order = Order.HOLD  # the clock has ended this deployment, and the hub is about to record it
    terms = authority.terms
    return ArmedPlan(
        plan=issue.plan,
        hub=issue.hub,
        deployment=deployment.deployment,
        authority=authority.authority,
        sequence=issue.sequence,
        order=order,
        rehearsal=deployment.rehearsal,
        issued_at=now,
        stop_by=min(until, now + issue.lease),
        window=terms.window,
        cameras=terms.cameras,
        threshold=terms.threshold,
        setup=terms.setup,
        certificate=terms.certificate,
        watchlist_hash=deployment.watchlist_hash or "",
        officers=terms.officers,
        presence=issue.presence,
    )


def may_replace(current: ArmedPlan | None, new: ArmedPlan, hub: HubId) -> Allowed | Refusal:
    """Whether a node of `hub` takes `new`, whose signature it has checked, in place of `current`."""
    if new.hub != hub:
        return Refusal(RefusalCode.WRONG_HUB, "This plan comes from another hub; this node obeys only its own.")
    if current is None or current.deployment != new.deployment:
        return Allowed()
    if new.sequence <= current.sequence:
        return Refusal(
            RefusalCode.PLAN_SUPERSEDED, f"This plan is number {new.sequence}; number {current.sequence} is in force."
        )
    if current.order is Order.STOP:
        return Refusal(RefusalCode.PLAN_SUPERSEDED, "This deployment was stopped for good; it needs a new deployment.")
    return Allowed()


def may_analyse(
    plan: ArmedPlan, now: datetime, camera: CameraId, check_ins: Mapping[StaffId, datetime], loaded: Loaded
) -> Allowed | Refusal:
    """Invariant 1: whether a frame of `camera` may be analysed at this moment. Hub and node both ask this function.

    `check_ins` holds, for every officer who is checked in and has not checked out, when they last confirmed it.
    """
    if plan.order is not Order.ANALYSE:
        return Refusal(RefusalCode.NOT_LIVE, f"The deployment is not live: the order is to {plan.order}.")
    if all(each.camera != camera for each in plan.cameras):
        return Refusal(RefusalCode.WRONG_CAMERA, f"The camera {camera} is not part of this deployment.")
    if not plan.window.contains(now):
        return Refusal(
            RefusalCode.OUTSIDE_WINDOW,
            f"It is outside the authorised time, {plan.window.start:%Y-%m-%d %H:%M} to {plan.window.end:%H:%M %Z}.",
        )
    if now >= plan.stop_by:
        return Refusal(
            RefusalCode.PLAN_EXPIRED, "The plan has run out and no newer one came: reconnect this node to its hub."
        )
    if not officers_present(plan.officers, check_ins, plan.presence, now):
        minutes = plan.presence / timedelta(minutes=1)
        return Refusal(
            RefusalCode.NO_OFFICER,
            f"No officer on duty has checked in within the last {minutes:g} minutes: an officer must check in.",
        )
    if loaded.watchlist_hash != plan.watchlist_hash:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "The watchlist loaded is not the authorised one: load it anew.")
    if loaded.threshold != plan.threshold:
        return Refusal(
            RefusalCode.WRONG_THRESHOLD, f"The threshold is {loaded.threshold:g}; {plan.threshold:g} is authorised."
        )
    if loaded.setup != plan.setup:
        return Refusal(RefusalCode.WRONG_MODEL, f"Scores would come from {loaded.setup}; {plan.setup} is authorised.")
    return Allowed()
