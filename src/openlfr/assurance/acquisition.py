"""From labelled pictures to templates, through the enrolment that watchlists use, resumable after an interruption.

Kept templates are biometric data. They are kept of evaluation data only (research material, or people who consented),
in a file only its owner can read, and `--no-cache` keeps none.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.dataset import LabelledPicture
from openlfr.capture.pictures import read_picture
from openlfr.enrolment import enrol, stills
from openlfr.enrolment.enrol import Enrolled, Enroller, NotEnrolled, NotEnrolledReason
from openlfr.vision import alignment, detector, dlib_network, quality, second_opinion, template
from openlfr.vision.face import Template
from openlfr.vision.models import Models
from openlfr.vision.quality import QualityMeasure

BLOCK = 64
"""Pictures after which what was found is kept: no more than these are done again after an interruption."""

_DECIDING: tuple[ModuleType, ...] = (
    alignment,
    detector,
    dlib_network,
    enrol,
    quality,
    second_opinion,
    stills,
    template,
)
"""Modules whose code decides what a template is; a kept one is used only while they are what they were."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """What the first stages made of one picture.

    `template` (dimension,) float32 of length 1 and the second opinion's `descriptor` are None where `failure` says why
    there is none. `quality` 0..100 whatever it is: floors are applied when it is used, so that they can be studied.
    """

    picture: LabelledPicture
    failure: NotEnrolledReason | None
    quality: float | None = None
    weakest: QualityMeasure | None = None
    eye_px: float | None = None
    template: Template | None = None
    descriptor: NDArray[np.float32] | None = None

    @property
    def person(self) -> str:
        return self.picture.person

    @property
    def name(self) -> str:
        return self.picture.name


class TemplateCache:
    """Templates on disk by model pack, precision, code and content of the file. One process at a time writes."""

    def __init__(self, path: Path, recipe: str) -> None:
        """Raises OSError when the file cannot be made, sqlite3.Error when it is none of ours."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._recipe = recipe
        self._database = sqlite3.connect(path, timeout=60)
        with self._database:
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS specimen (recipe TEXT, sha256 TEXT, found TEXT, template BLOB,"
                " descriptor BLOB, PRIMARY KEY (recipe, sha256))"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, picture: LabelledPicture) -> Specimen | None:
        row = self._database.execute(
            "SELECT found, template, descriptor FROM specimen WHERE recipe = ? AND sha256 = ?",
            (self._recipe, picture.sha256),
        ).fetchone()
        if row is None:
            return None
        found = json.loads(row[0])
        return Specimen(
            picture,
            NotEnrolledReason(found["failure"]) if found["failure"] else None,
            found["quality"],
            QualityMeasure(found["weakest"]) if found["weakest"] else None,
            found["eye_px"],
            None if row[1] is None else np.frombuffer(row[1], np.float32),
            None if row[2] is None else np.frombuffer(row[2], np.float32),
        )

    def keep(self, specimens: Sequence[Specimen]) -> None:
        """All of them or, when interrupted, none."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO specimen VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        self._recipe,
                        specimen.picture.sha256,
                        json.dumps(
                            {
                                "failure": specimen.failure,
                                "quality": specimen.quality,
                                "weakest": specimen.weakest,
                                "eye_px": specimen.eye_px,
                            }
                        ),
                        None if specimen.template is None else specimen.template.tobytes(),
                        None if specimen.descriptor is None else specimen.descriptor.tobytes(),
                    )
                    for specimen in specimens
                    if specimen.picture.sha256
                ],
            )


class Acquisition:
    """Makes specimens of pictures with one model pack, in order, from the cache where they were made before."""

    def __init__(self, models: Models, cache: TemplateCache | None) -> None:
        self._models = models
        # Floors are for whoever uses a specimen: here every face gets its template, to show what a floor costs.
        self._enroller = Enroller(
            models.detector_session, models.extractor, second_opinion=models.second_opinion, quality_floor=0.0
        )
        self._cache = cache

    def of(self, pictures: Sequence[LabelledPicture], on_progress: OnProgress | None = None) -> list[Specimen]:
        """One specimen a picture, in their order. Raises InferenceError when the models fail."""
        specimens: list[Specimen] = []
        for start in range(0, len(pictures), BLOCK):
            specimens += self._block(pictures[start : start + BLOCK])
            if on_progress is not None:
                on_progress(len(specimens), len(pictures))
        self._models.scrub()
        return specimens

    def reduced(self, specimens: Sequence[Specimen], eye_px: float) -> list[Specimen]:
        """The same pictures reduced until the eyes are so many pixels apart, and found anew; those whose eyes are not
        that far apart, or which gave no face, are left out."""
        made = []
        for specimen in specimens:
            if specimen.eye_px is None or specimen.eye_px < eye_px:
                continue
            picture = read_picture(specimen.picture.reference.path, name=specimen.name)
            factor = eye_px / specimen.eye_px
            size = (max(round(picture.shape[1] * factor), 1), max(round(picture.shape[0] * factor), 1))
            _, content = cv2.imencode(".png", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
            found = self._enroller.enrol_picture(specimen.picture.reference, content.tobytes())
            made.append(
                Specimen(specimen.picture, found.reason)
                if isinstance(found, NotEnrolled)
                else _specimen(specimen.picture, found)
            )
        self._models.scrub()
        return made

    def _block(self, pictures: Sequence[LabelledPicture]) -> list[Specimen]:
        kept = {} if self._cache is None else {p.name: found for p in pictures if (found := self._cache.get(p))}
        missing = [picture for picture in pictures if picture.name not in kept]
        if missing:
            made = self._made(missing)
            if self._cache is not None:
                self._cache.keep(list(made.values()))
            kept |= made
        return [kept[picture.name] for picture in pictures]

    def _made(self, pictures: Sequence[LabelledPicture]) -> dict[str, Specimen]:
        enrolment = self._enroller.enrol([picture.reference for picture in pictures])
        by_name = {picture.name: picture for picture in pictures}
        made = {
            refused.picture: Specimen(by_name[refused.picture], refused.reason) for refused in enrolment.not_enrolled
        }
        return made | {each.picture: _specimen(by_name[each.picture], each) for each in enrolment.enrolled}


def _specimen(picture: LabelledPicture, enrolled: Enrolled) -> Specimen:
    components = enrolled.quality.components
    return Specimen(
        picture,
        None,
        enrolled.quality.unified,
        min(components, key=lambda measure: components[measure]),
        float(np.hypot(*(enrolled.face.landmarks[1] - enrolled.face.landmarks[0]))),
        enrolled.template,
        enrolled.descriptor,
    )


def recipe_of(models: Models) -> str:
    """What two specimens of one file must share to be the same: models, precision, and the code that decides."""
    code = hashlib.sha256()
    for module in _DECIDING:
        code.update(Path(str(module.__file__)).read_bytes())
    parts = [
        models.identity,
        models.execution.precision.value,
        "" if models.second_opinion is None else models.second_opinion.name,
        code.hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@contextmanager
def opened_cache(folder: Path, recipe: str) -> Iterator[TemplateCache]:
    """The cache file in a folder. Raises OSError or sqlite3.Error."""
    with TemplateCache(folder / "specimens.sqlite", recipe) as cache:
        yield cache


def failures(specimens: Sequence[Specimen]) -> Mapping[NotEnrolledReason, int]:
    """How many gave no template, by reason."""
    counted = dict.fromkeys(NotEnrolledReason, 0)
    for specimen in specimens:
        if specimen.failure is not None:
            counted[specimen.failure] += 1
    return counted
