from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.policy.guard import GuardLevel, assess, lower_bound, upper_bound

CEILING = 0.001


def binomial_tail(events: int, trials: int, rate: float) -> float:
    """P(X >= events), summed term by term: the definition that the bounds invert."""
    return 1 - sum(comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(events))


@given(trials=st.integers(1, 300), data=st.data())
def test_the_lower_bound_is_the_rate_at_which_so_many_events_have_five_percent(
    trials: int, data: st.DataObject
) -> None:
    events = data.draw(st.integers(1, trials))
    assert binomial_tail(events, trials, lower_bound(events, trials)) == pytest.approx(0.05, abs=1e-7)


@given(trials=st.integers(1, 300), data=st.data())
def test_the_upper_bound_mirrors_the_lower(trials: int, data: st.DataObject) -> None:
    events = data.draw(st.integers(0, trials))
    assert upper_bound(events, trials) == pytest.approx(1 - lower_bound(trials - events, trials), abs=1e-9)


def test_the_published_year_of_the_met_has_the_interval_that_others_computed() -> None:
    # 10 false alerts in 3,147,436 faces: 95 % two-sided, 1.5e-6 to 5.8e-6.
    assert lower_bound(10, 3_147_436, 0.975) == pytest.approx(1.5236e-6, rel=1e-3)
    assert upper_bound(10, 3_147_436, 0.975) == pytest.approx(5.8430e-6, rel=1e-3)


@pytest.mark.parametrize(
    ("false_alerts", "faces", "level"),
    [
        (0, 0, GuardLevel.OK),  # nothing seen yet
        (0, 50, GuardLevel.OK),
        (1, 2_000, GuardLevel.OK),  # observed 1 in 2,000
        (1, 1_000, GuardLevel.OK),  # exactly the ceiling is not above it
        (1, 100, GuardLevel.WARN),  # 1 in 100, but one event proves little: lower bound 1 in 1,950
        (3, 1_000, GuardLevel.WARN),  # lower bound 0.00082
        (4, 1_000, GuardLevel.PAUSE),  # lower bound 0.00137
        (1, 0, GuardLevel.WARN),  # the count of faces comes late: taken as 100
        (2, 0, GuardLevel.PAUSE),  # lower bound of 2 in 100: 0.0036
        (2, 355, GuardLevel.PAUSE),  # lower bound 0.001002
        (2, 356, GuardLevel.WARN),  # lower bound 0.000999
        (2_297, 170_000, GuardLevel.PAUSE),  # Cardiff 2017
        (10, 3_147_436, GuardLevel.OK),
        (101, 1, GuardLevel.PAUSE),
    ],
)
def test_the_guard_warns_then_pauses(false_alerts: int, faces: int, level: GuardLevel) -> None:
    assert assess(false_alerts, faces, CEILING).level is level


def test_the_guard_says_what_it_saw_in_words() -> None:
    assert assess(4, 1_000, CEILING).sentence == (
        "4 false alerts in 1000 faces is certainly above the ceiling of 1 in 1000: the deployment pauses."
    )


@given(faces=st.integers(1, 1_000_000), false_alerts=st.integers(0, 50))
def test_more_faces_never_make_the_guard_stricter(faces: int, false_alerts: int) -> None:
    order = list(GuardLevel)
    now, later = assess(false_alerts, faces, CEILING), assess(false_alerts, faces * 2, CEILING)
    assert order.index(later.level) <= order.index(now.level)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="5 events in 4 trials is impossible"):
        lower_bound(5, 4)
