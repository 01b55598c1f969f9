"""A look at a camera to see whether faces can be recognised through it: sizes, light and angles, of nobody.

A rehearsal in the sense of invariant 1, with less: faces are found and their quality is measured, no template is ever
made, and of each face nothing is kept but its share in counts and percentiles.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from openlfr.capture.camera import CameraCounts
from openlfr.capture.clock import Clock
from openlfr.capture.frame import Frame
from openlfr.capture.health import HealthIssue
from openlfr.capture.source import DropReason
from openlfr.link.messages import CameraSettings, CheckWanted
from openlfr.node.alert import Alert
from openlfr.node.analyst import AnalystCounts
from openlfr.node.memory import overwrite
from openlfr.node.passage import ShotPolicy
from openlfr.node.preview import Preview
from openlfr.policy.camera_check import EYE_PX_EDGES, CheckFigures, ReasonCount, Spread
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions, FaceDetector
from openlfr.vision.face import BGRImage, Face
from openlfr.vision.models import Models
from openlfr.vision.quality import Quality, QualityMeasure, assess, eye_distance_px, head_pose
from openlfr.vision.tracker import Tracker
from openlfr.vision.zone import Zone

EVERY_S: Final = 0.1
"""Pictures are looked at this often at the most: the machine may have live cameras to serve."""
LOOK_EVERY_S: Final = 0.2
"""A face is measured this often at the most."""
LONG_ENOUGH_S: Final = 3.0
"""A passage that still goes on counts from here on: before, most people are further away than they will be."""
LEAST_S: Final = 0.5
"""A passage that was over sooner is a face that was lost from sight, and comes again as another."""
MOST_LOOKS_PER_FRAME: Final = 8
MARKED: Final = 92.0
"""A component of quality under this has cost the face a twelfth of its likeness."""
_NO_FAULT_OF_THE_CAMERA: Final = frozenset({DropReason.OVERWRITTEN, DropReason.THINNED, DropReason.STOPPED})
_SURROUNDINGS: Final = 2.2
_LIGHT_BEHIND: Final = 140.0
_BACK_LIT_BY: Final = 2.5
_FINER: Final = 0.75
_LEAST_FACE_PX: Final = 12.0


def check_detector(models: Models, settings: CameraSettings) -> FaceDetector:
    """Finds faces somewhat smaller than those that the camera is to look for: what it would miss is to be seen here."""
    return models.detector(DetectorOptions(min_face_px=max(settings.smallest_face_px * _FINER, _LEAST_FACE_PX)))


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at a face measured."""

    quality: float
    eye_px: int
    sharpness: int
    pitch: int
    yaw: int
    too_small: bool
    dark: bool
    bright: bool
    flat: bool
    back_lit: bool
    why_not: frozenset[QualityMeasure]
    """Empty where the look is good enough."""


@dataclass(slots=True)
class _Followed:
    """A passage that goes on."""

    since_s: float
    next_s: float
    at_s: float
    best: _Look | None = None


@dataclass(slots=True)
class _Counted:
    """Everything that is kept of passages that are over, in whole numbers: how many there were, and never of whom."""

    passages: int = 0
    clear: int = 0
    too_small: int = 0
    dark: int = 0
    bright: int = 0
    flat: int = 0
    back_lit: int = 0
    passed: int = 0
    eye_px: Counter[int] = field(default_factory=Counter)
    sharpness: Counter[int] = field(default_factory=Counter)
    pitch: Counter[int] = field(default_factory=Counter)
    yaw: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, passage: _Followed) -> None:
        """Count a passage, by its best look."""
        self.passages += 1
        best = passage.best
        if best is None:
            return
        self.clear += 1
        self.too_small += best.too_small
        self.dark += best.dark
        self.bright += best.bright
        self.flat += best.flat
        self.back_lit += best.back_lit
        self.passed += not best.why_not
        self.eye_px[best.eye_px] += 1
        self.sharpness[best.sharpness] += 1
        self.pitch[best.pitch] += 1
        self.yaw[best.yaw] += 1
        self.reasons.update(measure.value for measure in best.why_not)


