"""Where the time of one camera's analysis goes: the pipeline's own parts with a stopwatch around each."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from benchmarks.pipeline import recognition_of
from numpy.typing import NDArray

from openlfr.capture.frame import Frame, FrameImage
from openlfr.capture.source import Dropped
from openlfr.capture.sources import open_source
from openlfr.matching.gallery import Entry
from openlfr.node.analyst import Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.vision.detector import DetectorOptions, FaceDetector
from openlfr.vision.face import BGRImage, Face
from openlfr.vision.models import Models
from openlfr.vision.template import RecogniserSession, TemplateExtractor
from openlfr.vision.tracker import Tracker, TrackUpdate

DECODE, REDUCE, DETECT, CUT, TRACK, TEMPLATE = (
    "decode",
    "reduce and convert the frame",
    "detection network",
    "cut faces from the frame",
    "track",
    "template network",
)
THRESHOLD = 0.5
REST = "assess, box decoding, search and bookkeeping"


class Stopwatch:
    """Processor seconds, of all threads, in each stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started_s = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - started_s


class _TimedImage:
    def __init__(self, image: FrameImage, watch: Stopwatch) -> None:
        self._image, self._watch = image, watch
        self.width, self.height = image.width, image.height

    def scaled(self, width: int, height: int) -> BGRImage:
        with self._watch.stage(REDUCE):
            return self._image.scaled(width, height)

    def region(self, left: int, top: int, right: int, bottom: int) -> BGRImage:
        with self._watch.stage(CUT):
            return self._image.region(left, top, right, bottom)


class _TimedSession:
    def __init__(self, session: RecogniserSession, watch: Stopwatch, name: str) -> None:
        self._session, self._watch, self._name = session, watch, name

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        with self._watch.stage(self._name):
            return self._session.run(pictures)


class _TimedTracker(Tracker):
    def __init__(self, watch: Stopwatch) -> None:
        super().__init__()
        self._watch = watch

    def update(self, faces: Sequence[Face], at_s: float) -> TrackUpdate:
        with self._watch.stage(TRACK):
            return super().update(faces, at_s)


@dataclass(frozen=True, slots=True)
class Stages:
    """Processor milliseconds, of all threads: of decoding by decoded frame, of the other stages by analysed frame."""

    decode: float
    analysis: Mapping[str, float]

    @property
    def analyse(self) -> float:
        return sum(self.analysis.values())

    def rows(self, decoded_per_s: float, analysed_per_s: float) -> list[list[str]]:
        """A table of STAGE_COLUMNS for a camera of which so many frames a second are decoded and analysed."""
        whole = decoded_per_s * self.decode + analysed_per_s * self.analyse
        listed = [(DECODE, self.decode, decoded_per_s)]
        listed += [(name, ms, analysed_per_s) for name, ms in self.analysis.items()]
        return [[name, f"{ms:.2f}", f"{per_s:g}", f"{ms * per_s / whole:.0%}"] for name, ms, per_s in listed]


STAGE_COLUMNS = ("stage", "processor ms a frame", "frames/s", "share")


def measured_stages(
    models: Models, entries: Sequence[Entry], path: Path, min_face_px: float, *, every: int = 1
) -> Stages:
    """One pass over a clip, one frame after the other, each `every`-th analysed; the watchlist is `entries`."""
    watch = Stopwatch()
    timed = replace(
        models,
        extractor=TemplateExtractor(
            _TimedSession(models.recogniser_session, watch, TEMPLATE),
            flip_average=models.pack.pack.recogniser.flip_average,
        ),
    )
    options = DetectorOptions(min_face_px=min_face_px)
    analyst = Analyst(
        "clip",
        detector=FaceDetector(_TimedSession(models.detector_session, watch, DETECT), options),
        recognition=recognition_of(timed, entries, THRESHOLD),
        ledger=PrivacyLedger(),
        tracker=_TimedTracker(watch),
    )
    connection = open_source(str(path)).open()
    frames = analysed = 0
    analysis_s = 0.0
    while True:
        with watch.stage(DECODE):
            item = connection.read()
        if item is None:
            break
        if isinstance(item, Dropped):
            continue
        if frames == 0:
            models.detector(options).detect(item.image)  # compiles the network for this size of frame
        frames += 1
        if frames % every:
            continue
        analysed += 1
        image = _TimedImage(item.image, watch)
        frame = Frame("clip", frames, time.monotonic(), datetime.now(UTC), image, item.media_time_s)
        started_s = time.process_time()
        for alert in analyst.analyse(frame):
            alert.wipe()
        analysis_s += time.process_time() - started_s
    analyst.end()
    connection.close()
    known = {name: watch.seconds[name] for name in (REDUCE, DETECT, TRACK, CUT, TEMPLATE)}
    known[REST] = analysis_s - sum(known.values())
    return Stages(
        decode=watch.seconds[DECODE] / frames * 1000,
        analysis={name: spent_s / analysed * 1000 for name, spent_s in known.items()},
    )
