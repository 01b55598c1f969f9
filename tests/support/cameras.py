"""Stand-ins for time and for cameras."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from openlfr.capture.camera import Camera, CameraState
from openlfr.capture.frame import Frame
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.source import Connection, Dropped, Picture, Timing


class LeapingClock:
    """A clock that stands still, except that whoever waits finds the wait over at once. Notes each wait."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self.waits_s: list[float] = []

    def monotonic_s(self) -> float:
        return self._now_s

    def utc(self) -> datetime:
        return datetime(2026, 5, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=self._now_s - 1000.0)

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        self.waits_s.append(seconds)
        self._now_s += max(0.0, seconds)
        return cancelled.is_set()


def picture(number: int, *, media_time_s: float | None = None) -> Picture:
    """A tiny picture that carries its number in its first pixel, due at 25 pictures a second unless told otherwise."""
    bgr = np.full((4, 6, 3), number, np.uint8)
    return Picture(ArrayFrameImage(bgr), number / 25 if media_time_s is None else media_time_s)


def number_of(frame: Frame) -> int:
    """The number of a frame made by `picture`."""
    return int(frame.image.region(0, 0, 1, 1)[0, 0, 0])


# What a connection gives when read: a picture, a loss, an error to raise, or something to do first.
Item = Picture | Dropped | Exception | Callable[[], object]


class ScriptedSource:
    """A source whose connections give what a script says, and then end; further attempts repeat the last script. A
    script that is an error is raised when connecting."""

    description = "scripted camera"

    def __init__(self, *scripts: Sequence[Item] | Exception, timing: Timing = Timing.LIVE) -> None:
        self.timing = timing
        self.attempts = 0
        self.thinned: list[bool] = []
        self.closed = 0
        self._scripts = scripts

    def open(self) -> Connection:
        script = self._scripts[min(self.attempts, len(self._scripts) - 1)]
        self.attempts += 1
        if isinstance(script, Exception):
            raise script
        return _ScriptedConnection(self, script)


class _ScriptedConnection:
    def __init__(self, source: ScriptedSource, script: Sequence[Item]) -> None:
        self._source = source
        self._items = iter(script)

    def read(self) -> Picture | Dropped | None:
        for item in self._items:
            if isinstance(item, Exception):
                raise item
            if isinstance(item, Picture | Dropped):
                return item
            item()
        return None

    def thin(self, on: bool) -> None:
        self._source.thinned.append(on)

    def close(self) -> None:
        self._source.closed += 1


def wait_until(condition: Callable[[], bool], *, at_most_s: float = 20.0) -> None:
    """Wait for something that another thread does; fails the test if it does not come about."""
    give_up_at = time.monotonic() + at_most_s
    while not condition():
        assert time.monotonic() < give_up_at, "what the test waits for did not happen"
        time.sleep(0.005)


def wait_for_state(camera: Camera, state: CameraState) -> None:
    """Wait until a camera is in a state."""
    wait_until(lambda: camera.state is state)


class Taker:
    """Takes every frame of a camera as soon as it is there, in the camera's own thread, so that none is overwritten."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.camera: Camera | None = None

    def __call__(self) -> None:
        if self.camera is not None and (frame := self.camera.take()) is not None:
            self.frames.append(frame)
