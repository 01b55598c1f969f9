"""Is a camera still showing the street? Frame rates, and what one glance a second at the picture tells."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from openlfr.capture.frame import FrameImage
from openlfr.capture.images import Pixels
from openlfr.capture.source import DropReason

# How often the picture is looked at: often enough for an operator, and under 1 % of a core a camera.
LOOK_EVERY_S = 1.0

THUMBNAIL_WIDTH = 64
THUMBNAIL_HEIGHT = 36
# A band of the full-resolution picture, through its middle: a thumbnail can't tell a sharp picture from a blurred one.
BAND_HEIGHT = 96

# Grey levels, 0-255. Faces lit so that the brightest twentieth of the picture stays under 50 have lost their shadows.
DARK_BRIGHTEST_LUMA = 50.0
# Share of the thumbnail at 250 or more. A bright sky at the top of a street picture takes up to a third of it.
OVEREXPOSED_LUMA = 250
OVEREXPOSED_SHARE = 0.5
# Spread (standard deviation) of the thumbnail. A hand, a cap or paint gives under 4 even when light leaks in; fog in
# a street still gives more than 10.
COVERED_SPREAD = 5.0
# How many pixels the strongest edges are wide (see `edge_width_px`). Street video in focus measures 2 to 4, soft and
# much compressed video up to 7; out of focus by a Gaussian sigma of 2, 3, 4 pixels it measures 5, 7, 8.
BLURRED_EDGE_WIDTH_PX = 7.5
# An edge is a step of at least so many grey levels over twice the reach; there is nothing to judge focus by, on a
# clear road say, where there are fewer than so many points on edges.
_EDGE_STEP_LUMA = 24.0
_EDGE_REACH_PX = 6
_EDGE_POINTS = 50
_STRONGEST_EDGES = 0.03
# Mean difference in grey levels between two looks at the full-resolution band. Sensor noise alone gives more, even
# after compression; an encoder that repeats one picture gives less.
FROZEN_DIFFERENCE = 0.05
FROZEN_AFTER_S = 10.0
# Blur, darkness and cover must last: a bus that stops in front of the lens is no fault.
LASTING_S = 5.0
# The camera's own time stamps against ours between two looks. Network delay moves them by less.
CLOCK_JUMP_S = 2.0
# How long a clock jump stays reported.
CLOCK_JUMP_SHOWN_S = 60.0
# Frame rates are averages over this time.
RATE_WINDOW_S = 5.0


class HealthIssue(StrEnum):
    """What is wrong with a camera's pictures."""

    NO_PICTURES = "no pictures"
    FROZEN = "frozen"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    COVERED = "covered"
    CLOCK_JUMP = "clock jump"


WHAT_TO_DO: Mapping[HealthIssue, str] = {
    HealthIssue.NO_PICTURES: "No pictures come: check the camera's network.",
    HealthIssue.FROZEN: "The picture stands still: start the camera anew.",
    HealthIssue.DARK: "The picture is dark: add light, or have the camera expose longer.",
    HealthIssue.OVEREXPOSED: "The picture is too bright: shade the lens, or lower the exposure.",
    HealthIssue.BLURRED: "The picture is blurred: focus the camera, and clean its lens.",
    HealthIssue.COVERED: "The picture shows nothing: see whether something covers the lens.",
    HealthIssue.CLOCK_JUMP: "The camera's clock jumped, or its pictures stalled: check its network and time server.",
}
"""What people are told of each, and what to do about it."""


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """A camera's condition at one moment. Rates are frames a second over the last few seconds."""

    decoded_per_s: float
    taken_per_s: float
    dropped: Mapping[DropReason, int]
    width: int | None
    height: int | None
    issues: frozenset[HealthIssue]


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What is kept of one look. `thumbnail` (36, 64) and `band` (up to 96, width) are uint8 grey."""

    thumbnail: Pixels
    band: Pixels


def glance_at(image: FrameImage) -> Glance:
    """Reduce a frame to what health is judged by."""
    top = max(0, (image.height - BAND_HEIGHT) // 2)
    bottom = min(image.height, top + BAND_HEIGHT)
    return Glance(
        thumbnail=_grey(image.scaled(THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT)),
        band=_grey(image.region(0, top, image.width, bottom)),
    )


def is_dark(thumbnail: Pixels) -> bool:
    """Whether even the brightest twentieth of the picture is dark."""
    return float(np.percentile(thumbnail, 95)) < DARK_BRIGHTEST_LUMA


def is_overexposed(thumbnail: Pixels) -> bool:
    """Whether half of the picture is burnt out."""
    return float(np.mean(thumbnail >= OVEREXPOSED_LUMA)) > OVEREXPOSED_SHARE


def is_covered(thumbnail: Pixels) -> bool:
    """Whether the picture is all of one tone: a cap, a hand or paint on the lens."""
    return float(thumbnail.std()) < COVERED_SPREAD


def edge_width_px(band: Pixels) -> float | None:
    """How wide the strongest upright edges are: the height of the step over its steepest slope, in pixels, as the
    median over the edges. None where there are too few to judge by.

    It tells focus whatever the contrast and the light, and noise does not pass for detail (after P. Marziliano et al.,
    "A no-reference perceptual blur metric", ICIP 2002).
    """
    reach = _EDGE_REACH_PX
    if band.shape[1] <= 4 * reach:
        return None
    # A little averaging along the edges keeps noise from looking like a steep slope.
    smooth = cv2.blur(band.astype(np.float32), (1, 3))
    step = np.abs(smooth[:, 2 * reach :] - smooth[:, : -2 * reach])
    slope = np.abs(smooth[:, 2:] - smooth[:, :-2]) / 2
    steepest = cv2.dilate(slope, np.ones((1, 2 * reach - 1), np.uint8))[:, reach - 1 : 1 - reach]
    on_edge = step >= max(_EDGE_STEP_LUMA, float(np.quantile(step[::4], 1 - _STRONGEST_EDGES)))
    if np.count_nonzero(on_edge) < _EDGE_POINTS:
        return None
    return float(np.median(step[on_edge] / steepest[on_edge]))


def is_blurred(band: Pixels) -> bool:
    """Whether the picture is out of focus, as far as it shows anything to judge by."""
    width_px = edge_width_px(band)
    return width_px is not None and width_px > BLURRED_EDGE_WIDTH_PX


def is_same_picture(earlier: Pixels, later: Pixels) -> bool:
    """Whether two bands differ by less than a sensor's noise."""
    if earlier.shape != later.shape:
        return False
    return float(cv2.absdiff(earlier, later).mean()) < FROZEN_DIFFERENCE


