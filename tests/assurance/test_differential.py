"""Differences between groups: figures worked by hand, honest words where numbers are small, and what is covered."""

import math

import numpy as np
import pytest

from openlfr.assurance.differential import Verdict, differential
from openlfr.assurance.intervals import Proportion


def test_the_measures_of_a_worked_example() -> None:
    # Rates 0.04, 0.02 and 0.01: the geometric mean is 0.02.
    found = differential({"a": Proportion(40, 1000), "b": Proportion(20, 1000), "c": Proportion(10, 1000)})
    assert found.max_to_geometric_mean == pytest.approx(2.0)
    assert found.max_to_min == pytest.approx(4.0)
    assert found.max_difference == pytest.approx(0.03)
    assert found.overall == Proportion(70, 3000)
    assert found.max_to_geometric_mean_interval.low < 2.0 < found.max_to_geometric_mean_interval.high
    assert found.max_to_min_interval.low > 1.0


def test_a_group_that_is_worse_beyond_chance_is_called_so() -> None:
    found = differential({"a": Proportion(60, 1000), "b": Proportion(20, 1000), "c": Proportion(18, 1000)})
    verdicts = {group.group: group.verdict for group in found.groups}
    assert verdicts["a"] is Verdict.HIGHER
    assert "higher for a than for the others" in found.verdict()


def test_many_looks_do_not_make_a_difference_out_of_chance() -> None:
    groups = {str(i): Proportion(20, 1000) for i in range(19)} | {"odd": Proportion(32, 1000)}
    odd = next(group for group in differential(groups).groups if group.group == "odd")
    assert odd.against_others.p_value < 0.05 < odd.p_value
    assert odd.verdict is not Verdict.HIGHER


def test_a_small_group_is_too_few_to_say_and_a_large_one_is_not() -> None:
    found = differential({"many": Proportion(50, 5000), "also": Proportion(52, 5000), "few": Proportion(0, 60)})
    verdicts = {group.group: group.verdict for group in found.groups}
    assert verdicts == {
        "many": Verdict.NO_DIFFERENCE_FOUND,
        "also": Verdict.NO_DIFFERENCE_FOUND,
        "few": Verdict.TOO_FEW,
    }
    assert "Too few to say for few." in found.verdict()


def test_no_errors_anywhere_is_too_few_to_say_and_not_fair() -> None:
    found = differential({"a": Proportion(0, 400), "b": Proportion(0, 400)})
    assert {group.verdict for group in found.groups} == {Verdict.TOO_FEW}
    assert found.max_to_min is None
    assert found.max_to_geometric_mean is None
    assert found.max_to_min_interval.high == math.inf
    assert found.verdict().startswith("No difference was found. At this size no difference larger than 1.09%")


def test_the_words_never_say_that_there_is_no_difference() -> None:
    found = differential({"a": Proportion(500, 50_000), "b": Proportion(500, 50_000)})
    words = found.verdict()
    assert "No difference was found" in words
    assert "no difference larger than" in words
    for claim in ("unbiased", "fair", "equal", "no bias"):
        assert claim not in words.lower()


def test_power_is_what_simulation_gives() -> None:
    found = differential({"a": Proportion(3, 300), "b": Proportion(100, 10_000)})
    group = next(group for group in found.groups if group.group == "a")
    rng = np.random.default_rng(15)
    at_chance = rng.binomial(300, 0.01, 200_000)
    noticed_from = next(x for x in range(300) if (at_chance >= x).mean() <= 0.025)
    assert group.power == pytest.approx((rng.binomial(300, 0.02, 200_000) >= noticed_from).mean(), abs=0.005)


def test_intervals_of_the_spread_cover_the_truth() -> None:
    truth = np.array([0.05, 0.08, 0.2])
    rng = np.random.default_rng(16)
    misses = np.zeros(3)
    for _ in range(300):
        found = differential({str(i): Proportion(int(rng.binomial(120, rate)), 120) for i, rate in enumerate(truth)})
        misses += [
            not found.max_difference_interval.holds(0.15),
            not found.max_to_min_interval.holds(4.0),
            not found.max_to_geometric_mean_interval.holds(float(0.2 / np.exp(np.log(truth).mean()))),
        ]
    assert (misses <= 0.05 * 300).all()


def test_groups_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two groups"):
        differential({"a": Proportion(1, 10)})
    with pytest.raises(ValueError, match="Nobody was tried in b"):
        differential({"a": Proportion(1, 10), "b": Proportion(0, 0)})
