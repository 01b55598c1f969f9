"""From a wanted rate of false positives to a threshold, and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import genpareto

from openlfr.assurance.tail import fit_tail
from openlfr.matching.threshold import (
    Calibration,
    ThresholdError,
    checked_threshold,
    parse_calibration,
    predicted_fpir,
    threshold_for,
)

EXAMPLE = Calibration(start=0.36, share=1e-3, scale=0.026, shape=-0.05, made_of="an example")
SHAPES = st.sampled_from([-0.2, -0.05, 0.0, 0.1])


@given(shape=SHAPES, over=st.floats(0, 0.3))
def test_the_tail_is_a_generalised_pareto_distribution(shape: float, over: float) -> None:
    calibration = Calibration(0.36, 1e-3, 0.026, shape, "an example")
    expected = 1e-3 * genpareto.sf(over, shape, scale=0.026)
    assert calibration.false_match_rate(0.36 + over) == pytest.approx(expected, rel=1e-6, abs=1e-15)


@given(shape=SHAPES, target=st.floats(1e-5, 0.5), pictures=st.integers(1, 100_000))
def test_the_threshold_for_a_rate_gives_that_rate_back_or_a_lower_one(
    shape: float, target: float, pictures: int
) -> None:
    calibration = Calibration(0.36, 1e-3, 0.026, shape, "an example")
    threshold = threshold_for(calibration, target, pictures)
    predicted = predicted_fpir(calibration, threshold, pictures)
    # A small list at a generous rate would need a lower threshold than the tail speaks for: then it is kept to.
    if threshold > calibration.start:
        assert predicted == pytest.approx(target, rel=1e-6)
    else:
        assert predicted <= target * (1 + 1e-9)


def test_a_longer_list_or_a_rarer_rate_needs_a_higher_threshold() -> None:
    assert threshold_for(EXAMPLE, 1e-3, 10_000) > threshold_for(EXAMPLE, 1e-3, 1_000)
    assert threshold_for(EXAMPLE, 1e-4, 1_000) > threshold_for(EXAMPLE, 1e-3, 1_000)


def test_rates_grow_with_the_list_as_independent_comparisons_do() -> None:
    alone = predicted_fpir(EXAMPLE, 0.5, 1)
    assert predicted_fpir(EXAMPLE, 0.5, 1_000) == pytest.approx(1 - (1 - alone) ** 1_000)
    assert predicted_fpir(EXAMPLE, 0.5, 0) == 0


def test_a_prediction_holds_on_strangers_that_made_no_part_of_the_calibration() -> None:
    rng = np.random.default_rng(1)

    def vectors(count: int) -> NDArray[np.float64]:
        drawn = rng.standard_normal((count, 32))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn

    fitted = fit_tail((vectors(2_000) @ vectors(2_000).T).ravel(), 1e-3)
    calibration = Calibration(fitted.start, fitted.share, fitted.scale, fitted.shape, "random vectors")
    threshold = threshold_for(calibration, 0.05, 500)
    measured = ((vectors(20_000) @ vectors(500).T).max(axis=1) >= threshold).mean()
    assert measured == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("target", [0, 1, -0.1, float("nan")])
def test_a_target_that_is_no_rate_is_refused(target: float) -> None:
    with pytest.raises(ThresholdError, match=r"between 0 and 1, such as 0\.001"):
        threshold_for(EXAMPLE, target, 1_000)


@pytest.mark.parametrize("threshold", [0, 1, -0.2, 64, float("nan"), float("inf")])
def test_a_threshold_out_of_range_is_refused_with_what_to_do(threshold: float) -> None:
    with pytest.raises(ThresholdError, match="Leave it out to have it derived"):
        checked_threshold(threshold)


def test_a_threshold_in_range_is_taken_as_it_is() -> None:
    assert checked_threshold(0.45) == 0.45


def test_a_calibration_file_is_read_and_one_with_a_fault_is_refused() -> None:
    content = {"start": 0.36, "share": 0.001, "scale": 0.026, "shape": -0.05, "made_of": "an example"}
    assert parse_calibration(json.dumps(content).encode()) == EXAMPLE
    for fault in ({"share": 0}, {"scale": -1}, {"made_of": None}, {"surplus": 1}):
        with pytest.raises(ThresholdError, match=r"cannot be read \(1 faults\)"):
            parse_calibration(json.dumps(content | fault).encode())
    with pytest.raises(ThresholdError, match="cannot be read"):
        parse_calibration(b"not JSON")
