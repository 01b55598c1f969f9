"""Thresholds from comparisons: against rates that are known because the people are made of numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.support.specimens import DIMENSION, crowd, specimen

from openlfr.assurance.calibration import (
    compare_people,
    compare_sets,
    fitted,
    group_tails,
    measured_growth,
    one_each,
)
from openlfr.assurance.calibration_run import calibration_file
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.judging import Terms
from openlfr.assurance.searches import Watchlist
from openlfr.matching.threshold import parse_calibration, predicted_fpir, threshold_for

TERMS = Terms((0.01,), 0, 25.0, resamples=100)
PEOPLE = crowd(500, 1, np.random.default_rng(11))


def cosine_rate(threshold: float) -> float:
    """Share of pairs of independent directions whose cosine reaches the threshold: (1 + cos) / 2 is Beta((d-1)/2)."""
    half = (DIMENSION - 1) / 2
    return float(stats.beta.sf((1 + threshold) / 2, half, half))


def test_the_tail_predicts_rates_that_are_known() -> None:
    comparisons = compare_people(PEOPLE, TERMS)
    assert comparisons.total == 500 * 499 // 2
    assert len(comparisons.score) == int(0.001 * comparisons.total)
    calibration = fitted(comparisons, 0, "made").calibration
    for threshold in (0.40, 0.44, 0.48):
        assert calibration.false_match_rate(threshold) == pytest.approx(cosine_rate(threshold), rel=0.6)


def test_the_threshold_for_a_size_holds_the_true_one_in_its_interval() -> None:
    tail = fitted(compare_people(PEOPLE, TERMS), seed=1)
    threshold, interval = tail.threshold_at(0.01, 300)
    true_fpir = 1 - (1 - cosine_rate(threshold)) ** 300
    assert true_fpir == pytest.approx(0.01, rel=0.6)
    assert interval.low < threshold < interval.high
    predicted, fpir = tail.fpir_at(threshold, 300)
    assert predicted == pytest.approx(0.01)
    assert fpir.low < true_fpir < fpir.high


def test_the_same_tail_whether_people_are_compared_once_or_both_ways() -> None:
    once = compare_people(PEOPLE, TERMS)
    both = compare_sets(PEOPLE, Watchlist(PEOPLE), TERMS)
    assert both.total == 2 * once.total
    assert both.fit().threshold_at(1e-4) == pytest.approx(once.fit().threshold_at(1e-4), abs=0.003)


def test_the_file_is_one_that_packs_read() -> None:
    calibration = fitted(compare_people(PEOPLE, TERMS), 0, "made").calibration
    read = parse_calibration(calibration_file(calibration))
    assert read.made_of == "made"
    assert threshold_for(read, 0.01, 300) == pytest.approx(threshold_for(calibration, 0.01, 300), abs=1e-3)


def test_measured_false_positives_agree_with_the_prediction_and_grow() -> None:
    people = [*crowd(300, 2, np.random.default_rng(2)), *crowd(900, 1, np.random.default_rng(3), prefix="s")]
    calibration = fitted(compare_people(one_each(people, 25.0), TERMS), 0).calibration
    threshold = threshold_for(calibration, 0.1, 300)
    growth = measured_growth(calibration, people, frozenset(), (30, 300, 5000), threshold, TERMS)
    assert [each.watchlist for each in growth] == [30, 300, 5000]
    small, middle, large = growth
    assert small.measured is not None
    assert middle.measured is not None
    assert small.measured.low <= small.predicted <= small.measured.high
    assert middle.measured.low <= 0.1 <= middle.measured.high
    assert large.measured is None
    assert large.predicted == pytest.approx(predicted_fpir(calibration, threshold, 5000))


def test_a_group_that_looks_alike_is_found_worse_and_gets_its_own_threshold() -> None:
    rng = np.random.default_rng(4)
    alike = rng.normal(size=DIMENSION)
    # A tenth of the people share a direction, as if all of them looked a little like one another.
    people = [
        specimen(each.person, "0.jpg", _towards(each.template, alike, 0.8)) if number % 10 == 0 else each
        for number, each in enumerate(PEOPLE)
    ]
    groups = {"kind": {each.person: "alike" if n % 10 == 0 else "others" for n, each in enumerate(people)}}
    comparisons = compare_people(people, TERMS)
    tail = fitted(comparisons, seed=0)
    threshold, _ = tail.threshold_at(0.01, 300)
    tails = group_tails(comparisons, tail, people, groups, seed=0)
    by_name = {group.group: group.at(threshold, 0.01, 300) for group in tails}
    assert by_name["alike"].worse
    assert by_name["alike"].people == 50
    assert by_name["alike"].threshold > threshold
    if "others" in by_name:
        assert not by_name["others"].worse


def test_relatives_and_unusable_pictures_are_not_calibrated_on() -> None:
    people = [replace(PEOPLE[0], quality=3.0), *PEOPLE[1:5]]
    assert [each.person for each in one_each(people, 25.0, frozenset({"p0002"}))] == ["p0001", "p0003", "p0004"]


def test_too_few_people_are_refused_in_one_sentence() -> None:
    # 0.001 of 245 * 244 / 2 = 29,890 comparisons are fewer than the 30 that a tail is fitted to; of 246 people, 30.
    with pytest.raises(EvaluationError, match=r"at least 246 people with .* there are 245"):
        compare_people(PEOPLE[:245], TERMS)
    compare_people(PEOPLE[:246], TERMS)
    with pytest.raises(EvaluationError, match="at least 100 people"):
        compare_people(PEOPLE[:99], TERMS, share=0.05)
    with pytest.raises(EvaluationError, match="too few for a tail"):
        compare_sets(PEOPLE[:3], Watchlist(PEOPLE[3:100]), TERMS)


def _towards(template: np.ndarray | None, direction: np.ndarray, share: float) -> np.ndarray:
    assert template is not None
    mixed = template + share * direction / np.linalg.norm(direction)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)
