"""What a node does with what its hub tells it: takes only what its own hub signed, for it, now; obeys nothing twice.

Pure: no input or output, and the time is passed in. What must be on the disk first is returned to the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from openlfr.link.messages import (
    CheckedIn,
    CheckWanted,
    HeldPlan,
    NodeSettings,
    Orders,
    OwedReceipt,
    PreviewWanted,
    SearchWanted,
)
from openlfr.link.removal_order import RemovalOrder, read_removal
from openlfr.link.signed_messages import open_settings, read_dismissal, read_orders, read_plan
from openlfr.node.state import Seen
from openlfr.policy.identifiers import CameraId, DeploymentId, HubId, NodeId, StaffId
from openlfr.policy.plan import ArmedPlan, Loaded, Order, may_analyse, may_replace
from openlfr.policy.presence import CLOCK_TOLERANCE
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.sealing.errors import SealBrokenError, SealingError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SignedDocument, VerifyKey

MOST_TOLD: Final = 100
"""Plans from before the last start that a hello speaks of: an older order to stop may come again, and does no harm."""

Plans = Mapping[DeploymentId, ArmedPlan]


@dataclass(frozen=True, slots=True)
class Ears:
    """Whom a node listens to and as whom: what decides which orders are its own."""

    node: NodeId
    hub: HubId
    hub_key: VerifyKey
    exchange: ExchangeKey
    boot: str


@dataclass(frozen=True, slots=True)
class Obeyed:
    """Everything a node was told since it started and still holds to. `check_ins` and `contact_at`, by this
    node's clock, are of the last orders taken."""

    plans: Plans = field(default_factory=lambda: MappingProxyType({}))
    check_ins: tuple[CheckedIn, ...] = ()
    settings: NodeSettings = field(default_factory=lambda: NodeSettings(0, ()))
    previews: tuple[PreviewWanted, ...] = ()
    searches: tuple[SearchWanted, ...] = ()
    checks: tuple[CheckWanted, ...] = ()
    contact_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Orders taken in: what holds from now on, plans to note on the disk before they are acted on, removals to carry
    out in this order, receipts that the hub waits for, and in sentences what was refused (and changed nothing) or keeps
    orders from being obeyed. `hub_at` is the hub's time of orders that were taken, None where none were."""

    obeyed: Obeyed
    hub_at: datetime | None = None
    plans: tuple[ArmedPlan, ...] = ()
    removals: tuple[RemovalOrder, ...] = ()
    owed: tuple[OwedReceipt, ...] = ()
    complaints: tuple[str, ...] = ()


def take_orders(before: Obeyed, content: bytes, asked: int, ears: Ears, seen: Seen, now: datetime) -> Taken:
    """Take in the answer, come `now`, to hello number `asked`, the newest one; `seen` is what is on the node's disk.

    Each plan and removal in it stands for itself: one that is refused leaves the others.
    """
    try:
        orders = read_orders(content, ears.hub_key)
    except SealingError as error:
        return Taken(before, complaints=(f"Orders were refused: {error}",))
    refusal = _not_for_us(orders, asked, ears)
    if refusal is not None:
        return Taken(before, complaints=(refusal,))
    complaints: list[str] = []
    apart = abs(now - orders.at)
    if apart > CLOCK_TOLERANCE:
        seconds = apart / timedelta(seconds=1)
        complaints.append(f"The clocks of this node and its hub differ by {seconds:.0f} seconds: set them right.")
    plans = dict(before.plans)
    taken: list[ArmedPlan] = []
    for document in orders.plans:
        plan = _plan(document, plans, ears, seen)
        if isinstance(plan, Refusal):
            complaints.append(f"A plan was refused: {plan.sentence}")
        else:
            plans[plan.deployment] = plan
            taken.append(plan)
    removals: list[RemovalOrder] = []
    for document in orders.removals:
        try:
            removals.append(read_removal(SignedDocument.from_bytes(document.encode()), ears.hub_key))
        except SealingError as error:
            complaints.append(f"A removal was refused: {error}")
    settings = before.settings
    if orders.settings:
        try:
            new = open_settings(orders.settings, ears.exchange)
            settings = new if new.version >= settings.version else settings
        except SealBrokenError as error:
            complaints.append(f"Camera settings were refused: {error}")
    obeyed = Obeyed(
        plans=MappingProxyType(plans),
        check_ins=orders.check_ins,
        settings=settings,
        previews=orders.previews,
        searches=orders.searches,
        checks=orders.checks,
        # A clock that is far behind is held to the hub's (`node.hub_time`).
        contact_at=max(now, orders.at),
    )
    return Taken(obeyed, orders.at, tuple(taken), tuple(removals), orders.owed, tuple(complaints))


