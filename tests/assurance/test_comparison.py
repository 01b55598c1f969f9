"""Tests of small counts against worked examples and against counting every table by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.assurance.comparison import compare, compare_rates, holm
from openlfr.assurance.intervals import Proportion

counts = st.integers(0, 12)


def fisher_by_counting(a: int, b: int, c: int, d: int) -> float:
    """Two-sided p-value: the chance of every table with the same margins that is no likelier than this one."""
    rows, columns, total = (a + b, c + d), (a + c, b + d), a + b + c + d

    def chance(x: int) -> float:
        return math.comb(rows[0], x) * math.comb(rows[1], columns[0] - x) / math.comb(total, columns[0])

    possible = range(max(0, columns[0] - rows[1]), min(rows[0], columns[0]) + 1)
    return sum(chance(x) for x in possible if chance(x) <= chance(a) * (1 + 1e-9))


def test_fishers_lady_tasting_tea_gets_fishers_figure() -> None:
    # The Design of Experiments (1935): three of four cups right; 17/70 one-sided, 34/70 two-sided.
    assert compare(Proportion(3, 4), Proportion(1, 4)).p_value == pytest.approx(34 / 70)


@given(counts, counts, counts, counts)
def test_the_p_value_is_that_of_counting_every_table(a: int, b: int, c: int, d: int) -> None:
    p_value = compare(Proportion(a, a + b), Proportion(c, c + d)).p_value
    assert p_value == pytest.approx(fisher_by_counting(a, b, c, d), rel=1e-6)


def test_the_step_from_060_to_064_lowered_false_alerts_per_alert_beyond_chance() -> None:
    comparison = compare(Proportion(25, 691), Proportion(5, 1413))  # the published records at 0.60 and at 0.64
    assert comparison.p_value < 1e-7
    assert comparison.ratio == pytest.approx(10.2, abs=0.1)
    assert comparison.ratio_interval.low > 2.4
    assert comparison.difference_interval.low > 0.01


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_the_difference_and_the_ratio_are_covered_as_often_as_they_say(
    trials_a: int, trials_b: int, rate_a: float, rate_b: float
) -> None:
    covered_difference = covered_ratio = 0.0
    for a in range(trials_a + 1):
        for b in range(trials_b + 1):
            chance = math.comb(trials_a, a) * rate_a**a * (1 - rate_a) ** (trials_a - a)
            chance *= math.comb(trials_b, b) * rate_b**b * (1 - rate_b) ** (trials_b - b)
            comparison = compare(Proportion(a, trials_a), Proportion(b, trials_b))
            covered_difference += chance * comparison.difference_interval.holds(rate_a - rate_b)
            covered_ratio += chance * comparison.ratio_interval.holds(rate_a / rate_b)
    assert covered_difference >= 0.95 - 1e-9
    assert covered_ratio >= 0.95 - 1e-9


def test_a_ratio_to_nothing_is_infinite_or_undefined_but_bounded_below() -> None:
    assert compare(Proportion(3, 10), Proportion(0, 10)).ratio == math.inf
    assert compare(Proportion(3, 10), Proportion(0, 10)).ratio_interval.high == math.inf
    assert math.isnan(compare(Proportion(0, 10), Proportion(0, 10)).ratio)


def test_two_rates_are_compared_by_how_their_events_fall() -> None:
    # Ten events over equal exposures, all on one side: as unlikely as ten heads or ten tails.
    assert compare_rates(10, 5.0, 0, 5.0) == pytest.approx(2 / 2**10)
    assert compare_rates(4, 1.0, 4, 1.0) == pytest.approx(1.0)
    assert compare_rates(0, 1.0, 0, 9.0) == 1.0
    with pytest.raises(ValueError, match="exposure above nought"):
        compare_rates(1, 0.0, 1, 1.0)


def test_holms_adjustment_is_that_of_the_worked_example() -> None:
    # Holm (1979): the smallest times 4, the next times 3, ..., and never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
