import itertools
import threading

import pytest
from tests.capture.conftest import StartCamera
from tests.support.cameras import (
    Item,
    LeapingClock,
    ScriptedSource,
    Taker,
    number_of,
    picture,
    wait_for_state,
    wait_until,
)

from openlfr.capture.backoff import LONGEST_DELAY_S, REFUSED_DELAY_S, STABLE_S
from openlfr.capture.camera import FINAL_STATES, TRANSITIONS, Camera, CameraState, Pace
from openlfr.capture.health import HealthIssue
from openlfr.capture.source import (
    Connection,
    Dropped,
    DropReason,
    LostSourceError,
    RefusedSourceError,
    Timing,
    UnusableSourceError,
)


def test_frames_carry_the_cameras_name_their_number_and_when_they_came(start_camera: StartCamera) -> None:
    clock = LeapingClock()
    source = ScriptedSource([picture(number) for number in range(5)], timing=Timing.RECORDED)
    camera, taker = start_camera(source, clock=clock)
    wait_for_state(camera, CameraState.ENDED)
    assert [frame.camera for frame in taker.frames] == ["gate"] * 5
    assert [frame.sequence for frame in taker.frames] == list(range(5))
    assert [number_of(frame) for frame in taker.frames] == list(range(5))
    # At its own speed by the clock that was passed in.
    expected = [number / 25 for number in range(5)]
    assert [frame.captured_monotonic_s - 1000.0 for frame in taker.frames] == pytest.approx(expected)
    assert [frame.media_time_s for frame in taker.frames] == pytest.approx(expected)
    assert taker.frames[0].captured_at.isoformat() == "2026-05-01T09:00:00+00:00"
    assert (taker.frames[-1].captured_at - taker.frames[0].captured_at).total_seconds() == pytest.approx(expected[-1])


def test_a_live_camera_is_not_paced_and_has_no_media_time(start_camera: StartCamera) -> None:
    clock = LeapingClock()
    source = ScriptedSource([picture(number) for number in range(5)], timing=Timing.LIVE)
    camera, taker = start_camera(source, clock=clock)
    wait_until(lambda: camera.counts().reconnects > 0)
    assert {frame.media_time_s for frame in taker.frames} == {None}
    assert taker.frames[4].captured_monotonic_s == taker.frames[0].captured_monotonic_s


def test_what_nobody_takes_in_time_is_overwritten_by_the_newest_and_counted() -> None:
    source = ScriptedSource([picture(number) for number in range(20)], timing=Timing.RECORDED)
    camera = Camera("gate", source, on_frame=lambda: None, clock=LeapingClock())
    camera.start()
    wait_for_state(camera, CameraState.ENDED)
    assert not camera.finished
    frame = camera.take()
    assert frame is not None
    assert number_of(frame) == 19
    assert camera.take() is None
    wait_until(lambda: camera.finished)
    counts = camera.counts()
    assert (counts.decoded, counts.taken, counts.dropped) == (20, 1, {DropReason.OVERWRITTEN: 19})
    assert counts.dropped_in_all == 19


@pytest.mark.parametrize(("timing", "pace"), [(Timing.RECORDED, Pace.FAST), (Timing.STILLS, Pace.OWN_SPEED)])
def test_a_fast_recording_and_still_pictures_wait_until_each_is_taken(timing: Timing, pace: Pace) -> None:
    clock = LeapingClock()
    source = ScriptedSource([picture(number) for number in range(100)], timing=timing)
    camera = Camera("gate", source, on_frame=lambda: None, clock=clock, pace=pace)
    camera.start()
    numbers: list[int] = []

    def take_one() -> bool:
        frame = camera.take()
        if frame is not None:
            numbers.append(number_of(frame))
        return camera.finished

    wait_until(take_one)
    assert numbers == list(range(100))
    assert camera.counts().dropped == {}
    assert clock.waits_s == []


