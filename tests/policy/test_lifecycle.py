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
    SETUP,
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
    LapseUrgent,
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
    Start,
    Submit,
    Withdraw,
)
from openlfr.policy.guard import GuardLevel
from openlfr.policy.identifiers import DeploymentId, RecognitionTestId, StaffId
from openlfr.policy.jurisdiction import AssessmentKind
from openlfr.policy.lifecycle import apply_act
from openlfr.policy.recognition_test import FinishedTest, RecognitionRate
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import ROLES_FOR, THE_HUB, Action, Actor, Role
from openlfr.policy.watchlist import Category, ListContent, WatchlistState

DRAFT = Deployment(DEPLOYMENT, False, application(), (APPLICANT.staff,))
SECOND_AUTHORISER = actor("bea", Role.AUTHORISING_OFFICER)
STARTING = Start(UK, CERTIFICATE, (OPERATOR.staff,))
SUBMIT = (Submit(UK, CERTIFICATE), APPLICANT)
AUTHORISE = (Authorise(decision()), AUTHORISER)
URGENT = (AuthoriseUrgently(decision()), OPERATOR)
ATTACH = (AttachWatchlist(frozen_list(), UK), BUILDER)
READINESS = (RecordReadiness(READY), OPERATOR)
TEST = RecognitionTestId("0196c000-0000-7000-8000-0000000000b1")
GO = (GoLive(STARTING), OPERATOR)
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
        (Resume("The crowd has passed.", STARTING, GuardLevel.OK), OPERATOR),
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
    wider = Authorise(decision(EU, terms=terms(categories=(Category.WITNESS,))))
    assert [each.field for each in refused(submitted, wider, AUTHORISER).problems] == ["terms.categories"]
    urgent = play((AuthoriseUrgently(decision(EU, external_reference=None)), OPERATOR), start=submitted)
    unconfirmed = refused(urgent, ReviewUrgent("Fine.", decision(EU, external_reference=None)), AUTHORISER)
    assert unconfirmed.code is RefusalCode.EXTERNAL_AUTHORITY_MISSING
    confirmed = play((ReviewUrgent("The court agreed.", decision(EU)), AUTHORISER), start=urgent)
    assert confirmed.authority is not None
    assert confirmed.authority.external_reference == "Court of Ghent 2026/44"
    assert confirmed.urgent_review_by is None


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
    assert refused(urgent, LapseUrgent(), THE_HUB, lapsed - timedelta(seconds=1)).code is RefusalCode.NOT_YET
    ended = play((LapseUrgent(), THE_HUB), start=urgent, at=lapsed)
    assert (ended.state, ended.end_reason) == (DeploymentState.ENDED, EndReason.URGENT_LAPSED)


@pytest.mark.parametrize("over", [DeploymentState.ENDED, DeploymentState.PURGED])
def test_an_urgent_use_that_is_over_before_its_review_is_reviewed_all_the_same(over: DeploymentState) -> None:
    live = play(SUBMIT, URGENT, ATTACH, READINESS, GO)
    ended = replace(play((End(), OPERATOR), start=live, at=START + timedelta(hours=1)), state=over)
    waiting = refused(replace(ended, state=DeploymentState.PURGED), Report(0), OPERATOR)
    assert "waits for its review" in waiting.sentence
    next_day = START + timedelta(hours=20)
    other = ReviewUrgent("Fine.", decision(terms=terms(threshold=0.7)))
    assert [each.field for each in refused(ended, other, AUTHORISER, next_day).problems] == ["terms"]
    assert refused(ended, ReviewUrgent("Fine.", decision()), actor("olu", *Role)).code is RefusalCode.SAME_PERSON
    confirmed = play((ReviewUrgent("It was necessary.", decision()), AUTHORISER), start=ended, at=next_day)
    assert (confirmed.state, confirmed.end_reason, confirmed.urgent_review_by) == (
        over,
        EndReason.COMPLETED,
        None,
    )
    assert end_due(confirmed, NOON + timedelta(days=9)) is None
    refusal = play((ReviewUrgent("It was not.", None), AUTHORISER), start=ended, at=next_day)
    assert (refusal.state, refusal.end_reason, refusal.ended_at) == (over, EndReason.URGENT_REFUSED, ended.ended_at)
    assert end_due(ended, NOON + timedelta(hours=24)) is EndReason.URGENT_LAPSED
    lapsed = play((LapseUrgent(), THE_HUB), start=ended, at=NOON + timedelta(hours=24))
    assert (lapsed.state, lapsed.end_reason) == (over, EndReason.URGENT_LAPSED)
    for done in (refusal, lapsed):
        assert end_due(done, NOON + timedelta(days=9)) is None
        assert refused(done, LapseUrgent(), THE_HUB, NOON + timedelta(days=9)).code is RefusalCode.NOT_YET


