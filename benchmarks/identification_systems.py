"""The recognisers that benchmarks/identification.py measures: OpenLFR's pipeline and what a user would pick instead."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import dlib
import face_recognition_models
import numpy as np
from benchmarks.alternatives import OpenCvPair
from numpy.typing import NDArray

from openlfr.assurance.acquisition import recipe_of
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.pictures import read_picture
from openlfr.enrolment.stills import StillDetector, prominence, prominent_faces
from openlfr.matching.decision import DLIB_RULE
from openlfr.vision.alignment import align
from openlfr.vision.detector import SMALLEST_NETWORK_FACE_PX
from openlfr.vision.dlib_network import DIMENSION
from openlfr.vision.face import BGRImage, Box, Face
from openlfr.vision.inference import OpenVinoRuntime, Precision
from openlfr.vision.models import open_models
from openlfr.vision.second_opinion import open_second_opinion

BLOCK = 128
"""Pictures after which what was computed is kept, and from which an interrupted run goes on."""

Rows = NDArray[np.float32]


class System(Protocol):
    """Pictures in, one row of numbers each; rows in, scores out."""

    @property
    def key(self) -> str:
        """Names the file that what it computes is kept in."""
        ...

    @property
    def width(self) -> int:
        """Length of a row."""
        ...

    def rows(self, pictures: Sequence[BGRImage]) -> Rows:
        """(n, width); a row of not-a-number where no face was found. The face is the most prominent one."""
        ...


class OpenLfr:
    """The pipeline's stages for photographs: SFace's template and the second opinion's descriptor, side by side."""

    def __init__(self, precision: Precision, threads: int) -> None:
        self._models = open_models(precision=precision, threads_per_stream=threads, second_opinion=True)
        if self._models.second_opinion is None:
            raise SystemExit("The second opinion could not be opened.")
        self._second = self._models.second_opinion
        self._detector = StillDetector(self._models.detector_session)
        self.dimension = self._models.dimension
        self.width = self.dimension + DIMENSION
        # Models, precision and the code that decides what a template is.
        self.key = f"openlfr-{precision.value}-{recipe_of(self._models)[:16]}"

    def rows(self, pictures: Sequence[BGRImage]) -> Rows:
        rows = np.full((len(pictures), self.width), np.nan, np.float32)
        chips, seconds, places = [], [], []
        for place, picture in enumerate(pictures):
            height, width = picture.shape[:2]
            found = prominent_faces(self._detector.detect(picture), width, height)
            if found is not None:
                frame = ArrayFrameImage(picture)
                chips.append(align(frame, found.main.landmarks))
                seconds.append(self._second.chip(frame, found.main.landmarks))
                places.append(place)
        if places:
            rows[places, : self.dimension] = self._models.extractor.extract(np.stack(chips))
            rows[places, self.dimension :] = self._second.describe(np.stack(seconds))
        return rows


class OpenCv:
    """FaceDetectorYN and FaceRecognizerSF, as OpenCV's own sample uses them: no mirror image.

    Detection and `alignCrop` are OpenCV's; the network after them runs through OpenVINO in f32, the same numbers to
    1e-4 several times sooner, and `rows` holds some of them against OpenCV's own every time it is called.
    """

    key, width = "opencv", 128

    def __init__(self, threads: int) -> None:
        self._pair = OpenCvPair()
        self._session = open_models(precision=Precision.F32, threads_per_stream=threads).recogniser_session

    def rows(self, pictures: Sequence[BGRImage]) -> Rows:
        rows = np.full((len(pictures), self.width), np.nan, np.float32)
        chips, places = [], []
        for place, picture in enumerate(pictures):
            found = self._pair.faces(picture, SMALLEST_NETWORK_FACE_PX)
            if len(found):
                boxes = [Box(*(float(v) for v in face[:4])) for face in found]
                chips.append(self._pair.recogniser.alignCrop(picture, found[_most_prominent(boxes, picture)]))
                places.append(place)
        if places:
            (templates,) = self._session.run(np.stack(chips).astype(np.uint8, copy=False)).values()
            own = self._pair.recogniser.feature(chips[0]).reshape(-1)
            assert np.allclose(own, templates[0], rtol=1e-3, atol=1e-3), "OpenCV and OpenVINO disagree."
            rows[places] = templates / np.linalg.norm(templates, axis=1, keepdims=True)
        return rows


