from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.support.deployment_values import (
    APPLICANT,
    AUTHORISER,
    BUILDER,
    CERTIFICATE,
    DEPLOYMENT,
    END,
    ENGAGER,
    EU,
    EVERYBODY,
    NOON,
    OPERATOR,
    READY,
    START,
    UK,
    actor,
    application,
    decision,
    frozen_list,
    terms,
)

from openlfr.policy.application import Assessment
from openlfr.policy.authority import AuthorityBasis, Conditions, Window
from openlfr.policy.deployment import (
    TRANSITIONS,
    UNDER_AUTHORITY,
    Deployment,
    DeploymentState,
    EndReason,
    PauseReason,
    Readiness,
    end_due,
    latest_moment,
)
from openlfr.policy.deployment_acts import (
    Act,
    AttachWatchlist,
    Authorise,
    AuthoriseUrgently,
    ChangeAuthority,
    Draft,
    End,
    GoLive,
    NoteRemoval,
    Pause,
    RecordPurge,
    RecordReadiness,
    Reject,
    Report,
    Resume,
    Review,
    ReviewUrgent,
    Revoke,
    Submit,
    Withdraw,
)
from openlfr.policy.identifiers import DeploymentId, RecognitionTestId, StaffId
from openlfr.policy.jurisdiction import AssessmentKind
from openlfr.policy.lifecycle import apply_act
from openlfr.policy.recognition_test import FinishedTest, RecognitionRate
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Action, Actor, Role
from openlfr.policy.watchlist import WatchlistState

DRAFT = Deployment(DEPLOYMENT, False, application(), (APPLICANT.staff,))
SECOND_AUTHORISER = actor("bea", Role.AUTHORISING_OFFICER)
HERE = (OPERATOR.staff,)
SUBMIT = (Submit(UK, CERTIFICATE), APPLICANT)
AUTHORISE = (Authorise(decision()), AUTHORISER)
URGENT = (AuthoriseUrgently(decision()), OPERATOR)
ATTACH = (AttachWatchlist(frozen_list(), UK), BUILDER)
READINESS = (RecordReadiness(READY), OPERATOR)
TEST = RecognitionTestId("0196c000-0000-7000-8000-0000000000b1")
GO = (GoLive(UK, CERTIFICATE, HERE), OPERATOR)
TO_LIVE = (SUBMIT, AUTHORISE, ATTACH, READINESS, GO)


def play(*steps: tuple[Act, Actor], start: Deployment = DRAFT, at: datetime = NOON) -> Deployment:
    """The deployment after all the steps, each of which must be allowed; going live happens at START."""
    deployment = start
    for act, by in steps:
        changed = apply_act(deployment, act, by, START if isinstance(act, GoLive) else at)
        assert isinstance(changed, Deployment), changed
        deployment = changed
    return deployment


def refused(deployment: Deployment, act: Act, by: Actor, at: datetime = NOON) -> Refusal:
    verdict = apply_act(deployment, act, by, at)
    assert isinstance(verdict, Refusal)
    return verdict


def test_a_deployment_goes_from_draft_to_reviewed() -> None:
    states = []
    deployment = DRAFT
    rest = (
        (Pause(), ENGAGER),
        (Resume("The crowd has passed.", HERE), OPERATOR),
        (End(), OPERATOR),
        (RecordPurge(), THE_HUB),
        (Report(0), OPERATOR),
        (Review("Worth its cost."), AUTHORISER),
    )
    for act, by in (*TO_LIVE, *rest):
        deployment = play((act, by), start=deployment, at=START if deployment.went_live_at else NOON)
        states.append(str(deployment.state))
    assert states == [
        "submitted",
        "authorised",
        "watchlist built",
        "tested",
        "live",
        "paused",
        "live",
        "ended",
        "purged",
        "reported",
        "reviewed",
    ]