def take_dismissal(before: Obeyed, content: bytes, ears: Ears) -> Taken:
    """Take in the hub's last word: every plan is an order to stop from here on, and there is nothing else to do."""
    try:
        dismissal = read_dismissal(content, ears.hub_key)
    except SealingError as error:
        return Taken(before, complaints=(f"A dismissal was refused: {error}",))
    if (dismissal.hub, dismissal.node) != (ears.hub, ears.node):
        return Taken(before, complaints=("A dismissal was refused: it is for another node, or from another hub.",))
    stopped = {deployment: replace(plan, order=Order.STOP) for deployment, plan in before.plans.items()}
    obeyed = Obeyed(plans=MappingProxyType(stopped), settings=before.settings, contact_at=before.contact_at)
    return Taken(
        obeyed,
        complaints=(
            "The hub has dismissed this node, as revoked or run twice: it looks at nothing until it is enrolled anew.",
        ),
    )


def held_plans(obeyed: Obeyed, seen: Seen) -> tuple[HeldPlan, ...]:
    """What a hello says of plans: those in memory, and orders to stop from before. Not the mere number of a plan that
    was forgotten with a restart: the hub must send that one again."""
    held = {each.deployment: each.sequence for each in seen.plans[-MOST_TOLD:] if each.stopped}
    held.update({plan.deployment: plan.sequence for plan in obeyed.plans.values()})
    return tuple(HeldPlan(deployment, sequence) for deployment, sequence in sorted(held.items()))


def standing_check_ins(obeyed: Obeyed, deployment: DeploymentId, now: datetime) -> Mapping[StaffId, datetime]:
    """Who is checked in to a deployment, as `may_analyse` is to be told: as it stood when the hub was last heard.

    While the hub is heard, that is a second ago. While the link is lost, check-ins do not grow old: officers on the
    spot can reach neither hub nor node to confirm, and a lost link must not make a van blind. A check-out or a
    revocation that cannot be delivered takes effect at the plan's `stop_by`.
    """
    if obeyed.contact_at is None:
        return {}
    since = max(now - obeyed.contact_at, timedelta())
    return {each.officer: each.confirmed_at + since for each in obeyed.check_ins if each.deployment == deployment}


def verdict(
    obeyed: Obeyed, deployment: DeploymentId, camera: CameraId, loaded: Loaded, now: datetime
) -> Allowed | Refusal:
    """Whether a frame of this camera may be analysed for this deployment at this moment."""
    plan = obeyed.plans.get(deployment)
    if plan is None:
        return Refusal(RefusalCode.NOT_LIVE, "This node holds no plan of this deployment.")
    return may_analyse(plan, now, camera, standing_check_ins(obeyed, deployment, now), loaded)


def is_over(plan: ArmedPlan, node: NodeId, now: datetime) -> bool:
    """Whether this node may keep nothing of a deployment any more: stopped, out of its time or out of its plan's, or
    without a camera here."""
    no_camera = all(each.node != node for each in plan.cameras)
    return no_camera or plan.order is Order.STOP or now >= min(plan.window.end, plan.stop_by)


def _not_for_us(orders: Orders, asked: int, ears: Ears) -> str | None:
    if orders.hub != ears.hub:
        return "Orders were refused: they come from another hub than this node's own."
    if orders.node != ears.node:
        return "Orders were refused: they are for another node."
    if (orders.boot, orders.number) != (ears.boot, asked):
        return "Orders were refused: they answer an earlier question, so they may be old."
    return None


def _plan(document: str, plans: Plans, ears: Ears, seen: Seen) -> ArmedPlan | Refusal:
    try:
        plan = read_plan(document.encode(), ears.hub_key)
    except SealingError as error:
        return Refusal(RefusalCode.WRONG_HUB, str(error))
    verdict = may_replace(plans.get(plan.deployment), plan, ears.hub)
    if isinstance(verdict, Refusal):
        return verdict
    noted = seen.plan(plan.deployment)
    if noted is not None and noted.stopped and plan.order is not Order.STOP:
        return Refusal(RefusalCode.PLAN_SUPERSEDED, "This deployment was stopped for good; it needs a new deployment.")
    if noted is not None and plan.sequence < noted.sequence:
        return Refusal(
            RefusalCode.PLAN_SUPERSEDED,
            f"This plan is number {plan.sequence}; this node has obeyed number {noted.sequence} already.",
        )
    return plan
