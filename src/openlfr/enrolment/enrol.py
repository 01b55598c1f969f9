"""From reference pictures to what a watchlist is matched with: one face, its quality and its template for each."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.pictures import PictureError, read_file, read_picture
from openlfr.enrolment.listing import ReferencePicture
from openlfr.enrolment.stills import StillDetector, prominent_faces
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorSession
from openlfr.vision.face import BGRImage, Face, Template
from openlfr.vision.quality import ADVICE, Quality, assess
from openlfr.vision.second_opinion import SecondOpinion
from openlfr.vision.template import TemplateExtractor

REFERENCE_QUALITY_FLOOR = 25.0
"""Unified quality under which a reference picture is refused: it would be missed, and looks like everybody."""

BATCH = 8
"""Chips that become templates together."""

OnProgress = Callable[[int, int], None]
"""Called with the pictures done and their number."""


class NotEnrolledReason(StrEnum):
    UNREADABLE = "unreadable"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    QUALITY_TOO_LOW = "quality_too_low"


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """A reference picture with its template, float32 (dimension,), of length 1.

    `face` is in pixels of the picture as `read_picture` gives it. `sha256` is the file's. `notes` are sentences for the
    operator. `descriptor` is the second opinion's, where the enroller was given one.
    """

    reference: ReferencePicture
    face: Face
    quality: Quality
    template: Template
    sha256: str
    notes: tuple[str, ...] = ()
    descriptor: NDArray[np.float32] | None = None

    @property
    def person(self) -> str:
        return self.reference.person

    @property
    def picture(self) -> str:
        return self.reference.name


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """A reference picture that cannot be used: why, in a code and in one sentence that names it and says what to do.
    `quality` is known when that is the reason."""

    reference: ReferencePicture
    reason: NotEnrolledReason
    sentence: str
    quality: Quality | None = None

    @property
    def person(self) -> str:
        return self.reference.person

    @property
    def picture(self) -> str:
        return self.reference.name


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Every picture given is in one of the two, both in the order given."""

    enrolled: tuple[Enrolled, ...]
    not_enrolled: tuple[NotEnrolled, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    reference: ReferencePicture
    face: Face
    quality: Quality
    chip: BGRImage
    second_chip: BGRImage | None
    sha256: str
    notes: tuple[str, ...]


class Enroller:
    """Enrols reference pictures. Thread-safe."""

    def __init__(
        self,
        detector_session: DetectorSession,
        extractor: TemplateExtractor,
        *,
        second_opinion: SecondOpinion | None = None,
        quality_floor: float = REFERENCE_QUALITY_FLOOR,
        readers: int | None = None,
    ) -> None:
        """`second_opinion`: also describe each face by it. `readers`: threads that read pictures and find faces while
        templates are computed; one for each processor by default."""
        self._detector = StillDetector(detector_session)
        self._extractor = extractor
        self._second_opinion = second_opinion
        self._quality_floor = quality_floor
        self._readers = readers or os.cpu_count() or 1

    def enrol(self, references: Sequence[ReferencePicture], on_progress: OnProgress | None = None) -> Enrolment:
        """Reads and enrols every picture; one that cannot be used never stops the others. Memory is bounded by the
        readers, not by the number of pictures. Raises InferenceError when the models fail."""
        enrolled: list[Enrolled] = []
        not_enrolled: list[NotEnrolled] = []
        waiting: list[_Prepared] = []
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            if on_progress is not None and count:
                on_progress(done, len(references))

        for prepared in self._read_ahead(references):
            if isinstance(prepared, NotEnrolled):
                not_enrolled.append(prepared)
                progress(1)
                continue
            waiting.append(prepared)
            if len(waiting) == BATCH:
                enrolled += self._templates(waiting)
                progress(len(waiting))
                waiting.clear()
        if waiting:
            enrolled += self._templates(waiting)
            progress(len(waiting))
        return Enrolment(tuple(enrolled), tuple(not_enrolled))

    def enrol_picture(self, reference: ReferencePicture, content: bytes) -> Enrolled | NotEnrolled:
        """Enrols one picture whose bytes are at hand."""
        prepared = self._prepare(reference, content)
        return prepared if isinstance(prepared, NotEnrolled) else self._templates([prepared])[0]

    def _read_ahead(self, references: Sequence[ReferencePicture]) -> Iterator[_Prepared | NotEnrolled]:
        """What becomes of each picture, in order; at most a window of them is under way or waiting."""
        upcoming = iter(references)
        under_way: deque[Future[_Prepared | NotEnrolled]] = deque()
        with ThreadPoolExecutor(self._readers, thread_name_prefix="enrol") as pool:
            try:
                under_way.extend(pool.submit(self._read, r) for r in islice(upcoming, self._readers + 2 * BATCH))
                while under_way:
                    yield under_way.popleft().result()
                    under_way.extend(pool.submit(self._read, r) for r in islice(upcoming, 1))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _read(self, reference: ReferencePicture) -> _Prepared | NotEnrolled:
        try:
            content = read_file(reference.path, name=reference.name)
        except PictureError as error:
            return NotEnrolled(reference, NotEnrolledReason.UNREADABLE, str(error))
        return self._prepare(reference, content)

    def _prepare(self, reference: ReferencePicture, content: bytes) -> _Prepared | NotEnrolled:
        try:
            picture = read_picture(content, name=reference.name)
        except PictureError as error:
            return NotEnrolled(reference, NotEnrolledReason.UNREADABLE, str(error))
        try:
            return self._judge(reference, picture, hashlib.sha256(content).hexdigest())
        finally:
            picture[...] = 0

    def _judge(self, reference: ReferencePicture, picture: BGRImage, sha256: str) -> _Prepared | NotEnrolled:
        height, width = picture.shape[:2]
        found = prominent_faces(self._detector.detect(picture), width, height)
        if found is None:
            sentence = f"The picture {reference.name} shows no face; use one that shows the face from the front."
            return NotEnrolled(reference, NotEnrolledReason.NO_FACE, sentence)
        if found.rivals:
            sentence = (
                f"The picture {reference.name} shows {len(found.rivals) + 1} faces of about the same size, "
                "and it is not clear which is meant; crop it to the one person."
            )
            return NotEnrolled(reference, NotEnrolledReason.SEVERAL_FACES, sentence)
        face = found.main
        chip = align(ArrayFrameImage(picture), face.landmarks)
        quality = assess(face, chip, width, height)
        if quality.unified < self._quality_floor:
            chip[...] = 0
            sentence = (
                f"The picture {reference.name} is not good enough (quality {quality.unified:.0f} of 100): "
                f"{advice(quality)}."
            )
            return NotEnrolled(reference, NotEnrolledReason.QUALITY_TOO_LOW, sentence, quality)
        notes: tuple[str, ...] = ()
        if found.others:
            count = len(found.others)
            notes = (
                f"There {'is a smaller face' if count == 1 else f'are {count} smaller faces'} beside the main one.",
            )
        second = self._second_opinion
        second_chip = None if second is None else second.chip(ArrayFrameImage(picture), face.landmarks)
        return _Prepared(reference, face, quality, chip, second_chip, sha256, notes)

    def _templates(self, prepared: Sequence[_Prepared]) -> list[Enrolled]:
        chips = np.stack([p.chip for p in prepared])
        templates = self._extractor.extract(chips)
        descriptors = self._descriptors(prepared)
        chips[...] = 0
        enrolled = []
        for p, template, descriptor in zip(prepared, templates, descriptors, strict=True):
            p.chip[...] = 0
            enrolled.append(Enrolled(p.reference, p.face, p.quality, template.copy(), p.sha256, p.notes, descriptor))
        return enrolled

    def _descriptors(self, prepared: Sequence[_Prepared]) -> list[NDArray[np.float32] | None]:
        chips = [p.second_chip for p in prepared if p.second_chip is not None]
        if self._second_opinion is None or not chips:
            return [None] * len(prepared)
        described = self._second_opinion.describe(np.stack(chips))
        for chip in chips:
            chip[...] = 0
        return [descriptor.copy() for descriptor in described]


def advice(quality: Quality) -> str:
    """What pulls a picture's quality down and what to do about it, worst first; the lowest component if none is low on
    its own."""
    reasons = quality.reasons or (min(quality.components, key=lambda measure: quality.components[measure]),)
    return "; ".join(ADVICE[reason] for reason in reasons)
