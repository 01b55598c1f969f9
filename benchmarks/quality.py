"""The experiments behind the scales of `openlfr.vision.quality`, as markdown tables.

    python benchmarks/quality.py

1. Faces of Labeled Faces in the Wild are blurred, shaken, reduced, darkened, overexposed and flattened; beside the
   similarity that remains between the templates before and after stands the score that the scale gives (median of the
   faces). They should agree: that is what the score means.
2. How well covered mouths and eyes are told from bare ones.
3. Mean similarity of two pictures of one person, one of them frontal, by the other's estimated yaw and pitch.

Needs the evaluation data in ../shared/data or where OPENLFR_EVALUATION_DATA points.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.capture.file_names import natural_order
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.pictures import read_picture
from openlfr.enrolment.enrol import Enrolled, Enroller
from openlfr.enrolment.listing import ReferencePicture, list_watchlist
from openlfr.vision.alignment import align
from openlfr.vision.face import BGRImage
from openlfr.vision.inference import Precision
from openlfr.vision.models import Models, open_models
from openlfr.vision.quality import (
    INTER_EYE_PX,
    REASON_BELOW,
    QualityMeasure,
    assess,
    head_pose,
)

DATA = Path(os.environ.get("OPENLFR_EVALUATION_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FACES = 200
MATED_PICTURES_A_PERSON = 8
CHIP_EYE_PX = 35.2
"""Distance between the eyes in a chip."""
FRONTAL_DEGREES = 10.0
CERTAIN_MATCH = 0.5
YAW_BINS = (0, 5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 90)
PITCH_BINS = (0, 5, 10, 15, 20, 25, 40)

Fault = Callable[[BGRImage], BGRImage]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture that was enrolled, with its chip."""

    enrolled: Enrolled
    chip: BGRImage