class CameraCheck:
    """Stands where an analyst stands, at a camera that no deployment has armed: it asks `allowed` before every frame.

    `analyse` and `end` are called by one thread at a time, the rest by any.
    """

    def __init__(
        self,
        wanted: CheckWanted,
        settings: CameraSettings,
        *,
        allowed: Callable[[], bool],
        detector: FaceDetector,
        preview: Preview,
        clock: Clock,
    ) -> None:
        self.wanted = wanted
        self._allowed = allowed
        self._settings = settings
        self._detector = detector
        self._preview = preview
        self._clock = clock
        self._zone = Zone(tuple((point.x, point.y) for point in settings.zone)) if settings.zone else None
        self._policy = ShotPolicy()
        self._tracker = Tracker()
        self._next_s = float("-inf")
        self._begun_s: float | None = None
        self._lock = threading.Lock()
        # Guarded by the lock.
        self._size = (0, 0)
        self._faces = 0
        self._in_zone = 0
        self._followed: dict[int, _Followed] = {}
        self._counted = _Counted()
        self.counts = AnalystCounts()

    @property
    def has_begun(self) -> bool:
        """Whether a picture has come."""
        return self._begun_s is not None

    @property
    def is_over(self) -> bool:
        """Whether its time is over: so many seconds after the first picture, and at its deadline in any case."""
        begun_s = self._begun_s
        looked_long_enough = begun_s is not None and self._clock.monotonic_s() - begun_s >= self.wanted.seconds
        return looked_long_enough or self._clock.utc() >= self.wanted.until

    def analyse(self, frame: Frame) -> list[Alert]:
        """Measure the faces of a frame, and forget them, while that is allowed and its time is not over."""
        self._preview.offer(frame)
        now_s = self._clock.monotonic_s()
        if self._begun_s is None:
            self._begun_s = now_s
        if now_s >= self._next_s and not self.is_over and self._allowed():
            self._next_s = now_s + EVERY_S
            self._examine(frame)
        return []

    def end(self) -> None:
        """Ends every passage."""
        self._tracker.end_all()
        with self._lock:
            self._forget(list(self._followed))

    def figures(self, camera: CameraCounts, issues: Iterable[HealthIssue]) -> CheckFigures:
        """What was measured by now, with what the camera itself counted."""
        with self._lock:
            counted, (width, height) = deepcopy(self._counted), self._size
            for passage in self._followed.values():
                if passage.at_s - passage.since_s >= LONG_ENOUGH_S:
                    counted.add(passage)
        elapsed_s = 0.0 if self._begun_s is None else self._clock.monotonic_s() - self._begun_s
        return CheckFigures(
            seconds=round(min(elapsed_s, self.wanted.seconds), 1),
            width=width,
            height=height,
            decoded=camera.decoded,
            lost=sum(each for reason, each in camera.dropped.items() if reason not in _NO_FAULT_OF_THE_CAMERA),
            reconnects=camera.reconnects,
            issues=tuple(sorted(issue.value for issue in issues)),
            analysed=self.counts.frames,
            smallest_face_px=self._settings.smallest_face_px,
            zone_drawn=self._zone is not None,
            faces=self._faces,
            in_zone=self._in_zone,
            passages=counted.passages,
            clear=counted.clear,
            too_small=counted.too_small,
            dark=counted.dark,
            bright=counted.bright,
            flat=counted.flat,
            back_lit=counted.back_lit,
            passed=counted.passed,
            eye_px=spread(counted.eye_px),
            sharpness=spread(counted.sharpness),
            pitch=spread(counted.pitch),
            yaw=spread(counted.yaw),
            eye_px_bins=bins(counted.eye_px),
            reasons=tuple(ReasonCount(measure, many) for measure, many in counted.reasons.most_common()),
        )

    def _forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            passage = self._followed.pop(number, None)
            if passage is not None and passage.at_s - passage.since_s >= LEAST_S:
                self._counted.add(passage)

    def _examine(self, frame: Frame) -> None:
        at_s = frame.captured_monotonic_s if frame.media_time_s is None else frame.media_time_s
        width, height = size = (frame.image.width, frame.image.height)
        if size != self._size:
            self.end()
        faces = self._detector.detect(frame.image)
        zone = self._zone
        inside = [face for face in faces if zone is None or zone.holds(*face.box.centre, width, height)]
        update = self._tracker.update(inside, at_s)
        with self._lock:
            self._size = size
            self.counts = replace(self.counts, frames=self.counts.frames + 1)
            self._faces += len(faces)
            self._in_zone += len(inside)
            self._forget(update.ended)
            for number, _ in update.followed:
                self._followed.setdefault(number, _Followed(at_s, at_s, at_s)).at_s = at_s
        due = [
            (passage, face) for number, face in update.followed if (passage := self._followed[number]).next_s <= at_s
        ]
        for passage, face in due[:MOST_LOOKS_PER_FRAME]:
            passage.next_s = at_s + LOOK_EVERY_S
            look = self._look(frame, face)
            if look is not None and (passage.best is None or look.quality > passage.best.quality):
                passage.best = look

    def _look(self, frame: Frame, face: Face) -> _Look | None:
        """What a face at full detail measures; None where it is none, or none to be told from something else."""
        closer = self._detector.refine(frame.image, face)
        if closer is None or closer.confidence < self._policy.confidence:
            return None
        chip = align(frame.image, closer.landmarks)
        quality = assess(closer, chip, frame.image.width, frame.image.height)
        back_lit = _is_back_lit(frame, closer, chip)
        overwrite((chip,))
        of, pose = quality.components, head_pose(closer.landmarks)
        too_small = face.box.width < self._settings.smallest_face_px
        passed = not too_small and quality.unified >= self._policy.floor
        return _Look(
            quality=quality.unified,
            eye_px=round(eye_distance_px(closer.landmarks, pose)),
            sharpness=round(of[QualityMeasure.SHARPNESS]),
            pitch=round(pose.pitch),
            yaw=round(abs(pose.yaw)),
            too_small=too_small,
            dark=of[QualityMeasure.UNDER_EXPOSURE] < MARKED,
            bright=of[QualityMeasure.OVER_EXPOSURE] < MARKED,
            flat=of[QualityMeasure.DYNAMIC_RANGE] < MARKED,
            back_lit=back_lit,
            why_not=frozenset() if passed else _why_not(quality, too_small=too_small),
        )


