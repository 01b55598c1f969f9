"""A look through a camera, while somebody looks: a small picture in which no face can be recognised."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from openlfr.capture.frame import Frame
from openlfr.capture.images import ArrayFrameImage
from openlfr.node.alert import Alert
from openlfr.node.analyst import AnalystCounts
from openlfr.node.blur import CELLS_ACROSS_A_FACE, pixelate
from openlfr.node.memory import overwrite
from openlfr.vision.detector import SMALLEST_NETWORK_FACE_PX, DetectorOptions, DetectorSession, FaceDetector

WIDTH: Final = 640
EVERY_S: Final = 0.2
LEAST_CONFIDENCE: Final = 0.15
"""Better a blurred lamp-post than a clear face."""
MARGIN: Final = 1.6
_JPEG_QUALITY: Final = 70


class Preview:
    """The preview of one camera. `offer` is called by whatever thread has a frame, one at a time."""

    def __init__(
        self, session: DetectorSession, monotonic_s: Callable[[], float], send: Callable[[bytes], None]
    ) -> None:
        options = DetectorOptions(min_face_px=SMALLEST_NETWORK_FACE_PX, confidence=LEAST_CONFIDENCE)
        self._detector = FaceDetector(session, options)
        self._monotonic_s = monotonic_s
        self._send = send
        self._next_s = float("-inf")
        self.wanted = False
        """Whether somebody looks; set from outside."""

    def offer(self, frame: Frame) -> None:
        """Send the frame, made small and blurred, if somebody looks and the last one was long enough ago."""
        now_s = self._monotonic_s()
        if not self.wanted or now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        self._send(self._blurred(frame))

    def _blurred(self, frame: Frame) -> bytes:
        width = min(WIDTH, frame.image.width)
        height = max(round(frame.image.height * width / frame.image.width), 1)
        picture = frame.image.scaled(width, height)
        for face in self._detector.detect(ArrayFrameImage(picture)):
            left, top, right, bottom = face.box.grown(MARGIN).pixels(width, height)
            pixelate(picture, left, top, right, bottom, face.box.size / CELLS_ACROSS_A_FACE)
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        overwrite((picture,))
        return bytes(np.asarray(jpeg, np.uint8).tobytes())


class PreviewOnly:
    """Stands where an analyst stands, at a camera that no deployment may analyse: it looks at nothing."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self.counts = AnalystCounts()

    def analyse(self, frame: Frame) -> list[Alert]:
        self._preview.offer(frame)
        return []

    def end(self) -> None:
        """Nothing is held."""
