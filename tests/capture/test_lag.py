from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from openlfr.capture.lag import MAX_LAG_S, SHOWN_EVERY_S, LagWatch

_FRAME_S = 0.04
_GOP = 25


@dataclass
class _Watched:
    """A camera of 25 frames a second, a key frame each second; what it sends queues until it is read."""

    watch: LagWatch
    now_s: float = 0.0
    sent: int = 0

    def read(self, *, decoding_takes_s: float, clock_error_s: float = 0.0, intra_only: bool = False) -> bool:
        """Read the next frame as soon as it is there; whether it was decoded."""
        self.now_s = max(self.now_s + 0.0005, self.sent * _FRAME_S)
        decoded = self.watch.is_worth_decoding(
            media_time_s=self.sent * _FRAME_S + clock_error_s,
            arrived_s=self.now_s,
            is_key_frame=intra_only or self.sent % _GOP == 0,
        )
        self.sent += 1
        if decoded:
            self.now_s += decoding_takes_s
        return decoded

    @property
    def behind_s(self) -> float:
        return self.now_s - self.sent * _FRAME_S


def test_a_machine_that_keeps_up_decodes_everything() -> None:
    watched = _Watched(LagWatch())
    assert all(watched.read(decoding_takes_s=0.035) for _ in range(1000))


def test_one_that_does_not_keep_up_stays_near_the_present() -> None:
    watched = _Watched(LagWatch())
    decoded = []
    for _ in range(3000):
        decoded.append(watched.read(decoding_takes_s=0.1))
        assert watched.behind_s < MAX_LAG_S + 0.2
    assert 0.2 < sum(decoded) / len(decoded) < 0.45
    for number in range(1, len(decoded)):
        # What depends on a picture that was left out is left out too.
        if decoded[number] and not decoded[number - 1]:
            assert number % _GOP == 0


def test_pictures_that_stand_alone_are_thinned_while_behind() -> None:
    watched = _Watched(LagWatch())
    for _ in range(500):
        watched.read(decoding_takes_s=0.1, intra_only=True)
        assert watched.behind_s < MAX_LAG_S + 0.2


def test_a_pause_in_the_network_is_skipped_and_what_follows_is_decoded() -> None:
    watched = _Watched(LagWatch())
    for _ in range(50):
        watched.read(decoding_takes_s=0.005)
    watched.now_s += 3.0
    decoded = [watched.read(decoding_takes_s=0.005) for _ in range(100)]
    assert not any(decoded[1:50])
    assert all(decoded[-25:])


def test_a_camera_whose_clock_is_set_back_is_believed_after_a_while() -> None:
    watched = _Watched(LagWatch())
    for _ in range(50):
        watched.read(decoding_takes_s=0.005)
    decoded = [watched.read(decoding_takes_s=0.005, clock_error_s=-3600.0) for _ in range(200)]
    assert sum(decoded[:50]) <= 2 / SHOWN_EVERY_S
    assert all(decoded[100:])


def test_a_camera_that_never_sends_a_key_frame_is_decoded_again_all_the_same() -> None:
    watch = LagWatch()
    arrivals_s = [number * _FRAME_S + (3.0 if number > 100 else 0.0) for number in range(1000)]
    decoded = [
        watch.is_worth_decoding(media_time_s=number * _FRAME_S, arrived_s=arrived_s, is_key_frame=False)
        for number, arrived_s in enumerate(arrivals_s)
    ]
    assert all(decoded[:101])
    assert not any(decoded[101:300])
    assert all(decoded[-500:])


@given(st.floats(-9e-5, 9e-5))
def test_clocks_that_drift_apart_are_no_lag(drift: float) -> None:
    watch = LagWatch()
    for number in range(0, 24 * 3600 * 25, 9973):
        arrived_s = number * _FRAME_S
        assert watch.is_worth_decoding(media_time_s=arrived_s * (1 + drift), arrived_s=arrived_s, is_key_frame=False)
