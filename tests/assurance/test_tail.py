"""The fitted tail: distributions whose tails are known, maximum likelihood as a second opinion, and its intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openlfr.assurance.error_rates import threshold_at
from openlfr.assurance.tail import MIN_EXCEEDANCES, TailFit, fit_tail, rate_interval_at, threshold_interval


@pytest.mark.parametrize("shape", [-0.4, -0.1, 0.0, 0.3])
def test_the_shape_and_scale_of_a_known_tail_come_back(shape: float) -> None:
    scores = stats.genpareto.rvs(shape, scale=0.1, size=40_000, random_state=np.random.default_rng(8))
    fit = fit_tail(scores, share=0.999)
    assert fit.shape == pytest.approx(shape, abs=0.03)
    assert fit.scale == pytest.approx(0.1, rel=0.05)


def test_the_fit_agrees_with_maximum_likelihood() -> None:
    scores = np.random.default_rng(9).normal(0.2, 0.08, 20_000)
    fit = fit_tail(scores, share=0.05)
    shape, _, scale = stats.genpareto.fit(scores[scores > fit.start] - fit.start, floc=0)
    assert fit.shape == pytest.approx(shape, abs=0.03)
    assert fit.scale == pytest.approx(scale, rel=0.05)


def test_an_extrapolated_threshold_lies_near_the_true_quantile() -> None:
    scores = np.random.default_rng(10).normal(0.2, 0.08, 20_000)
    truth = float(stats.norm.isf(1e-5, 0.2, 0.08))  # five times rarer than anything 20,000 searches can show
    assert fit_tail(scores, share=0.05).threshold_at(1e-5) == pytest.approx(truth, abs=0.03)


def test_inside_the_data_the_fit_agrees_with_counting() -> None:
    scores = np.random.default_rng(11).normal(0.2, 0.08, 50_000)
    fit = fit_tail(scores, share=0.05)
    for target in (0.03, 0.01, 0.003):
        assert fit.threshold_at(target) == pytest.approx(threshold_at(scores, target), abs=0.004)


@given(st.floats(-0.6, 0.6), st.floats(0.01, 1.0), st.floats(1e-6, 1.0))
def test_the_threshold_of_a_rate_has_that_rate(shape: float, scale: float, part: float) -> None:
    fit = TailFit(start=0.5, share=0.05, scale=scale, shape=shape, exceedances=100)
    assert fit.rate_at(fit.threshold_at(0.05 * part)) == pytest.approx(0.05 * part, rel=1e-6)


def test_the_rate_is_that_of_the_distribution_in_the_library() -> None:
    for shape in (-0.3, 0.0, 0.2):
        fit = TailFit(start=0.4, share=0.02, scale=0.05, shape=shape, exceedances=100)
        assert fit.rate_at(0.5) == pytest.approx(0.02 * stats.genpareto.sf(0.1, shape, scale=0.05))


def test_a_bounded_tail_has_no_scores_beyond_its_end() -> None:
    fit = TailFit(start=0.5, share=0.05, scale=0.1, shape=-0.5, exceedances=100)  # ends at 0.7
    assert fit.rate_at(0.7001) == 0.0
    assert fit.threshold_at(1e-12) < 0.7


def test_the_interval_of_a_threshold_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = float(stats.expon.isf(1e-4))
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        fit = fit_tail(rng.exponential(size=4_000), share=0.1)
        covered += threshold_interval(fit, 1e-4, rng, resamples=200).holds(truth)
    assert covered >= 33  # 38 expected; fewer than 33 has a chance below 1 % even at 93 % coverage


def test_the_interval_of_a_rate_holds_the_fitted_rate_and_narrows_with_data() -> None:
    widths = []
    for size in (2_000, 50_000):
        fit = fit_tail(np.random.default_rng(12).normal(size=size), share=0.1)
        interval = rate_interval_at(fit, 3.0, np.random.default_rng(13), resamples=300)
        assert interval.holds(fit.rate_at(3.0))
        widths.append(interval.high / interval.low)
    assert widths[1] < widths[0] / 2


def test_a_tail_too_short_or_too_flat_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=f"at least {MIN_EXCEEDANCES}: measure more"):
        fit_tail(np.random.default_rng(14).random(100), share=0.05)
    with pytest.raises(ValueError, match="equal"):
        fit_tail(np.repeat([0.1, 0.9], 1000), share=0.05)
    with pytest.raises(ValueError, match="not a number"):
        fit_tail(np.array([np.nan] * 1000))
    with pytest.raises(ValueError, match="share of scores"):
        fit_tail(np.zeros(1000), share=5)


def test_a_tail_says_nothing_of_scores_below_its_start() -> None:
    fit = TailFit(start=0.5, share=0.05, scale=0.1, shape=0.0, exceedances=100)
    with pytest.raises(ValueError, match="says nothing"):
        fit.rate_at(0.49)
    with pytest.raises(ValueError, match=r"up to 0\.05"):
        fit.threshold_at(0.06)