def test_a_deployment_ended_with_its_authority_however_late_the_hub_notices() -> None:
    live = play(*TO_LIVE)
    for act, by in ((End(EndReason.WINDOW_OVER), THE_HUB), (End(), OPERATOR), (Revoke("Enough."), AUTHORISER)):
        assert play((act, by), start=live, at=END + timedelta(days=7)).ended_at == END
    assert play((End(), OPERATOR), start=live, at=END - timedelta(hours=1)).ended_at == END - timedelta(hours=1)


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


NEXT_DAY = Window(START + timedelta(days=1), END + timedelta(days=1))
PAST_MIDNIGHT = Window(START, END + timedelta(hours=5))
TODAY_ONLY = ListContent(START.date(), (Category.WANTED_BY_COURTS,), SETUP.model_pack, SETUP.precision)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"window": NEXT_DAY}, RefusalCode.WATCHLIST_TOO_OLD),
        ({"window": PAST_MIDNIGHT}, RefusalCode.WATCHLIST_TOO_OLD),  # an entry expires at midnight
        ({"largest_watchlist": 9}, RefusalCode.WATCHLIST_TOO_LARGE),
        ({"categories": (Category.MISSING_AT_RISK,)}, RefusalCode.WRONG_WATCHLIST),
    ],
)
def test_no_change_of_authority_carries_a_list_along_that_does_not_fit_it(
    changes: dict[str, object], code: RefusalCode
) -> None:
    attached = (AttachWatchlist(frozen_list(content=TODAY_ONLY), UK), BUILDER)
    ready = play(SUBMIT, AUTHORISE, attached, READINESS)
    change = (ChangeAuthority(decision(terms=terms(**changes))), AUTHORISER)
    moved = play(change, start=ready)
    assert (moved.state, moved.watchlist, moved.watchlist_hash, moved.readiness) == (
        DeploymentState.AUTHORISED,
        None,
        None,
        None,
    )
    assert refused(moved, *attached).code is code
    live = play(GO, start=ready)
    if changes.get("window") is not NEXT_DAY:  # nobody can move the start of a live one at all
        in_use = refused(live, *change, at=START)
        assert (in_use.code, in_use.sentence[:45]) == (code, "The watchlist in use does not fit these terms")


