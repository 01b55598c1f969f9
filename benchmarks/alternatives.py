"""What a user would pick instead, on the same frames: OpenCV's face classes and the face_recognition package (dlib).

Both as their own examples use them: every frame, every face, each template compared with the whole list by numpy.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cv2
import dlib
import face_recognition_models
import numpy as np
import onnx
from numpy.typing import NDArray

from openlfr.vision.detector import DetectorOptions, detection_scale
from openlfr.vision.packs.fold import fold_constants
from openlfr.vision.packs.store import find_pack, read_verified
from openlfr.vision.tracker import TrackerOptions

Picture = NDArray[np.uint8]


def frames_of(path: Path, most: int) -> Iterator[Picture]:
    """The frames of a clip as OpenCV reads them."""
    video = cv2.VideoCapture(str(path))
    try:
        for _ in range(most):
            read, picture = video.read()
            if not read:
                return
            yield np.asarray(picture, np.uint8)
    finally:
        video.release()


class OpenCvPair:
    """FaceDetectorYN and FaceRecognizerSF with the default pack's weights, as floats (OpenCV's own zoo has them so).

    Detects at the pipeline's scale, and takes the faces that are certain enough to begin a track there.
    """

    def __init__(self) -> None:
        found = find_pack("default")
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for model in (found.pack.detector, found.pack.recogniser):
                graph = onnx.load_model_from_string(read_verified(found.pack, model.file, found.folder))
                fold_constants(graph)
                files.append(str(Path(folder) / f"{model.name}.onnx"))
                onnx.save_model(graph, files[-1])
            self._detector = cv2.FaceDetectorYN.create(
                files[0], "", (320, 320), TrackerOptions().start_confidence, DetectorOptions().overlap
            )
            self.recogniser = cv2.FaceRecognizerSF.create(files[1], "")
        self._size = (0, 0)

    def faces(self, picture: Picture, min_face_px: float) -> NDArray[np.float32]:
        """Rows (n, 15) as FaceDetectorYN gives them, in pixels of the whole picture."""
        scale = detection_scale(min_face_px)
        height, width = picture.shape[:2]
        size = (round(width * scale), round(height * scale))
        if size != self._size:
            self._detector.setInputSize(size)
            self._size = size
        reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        # OpenCV's type hints do not say that there are no rows where there is no face.
        rows = cast(NDArray[np.float32] | None, self._detector.detect(reduced)[1])
        if rows is None:
            return np.empty((0, 15), np.float32)
        faces = rows.copy()
        faces[:, :14] /= np.float32(scale)
        return faces

    def watch(self, picture: Picture, min_face_px: float, rows: NDArray[np.float32]) -> int:
        """One frame against the templates `rows`; how many faces there were."""
        faces = self.faces(picture, min_face_px)
        for face in faces:
            template = self.recogniser.feature(self.recogniser.alignCrop(picture, face)).reshape(-1)
            int(np.argmax(rows @ (template / np.linalg.norm(template))))
        return len(faces)


class DlibPair:
    """The detector (HOG), landmarks and ResNet that face_recognition's `face_locations` and `face_encodings` call."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
        self._network = dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())

    def watch(self, picture: Picture, rows: NDArray[np.float32]) -> int:
        """As `OpenCvPair.watch`, with one doubling of the picture, face_recognition's default (faces from 40 px)."""
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        found = self._detector(rgb, 1)
        for box in found:
            template = np.array(self._network.compute_face_descriptor(rgb, self._landmarks(rgb, box)), np.float32)
            int(np.argmin(np.linalg.norm(rows - template, axis=1)))
        return len(found)

    def template(self, chip: Picture) -> None:
        """One template of a picture of 150 x 150, already cut out."""
        self._network.compute_face_descriptor(chip)
