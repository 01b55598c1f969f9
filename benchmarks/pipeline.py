"""The pipeline as benchmarks run it: watchlists of LFW people, and clips played through a rehearsal."""

import csv
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import evaluation_data

from openlfr.capture.camera import Pace
from openlfr.capture.source import Connection, Dropped, Picture, Timing
from openlfr.capture.sources import open_source
from openlfr.enrolment.enrol import Enroller
from openlfr.enrolment.listing import ReferencePicture
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.alert import Alert
from openlfr.node.recognition import Recognition, chosen_threshold
from openlfr.node.rehearsal import NamedSource, Rehearsal, Summary
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models

LFW_SEED = 1


@dataclass(frozen=True, slots=True)
class Raised:
    """What is kept of an alert."""

    person_id: str
    score: float
    shots: int
    quality: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a rehearsal."""

    summary: Summary
    alerts: tuple[Raised, ...]


def lfw_references(count: int) -> list[ReferencePicture]:
    """The first picture of `count` people of LFW, drawn with a fixed seed; none that the errata call wrong."""
    folder = evaluation_data("lfw")
    with evaluation_data("labels", "lfw_wrong_image.csv").open(newline="", encoding="utf-8") as rows:
        wrong = {row["image"] for row in csv.DictReader(rows)}
    people = sorted(path.name for path in folder.iterdir() if path.is_dir())
    chosen = random.Random(LFW_SEED).sample(people, len(people))
    references: list[ReferencePicture] = []
    for person in chosen:
        picture = folder / person / f"{person}_0001.jpg"
        if picture.exists() and picture.stem not in wrong:
            references.append(ReferencePicture(person, picture, picture.name))
        if len(references) == count:
            break
    return references


def enrolled(models: Models, references: Sequence[ReferencePicture]) -> list[Entry]:
    """The references that can be enrolled."""
    enrolment = Enroller(models.detector_session, models.extractor, second_opinion=models.second_opinion).enrol(
        references
    )
    return [Entry(e.person, e.picture, e.template, e.descriptor) for e in enrolment.enrolled]


def recognition_of(models: Models, entries: Sequence[Entry], threshold: float | None = None) -> Recognition:
    """A watchlist of `entries`, at the default threshold for its size unless one is given."""
    gallery = Gallery(models.dimension, entries)
    return Recognition(models, gallery, chosen_threshold(models, len(gallery), threshold).value)


def play(sources: Sequence[NamedSource], recognition: Recognition, models: Models, min_face_px: float) -> Played:
    """Recordings through the whole pipeline, as fast as they can be; no frame is dropped."""
    alerts: list[Raised] = []

    def on_alert(alert: Alert) -> None:
        alerts.append(Raised(alert.person_id, alert.score, alert.shots, alert.quality, alert.latency_ms))
        alert.wipe()

    detector = models.detector(DetectorOptions(min_face_px=min_face_px))
    rehearsal = Rehearsal(sources, recognition, detector, on_alert=on_alert, pace=Pace.FAST)
    rehearsal.start()
    rehearsal.wait(threading.Event(), seconds=None, tick=lambda: None, every_s=0.02)
    summary = rehearsal.stop()
    assert summary.ledger.balanced
    return Played(summary, tuple(alerts))


def clip(*parts: str) -> NamedSource:
    """A clip of the evaluation data's folder `video`, as a camera."""
    path: Path = evaluation_data("video", *parts)
    return NamedSource(path.stem, str(path))


class FirstFrames:
    """The beginning of a recording: `count` pictures at the most."""

    timing = Timing.RECORDED

    def __init__(self, path: Path, count: int) -> None:
        self._source = open_source(str(path))
        self._count = count

    @property
    def description(self) -> str:
        return self._source.description

    def open(self) -> Connection:
        """See Source."""
        return _Beginning(self._source.open(), self._count)


class _Beginning:
    def __init__(self, connection: Connection, count: int) -> None:
        self._connection = connection
        self._left = count
        self.thin = connection.thin
        self.close = connection.close

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        if not self._left:
            return None
        self._left -= 1
        return self._connection.read()