def test_an_authority_fixes_its_terms_and_says_who_decided() -> None:
    authority = play(SUBMIT, AUTHORISE).authority
    assert authority is not None
    assert (authority.sequence, authority.basis, authority.decided_by) == (1, AuthorityBasis.WRITTEN, AUTHORISER.staff)
    assert (authority.terms, authority.decided_at, authority.review_by) == (terms(), NOON, None)


def test_whoever_drafted_or_submitted_cannot_authorise_even_holding_the_role() -> None:
    both = actor("ann", Role.APPLICANT, Role.AUTHORISING_OFFICER)
    verdict = refused(play(SUBMIT), Authorise(decision()), both)
    assert verdict.code is RefusalCode.SAME_PERSON
    rewriter = actor("rex", Role.APPLICANT, Role.AUTHORISING_OFFICER)
    rewritten = play((Draft(application(purpose="Another.")), rewriter), SUBMIT)
    assert refused(rewritten, Authorise(decision()), rewriter).code is RefusalCode.SAME_PERSON
    assert refused(play(SUBMIT, AUTHORISE), ChangeAuthority(decision()), both).code is RefusalCode.SAME_PERSON


def test_an_incomplete_application_is_not_taken_and_stays_a_draft() -> None:
    draft = replace(DRAFT, application=application(necessity=""))
    verdict = refused(draft, *SUBMIT)
    assert verdict.sentence == "The application cannot be accepted: necessity: Please fill this in."
    assert play((Draft(application()), APPLICANT), SUBMIT, start=draft).state is DeploymentState.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": "x" * 20_001}, "purpose"),
        ({"necessity": "\udcff"}, "necessity"),
        ({"terms": terms(threshold=float("inf"))}, "terms.threshold"),
        ({"terms": terms(officers=(StaffId("a"),) * 1001)}, "terms.officers"),
        ({"terms": terms(cameras=(replace(terms().cameras[0], name="\x1b[2J"),))}, "terms.cameras.0.name"),
    ],
)
def test_a_draft_may_be_incomplete_but_not_malformed(changes: dict[str, object], field: str) -> None:
    assert play((Draft(application(purpose="", terms=terms(cameras=()))), APPLICANT)).application.purpose == ""
    assert [each.field for each in refused(DRAFT, Draft(application(**changes)), APPLICANT).problems] == [field]


def test_a_submitted_application_can_be_taken_back_and_a_rejected_one_is_final() -> None:
    assert play(SUBMIT, (Withdraw(), APPLICANT)).state is DeploymentState.DRAFT
    rejected = play(SUBMIT, (Reject("Not necessary."), AUTHORISER))
    for act, by in (AUTHORISE, SUBMIT, (Draft(application()), APPLICANT)):
        assert refused(rejected, act, by).code is RefusalCode.WRONG_STATE
    assert refused(play(SUBMIT), Reject(""), AUTHORISER).problems[0].field == "reason"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"terms": terms(threshold=0.5)}, "terms.threshold"),
        ({"terms": terms(officers=(StaffId("a\x00b"),))}, "terms.officers.0"),
        ({"certificate": None}, "terms.certificate"),
        ({"external_reference": "\x00"}, "external_reference"),
    ],
)
def test_an_authority_is_checked_like_an_application(changes: dict[str, object], field: str) -> None:
    verdict = refused(play(SUBMIT), Authorise(decision(**changes)), AUTHORISER)
    assert [each.field for each in verdict.problems] == [field]


def test_an_assessment_that_ran_out_since_blocks_authority_and_going_live() -> None:
    short = tuple(Assessment(kind, "R", date(2026, 5, 11)) for kind in AssessmentKind)
    draft = replace(DRAFT, application=application(assessments=short))
    next_day = NOON + timedelta(days=1)
    late = decision(terms=terms(window=Window(START + timedelta(days=1), END + timedelta(days=1))))
    verdict = refused(play(SUBMIT, start=draft), Authorise(late), AUTHORISER, next_day)
    assert verdict.code is RefusalCode.INVALID_FIELDS
    ready = play(SUBMIT, (Authorise(late), AUTHORISER), ATTACH_NEXT_DAY, READINESS, start=draft)
    blocked = refused(ready, *GO, at=START + timedelta(days=1))
    assert blocked.code is RefusalCode.ASSESSMENT_OUT_OF_DATE


