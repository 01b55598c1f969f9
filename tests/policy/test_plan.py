import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.deployment_values import (
    APPLICANT,
    AUTHORISER,
    CERTIFICATE,
    DEPLOYMENT,
    END,
    ENGAGER,
    NOON,
    OPERATOR,
    SETUP,
    START,
    UK,
    application,
    decision,
)

from openlfr.policy.deployment import Deployment, DeploymentState
from openlfr.policy.deployment_acts import Authorise, AuthoriseUrgently, Submit
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import CameraId, HubId, PlanId, StaffId
from openlfr.policy.lifecycle import apply_act
from openlfr.policy.plan import (
    ArmedPlan,
    Issue,
    Loaded,
    Order,
    may_analyse,
    may_replace,
    plan_for,
)
from openlfr.policy.presence import CLOCK_TOLERANCE, may_check_in
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode

HUB = HubId("hub-1")
ISSUE = Issue(PlanId("plan-1"), HUB, 1, timedelta(hours=1), UK.officer_presence)
LIST_HASH = "ab" * 32
CAMERA = CameraId("cam-1")
LOADED = Loaded(LIST_HASH, 0.64, SETUP)
MID = START + timedelta(minutes=30)
PRESENT = {OPERATOR.staff: MID - timedelta(minutes=5)}


def authorised(urgent: bool = False) -> Deployment:
    submitted = apply_act(
        Deployment(DEPLOYMENT, False, application(), (APPLICANT.staff,)), Submit(UK, CERTIFICATE), APPLICANT, NOON
    )
    assert isinstance(submitted, Deployment)
    act = AuthoriseUrgently(decision()) if urgent else Authorise(decision())
    done = apply_act(submitted, act, AUTHORISER, NOON)
    assert isinstance(done, Deployment)
    return done


def live() -> Deployment:
    return replace(authorised(), state=DeploymentState.LIVE, watchlist_hash=LIST_HASH)


def live_plan() -> ArmedPlan:
    plan = plan_for(live(), ISSUE, START)
    assert isinstance(plan, ArmedPlan)
    return plan


def test_a_live_plan_with_an_officer_present_lets_its_camera_be_analysed() -> None:
    assert may_analyse(live_plan(), MID, CAMERA, PRESENT, LOADED) == Allowed()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"plan": {"order": Order.HOLD}}, RefusalCode.NOT_LIVE, "the order is to hold"),
        ({"plan": {"order": Order.STOP}}, RefusalCode.NOT_LIVE, "the order is to stop"),
        ({"camera": "cam-2"}, RefusalCode.WRONG_CAMERA, "cam-2 is not part of this deployment"),
        ({"now": START - timedelta(microseconds=1)}, RefusalCode.OUTSIDE_WINDOW, "2026-05-11 14:00 to 20:00 UTC"),
        ({"now": END}, RefusalCode.OUTSIDE_WINDOW, "outside the authorised time"),
        ({"now": START + timedelta(hours=1)}, RefusalCode.PLAN_EXPIRED, "reconnect this node"),
        ({"present": {}}, RefusalCode.NO_OFFICER, "within the last 30 minutes"),
        ({"present": {StaffId("stranger"): MID}}, RefusalCode.NO_OFFICER, "an officer must check in"),
        ({"present": {OPERATOR.staff: MID - timedelta(minutes=31)}}, RefusalCode.NO_OFFICER, "check in"),
        ({"present": {OPERATOR.staff: MID + timedelta(minutes=2)}}, RefusalCode.NO_OFFICER, "check in"),
        ({"loaded": Loaded(None, 0.64, SETUP)}, RefusalCode.WRONG_WATCHLIST, "load it anew"),
        ({"loaded": Loaded("00" * 32, 0.64, SETUP)}, RefusalCode.WRONG_WATCHLIST, "not the authorised one"),
        ({"loaded": Loaded(LIST_HASH, 0.63, SETUP)}, RefusalCode.WRONG_THRESHOLD, "0.64 is authorised"),
        ({"loaded": Loaded(LIST_HASH, 0.7, SETUP)}, RefusalCode.WRONG_THRESHOLD, "The threshold is 0.7"),
        ({"loaded": Loaded(LIST_HASH, float("nan"), SETUP)}, RefusalCode.WRONG_THRESHOLD, "0.64 is authorised"),
        (
            {"loaded": Loaded(LIST_HASH, 0.64, replace(SETUP, precision="bf16"))},
            RefusalCode.WRONG_MODEL,
            "sface in f32",
        ),
    ],
)
def test_one_thing_out_of_place_and_no_frame_is_analysed(
    change: dict[str, object], code: RefusalCode, words: str
) -> None:
    plan = replace(live_plan(), **change.get("plan", {}))  # type: ignore[arg-type]
    verdict = may_analyse(
        plan,
        change.get("now", MID),  # type: ignore[arg-type]
        change.get("camera", CAMERA),  # type: ignore[arg-type]
        change.get("present", {OPERATOR.staff: change.get("now", MID)}),  # type: ignore[arg-type]
        change.get("loaded", LOADED),  # type: ignore[arg-type]
    )
    assert isinstance(verdict, Refusal)
    assert verdict.code is code
    assert words in verdict.sentence


def test_presence_holds_to_its_last_second_and_a_little_clock_skew_is_forgiven() -> None:
    for checked_in in (MID - UK.officer_presence, MID + CLOCK_TOLERANCE):
        assert may_analyse(live_plan(), MID, CAMERA, {ENGAGER.staff: checked_in}, LOADED) == Allowed()


