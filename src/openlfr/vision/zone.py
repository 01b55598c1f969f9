"""The zone of recognition: the only part of a camera's picture in which faces are looked for."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in fractions of the frame, (0, 0) top left to (1, 1) bottom right, so that it holds at any resolution.

    Three points or more; the sides may not cross.
    """

    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise ValueError("A zone of recognition needs at least three corners.")
        if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in self.corners):
            raise ValueError("The corners of a zone of recognition are fractions of the picture, from 0 to 1.")
        if _sides_cross(self.corners):
            raise ValueError("The sides of a zone of recognition may not cross: list its corners in order around it.")

    def holds(self, x: float, y: float, width: int, height: int) -> bool:
        """Whether pixel position (x, y) of a frame of this size lies in the zone (even-odd rule; the border counts)."""
        px, py = x / width, y / height
        inside = False
        for (ax, ay), (bx, by) in zip(self.corners, self.corners[1:] + self.corners[:1], strict=True):
            along = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            if abs(along) <= 1e-12 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by):
                return True
            if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
                inside = not inside
        return inside

    def bounds(self, width: int, height: int, margin: int = 0) -> tuple[int, int, int, int]:
        """Smallest pixel rectangle (left, top, right, bottom) around the zone, grown by `margin`, inside the frame."""
        xs = np.array([x for x, _ in self.corners]) * width
        ys = np.array([y for _, y in self.corners]) * height
        left = max(int(np.floor(xs.min())) - margin, 0)
        top = max(int(np.floor(ys.min())) - margin, 0)
        right = min(int(np.ceil(xs.max())) + margin, width)
        bottom = min(int(np.ceil(ys.max())) + margin, height)
        return min(left, width - 1), min(top, height - 1), max(right, left + 1), max(bottom, top + 1)


def _sides_cross(corners: tuple[tuple[float, float], ...]) -> bool:
    """Whether two sides that share no corner cross."""

    def turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    for i, (a, b) in enumerate(sides):
        for j in range(i + 2, len(sides)):
            if i == 0 and j == len(sides) - 1:
                continue
            c, d = sides[j]
            if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
                return True
    return False
