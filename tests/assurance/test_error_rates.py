"""Error rates over the threshold against sets worked by hand and against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.assurance.error_rates import (
    det_curve,
    equal_error_rate,
    false_negatives,
    false_positives,
    threshold_at,
    true_positives,
)

MATED = np.array([0.9, 0.8, 0.7, 0.4, 0.2])
NON_MATED = np.array([0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1, 0.0])

# Few distinct values, so that ties are common.
score_lists = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), min_size=1, max_size=30)


def test_a_score_at_the_threshold_is_a_match() -> None:
    assert (false_positives(NON_MATED, 0.4).count, false_positives(NON_MATED, 0.4).total) == (3, 10)
    assert false_negatives(MATED, 0.4).count == 1
    assert true_positives(MATED, 0.4).count == 4


def test_a_probe_without_a_template_is_a_miss_and_never_a_false_positive() -> None:
    mated = np.append(MATED, -np.inf)
    assert false_negatives(mated, -1.0).count == 1
    assert false_positives(np.append(NON_MATED, -np.inf), -1.0).count == 10


def test_a_score_that_is_not_a_number_is_refused() -> None:
    for measure in (false_positives, false_negatives):
        with pytest.raises(ValueError, match="not a number"):
            measure(np.array([0.5, np.nan]), 0.5)


@pytest.mark.parametrize(
    ("target", "reached_by"),
    [
        (0.0, 0),
        (0.05, 0),  # below one in ten: above every score
        (0.1, 1),
        (0.3, 3),
        (0.4, 3),  # four may reach it, but the fourth and fifth tie at 0.3
        (0.5, 5),
        (1.0, 10),
    ],
)
def test_a_threshold_keeps_its_target_where_scores_tie(target: float, reached_by: int) -> None:
    assert false_positives(NON_MATED, threshold_at(NON_MATED, target)).count == reached_by


def test_a_threshold_lies_one_step_above_the_highest_score_it_must_refuse() -> None:
    assert threshold_at(NON_MATED, 0.1) == np.nextafter(0.5, 1)


def test_a_threshold_from_single_precision_scores_still_refuses_them_in_single_precision() -> None:
    scores = np.linspace(0.1, 0.9, 1000, dtype=np.float32)
    threshold = threshold_at(scores, 0.003)
    assert int((scores >= np.float32(threshold)).sum()) == false_positives(scores, threshold).count == 3


@given(score_lists, st.floats(0, 1))
def test_a_threshold_is_the_lowest_that_keeps_the_target(scores: list[float], target: float) -> None:
    array = np.array(scores)
    threshold = threshold_at(array, target)
    assert sum(score >= threshold for score in scores) <= target * len(scores) + 1e-9
    lower = [score for score in scores if score < threshold]
    if lower:
        assert sum(score >= max(lower) for score in scores) > target * len(scores) * (1 - 1e-9)


def test_targets_and_scores_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_at(NON_MATED, 1.5)
    with pytest.raises(ValueError, match="at least one non-mated score"):
        threshold_at(np.array([]), 0.1)
    with pytest.raises(ValueError, match="at least one mated"):
        det_curve(np.array([]), NON_MATED)


@given(score_lists, score_lists)
def test_the_curve_holds_at_each_threshold_what_counting_gives(mated: list[float], non_mated: list[float]) -> None:
    curve = det_curve(np.array(mated), np.array(non_mated))
    for threshold, fpir, fnir in zip(curve.threshold, curve.false_positive, curve.false_negative, strict=True):
        assert fpir == pytest.approx(sum(score >= threshold for score in non_mated) / len(non_mated))
        assert fnir == pytest.approx(sum(score < threshold for score in mated) / len(mated))
    assert (curve.false_positive[0], curve.false_negative[0]) == (1.0, 0.0)
    assert (curve.false_positive[-1], curve.false_negative[-1]) == (0.0, 1.0)
    assert (np.diff(curve.threshold) > 0).all()


def test_the_equal_error_rate_of_the_worked_set_is_a_quarter() -> None:
    # At 0.5 two of ten non-mated reach it and two of five mated stay below; at 0.4 three and one: 0.3 and 0.2.
    rate, threshold = equal_error_rate(det_curve(MATED, NON_MATED))
    assert threshold == 0.4
    assert rate == pytest.approx(0.25)


def test_scores_of_two_normal_distributions_give_the_equal_error_rate_of_theory() -> None:
    rng = np.random.default_rng(1)
    curve = det_curve(rng.normal(2, 1, 200_000), rng.normal(0, 1, 200_000))
    rate, threshold = equal_error_rate(curve)
    assert rate == pytest.approx(0.1587, abs=0.002)  # the normal tail beyond one standard deviation
    assert threshold == pytest.approx(1.0, abs=0.02)
