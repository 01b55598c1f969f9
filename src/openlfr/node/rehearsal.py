"""A rehearsal: the whole way of a face with no deployment behind it, for consenting people only.

It runs the same cameras, analysts and ledger as a deployment, and says of itself everywhere that it is none.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from openlfr.capture.camera import Camera, CameraState, Pace
from openlfr.capture.clock import Clock
from openlfr.capture.source import Source
from openlfr.node.alert import Alert
from openlfr.node.analyst import Analyst, Shadow
from openlfr.node.ledger import LedgerCounts, PrivacyLedger
from openlfr.node.node import Node, Station, StationStatus
from openlfr.node.recognition import Recognition
from openlfr.vision.detector import FaceDetector
from openlfr.vision.zone import Zone

NOTICE = "Rehearsal: no deployment has been authorised. For consenting people only; nothing here may be acted on."

EASE_EVERY_S = 2.0

LATENCIES_KEPT = 10_000
"""The summary's latencies speak of the last so many alerts, so that memory does not grow with the time watched."""


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A camera to be: its name, and what a user typed for it or a source already made."""

    name: str
    source: str | Source
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Latencies:
    """From the capture of the deciding frame to the alert, in milliseconds; None where there was no alert."""

    p50: float | None
    p95: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a rehearsal did, in counts that name nobody."""

    frames_decoded: int
    frames_analysed: int
    frames_dropped: int
    faces_seen: int
    failures_to_acquire: int
    suppressed: int
    ledger: LedgerCounts
    alerts: int
    latency_ms: Latencies
    seconds: float
    stations: tuple[StationStatus, ...]

    @property
    def unusable(self) -> tuple[StationStatus, ...]:
        """Cameras that never gave a picture because of what was asked for."""
        return tuple(s for s in self.stations if s.state is CameraState.FAILED and not s.decoded)

    @property
    def lost(self) -> tuple[StationStatus, ...]:
        """Cameras that gave pictures and were then lost for good."""
        return tuple(s for s in self.stations if s.state is CameraState.FAILED and s.decoded)


class Rehearsal:
    """Cameras and one watchlist, from `start` to `stop`. `on_alert` is called in a worker's thread."""

    def __init__(
        self,
        sources: Sequence[NamedSource],
        recognition: Recognition,
        detector: FaceDetector,
        *,
        on_alert: Callable[[Alert], None],
        pace: Pace = Pace.OWN_SPEED,
        clock: Clock | None = None,
        workers: int | None = None,
        shadow: Shadow | None = None,
    ) -> None:
        self.ledger = PrivacyLedger()
        self._deliver = on_alert
        # A recording read as fast as it is analysed is never behind: thinning it would only lose frames.
        self._may_fall_behind = pace is Pace.OWN_SPEED
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._alerts = 0
        self._started_s = 0.0
        stations = [
            Station(
                Camera(named.name, named.source, on_frame=self._frame_arrived, pace=pace, clock=clock),
                Analyst(
                    named.name,
                    detector=detector,
                    recognition=recognition,
                    ledger=self.ledger,
                    zone=named.zone,
                    shadow=shadow,
                ),
            )
            for named in sources
        ]
        self._node = Node(stations, on_alert=self._alerted, workers=workers)

    def start(self) -> None:
        self._started_s = time.monotonic()
        self._node.start()

    def wait(self, stop: threading.Event, *, seconds: float | None, tick: Callable[[], None], every_s: float) -> None:
        """Returns when every camera is over, `stop` is set, or `seconds` have gone by. Calls `tick` now and then."""
        eased_s = self._started_s
        while not self._node.finished and not stop.wait(every_s):
            now_s = time.monotonic()
            tick()
            if self._may_fall_behind and now_s - eased_s >= EASE_EVERY_S:
                self._node.ease()
                eased_s = now_s
            if seconds is not None and now_s - self._started_s >= seconds:
                return

    def status(self) -> tuple[StationStatus, ...]:
        return self._node.status()

    def stop(self) -> Summary:
        """Stops everything; no template is held any more when this returns."""
        stations = self._node.status()
        self._node.stop()
        # Counts as they are now, states as they were before stopping made every camera ENDED.
        after = self._node.status()
        merged = tuple(a if b.state is CameraState.FAILED else b for a, b in zip(stations, after, strict=True))
        return Summary(
            frames_decoded=sum(s.decoded for s in after),
            frames_analysed=sum(s.analysed for s in after),
            frames_dropped=sum(s.dropped for s in after),
            faces_seen=sum(s.counts.faces_seen for s in after),
            failures_to_acquire=sum(s.counts.failures_to_acquire for s in after),
            suppressed=sum(s.counts.suppressed for s in after),
            ledger=self.ledger.counts(),
            alerts=self._alerts,
            latency_ms=_latencies(tuple(self._latencies)),
            seconds=time.monotonic() - self._started_s,
            stations=merged,
        )

    def _frame_arrived(self) -> None:
        self._node.frame_arrived()

    def _alerted(self, alert: Alert) -> None:
        self._alerts += 1
        self._latencies.append(alert.latency_ms)
        self._deliver(alert)


def _latencies(values: Sequence[float]) -> Latencies:
    if not values:
        return Latencies(None, None, None)
    p50, p95 = np.percentile(values, [50, 95])
    return Latencies(float(p50), float(p95), float(max(values)))