ATTACH_NEXT_DAY = (AttachWatchlist(frozen_list(drawn_at=NOON + timedelta(hours=4)), UK), BUILDER)


def test_europe_needs_the_reference_of_an_outside_authority() -> None:
    draft = replace(DRAFT, application=application(EU))
    submitted = play((Submit(EU, CERTIFICATE), APPLICANT), start=draft)
    verdict = refused(submitted, Authorise(decision(EU, external_reference=None)), AUTHORISER)
    assert verdict.code is RefusalCode.EXTERNAL_AUTHORITY_MISSING
    assert play((Authorise(decision(EU)), AUTHORISER), start=submitted).state is DeploymentState.AUTHORISED
    urgent = play((AuthoriseUrgently(decision(EU, external_reference=None)), OPERATOR), start=submitted)
    unconfirmed = refused(urgent, ReviewUrgent("Fine.", decision(EU, external_reference=None)), AUTHORISER)
    assert unconfirmed.code is RefusalCode.EXTERNAL_AUTHORITY_MISSING
    confirmed = play((ReviewUrgent("The court agreed.", decision(EU)), AUTHORISER), start=urgent)
    assert confirmed.authority is not None
    assert confirmed.authority.external_reference == "Court of Ghent 2026/44"
    assert not confirmed.urgent_review_pending


def test_an_urgent_authority_waits_a_day_for_its_review_by_somebody_else() -> None:
    urgent = play(SUBMIT, (AuthoriseUrgently(decision()), AUTHORISER))
    assert urgent.authority is not None
    assert urgent.authority.review_by == NOON + timedelta(hours=24)
    review = ReviewUrgent("Necessary.", decision())
    assert refused(urgent, review, AUTHORISER).code is RefusalCode.SAME_PERSON
    confirmed = play((review, SECOND_AUTHORISER), start=urgent)
    assert confirmed.authority is not None
    assert (confirmed.authority.sequence, confirmed.authority.review_by) == (2, None)
    assert refused(confirmed, review, SECOND_AUTHORISER).code is RefusalCode.ALREADY_DECIDED


def test_a_refused_urgent_authority_ends_everything_whatever_the_state() -> None:
    for steps in ((SUBMIT, URGENT), (SUBMIT, URGENT, ATTACH, READINESS, GO)):
        ended = play(*steps, (ReviewUrgent("Not urgent at all.", None), AUTHORISER))
        assert (ended.state, ended.end_reason) == (DeploymentState.ENDED, EndReason.URGENT_REFUSED)


def test_an_urgent_authority_without_review_stops_by_itself() -> None:
    # The window must be open at the end of the 24 hours for the review to be what ends it.
    window = Window(NOON + timedelta(hours=20), NOON + timedelta(hours=40))
    urgent = play(SUBMIT, (AuthoriseUrgently(decision(terms=terms(window=window))), OPERATOR))
    lapsed = NOON + timedelta(hours=24)
    assert latest_moment(urgent) == lapsed
    assert end_due(urgent, lapsed - timedelta(seconds=1)) is None
    assert end_due(urgent, lapsed) is EndReason.URGENT_LAPSED
    too_late = refused(urgent, ReviewUrgent("Necessary.", decision(terms=terms(window=window))), AUTHORISER, lapsed)
    assert too_late.code is RefusalCode.URGENT_REVIEW_OVERDUE
    ended = play((End(EndReason.URGENT_LAPSED), THE_HUB), start=urgent, at=lapsed)
    assert ended.state is DeploymentState.ENDED


def test_changing_the_terms_of_an_urgent_authority_does_not_stop_its_clock() -> None:
    urgent = play(SUBMIT, URGENT)
    changed = play(
        (ChangeAuthority(decision(terms=terms(threshold=0.7))), AUTHORISER), start=urgent, at=NOON + timedelta(hours=1)
    )
    assert changed.authority is not None
    assert changed.authority.review_by == NOON + timedelta(hours=24)
    assert changed.authority.terms.threshold == 0.7


