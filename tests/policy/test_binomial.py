from collections.abc import Callable
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.policy.binomial import lower_bound, upper_bound


def binomial_tail(events: int, trials: int, rate: float) -> float:
    """P(X >= events), summed term by term: the definition that the bounds invert."""
    return 1 - sum(comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(events))


@given(trials=st.integers(1, 300), data=st.data())
def test_the_lower_bound_is_the_rate_at_which_so_many_events_have_five_percent(
    trials: int, data: st.DataObject
) -> None:
    events = data.draw(st.integers(1, trials))
    assert binomial_tail(events, trials, lower_bound(events, trials, 0.95)) == pytest.approx(0.05, abs=1e-7)


@given(trials=st.integers(1, 300), data=st.data())
def test_the_upper_bound_mirrors_the_lower(trials: int, data: st.DataObject) -> None:
    events = data.draw(st.integers(0, trials))
    assert upper_bound(events, trials, 0.95) == pytest.approx(1 - lower_bound(trials - events, trials, 0.95), abs=1e-9)


def test_the_published_year_of_the_met_has_the_interval_that_others_computed() -> None:
    # 10 false alerts in 3,147,436 faces: 95 % two-sided, 1.5e-6 to 5.8e-6.
    assert lower_bound(10, 3_147_436, 0.975) == pytest.approx(1.5236e-6, rel=1e-3)
    assert upper_bound(10, 3_147_436, 0.975) == pytest.approx(5.8430e-6, rel=1e-3)


@pytest.mark.parametrize("bound", [lower_bound, upper_bound])
@pytest.mark.parametrize(("events", "trials"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused(bound: Callable[[int, int, float], float], events: int, trials: int) -> None:
    with pytest.raises(ValueError, match=f"{events} events in {trials} trials is impossible"):
        bound(events, trials, 0.95)
