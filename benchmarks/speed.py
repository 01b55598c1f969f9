"""How fast the pipeline is: `python -m benchmarks.speed` prints tables for RESULTS.md.

Frames a second beside what a user would pick instead on the same frames, with reading the clip, finding faces, making
templates and searching a list of 3,000; templates a second; and where the pipeline's time goes. Rounds are
interleaved, so that a busy machine is busy for all, and the best round of each counts. Processor time is told as well:
what else the machine does changes it little.
"""

import argparse
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from benchmarks.alternatives import DlibPair, OpenCvPair, frames_of
from benchmarks.pipeline import FirstFrames, play, recognition_of
from benchmarks.report import evaluation_data, heading, table
from benchmarks.search import unit_rows
from benchmarks.stages import STAGE_COLUMNS, measured_stages
from numpy.typing import NDArray

from openlfr.capture.images import ArrayFrameImage
from openlfr.cli.watch import silence_logs
from openlfr.matching.gallery import Entry
from openlfr.node.recognition import Recognition
from openlfr.node.rehearsal import NamedSource
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.inference import Precision
from openlfr.vision.models import Models, open_models

LISTED = 3_000
THRESHOLD = 0.5
"""Random templates match nobody at any."""
FRAMES = 150
DLIB_FRAMES = 10
"""dlib takes a second for what the others do in a hundredth."""


@dataclass(frozen=True, slots=True)
class Material:
    """A clip and the smallest face looked for in it."""

    path: Path
    min_face_px: float


@dataclass(frozen=True, slots=True)
class Contender:
    """`watch` goes through the material and returns the frames it looked at."""

    name: str
    watch: Callable[[], int]


def contenders(material: Material, opened: Mapping[str, Models], opencv: OpenCvPair, dlib: DlibPair) -> list[Contender]:
    rows = unit_rows(np.random.default_rng(0), LISTED)
    entries = [Entry(f"{i}", f"{i}.jpg", row) for i, row in enumerate(rows)]
    found = [
        Contender("OpenCV FaceDetectorYN + FaceRecognizerSF", lambda: _all_frames(material, opencv, rows)),
        Contender(
            "face_recognition (dlib, HOG)",
            lambda: sum(dlib.watch(picture, rows) >= 0 for picture in frames_of(material.path, DLIB_FRAMES)),
        ),
    ]
    for name, models in opened.items():
        recognition = recognition_of(models, entries, THRESHOLD)
        found.append(Contender(f"OpenLFR {name}", _pipeline(material, models, recognition)))
        found.append(
            Contender(f"OpenLFR, {name}, a template of every face of every frame", _every(material, models, rows))
        )
    return found


def _all_frames(material: Material, opencv: OpenCvPair, rows: NDArray[np.float32]) -> int:
    return sum(opencv.watch(picture, material.min_face_px, rows) >= 0 for picture in frames_of(material.path, FRAMES))


def _pipeline(material: Material, models: Models, recognition: Recognition) -> Callable[[], int]:
    source = NamedSource("clip", FirstFrames(material.path, FRAMES))
    return lambda: play([source], recognition, models, material.min_face_px).summary.frames_analysed


def _every(material: Material, models: Models, rows: NDArray[np.float32]) -> Callable[[], int]:
    detector = models.detector(DetectorOptions(min_face_px=material.min_face_px, confidence=0.6))

    def watch() -> int:
        count = 0
        for picture in frames_of(material.path, FRAMES):
            image = ArrayFrameImage(picture)
            faces = detector.detect(image)
            if faces:
                chips = np.stack([align(image, face.landmarks) for face in faces])
                np.argmax(models.extractor.extract(chips) @ rows.T, axis=1)
            count += 1
        return count

    return watch


@dataclass(frozen=True, slots=True)
class Pace:
    """The best of the rounds: frames a second, and processor milliseconds a frame, of all threads."""

    frames_per_s: float = 0.0
    cpu_ms: float = math.inf


