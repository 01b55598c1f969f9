from hypothesis import given
from hypothesis import strategies as st

from openlfr.capture.pacing import LONGEST_PAUSE_S, Pacer

_gaps = st.lists(st.floats(0, LONGEST_PAUSE_S), min_size=1, max_size=50)


@given(st.floats(0, 1e6), _gaps)
def test_a_recording_runs_at_its_own_speed(began_s: float, gaps_s: list[float]) -> None:
    pacer, now_s, media_time_s = Pacer(), began_s, 7.0
    now_s += pacer.wait_s(media_time_s, now_s)
    assert abs(now_s - began_s) < 1e-6
    for gap_s in gaps_s:
        media_time_s += gap_s
        now_s += pacer.wait_s(media_time_s, now_s)
        assert abs((now_s - began_s) - (media_time_s - 7.0)) < 1e-6


def test_a_late_recording_catches_up_without_waiting() -> None:
    pacer = Pacer()
    assert pacer.wait_s(0.0, 100.0) == 0
    assert pacer.wait_s(0.04, 103.0) == 0
    assert pacer.wait_s(2.99, 103.0) == 0
    assert abs(pacer.wait_s(3.5, 103.0) - 0.5) < 1e-9


def test_time_stamps_that_jump_move_the_schedule() -> None:
    pacer = Pacer()
    pacer.wait_s(0.0, 100.0)
    assert pacer.wait_s(3600.0, 100.0) == LONGEST_PAUSE_S
    assert abs(pacer.wait_s(3600.04, 110.0) - 0.04) < 1e-9
    assert pacer.wait_s(5.0, 110.04) == 0
    assert abs(pacer.wait_s(5.04, 110.04) - 0.04) < 1e-9


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 100)), max_size=50))
def test_no_wait_is_negative_or_longer_than_the_longest_pause(steps: list[tuple[float, float]]) -> None:
    pacer, now_s = Pacer(), 0.0
    for media_time_s, passing_s in steps:
        now_s += passing_s
        assert 0 <= pacer.wait_s(media_time_s, now_s) <= LONGEST_PAUSE_S + 1e-6