class FaceRecognition:
    """face_recognition's way: dlib's HOG detector after one doubling, five landmarks, ResNet.

    The ResNet runs through OpenVINO, which gives dlib's descriptors to 1e-6 (tests/vision/test_second_opinion.py)
    twenty times sooner, and over the mirror image too, which face_recognition does not do and which helps it.
    """

    key, width = "face_recognition", 128

    def __init__(self, threads: int) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
        self._network = open_second_opinion(OpenVinoRuntime(Precision.F32, threads_per_stream=threads))

    def rows(self, pictures: Sequence[BGRImage]) -> Rows:
        rows = np.full((len(pictures), self.width), np.nan, np.float32)
        chips, places = [], []
        for place, picture in enumerate(pictures):
            rgb = np.ascontiguousarray(picture[:, :, ::-1])
            found = list(self._detector(rgb, 1))
            if found:
                boxes = [Box(b.left(), b.top(), b.width(), b.height()) for b in found]
                box = found[_most_prominent(boxes, picture)]
                chips.append(dlib.get_face_chip(rgb, self._landmarks(rgb, box), 150, 0.25)[:, :, ::-1])
                places.append(place)
        if places:
            rows[places] = self._network.describe(np.stack(chips))
        return rows


def _most_prominent(boxes: Sequence[Box], picture: BGRImage) -> int:
    height, width = picture.shape[:2]
    nowhere = np.zeros((5, 2), np.float32)
    return max(range(len(boxes)), key=lambda place: prominence(Face(boxes[place], nowhere, 1.0), width, height))


def cosine(probes: Rows, entries: Rows) -> Rows:
    """Scores (probes, entries); a row without a face scores -inf against everybody."""
    return _without_faces(probes, entries, np.asarray(np.nan_to_num(probes) @ np.nan_to_num(entries).T))


def nearness(probes: Rows, entries: Rows) -> Rows:
    """Minus the squared Euclidean distance."""
    a, b = np.nan_to_num(probes), np.nan_to_num(entries)
    distance = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2 * (a @ b.T)
    return _without_faces(probes, entries, np.asarray(-distance))


def both_opinions(dimension: int) -> Callable[[Rows, Rows], Rows]:
    """Scores of the decision rule (`matching.decision`) from rows of `OpenLfr`."""

    def scores(probes: Rows, entries: Rows) -> Rows:
        first = cosine(probes[:, :dimension], entries[:, :dimension])
        second = nearness(probes[:, dimension:], entries[:, dimension:])
        return np.asarray(first + np.float32(DLIB_RULE.weight) * (np.float32(DLIB_RULE.line) + second))

    return scores


def first_opinion(dimension: int) -> Callable[[Rows, Rows], Rows]:
    return lambda probes, entries: cosine(probes[:, :dimension], entries[:, :dimension])


def _without_faces(probes: Rows, entries: Rows, scores: Rows) -> Rows:
    scores[np.isnan(probes[:, 0])] = -np.inf
    scores[:, np.isnan(entries[:, 0])] = -np.inf
    return scores


def rows_of(system: System, files: Sequence[Path], cache: Path, say: Callable[[str], None]) -> Rows:
    """The rows of all pictures, computed now or kept from an earlier run. Templates of evaluation data stay in `cache`
    until somebody deletes it."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(files), BLOCK):
        block = files[start : start + BLOCK]
        content = hashlib.sha256(
            "\n".join([system.key, *(f"{file.parent.name}/{file.name}" for file in block)]).encode()
        )
        kept = cache / f"{content.hexdigest()[:32]}.npy"
        if not kept.exists():
            rows = system.rows([read_picture(file) for file in block])
            half_written = kept.with_suffix(".part")
            with half_written.open("wb") as file:
                np.save(file, rows)
            half_written.replace(kept)
            say(f"{system.key}: {start + len(block)} of {len(files)} pictures")
        parts.append(np.load(kept))
    return np.concatenate(parts)
