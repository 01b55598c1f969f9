"""Detection against OpenCV's own decoder, and each change of coordinates by itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.evaluation_data import evaluation_data
from tests.support.faces import astronaut, face_at, grace_hopper, models

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.detector import (
    SMALLEST_NETWORK_FACE_PX,
    DetectorOptions,
    FaceDetector,
    decode_yunet,
    detection_scale,
)
from openlfr.vision.face import BGRImage, Face
from openlfr.vision.packs import load_pack
from openlfr.vision.packs.store import read_verified
from openlfr.vision.zone import Zone

UNSCALED = DetectorOptions(min_face_px=SMALLEST_NETWORK_FACE_PX)


@pytest.fixture(scope="module")
def opencv_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pack = load_pack()
    source = tmp_path_factory.mktemp("model") / "yunet.onnx"
    source.write_bytes(read_verified(pack.pack, pack.pack.detector.file, pack.folder))
    return source


def by_opencv(model: Path, picture: BGRImage, options: DetectorOptions) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    detector = cv2.FaceDetectorYN.create(str(model), "", (width, height), options.confidence, options.overlap, 5000)
    _, rows = detector.detect(picture)
    return np.empty((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)


def crowd_frame() -> BGRImage:
    capture = cv2.VideoCapture(str(evaluation_data("video", "street_crowd_640x360.mp4")))
    capture.set(cv2.CAP_PROP_POS_FRAMES, 60)
    _, frame = capture.read()
    capture.release()
    return np.asarray(frame, np.uint8)


def four_faces() -> BGRImage:
    row = np.hstack([np.asarray(cv2.resize(p, (320, 320)), np.uint8) for p in (astronaut(), grace_hopper())])
    return np.vstack([row, row[:, ::-1]])


@pytest.mark.parametrize("make", [astronaut, grace_hopper, four_faces, crowd_frame])
def test_faces_are_those_opencv_finds_within_a_pixel(make: Callable[[], BGRImage], opencv_model: Path) -> None:
    picture = make()
    # OpenCV is asked for a little less, so that a face at the very limit is not missing on one side.
    ours = FaceDetector(models().detector_session, UNSCALED).detect(ArrayFrameImage(picture))
    theirs = by_opencv(opencv_model, picture, DetectorOptions(confidence=0.35))
    assert ours
    for face in ours:
        box = np.array([face.box.x, face.box.y, face.box.width, face.box.height])
        nearest = theirs[np.abs(theirs[:, :4] - box).max(axis=1).argmin()]
        assert box == pytest.approx(nearest[:4], abs=1)
        assert face.landmarks.reshape(-1) == pytest.approx(nearest[4:14], abs=1)
        assert face.confidence == pytest.approx(nearest[14], abs=0.02)
    certain = theirs[theirs[:, 14] > UNSCALED.confidence + 0.02]
    assert len(certain) <= len(ours)


class RecordedSession:
    """Runs the real network and keeps the sizes it was given."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        self.shapes.append(pictures.shape)
        return models().detector_session.run(pictures)


