"""Exact intervals against printed tables, the rule of three and the definition itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openlfr.assurance.intervals import Proportion, count_interval, rate_interval


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),  # tables of Clopper and Pearson (1934), as reprinted in Documenta Geigy
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (1, 20, 0.0013, 0.2487),
        (10, 100, 0.0490, 0.1762),
        (50, 100, 0.3983, 0.6017),
    ],
)
def test_a_share_has_the_interval_of_the_printed_tables(count: int, total: int, low: float, high: float) -> None:
    interval = Proportion(count, total).interval()
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (2, 0.242, 7.225), (5, 1.623, 11.668), (10, 4.795, 18.390)],
)
def test_a_count_has_the_interval_of_garwoods_table(count: int, low: float, high: float) -> None:
    interval = count_interval(count)
    assert interval.low == pytest.approx(low, abs=6e-4)
    assert interval.high == pytest.approx(high, abs=6e-4)


@pytest.mark.parametrize("trials", [100, 1_000, 60_000])
def test_nothing_seen_in_n_trials_excludes_rates_above_three_in_n(trials: int) -> None:
    # The rule of three is one-sided at 95 %, which is the upper end of a two-sided interval at 90 %.
    upper = Proportion(0, trials).interval(0.90).high
    assert upper == pytest.approx(3 / trials, rel=0.02)
    assert upper == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-9)


def test_the_published_year_of_ten_false_alerts_has_the_published_interval() -> None:
    interval = rate_interval(10, 3_147_436)
    assert interval.low == pytest.approx(1.5e-6, abs=0.05e-6)
    assert interval.high == pytest.approx(5.8e-6, abs=0.05e-6)


def test_five_false_alerts_of_1413_are_0_35_percent_and_at_most_0_82() -> None:
    share = Proportion(5, 1413)
    assert share.rate == pytest.approx(0.0035, abs=5e-5)
    assert share.interval().low == pytest.approx(0.00115, abs=5e-6)
    assert share.interval().high == pytest.approx(0.00824, abs=5e-6)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_ends_of_an_interval_are_where_the_tails_hold_half_of_what_is_left(
    count: int, total: int, confidence: float
) -> None:
    count = min(count, total)
    interval = Proportion(count, total).interval(confidence)
    tail = (1 - confidence) / 2
    if count:
        assert sum(
            math.comb(total, k) * interval.low**k * (1 - interval.low) ** (total - k) for k in range(count, total + 1)
        ) == pytest.approx(tail)
    if count < total:
        assert sum(
            math.comb(total, k) * interval.high**k * (1 - interval.high) ** (total - k) for k in range(count + 1)
        ) == pytest.approx(tail)


@given(st.floats(0.001, 0.999), st.integers(1, 40))
def test_an_interval_covers_the_true_rate_at_least_as_often_as_it_says(rate: float, total: int) -> None:
    covered = sum(
        float(stats.binom.pmf(count, total, rate))
        for count in range(total + 1)
        if Proportion(count, total).interval().holds(rate)
    )
    assert covered >= 0.95 - 1e-9


def test_a_share_of_nothing_says_nothing() -> None:
    nothing = Proportion(0, 0)
    assert math.isnan(nothing.rate)
    assert (nothing.interval().low, nothing.interval().high) == (0.0, 1.0)


def test_impossible_counts_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="not 3 of 2"):
        Proportion(3, 2)
    with pytest.raises(ValueError, match="cannot be negative"):
        count_interval(-1)
    with pytest.raises(ValueError, match="exposure above nought"):
        rate_interval(1, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Proportion(1, 2).interval(95)
