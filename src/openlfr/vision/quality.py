"""Quality of a shot: how much of a face's similarity to itself survives its size, blur, pose, light and cover.

Every component is 0..100 and named in the words of ISO/IEC 29794-5. Size, sharpness and exposure are scaled by
experiment: faces of Labeled Faces in the Wild were reduced, blurred, darkened and overexposed, and the score is 100
times the cosine that remained between the template before and after (median of 200 faces; benchmarks/quality.py does
it again). So 88 for a face with 10 pixels between the eyes means that 0.88 of the similarity is left at that size.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.vision.alignment import CHIP_SIZE
from openlfr.vision.face import BGRImage, Face


class QualityMeasure(StrEnum):
    """Component names of ISO/IEC 29794-5 (as in OFIQ), of which these are computed here."""

    INTER_EYE_DISTANCE = "InterEyeDistance"
    SHARPNESS = "Sharpness"
    HEAD_POSE_YAW = "HeadPoseYaw"
    HEAD_POSE_PITCH = "HeadPosePitch"
    HEAD_POSE_ROLL = "HeadPoseRoll"
    UNDER_EXPOSURE = "UnderExposurePrevention"
    OVER_EXPOSURE = "OverExposurePrevention"
    DYNAMIC_RANGE = "DynamicRange"
    EYES_VISIBLE = "EyesVisible"
    MOUTH_OCCLUSION = "MouthOcclusionPrevention"
    CROP = "HeadSize"
    """The head is not wholly inside the picture."""


ADVICE: dict[QualityMeasure, str] = {
    QualityMeasure.INTER_EYE_DISTANCE: "the face is small: move the camera closer or use a larger picture",
    QualityMeasure.SHARPNESS: "the face is blurred: check focus and shutter, or use a sharper picture",
    QualityMeasure.HEAD_POSE_YAW: "the head is turned to the side: use a picture that looks at the camera",
    QualityMeasure.HEAD_POSE_PITCH: "the head is tilted up or down: use a picture at eye level",
    QualityMeasure.HEAD_POSE_ROLL: "the head leans to one side: use an upright picture",
    QualityMeasure.UNDER_EXPOSURE: "the face is too dark: add light",
    QualityMeasure.OVER_EXPOSURE: "the face is too bright: lower the exposure",
    QualityMeasure.DYNAMIC_RANGE: "the face has little contrast: check haze, backlight or compression",
    QualityMeasure.EYES_VISIBLE: "the eyes are covered or in shadow: use a picture without dark glasses",
    QualityMeasure.MOUTH_OCCLUSION: "the lower face is covered: use a picture without mask or scarf",
    QualityMeasure.CROP: "the face reaches over the edge of the picture: use one that shows the whole head",
}

REASON_BELOW = 65.0
"""A component under this is named as a reason."""

Scale = tuple[tuple[float, float], ...]

# (measured value, score): piecewise linear between the points, flat outside them.
INTER_EYE_PX: Scale = ((3, 10), (6, 65), (8, 78), (10, 88), (12, 92), (16, 97), (20, 98.5), (32, 100))
SHARPNESS: Scale = (
    (0.08, 5),
    (0.14, 40),
    (0.17, 55),
    (0.21, 68),
    (0.27, 81),
    (0.31, 88),
    (0.39, 94),
    (0.5, 98),
    (0.65, 100),
)
MEAN_DARK: Scale = ((2, 10), (6, 55), (13, 80), (27, 92), (41, 96), (69, 98), (100, 100))
SATURATED: Scale = ((0.0, 100), (0.08, 96), (0.45, 81), (0.83, 46), (0.92, 29))
CONTRAST: Scale = ((1, 10), (4, 60), (8, 88), (17, 97), (30, 100))
# Pose cannot be simulated on flat pictures. Yaw up to 55 degrees: mean similarity of LFW's mated pairs, one of them
# frontal, by the yaw estimated for the other (0.66 under 5 degrees, 0.63 at 33, 0.55 at 55); beyond, and pitch: by the
# usual fall of recognisers trained on ArcFace's template.
YAW_DEGREES: Scale = ((0, 100), (15, 99.5), (30, 97), (40, 94), (50, 86), (60, 65), (90, 15))
PITCH_DEGREES: Scale = ((0, 100), (12, 98), (25, 84), (40, 58), (60, 30))
ROLL_DEGREES: Scale = ((0, 100), (30, 98), (60, 80), (90, 50))  # alignment undoes roll; detection suffers
# Chroma distance (CIE Lab) between mouth and upper face: 95 % of bare LFW faces are under 10, 95 % of masked over 8.
MOUTH_CHROMA: Scale = ((9, 100), (13, 75), (22, 50), (45, 40))
# Lightness by which eyes are darker than skin: 95 % of bare faces are under 90 (of 255), half of sunglasses over.
EYES_DARKER: Scale = ((88, 100), (105, 75), (140, 50))
INSIDE_FRAME: Scale = ((0.5, 5), (0.8, 60), (0.92, 95), (1.0, 100))


FRONTAL_NOSE_SHARE = 0.494
"""How far down from eyes to mouth the nose tip lies in a frontal face (alignment.ARCFACE_LANDMARKS)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`unified` is 0..100; `components` maps each measure to 0..100."""

    unified: float
    components: dict[QualityMeasure, float]

    @property
    def reasons(self) -> tuple[QualityMeasure, ...]:
        """What pulls the score down, worst first."""
        low = [(score, measure) for measure, score in self.components.items() if score < REASON_BELOW]
        return tuple(measure for _, measure in sorted(low))


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Rotation of the head in degrees, estimated from five landmarks; good to about ten degrees.

    yaw > 0: turned towards the person's own left; pitch > 0: looking up; roll > 0: clockwise as seen in the picture.
    """

    yaw: float
    pitch: float
    roll: float