def test_an_extension_is_a_new_decision_and_nothing_else_extends() -> None:
    live = play(*TO_LIVE)
    longer = decision(terms=terms(window=Window(START, END + timedelta(hours=2))))
    extended = play((ChangeAuthority(longer), AUTHORISER), start=live, at=START)
    assert extended.state is DeploymentState.LIVE
    assert extended.authority is not None
    assert extended.authority.sequence == 2
    assert end_due(live, END) is EndReason.WINDOW_OVER
    assert end_due(extended, END) is None
    shifted = decision(terms=terms(window=Window(START + timedelta(hours=1), END)))
    assert refused(live, ChangeAuthority(shifted), AUTHORISER, START).problems[0].field == "terms.window.start"
    for person in (APPLICANT, BUILDER, OPERATOR, ENGAGER):
        assert refused(live, ChangeAuthority(longer), person).code is RefusalCode.WRONG_ROLE


def test_a_revoked_authority_ends_the_deployment_from_every_state_it_holds_in() -> None:
    for count in range(2, len(TO_LIVE) + 1):
        revoked = play(*TO_LIVE[:count], (Revoke("New intelligence."), AUTHORISER))
        assert (revoked.state, revoked.end_reason) == (DeploymentState.ENDED, EndReason.REVOKED)
    assert refused(play(SUBMIT), Revoke("x"), AUTHORISER).code is RefusalCode.WRONG_STATE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deployment": DeploymentId("another")}, RefusalCode.WRONG_WATCHLIST),
        ({"content_hash": None}, RefusalCode.WRONG_WATCHLIST),
        ({"state": WatchlistState.APPROVED}, RefusalCode.WRONG_STATE),
        ({"size": 0}, RefusalCode.WATCHLIST_EMPTY),
        ({"size": 1001}, RefusalCode.WATCHLIST_TOO_LARGE),
        ({"drawn_at": START - timedelta(hours=25)}, RefusalCode.WATCHLIST_TOO_OLD),
    ],
)
def test_only_the_frozen_fresh_list_of_this_deployment_is_attached(
    changes: dict[str, object], code: RefusalCode
) -> None:
    attach = AttachWatchlist(frozen_list(**changes), UK)
    assert refused(play(SUBMIT, AUTHORISE), attach, BUILDER).code is code


def test_adding_people_needs_a_new_authority_and_removing_them_does_not() -> None:
    live = play(*TO_LIVE)
    larger = AttachWatchlist(frozen_list(size=11, content_hash="cd" * 32), UK)
    assert refused(live, larger, BUILDER).code is RefusalCode.AUTHORITY_MISSING
    decided = play((ChangeAuthority(decision(reason="Two more suspects.")), AUTHORISER), start=live, at=START)
    added = play((larger, BUILDER), start=decided, at=START)
    assert (added.state, added.watchlist_hash) == (DeploymentState.LIVE, "cd" * 32)
    assert refused(added, larger, BUILDER).code is RefusalCode.AUTHORITY_MISSING
    removed = play((NoteRemoval(frozen_list(size=9, content_hash="ef" * 32)), OPERATOR), start=live)
    assert removed.watchlist_hash == "ef" * 32


@pytest.mark.parametrize(
    ("readiness", "words"),
    [
        (replace(READY, signage_in_place=False), "the signs are up"),
        (
            replace(READY, briefing_held=False, cameras_checked=False),
            "the staff are briefed and the cameras are checked",
        ),
        (replace(READY, blue_list_passages=3, blue_list_recognised=4), "cannot be more than their passages"),
    ],
)
def test_a_deployment_is_not_ready_until_everything_is_confirmed(readiness: Readiness, words: str) -> None:
    assert words in refused(play(SUBMIT, AUTHORISE, ATTACH), RecordReadiness(readiness), OPERATOR).sentence


