"""Clips played through the node's own pipeline, not in real time: no frame is dropped, and every alert has its time."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from openlfr.assurance.ground_truth import TruePassage
from openlfr.assurance.shadow import ShadowRecognition
from openlfr.assurance.video_judging import SeenAlert
from openlfr.assurance.video_report import Agreement
from openlfr.capture.camera import CameraState, Pace
from openlfr.capture.source import Connection, Dropped, LostSourceError, Picture, Source
from openlfr.node.alert import Alert
from openlfr.node.recognition import Recognition
from openlfr.node.rehearsal import NamedSource, Rehearsal
from openlfr.vision.detector import FaceDetector

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Something to play, with its truth. `sha256` tells it from any other; `problem` says why it cannot be played."""

    name: str
    sha256: str
    source: Source | None
    truth: tuple[TruePassage, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PlayedClip:
    """What the node did with a clip: counts, alerts without their pictures, and why it broke off, if it did."""

    problem: str
    recording_s: float
    analysis_s: float
    frames: int
    passages: int = 0
    faces_seen: int = 0
    failures_to_acquire: int = 0
    templates_created: int = 0
    templates_destroyed: int = 0
    templates_in_alerts: int = 0
    alerts: tuple[SeenAlert, ...] = ()
    agreement: Agreement | None = None
    candidate_broke_off: str = ""


def play(
    clip: Clip,
    recognition: Recognition,
    detector: FaceDetector,
    *,
    candidate: Recognition | None = None,
) -> PlayedClip:
    """Plays a clip to its end. A clip that cannot be read, or breaks off, says so and stops nothing else.

    `recognition` and `candidate` must have no cool-down: each passage is judged by itself.
    """
    if clip.source is None:
        return PlayedClip(clip.problem, 0.0, 0.0, 0)
    shadow = None if candidate is None else ShadowRecognition(candidate)
    clock = _RecordingClock()
    alerts: list[SeenAlert] = []

    def on_alert(alert: Alert) -> None:
        at_s = (alert.captured_at - _EPOCH).total_seconds()
        alerts.append(SeenAlert(alert.person_id, at_s, alert.score, alert.shots))
        alert.wipe()

    rehearsal = Rehearsal(
        [NamedSource(clip.name, _TimedSource(clip.source, clock))],
        recognition,
        detector,
        on_alert=on_alert,
        pace=Pace.FAST,
        clock=clock,
        workers=1,
        shadow=shadow,
    )
    rehearsal.start()
    try:
        rehearsal.wait(threading.Event(), seconds=None, tick=lambda: None, every_s=_LOOK_EVERY_S)
    finally:
        summary = rehearsal.stop()
    (station,) = summary.stations
    failed = station.state is CameraState.FAILED
    return PlayedClip(
        problem=station.reason if failed else clock.broke_off,
        recording_s=clock.at_s,
        analysis_s=summary.seconds,
        frames=station.analysed,
        passages=station.counts.passages,
        faces_seen=summary.faces_seen,
        failures_to_acquire=summary.failures_to_acquire,
        templates_created=summary.ledger.created,
        templates_destroyed=summary.ledger.destroyed,
        templates_in_alerts=summary.ledger.in_alerts,
        alerts=tuple(alerts),
        agreement=None if shadow is None else shadow.agreement(),
        candidate_broke_off="" if shadow is None else shadow.broke_off,
    )


class _RecordingClock:
    """Tells the recording's own time as the wall clock, so that an alert says at which moment of it it was raised.

    A camera reads a picture and looks at the clock in one thread, so the time is that of the picture just read.
    """

    def __init__(self) -> None:
        self.at_s = 0.0
        self.broke_off = ""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.at_s)

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        return cancelled.wait(max(0.0, seconds))


class _TimedSource:
    """A source that sets the clock by its pictures."""

    def __init__(self, source: Source, clock: _RecordingClock) -> None:
        self._source = source
        self._clock = clock
        self.timing = source.timing

    @property
    def description(self) -> str:
        return self._source.description

    def open(self) -> Connection:
        return _TimedConnection(self._source.open(), self._clock)


class _TimedConnection:
    def __init__(self, connection: Connection, clock: _RecordingClock) -> None:
        self._connection = connection
        self._clock = clock
        self.thin = connection.thin
        self.close = connection.close

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        try:
            item = self._connection.read()
        except LostSourceError as error:
            # For a node a recording that is cut short is over; here its truth can no longer be held against it.
            self._clock.broke_off = str(error)
            raise
        if isinstance(item, Picture):
            self._clock.at_s = item.media_time_s
        return item
