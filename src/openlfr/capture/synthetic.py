"""A street without a camera: people of given portraits walk past, small, blurred, turned, half covered and against the
light, among moving clutter. For demonstrations, and for tests that need to know who was visible when."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from openlfr.capture.images import ArrayFrameImage, Pixels
from openlfr.capture.source import Connection, Dropped, Picture, Timing
from openlfr.capture.sprites import Box, Head, face_shift, lay_over
from openlfr.capture.street_scene import StreetScene, Viewpoint
from openlfr.capture.walkers import (
    COATS,
    FAR_M,
    HAIR,
    NEAR_M,
    SKIN_FROM_BEHIND,
    TROUSERS,
    Passage,
    Pose,
    Trait,
    draw_back_of_head,
    draw_body,
    draw_scarf,
    pose_at,
    wears_scarf,
)

# Chin to hairline, as a detector's box has it.
_FACE_HEIGHT_M = 0.21
# A turned head moves back over the shoulders by this share of what the face has moved.
_NECK_GIVES = 0.6
# The slowest walk at this speed, in metres a second.
_SLOWEST_M_S = 1.1
_LONGEST_WALK_S = (FAR_M - NEAR_M) / _SLOWEST_M_S
# Somebody seen from behind sets out so long after the person with a face.
_AWAY_STARTS_WITHIN_S = 2.0
# Cut-outs kept beside those of the people in the street; each takes 5 MB.
_HEADS_SPARE = 4


@dataclass(frozen=True, slots=True, eq=False)
class StreetPerson:
    """Somebody who walks past: a portrait, uint8 (height, width, 3) blue-green-red, with the face's box in it."""

    label: str
    portrait: Pixels
    face: Box

    def __post_init__(self) -> None:
        left, top, right, bottom = self.face
        height, width = self.portrait.shape[:2]
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise ValueError(f"The face's box {self.face} is not inside {self.label}'s portrait, {width} x {height}.")


@dataclass(frozen=True, slots=True)
class VisibleFace:
    """A face in a frame. `box` in pixels; `covered` says that a scarf, the lamp post or somebody nearer hides part."""

    label: str
    box: Box
    covered: bool


