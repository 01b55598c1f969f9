"""People made of numbers: templates with a known similarity, for tests of what is counted rather than of models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.acquisition import Specimen
from openlfr.assurance.dataset import LabelledPicture
from openlfr.enrolment.enrol import NotEnrolledReason
from openlfr.enrolment.listing import ReferencePicture

DIMENSION = 64


def specimen(
    person: str,
    picture: str,
    template: NDArray[np.float32] | None,
    *,
    quality: float = 90.0,
    failure: NotEnrolledReason | None = None,
    descriptor: NDArray[np.float32] | None = None,
) -> Specimen:
    reference = ReferencePicture(person, Path(picture), f"{person}/{picture}")
    labelled = LabelledPicture(person, reference, sha256=f"{person}/{picture}")
    found = failure is None
    return Specimen(labelled, failure, quality if found else None, None, 40.0 if found else None, template, descriptor)


def crowd(
    people: int, pictures: int, rng: np.random.Generator, *, spread: float = 0.5, prefix: str = "p"
) -> list[Specimen]:
    """`people` independent directions, and around each `pictures` templates, `spread` away from it."""
    made = []
    for number in range(people):
        own = rng.normal(size=DIMENSION)
        for picture in range(pictures):
            made.append(  # noqa: PERF401 - two loops read better
                specimen(
                    f"{prefix}{number:04d}",
                    f"{picture}.jpg",
                    unit(own + spread * rng.normal(size=DIMENSION)),
                )
            )
    return made


def unit(values: NDArray[np.floating] | Sequence[float]) -> NDArray[np.float32]:
    vector = np.asarray(values, np.float64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def at_cosine(cosine: float, axis: int, spare: int) -> NDArray[np.float32]:
    """A template of this cosine with the unit vector `axis`, the rest along `spare`."""
    vector = np.zeros(DIMENSION)
    vector[axis], vector[spare] = cosine, np.sqrt(1 - cosine**2)
    return vector.astype(np.float32)
