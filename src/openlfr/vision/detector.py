"""The face detector: YuNet over a frame reduced to the scale at which the smallest wanted face can still be found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from openlfr.vision.alignment import Pixels
from openlfr.vision.face import BGRImage, Box, Face
from openlfr.vision.zone import Zone

SMALLEST_NETWORK_FACE_PX = 14.0
"""Side of the smallest face, in pixels of the network's input, that YuNet finds reliably."""

FINE_ENOUGH_PX = 120.0
"""Side of a face in the network's input from which its landmarks are as good as they get."""

_CLOSE_UP_FACE_PX = 160.0
_CLOSE_UP_PX = 320
_SAME_FACE_OVERLAP = 0.3

_STRIDES = (8, 16, 32)
_GRID = 32


class DetectorSession(Protocol):
    """Runs the detection network. Pictures are uint8 (n, h, w, 3) BGR, h and w multiples of 32."""

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]: ...


class ScalablePixels(Protocol):
    """What detection needs of a frame: its size and a reduced copy of it."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def scaled(self, width: int, height: int) -> BGRImage: ...


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """`min_face_px`: width of the smallest face wanted, in frame pixels. Halving it costs four times the work.

    `confidence`: faces below it are dropped, 0..1. Lower finds more turned and covered faces, and more that are none.
    `overlap`: of two boxes that overlap more than this, the less certain is dropped (intersection over union).
    """

    min_face_px: float = 40.0
    confidence: float = 0.4
    overlap: float = 0.4

    def __post_init__(self) -> None:
        if not 8 <= self.min_face_px <= 2000:
            raise ValueError(f"The smallest wanted face must be 8 to 2000 pixels wide, not {self.min_face_px:g}.")
        if not 0 < self.confidence < 1:
            raise ValueError(f"The detector's confidence must lie between 0 and 1, not {self.confidence:g}.")


def detection_scale(min_face_px: float) -> float:
    """Factor by which a frame is reduced before detection; never above 1: enlarging adds no information."""
    return min(1.0, SMALLEST_NETWORK_FACE_PX / min_face_px)


class FaceDetector:
    """Finds faces in frames of any size. Stateless apart from its session, and as thread-safe as that."""

    def __init__(self, session: DetectorSession, options: DetectorOptions | None = None) -> None:
        self._session = session
        self.options = options or DetectorOptions()

    def detect(self, pixels: ScalablePixels, zone: Zone | None = None) -> tuple[Face, ...]:
        """Faces whose centre lies in the zone of recognition, most certain first, in pixels of the full frame."""
        scale = detection_scale(self.options.min_face_px)
        width, height = max(round(pixels.width * scale), 1), max(round(pixels.height * scale), 1)
        reduced = pixels.scaled(width, height)
        # A reduced pixel (x, y) lies at (x / sx, y / sy) in the frame: rounding makes the two factors differ slightly.
        sx, sy = width / pixels.width, height / pixels.height
        whole = (0, 0, width, height)
        margin = round(2 * SMALLEST_NETWORK_FACE_PX)
        while True:
            bounds = whole if zone is None else zone.bounds(width, height, margin)
            rows = self._rows(reduced, bounds)
            if zone is not None:
                centres = (rows[:, :2] + rows[:, 2:4] / 2).tolist()
                rows = rows[[zone.holds(x, y, width, height) for x, y in centres]]
            # A face that the rectangle cuts through is seen narrower than it is, and its centre perhaps on the wrong
            # side of the zone's edge: a wider rectangle decides. Doubling keeps the different sizes few.
            if not any(_is_cut(row, bounds, whole) for row in rows):
                break
            margin *= 2
        reduced[...] = 0
        return tuple(_face(row, sx, sy) for row in rows)

    def refine(self, pixels: Pixels, face: Face, *, found_at_scale: float | None = None) -> Face | None:
        """The same face with landmarks from a look at it alone, at full resolution; for shots that become templates.

        Landmarks come out to about a pixel of the network's input, so those of a face that was small there put the chip
        out of place. On 250 mated pairs of LFW, a face of 20 pixels in the network scored 0.61 on average, and 0.66
        after a closer look, as one seen large; of 16 pixels, 0.55 and 0.67 (close-up with the face 96 pixels wide). For
        a profile in video, 160 pixels scored 0.51 where 96 scored 0.48. It costs a run of 320 x 320 pixels.

        `found_at_scale` is how much the picture was reduced when the face was found; by default as `detect` does. A
        face that was large enough then is returned as it is. None where there is no such face at a closer look: of what
        seemed faces in a crowd from afar, nearly a third are backs of heads, profiles and patterns.
        """
        longest = max(face.box.width, face.box.height, 1.0)
        scale = detection_scale(self.options.min_face_px) if found_at_scale is None else found_at_scale
        if longest * scale >= FINE_ENOUGH_PX:
            return face
        reach = longest * _CLOSE_UP_PX / _CLOSE_UP_FACE_PX / 2
        x, y = face.box.centre
        left, top, right, bottom = Box(x - reach, y - reach, 2 * reach, 2 * reach).pixels(pixels.width, pixels.height)
        if right <= left or bottom <= top:
            return None
        factor = _CLOSE_UP_FACE_PX / longest
        width, height = (max(min(round(side * factor), _CLOSE_UP_PX), 1) for side in (right - left, bottom - top))
        patch = pixels.region(left, top, right, bottom)
        square = np.zeros((_CLOSE_UP_PX, _CLOSE_UP_PX, 3), np.uint8)
        interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        square[:height, :width] = cv2.resize(patch, (width, height), interpolation=interpolation)
        patch[...] = 0
        rows = self._rows(square, (0, 0, _CLOSE_UP_PX, _CLOSE_UP_PX))
        square[...] = 0
        found = [_face(row, width / (right - left), height / (bottom - top)).moved(left, top) for row in rows]
        again = max(found, key=lambda other: other.box.overlap(face.box), default=None)
        return None if again is None or again.box.overlap(face.box) < _SAME_FACE_OVERLAP else again

    def _rows(self, reduced: BGRImage, bounds: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """The faces of one rectangle as `decode_yunet` gives them, in pixels of the whole reduced picture."""
        left, top, right, bottom = bounds
        picture = _padded(reduced[top:bottom, left:right])
        rows = decode_yunet(self._session.run(picture[None]), picture.shape[1], self.options)
        picture[...] = 0
        rows[:, [0, *range(4, 14, 2)]] += left
        rows[:, [1, *range(5, 14, 2)]] += top
        return rows


def _is_cut(row: NDArray[np.float32], bounds: tuple[int, int, int, int], whole: tuple[int, int, int, int]) -> bool:
    """Whether a box reaches an edge of the rectangle that is not the whole picture's own."""
    x, y, width, height = row[:4].tolist()
    reaches = (x <= bounds[0], y <= bounds[1], x + width >= bounds[2], y + height >= bounds[3])
    return any(reached and inner != outer for reached, inner, outer in zip(reaches, bounds, whole, strict=True))