def paces(found: Sequence[Contender], rounds: int) -> dict[str, Pace]:
    best = {contender.name: Pace() for contender in found}
    for _ in range(rounds):
        for contender in found:
            started_s, began_cpu_s = time.perf_counter(), time.process_time()
            frames = contender.watch()
            frames_per_s = frames / (time.perf_counter() - started_s)
            cpu_ms = (time.process_time() - began_cpu_s) / frames * 1000
            known = best[contender.name]
            best[contender.name] = Pace(max(known.frames_per_s, frames_per_s), min(known.cpu_ms, cpu_ms))
    return best


PACE_COLUMNS = ("clip: pipeline", "frames/s", "times OpenCV", "processor ms a frame", "OpenCV's by this")


def pace_rows(material: Material, found: Sequence[Contender], rounds: int) -> list[list[str]]:
    """Rows of PACE_COLUMNS; the first contender is what the others are compared with."""
    measured = paces(found, rounds)
    reference = measured[found[0].name]
    clip = f"{material.path.stem}, faces from {material.min_face_px:g} px"
    return [
        [
            f"{clip}: {name}",
            f"{pace.frames_per_s:.1f}",
            f"{pace.frames_per_s / reference.frames_per_s:.1f}",
            f"{pace.cpu_ms:.1f}",
            f"{reference.cpu_ms / pace.cpu_ms:.1f}",
        ]
        for name, pace in measured.items()
    ]


def template_rows(opened: Mapping[str, Models], opencv: OpenCvPair, dlib: DlibPair, rounds: int) -> list[list[str]]:
    """Templates a second from chips at hand, the best of the rounds."""
    chips = np.random.default_rng(0).integers(0, 256, (16, 112, 112, 3), np.uint8)
    large = np.asarray(cv2.resize(chips[0], (150, 150)), np.uint8)
    works: dict[str, tuple[int, Callable[[], object]]] = {
        "OpenCV FaceRecognizerSF, one look": (4, lambda: [opencv.recogniser.feature(chip) for chip in chips[:4]]),
        "face_recognition (dlib), one look": (1, lambda: dlib.template(large)),
    }
    for name, models in opened.items():
        for count in (16, 1):
            extract = partial(models.extractor.extract, chips[:count])
            works[f"OpenLFR {name}, chip and mirror image, {count} at a time"] = (count, extract)
    best = dict.fromkeys(works, 0.0)
    for _ in range(rounds * 10):
        for name, (count, work) in works.items():
            started_s = time.perf_counter()
            work()
            best[name] = max(best[name], count / (time.perf_counter() - started_s))
    return [[name, f"{rate:.0f}"] for name, rate in best.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    silence_logs(on_screen=True)
    opened = {p.value: open_models(precision=p) for p in (Precision.F32, Precision.AUTO)}
    opened = {models.execution.precision.value: models for models in opened.values()}
    opencv, dlib = OpenCvPair(), DlibPair()
    crowd = Material(evaluation_data("video", "street_crowd_640x360.mp4"), 24.0)
    materials = [crowd, Material(evaluation_data("video", "uk_street_1280x720.mp4"), 40.0)]
    rates = [
        row for material in materials for row in pace_rows(material, contenders(material, opened, opencv, dlib), rounds)
    ]
    templates = template_rows(opened, opencv, dlib, rounds)
    fastest = list(opened.values())[-1]
    strangers = [Entry(f"{i}", "", row) for i, row in enumerate(unit_rows(np.random.default_rng(0), LISTED))]
    stages = measured_stages(fastest, strangers, crowd.path, crowd.min_face_px)
    identity = f"{fastest.identity}; a list of {LISTED:,} random templates; best of {rounds} interleaved rounds."
    print(heading("Speed", identity))
    print(table(PACE_COLUMNS, rates))
    print(table(["templates", "a second"], templates))
    print(f"Where the time goes ({crowd.path.stem}, {fastest.execution.precision.value}):\n")
    print(table(STAGE_COLUMNS, stages.rows(25, 25)))


if __name__ == "__main__":
    main()
