"""Real faces and the real models, for tests: the pictures come with installed packages."""

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from skimage import data

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.face import BGRImage, Box, Face
from openlfr.vision.inference import Precision
from openlfr.vision.models import Models, open_models


@lru_cache(maxsize=1)
def models() -> Models:
    """The default pack in f32, so that tests see the same figures on every processor."""
    return open_models(precision=Precision.F32)


@lru_cache(maxsize=1)
def astronaut() -> BGRImage:
    """Eileen Collins, 512 x 512 (NASA, public domain; comes with scikit-image)."""
    return _read_only(np.ascontiguousarray(data.astronaut()[:, :, ::-1]))


@lru_cache(maxsize=1)
def grace_hopper() -> BGRImage:
    """Grace Hopper, 512 x 600 (US Navy, public domain; comes with matplotlib)."""
    return _read_only(np.asarray(cv2.imread(str(grace_hopper_file())), np.uint8))


def grace_hopper_file() -> Path:
    return Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def main_face(picture: BGRImage, *, min_face_px: float = 40) -> Face:
    """The largest face of a picture."""
    found = models().detector(DetectorOptions(min_face_px=min_face_px)).detect(ArrayFrameImage(picture))
    return max(found, key=lambda face: face.box.size)


def face_at(x: float, y: float, size: float, confidence: float = 0.9) -> Face:
    """A face centred at (x, y), with landmarks where they are in a frontal one."""
    landmarks = np.array([[-0.2, -0.15], [0.2, -0.15], [0, 0.08], [-0.16, 0.28], [0.16, 0.28]]) * size + [x, y]
    return Face(Box(x - size / 2, y - size / 2, size, size), landmarks.astype(np.float32), confidence)


def _read_only(picture: NDArray[np.uint8]) -> BGRImage:
    picture.setflags(write=False)
    return picture
