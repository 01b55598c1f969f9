"""Known-answer alerts: when they come, how they look, that they end with the answer, and what the answer is worth."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.deployment_values import ENGAGER, NOON, OPERATOR

from openlfr.policy.adjudication import Adjudicate, Close, Engage, apply_to_alert
from openlfr.policy.alert import AdjudicationReason, Alert, AlertRules, AlertState, Judgement
from openlfr.policy.authority import Window
from openlfr.policy.identifiers import AlertId, DeploymentId, EntryId
from openlfr.policy.known_answer import (
    LATEST,
    Answer,
    KnownAnswerSchedule,
    KnownAnswerScore,
    answer_of,
    as_shown,
    due_now,
    questions,
)
from openlfr.policy.refusal import Refusal, RefusalCode

WINDOW = Window(NOON, NOON + timedelta(hours=8))
RULES = AlertRules(two_person=True, answer_within=timedelta(minutes=15), known_answer=True)
REASONS = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
SEEN = Alert(
    AlertId("a"), DeploymentId("d"), EntryId("e"), NOON, test=True, state=AlertState.SEEN, seen_by=OPERATOR.staff
)


def answered(judgement: Judgement) -> Alert:
    after = apply_to_alert(SEEN, Adjudicate(judgement, REASONS), RULES, OPERATOR, NOON)
    assert isinstance(after, Alert)
    return after


def test_questions_follow_from_the_seed_and_the_deployment_and_stay_in_the_window() -> None:
    schedule = KnownAnswerSchedule(2.0, seed=7)
    first = list(questions(schedule, DeploymentId("d"), WINDOW, 10))
    assert first == list(questions(schedule, DeploymentId("d"), WINDOW, 10))
    assert first != list(questions(schedule, DeploymentId("other"), WINDOW, 10))
    assert all(WINDOW.contains(each.due_at) and 0 <= each.case < 10 and 0 <= each.score_above <= 1 for each in first)


def test_as_many_come_as_the_rate_says() -> None:
    schedule = KnownAnswerSchedule(1.0, seed=1)
    counts = [len(list(questions(schedule, DeploymentId(f"{each}"), WINDOW, 3))) for each in range(400)]
    # 400 windows of 8 hours at 1 an hour: 3,200 on average, with a standard deviation of 57.
    assert 3000 < sum(counts) < 3400


def test_a_question_whose_turn_is_over_is_not_caught_up_with() -> None:
    (first, *_) = questions(KnownAnswerSchedule(4.0, seed=3), DeploymentId("d"), WINDOW, 2)
    assert due_now([first], first.due_at - timedelta(seconds=1)) == []
    assert due_now([first], first.due_at) == [first]
    assert due_now([first], first.due_at + LATEST) == []


@pytest.mark.parametrize("per_hour", [0.0, -1.0, 4.1, float("nan")])
def test_a_rate_that_would_swamp_people_is_refused(per_hour: float) -> None:
    with pytest.raises(ValueError, match="at most 4 times an hour"):
        KnownAnswerSchedule(per_hour, seed=1)


@pytest.mark.parametrize("judgement", Judgement)
def test_whatever_the_answer_it_ends_there_and_nobody_can_be_sent_out(judgement: Judgement) -> None:
    after = answered(judgement)
    assert after.state is AlertState.CLOSED
    for act in (Engage(), Adjudicate(Judgement.ENGAGE, REASONS), Close("Left.")):
        refused = apply_to_alert(after, act, RULES, ENGAGER, NOON)
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.ALREADY_DECIDED


def test_before_the_answer_nobody_can_be_sent_out_either() -> None:
    for state in (AlertState.RAISED, AlertState.SEEN):
        assert isinstance(apply_to_alert(replace(SEEN, state=state), Engage(), RULES, ENGAGER, NOON), Refusal)


def test_it_looks_like_any_other_until_it_is_answered() -> None:
    assert as_shown(SEEN).test is False
    assert as_shown(answered(Judgement.NO_MATCH)).test is True
    assert as_shown(replace(SEEN, state=AlertState.EXPIRED, closed_at=NOON)).test is True


@pytest.mark.parametrize(
    ("judgement", "same_person", "worth"),
    [
        (Judgement.ENGAGE, True, Answer.RIGHT),
        (Judgement.ENGAGE, False, Answer.WRONG),
        (Judgement.NO_MATCH, False, Answer.RIGHT),
        (Judgement.NO_MATCH, True, Answer.WRONG),
        (Judgement.CANNOT_TELL, True, Answer.UNDECIDED),
        (Judgement.POSSIBLE, False, Answer.UNDECIDED),
    ],
)
def test_what_an_answer_is_worth(judgement: Judgement, same_person: bool, worth: Answer) -> None:
    assert answer_of(answered(judgement), same_person) is worth


def test_an_open_question_has_no_worth_and_an_expired_one_was_not_answered() -> None:
    assert answer_of(SEEN, same_person=True) is None
    assert answer_of(replace(SEEN, state=AlertState.EXPIRED, closed_at=NOON), same_person=True) is Answer.UNANSWERED


def test_a_score_keeps_the_two_kinds_of_mistakes_apart() -> None:
    score = KnownAnswerScore(OPERATOR.staff)
    for answer, same in ((Answer.RIGHT, True), (Answer.RIGHT, True), (Answer.WRONG, False), (Answer.UNDECIDED, False)):
        score = score.with_answer(answer, same)
    assert (score.same_right, score.different_wrong, score.undecided) == (2, 1, 1)
    assert (score.right, score.decided) == (2, 3)
    # Exact limits of 2 of 3 from any table.
    assert score.interval == pytest.approx((0.0943, 0.9916), abs=1e-4)