class OneFaceSession:
    """Answers with one face of 32 pixels, in network pixels, wherever the test wants it."""

    def __init__(self, x: float, y: float) -> None:
        self.at = np.array([x, y])
        self.seen: NDArray[np.uint8] | None = None

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        self.seen = pictures.copy()
        _, height, width, _ = pictures.shape
        outputs: dict[str, NDArray[np.float32]] = {}
        for stride in (8, 16, 32):
            cells = (height // stride) * (width // stride)
            for name, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
                outputs[f"{name}_{stride}"] = np.zeros((1, cells, size), np.float32)
        column, line = (self.at // 16).astype(int)
        cell = int(line * (width // 16) + column)
        offset = self.at / 16 - [column, line]
        outputs["cls_16"][0, cell] = outputs["obj_16"][0, cell] = 0.81
        outputs["bbox_16"][0, cell] = [*offset, np.log(2), np.log(2)]
        outputs["kps_16"][0, cell] = np.tile(offset, 5) + np.repeat(np.arange(5), 2) / 16
        return outputs


def only(faces: tuple[Face, ...]) -> Face:
    (face,) = faces
    return face


def test_a_cell_is_decoded_to_its_place_size_and_confidence() -> None:
    session = OneFaceSession(70, 45)
    outputs = session.run(np.zeros((1, 96, 128, 3), np.uint8))
    (row,) = decode_yunet(outputs, 128, DetectorOptions())
    assert row[:4] == pytest.approx([70 - 16, 45 - 16, 32, 32], abs=1e-4)
    assert row[4:14].reshape(5, 2) == pytest.approx(np.array([[70 + i, 45 + i] for i in range(5)]), abs=1e-4)
    assert row[14] == pytest.approx(0.81)


def test_overlapping_boxes_leave_the_more_certain() -> None:
    session = OneFaceSession(70, 45)
    outputs = {name: rows.copy() for name, rows in session.run(np.zeros((1, 96, 128, 3), np.uint8)).items()}
    outputs["cls_8"][0, 5 * 16 + 8] = outputs["obj_8"][0, 5 * 16 + 8] = 0.9
    outputs["bbox_8"][0, 5 * 16 + 8] = [0.75, 0.6, np.log(4), np.log(4)]
    (row,) = decode_yunet(outputs, 128, DetectorOptions())
    assert row[14] == pytest.approx(0.9)
    assert len(decode_yunet(outputs, 128, DetectorOptions(overlap=0.99))) == 2


@pytest.mark.parametrize(("confidence", "count"), [(0.80, 1), (0.82, 0)])
def test_the_confidence_is_compared_after_the_mean_of_both_scores(confidence: float, count: int) -> None:
    outputs = OneFaceSession(70, 45).run(np.zeros((1, 96, 128, 3), np.uint8))
    assert len(decode_yunet(outputs, 128, DetectorOptions(confidence=confidence))) == count


def test_an_absurd_size_does_not_overflow() -> None:
    outputs = dict(OneFaceSession(70, 45).run(np.zeros((1, 96, 128, 3), np.uint8)))
    outputs["bbox_16"][..., 2:] = 1000
    assert np.isfinite(decode_yunet(outputs, 128, DetectorOptions())).all()


@pytest.mark.parametrize(
    ("min_face_px", "scale"), [(14, 1.0), (28, 0.5), (10, 1.0), (140, 0.1)], ids="face of {} px".format
)
def test_the_scale_brings_the_smallest_wanted_face_to_the_smallest_the_network_finds(
    min_face_px: float, scale: float
) -> None:
    assert detection_scale(min_face_px) == pytest.approx(scale)


def test_scaled_coordinates_come_back_in_pixels_of_the_full_frame() -> None:
    # 1001 x 601 at a third: 334 x 200, so the two factors differ slightly.
    session = OneFaceSession(100, 60)
    detector = FaceDetector(session, DetectorOptions(min_face_px=3 * SMALLEST_NETWORK_FACE_PX))
    face = only(detector.detect(ArrayFrameImage(np.zeros((601, 1001, 3), np.uint8))))
    sx, sy = 1001 / 334, 601 / 200
    assert face.box.centre == pytest.approx((100 * sx, 60 * sy), abs=1e-2)
    assert (face.box.width, face.box.height) == pytest.approx((32 * sx, 32 * sy), abs=1e-2)
    assert face.landmarks == pytest.approx(np.array([[(100 + i) * sx, (60 + i) * sy] for i in range(5)]), abs=1e-2)


def test_the_offset_of_the_zones_rectangle_is_added() -> None:
    session = OneFaceSession(60, 50)
    zone = Zone(((0.5, 0.25), (1.0, 0.25), (1.0, 1.0), (0.5, 1.0)))
    face = only(FaceDetector(session, UNSCALED).detect(ArrayFrameImage(np.zeros((400, 600, 3), np.uint8)), zone))
    margin = round(2 * SMALLEST_NETWORK_FACE_PX)
    assert face.box.centre == pytest.approx((300 - margin + 60, 100 - margin + 50), abs=1e-2)
    assert face.landmarks[0] == pytest.approx([300 - margin + 60, 100 - margin + 50], abs=1e-2)


def test_only_the_zones_rectangle_reaches_the_network() -> None:
    frame = np.zeros((400, 600, 3), np.uint8)
    frame[:, :200] = 255
    session = OneFaceSession(60, 50)
    zone = Zone(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
    FaceDetector(session, UNSCALED).detect(ArrayFrameImage(frame), zone)
    assert session.seen is not None
    assert session.seen.shape[2] < 400
    assert not session.seen.any()


def test_padding_is_below_and_to_the_right_and_black() -> None:
    session = OneFaceSession(60, 50)
    FaceDetector(session, UNSCALED).detect(ArrayFrameImage(np.full((70, 90, 3), 255, np.uint8)))
    assert session.seen is not None
    assert session.seen.shape == (1, 96, 96, 3)
    assert session.seen[0, :70, :90].all()
    assert not session.seen[0, 70:].any()
    assert not session.seen[0, :, 90:].any()


def test_padding_does_not_move_faces() -> None:
    # 512 is a multiple of 32; two rows and columns less are padded back to it.
    whole = FaceDetector(models().detector_session, UNSCALED).detect(ArrayFrameImage(astronaut()))
    cut = np.ascontiguousarray(astronaut()[:-2, :-2])
    padded = FaceDetector(models().detector_session, UNSCALED).detect(ArrayFrameImage(cut))
    assert padded[0].box.centre == pytest.approx(whole[0].box.centre, abs=1)


@pytest.mark.parametrize("min_face_px", [14, 30, 60])
def test_a_face_is_found_at_the_same_place_at_every_scale(min_face_px: float) -> None:
    fine = only(models().detector(UNSCALED).detect(ArrayFrameImage(astronaut()))[:1])
    coarse = only(models().detector(DetectorOptions(min_face_px=min_face_px)).detect(ArrayFrameImage(astronaut()))[:1])
    assert coarse.box.overlap(fine.box) > 0.7
    # One pixel of the network is four of the frame at the coarsest.
    assert np.abs(coarse.landmarks - fine.landmarks).max() < 0.15 * fine.box.width


def test_a_face_whose_centre_is_outside_the_zone_is_left_out() -> None:
    face = only(models().detector(UNSCALED).detect(ArrayFrameImage(astronaut()))[:1])
    x = face.box.centre[0] / 512
    # The face is wider than the margin around the zone: cut through, it would seem to lie further inside.
    for left, right, found in (
        (0.0, x + 0.02, True),
        (0.0, x - 0.02, False),
        (x - 0.02, 1.0, True),
        (x + 0.02, 1.0, False),
    ):
        zone = Zone(((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0)))
        assert bool(models().detector(UNSCALED).detect(ArrayFrameImage(astronaut()), zone)) is found


def test_a_zone_does_not_change_the_faces_in_it() -> None:
    zone = Zone(((0.2, 0.05), (0.8, 0.05), (0.8, 0.6), (0.2, 0.6)))
    within = only(models().detector(UNSCALED).detect(ArrayFrameImage(astronaut()), zone)[:1])
    whole = only(models().detector(UNSCALED).detect(ArrayFrameImage(astronaut()))[:1])
    assert within.box.overlap(whole.box) > 0.9


@pytest.mark.parametrize("picture", [astronaut, grace_hopper])
def test_a_closer_look_brings_coarse_landmarks_to_where_fine_ones_are(picture: Callable[[], BGRImage]) -> None:
    frame = ArrayFrameImage(picture())
    fine = models().detector(DetectorOptions(min_face_px=28)).detect(frame)[0]
    detector = models().detector(DetectorOptions(min_face_px=fine.box.width))
    coarse = max(detector.detect(frame), key=lambda face: face.box.overlap(fine.box))
    refined = detector.refine(frame, coarse)
    assert refined is not None
    errors = [float(np.abs(face.landmarks - fine.landmarks).max()) / fine.box.width for face in (coarse, refined)]
    assert errors[1] < 0.08
    assert errors[1] < errors[0]


@pytest.mark.parametrize(
    ("x", "y"),
    [(300, 200), (10, 12), (592, 395)],
    ids=["in the middle", "over the top left edge", "over the bottom right"],
)
def test_a_closer_look_gives_pixels_of_the_frame(x: float, y: float) -> None:
    given = face_at(x, y, 24)
    # The close-up shows 48 x 48 pixels at 20/3 times their size; at the top left the frame's corner is its corner.
    corner = np.array([max(x - 24, 0), max(y - 24, 0)])
    session = OneFaceSession(*((np.array([x, y]) - corner) * 20 / 3 + [3, 2]))
    detector = FaceDetector(session, DetectorOptions(min_face_px=28, overlap=0.4))
    frame = np.full((400, 600, 3), 7, np.uint8)
    refined = detector.refine(ArrayFrameImage(frame), given)
    # The session's face is 32 network pixels, so 5 of the frame: too small to be the same one.
    assert refined is None
    big = BigFaceSession(session)
    refined = FaceDetector(big, DetectorOptions(min_face_px=28)).refine(ArrayFrameImage(frame), given)
    assert refined is not None
    assert refined is not None
    assert refined.box.centre == pytest.approx((x + 0.45, y + 0.3), abs=0.1)
    assert refined.box.width == pytest.approx(24, abs=0.2)
    assert refined.landmarks[0] == pytest.approx([x + 0.45, y + 0.3], abs=0.1)
    assert session.seen is not None
    assert session.seen.shape == (1, 320, 320, 3)


class BigFaceSession:
    """The same answer with a face of 160 pixels."""

    def __init__(self, small: OneFaceSession) -> None:
        self._small = small

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        outputs = dict(self._small.run(pictures))
        outputs["bbox_16"][..., 2:] = np.log(10)
        return outputs


def test_a_face_that_was_seen_large_is_not_looked_at_again() -> None:
    session = RecordedSession()
    face = face_at(250, 250, 130)
    assert FaceDetector(session, UNSCALED).refine(ArrayFrameImage(astronaut()), face) is face
    assert session.shapes == []


def test_where_a_closer_look_finds_nothing_there_is_no_face() -> None:
    face = face_at(250, 250, 30)
    assert models().detector(UNSCALED).refine(ArrayFrameImage(np.zeros((512, 512, 3), np.uint8)), face) is None
    outside = face_at(900, 900, 30)
    assert models().detector(UNSCALED).refine(ArrayFrameImage(astronaut()), outside) is None


def test_a_closer_look_does_not_turn_to_the_neighbour() -> None:
    frame = np.hstack([np.zeros((512, 512, 3), np.uint8), astronaut()])
    real = models().detector(UNSCALED).detect(ArrayFrameImage(frame))[0]
    beside = Face(real.box.moved(-0.8 * real.box.width, 0), real.landmarks, 0.5)
    assert models().detector().refine(ArrayFrameImage(frame), beside, found_at_scale=0.1) is None


def test_the_most_certain_face_comes_first() -> None:
    faces = models().detector(UNSCALED).detect(ArrayFrameImage(four_faces()))
    confidences = [face.confidence for face in faces]
    assert len(faces) >= 4
    assert confidences == sorted(confidences, reverse=True)


def test_halving_the_smallest_face_quadruples_the_networks_picture() -> None:
    sizes = []
    for min_face_px in (28, 56):
        session = RecordedSession()
        FaceDetector(session, DetectorOptions(min_face_px=min_face_px)).detect(
            ArrayFrameImage(np.zeros((1024, 1024, 3), np.uint8))
        )
        sizes.append(int(np.prod(session.shapes[0])))
    assert sizes[0] == 4 * sizes[1]


def test_a_picture_of_one_pixel_has_no_face() -> None:
    assert models().detector().detect(ArrayFrameImage(np.zeros((1, 1, 3), np.uint8))) == ()


@pytest.mark.parametrize("min_face_px", [0, 7.9, 2001, float("nan")])
def test_an_absurd_smallest_face_is_refused(min_face_px: float) -> None:
    with pytest.raises(ValueError, match="must be 8 to 2000 pixels wide"):
        DetectorOptions(min_face_px=min_face_px)


@pytest.mark.parametrize("confidence", [0, 1, -0.1, float("nan")])
def test_an_absurd_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        DetectorOptions(confidence=confidence)
