from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.deployment_values import AUTHORISER, DEPLOYMENT, END, ENGAGER, OPERATOR, START, actor

from openlfr.policy.adjudication import (
    AddLaterResult,
    Adjudicate,
    AlertAct,
    Close,
    Engage,
    Expire,
    MarkSeen,
    Reclassify,
    RecordOutcome,
    apply_to_alert,
)
from openlfr.policy.alert import (
    ALERT_TRANSITIONS,
    LATE_TRANSITIONS,
    AdjudicationReason,
    Alert,
    AlertRules,
    AlertState,
    EngagementRecord,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    PublishedClass,
    Result,
    expires_at,
    finding,
    long_false_engagement,
    published_class,
)
from openlfr.policy.identifiers import AlertId, EntryId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Actor, Role

ONE = AlertRules(two_person=False, answer_within=timedelta(minutes=15))
TWO = AlertRules(two_person=True, answer_within=timedelta(minutes=15))
RAISED = Alert(AlertId("a-1"), DEPLOYMENT, EntryId("e-1"), START, test=False)
AGREE = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
MINUTE = timedelta(minutes=1)
ARREST = EngagementRecord(
    identity=Identity.SAME,
    identity_method=IdentityMethod.DOCUMENT,
    outcome=Outcome.ARREST,
    offence_groups=(OffenceGroup.WANTED_BY_COURTS,),
    ended_at=START + 6 * MINUTE,
    information_given=True,
    powers_used="PACE s.24",
    force_used=False,
    fingerprints_requested=False,
    complaint_reference=None,
    note="",
)


def judge(judgement: Judgement) -> Adjudicate:
    return Adjudicate(judgement, AGREE)


def play(*steps: tuple[AlertAct, Actor], rules: AlertRules = ONE) -> Alert:
    """The alert after all the steps, a minute apart; every step must be allowed."""
    alert = RAISED
    for number, (act, by) in enumerate(steps, start=1):
        changed = apply_to_alert(alert, act, rules, by, START + number * MINUTE)
        assert isinstance(changed, Alert), changed
        alert = changed
    return alert


def refused(
    alert: Alert, act: AlertAct, by: Actor, rules: AlertRules = ONE, at: datetime = START + 9 * MINUTE
) -> Refusal:
    verdict = apply_to_alert(alert, act, rules, by, at)
    assert isinstance(verdict, Refusal)
    return verdict


SEEN = (MarkSeen(), OPERATOR)
TO_ENGAGE = (judge(Judgement.ENGAGE), OPERATOR)


def engaged() -> Alert:
    return play(SEEN, TO_ENGAGE, (Engage(), ENGAGER))


def test_an_alert_goes_from_raised_to_closed_by_people_only() -> None:
    assert play(SEEN).seen_by == OPERATOR.staff
    assert play(SEEN, TO_ENGAGE).state is AlertState.ADJUDICATED
    assert engaged().state is AlertState.ENGAGED
    outcome = RecordOutcome(replace(ARREST, ended_at=START + 4 * MINUTE))
    closed = play(SEEN, TO_ENGAGE, (Engage(), ENGAGER), (outcome, ENGAGER))
    assert closed.state is AlertState.CLOSED
    assert closed.closed_at == START + 4 * MINUTE
    assert closed.engagement == outcome.record


@pytest.mark.parametrize(
    ("judgement", "state", "published"),
    [
        (Judgement.NO_MATCH, AlertState.CLOSED, PublishedClass.FALSE_UNCONFIRMED),
        (Judgement.ENGAGE, AlertState.ADJUDICATED, None),
        (Judgement.POSSIBLE, AlertState.ADJUDICATED, None),
        (Judgement.CANNOT_TELL, AlertState.ADJUDICATED, None),
    ],
)
def test_no_match_closes_and_everything_else_stays_open(
    judgement: Judgement, state: AlertState, published: PublishedClass | None
) -> None:
    judged = play(SEEN, (judge(judgement), OPERATOR))
    assert (judged.state, published_class(judged)) == (state, published)


@pytest.mark.parametrize(
    ("judgement", "published"),
    [
        (Judgement.ENGAGE, PublishedClass.TRUE_UNCONFIRMED),  # the person left before anybody could approach
        (Judgement.POSSIBLE, PublishedClass.TRUE_UNCONFIRMED),
        (Judgement.CANNOT_TELL, None),  # waits for the review
    ],
)
def test_closing_without_engagement_leaves_a_true_alert_unconfirmed(
    judgement: Judgement, published: PublishedClass | None
) -> None:
    closed = play(SEEN, (judge(judgement), OPERATOR), (Close("Left by train."), OPERATOR))
    assert (closed.state, published_class(closed)) == (AlertState.CLOSED, published)


