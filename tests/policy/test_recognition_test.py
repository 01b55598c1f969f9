"""Matching counted passages to alerts: as many as can be, each once, and the rate with its exact interval."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.deployment_values import NOON

from openlfr.node.recognition import COOL_DOWN_S
from openlfr.policy.identifiers import AlertId, EntryId
from openlfr.policy.recognition_test import (
    MATCH_WITHIN,
    SHORTEST_GAP,
    BlueListAlert,
    Passage,
    RecognitionRate,
    match_passages,
    passage_refusal,
)
from openlfr.policy.refusal import RefusalCode

ANNA, BERT = EntryId("anna"), EntryId("bert")


def passage(tester: EntryId, second: float) -> Passage:
    return Passage(tester, NOON + timedelta(seconds=second))


def alert(tester: EntryId, second: float, number: int = 0) -> BlueListAlert:
    return BlueListAlert(AlertId(f"{number}"), tester, NOON + timedelta(seconds=second))


def test_a_passage_without_an_alert_counts_as_missed_and_an_alert_without_a_passage_counts_nowhere() -> None:
    result = match_passages(
        [passage(ANNA, 0), passage(ANNA, 100), passage(BERT, 5)],
        [alert(ANNA, -3), alert(BERT, 400), alert(EntryId("nobody counted"), 5)],
    )
    assert [each.alert is not None for each in result.recognitions] == [True, False, False]
    assert [each.tester for each in result.uncounted] == ["nobody counted", BERT]
    assert (result.rate.recognised, result.rate.passages) == (1, 3)


def test_an_alert_of_one_tester_never_stands_for_another() -> None:
    assert match_passages([passage(ANNA, 0)], [alert(BERT, 0)]).rate.recognised == 0


def test_the_reach_of_a_match_ends_where_it_says() -> None:
    reach = MATCH_WITHIN.total_seconds()
    for offset, matched in ((-reach, 1), (reach, 1), (-reach - 0.001, 0), (reach + 0.001, 0)):
        assert match_passages([passage(ANNA, 1000)], [alert(ANNA, 1000 + offset)]).rate.recognised == matched


def _most(passages: list[Passage], alerts: list[BlueListAlert]) -> int:
    """Every assignment tried: obviously right, and slow."""
    best = 0
    for chosen in itertools.permutations([*alerts, *([None] * len(passages))], len(passages)):
        fits = sum(
            each is not None
            and each.tester == walked.tester
            and abs(each.captured_at - walked.passed_at) <= MATCH_WITHIN
            for walked, each in zip(passages, chosen, strict=True)
        )
        best = max(best, fits)
    return best


TIMES = st.lists(st.tuples(st.sampled_from([ANNA, BERT]), st.integers(0, 120)), max_size=4)


@given(TIMES, TIMES)
def test_no_other_way_would_match_more(walked: list[tuple[EntryId, int]], raised: list[tuple[EntryId, int]]) -> None:
    passages = [passage(*each) for each in walked]
    alerts = [alert(*each, number) for number, each in enumerate(raised)]
    result = match_passages(passages, alerts)
    assert result.rate.recognised == _most(passages, alerts)
    used = [each.alert for each in result.recognitions if each.alert is not None]
    assert sorted(each.alert for each in (*used, *result.uncounted)) == sorted(each.alert for each in alerts)


def test_the_interval_is_clopper_and_pearsons() -> None:
    # Brown, Cai, DasGupta, Statistical Science 16 (2001) 101, use 0 of n; 17 of 20 from any table of exact limits.
    rate = RecognitionRate(17, 20)
    assert rate.rate == pytest.approx(0.85)
    assert (rate.low, rate.high) == pytest.approx((0.6211, 0.9679), abs=1e-4)
    nothing = RecognitionRate(0, 0)
    assert nothing.rate is None
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_passages_closer_than_the_cool_down_are_refused_since_no_second_alert_could_come() -> None:
    assert SHORTEST_GAP.total_seconds() > COOL_DOWN_S
    assert 2 * MATCH_WITHIN < SHORTEST_GAP
    begun, now = NOON, NOON + timedelta(hours=1)
    first = passage(ANNA, 100)
    soon = passage_refusal(passage(ANNA, 130), [first], begun, now, tester=True)
    assert soon is not None
    assert "counted 30 seconds before or after: leave 75 seconds" in soon.sentence
    assert passage_refusal(passage(ANNA, 175), [first], begun, now, tester=True) is None
    assert passage_refusal(passage(BERT, 130), [first], begun, now, tester=True) is None


def test_a_passage_lies_within_the_test_and_is_a_testers() -> None:
    begun, now = NOON, NOON + timedelta(hours=1)
    for second in (-1, 3601):
        outside = passage_refusal(passage(ANNA, second), [], begun, now, tester=True)
        assert outside is not None
        assert outside.code is RefusalCode.OUTSIDE_WINDOW
    stranger = passage_refusal(passage(ANNA, 1), [], begun, now, tester=False)
    assert stranger is not None
    assert "not a tester of the blue list" in stranger.sentence
