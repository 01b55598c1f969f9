"""A frame: one picture of one camera with the moment it was taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class FrameImage(Protocol):
    """The pixels of a frame, converted only as far as somebody asks: a decoded video frame stays in the decoder's
    own format, and nobody pays for a full-size colour conversion to look at one face of it.

    All pictures returned are new uint8 arrays of shape (height, width, 3), blue-green-red, owned by the caller.
    """

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        """The whole picture resampled to `width` x `height` pixels."""
        ...

    def region(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.uint8]:
        """Full-resolution pixels of a rectangle; right and bottom exclusive; must lie inside the frame."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame.

    `captured_monotonic_s` is the monotonic clock at arrival (latencies are measured from it); `captured_at` the UTC
    wall clock at the same moment (people read it). `sequence` counts the camera's decoded frames from 0.
    `media_time_s` is the time within the recording, for files; None for live sources.
    """

    camera: str
    sequence: int
    captured_monotonic_s: float
    captured_at: datetime
    image: FrameImage
    media_time_s: float | None = None
