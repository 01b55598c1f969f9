from hypothesis import given
from hypothesis import strategies as st

from openlfr.capture.backoff import FIRST_DELAY_S, LONGEST_DELAY_S, reconnect_delay_s


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_delay_lies_between_nothing_and_the_longest(failures: int, chance: float) -> None:
    assert 0 <= reconnect_delay_s(failures, chance) < LONGEST_DELAY_S


@given(st.integers(1, 10_000))
def test_the_ceiling_doubles_with_each_failure_until_it_is_the_longest(failures: int) -> None:
    expected = FIRST_DELAY_S
    for _ in range(min(failures, 50) - 1):
        expected *= 2
    assert reconnect_delay_s(failures, 0.5) == min(expected, LONGEST_DELAY_S) / 2