def test_losses_on_the_way_are_counted_by_reason(start_camera: StartCamera) -> None:
    script: list[Item] = [
        Dropped(DropReason.BEFORE_KEYFRAME, 3),
        picture(1),
        Dropped(DropReason.CORRUPT),
        Dropped(DropReason.CORRUPT, 2),
        picture(2),
    ]
    camera, taker = start_camera(ScriptedSource(script, timing=Timing.RECORDED))
    wait_for_state(camera, CameraState.ENDED)
    assert len(taker.frames) == 2
    assert camera.counts().dropped == {DropReason.BEFORE_KEYFRAME: 3, DropReason.CORRUPT: 3}


def test_a_lost_camera_is_reconnected_for_ever(start_camera: StartCamera) -> None:
    lost = LostSourceError("The camera broke off.")
    source = ScriptedSource([picture(1), lost], lost, lost, [picture(2)], [picture(3), lost])
    camera, taker = start_camera(source, clock=LeapingClock())
    wait_until(lambda: source.attempts > 40)
    assert [number_of(frame) for frame in taker.frames[:3]] == [1, 2, 3]
    assert camera.counts().reconnects >= 36
    assert camera.state_reason in ("", "The camera broke off.")
    camera.stop()
    assert source.closed == source.attempts - 2


def test_the_sequence_goes_on_over_a_reconnection(start_camera: StartCamera) -> None:
    camera, taker = start_camera(ScriptedSource([picture(1), picture(2)]), clock=LeapingClock())
    wait_until(lambda: len(taker.frames) >= 6)
    camera.stop()
    assert [frame.sequence for frame in taker.frames] == list(range(len(taker.frames)))


def test_a_source_that_can_never_work_fails_with_its_sentence(start_camera: StartCamera) -> None:
    source = ScriptedSource(UnusableSourceError("The camera refused the password: check it."))
    camera, _ = start_camera(source, clock=LeapingClock())
    wait_for_state(camera, CameraState.FAILED)
    assert camera.state_reason == "The camera refused the password: check it."
    assert source.attempts == 1
    assert camera.finished


def test_a_camera_that_worked_once_never_fails_but_is_asked_rarely_while_it_refuses_us(
    start_camera: StartCamera,
) -> None:
    clock = LeapingClock()
    refused = RefusedSourceError("The camera refused the password: check it.")
    gone = UnusableSourceError("There is no camera: plug it in.")
    camera, taker = start_camera(ScriptedSource([picture(1)], refused, gone, refused, [picture(2)]), clock=clock)
    wait_until(lambda: len(taker.frames) >= 2)
    assert number_of(taker.frames[1]) == 2
    assert clock.waits_s[:4] == [0.0, REFUSED_DELAY_S, 0.0, REFUSED_DELAY_S]
    assert camera.state is not CameraState.FAILED


def test_a_spec_that_cannot_be_understood_fails_without_its_password(start_camera: StartCamera) -> None:
    camera, _ = start_camera("gopher://u:hunter2@h/x")
    wait_for_state(camera, CameraState.FAILED)
    assert camera.state_reason.startswith("Addresses that begin with gopher:// are not supported")


def test_a_fault_of_our_own_is_survived_and_shows_nothing_of_what_it_held(start_camera: StartCamera) -> None:
    source = ScriptedSource([picture(1), RuntimeError("rtsp://u:hunter2@h/x")], [picture(2)])
    camera, taker = start_camera(source)
    reasons: set[str] = set()
    wait_until(lambda: reasons.add(camera.state_reason) or len(taker.frames) >= 2)  # type: ignore[func-returns-value]
    assert not any("hunter2" in reason for reason in reasons)


def test_a_fault_of_our_own_ends_a_recording(start_camera: StartCamera) -> None:
    source = ScriptedSource([picture(1), RuntimeError("/home/warden/x.mp4")], timing=Timing.RECORDED)
    camera, _ = start_camera(source)
    wait_for_state(camera, CameraState.FAILED)
    assert camera.state_reason == "The camera failed unexpectedly (RuntimeError)."


