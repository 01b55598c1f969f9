"""The node: cameras, a few worker threads that share the models, and a clean stop."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from openlfr.capture.camera import Camera, CameraState
from openlfr.capture.frame import Frame
from openlfr.node.alert import Alert
from openlfr.node.analyst import AnalystCounts

_log = structlog.get_logger(__name__)

CAMERAS_WAIT_S = 0.5
"""How long a stop waits for the cameras' threads, all of them together. One that is inside a library's connection
attempt would not end sooner for more patience, and the whole stop has 2 s."""

INTERPRETER_TURN_S = 0.0002
"""How long a thread may keep Python's interpreter while others wait. At Python's own 5 ms, six cameras' threads mostly
waited for each other: 8.6 frames a second of each were analysed, and 13.7 at 0.2 ms (benchmarks/cameras.py)."""

TOO_SLOW_PER_S = 8.0
"""A camera analysed less often than this, although it delivers more, is decoded more thinly until it keeps up."""


class _InterpreterTurns:
    """The interpreter's switch interval is the process's: short while any node runs, and then what it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before_s = 0.0

    def shorten(self) -> None:
        with self._lock:
            if not self._running:
                self._before_s = sys.getswitchinterval()
                sys.setswitchinterval(INTERPRETER_TURN_S)
            self._running += 1

    def restore(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                sys.setswitchinterval(self._before_s)


_turns = _InterpreterTurns()


class FrameAnalyst(Protocol):
    """Who looks at a camera's frames: `node.analyst.Analyst`, or somebody who asks before it may."""

    @property
    def counts(self) -> AnalystCounts: ...

    def analyse(self, frame: Frame) -> list[Alert]: ...

    def end(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """A camera and the analyst of its frames."""

    camera: Camera
    analyst: FrameAnalyst


@dataclass(frozen=True, slots=True)
class StationStatus:
    """What to show of a camera: its state with the reason for it, and what was done with its frames."""

    name: str
    state: CameraState
    reason: str
    decoded: int
    analysed: int
    dropped: int
    decoded_per_s: float
    analysed_per_s: float
    issues: tuple[str, ...]
    counts: AnalystCounts


class Node:
    """Runs stations until they are over or it is stopped.

    Each worker takes the newest frame of the next camera in turn, so that a camera with a crowd never starves the
    others, and no two workers ever hold the same camera. `on_alert` is called in a worker's thread, one call at a
    time, and owns the alert from then on.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        *,
        on_alert: Callable[[Alert], None],
        workers: int | None = None,
    ) -> None:
        self._stations = tuple(stations)
        self._on_alert = on_alert
        self._alert_lock = threading.Lock()
        self._something_new = threading.Condition()
        self._busy: set[int] = set()
        self._next = 0
        self._stopping = False
        self._started = False
        self._broken: dict[int, str] = {}
        count = max(1, min(workers or os.cpu_count() or 1, len(self._stations)))
        self._workers = [threading.Thread(target=self._work, name=f"analyst-{i}", daemon=True) for i in range(count)]

    def start(self) -> None:
        """Begin. Shortens the interpreter's switch interval for the whole process, until the last node's `stop`."""
        _turns.shorten()
        self._started = True
        for worker in self._workers:
            worker.start()
        for station in self._stations:
            station.camera.start()

    def frame_arrived(self) -> None:
        """For the cameras to call: something new can be taken, or a camera is over."""
        with self._something_new:
            self._something_new.notify()

    @property
    def finished(self) -> bool:
        """Whether every camera is over and its last frame has been analysed."""
        with self._something_new:
            return not self._busy and all(station.camera.finished for station in self._stations)

    def status(self) -> tuple[StationStatus, ...]:
        return tuple(self._status(index) for index in range(len(self._stations)))

    def ease(self) -> None:
        """Asks cameras that this machine cannot keep up with to decode less, and the others to decode all. To be
        called every second or two."""
        for station in self._stations:
            health = station.camera.health()
            behind = health.decoded_per_s > 1.5 * health.taken_per_s and health.taken_per_s < TOO_SLOW_PER_S
            if behind or health.taken_per_s > 1.5 * TOO_SLOW_PER_S:
                station.camera.thin(behind)

    def stop(self, timeout_s: float = 1.5) -> None:
        """Stops cameras and workers, then ends every passage: after this the ledger balances."""
        for station in self._stations:
            # Each camera only has to hear of it here; they wind up side by side.
            station.camera.stop(timeout_s=0.0)
        with self._something_new:
            self._stopping = True
            self._something_new.notify_all()
        for worker in self._workers:
            if worker.is_alive():
                worker.join(timeout_s)
        for station in self._stations:
            station.camera.stop(CAMERAS_WAIT_S / len(self._stations))
            station.analyst.end()
        if self._started:
            self._started = False
            _turns.restore()

    def _work(self) -> None:
        while (index := self._claim()) is not None:
            try:
                self._serve(self._stations[index])
            except Exception as error:
                self._give_up(index, error)
            finally:
                with self._something_new:
                    self._busy.discard(index)
                    self._something_new.notify()

    def _give_up(self, index: int, error: Exception) -> None:
        """A fault in the analysis of one camera ends that camera alone, and what was held of its passages."""
        station = self._stations[index]
        # The error's text and traceback stay out of log and screen: they may quote values derived from a face.
        _log.error("analysis_broke", camera=station.camera.name, error=type(error).__name__)
        self._broken[index] = f"The analysis of this camera failed unexpectedly ({type(error).__name__})."
        station.camera.stop(timeout_s=0.0)
        station.analyst.end()

    def _claim(self) -> int | None:
        """Waits for a camera with a frame that no other worker holds; None when the node stops."""
        while True:
            with self._something_new:
                if self._stopping:
                    return None
                for offset in range(len(self._stations)):
                    index = (self._next + offset) % len(self._stations)
                    if index not in self._busy and self._stations[index].camera.has_frame:
                        self._next = index + 1
                        self._busy.add(index)
                        return index
                self._something_new.wait()

    def _serve(self, station: Station) -> None:
        frame = station.camera.take()
        if frame is None:
            return
        for alert in station.analyst.analyse(frame):
            with self._alert_lock:
                self._on_alert(alert)

    def _status(self, index: int) -> StationStatus:
        station = self._stations[index]
        camera, counts, health = station.camera, station.camera.counts(), station.camera.health()
        broken = self._broken.get(index)
        return StationStatus(
            name=camera.name,
            state=CameraState.FAILED if broken else camera.state,
            reason=broken or camera.state_reason,
            decoded=counts.decoded,
            analysed=station.analyst.counts.frames,
            dropped=counts.dropped_in_all,
            decoded_per_s=health.decoded_per_s,
            analysed_per_s=health.taken_per_s,
            issues=tuple(issue.value for issue in health.issues),
            counts=station.analyst.counts,
        )
