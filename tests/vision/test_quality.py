"""Quality: each component falls as its own fault grows, on real faces, and poses come out of rotated models."""

import csv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.evaluation_data import evaluation_data
from tests.support.faces import astronaut, face_at, grace_hopper, main_face, models

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.face import BGRImage, Box, Face
from openlfr.vision.quality import (
    ADVICE,
    Quality,
    QualityMeasure,
    assess,
    geometric_components,
    head_pose,
    unified,
)

Fault = Callable[[BGRImage, float], BGRImage]


def chip_of(picture: BGRImage) -> BGRImage:
    return align(ArrayFrameImage(picture), main_face(picture).landmarks)


def lfw(name: str) -> BGRImage:
    person = name.rsplit("_", 1)[0]
    return np.asarray(cv2.imread(str(evaluation_data("lfw", person, f"{name}.jpg"))), np.uint8)


PEOPLE: dict[str, Callable[[], BGRImage]] = {
    "astronaut": astronaut,
    "grace_hopper": grace_hopper,
    "colin_powell": lambda: lfw("Colin_Powell_0001"),
    "serena_williams": lambda: lfw("Serena_Williams_0001"),
    "george_w_bush": lambda: lfw("George_W_Bush_0001"),
}
people = pytest.mark.parametrize("person", PEOPLE)


def blurred(chip: BGRImage, sigma: float) -> BGRImage:
    return np.asarray(cv2.GaussianBlur(chip, (0, 0), sigma), np.uint8)


def shaken(chip: BGRImage, length: float) -> BGRImage:
    return np.asarray(cv2.blur(chip, (round(length), 1)), np.uint8)


def darkened(chip: BGRImage, factor: float) -> BGRImage:
    return np.asarray(chip * factor, np.uint8)


def overexposed(chip: BGRImage, factor: float) -> BGRImage:
    return np.asarray(np.clip(chip * float(factor), 0, 255), np.uint8)


def hazy(chip: BGRImage, share: float) -> BGRImage:
    return np.asarray(chip * (1 - share) + 150.0 * share, np.uint8)


def masked(chip: BGRImage, opacity: float) -> BGRImage:
    """A surgical mask painted over nose tip, mouth and chin."""
    cloth = chip.copy()
    outline = np.array([[26, 72], [56, 66], [86, 72], [82, 100], [56, 112], [30, 100]], np.int32)
    cv2.fillPoly(cloth, [outline], (200, 150, 80))
    return np.asarray(cv2.addWeighted(cloth, opacity, chip, 1 - opacity, 0), np.uint8)


def dark_glasses(chip: BGRImage, opacity: float) -> BGRImage:
    glasses = chip.copy()
    for x in (38, 74):
        cv2.ellipse(glasses, (x, 52), (15, 11), 0, 0, 360, (10, 10, 10), -1)
    return np.asarray(cv2.addWeighted(glasses, opacity, chip, 1 - opacity, 0), np.uint8)


FAULTS: list[tuple[QualityMeasure, Fault, tuple[float, ...]]] = [
    (QualityMeasure.SHARPNESS, blurred, (0.7, 1.5, 2.5, 4, 6)),
    (QualityMeasure.SHARPNESS, shaken, (3, 7, 11, 17, 25)),
    (QualityMeasure.UNDER_EXPOSURE, darkened, (0.5, 0.3, 0.15, 0.07, 0.03)),
    (QualityMeasure.OVER_EXPOSURE, overexposed, (1.5, 2, 3, 5, 9)),
    (QualityMeasure.DYNAMIC_RANGE, hazy, (0.3, 0.6, 0.8, 0.9, 0.96)),
]


