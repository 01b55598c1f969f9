import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.faces import astronaut, grace_hopper, models

from openlfr.capture.images import ArrayFrameImage
from openlfr.node.blur import CELLS_ACROSS_A_FACE, blur_bystanders, pixelate
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.face import Box


def _two_people() -> tuple[NDArray[np.uint8], Box, Box]:
    """A picture with two faces side by side, and their boxes."""
    left = cv2.resize(astronaut(), (512, 512)).astype(np.uint8)
    right = cv2.resize(grace_hopper(), (512, 606))[:512].astype(np.uint8)
    both = np.ascontiguousarray(np.hstack([left, right]))
    detector = models().detector(DetectorOptions(min_face_px=40))
    faces = sorted(detector.detect(ArrayFrameImage(both)), key=lambda face: face.box.x)
    assert len(faces) == 2
    return both, faces[0].box, faces[1].box


STRANGERS = 0.25
"""Cosine under which 97 of 100 pairs of strangers lie."""


def _similarity_of_second_face(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """How much the right-hand face resembles itself after blurring, cut out at the very same place."""
    face = max(
        models().detector(DetectorOptions(min_face_px=40)).detect(ArrayFrameImage(before)), key=lambda f: f.box.x
    )
    chips = np.stack([align(ArrayFrameImage(picture), face.landmarks) for picture in (before, after)])
    first, second = models().extractor.extract(chips)
    return float(first @ second)


def test_a_bystander_can_no_longer_be_recognised() -> None:
    picture, subject, bystander = _two_people()
    before = picture.copy()
    blur_bystanders(picture, (0, 0), subject, [bystander])
    assert _similarity_of_second_face(before, before) > 0.99
    assert _similarity_of_second_face(before, picture) < STRANGERS


def test_the_subjects_own_face_keeps_every_pixel() -> None:
    picture, subject, bystander = _two_people()
    left, top, right, bottom = subject.pixels(picture.shape[1], picture.shape[0])
    original = picture[top:bottom, left:right].copy()
    blur_bystanders(picture, (0, 0), subject, [bystander])
    assert np.array_equal(picture[top:bottom, left:right], original)


def test_somebody_who_was_not_detected_is_blurred_too() -> None:
    picture, subject, _ = _two_people()
    before = picture.copy()
    blur_bystanders(picture, (0, 0), subject, [])
    assert _similarity_of_second_face(before, picture) < STRANGERS


def test_a_picture_cut_from_a_frame_is_blurred_at_the_same_places() -> None:
    picture, subject, bystander = _two_people()
    origin = (30, 20)
    cut = picture[origin[1] :, origin[0] :].copy()
    blur_bystanders(cut, origin, subject, [bystander])
    left, top, right, bottom = subject.moved(-origin[0], -origin[1]).pixels(cut.shape[1], cut.shape[0])
    whole_left, whole_top, whole_right, whole_bottom = subject.pixels(picture.shape[1], picture.shape[0])
    assert np.array_equal(cut[top:bottom, left:right], picture[whole_top:whole_bottom, whole_left:whole_right])


def test_a_pixelated_face_keeps_only_a_few_cells_of_information() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (100, 100, 3), np.uint8)
    pixelate(noise, 0, 0, 100, 100, cell_px=100 / CELLS_ACROSS_A_FACE)
    spectrum = np.abs(np.fft.fft2(noise[:, :, 0].astype(float) - noise[:, :, 0].mean())) ** 2
    low = np.zeros_like(spectrum, dtype=bool)
    low[:8, :8] = low[:8, -8:] = low[-8:, :8] = low[-8:, -8:] = True
    assert spectrum[~low].sum() < 0.1 * spectrum.sum()


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (10, 10, 10, 20), (5, 5, 6, 6)])
def test_empty_and_tiny_rectangles_are_no_error(box: tuple[int, int, int, int]) -> None:
    picture = np.full((20, 20, 3), 7, np.uint8)
    pixelate(picture, *box, cell_px=3)
    assert (picture == 7).all()