def test_a_recording_without_one_good_picture_fails(start_camera: StartCamera) -> None:
    camera, _ = start_camera(ScriptedSource([Dropped(DropReason.CORRUPT, 9)], timing=Timing.RECORDED))
    wait_for_state(camera, CameraState.FAILED)
    assert camera.state_reason == "scripted camera holds no picture that can be decoded."


def test_a_recording_that_breaks_off_ends_and_says_so(start_camera: StartCamera) -> None:
    script: list[Item] = [picture(1), LostSourceError("The file broke off.")]
    camera, taker = start_camera(ScriptedSource(script, timing=Timing.RECORDED))
    wait_for_state(camera, CameraState.ENDED)
    assert camera.state_reason == "The file broke off."
    assert len(taker.frames) == 1


def test_the_delay_grows_with_failures_and_starts_again_after_a_stable_time() -> None:
    clock = LeapingClock()
    lost = LostSourceError("The camera broke off.")

    def hold() -> None:
        clock.wait(STABLE_S, threading.Event())

    source = ScriptedSource(*[lost] * 9, [picture(1), hold, lost], [picture(2), lost], lost)
    taker = Taker()
    camera = Camera("gate", source, on_frame=taker, clock=clock, chance=lambda: 1.0)
    camera.start()
    wait_until(lambda: source.attempts > 14)
    camera.stop()
    assert clock.waits_s[:9] == [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10]
    assert clock.waits_s[9:13] == [STABLE_S, 0.25, 0.5, 1]
    assert max(clock.waits_s) == LONGEST_DELAY_S


def test_thinning_is_passed_on_to_the_connection(start_camera: StartCamera) -> None:
    source = ScriptedSource([picture(number) for number in range(9)], timing=Timing.RECORDED)
    camera = Camera("gate", source, on_frame=lambda: None, clock=LeapingClock())
    camera.thin(True)
    camera.start()
    wait_for_state(camera, CameraState.ENDED)
    assert set(source.thinned) == {True}


def test_the_end_is_announced_so_that_nobody_waits_for_another_frame() -> None:
    announced: list[CameraState] = []
    camera = Camera(
        "gate",
        ScriptedSource([picture(1)], timing=Timing.RECORDED),
        on_frame=lambda: announced.append(camera.state),
        clock=LeapingClock(),
    )
    camera.start()
    wait_until(lambda: len(announced) >= 2)
    assert announced == [CameraState.LIVE, CameraState.ENDED]


class _Stuck(ScriptedSource):
    """Hangs inside a library until it is let go, whatever anybody wants."""

    def __init__(self, *, hangs_at_attempt: int) -> None:
        super().__init__([picture(1)])
        self.hanging = threading.Event()
        self.let_go = threading.Event()
        self._hangs_at_attempt = hangs_at_attempt

    def open(self) -> Connection:
        if self.attempts + 1 == self._hangs_at_attempt:
            self.hanging.set()
            self.let_go.wait(30)
        return super().open()


@pytest.mark.parametrize("attempt", [1, 2], ids=["connecting", "reconnecting"])
def test_stopping_does_not_wait_for_a_library_that_hangs_and_throws_away_what_it_brings(attempt: int) -> None:
    source = _Stuck(hangs_at_attempt=attempt)
    camera = Camera("gate", source, on_frame=lambda: None, chance=lambda: 0.0)
    camera.start()
    assert source.hanging.wait(10)
    assert camera.stop(timeout_s=0.05) is False
    assert camera.state is CameraState.ENDED
    decoded = camera.counts().decoded
    source.let_go.set()
    wait_until(lambda: camera.stop(timeout_s=0.05))
    assert camera.state is CameraState.ENDED
    assert camera.take() is None
    assert camera.counts().decoded == decoded