def test_what_was_tested_and_confirmed_for_other_terms_is_to_be_tested_again() -> None:
    ready = play(SUBMIT, AUTHORISE, ATTACH, READINESS)
    for changes in ({"threshold": 0.7}, {"window": Window(START + timedelta(hours=1), END)}):
        again = play((ChangeAuthority(decision(terms=terms(**changes))), AUTHORISER), start=ready)
        assert (again.state, again.readiness) == (DeploymentState.WATCHLIST_BUILT, None)
        assert again.watchlist_hash == ready.watchlist_hash
    longer = decision(terms=terms(window=Window(START, END + timedelta(hours=1))))
    assert play((ChangeAuthority(longer), AUTHORISER), start=ready).state is DeploymentState.TESTED


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
    emptied = play((NoteRemoval(frozen_list(size=0, content_hash="00" * 32)), OPERATOR), start=live)
    again = play((ChangeAuthority(decision(reason="Others are sought.")), AUTHORISER), start=emptied, at=START)
    assert play((larger, BUILDER), start=again, at=START).watchlist_hash == "cd" * 32


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
        (GoLive(STARTING), START - timedelta(seconds=1), RefusalCode.NOT_YET),
        (GoLive(STARTING), END, RefusalCode.TOO_LATE),
        (GoLive(replace(STARTING, present=())), START, RefusalCode.NO_OFFICER),
        (GoLive(replace(STARTING, present=(AUTHORISER.staff,))), START, RefusalCode.NO_OFFICER),
        (GoLive(replace(STARTING, certificate=None)), START, RefusalCode.NOT_CERTIFIED),
        (
            GoLive(replace(STARTING, certificate=replace(CERTIFICATE, expires_at=START))),
            START,
            RefusalCode.NOT_CERTIFIED,
        ),
    ],
)
def test_going_live_needs_the_hour_an_officer_and_a_certificate(act: GoLive, at: datetime, code: RefusalCode) -> None:
    assert refused(play(*TO_LIVE[:-1]), act, OPERATOR, at).code is code


def test_after_the_guard_paused_only_an_authorising_officer_goes_on_with_a_reason() -> None:
    paused = play((Pause(PauseReason.GUARD), THE_HUB), start=play(*TO_LIVE), at=START)
    assert (
        refused(paused, Resume("All well.", STARTING, GuardLevel.OK), OPERATOR, START).code
        is RefusalCode.PAUSED_BY_GUARD
    )
    assert refused(paused, Resume("", STARTING, GuardLevel.OK), AUTHORISER, START).problems[0].field == "reason"
    resumed = play((Resume("Camera 2 was taken out.", STARTING, GuardLevel.OK), AUTHORISER), start=paused, at=START)
    assert (resumed.state, resumed.pause_reason) == (DeploymentState.LIVE, None)
    # It makes no difference that a person was quicker to pause than the guard.
    paused = play((Pause(), OPERATOR), start=play(*TO_LIVE), at=START)
    again = Resume("All well.", STARTING, GuardLevel.PAUSE)
    assert refused(paused, again, OPERATOR, START).code is RefusalCode.PAUSED_BY_GUARD
    assert play((again, AUTHORISER), start=paused, at=START).state is DeploymentState.LIVE


def test_going_on_after_a_pause_needs_what_going_live_needs() -> None:
    paused = play((Pause(), OPERATOR), start=play(*TO_LIVE), at=START)
    short = tuple(Assessment(kind, "R", date(2026, 5, 10)) for kind in AssessmentKind)
    lapsed = replace(paused, application=application(assessments=short))
    resume = Resume("All well.", STARTING, GuardLevel.OK)
    assert refused(lapsed, resume, OPERATOR, START).code is RefusalCode.ASSESSMENT_OUT_OF_DATE
    uncertified = replace(resume, start=replace(STARTING, certificate=replace(CERTIFICATE, expires_at=START)))
    assert refused(paused, uncertified, OPERATOR, START).code is RefusalCode.NOT_CERTIFIED


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
        LapseUrgent(),
        ChangeAuthority(decision()),
        Reject("Not necessary."),
        Revoke("New intelligence."),
        AttachWatchlist(frozen_list(), UK),
        NoteRemoval(frozen_list(size=9)),
        RecordReadiness(READY),
        GoLive(STARTING),
        Pause(),
        Resume("All well.", STARTING, GuardLevel.OK),
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
    everybody_but = actor("zed", *Role) if ROLES_FOR[action] else THE_HUB
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
            act = LapseUrgent() if reason is EndReason.URGENT_LAPSED else End(reason)
            ended = apply_act(self.deployment, act, THE_HUB, self.now)
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
    def no_unreviewed_urgent_use_is_reported_or_outlives_its_day(self) -> None:
        if self.deployment.urgent_review_by is not None:
            assert self.deployment.state not in (DeploymentState.REPORTED, DeploymentState.REVIEWED)
            assert self.now < self.deployment.urgent_review_by

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