@pytest.mark.parametrize(
    ("identity", "published"),
    [
        (Identity.SAME, PublishedClass.TRUE_CONFIRMED),
        (Identity.DIFFERENT, PublishedClass.FALSE_CONFIRMED),
        (Identity.NOT_ESTABLISHED, PublishedClass.TRUE_UNCONFIRMED),
    ],
)
def test_the_engagement_decides_the_published_class(identity: Identity, published: PublishedClass) -> None:
    record = replace(
        ARREST, identity=identity, outcome=Outcome.NO_ACTION, offence_groups=(), ended_at=START + 4 * MINUTE
    )
    assert published_class(play(SEEN, TO_ENGAGE, (Engage(), ENGAGER), (RecordOutcome(record), ENGAGER))) is published


def test_where_two_must_verify_one_person_saying_it_twice_is_not_two() -> None:
    once = play(SEEN, TO_ENGAGE, TO_ENGAGE, rules=TWO)
    assert finding(once, two_person=True) is None
    assert refused(once, Engage(), ENGAGER, TWO).code is RefusalCode.SECOND_PERSON_NEEDED
    twice = play(SEEN, TO_ENGAGE, (judge(Judgement.ENGAGE), ENGAGER), (Engage(), ENGAGER), rules=TWO)
    assert twice.state is AlertState.ENGAGED


def test_one_no_match_outweighs_any_number_of_others() -> None:
    disagreed = play(SEEN, TO_ENGAGE, (judge(Judgement.NO_MATCH), ENGAGER), rules=TWO)
    assert disagreed.state is AlertState.CLOSED
    assert published_class(disagreed) is PublishedClass.FALSE_UNCONFIRMED


def test_once_decided_nobody_decides_again() -> None:
    decided = play(SEEN, TO_ENGAGE)
    assert refused(decided, judge(Judgement.NO_MATCH), ENGAGER).code is RefusalCode.ALREADY_DECIDED
    closed = play(SEEN, (judge(Judgement.NO_MATCH), OPERATOR))
    assert refused(closed, judge(Judgement.ENGAGE), ENGAGER).code is RefusalCode.ALREADY_DECIDED


def test_a_doubtful_person_may_look_again_and_decide() -> None:
    assert finding(play(SEEN, (judge(Judgement.POSSIBLE), OPERATOR), TO_ENGAGE), False) is Judgement.ENGAGE


def test_nobody_is_approached_without_a_decision_to_engage() -> None:
    possible = play(SEEN, (judge(Judgement.POSSIBLE), OPERATOR))
    assert refused(possible, Engage(), ENGAGER).sentence == "Nobody has decided to engage on this alert."
    assert refused(RAISED, Engage(), ENGAGER).code is RefusalCode.WRONG_STATE


def test_nobody_is_approached_once_the_person_is_off_the_list() -> None:
    off = replace(ONE, removed_at=START + 8 * MINUTE)
    for alert, act in ((play(SEEN), judge(Judgement.ENGAGE)), (play(SEEN, TO_ENGAGE), Engage())):
        verdict = refused(alert, act, ENGAGER, off)
        assert verdict.code is RefusalCode.TOO_LATE
        assert verdict.sentence.startswith("This person was taken off the watchlist at 14:08 UTC: let them pass.")
        assert isinstance(apply_to_alert(alert, act, off, ENGAGER, START + 7 * MINUTE), Alert)
    let_pass = play(SEEN, (judge(Judgement.POSSIBLE), OPERATOR), (Close("Off the list."), OPERATOR), rules=off)
    assert published_class(let_pass) is PublishedClass.TRUE_UNCONFIRMED
    # Who had no network could not know, and what they did is recorded.
    told_late = apply_to_alert(play(SEEN, TO_ENGAGE), Engage(START + 8 * MINUTE), off, ENGAGER, START + 20 * MINUTE)
    assert isinstance(told_late, Alert)
    assert told_late.engaged_at == START + 8 * MINUTE


