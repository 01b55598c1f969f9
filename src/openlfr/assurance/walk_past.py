"""Simulated passages: heads cut out of labelled pictures walk towards the camera over real street footage.

Composed picture by picture while they are analysed, so that no video file is ever written. The same seed gives the
same pictures. What comes of it says how one change compares with another, and little about a street: there are no
bodies, and the faces are photographs.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from openlfr.assurance.ground_truth import Conditions, TruePassage
from openlfr.capture.images import ArrayFrameImage, Pixels
from openlfr.capture.source import Connection, Dropped, Picture, Source, Timing, UnusableSourceError
from openlfr.capture.sprites import Head, face_shift, lay_over

WIDTH, HEIGHT = 640, 360
FRAMES_PER_S = 12.5

GAP_S = 0.24
"""Between one head's last picture and the next one's first."""

LASTS_S = (1.6, 2.4)
FIRST_WIDTH_PX = (18.0, 30.0)
LAST_WIDTH_PX = (32.0, 96.0)
"""Of the face; drawn evenly in its logarithm. Pictures of LFW show faces about 100 px wide."""

TURN_DEG = 25.0
TURNED_FROM_DEG = 15.0
SHARE_TURNED, SHARE_BLURRED = 0.35, 0.25
BLUR_OF_WIDTH = (0.06, 0.14)
"""Smear sideways, in widths of the face."""

_NECK_GIVES = 0.6


@dataclass(frozen=True, slots=True)
class WalkPast:
    """One head's way: `x`, `y` of the face's middle as shares of the picture, `width_px` of the face; from, to.

    `turn_deg` is how far the head turns at the most, to and fro; `blur` the smear in widths of the face, 0 for none;
    `light` multiplies the brightness.
    """

    person: str
    picture: str
    starts_at_s: float
    lasts_s: float
    x: tuple[float, float]
    y: tuple[float, float]
    width_px: tuple[float, float]
    turn_deg: float
    turn_phase: float
    roll_deg: float
    blur: float
    light: float

    @property
    def ends_at_s(self) -> float:
        return self.starts_at_s + self.lasts_s

    def truth(self) -> TruePassage:
        """As the ground truth notes it."""
        turned = abs(self.turn_deg) >= TURNED_FROM_DEG
        conditions = Conditions(size=round(self.width_px[1], 1), blur=self.blur > 0, turn=turned)
        return TruePassage(self.person, round(self.starts_at_s, 3), round(self.ends_at_s, 3), conditions)


def walk_pasts(walkers: Sequence[tuple[str, str]], rng: np.random.Generator) -> tuple[WalkPast, ...]:
    """One way each for these (person, picture), one after the other and from alternate sides, so that no two heads are
    ever in the picture together and none begins near where the last one ended."""
    found = []
    at_s = GAP_S
    for number, (person, picture) in enumerate(walkers):
        side = 1 if number % 2 else -1
        lasts_s = float(rng.uniform(*LASTS_S))
        turned, blurred = rng.random() < SHARE_TURNED, rng.random() < SHARE_BLURRED
        found.append(
            WalkPast(
                person=person,
                picture=picture,
                starts_at_s=at_s,
                lasts_s=lasts_s,
                x=(0.5 + side * float(rng.uniform(0.05, 0.15)), 0.5 + side * float(rng.uniform(0.2, 0.35))),
                y=(float(rng.uniform(0.3, 0.45)), float(rng.uniform(0.4, 0.6))),
                width_px=(float(rng.uniform(*FIRST_WIDTH_PX)), float(np.exp(rng.uniform(*np.log(LAST_WIDTH_PX))))),
                turn_deg=float(rng.uniform(TURNED_FROM_DEG, TURN_DEG) if turned else rng.uniform(0, 8)),
                turn_phase=float(rng.random()),
                roll_deg=float(rng.uniform(-6, 6)),
                blur=float(rng.uniform(*BLUR_OF_WIDTH)) if blurred else 0.0,
                light=float(rng.uniform(0.65, 1.1)),
            )
        )
        at_s += lasts_s + GAP_S
    return tuple(found)


HeadOf = Callable[[str], Head]
"""The cut-out head of a picture by its name; asked once for each walk. Raises SourceError where there is none."""


class WalkPastSource:
    """Walks over a looped street as a source that `capture` can play."""

    timing = Timing.RECORDED

    def __init__(self, name: str, walks: Sequence[WalkPast], street: Source, head_of: HeadOf) -> None:
        if not walks:
            raise ValueError("There must be at least one walk.")
        self._name = name
        self._walks = tuple(walks)
        self._street = street
        self._head_of = head_of

    @property
    def description(self) -> str:
        return self._name

    def open(self) -> Connection:
        """See Source."""
        return _WalkPastConnection(self._walks, self._street.open(), self._head_of)


def plan_digest(walks: Sequence[WalkPast], street_sha256: str, pictures: Sequence[str]) -> str:
    """What decides every picture of a reel: the walks, the street, and the heads' pictures by their SHA-256."""
    plan = [[asdict(walk) for walk in walks], street_sha256, list(pictures), WIDTH, HEIGHT, FRAMES_PER_S]
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()