@people
@pytest.mark.parametrize(("measure", "fault", "strengths"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_component_falls_as_its_fault_grows(
    person: str, measure: QualityMeasure, fault: Fault, strengths: tuple[float, ...]
) -> None:
    picture = PEOPLE[person]()
    face, chip = main_face(picture), chip_of(picture)
    scores = [assess(face, c, 512, 512).components[measure] for c in (chip, *(fault(chip, s) for s in strengths))]
    assert all(later <= earlier + 0.5 for earlier, later in pairwise(scores)), scores
    assert scores[-1] < 65 < 85 < scores[0], scores


@people
@pytest.mark.parametrize(
    ("measure", "cover"), [(QualityMeasure.MOUTH_OCCLUSION, masked), (QualityMeasure.EYES_VISIBLE, dark_glasses)]
)
def test_a_covered_part_of_the_face_is_noticed(person: str, measure: QualityMeasure, cover: Fault) -> None:
    picture = PEOPLE[person]()
    face, chip = main_face(picture), chip_of(picture)
    scores = [assess(face, cover(chip, opacity), 512, 512).components[measure] for opacity in (0, 0.5, 1.0)]
    assert scores[0] >= scores[1] >= scores[2], scores
    assert scores[0] - scores[2] > 15, scores


@people
def test_every_fault_lowers_the_unified_quality(person: str) -> None:
    picture = PEOPLE[person]()
    face, chip = main_face(picture), chip_of(picture)
    best = assess(face, chip, 512, 512).unified
    for _, fault, strengths in FAULTS:
        assert assess(face, fault(chip, strengths[-1]), 512, 512).unified < best - 20


@people
def test_a_smaller_face_scores_lower_in_size(person: str) -> None:
    face = main_face(PEOPLE[person]())
    eyes = float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))

    def score(wanted_eye_px: float) -> float:
        factor = wanted_eye_px / eyes
        small = Face(face.box.scaled(factor), face.landmarks * np.float32(factor), face.confidence)
        return geometric_components(small, 1000, 1000)[QualityMeasure.INTER_EYE_DISTANCE]

    scores = [score(px) for px in (40, 20, 12, 8, 5, 3)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100
    assert scores[-1] < 30


def test_turning_the_head_does_not_count_as_distance() -> None:
    front = geometric_components(turned(0, 0, 0), 1000, 1000)
    side = geometric_components(turned(45, 0, 0), 1000, 1000)
    measure = QualityMeasure.INTER_EYE_DISTANCE
    assert side[measure] == pytest.approx(front[measure], abs=4)


@pytest.mark.parametrize("across", [0.0, 0.15, 0.3, 0.5], ids=lambda share: f"{share:.0%} beyond the edge")
def test_a_face_over_the_edge_is_a_crop(across: float) -> None:
    face = face_at(50 - across * 100, 200, 100)
    score = geometric_components(face, 1000, 1000)[QualityMeasure.CROP]
    assert score == pytest.approx({0.0: 100, 0.15: 75.4, 0.3: 41.7, 0.5: 5.0}[across], abs=1)


# A head as five points, in the distance between the eyes: x to the right of the picture, y down, z to the viewer.
HEAD = np.array(
    [[-0.5, -0.4, 0.0], [0.5, -0.4, 0.0], [0.0, 0.165, 0.55], [-0.41, 0.745, 0.0], [0.41, 0.745, 0.0]], np.float64
)


def turned(yaw: float, pitch: float, roll: float, scale: float = 40) -> Face:
    """The model's face seen from far away after yaw > 0 to its own left, pitch > 0 up, roll > 0 clockwise."""
    y, p, r = np.radians([yaw, pitch, roll])
    # Its own left is the picture's right: the nose, nearest to the viewer, moves to +x.
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    # Looking up brings the nose up in the picture, to -y.
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    points = (HEAD @ (about_z @ about_x @ about_y).T)[:, :2] * scale + 500
    return Face(Box(460, 460, 80, 80), points.astype(np.float32), 0.9)


@pytest.mark.parametrize("yaw", [-60, -45, -30, -15, 0, 15, 30, 45, 60])
def test_yaw_is_found_within_a_few_degrees(yaw: float) -> None:
    pose = head_pose(turned(yaw, 0, 0).landmarks)
    assert pose.yaw == pytest.approx(yaw, abs=6)
    assert pose.pitch == pytest.approx(0, abs=6)
    assert pose.roll == pytest.approx(0, abs=3)


@pytest.mark.parametrize("pitch", [-30, -20, -10, 10, 20, 30])
def test_pitch_has_the_right_sign_and_about_the_right_size(pitch: float) -> None:
    pose = head_pose(turned(0, pitch, 0).landmarks)
    assert np.sign(pose.pitch) == np.sign(pitch)
    assert abs(pose.pitch) == pytest.approx(abs(pitch), abs=12)
    assert pose.yaw == pytest.approx(0, abs=3)


@pytest.mark.parametrize("roll", [-60, -20, 0, 20, 60, 90])
@pytest.mark.parametrize("yaw", [-30, 0, 30])
def test_roll_is_found_and_does_not_disturb_yaw(roll: float, yaw: float) -> None:
    pose = head_pose(turned(yaw, 0, roll).landmarks)
    assert pose.roll == pytest.approx(roll, abs=3)
    assert pose.yaw == pytest.approx(yaw, abs=6)


@pytest.mark.parametrize(
    ("measure", "pose"),
    [
        (QualityMeasure.HEAD_POSE_YAW, lambda a: turned(a, 0, 0)),
        (QualityMeasure.HEAD_POSE_YAW, lambda a: turned(-a, 0, 0)),
        (QualityMeasure.HEAD_POSE_PITCH, lambda a: turned(0, a, 0)),
        (QualityMeasure.HEAD_POSE_PITCH, lambda a: turned(0, -a, 0)),
        (QualityMeasure.HEAD_POSE_ROLL, lambda a: turned(0, 0, a)),
    ],
    ids=["to the left", "to the right", "up", "down", "leaning"],
)
def test_a_turned_head_scores_lower_the_more_it_is_turned(
    measure: QualityMeasure, pose: Callable[[float], Face]
) -> None:
    scores = [geometric_components(pose(angle), 1000, 1000)[measure] for angle in (0, 20, 35, 50)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 95
    assert scores[0] > scores[2] > scores[3]


def test_landmarks_that_are_all_one_point_give_a_finite_pose() -> None:
    pose = head_pose(np.zeros((5, 2), np.float32))
    assert np.isfinite([pose.yaw, pose.pitch, pose.roll]).all()


def test_reasons_name_what_is_low_worst_first_and_each_has_advice() -> None:
    quality = Quality(10, {QualityMeasure.SHARPNESS: 40, QualityMeasure.UNDER_EXPOSURE: 20, QualityMeasure.CROP: 90})
    assert quality.reasons == (QualityMeasure.UNDER_EXPOSURE, QualityMeasure.SHARPNESS)
    assert set(ADVICE) == set(QualityMeasure)


def test_losses_multiply_and_lost_detail_counts_once() -> None:
    measures = QualityMeasure
    assert unified({}) == 100
    assert unified({measures.SHARPNESS: 50, measures.INTER_EYE_DISTANCE: 80}) == pytest.approx(50)
    assert unified({measures.HEAD_POSE_YAW: 50, measures.UNDER_EXPOSURE: 50}) == pytest.approx(25)


def test_a_chip_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="112 x 112 x 3"):
        assess(face_at(50, 50, 50), np.zeros((96, 96, 3), np.uint8), 100, 100)


def qualities(root: Path, names: list[str], measure: QualityMeasure) -> NDArray[np.float64]:
    detector = models().detector(DetectorOptions(min_face_px=30, confidence=0.5))
    scores = []
    for name in names:
        frame = ArrayFrameImage(np.asarray(cv2.imread(str(root / name)), np.uint8))
        faces = detector.detect(frame)
        if faces:
            middle = min(faces, key=lambda f: np.hypot(f.box.centre[0] - 75, f.box.centre[1] - 75))
            chip = align(frame, middle.landmarks)
            scores.append(assess(middle, chip, frame.width, frame.height).components[measure])
    return np.array(scores)


def area_under_roc(low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """Chance that one of `high` scores above one of `low`; a tie counts half."""
    return float(((high[:, None] > low).mean() + (high[:, None] >= low).mean()) / 2)


def plain_names(count: int) -> list[str]:
    folders = sorted(evaluation_data("lfw").iterdir())
    step = len(folders) // count
    return [str(Path(folder.name) / f"{folder.name}_0001.jpg") for folder in folders[::step]]


def test_faces_with_masks_score_below_bare_ones() -> None:
    with evaluation_data("labels", "lfw_masked.csv").open(encoding="utf-8") as file:
        names = [row["image"] for row in csv.DictReader(file)][::8]
    measure = QualityMeasure.MOUTH_OCCLUSION
    bare, covered = (
        qualities(evaluation_data(root), chosen, measure)
        for root, chosen in (("lfw", plain_names(200)), ("lfw_masked", names))
    )
    assert area_under_roc(covered, bare) > 0.9


def test_faces_with_dark_glasses_score_below_bare_ones() -> None:
    listed = evaluation_data("labels", "lfw_sunglasses_handpicked.txt").read_text(encoding="utf-8").split()
    measure = QualityMeasure.EYES_VISIBLE
    bare, covered = (qualities(evaluation_data("lfw"), names, measure) for names in (plain_names(200), listed))
    # Shadows under brows look much the same, and tinted glasses are among these: the benchmark has the figure.
    assert area_under_roc(covered, bare) > 0.68
