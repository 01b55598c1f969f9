"""Making faces unrecognisable in every picture that leaves the node."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.vision.face import Box

CELLS_ACROSS_A_FACE = 3
"""A pixelated face is left with this many cells across. With 8 the recogniser still scores 0.52 against the same face
unblurred, with 5 it scores 0.27, with 3 it scores 0.18, as strangers do (tests/node/test_blur.py)."""

CONTEXT = 2.4
"""A probe picture shows this many face widths, so that an officer sees hair, clothes and surroundings."""

CLEAR = 1.5
"""Only the matched face and this margin of it stay clear."""


def pixelate(picture: NDArray[np.uint8], left: int, top: int, right: int, bottom: int, cell_px: float) -> None:
    """Replaces a rectangle of the picture, in place, by cells of one colour each, smoothed over.

    The cells are means over their area; no high frequencies of the original remain to be sharpened back.
    """
    region = picture[top:bottom, left:right]
    height, width = region.shape[:2]
    if not height or not width:
        return
    cells = max(round(width / max(cell_px, 1.0)), 1), max(round(height / max(cell_px, 1.0)), 1)
    coarse = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    region[...] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    coarse[...] = 0


def blur_bystanders(picture: NDArray[np.uint8], origin: tuple[int, int], subject: Box, others: Iterable[Box]) -> None:
    """Blurs everything but the subject's face, in place, in a picture cut from a frame at `origin` (left, top).

    All that lies outside the clear margin is pixelated, whether a face was found there or not: somebody too small or
    too turned to be detected is a bystander too. Faces of others that reach into the margin are pixelated as well,
    except where the subject's own face lies over them.
    """
    height, width = picture.shape[:2]
    clear = subject.grown(CLEAR).moved(-origin[0], -origin[1]).pixels(width, height)
    cell = subject.size / CELLS_ACROSS_A_FACE
    kept = picture[clear[1] : clear[3], clear[0] : clear[2]].copy()
    inner = subject.moved(-origin[0] - clear[0], -origin[1] - clear[1]).pixels(kept.shape[1], kept.shape[0])
    own = kept[inner[1] : inner[3], inner[0] : inner[2]].copy()
    for box in others:
        reach = box.grown(1.3).moved(-origin[0] - clear[0], -origin[1] - clear[1])
        pixelate(kept, *reach.pixels(kept.shape[1], kept.shape[0]), cell_px=box.size / CELLS_ACROSS_A_FACE)
    kept[inner[1] : inner[3], inner[0] : inner[2]] = own
    pixelate(picture, 0, 0, width, height, cell)
    picture[clear[1] : clear[3], clear[0] : clear[2]] = kept
    kept[...] = 0
    own[...] = 0