def spread(counted: Counter[int]) -> Spread:
    """Percentiles of numbers that were counted, by the nearest rank; zeros for none."""
    values = sorted(counted.elements())
    if not values:
        return Spread(0.0, 0.0, 0.0)
    p10, p50, p90 = (float(values[-(-len(values) * percent // 100) - 1]) for percent in (10, 50, 90))
    return Spread(p10, p50, p90)


def bins(counted: Counter[int]) -> tuple[int, ...]:
    """How many of the numbers lie between each two of `EYE_PX_EDGES`; a number on an edge is in the bin above it."""
    found = [0] * (len(EYE_PX_EDGES) + 1)
    for value, many in counted.items():
        found[int(np.searchsorted(EYE_PX_EDGES, value, side="right"))] += many
    return tuple(found)


def _why_not(quality: Quality, *, too_small: bool) -> frozenset[QualityMeasure]:
    """What makes a look one that is of no use: at least one measure."""
    reasons = frozenset({*quality.reasons, *((QualityMeasure.INTER_EYE_DISTANCE,) if too_small else ())})
    return reasons or frozenset({min(quality.components, key=quality.components.__getitem__)})


def _is_back_lit(frame: Frame, face: Face, chip: BGRImage) -> bool:
    """Whether a face is dark before much brighter surroundings."""
    left, top, right, bottom = face.box.grown(_SURROUNDINGS).pixels(frame.image.width, frame.image.height)
    around = frame.image.region(left, top, right, bottom)
    face_left, face_top, face_right, face_bottom = face.box.moved(-left, -top).pixels(right - left, bottom - top)
    grey = cv2.cvtColor(around, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inside = np.zeros(grey.shape, np.bool_)
    inside[face_top:face_bottom, face_left:face_right] = True
    behind = float(grey[~inside].mean()) if not inside.all() else 0.0
    own = float(cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY)[32:96, 28:84].mean())
    overwrite((around, grey))
    return behind >= _LIGHT_BEHIND and behind >= _BACK_LIT_BY * own
