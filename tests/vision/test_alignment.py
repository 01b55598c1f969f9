"""Alignment against closed-form truths and against OpenCV's own."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.transform import SimilarityTransform
from tests.support.faces import astronaut, grace_hopper, main_face

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.alignment import ARCFACE_LANDMARKS, CHIP_SIZE, align, similarity_transform
from openlfr.vision.face import BGRImage, Face
from openlfr.vision.packs import load_pack
from openlfr.vision.packs.store import read_verified

coordinates = st.floats(-500, 500, width=32)
five_points = st.lists(st.tuples(coordinates, coordinates), min_size=5, max_size=5).map(
    lambda points: np.array(points, np.float32)
)


def spread(points: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(points - points.mean(axis=0)))


def applied(matrix: NDArray[np.float64], points: NDArray[np.float32]) -> NDArray[np.float64]:
    return points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]


@given(five_points, st.floats(0.05, 20), st.floats(-np.pi, np.pi), coordinates, coordinates)
def test_a_similarity_is_recovered_exactly(
    source: NDArray[np.float32], scale: float, angle: float, dx: float, dy: float
) -> None:
    if spread(source) < 1:
        return
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    truth = np.array([[c, -s, dx], [s, c, dy]])
    target = applied(truth, source).astype(np.float32)
    found = similarity_transform(source, target)
    assert applied(found, source) == pytest.approx(target, abs=1e-3 * max(1.0, scale))


@given(five_points, five_points)
def test_any_two_point_sets_give_the_least_squares_answer_of_scikit_image(
    source: NDArray[np.float32], target: NDArray[np.float32]
) -> None:
    centred = [points.astype(np.float64) - points.mean(axis=0) for points in (source, target)]
    # A reflection may fit as well as a rotation, or all of it may be noise: there the answer is not unique.
    rotation = abs(np.vdot(*(c[:, 0] + 1j * c[:, 1] for c in centred)))
    if spread(source) < 1 or rotation < 1e-2 * spread(source) * max(spread(target), 1.0):
        return
    oracle = SimilarityTransform.from_estimate(source, target)
    ours, theirs = applied(similarity_transform(source, target), source), oracle(source)
    error = [float(np.sum((fitted - target) ** 2)) for fitted in (ours, theirs)]
    assert error[0] <= error[1] * (1 + 1e-6) + 1e-3


def test_the_result_is_never_a_reflection() -> None:
    mirrored = ARCFACE_LANDMARKS * np.array([-1, 1], np.float32)
    matrix = similarity_transform(mirrored, ARCFACE_LANDMARKS)
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_points_that_are_all_one_are_shifted_and_not_scaled() -> None:
    matrix = similarity_transform(np.full((5, 2), 7, np.float32), ARCFACE_LANDMARKS)
    assert matrix[:, :2] == pytest.approx(np.eye(2))
    assert matrix @ [7, 7, 1] == pytest.approx(ARCFACE_LANDMARKS.mean(axis=0))


@pytest.fixture(scope="module")
def opencv_recogniser(tmp_path_factory: pytest.TempPathFactory) -> cv2.FaceRecognizerSF:
    pack = load_pack()
    source = tmp_path_factory.mktemp("model") / "sface.onnx"
    source.write_bytes(read_verified(pack.pack, pack.pack.recogniser.file, pack.folder))
    return cv2.FaceRecognizerSF.create(str(source), "")


def as_opencv_row(face: Face) -> NDArray[np.float32]:
    box = face.box
    row = [box.x, box.y, box.width, box.height, *face.landmarks.reshape(-1), face.confidence]
    return np.array([row], np.float32)


@pytest.mark.parametrize("longest", [150, 300, 512])
@pytest.mark.parametrize("picture", [astronaut, grace_hopper])
def test_a_chip_is_the_one_opencv_cuts(
    picture: Callable[[], BGRImage], longest: int, opencv_recogniser: cv2.FaceRecognizerSF
) -> None:
    whole = picture()
    factor = longest / max(whole.shape[:2])
    frame = np.asarray(cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    face = main_face(frame, min_face_px=14)
    ours = align(ArrayFrameImage(frame), face.landmarks)
    theirs = opencv_recogniser.alignCrop(frame, as_opencv_row(face))
    # Its template is ours rounded otherwise, so pixels may shift by a fraction.
    assert np.abs(ours.astype(int) - theirs).mean() < 2.5
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995


def test_the_landmarks_of_a_chip_lie_where_the_template_says() -> None:
    chip = align(ArrayFrameImage(grace_hopper()), main_face(grace_hopper()).landmarks)
    wide = cv2.copyMakeBorder(chip, 56, 56, 56, 56, cv2.BORDER_CONSTANT)
    found = main_face(np.asarray(wide, np.uint8), min_face_px=14).landmarks - 56
    assert np.abs(found - ARCFACE_LANDMARKS).max() < 6


def dots(width: int, height: int, landmarks: NDArray[np.float32], radius: int) -> BGRImage:
    picture = np.zeros((height, width, 3), np.uint8)
    for x, y in landmarks:
        cv2.circle(picture, (round(float(x)), round(float(y))), radius, (255, 255, 255), -1)
    return picture


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0, 8.0], ids=lambda scale: f"face {scale:g} times the chip")
def test_pixels_at_the_landmarks_move_to_the_template(scale: float) -> None:
    # Above twice the chip the face is reduced by area first: the same points must still come out.
    landmarks = np.round(ARCFACE_LANDMARKS * scale + 20).astype(np.float32)
    side = int(112 * scale) + 40
    chip = align(ArrayFrameImage(dots(side, side, landmarks, max(round(3 * scale), 2))), landmarks)
    _, _, _, centres = cv2.connectedComponentsWithStats((chip[:, :, 0] > 100).astype(np.uint8))
    found = sorted(centres[1:].tolist())
    assert len(found) == 5
    assert np.array(found) == pytest.approx(np.array(sorted(ARCFACE_LANDMARKS.tolist())), abs=0.8)


@pytest.mark.parametrize("axis", [0, 1], ids=["down", "across"])
@pytest.mark.parametrize("scale", [1.0, 1.9, 4.0, 8.0], ids="face {:g} times the chip".format)
def test_an_edge_comes_out_in_its_place_to_a_tenth_of_a_pixel(axis: int, scale: float) -> None:
    side = int(112 * scale) + 40
    off = []
    # Over edges at every distance from the chip's grid, what sampling adds to either side averages out.
    for edge in range(side // 2, side // 2 + 16):
        frame = np.zeros((side, side, 3), np.uint8)
        (frame if axis == 0 else frame.swapaxes(0, 1))[edge:] = 255
        chip = align(ArrayFrameImage(frame), ARCFACE_LANDMARKS * np.float32(scale) + 20)
        dark = (1 - chip[:, :, 0] / 255).sum(axis=axis)[10:-10].mean()
        off.append(dark - ((edge - 0.5 - 20) / scale + 0.5))
    assert abs(float(np.mean(off))) < 0.1


def test_a_big_face_is_averaged_and_not_sampled() -> None:
    # A checkerboard of single pixels is grey from afar; sampling it gives black and white.
    side = 112 * 8
    rows, columns = np.indices((side, side))
    fine = np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    chip = align(ArrayFrameImage(fine), ARCFACE_LANDMARKS * 8)
    inner = chip[4:-4, 4:-4].astype(int)
    assert abs(inner.mean() - 127.5) < 2
    assert inner.std() < 8


@pytest.mark.parametrize(("dx", "dy"), [(-60, 0), (60, 0), (0, -60), (0, 60)], ids=["left", "right", "top", "bottom"])
def test_what_lies_beyond_the_frame_is_black_and_the_rest_is_unmoved(dx: int, dy: int) -> None:
    frame = np.full((112, 112, 3), 200, np.uint8)
    frame[::7] = 90
    chip = align(ArrayFrameImage(frame), ARCFACE_LANDMARKS + np.array([dx, dy], np.float32))
    expected = np.zeros_like(frame)
    expected[max(-dy, 0) : 112 - max(dy, 0), max(-dx, 0) : 112 - max(dx, 0)] = frame[
        max(dy, 0) : 112 + min(dy, 0), max(dx, 0) : 112 + min(dx, 0)
    ]
    inside = np.s_[max(-dy, 0) + 1 : 111 - max(dy, 0), max(-dx, 0) + 1 : 111 - max(dx, 0)]
    assert np.abs(chip.astype(int) - expected)[inside].max() <= 2
    beyond = np.ones((112, 112), bool)
    beyond[max(-dy - 1, 0) : 113 - max(dy, 0), max(-dx - 1, 0) : 113 - max(dx, 0)] = False
    assert beyond.any()
    assert not chip[beyond].any()


def test_a_face_wholly_outside_gives_a_black_chip() -> None:
    chip = align(ArrayFrameImage(np.full((50, 50, 3), 255, np.uint8)), ARCFACE_LANDMARKS + 500)
    assert chip.shape == (CHIP_SIZE, CHIP_SIZE, 3)
    assert not chip.any()


def test_the_size_of_the_chip_can_be_chosen() -> None:
    face = main_face(astronaut())
    small, large = (align(ArrayFrameImage(astronaut()), face.landmarks, size=size) for size in (112, 224))
    reduced = cv2.resize(large, (112, 112), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - reduced).mean() < 4


def test_only_the_rectangle_under_the_chip_is_read() -> None:
    asked: list[tuple[int, int, int, int]] = []

    class Watched(ArrayFrameImage):
        def region(self, left: int, top: int, right: int, bottom: int) -> BGRImage:
            asked.append((left, top, right, bottom))
            return super().region(left, top, right, bottom)

    align(Watched(np.zeros((1000, 2000, 3), np.uint8)), ARCFACE_LANDMARKS + np.array([1500, 700], np.float32))
    ((left, top, right, bottom),) = asked
    assert (right - left) * (bottom - top) < 120 * 120
