"""Boxes: each operation by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.vision.face import Box, Face

numbers = st.floats(-1000, 1000)
sizes = st.floats(0.5, 1000)
boxes = st.builds(Box, numbers, numbers, sizes, sizes)


def test_the_centre_and_the_size_are_those_of_the_rectangle() -> None:
    box = Box(10, 20, 4, 9)
    assert box.centre == pytest.approx((12, 24.5))
    assert box.size == pytest.approx(6)


def test_a_box_turned_inside_out_has_no_size() -> None:
    assert Box(0, 0, -1, 5).size == 0


@given(boxes, st.floats(0.1, 10))
def test_growing_keeps_the_centre(box: Box, factor: float) -> None:
    grown = box.grown(factor)
    assert grown.centre == pytest.approx(box.centre, abs=1e-6)
    assert (grown.width, grown.height) == pytest.approx((box.width * factor, box.height * factor))


@given(boxes, numbers, numbers, st.floats(0.1, 10))
def test_moving_and_scaling_act_on_every_corner(box: Box, dx: float, dy: float, factor: float) -> None:
    moved = box.moved(dx, dy).scaled(factor)
    corner = ((box.x + box.width + dx) * factor, (box.y + box.height + dy) * factor)
    assert (moved.x + moved.width, moved.y + moved.height) == pytest.approx(corner, abs=1e-6)
    assert (moved.x, moved.y) == pytest.approx(((box.x + dx) * factor, (box.y + dy) * factor), abs=1e-6)


whole_boxes = st.builds(Box, *[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2)


@given(whole_boxes, whole_boxes)
def test_overlap_is_what_counting_pixels_gives(one: Box, other: Box) -> None:
    canvas = np.zeros((2, 60, 60), bool)
    for layer, box in zip(canvas, (one, other), strict=True):
        layer[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)] = True
    both, either = (canvas[0] & canvas[1]).sum(), (canvas[0] | canvas[1]).sum()
    assert one.overlap(other) == pytest.approx(both / either)
    assert one.overlap(other) == other.overlap(one)


def test_a_box_overlaps_itself_wholly_and_a_neighbour_not_at_all() -> None:
    box = Box(1.5, 2.5, 3, 4)
    assert box.overlap(box) == 1
    assert box.overlap(box.moved(3, 0)) == 0


@given(boxes, st.integers(1, 500), st.integers(1, 500))
def test_whole_pixels_stay_in_the_frame_and_cover_what_is_in_it(box: Box, width: int, height: int) -> None:
    left, top, right, bottom = box.pixels(width, height)
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height
    if right > left and bottom > top:
        assert left <= max(box.x, 0)
        assert right >= min(box.x + box.width, width)
        assert top <= max(box.y, 0)
        assert bottom >= min(box.y + box.height, height)


def test_a_box_beside_the_frame_has_no_pixels() -> None:
    for box in (Box(-20, 5, 10, 10), Box(200, 5, 10, 10), Box(5, -20, 10, 10), Box(5, 200, 10, 10)):
        left, top, right, bottom = box.pixels(100, 100)
        assert (right - left) * (bottom - top) == 0


def test_part_of_a_pixel_counts_as_a_pixel() -> None:
    assert Box(1.2, 3.9, 2, 2).pixels(100, 100) == (1, 3, 4, 6)


def test_a_face_moves_and_grows_with_its_landmarks() -> None:
    face = Face(Box(10, 20, 4, 8), np.array([[11, 21], [13, 22], [12, 24], [11, 26], [13, 27]], np.float32), 0.7)
    changed = face.moved(-10, 5).scaled(2)
    assert (changed.box.x, changed.box.y, changed.box.width, changed.box.height) == pytest.approx((0, 50, 8, 16))
    assert changed.landmarks.tolist() == [[2, 52], [6, 54], [4, 58], [2, 62], [6, 64]]
    assert changed.landmarks.dtype == np.float32
    assert changed.confidence == 0.7