def test_a_blue_list_test_is_recorded_where_the_authority_asks_for_it() -> None:
    strict = decision(terms=terms(conditions=Conditions(blue_list_test=True)))
    built = play(SUBMIT, (Authorise(strict), AUTHORISER), ATTACH)
    assert refused(built, RecordReadiness(READY), OPERATOR).code is RefusalCode.NOT_READY
    typed = replace(READY, blue_list_passages=20, blue_list_recognised=17)
    assert refused(built, RecordReadiness(typed), OPERATOR).code is RefusalCode.NOT_READY
    tested = FinishedTest(TEST, DeploymentId("a rehearsal"), terms(), NOON, RecognitionRate(17, 20))
    ready = play((RecordReadiness(READY, tested), OPERATOR), start=built)
    assert ready.state is DeploymentState.TESTED
    assert ready.readiness == replace(typed, recognition_test=TEST)


TESTED = FinishedTest(TEST, DeploymentId("a rehearsal"), terms(), NOON, RecognitionRate(9, 9))


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        (replace(TESTED, rate=RecognitionRate(0, 0)), "let testers walk past"),
        (replace(TESTED, terms=terms(threshold=0.6)), "at threshold 0.6"),
        (replace(TESTED, terms=terms(cameras=())), "North End, facing south"),
        (replace(TESTED, ended_at=START - timedelta(hours=25)), "more than 24 hours before"),
    ],
)
def test_a_blue_list_test_of_something_else_or_long_ago_does_not_count(tested: FinishedTest, words: str) -> None:
    strict = decision(terms=terms(conditions=Conditions(blue_list_test=True)))
    built = play(SUBMIT, (Authorise(strict), AUTHORISER), ATTACH)
    assert words in refused(built, RecordReadiness(READY, tested), OPERATOR).sentence


@pytest.mark.parametrize(
    ("act", "at", "code"),
    [
        (GoLive(UK, CERTIFICATE, HERE), START - timedelta(seconds=1), RefusalCode.NOT_YET),
        (GoLive(UK, CERTIFICATE, HERE), END, RefusalCode.TOO_LATE),
        (GoLive(UK, CERTIFICATE, ()), START, RefusalCode.NO_OFFICER),
        (GoLive(UK, CERTIFICATE, (AUTHORISER.staff,)), START, RefusalCode.NO_OFFICER),
        (GoLive(UK, None, HERE), START, RefusalCode.NOT_CERTIFIED),
        (GoLive(UK, replace(CERTIFICATE, expires_at=START), HERE), START, RefusalCode.NOT_CERTIFIED),
    ],
)
def test_going_live_needs_the_hour_an_officer_and_a_certificate(act: GoLive, at: datetime, code: RefusalCode) -> None:
    assert refused(play(*TO_LIVE[:-1]), act, OPERATOR, at).code is code


def test_after_the_guard_paused_only_an_authorising_officer_goes_on_with_a_reason() -> None:
    paused = play((Pause(PauseReason.GUARD), THE_HUB), start=play(*TO_LIVE), at=START)
    assert refused(paused, Resume("All well.", HERE), OPERATOR, START).code is RefusalCode.PAUSED_BY_GUARD
    assert refused(paused, Resume("", HERE), AUTHORISER, START).problems[0].field == "reason"
    resumed = play((Resume("Camera 2 was taken out.", HERE), AUTHORISER), start=paused, at=START)
    assert (resumed.state, resumed.pause_reason) == (DeploymentState.LIVE, None)


def test_nobody_pretends_to_be_the_guard_or_the_clock() -> None:
    live = play(*TO_LIVE)
    assert refused(live, Pause(PauseReason.GUARD), OPERATOR).code is RefusalCode.WRONG_ROLE
    assert refused(live, Pause(), THE_HUB).code is RefusalCode.WRONG_ROLE
    assert refused(live, End(EndReason.WINDOW_OVER), OPERATOR).code is RefusalCode.INVALID_FIELDS
    assert refused(live, End(EndReason.WINDOW_OVER), THE_HUB, END - timedelta(seconds=1)).code is RefusalCode.NOT_YET
    assert refused(live, End(EndReason.COMPLETED), THE_HUB, START).code is RefusalCode.NOT_YET