def head_pose(landmarks: NDArray[np.float32]) -> HeadPose:
    """Pose from landmarks (5, 2), by where the nose tip falls between eyes and mouth.

    The nose tip stands out of the plane of eyes and mouth by about 0.55 of the distance between the eyes, so turning
    the head moves it across that plane by 0.55 sin(angle), while the plane itself shrinks with cos(angle).
    """
    eyes = landmarks[:2].mean(axis=0)
    mouth = landmarks[3:].mean(axis=0)
    across = landmarks[1] - landmarks[0]
    roll = float(np.degrees(np.arctan2(across[1], across[0])))
    down = mouth - eyes
    length = max(float(np.hypot(*down)), 1e-6)
    axis_down = down / length
    axis_across = np.array([axis_down[1], -axis_down[0]])
    width = max(abs(float(across @ axis_across)), 1e-6)
    nose = landmarks[2] - eyes
    sideways = float(nose @ axis_across)
    yaw = float(np.degrees(np.arctan2(sideways, 0.55 * width)))
    lowered = float(nose @ axis_down) / length - FRONTAL_NOSE_SHARE
    pitch = float(np.degrees(np.arctan2(-lowered, 0.5)))
    return HeadPose(yaw, pitch, roll)


def eye_distance_px(landmarks: NDArray[np.float32], pose: HeadPose) -> float:
    """How far apart the eyes would be, in pixels, if the head were not turned.

    Turning the head brings the eyes together in the picture; the size of the face does not change with it.
    """
    shortened = float(np.cos(np.radians(min(abs(pose.yaw), 60))))
    return float(np.hypot(*(landmarks[1] - landmarks[0]))) / max(shortened, 0.5)


def geometric_components(face: Face, frame_width: int, frame_height: int) -> dict[QualityMeasure, float]:
    """The components that need no pixels: size, pose, and how much of the head is inside the frame."""
    pose = head_pose(face.landmarks)
    left, top, right, bottom = face.box.pixels(frame_width, frame_height)
    area = max(face.box.width * face.box.height, 1e-6)
    inside = min((right - left) * (bottom - top) / area, 1.0)
    return {
        QualityMeasure.INTER_EYE_DISTANCE: _on(INTER_EYE_PX, eye_distance_px(face.landmarks, pose)),
        QualityMeasure.HEAD_POSE_YAW: _on(YAW_DEGREES, abs(pose.yaw)),
        QualityMeasure.HEAD_POSE_PITCH: _on(PITCH_DEGREES, abs(pose.pitch)),
        QualityMeasure.HEAD_POSE_ROLL: _on(ROLL_DEGREES, abs(pose.roll)),
        QualityMeasure.CROP: _on(INSIDE_FRAME, inside),
    }


