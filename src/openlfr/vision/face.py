"""The value types of the room: what a detector finds and what is computed from it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

BGRImage = NDArray[np.uint8]
"""Picture of shape (height, width, 3), uint8, blue-green-red."""

Template = NDArray[np.float32]
"""Biometric template of shape (dimension,), float32, of Euclidean length 1: cosine similarity is a dot product."""


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned rectangle in pixels of the full frame; x to the right, y downwards, (x, y) the top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def size(self) -> float:
        """Geometric mean of the sides, in pixels."""
        return float(np.sqrt(max(self.width, 0.0) * max(self.height, 0.0)))

    def grown(self, factor: float) -> Self:
        """The box with both sides multiplied by `factor`, about the same centre."""
        cx, cy = self.centre
        w, h = self.width * factor, self.height * factor
        return type(self)(cx - w / 2, cy - h / 2, w, h)

    def moved(self, dx: float, dy: float) -> Self:
        return type(self)(self.x + dx, self.y + dy, self.width, self.height)

    def scaled(self, factor: float) -> Self:
        """The same rectangle in a picture whose sides are `factor` times as long."""
        return type(self)(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        w = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        h = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        shared = w * h
        return shared / (self.width * self.height + other.width * other.height - shared)

    def pixels(self, frame_width: int, frame_height: int) -> tuple[int, int, int, int]:
        """Whole-pixel (left, top, right, bottom) inside a frame; right and bottom exclusive; may be empty."""
        left = min(max(int(np.floor(self.x)), 0), frame_width)
        top = min(max(int(np.floor(self.y)), 0), frame_height)
        right = min(max(int(np.ceil(self.x + self.width)), left), frame_width)
        bottom = min(max(int(np.ceil(self.y + self.height)), top), frame_height)
        return left, top, right, bottom


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One detected face in one frame.

    `landmarks` is float32 of shape (5, 2), pixels of the full frame, in the order right eye, left eye, nose tip,
    right mouth corner, left mouth corner; right and left are the person's own. `confidence` is the detector's, 0..1.
    """

    box: Box
    landmarks: NDArray[np.float32]
    confidence: float

    def moved(self, dx: float, dy: float) -> Self:
        return type(self)(self.box.moved(dx, dy), self.landmarks + np.array([dx, dy], np.float32), self.confidence)

    def scaled(self, factor: float) -> Self:
        """The same face in a picture whose sides are `factor` times as long."""
        return type(self)(self.box.scaled(factor), self.landmarks * np.float32(factor), self.confidence)
