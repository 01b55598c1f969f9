"""What a node says when it raises an alert, and when the hub takes it in."""

from dataclasses import dataclass
from datetime import date, datetime

from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.deployment import DELETE_EVERYTHING, Deployment, DeploymentState
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, EntryId, NodeId, PersonReference, PlanId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.policy.presence import CLOCK_TOLERANCE
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.watchlist import Category


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """What an officer must know about the person on the list; it travels with the alert, for the list is destroyed."""

    entry: EntryId
    person: PersonReference
    name: str
    categories: tuple[Category, ...]
    offence: str
    reason: str
    warning_markers: tuple[str, ...]
    look_alikes: tuple[str, ...]
    picture_taken_on: date
    under_18: bool
    vulnerable: bool
    blue_list: bool


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """A match at or above the threshold. `shots` is how many pictures of the passage were fused, `quality` the best
    one's, 0..100. `second_score` is that of the independent recogniser, where there is one."""

    alert: AlertId
    deployment: DeploymentId
    plan: PlanId
    node: NodeId
    camera: CameraId
    captured_at: datetime
    score: float
    second_score: float | None
    threshold: float
    setup: MatchingSetup
    watchlist_hash: str
    shots: int
    quality: float
    person: ListedPerson


@dataclass(frozen=True, slots=True)
class AlertPictures:
    """The two pictures, as JPEG files: the passer-by with everybody else blurred, and the reference picture."""

    probe: bytes
    candidate: bytes


LARGEST_PICTURE_BYTES = 5_000_000


def may_raise(deployment: Deployment, plan: ArmedPlan | None, raised: RaisedAlert) -> Allowed | Refusal:
    """Whether the alert was raised under an order to analyse that the hub itself gave; `plan` is the one it names.

    Alerts that come late, after a lost link, are taken in as long as they were raised in time; not once the deployment
    is reported, and not where everything must be deleted.
    """
    if deployment.end_reason in DELETE_EVERYTHING:
        return Refusal(RefusalCode.TOO_LATE, "Everything of this deployment is deleted; its alerts are not taken in.")
    if deployment.state in (DeploymentState.REPORTED, DeploymentState.REVIEWED):
        return Refusal(RefusalCode.TOO_LATE, "This deployment is reported already; the alert came too late.")
    if plan is None or plan.deployment != raised.deployment or plan.order is not Order.ANALYSE:
        return Refusal(RefusalCode.NOT_LIVE, "The alert names no plan under which this deployment was live.")
    if all((each.camera, each.node) != (raised.camera, raised.node) for each in plan.cameras):
        return Refusal(RefusalCode.WRONG_CAMERA, "The alert comes from a camera or a node that is not in its plan.")
    first = max(plan.issued_at, plan.window.start) - CLOCK_TOLERANCE
    if not first <= raised.captured_at < min(plan.stop_by, plan.window.end) + CLOCK_TOLERANCE:
        return Refusal(RefusalCode.OUTSIDE_WINDOW, "The alert was captured outside the time of its plan.")
    if raised.watchlist_hash != plan.watchlist_hash:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "The alert comes from another watchlist than its plan's.")
    if raised.setup != plan.setup:
        return Refusal(RefusalCode.WRONG_MODEL, "The alert's score was made by another model than its plan's.")
    if raised.threshold != plan.threshold or not raised.score >= plan.threshold:
        return Refusal(RefusalCode.WRONG_THRESHOLD, "The alert's score is below the authorised threshold.")
    return Allowed()