def _face(row: NDArray[np.float32], sx: float, sy: float) -> Face:
    x, y, w, h = row[:4].tolist()
    points = row[4:14].reshape(5, 2) / np.array([sx, sy])
    return Face(Box(x / sx, y / sy, w / sx, h / sy), points.astype(np.float32), float(row[14]))


def _padded(picture: BGRImage) -> BGRImage:
    """The picture with black added right and below up to a multiple of the network's coarsest stride."""
    height, width = picture.shape[:2]
    full = np.zeros((-(-height // _GRID) * _GRID, -(-width // _GRID) * _GRID, 3), np.uint8)
    full[:height, :width] = picture
    return full


def decode_yunet(
    outputs: Mapping[str, NDArray[np.float32]], width: int, options: DetectorOptions
) -> NDArray[np.float32]:
    """YuNet's raw maps for one picture as rows (n, 15): x, y, width, height, five landmark points, confidence.

    Coordinates in pixels of the network's input, which is `width` wide. Confidence is the geometric mean of class and
    object score. Cell (column, row) of the map with stride s predicts the centre at (column + dx) s, the size as
    exp(.) s (Wu et al., "YuNet", Machine Intelligence Research 20, 2023; OpenCV's FaceDetectorYN decodes it alike).
    """
    found: list[NDArray[np.float32]] = []
    for stride in _STRIDES:
        score = np.clip(outputs[f"cls_{stride}"].reshape(-1), 0, 1) * np.clip(
            outputs[f"obj_{stride}"].reshape(-1), 0, 1
        )
        cells = np.flatnonzero(score >= options.confidence**2)
        if not cells.size:
            continue
        columns = (cells % (width // stride)).astype(np.float32)
        lines = (cells // (width // stride)).astype(np.float32)
        box = outputs[f"bbox_{stride}"].reshape(-1, 4)[cells]
        points = outputs[f"kps_{stride}"].reshape(-1, 10)[cells]
        rows = np.empty((cells.size, 15), np.float32)
        size = np.exp(np.minimum(box[:, 2:4], 10.0)) * stride
        rows[:, 0] = (columns + box[:, 0]) * stride - size[:, 0] / 2
        rows[:, 1] = (lines + box[:, 1]) * stride - size[:, 1] / 2
        rows[:, 2:4] = size
        rows[:, 4:14:2] = (points[:, 0::2] + columns[:, None]) * stride
        rows[:, 5:14:2] = (points[:, 1::2] + lines[:, None]) * stride
        rows[:, 14] = np.sqrt(score[cells])
        found.append(rows)
    if not found:
        return np.empty((0, 15), np.float32)
    rows = np.concatenate(found)
    kept = cv2.dnn.NMSBoxes(
        rows[:, :4].tolist(), rows[:, 14].tolist(), score_threshold=0.0, nms_threshold=options.overlap
    )
    best: Sequence[int] = np.asarray(kept, dtype=np.intp).reshape(-1).tolist()
    return rows[best]