def main() -> None:
    """Runs all three and prints them."""
    models = open_models(precision=Precision.F32, streams=os.cpu_count() or 1)
    enroller = Enroller(models.detector_session, models.extractor, quality_floor=0)
    lfw = list_watchlist(DATA / "lfw").pictures
    plain = samples(enroller, lfw[:: len(lfw) // (3 * FACES)])
    print_faults(models, plain[:FACES])
    print_covers(enroller, plain)
    print_pose(enroller, lfw)


def samples(enroller: Enroller, references: Iterable[ReferencePicture]) -> list[Sample]:
    """Those that enrol, whatever their quality."""
    return [
        Sample(enrolled, align(ArrayFrameImage(read_picture(enrolled.reference.path)), enrolled.face.landmarks))
        for enrolled in enroller.enrol(tuple(references)).enrolled
    ]


def faults() -> Iterator[tuple[str, QualityMeasure, Fault]]:
    """What is done to a chip, and the component that should notice."""
    measures = QualityMeasure
    yield "none", measures.SHARPNESS, lambda chip: chip
    for sigma in (0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0):
        yield f"blur, sigma {sigma:g} px", measures.SHARPNESS, lambda c, s=sigma: cv2.GaussianBlur(c, (0, 0), s)  # type: ignore[misc]
    for length in (3, 5, 9, 13, 17):
        yield f"shaken across, {length} px", measures.SHARPNESS, lambda c, k=length: cv2.blur(c, (k, 1))  # type: ignore[misc]
        yield f"shaken along, {length} px", measures.SHARPNESS, lambda c, k=length: cv2.blur(c, (1, k))  # type: ignore[misc]
    for eye_px, _ in INTER_EYE_PX[1:]:
        yield f"{eye_px:g} px between the eyes", measures.INTER_EYE_DISTANCE, reduced_to(eye_px)
    for factor in (0.5, 0.3, 0.2, 0.1, 0.05):
        yield f"light x {factor:g}", measures.UNDER_EXPOSURE, brightened(factor)
    for factor in (1.5, 2.0, 3.0, 4.0):
        yield f"light x {factor:g}", measures.OVER_EXPOSURE, brightened(factor)
    for share in (0.5, 0.25, 0.12, 0.06):
        yield f"contrast x {share:g}", measures.DYNAMIC_RANGE, flattened(share)


def reduced_to(eye_px: float) -> Fault:
    """The chip as it looks when the eyes were so many pixels apart."""
    side = max(round(112 * eye_px / CHIP_EYE_PX), 4)

    def reduce(chip: BGRImage) -> BGRImage:
        small = cv2.resize(chip, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (112, 112), interpolation=cv2.INTER_LINEAR), np.uint8)

    return reduce


def brightened(factor: float) -> Fault:
    return lambda chip: np.asarray(np.clip(chip * factor, 0, 255), np.uint8)


def flattened(share: float) -> Fault:
    return lambda chip: np.asarray(np.clip((chip - chip.mean()) * share + chip.mean(), 0, 255), np.uint8)


def print_faults(models: Models, faces: list[Sample]) -> None:
    before = models.extractor.extract(np.stack([face.chip for face in faces]))
    print(f"Similarity that remains and score, median of {len(faces)} faces\n")
    print("| fault | component | similarity x 100 | 10th percentile | score |\n|---|---|---|---|---|")
    for name, measure, fault in faults():
        chips = np.stack([fault(face.chip) for face in faces])
        remaining = 100 * (models.extractor.extract(chips) * before).sum(axis=1)
        if measure is QualityMeasure.INTER_EYE_DISTANCE:
            score = next(s for px, s in INTER_EYE_PX if name.startswith(f"{px:g} px"))
        else:
            both = zip(faces, chips, strict=True)
            given = [assess(face.enrolled.face, chip, 150, 150).components[measure] for face, chip in both]
            score = float(np.median(given))
        print(f"| {name} | {measure} | {np.median(remaining):.1f} | {np.percentile(remaining, 10):.1f} | {score:.1f} |")
    print()


def print_covers(enroller: Enroller, plain: list[Sample]) -> None:
    with (DATA / "labels" / "lfw_masked.csv").open(encoding="utf-8") as file:
        masked = [DATA / "lfw_masked" / row["image"] for row in csv.DictReader(file)]
    listed = (DATA / "labels" / "lfw_sunglasses_handpicked.txt").read_text(encoding="utf-8").split()
    glasses = [DATA / "lfw" / name for name in listed]
    print("Covered faces against bare ones\n")
    print("| cover | component | covered | bare | AUC | covered named as reason | bare named |")
    print("|---|---|---|---|---|---|---|")
    for cover, measure, paths in (
        ("synthetic masks", QualityMeasure.MOUTH_OCCLUSION, masked[::3]),
        ("sunglasses and tinted glasses", QualityMeasure.EYES_VISIBLE, glasses),
    ):
        covered = samples(enroller, [ReferencePicture(path.name, path, path.name) for path in paths])
        scores = [np.array([s.enrolled.quality.components[measure] for s in group]) for group in (covered, plain)]
        named = [f"{(group < REASON_BELOW).mean():.1%}" for group in scores]
        auc = area_under_roc(*scores)
        print(f"| {cover} | {measure} | {len(covered)} | {len(plain)} | {auc:.3f} | {named[0]} | {named[1]} |")
    print()


def area_under_roc(low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """Chance that one of `high` scores above one of `low`; a tie counts half."""
    return float(((high[:, None] > low).mean() + (high[:, None] >= low).mean()) / 2)


def print_pose(enroller: Enroller, lfw: tuple[ReferencePicture, ...]) -> None:
    people: dict[str, list[ReferencePicture]] = {}
    for reference in lfw:
        people.setdefault(reference.person, []).append(reference)
    chosen = [
        r
        for pictures in people.values()
        if len(pictures) > 1
        for r in sorted(pictures, key=lambda r: natural_order(r.name))[:MATED_PICTURES_A_PERSON]
    ]
    enrolled = enroller.enrol(chosen).enrolled
    poses = [head_pose(e.face.landmarks) for e in enrolled]
    by_person: dict[str, list[int]] = {}
    for index, e in enumerate(enrolled):
        by_person.setdefault(e.person, []).append(index)
    yaw: list[tuple[float, float]] = []
    pitch: list[tuple[float, float]] = []
    for indices in by_person.values():
        for pair in combinations(indices, 2):
            similarity = float(enrolled[pair[0]].template @ enrolled[pair[1]].template)
            for frontal, other in (pair, pair[::-1]):
                if abs(poses[frontal].yaw) < FRONTAL_DEGREES and abs(poses[frontal].pitch) < FRONTAL_DEGREES:
                    if abs(poses[other].pitch) < FRONTAL_DEGREES:
                        yaw.append((abs(poses[other].yaw), similarity))
                    if abs(poses[other].yaw) < FRONTAL_DEGREES:
                        pitch.append((abs(poses[other].pitch), similarity))
    for name, pairs, bins in (("yaw", yaw, YAW_BINS), ("pitch", pitch, PITCH_BINS)):
        print(f"Mated pairs, one picture frontal, by the estimated {name} of the other\n")
        print(f"| {name}, degrees | pairs | mean similarity | of frontal's, % | under {CERTAIN_MATCH:g} |")
        print("|---|---|---|---|---|")
        angles, similarities = np.array(pairs).T
        frontal_mean = similarities[angles < bins[1]].mean()
        for low, high in pairwise(bins):
            within = similarities[(angles >= low) & (angles < high)]
            if len(within):
                share, missed = 100 * within.mean() / frontal_mean, (within < CERTAIN_MATCH).mean()
                print(f"| {low} to {high} | {len(within)} | {within.mean():.3f} | {share:.1f} | {missed:.1%} |")
        print()


if __name__ == "__main__":
    main()
