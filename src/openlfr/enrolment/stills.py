"""Finding the face in a photograph: unlike in a video frame, it may be of any size, from a twentieth of the picture's
width to more than all of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.detector import SMALLEST_NETWORK_FACE_PX, DetectorOptions, DetectorSession, FaceDetector
from openlfr.vision.face import BGRImage, Face

# Longest side of the reduced picture and side of the black square it is laid in, in turn until a face is found. The
# black edge lets a picture cropped tight around a face be detected; fixed squares spare compiling for every new size.
# 256 finds faces from a twentieth of the width upwards; 576 and 1152 the smaller ones; 112 those beyond the edges.
_ATTEMPTS = ((256, 320), (576, 640), (112, 192), (1152, 1280))

SURE_CONFIDENCE = 0.7
"""A face this certain ends the search; every bare face of 400 of LFW's and 400 of UTKFace's pictures is."""

LEAST_CONFIDENCE = 0.5
"""A face less certain than this at every scale is none. A fifth of LFW's faces with masks drawn on are under SURE."""

COMPARABLE_PROMINENCE = 0.75
"""A second face of at least this share of the most prominent one's prominence makes it unclear which is meant. Of 1,500
of LFW's news photographs, a fifth of which show a second face, eight are refused so."""


ONE_HEAD_OVERLAP = 0.25
"""Boxes that overlap more (intersection over union) are two looks at one head."""


class StillDetector:
    """Finds faces in photographs. As thread-safe as its session."""

    def __init__(self, session: DetectorSession) -> None:
        options = DetectorOptions(min_face_px=SMALLEST_NETWORK_FACE_PX, confidence=LEAST_CONFIDENCE)
        self._detector = FaceDetector(session, options)

    def detect(self, picture: BGRImage) -> tuple[Face, ...]:
        """Faces of the first scale at which one is certain, else of the scale with the most certain one; most certain
        first; pixels of the picture. Their boxes may reach over its edges."""
        best: tuple[Face, ...] = ()
        for longest, side in _ATTEMPTS:
            faces = self._detect_at(picture, longest, side)
            if faces and (not best or faces[0].confidence > best[0].confidence):
                best = faces
            if best and best[0].confidence >= SURE_CONFIDENCE:
                break
        return best

    def _detect_at(self, picture: BGRImage, longest: int, side: int) -> tuple[Face, ...]:
        height, width = picture.shape[:2]
        factor = longest / max(height, width)
        inner_width, inner_height = max(round(width * factor), 1), max(round(height * factor), 1)
        left, top = (side - inner_width) // 2, (side - inner_height) // 2
        square = np.zeros((side, side, 3), np.uint8)
        square[top : top + inner_height, left : left + inner_width] = cv2.resize(
            picture, (inner_width, inner_height), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        )
        found = self._detector.detect(ArrayFrameImage(square))
        square[...] = 0
        frame = ArrayFrameImage(picture)
        whole = [
            face.moved(-left, -top).scaled(1 / factor)
            for face in found
            if 0 <= face.box.centre[0] - left < inner_width and 0 <= face.box.centre[1] - top < inner_height
        ]
        return tuple(self._detector.refine(frame, face, found_at_scale=factor) or face for face in whole)


@dataclass(frozen=True, slots=True)
class ProminentFaces:
    """`main` is whom a photograph shows; `rivals` are faces that it might show as well; `others` stand behind."""

    main: Face
    rivals: tuple[Face, ...]
    others: tuple[Face, ...]


def prominent_faces(faces: tuple[Face, ...], width: int, height: int) -> ProminentFaces | None:
    """Sorts a photograph's faces by whom it is of; None when there are none."""
    if not faces:
        return None
    ranked = sorted(faces, key=lambda face: -prominence(face, width, height))
    main = ranked[0]
    # Dark glasses can make the detector see a second, shifted face on the same head.
    rest = [face for face in ranked[1:] if face.box.overlap(main.box) < ONE_HEAD_OVERLAP]
    bar = COMPARABLE_PROMINENCE * prominence(main, width, height)
    rivals: list[Face] = []
    others: list[Face] = []
    for face in rest:
        comparable = prominence(face, width, height) >= bar and face.confidence >= SURE_CONFIDENCE
        (rivals if comparable else others).append(face)
    return ProminentFaces(main, tuple(rivals), tuple(others))


def prominence(face: Face, width: int, height: int) -> float:
    """Size of the part of a face that is in the picture, less the farther it is from the middle: down to half at the
    corners. Photographers put whom they mean in the middle; the big half face at the edge is somebody else's."""
    left, top, right, bottom = face.box.pixels(width, height)
    inside = float(np.sqrt((right - left) * (bottom - top)))
    x, y = face.box.centre
    off = float(np.hypot((x - width / 2) / width, (y - height / 2) / height)) / float(np.sqrt(0.5))
    return inside * (1 - 0.5 * min(off, 1.0))