def test_a_deployment_is_reported_only_when_every_alert_has_a_class() -> None:
    purged = replace(play(*TO_LIVE), state=DeploymentState.PURGED)
    assert "2 alerts have no class yet" in refused(purged, Report(2), OPERATOR).sentence


ALL_ACTS: dict[Action, Act] = {
    act.action: act
    for act in (
        Draft(application()),
        Submit(UK, CERTIFICATE),
        Withdraw(),
        Authorise(decision()),
        AuthoriseUrgently(decision()),
        ReviewUrgent("Necessary.", decision()),
        ChangeAuthority(decision()),
        Reject("Not necessary."),
        Revoke("New intelligence."),
        AttachWatchlist(frozen_list(), UK),
        NoteRemoval(frozen_list(size=9)),
        RecordReadiness(READY),
        GoLive(UK, CERTIFICATE, HERE),
        Pause(),
        Resume("All well.", HERE),
        End(),
        RecordPurge(),
        Report(0),
        Review("Worth its cost."),
    )
}


def test_every_act_has_its_line_in_the_table() -> None:
    assert set(ALL_ACTS) == set(TRANSITIONS)


@pytest.mark.parametrize("state", DeploymentState)
@pytest.mark.parametrize("action", TRANSITIONS)
def test_an_act_is_refused_in_every_state_the_table_does_not_name(state: DeploymentState, action: Action) -> None:
    if state in TRANSITIONS[action]:
        return
    everybody_but = actor("zed", *Role) if action is not Action.RECORD_PURGE else THE_HUB
    verdict = refused(replace(DRAFT, state=state), ALL_ACTS[action], everybody_but)
    assert verdict.code is RefusalCode.WRONG_STATE
    assert str(state) in verdict.sentence


class AnyOrder(RuleBasedStateMachine):
    """Random people try random acts at random moments; forbidden states must stay out of reach."""

    people: ClassVar[list[Actor]] = [*EVERYBODY, THE_HUB, SECOND_AUTHORISER, actor("max", *Role), actor("ann", *Role)]

    def __init__(self) -> None:
        super().__init__()
        self.deployment = DRAFT
        self.now = NOON
        self.authors: set[StaffId] = {APPLICANT.staff}

    @rule(hours=st.floats(0.1, 4.0))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        reason = end_due(self.deployment, self.now)
        if reason is not None:
            ended = apply_act(self.deployment, End(reason), THE_HUB, self.now)
            assert isinstance(ended, Deployment)
            self.deployment = ended

    @rule(act=st.sampled_from(sorted(ALL_ACTS.items())), by=st.sampled_from(people))
    def somebody_tries(self, act: tuple[Action, Act], by: Actor) -> None:
        before = self.deployment
        after = apply_act(before, act[1], by, self.now)
        if isinstance(after, Refusal):
            return
        assert before.state in TRANSITIONS[act[0]]
        if act[0] in (Action.DRAFT_APPLICATION, Action.SUBMIT_APPLICATION):
            self.authors.add(by.staff)
        if before.authority is not None and after.authority is not before.authority:
            assert after.authority is not None
            assert after.authority.sequence == before.authority.sequence + 1
        self.deployment = after

    @invariant()
    def an_authority_of_somebody_else_holds(self) -> None:
        if self.deployment.state in UNDER_AUTHORITY:
            assert self.deployment.authority is not None
            assert self.deployment.authority.decided_by not in self.authors

    @invariant()
    def live_means_listed_tested_in_time_and_reviewed_in_time(self) -> None:
        if self.deployment.state is not DeploymentState.LIVE:
            return
        assert self.deployment.watchlist_hash is not None
        assert self.deployment.readiness is not None
        moment = latest_moment(self.deployment)
        assert moment is not None
        assert self.now < moment


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_the_machine_above_can_reach_live_so_that_its_invariants_mean_something() -> None:
    assert play(*TO_LIVE).state is DeploymentState.LIVE
