"""Pictures of a passage as they leave the node: JPEG files, and what is known of each."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.node.alert import Probe
from openlfr.node.memory import overwrite
from openlfr.policy.raised_alert import HIGHEST_FACE, LOWEST_FACE, FacePlace, ProbePicture

_JPEG_QUALITY: Final = 92
_SMALL_SIDE_PX: Final = 480
"""Longest side of a further shot: 200 pixels of face, more than most cameras see. No file of this size is too large to
be sent."""


def about_probe(probe: Probe) -> ProbePicture:
    """What the hub is told of a picture."""
    height, width = probe.picture.shape[:2]
    x, y = probe.face.centre
    face = FacePlace(
        x=_within(0.0, x / width, 1.0),
        y=_within(0.0, y / height, 1.0),
        height=_within(LOWEST_FACE, probe.face.height / height, HIGHEST_FACE),
    )
    return ProbePicture(probe.captured_at, probe.quality, face)


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """The picture as a JPEG file."""
    written, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not written:
        raise ValueError("The picture of an alert could not be written as a JPEG.")
    return content.tobytes()


def small_jpeg(picture: NDArray[np.uint8]) -> bytes:
    """The picture as a JPEG file of at most 480 pixels a side."""
    scale = _SMALL_SIDE_PX / max(picture.shape[:2])
    if scale >= 1:
        return jpeg(picture)
    small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    content = jpeg(small)
    overwrite((small,))
    return content


def _within(least: float, value: float, most: float) -> float:
    return min(max(value, least), most)
