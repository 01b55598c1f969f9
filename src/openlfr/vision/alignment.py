"""Alignment: turns a face, by its five landmarks, into the upright square picture a recogniser was trained on."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.vision.face import BGRImage

CHIP_SIZE = 112
"""Side of an aligned face picture (a chip), in pixels."""

ARCFACE_LANDMARKS: NDArray[np.float32] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)
"""Where the five landmarks lie in a 112 x 112 chip (the template of the ArcFace family, which SFace shares)."""


class Pixels(Protocol):
    """What alignment needs of a frame: its size and a rectangle of it at full resolution."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def region(self, left: int, top: int, right: int, bottom: int) -> BGRImage: ...


def similarity_transform(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The 2 x 3 matrix of rotation, uniform scale and shift that brings `source` closest to `target`.

    Both are (n, 2) points. Least squares without reflection (Umeyama, IEEE TPAMI 13(4), 1991), in its closed form for
    the plane: with points as complex numbers, the best factor is <target, source> / <source, source>.
    """
    s = source[:, 0].astype(np.float64) + 1j * source[:, 1]
    t = target[:, 0].astype(np.float64) + 1j * target[:, 1]
    s_mean, t_mean = s.mean(), t.mean()
    s_centred = s - s_mean
    spread = float(np.vdot(s_centred, s_centred).real)
    factor = np.vdot(s_centred, t - t_mean) / spread if spread > 0 else 1.0 + 0j
    shift = t_mean - factor * s_mean
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def align(
    pixels: Pixels,
    landmarks: NDArray[np.float32],
    size: int = CHIP_SIZE,
    template: NDArray[np.float32] = ARCFACE_LANDMARKS,
) -> BGRImage:
    """The chip of the face with these landmarks: uint8 (size, size, 3); black where it reaches over the frame's edge.

    Only the rectangle under the chip is converted from the frame. A face much larger than the chip is reduced by area
    first, so that fine texture is averaged instead of aliased.
    """
    matrix = similarity_transform(landmarks, template * (size / CHIP_SIZE))
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], dtype=np.float64) @ inverse.T
    left, top = np.floor(corners.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 3
    left, right = (int(np.clip(v, 0, pixels.width)) for v in (left, right))
    top, bottom = (int(np.clip(v, 0, pixels.height)) for v in (top, bottom))
    if right <= left or bottom <= top:
        return np.zeros((size, size, 3), np.uint8)
    patch = pixels.region(left, top, right, bottom)
    matrix[:, 2] += matrix[:, :2] @ np.array([left, top], dtype=np.float64)
    shrink = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrink < 0.5:
        height, width = patch.shape[:2]
        reduced = (max(round(width * shrink * 2), 1), max(round(height * shrink * 2), 1))
        patch = cv2.resize(patch, reduced, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        # A pixel centre at c in the patch lies at (c + 0.5) * ratio - 0.5 in the reduced one.
        rx, ry = reduced[0] / width, reduced[1] / height
        to_patch = np.array([[1 / rx, 0, 0.5 / rx - 0.5], [0, 1 / ry, 0.5 / ry - 0.5], [0, 0, 1]])
        matrix = matrix @ to_patch
    chip = cv2.warpAffine(patch, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return chip.astype(np.uint8, copy=False)