@pytest.mark.parametrize("pace", Pace)
def test_stopping_a_camera_that_plays_ends_its_thread_and_counts_what_was_left(pace: Pace) -> None:
    script = [picture(number % 200, media_time_s=number * 5.0) for number in range(10_000)]
    camera = Camera("gate", ScriptedSource(script, timing=Timing.RECORDED), on_frame=lambda: None, pace=pace)
    camera.start()
    wait_until(lambda: camera.counts().decoded > 0)
    assert camera.stop() is True
    assert camera.state is CameraState.ENDED
    counts = camera.counts()
    assert counts.decoded == counts.taken + counts.dropped_in_all
    assert camera.take() is None


def test_stopping_a_camera_that_waits_to_reconnect_ends_its_thread() -> None:
    lost = LostSourceError("The camera broke off.")
    camera = Camera("gate", ScriptedSource(lost), on_frame=lambda: None, chance=lambda: 100.0)
    camera.start()
    wait_for_state(camera, CameraState.RECONNECTING)
    assert camera.stop() is True
    assert camera.state is CameraState.ENDED


def test_a_failed_camera_stays_failed_when_it_is_stopped(start_camera: StartCamera) -> None:
    camera, _ = start_camera(ScriptedSource(UnusableSourceError("No.")))
    wait_for_state(camera, CameraState.FAILED)
    assert camera.stop() is True
    assert (camera.state, camera.state_reason) == (CameraState.FAILED, "No.")


def test_a_camera_may_be_stopped_before_it_was_started_and_twice() -> None:
    camera = Camera("gate", ScriptedSource([picture(1)]), on_frame=lambda: None)
    assert camera.stop() is True
    assert camera.stop() is True
    assert camera.state is CameraState.ENDED


def test_only_final_states_have_no_way_out_and_every_state_can_be_stopped() -> None:
    assert {CameraState.ENDED, CameraState.FAILED} == FINAL_STATES
    assert set(TRANSITIONS) == set(CameraState)
    for state in set(CameraState) - FINAL_STATES:
        assert CameraState.ENDED in TRANSITIONS[state]


def test_health_tells_rates_size_and_lost_pictures(start_camera: StartCamera) -> None:
    clock = LeapingClock()
    lost = LostSourceError("The camera broke off.")
    gone = threading.Event()
    script = [picture(number % 200) for number in range(100)]
    source = ScriptedSource([*script, gone.wait], lost)
    taker = Taker()
    camera = Camera("gate", source, on_frame=taker, clock=clock, chance=lambda: 0.0)
    taker.camera = camera
    assert camera.health().issues == frozenset()
    camera.start()
    wait_until(lambda: len(taker.frames) == 100)
    # The clock stood still meanwhile: all that is known is that the frames came within two seconds from now.
    clock.wait(2.0, gone)
    health = camera.health()
    assert (health.width, health.height) == (6, 4)
    assert health.decoded_per_s == pytest.approx(49.5)
    assert health.taken_per_s == pytest.approx(50, abs=0.5)
    assert HealthIssue.NO_PICTURES not in health.issues
    gone.set()
    wait_for_state(camera, CameraState.RECONNECTING)
    assert camera.health().issues == {HealthIssue.NO_PICTURES}
    camera.stop()


def test_cameras_do_not_disturb_each_other(start_camera: StartCamera) -> None:
    broken: list[Item] = [picture(1), RuntimeError("broken")]
    failing, _ = start_camera(ScriptedSource(broken, timing=Timing.RECORDED))
    playing, taker = start_camera(
        ScriptedSource([picture(n) for n in range(50)], timing=Timing.RECORDED), pace=Pace.FAST
    )
    wait_for_state(failing, CameraState.FAILED)
    wait_for_state(playing, CameraState.ENDED)
    assert [number_of(frame) for frame in taker.frames] == list(range(50))
    assert all(later.sequence == earlier.sequence + 1 for earlier, later in itertools.pairwise(taker.frames))