def test_only_the_officer_who_engaged_records_what_came_of_it() -> None:
    colleague = actor("zoe", Role.ENGAGEMENT_OFFICER)
    assert "Only the officer who engaged" in refused(engaged(), RecordOutcome(ARREST), colleague).sentence


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ended_at": START}, "ended_at"),
        ({"ended_at": START + 10 * MINUTE}, "ended_at"),
        ({"identity_method": IdentityMethod.NONE}, "identity_method"),
        ({"offence_groups": ()}, "offence_groups"),
        ({"offence_groups": (OffenceGroup.THEFT, OffenceGroup.THEFT)}, "offence_groups"),
        ({"note": "x" * 20_001}, "note"),
        ({"powers_used": "\x00"}, "powers_used"),
    ],
)
def test_an_outcome_that_does_not_add_up_is_refused(changes: dict[str, object], field: str) -> None:
    wrong = refused(engaged(), RecordOutcome(replace(ARREST, **changes)), ENGAGER)  # type: ignore[arg-type]
    assert [each.field for each in wrong.problems] == [field]


def test_a_clock_that_is_seconds_off_keeps_no_outcome_from_being_recorded() -> None:
    at = START + 9 * MINUTE
    for said, counted in (
        (at + timedelta(seconds=9), at),
        (START + 3 * MINUTE - timedelta(seconds=9), START + 3 * MINUTE),
    ):
        done = apply_to_alert(engaged(), RecordOutcome(replace(ARREST, ended_at=said)), ONE, ENGAGER, at)
        assert isinstance(done, Alert)
        assert done.engagement is not None
        assert done.engagement.ended_at == counted


def test_nothing_comes_of_an_alert_on_a_tester_that_no_figure_would_show() -> None:
    tester = replace(engaged(), test=True)
    wrong = refused(tester, RecordOutcome(ARREST), ENGAGER)
    assert [each.field for each in wrong.problems] == ["outcome"]
    sent_on = replace(ARREST, outcome=Outcome.NO_ACTION, offence_groups=())
    for record, rules in ((sent_on, ONE), (ARREST, replace(ONE, rehearsal=True))):
        assert isinstance(apply_to_alert(tester, RecordOutcome(record), rules, ENGAGER, START + 9 * MINUTE), Alert)


def test_an_adjudication_needs_its_reasons() -> None:
    assert refused(play(SEEN), Adjudicate(Judgement.ENGAGE, ()), OPERATOR).problems[0].field == "reasons"
    assert refused(play(SEEN), Adjudicate(Judgement.ENGAGE, AGREE * 2), OPERATOR).problems[0].field == "reasons"


def arrested() -> Alert:
    done = apply_to_alert(engaged(), RecordOutcome(ARREST), ONE, ENGAGER, START + 9 * MINUTE)
    assert isinstance(done, Alert)
    return done


def test_an_arrest_gains_later_results_and_keeps_the_older_ones() -> None:
    groups = (OffenceGroup.VIOLENCE_AGAINST_WOMEN_AND_GIRLS, OffenceGroup.BREACH_OF_COURT_CONDITIONS)
    alert = arrested()
    for result in (Result.BAILED, Result.CHARGED):
        changed = apply_to_alert(alert, AddLaterResult(result, groups), ONE, OPERATOR, END)
        assert isinstance(changed, Alert)
        alert = changed
    assert [each.result for each in alert.later_results] == [Result.BAILED, Result.CHARGED]
    no_arrest = play(SEEN, (judge(Judgement.NO_MATCH), OPERATOR))
    assert (
        refused(no_arrest, AddLaterResult(Result.CHARGED, groups), OPERATOR).sentence
        == "Only an arrest can have a later result."
    )
    assert refused(arrested(), AddLaterResult(Result.CHARGED, ()), OPERATOR).problems[0].field == "offence_groups"


def test_a_review_changes_the_class_and_the_history_stays() -> None:
    alert = arrested()
    for published in (PublishedClass.FALSE_CONFIRMED, PublishedClass.TRUE_CONFIRMED):
        changed = apply_to_alert(alert, Reclassify(published, "Seen on body-worn video."), ONE, AUTHORISER, END)
        assert isinstance(changed, Alert)
        alert = changed
        assert published_class(alert) is published
    assert len(alert.reclassifications) == 2
    assert refused(alert, Reclassify(PublishedClass.TRUE_CONFIRMED, " "), OPERATOR).problems[0].field == "reason"
    assert refused(play(SEEN), Reclassify(PublishedClass.TRUE_CONFIRMED, "x"), OPERATOR).code is RefusalCode.WRONG_STATE


