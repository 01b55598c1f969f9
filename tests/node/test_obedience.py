"""What a node obeys: its own hub, now, and nothing twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.deployment_values import DEPLOYMENT, NOON, SETUP

from openlfr.link.messages import CameraSettings, CheckedIn, Dismissal, NodeSettings, Orders
from openlfr.link.removal_order import RemovalOrder, sign_removal
from openlfr.link.signed_messages import PLAN_KIND, seal_settings, sign_dismissal, sign_orders
from openlfr.node.obedience import (
    Ears,
    Obeyed,
    Taken,
    held_plans,
    is_over,
    standing_check_ins,
    take_dismissal,
    take_orders,
    verdict,
)
from openlfr.node.state import Seen
from openlfr.policy.authority import CameraTerms, Window
from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import (
    AuthorityId,
    CameraId,
    CertificateId,
    DeploymentId,
    EntryId,
    HubId,
    NodeId,
    PlanId,
    StaffId,
    WatchlistId,
)
from openlfr.policy.plan import ArmedPlan, Loaded, Order
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey

HUB, OTHER_HUB = SigningKey(b"\x01" * 32), SigningKey(b"\x05" * 32)
KEY = ExchangeKey(b"\x07" * 32)
NODE, CAMERA, OFFICER = NodeId("node-1"), CameraId("cam-1"), StaffId("officer-1")
EARS = Ears(NODE, HubId("hub-1"), HUB.public, KEY, "boot-1")
PLAN = ArmedPlan(
    plan=PlanId("plan-1"),
    hub=HubId("hub-1"),
    deployment=DEPLOYMENT,
    authority=AuthorityId("authority-1"),
    sequence=5,
    order=Order.ANALYSE,
    rehearsal=False,
    issued_at=NOON,
    stop_by=NOON + timedelta(hours=8),
    window=Window(NOON - timedelta(hours=1), NOON + timedelta(hours=10)),
    cameras=(CameraTerms(CAMERA, NODE, "North End", ()),),
    threshold=0.64,
    setup=SETUP,
    certificate=CertificateId("certificate"),
    watchlist_hash="ab" * 32,
    officers=(OFFICER,),
    presence=timedelta(minutes=15),
)
LOADED = Loaded("ab" * 32, 0.64, SETUP)
SETTINGS = NodeSettings(3, (CameraSettings(CAMERA, "North End", "rtsp://camera", 40),))
ORDERS = Orders(
    hub=HubId("hub-1"),
    node=NODE,
    boot="boot-1",
    number=7,
    at=NOON,
    check_ins=(CheckedIn(DEPLOYMENT, OFFICER, NOON - timedelta(minutes=5)),),
    settings=seal_settings(SETTINGS, KEY.public),
)


def signed(plan: ArmedPlan, by: SigningKey = HUB) -> str:
    return by.sign_document(PLAN_KIND, to_document(plan)).to_bytes().decode()


def told(*plans: str, before: Obeyed | None = None, seen: Seen | None = None) -> Taken:
    content = sign_orders(HUB, replace(ORDERS, plans=plans))
    return take_orders(before or Obeyed(), content, 7, EARS, seen or Seen(), NOON)


def the_rule(obeyed: Obeyed, after: timedelta = timedelta()) -> Allowed | Refusal:
    return verdict(obeyed, DEPLOYMENT, CAMERA, LOADED, NOON + after)


def test_the_orders_of_its_own_hub_are_taken() -> None:
    taken = told(signed(PLAN))
    assert taken.complaints == ()
    assert taken.plans == (PLAN,)
    assert taken.obeyed.settings == SETTINGS
    assert the_rule(taken.obeyed) == Allowed()
    assert held_plans(taken.obeyed, Seen())[0].sequence == 5


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (sign_orders(OTHER_HUB, ORDERS), "signed by somebody else"),
        (sign_orders(HUB, replace(ORDERS, hub=HubId("hub-2"))), "another hub than this node's own"),
        (sign_orders(HUB, replace(ORDERS, node=NodeId("node-2"))), "for another node"),
        (sign_orders(HUB, replace(ORDERS, number=6)), "may be old"),
        (sign_orders(HUB, replace(ORDERS, boot="boot-0")), "may be old"),
        (b"{}", "not a signed document"),
    ],
    ids=["another key", "another hub", "another node", "an earlier hello", "an earlier start", "nonsense"],
)
def test_orders_that_are_not_for_this_node_now_change_nothing(content: bytes, why: str) -> None:
    before = told(signed(PLAN)).obeyed
    taken = take_orders(before, content, 7, EARS, Seen(), NOON + timedelta(hours=1))
    assert taken.obeyed is before
    assert taken.plans == ()
    (complaint,) = taken.complaints
    assert complaint.startswith("Orders were refused: ")
    assert why in complaint


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (signed(replace(PLAN, sequence=6), OTHER_HUB), "signed by somebody else"),
        (signed(replace(PLAN, sequence=6, hub=HubId("hub-2"))), "comes from another hub"),
        (signed(replace(PLAN, threshold=0.1)), "number 5 is in force"),
        (signed(replace(PLAN, sequence=4, threshold=0.1)), "number 5 is in force"),
        (signed(replace(PLAN, sequence=6)).replace("armed", "other"), "A armed plan was expected"),
    ],
    ids=["forged", "of another hub", "the same number", "an older number", "another kind"],
)
def test_a_plan_that_is_refused_leaves_the_plan_in_force_and_says_why(document: str, why: str) -> None:
    before = told(signed(PLAN)).obeyed
    taken = told(document, before=before)
    assert taken.obeyed.plans[DEPLOYMENT] == PLAN
    assert taken.plans == ()
    assert taken.complaints[0].startswith("A plan was refused: ")
    assert why in taken.complaints[0]


def test_one_refused_plan_does_not_keep_the_others_from_being_taken() -> None:
    other = replace(PLAN, deployment=DeploymentId("deployment-2"))
    taken = told(signed(PLAN, OTHER_HUB), signed(other))
    assert taken.plans == (other,)
    assert len(taken.complaints) == 1


def test_after_a_restart_an_older_plan_is_refused_and_the_newest_is_taken_again() -> None:
    seen = Seen().with_plan(PLAN)
    assert held_plans(Obeyed(), seen) == ()
    assert told(signed(PLAN), seen=seen).plans == (PLAN,)
    old = told(signed(replace(PLAN, sequence=4)), seen=seen)
    assert old.plans == ()
    assert "has obeyed number 5 already" in old.complaints[0]


def test_nothing_replaces_an_order_to_stop_not_even_after_a_restart() -> None:
    stop, later = replace(PLAN, sequence=6, order=Order.STOP), replace(PLAN, sequence=7)
    stopped = told(signed(stop), before=told(signed(PLAN)).obeyed)
    assert isinstance(the_rule(stopped.obeyed), Refusal)
    seen = Seen().with_plan(stop)
    for taken in (told(signed(later), before=stopped.obeyed), told(signed(later), seen=seen)):
        assert taken.plans == ()
        assert "stopped for good" in taken.complaints[0]
    assert [each.sequence for each in held_plans(Obeyed(), seen)] == [6]


def test_while_the_link_is_lost_check_ins_stay_as_old_as_they_were_until_the_plan_runs_out() -> None:
    obeyed = told(signed(PLAN)).obeyed
    ages = [
        NOON + gone - standing_check_ins(obeyed, DEPLOYMENT, NOON + gone)[OFFICER]
        for gone in (timedelta(), timedelta(minutes=20), timedelta(hours=6))
    ]
    assert ages == [timedelta(minutes=5)] * 3
    assert the_rule(obeyed, timedelta(hours=6)) == Allowed()
    over = the_rule(obeyed, timedelta(hours=8))
    assert isinstance(over, Refusal)
    assert over.code is RefusalCode.PLAN_EXPIRED
    assert is_over(PLAN, NODE, NOON + timedelta(hours=8))


def test_a_check_out_that_is_heard_and_a_check_in_that_is_too_old_stop_analysis() -> None:
    obeyed = told(signed(PLAN)).obeyed
    for check_ins in ((), (CheckedIn(DEPLOYMENT, OFFICER, NOON - timedelta(minutes=16)),)):
        content = sign_orders(HUB, replace(ORDERS, check_ins=check_ins))
        refused = the_rule(take_orders(obeyed, content, 7, EARS, Seen(), NOON).obeyed)
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.NO_OFFICER


def test_a_node_that_was_told_nothing_analyses_nothing() -> None:
    refused = the_rule(Obeyed())
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.NOT_LIVE
    assert standing_check_ins(Obeyed(), DEPLOYMENT, NOON) == {}


@pytest.mark.parametrize(
    ("plan", "over"),
    [
        (PLAN, False),
        (replace(PLAN, order=Order.HOLD), False),
        (replace(PLAN, order=Order.STOP), True),
        (replace(PLAN, stop_by=NOON), True),
        (replace(PLAN, window=Window(NOON - timedelta(hours=2), NOON)), True),
        (replace(PLAN, cameras=(CameraTerms(CAMERA, NodeId("node-2"), "North End", ()),)), True),
    ],
    ids=["live", "paused", "stopped", "run out", "after its time", "without a camera here"],
)
def test_a_list_is_kept_exactly_as_long_as_its_deployment_may_still_use_it_here(plan: ArmedPlan, over: bool) -> None:
    assert is_over(plan, NODE, NOON) is over


def test_a_clock_that_is_wrong_is_complained_of_for_it_makes_check_ins_look_old_or_early() -> None:
    for late in (timedelta(seconds=-90), timedelta(seconds=90)):
        taken = take_orders(Obeyed(), sign_orders(HUB, ORDERS), 7, EARS, Seen(), NOON + late)
        assert taken.complaints == ("The clocks of this node and its hub differ by 90 seconds: set them right.",)
        assert taken.obeyed.settings == SETTINGS
    assert (
        take_orders(Obeyed(), sign_orders(HUB, ORDERS), 7, EARS, Seen(), NOON + timedelta(seconds=20)).complaints == ()
    )


def test_settings_for_another_node_and_older_ones_are_not_taken() -> None:
    before = told(signed(PLAN)).obeyed
    older = replace(ORDERS, settings=seal_settings(NodeSettings(2, ()), KEY.public))
    assert take_orders(before, sign_orders(HUB, older), 7, EARS, Seen(), NOON).obeyed.settings == SETTINGS
    foreign = replace(ORDERS, settings=seal_settings(NodeSettings(9, ()), ExchangeKey(b"\x08" * 32).public))
    taken = take_orders(before, sign_orders(HUB, foreign), 7, EARS, Seen(), NOON)
    assert taken.obeyed.settings == SETTINGS
    assert "Camera settings were refused" in taken.complaints[0]


def test_a_removal_by_anybody_else_than_the_hub_is_refused() -> None:
    order = RemovalOrder(WatchlistId("list"), 1, EntryId("e-1"), NOON, "a", "b")
    documents = [sign_removal(key, order).to_bytes().decode() for key in (HUB, OTHER_HUB)]
    content = sign_orders(HUB, replace(ORDERS, removals=tuple(documents)))
    taken = take_orders(Obeyed(), content, 7, EARS, Seen(), NOON)
    assert taken.removals == (order,)
    assert len(taken.complaints) == 1
    assert "A removal was refused" in taken.complaints[0]


def test_a_dismissal_stops_everything_at_once() -> None:
    before = told(signed(PLAN)).obeyed
    taken = take_dismissal(before, sign_dismissal(HUB, Dismissal(HubId("hub-1"), NODE, NOON)), EARS)
    assert is_over(taken.obeyed.plans[DEPLOYMENT], NODE, NOON)
    assert isinstance(the_rule(taken.obeyed), Refusal)
    assert taken.complaints == (
        "The hub has dismissed this node, as revoked or run twice: it looks at nothing until it is enrolled anew.",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (sign_dismissal(OTHER_HUB, Dismissal(HubId("hub-1"), NODE, NOON)), "A dismissal was refused: "),
        (sign_dismissal(HUB, Dismissal(HubId("hub-1"), NodeId("node-2"), NOON)), "it is for another node"),
        (sign_dismissal(HUB, Dismissal(HubId("hub-2"), NODE, NOON)), "or from another hub"),
        (sign_orders(HUB, ORDERS), "A dismissal was refused: "),
        (b"go home", "A dismissal was refused: "),
    ],
)
def test_a_dismissal_that_is_not_its_own_hubs_for_it_changes_nothing(content: bytes, why: str) -> None:
    before = told(signed(PLAN)).obeyed
    taken = take_dismissal(before, content, EARS)
    assert taken.obeyed is before
    (complaint,) = taken.complaints
    assert why in complaint
