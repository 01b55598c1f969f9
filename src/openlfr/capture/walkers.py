"""Those who walk along the synthetic street: how they move, and how their bodies are drawn."""

import math
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from openlfr.capture.images import Pixels

# Where walkers appear and where they have passed the camera.
FAR_M, NEAR_M = 15.0, 1.7
# Where the middle of the face is on somebody standing.
_FACE_MIDDLE_M = 1.60
_STEPS_PER_S = 1.8

# Blue-green-red.
COATS = (
    (74, 54, 38),
    (48, 46, 44),
    (52, 62, 84),
    (84, 96, 104),
    (60, 74, 54),
    (50, 44, 92),
    (98, 84, 66),
    (122, 132, 142),
)
TROUSERS = ((84, 62, 48), (44, 42, 42), (66, 72, 78), (104, 86, 70))
HAIR = ((28, 30, 34), (34, 48, 70), (60, 92, 124), (120, 124, 128))
_SCARVES = ((60, 60, 150), (120, 70, 50), (70, 110, 90), (150, 160, 170))
SKIN_FROM_BEHIND = (120, 146, 186)


class Trait(StrEnum):
    """What makes a passage hard."""

    PLAIN = "plain"
    TURNED = "turned"  # looks to the side and back
    BLURRED = "blurred"  # moves fast for the exposure
    HALF_COVERED = "half_covered"  # a scarf over mouth and nose for part of the way
    AGAINST_THE_LIGHT = "against_the_light"


@dataclass(frozen=True, slots=True)
class Passage:
    """One person's way past the camera. `person` is None for somebody seen from behind, who walks away."""

    number: int
    person: int | None
    trait: Trait
    starts_at_s: float
    speed_m_s: float
    from_x_m: float
    to_x_m: float
    coat: tuple[int, int, int]
    trousers: tuple[int, int, int]
    hair: tuple[int, int, int]
    step_phase: float

    @property
    def duration_s(self) -> float:
        return (FAR_M - NEAR_M) / self.speed_m_s


@dataclass(frozen=True, slots=True)
class Pose:
    """A walker at a moment: metres, as in Viewpoint; degrees; how much of the way is behind them, 0 to 1."""

    x_m: float
    face_y_m: float
    z_m: float
    yaw_deg: float
    roll_deg: float
    walked: float
    step: float


def pose_at(passage: Passage, elapsed_s: float) -> Pose:
    """Where and how a walker is, so long after setting out."""
    walked = elapsed_s / passage.duration_s
    if passage.person is None:
        z_m = NEAR_M + 1.0 + elapsed_s * passage.speed_m_s
    else:
        z_m = FAR_M - elapsed_s * passage.speed_m_s
    step = 2 * math.pi * (elapsed_s * _STEPS_PER_S + passage.step_phase)
    yaw_deg = 4 * math.sin(elapsed_s * 1.7 + passage.step_phase * 6)
    if passage.trait is Trait.TURNED:
        yaw_deg = 30 * math.sin(elapsed_s * 1.3 + passage.step_phase * 6)
    return Pose(
        x_m=passage.from_x_m + (passage.to_x_m - passage.from_x_m) * walked + 0.02 * math.sin(step / 2),
        face_y_m=_FACE_MIDDLE_M + 0.02 * math.cos(step),
        z_m=z_m,
        yaw_deg=yaw_deg,
        roll_deg=2.0 * math.sin(step / 2),
        walked=walked,
        step=step,
    )


def draw_back_of_head(picture: Pixels, passage: Passage, x: float, y: float, unit: float) -> None:
    """A head seen from behind, its middle at (x, y) pixels; `unit` is the pixels of a metre there."""
    axes = (max(1, round(0.095 * unit)), max(1, round(0.135 * unit)))
    cv2.ellipse(picture, (round(x), round(y - 0.02 * unit)), axes, 0, 0, 360, passage.hair, -1, cv2.LINE_AA)


def wears_scarf(passage: Passage, pose: Pose) -> bool:
    """Whether a scarf hides mouth and nose at this point of the way."""
    return passage.trait is Trait.HALF_COVERED and 0.2 < pose.walked < 0.65