class SyntheticStreet:
    """Renders any frame of the street, and knows whose face is where. The same arguments give the same frames.

    A new passage begins every `spacing_s`, the people taking turns; each goes through the traits. Between them walk
    people seen from behind. Costs about 2 ms a frame at 1280 x 720.
    """

    def __init__(
        self,
        people: tuple[StreetPerson, ...],
        *,
        width: int = 1280,
        height: int = 720,
        frames_per_s: float = 25.0,
        seed: int = 0,
        spacing_s: float = 3.5,
        traits: tuple[Trait, ...] = tuple(Trait),
    ) -> None:
        if not people or not traits:
            raise ValueError("A synthetic street needs at least one person and one trait.")
        self.frames_per_s = frames_per_s
        self._people = people
        self._heads: dict[int, Head] = {}
        self._heads_kept = math.ceil(_LONGEST_WALK_S / spacing_s) + _HEADS_SPARE
        for person in range(min(len(people), self._heads_kept)):
            self._head(person)
        self._view = Viewpoint(width, height)
        self._seed = seed
        self._spacing_s = spacing_s
        self._traits = traits
        self._scene = StreetScene(self._view, seed)
        self._glow = _glow()

    def render(self, frame_index: int) -> Pixels:
        """The frame as uint8 (height, width, 3), blue-green-red; the caller's own."""
        time_s = frame_index / self.frames_per_s
        picture = self._scene.draw(time_s)
        for passage, pose in self._walkers(time_s):
            self._draw_walker(picture, passage, pose)
        self._scene.draw_post(picture)
        self._scene.add_noise(picture, frame_index)
        return picture

    def visible(self, frame_index: int) -> tuple[VisibleFace, ...]:
        """The faces in a frame of which at least half is within the picture, nearest last."""
        walkers = self._walkers(frame_index / self.frames_per_s)
        boxes = [self._face_box(passage, pose) for passage, pose in walkers]
        post = self._scene.post_px
        faces = []
        for index, (passage, pose) in enumerate(walkers):
            box = boxes[index]
            if passage.person is None or not self._is_mostly_inside(box):
                continue
            nearer = boxes[index + 1 :]
            covered = (
                wears_scarf(passage, pose)
                or (box[0] < post[1] and box[2] > post[0])
                or any(_overlap(box, _body_of(other)) for other in nearer)
            )
            faces.append(VisibleFace(self._people[passage.person].label, box, covered))
        return tuple(faces)

    def _walkers(self, time_s: float) -> list[tuple[Passage, Pose]]:
        """Everybody in the street at a moment, the farthest first."""
        first = max(0, math.floor((time_s - _AWAY_STARTS_WITHIN_S - _LONGEST_WALK_S) / self._spacing_s))
        last = math.floor(time_s / self._spacing_s)
        walkers = []
        for number in range(first, last + 1):
            for passage in self._passages(number):
                elapsed_s = time_s - passage.starts_at_s
                if 0 <= elapsed_s < passage.duration_s:
                    walkers.append((passage, pose_at(passage, elapsed_s)))
        return sorted(walkers, key=lambda walker: -walker[1].z_m)

    def _passages(self, number: int) -> tuple[Passage, ...]:
        rng = np.random.default_rng((self._seed, 2, number))
        people = len(self._people)
        side = 1.0 if rng.random() < 0.5 else -1.0
        facing = Passage(
            number=number,
            person=number % people,
            # Everybody goes through all traits, in an order of their own.
            trait=self._traits[(number // people + number % people) % len(self._traits)],
            starts_at_s=number * self._spacing_s,
            speed_m_s=float(rng.uniform(1.2, 1.6)),
            from_x_m=float(rng.uniform(-1.6, 1.6)),
            to_x_m=side * float(rng.uniform(0.9, 1.4)),
            coat=_chosen(rng, COATS),
            trousers=_chosen(rng, TROUSERS),
            hair=_chosen(rng, HAIR),
            step_phase=float(rng.random()),
        )
        away = replace(
            facing,
            person=None,
            starts_at_s=facing.starts_at_s + float(rng.uniform(0.5, _AWAY_STARTS_WITHIN_S)),
            speed_m_s=float(rng.uniform(_SLOWEST_M_S, 1.5)),
            from_x_m=float(rng.uniform(-3.8, 3.4)),
            to_x_m=float(rng.uniform(-1.8, 1.8)),
            coat=_chosen(rng, COATS),
            hair=_chosen(rng, HAIR),
        )
        return facing, away

    def _face_box(self, passage: Passage, pose: Pose) -> Box:
        x, y = self._view.to_picture(pose.x_m, pose.face_y_m, pose.z_m)
        height = _FACE_HEIGHT_M * self._view.focal_px / pose.z_m
        width = height * 0.76
        if passage.person is not None:
            face = self._people[passage.person].face
            width = height * (face[2] - face[0]) / (face[3] - face[1])
            x += (1 - _NECK_GIVES) * width * face_shift(pose.yaw_deg)
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def _is_mostly_inside(self, box: Box) -> bool:
        across = min(box[2], self._view.width) - max(box[0], 0)
        down = min(box[3], self._view.height) - max(box[1], 0)
        return across > 0 and down > 0 and across * down >= 0.5 * (box[2] - box[0]) * (box[3] - box[1])

    def _draw_walker(self, picture: Pixels, passage: Passage, pose: Pose) -> None:
        unit = self._view.focal_px / pose.z_m
        x, y = self._view.to_picture(pose.x_m, pose.face_y_m, pose.z_m)
        gain = 1.0
        if passage.trait is Trait.AGAINST_THE_LIGHT:
            gain = 0.5
            self._draw_glow(picture, x, y, unit)
        skin = SKIN_FROM_BEHIND if passage.person is None else self._head(passage.person).skin
        draw_body(picture, passage, pose, x, y, unit, gain, skin)
        if passage.person is None:
            draw_back_of_head(picture, passage, x, y, unit)
            return
        head = self._head(passage.person)
        face_height = _FACE_HEIGHT_M * unit
        sprite, shrunk = head.facing(pose.yaw_deg, face_height)
        full_height = head.face[3] - head.face[1]
        scale = face_height / (full_height * shrunk)
        middle = ((head.face[0] + head.face[2]) / 2 * shrunk, (head.face[1] + head.face[3]) / 2 * shrunk)
        matrix = cv2.getRotationMatrix2D(middle, pose.roll_deg, scale).astype(np.float64)
        face_width = scale * shrunk * (head.face[2] - head.face[0])
        matrix[:, 2] += (x - _NECK_GIVES * face_width * face_shift(pose.yaw_deg) - middle[0], y - middle[1])
        blur_px = round(face_height * 0.09) if passage.trait is Trait.BLURRED else 0
        lay_over(picture, sprite, matrix, gain=gain, blur_px=blur_px)
        if wears_scarf(passage, pose):
            draw_scarf(picture, passage, x, y, face_height, gain)

    def _head(self, person: int) -> Head:
        """The person's cut-out; those who walked past last are kept."""
        head = self._heads.pop(person, None)
        if head is None:
            head = Head.cut_out(self._people[person].portrait, self._people[person].face)
            if len(self._heads) >= self._heads_kept:
                del self._heads[next(iter(self._heads))]
        self._heads[person] = head
        return head

    def _draw_glow(self, picture: Pixels, x: float, y: float, unit: float) -> None:
        """Low sun behind the head."""
        size = round(1.6 * unit)
        left, top = round(x - size / 2), round(y - size / 2)
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(picture.shape[1], left + size), min(picture.shape[0], top + size)
        if x0 >= x1 or y0 >= y1:
            return
        glow = cv2.resize(self._glow, (size, size), interpolation=cv2.INTER_LINEAR)
        under = picture[y0:y1, x0:x1]
        cv2.add(under, np.asarray(glow[y0 - top : y1 - top, x0 - left : x1 - left]), dst=under)


class SyntheticStreetSource:
    """The street as a camera source: `frames` of it, or without end."""

    timing = Timing.RECORDED

    def __init__(self, street: SyntheticStreet, *, frames: int | None = None) -> None:
        self._street = street
        self._frames = frames

    @property
    def description(self) -> str:
        return "synthetic street"

    def open(self) -> Connection:
        return _StreetConnection(self._street, self._frames)


class _StreetConnection:
    def __init__(self, street: SyntheticStreet, frames: int | None) -> None:
        self._street = street
        self._frames = frames
        self._next = 0

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        if self._next == self._frames:
            return None
        index = self._next
        self._next += 1
        return Picture(ArrayFrameImage(self._street.render(index)), index / self._street.frames_per_s)

    def thin(self, on: bool) -> None:
        """See Connection."""

    def close(self) -> None:
        """See Connection."""
        self._frames = self._next


def _chosen(rng: np.random.Generator, colours: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int]:
    return colours[int(rng.integers(len(colours)))]


def _body_of(face: Box) -> Box:
    """What a walker covers, from the face's box."""
    left, top, right, bottom = face
    height = bottom - top
    return left - 0.7 * height, top - 0.3 * height, right + 0.7 * height, bottom + 7 * height


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _glow() -> Pixels:
    across = np.linspace(-1, 1, 128)
    distance = np.hypot(*np.meshgrid(across, across))
    light = np.clip(1 - distance, 0, 1) ** 1.5 * 190
    return np.asarray(light[:, :, None] * np.array([0.85, 0.95, 1.0]), np.uint8)