def test_an_unanswered_alert_expires_says_so_and_has_no_class_until_reviewed() -> None:
    for unanswered in (RAISED, play(SEEN), play(SEEN, (judge(Judgement.CANNOT_TELL), OPERATOR))):
        early = apply_to_alert(unanswered, Expire(None), ONE, THE_HUB, START + 14 * MINUTE)
        assert isinstance(early, Refusal)
        over = expired(unanswered)
        assert (over.state, published_class(over)) == (AlertState.EXPIRED, None)
        reviewed = apply_to_alert(over, Reclassify(PublishedClass.FALSE_UNCONFIRMED, "Two men."), ONE, OPERATOR, END)
        assert isinstance(reviewed, Alert)
        assert published_class(reviewed) is PublishedClass.FALSE_UNCONFIRMED


def expired(alert: Alert = RAISED, at: datetime = START + 15 * MINUTE) -> Alert:
    after = apply_to_alert(alert, Expire(None), ONE, THE_HUB, at)
    assert isinstance(after, Alert)
    return after


def test_an_alert_is_over_from_when_it_expired_however_late_the_hub_notices() -> None:
    assert expired(play(SEEN), at=START + timedelta(days=7)).closed_at == START + 15 * MINUTE
    unsure = apply_to_alert(play(SEEN), judge(Judgement.CANNOT_TELL), ONE, OPERATOR, START + 16 * MINUTE)
    assert isinstance(unsure, Alert)
    assert expired(unsure, at=END).closed_at == START + 16 * MINUTE


def sent_late(alert: Alert, act: AlertAct, rules: AlertRules = ONE, by: Actor = ENGAGER) -> Alert:
    after = apply_to_alert(alert, act, rules, by, START + 20 * MINUTE)
    assert isinstance(after, Alert), after
    return after


def test_an_answer_given_in_time_on_a_phone_without_a_network_counts_from_when_it_was_given() -> None:
    seen = sent_late(expired(), MarkSeen(START + 2 * MINUTE))
    assert (seen.state, seen.seen_at) == (AlertState.EXPIRED, START + 2 * MINUTE)
    said = Adjudicate(Judgement.ENGAGE, AGREE, acted_at=START + 3 * MINUTE)
    decided = sent_late(seen, said)
    assert (decided.state, decided.closed_at) == (AlertState.ADJUDICATED, None)
    approached = sent_late(decided, Engage(START + 4 * MINUTE))
    assert (approached.state, approached.engaged_at) == (AlertState.ENGAGED, START + 4 * MINUTE)
    assert not isinstance(sent_late(approached, RecordOutcome(ARREST)), Refusal)
    left = sent_late(decided, Close("Left by train.", START + 5 * MINUTE))
    assert (left.state, left.closed_at) == (AlertState.CLOSED, START + 5 * MINUTE)
    differs = sent_late(seen, replace(said, judgement=Judgement.NO_MATCH))
    assert (differs.state, published_class(differs)) == (AlertState.CLOSED, PublishedClass.FALSE_UNCONFIRMED)
    # One of two, or nobody who can tell, decides nothing: the question stays expired.
    one_of_two = sent_late(seen, said, TWO)
    assert (one_of_two.state, one_of_two.closed_at) == (AlertState.EXPIRED, START + 15 * MINUTE)
    assert refused(one_of_two, Engage(START + 4 * MINUTE), ENGAGER, TWO).code is RefusalCode.ALREADY_DECIDED


def test_an_answer_that_was_given_too_late_or_after_a_review_is_none() -> None:
    seen = expired(play(SEEN))
    late = Adjudicate(Judgement.ENGAGE, AGREE, acted_at=START + 15 * MINUTE)
    at = START + 20 * MINUTE
    assert refused(seen, late, ENGAGER, at=at).code is RefusalCode.ALREADY_DECIDED
    assert refused(seen, judge(Judgement.ENGAGE), ENGAGER, at=at).code is RefusalCode.ALREADY_DECIDED
    in_time = replace(late, acted_at=START + 5 * MINUTE)
    assert refused(expired(), in_time, ENGAGER, at=at).code is RefusalCode.ALREADY_DECIDED  # nobody had it before them
    reviewed = sent_late(seen, Reclassify(PublishedClass.FALSE_UNCONFIRMED, "Two men."), by=AUTHORISER)
    assert refused(reviewed, in_time, ENGAGER, at=at).code is RefusalCode.ALREADY_DECIDED