class HealthMonitor:
    """Follows one camera. Fed by the thread that decodes, about once a second; keeps nothing older than its windows.

    `judges_time` is False for recordings, which may stand still or jump as they please.
    """

    def __init__(self, *, judges_time: bool) -> None:
        self._judges_time = judges_time
        self._since: dict[HealthIssue, float] = {}
        self._last_glance: Glance | None = None
        self._last_look_s = -math.inf
        self._last_media_time_s: float | None = None
        self._jumped_at_s = -math.inf
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=math.ceil(RATE_WINDOW_S / LOOK_EVERY_S) + 1)

    def is_due(self, now_s: float) -> bool:
        """Whether it is time for another look."""
        return now_s - self._last_look_s >= LOOK_EVERY_S

    def look(self, glance: Glance, now_s: float, media_time_s: float) -> None:
        """Judge one picture of the stream, taken at `now_s` by our clock and `media_time_s` by the camera's."""
        earlier, elapsed_s = self._last_glance, now_s - self._last_look_s
        covered = is_covered(glance.thumbnail)
        seen = {
            HealthIssue.COVERED: covered,
            HealthIssue.DARK: is_dark(glance.thumbnail),
            HealthIssue.OVEREXPOSED: is_overexposed(glance.thumbnail),
            HealthIssue.BLURRED: not covered and is_blurred(glance.band),
            HealthIssue.FROZEN: self._judges_time
            and earlier is not None
            and is_same_picture(earlier.band, glance.band),
        }
        for issue, present in seen.items():
            if present:
                self._since.setdefault(issue, now_s)
            else:
                self._since.pop(issue, None)
        if self._judges_time and self._last_media_time_s is not None:
            drift_s = (media_time_s - self._last_media_time_s) - elapsed_s
            if abs(drift_s) > CLOCK_JUMP_S:
                self._jumped_at_s = now_s
        self._last_glance, self._last_look_s, self._last_media_time_s = glance, now_s, media_time_s

    def count(self, now_s: float, decoded: int, taken: int) -> None:
        """Note the camera's totals, from which rates are made."""
        self._counts.append((now_s, decoded, taken))

    def connection_began(self) -> None:
        """The camera's clock and picture begin anew: neither is compared with what was before."""
        self._last_glance = None
        self._last_media_time_s = None
        self._since.pop(HealthIssue.FROZEN, None)

    def rates(self, now_s: float, decoded: int, taken: int) -> tuple[float, float]:
        """Frames decoded and taken a second over the last few seconds, given the totals now."""
        recent = [count for count in self._counts if now_s - count[0] <= RATE_WINDOW_S]
        if not recent or now_s <= recent[0][0]:
            return 0.0, 0.0
        since_s, decoded_then, taken_then = recent[0]
        return (decoded - decoded_then) / (now_s - since_s), (taken - taken_then) / (now_s - since_s)

    def issues(self, now_s: float) -> frozenset[HealthIssue]:
        """What has been wrong for long enough to tell somebody."""
        lasting = {
            issue
            for issue, since_s in self._since.items()
            if self._last_look_s - since_s >= (FROZEN_AFTER_S if issue is HealthIssue.FROZEN else LASTING_S)
        }
        if now_s - self._jumped_at_s < CLOCK_JUMP_SHOWN_S:
            lasting.add(HealthIssue.CLOCK_JUMP)
        return frozenset(lasting)


def _grey(bgr: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