def draw_scarf(picture: Pixels, passage: Passage, x: float, y: float, face_height: float, gain: float) -> None:
    """A scarf over the lower face, whose middle is at (x, y) pixels."""
    cloth = tuple(round(value * gain) for value in _SCARVES[passage.number % len(_SCARVES)])
    fold = tuple(round(value * 0.7) for value in cloth)
    corners = [(-0.46, 0.06), (0.46, 0.06), (0.5, 0.5), (0.3, 0.72), (-0.3, 0.72), (-0.5, 0.5)]
    _polygon(picture, [(x + across * face_height, y + down * face_height) for across, down in corners], cloth)
    for down in (0.25, 0.42):
        start = (round(x - 0.45 * face_height), round(y + (down + 0.05) * face_height))
        end = (round(x + 0.45 * face_height), round(y + down * face_height))
        cv2.line(picture, start, end, fold, max(1, round(face_height * 0.03)), cv2.LINE_AA)


def draw_body(
    picture: Pixels,
    passage: Passage,
    pose: Pose,
    x: float,
    y: float,
    unit: float,
    gain: float,
    skin: tuple[int, int, int],
) -> None:
    """Coat, arms, legs and neck; the middle of the face is at (x, y) pixels, and `unit` is the pixels of a metre."""

    def at(across_m: float, down_m: float) -> tuple[float, float]:
        return x + 0.86 * across_m * unit, y + down_m * unit

    def shade(colour: tuple[int, int, int], light: float) -> tuple[int, int, int]:
        blue, green, red = (min(255, round(value * light * gain)) for value in colour)
        return blue, green, red

    swing = 0.16 * math.sin(pose.step / 2)
    for side, forward in ((-1, swing), (1, -swing)):
        foot = 1.6 - max(0.0, forward) * 0.5
        leg = [at(side * 0.02, 0.75), at(side * 0.2, 0.75), at(side * 0.19, foot), at(side * 0.06, foot)]
        _polygon(picture, leg, shade(passage.trousers, 1.0 if forward > 0 else 0.75))
        shoe = [at(side * 0.04, foot - 0.05), at(side * 0.2, foot - 0.05), at(side * 0.21, foot), at(side * 0.03, foot)]
        _polygon(picture, shoe, (28, 28, 30))
    for side, forward in ((-1, -swing), (1, swing)):
        hand = 0.78 - abs(forward) * 0.3
        arm = [at(side * 0.2, 0.22), at(side * 0.27, 0.3), at(side * 0.31, hand), at(side * 0.21, hand)]
        _polygon(picture, arm, shade(passage.coat, 0.8))
        palm = at(side * 0.26, hand + 0.03)
        cv2.circle(picture, (round(palm[0]), round(palm[1])), max(1, round(0.045 * unit)), shade(skin, 0.9), -1)
    _polygon(picture, [at(-0.055, 0.02), at(0.055, 0.02), at(0.08, 0.2), at(-0.08, 0.2)], shade(skin, 0.8))
    shoulders = [at(-0.07, 0.13), at(0.07, 0.13), at(0.2, 0.18), at(0.25, 0.26), at(0.23, 0.85)]
    _polygon(picture, [*shoulders, at(-0.23, 0.85), at(-0.25, 0.26), at(-0.2, 0.18)], shade(passage.coat, 1.0))
    _polygon(picture, [at(0.02, 0.2), at(0.22, 0.2), at(0.23, 0.85), at(0.1, 0.85)], shade(passage.coat, 0.88))
    if passage.person is not None:
        _polygon(picture, [at(-0.07, 0.13), at(0.07, 0.13), at(0.0, 0.32)], shade((215, 215, 218), 1.0))
        start, end = at(0, 0.32), at(0, 0.85)
        cv2.line(
            picture,
            (round(start[0]), round(start[1])),
            (round(end[0]), round(end[1])),
            shade(passage.coat, 0.6),
            max(1, round(0.012 * unit)),
            cv2.LINE_AA,
        )


def _polygon(picture: Pixels, corners: list[tuple[float, float]], colour: tuple[int, ...]) -> None:
    cv2.fillConvexPoly(picture, np.rint(np.array(corners) * 8).astype(np.int32), colour, cv2.LINE_AA, 3)