def test_the_time_at_which_somebody_acted_is_bounded() -> None:
    second = timedelta(seconds=1)
    at = START + 9 * MINUTE
    for wrong in (START - 11 * second, at + 11 * second):
        assert refused(RAISED, MarkSeen(wrong), OPERATOR, at=at).problems[0].field == "acted_at"
    for said, counted in ((START - 9 * second, START), (at + 9 * second, at), (at - second, at - second)):
        seen = apply_to_alert(RAISED, MarkSeen(said), ONE, OPERATOR, at)
        assert isinstance(seen, Alert)
        assert seen.seen_at == counted
    half_a_day = START + timedelta(hours=12) + 11 * second
    assert refused(RAISED, MarkSeen(START), OPERATOR, at=half_a_day).problems[0].field == "acted_at"
    # Whatever a clock says, nobody approaches before it was decided.
    decided = play(SEEN, TO_ENGAGE)
    engaged_on = apply_to_alert(decided, Engage(START + MINUTE), ONE, ENGAGER, at)
    assert isinstance(engaged_on, Alert)
    assert engaged_on.engaged_at == START + 2 * MINUTE
    # Nor is what was judged closed before it was judged.
    left = apply_to_alert(decided, Close("Left.", START + MINUTE), ONE, ENGAGER, at)
    assert isinstance(left, Alert)
    assert left.closed_at == START + 2 * MINUTE
    assert refused(decided, Close("Left.", at + MINUTE), ENGAGER, at=at).problems[0].field == "acted_at"


def test_what_was_decided_stays_open_until_half_a_day_after_the_deployment() -> None:
    for decided in (play(SEEN, TO_ENGAGE), engaged()):
        assert expires_at(decided, ONE, None) is None
        assert expires_at(decided, ONE, END) == END + timedelta(hours=12)
    assert expires_at(arrested(), ONE, END) is None


def test_a_person_cannot_let_an_alert_expire() -> None:
    assert refused(RAISED, Expire(None), actor("max", *Role), at=END).code is RefusalCode.WRONG_ROLE


def test_holding_up_the_wrong_person_for_more_than_five_minutes_is_flagged() -> None:
    wrong = replace(ARREST, identity=Identity.DIFFERENT, outcome=Outcome.NO_ACTION, offence_groups=())
    for minutes, flagged in ((8, False), (9, True)):
        record = replace(wrong, ended_at=START + minutes * MINUTE)
        closed = apply_to_alert(engaged(), RecordOutcome(record), ONE, ENGAGER, START + 20 * MINUTE)
        assert isinstance(closed, Alert)
        assert long_false_engagement(closed) is flagged
    assert not long_false_engagement(arrested())


ACTS: list[AlertAct] = [
    MarkSeen(),
    MarkSeen(START + MINUTE),
    *(judge(each) for each in Judgement),
    *(replace(judge(each), acted_at=START + 2 * MINUTE) for each in Judgement),
    Engage(),
    Engage(START + 3 * MINUTE),
    Close("Left."),
    Close("Left.", START + 3 * MINUTE),
    AddLaterResult(Result.CHARGED, (OffenceGroup.THEFT,)),
    Reclassify(PublishedClass.FALSE_CONFIRMED, "Reviewed."),
    Expire(None),
    Expire(END),
]
PEOPLE = [OPERATOR, ENGAGER, AUTHORISER, THE_HUB, actor("zoe", Role.OPERATOR, Role.ENGAGEMENT_OFFICER)]


@given(
    steps=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(PEOPLE), st.integers(0, 20)), max_size=30),
    two_person=st.booleans(),
)
def test_whatever_is_tried_nobody_is_engaged_without_the_people_who_must_agree(
    steps: list[tuple[AlertAct, Actor, int]], two_person: bool
) -> None:
    rules = replace(ONE, two_person=two_person)
    alert, now = RAISED, START
    for act, by, minutes in steps:
        now += minutes * MINUTE
        chosen = RecordOutcome(replace(ARREST, ended_at=now)) if isinstance(act, Close) and by is ENGAGER else act
        changed = apply_to_alert(alert, chosen, rules, by, now)
        if isinstance(changed, Refusal):
            continue
        late = LATE_TRANSITIONS.get(chosen.action, frozenset()) if alert.state is AlertState.EXPIRED else frozenset()
        assert changed.state in ALERT_TRANSITIONS[chosen.action].get(alert.state, late)
        assert changed.adjudications[: len(alert.adjudications)] == alert.adjudications
        assert changed.reclassifications[: len(alert.reclassifications)] == alert.reclassifications
        alert = changed
        if alert.engaged_by is not None:
            agreed = {each.by for each in alert.adjudications if each.judgement is Judgement.ENGAGE}
            assert len(agreed) >= (2 if two_person else 1)
        assert (alert.closed_at is not None) == (alert.state in (AlertState.CLOSED, AlertState.EXPIRED))