def assess(face: Face, chip: BGRImage, frame_width: int, frame_height: int) -> Quality:
    """Quality of one shot from its landmarks and its aligned chip, uint8 (112, 112, 3) BGR."""
    if chip.shape != (CHIP_SIZE, CHIP_SIZE, 3):
        raise ValueError(f"A chip is {CHIP_SIZE} x {CHIP_SIZE} x 3, not {chip.shape}.")
    components = geometric_components(face, frame_width, frame_height) | _pixel_components(chip)
    return Quality(unified(components), components)


def unified(components: dict[QualityMeasure, float]) -> float:
    """One number: the fractions of similarity that survive each fault multiply.

    Size and sharpness are two views of lost detail, so only the worse of the two counts; missing ones count as 100.
    """
    detail = min(
        components.get(QualityMeasure.INTER_EYE_DISTANCE, 100.0), components.get(QualityMeasure.SHARPNESS, 100.0)
    )
    product = detail / 100
    for measure, score in components.items():
        if measure not in (QualityMeasure.INTER_EYE_DISTANCE, QualityMeasure.SHARPNESS):
            product *= score / 100
    return 100 * product


def _pixel_components(chip: BGRImage) -> dict[QualityMeasure, float]:
    inner = _face_ellipse()
    grey = cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY).astype(np.float32)
    face = grey[inner]
    contrast = float(face.std())
    # Detail lost along one direction only (motion) hurts as much as detail lost in both: the worse direction counts.
    across = float(np.abs(grey - cv2.GaussianBlur(grey, (7, 1), 1.5))[inner].mean()) / (contrast + 4) / 0.085
    along = float(np.abs(grey - cv2.GaussianBlur(grey, (1, 7), 1.5))[inner].mean()) / (contrast + 4) / 0.096
    lab = cv2.cvtColor(chip, cv2.COLOR_BGR2LAB).astype(np.float32)
    skin = np.median(
        np.concatenate([_patch(lab, 48, 34, 64, 62), _patch(lab, 30, 62, 44, 70), _patch(lab, 68, 62, 82, 70)]), axis=0
    )
    mouth = np.median(_patch(lab, 38, 80, 74, 108), axis=0)
    eyes = np.median(np.concatenate([_patch(lab, 30, 46, 47, 58), _patch(lab, 65, 46, 82, 58)]), axis=0)
    return {
        QualityMeasure.SHARPNESS: _on(SHARPNESS, min(across, along)),
        QualityMeasure.UNDER_EXPOSURE: _on(MEAN_DARK, float(face.mean())),
        QualityMeasure.OVER_EXPOSURE: _on(SATURATED, float((face >= 250).mean())),
        QualityMeasure.DYNAMIC_RANGE: _on(CONTRAST, contrast),
        QualityMeasure.MOUTH_OCCLUSION: _on(MOUTH_CHROMA, float(np.hypot(*(mouth[1:] - skin[1:])))),
        QualityMeasure.EYES_VISIBLE: _on(EYES_DARKER, float(skin[0] - eyes[0])),
    }


def _patch(picture: NDArray[np.float32], left: int, top: int, right: int, bottom: int) -> NDArray[np.float32]:
    return picture[top:bottom, left:right].reshape(-1, 3)


def _on(scale: Scale, value: float) -> float:
    xs, ys = zip(*scale, strict=True)
    return float(np.interp(value, xs, ys))


@lru_cache(maxsize=1)
def _face_ellipse() -> NDArray[np.bool_]:
    """The part of a chip that is face on anybody: hair and background stay out of the measurements."""
    mask = np.zeros((CHIP_SIZE, CHIP_SIZE), np.uint8)
    cv2.ellipse(mask, (56, 64), (34, 44), 0, 0, 360, 1, -1)
    return mask.astype(np.bool_)
