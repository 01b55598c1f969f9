"""The direction somebody walks in, from where their face was in the picture and how large.

A face is about as wide on everybody, so its size gives the distance and, with its place, the position on the ground: in
widths of a face, with the camera at the origin. So whoever walks straight past the camera's left does not "walk to the
left", although their face drifts to the left of the picture.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from openlfr.policy.direction import Direction

FOCAL_LENGTH: Final = 0.9
"""Of the camera, in widths of its picture: about 58 degrees across. Nobody tells the node the true one; between 80
degrees (0.6) and 40 (1.4) directions shift by a part of one of the eight sectors."""

REMEMBERED: Final = 40
EVERY_S: Final = 0.1
"""So many sightings so far apart are the last four seconds: people turn, and what counts is where they go now."""

FEWEST: Final = 4
SHORTEST_S: Final = 0.3
LEAST_WIDTHS: Final = 3.0
"""Whoever moved less than this, some 45 cm, stands. Lowering it gives people who queue a direction."""
LEAST_OF_DISTANCE: Final = 0.1
"""Coming nearer or going away by less than this share of the distance counts for nothing: the distance is measured by
the size of the face, and boxes of small faces jitter as much."""

_EIGHTHS: Final = tuple(Direction)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in the picture: when (seconds), how far from the left (pixels), and the size of its box (pixels)."""

    at_s: float
    x: float
    size: float


class Path:
    """The last sightings of one passage; of fixed size, and nothing in it tells who it is."""

    __slots__ = ("_sightings",)

    def __init__(self) -> None:
        self._sightings: deque[Sighting] = deque(maxlen=REMEMBERED)

    def add(self, sighting: Sighting) -> None:
        """Take a sighting in, unless the last one was a moment ago."""
        if not self._sightings or sighting.at_s - self._sightings[-1].at_s >= EVERY_S:
            self._sightings.append(sighting)

    def clear(self) -> None:
        self._sightings.clear()

    def direction(self, picture_width: int) -> Direction | None:
        return direction_of(self._sightings, picture_width)


def direction_of(sightings: Sequence[Sighting], picture_width: int) -> Direction | None:
    """The way somebody took who was seen so, in order of time; None for too few, too short a time, or who stands."""
    if len(sightings) < FEWEST or sightings[-1].at_s - sightings[0].at_s < SHORTEST_S:
        return None
    at_s = np.array([each.at_s for each in sightings])
    size = np.maximum([each.size for each in sightings], 1.0)
    across = (np.array([each.x for each in sightings]) - picture_width / 2) / size
    distance = FOCAL_LENGTH * picture_width / size
    # The straight line through all of it: single boxes jitter by more than a step.
    since = at_s - at_s.mean()
    per_s = since / (since @ since)
    lasted_s = at_s[-1] - at_s[0]
    to_the_right, away = float(per_s @ across) * lasted_s, float(per_s @ distance) * lasted_s
    if abs(away) < LEAST_OF_DISTANCE * float(distance.mean()):
        away = 0.0
    if math.hypot(to_the_right, away) < LEAST_WIDTHS:
        return None
    eighths = round(math.atan2(to_the_right, -away) / (math.pi / 4))
    return _EIGHTHS[eighths % len(_EIGHTHS)]