@given(
    order=st.sampled_from(Order),
    now=st.datetimes((NOON).replace(tzinfo=None), (NOON + timedelta(hours=12)).replace(tzinfo=None)),
    camera=st.sampled_from(["cam-1", "cam-2"]),
    minutes=st.integers(-60, 60),
    officer=st.sampled_from([OPERATOR.staff, ENGAGER.staff, APPLICANT.staff]),
    loaded_hash=st.sampled_from([LIST_HASH, "00" * 32, None]),
    threshold=st.sampled_from([0.63, 0.64, 0.65]),
)
def test_the_rule_allows_exactly_when_each_condition_holds(
    order: Order,
    now: datetime,
    camera: str,
    minutes: int,
    officer: StaffId,
    loaded_hash: str | None,
    threshold: float,
) -> None:
    moment = now.replace(tzinfo=START.tzinfo)
    plan = replace(live_plan(), order=order)
    verdict = may_analyse(
        plan,
        moment,
        CameraId(camera),
        {officer: moment - timedelta(minutes=minutes)},
        Loaded(loaded_hash, threshold, SETUP),
    )
    expected = (
        order is Order.ANALYSE
        and camera == "cam-1"
        and START <= moment < min(END, START + timedelta(hours=1))
        and 0 <= minutes <= 30
        and officer != APPLICANT.staff
        and loaded_hash == LIST_HASH
        and threshold == 0.64
    )
    assert isinstance(verdict, Allowed) == expected


@pytest.mark.parametrize("state", DeploymentState)
def test_a_plan_orders_what_the_state_means(state: DeploymentState) -> None:
    orders = {
        DeploymentState.TESTED: Order.HOLD,
        DeploymentState.LIVE: Order.ANALYSE,
        DeploymentState.PAUSED: Order.HOLD,
        DeploymentState.ENDED: Order.STOP,
    }
    plan = plan_for(replace(live(), state=state), ISSUE, START)
    assert (plan.order if isinstance(plan, ArmedPlan) else None) == orders.get(state)


def test_a_plan_never_outlasts_lease_window_or_urgent_review() -> None:
    assert live_plan().stop_by == START + timedelta(hours=1)
    near_the_end = plan_for(live(), ISSUE, END - timedelta(minutes=10))
    assert isinstance(near_the_end, ArmedPlan)
    assert near_the_end.stop_by == END
    urgent = replace(authorised(urgent=True), state=DeploymentState.LIVE, watchlist_hash=LIST_HASH)
    assert urgent.authority is not None
    soon = replace(urgent, authority=replace(urgent.authority, review_by=START + timedelta(minutes=20)))
    plan = plan_for(soon, ISSUE, START)
    assert isinstance(plan, ArmedPlan)
    assert plan.stop_by == START + timedelta(minutes=20)


def test_a_plan_made_after_the_authorised_time_orders_no_analysis() -> None:
    plan = plan_for(live(), ISSUE, END)
    assert isinstance(plan, ArmedPlan)
    assert plan.order is Order.HOLD


def test_there_is_no_plan_without_authority_or_list() -> None:
    assert isinstance(plan_for(replace(live(), authority=None), ISSUE, START), Refusal)
    assert isinstance(plan_for(replace(live(), watchlist_hash=None), ISSUE, START), Refusal)


def test_only_a_higher_number_of_the_own_hub_replaces_a_plan_and_nothing_replaces_a_stop() -> None:
    first = live_plan()
    second = replace(first, plan=PlanId("plan-2"), sequence=2)
    assert may_replace(None, first, HUB) == Allowed()
    assert may_replace(first, second, HUB) == Allowed()
    for old in (first, second):
        verdict = may_replace(second, old, HUB)
        assert isinstance(verdict, Refusal)
        assert verdict.code is RefusalCode.PLAN_SUPERSEDED
    foreign = may_replace(None, first, HubId("hub-2"))
    assert isinstance(foreign, Refusal)
    assert foreign.code is RefusalCode.WRONG_HUB
    assert isinstance(may_replace(replace(first, order=Order.STOP), second, HUB), Refusal)


def test_a_plan_comes_back_from_its_document_and_a_changed_one_differs() -> None:
    plan = live_plan()
    document = json.loads(json.dumps(to_document(plan)))
    assert from_document(ArmedPlan, document) == plan
    document["unless"] = "raining"
    with pytest.raises(DocumentError):
        from_document(ArmedPlan, document)


def test_only_officers_on_duty_check_in_and_only_while_an_authority_holds() -> None:
    assert may_check_in(live(), OPERATOR, MID) == Allowed()
    assert may_check_in(authorised(), ENGAGER, NOON) == Allowed()
    stranger = replace(OPERATOR, staff=StaffId("stranger"))
    for deployment, person, code in (
        (live(), stranger, RefusalCode.NO_OFFICER),
        (live(), AUTHORISER, RefusalCode.WRONG_ROLE),
        (replace(live(), authority=None), OPERATOR, RefusalCode.WRONG_STATE),
        (replace(live(), state=DeploymentState.ENDED), OPERATOR, RefusalCode.WRONG_STATE),
    ):
        verdict = may_check_in(deployment, person, MID)
        assert isinstance(verdict, Refusal)
        assert verdict.code is code