class _WalkPastConnection:
    def __init__(self, walks: Sequence[WalkPast], street: Connection, head_of: HeadOf) -> None:
        self._walks = walks
        self._street = street
        self._head_of = head_of
        self._number = 0
        self._walking: tuple[WalkPast, Head] | None = None
        self._frames = math.ceil((walks[-1].ends_at_s + GAP_S) * FRAMES_PER_S)

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        if self._number >= self._frames:
            return None
        item = self._street.read()
        if isinstance(item, Dropped):
            return item
        if item is None:
            raise UnusableSourceError("The street footage holds no picture.")
        at_s = self._number / FRAMES_PER_S
        self._number += 1
        picture = item.image.scaled(WIDTH, HEIGHT)
        walk = next((each for each in self._walks if each.starts_at_s <= at_s < each.ends_at_s), None)
        if walk is not None:
            draw(picture, walk, self._head(walk), at_s)
        return Picture(ArrayFrameImage(picture), at_s)

    def thin(self, on: bool) -> None:
        """See Connection: every picture is needed."""

    def close(self) -> None:
        """See Connection."""
        self._street.close()
        self._walking = None

    def _head(self, walk: WalkPast) -> Head:
        if self._walking is None or self._walking[0] is not walk:
            self._walking = (walk, self._head_of(walk.picture))
        return self._walking[1]


def draw(picture: Pixels, walk: WalkPast, head: Head, at_s: float) -> None:
    """Lays the head into the picture where it is at `at_s`."""
    part = (at_s - walk.starts_at_s) / walk.lasts_s
    height, width = picture.shape[:2]
    # Somebody who walks at an even pace grows as the inverse of the distance left.
    face_width = 1 / (1 / walk.width_px[0] + part * (1 / walk.width_px[1] - 1 / walk.width_px[0]))
    nearer = (face_width - walk.width_px[0]) / (walk.width_px[1] - walk.width_px[0])
    x = width * (walk.x[0] + nearer * (walk.x[1] - walk.x[0]))
    y = height * (walk.y[0] + nearer * (walk.y[1] - walk.y[0]))
    yaw_deg = walk.turn_deg * math.sin(2 * math.pi * (part + walk.turn_phase))
    full_width, full_height = head.face[2] - head.face[0], head.face[3] - head.face[1]
    sprite, shrunk = head.facing(yaw_deg, face_width * full_height / full_width)
    scale = face_width / (full_width * shrunk)
    middle = ((head.face[0] + head.face[2]) / 2 * shrunk, (head.face[1] + head.face[3]) / 2 * shrunk)
    matrix = cv2.getRotationMatrix2D(middle, walk.roll_deg, scale).astype(np.float64)
    matrix[:, 2] += (x - _NECK_GIVES * face_width * face_shift(yaw_deg) - middle[0], y - middle[1])
    lay_over(picture, sprite, matrix, gain=walk.light, blur_px=round(walk.blur * face_width))
