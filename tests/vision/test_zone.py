"""The zone of recognition: its edges, its shapes, and its rectangle of pixels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path

from openlfr.vision.zone import Zone

SQUARE = Zone(((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)))
ARROW = Zone(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.3), (0.1, 0.9)))

fractions = st.floats(0, 1)


@st.composite
def stars(draw: st.DrawFn) -> Zone:
    """Polygons whose corners go round a middle, so that no sides cross."""
    count = draw(st.integers(3, 9))
    turns = sorted(draw(st.lists(st.floats(0, 0.9), min_size=count, max_size=count)))
    corners = [
        (0.5 + r * math.cos(2 * math.pi * (i + t) / count), 0.5 + r * math.sin(2 * math.pi * (i + t) / count))
        for i, (t, r) in enumerate(
            zip(
                [turn * 0.5 for turn in turns],
                draw(st.lists(st.floats(0.1, 0.45), min_size=count, max_size=count)),
                strict=True,
            )
        )
    ]
    return Zone(tuple(corners))


@given(stars(), fractions, fractions)
def test_inside_is_what_matplotlib_says(zone: Zone, x: float, y: float) -> None:
    corners = np.array([*zone.corners, zone.corners[0]])
    oracle = Path(corners, closed=True)
    nearly_out = oracle.contains_point((x, y), radius=1e-6)
    nearly_in = oracle.contains_point((x, y), radius=-1e-6)
    if nearly_out == nearly_in:
        assert zone.holds(x * 640, y * 480, 640, 480) == nearly_in


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [
        (50, 50, True),
        (25, 25, True),  # corners and sides count
        (75, 75, True),
        (50, 25, True),
        (25, 60, True),
        (75, 60, True),
        (24.99, 50, False),
        (75.01, 50, False),
        (50, 75.01, False),
        (99, 25, False),  # level with a side, beyond its end
        (0, 75, False),
    ],
)
def test_the_border_of_a_square_belongs_to_it(x: float, y: float, inside: bool) -> None:
    assert SQUARE.holds(x, y, 100, 100) is inside


@pytest.mark.parametrize(
    ("x", "y", "inside"), [(50, 20, True), (15, 60, True), (85, 60, True), (50, 60, False), (50, 31, False)]
)
def test_the_notch_of_a_hollow_shape_is_outside(x: float, y: float, inside: bool) -> None:
    assert ARROW.holds(x, y, 100, 100) is inside


@given(stars(), fractions, fractions, st.integers(1, 4000), st.integers(1, 4000))
def test_a_zone_is_the_same_at_every_resolution(zone: Zone, x: float, y: float, width: int, height: int) -> None:
    near_side = any(
        abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) < 1e-9
        for (ax, ay), (bx, by) in zip(zone.corners, zone.corners[1:] + zone.corners[:1], strict=True)
    )
    if not near_side:
        assert zone.holds(x * width, y * height, width, height) == zone.holds(x, y, 1, 1)


@given(stars(), st.integers(1, 2000), st.integers(1, 2000), st.integers(0, 50), fractions, fractions)
def test_the_rectangle_holds_every_point_of_the_zone_and_stays_in_the_frame(
    zone: Zone, width: int, height: int, margin: int, x: float, y: float
) -> None:
    left, top, right, bottom = zone.bounds(width, height, margin)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    if zone.holds(x * width, y * height, width, height):
        assert left <= x * width <= right
        assert top <= y * height <= bottom


def test_the_rectangle_is_the_smallest_and_grows_by_the_margin() -> None:
    assert SQUARE.bounds(100, 200) == (25, 50, 75, 150)
    assert SQUARE.bounds(100, 200, margin=10) == (15, 40, 85, 160)
    assert SQUARE.bounds(100, 200, margin=1000) == (0, 0, 100, 200)


def test_a_zone_thinner_than_a_pixel_still_has_one() -> None:
    sliver = Zone(((1.0, 0.0), (1.0, 1.0), (0.9999, 1.0)))
    left, top, right, bottom = sliver.bounds(64, 48)
    assert right - left >= 1
    assert bottom - top >= 1
    assert right <= 64


def test_crossing_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="may not cross: list its corners in order"):
        Zone(((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)))


def test_a_star_drawn_in_one_line_is_refused() -> None:
    points = [(0.5 + 0.4 * math.sin(4 * math.pi * i / 5), 0.5 - 0.4 * math.cos(4 * math.pi * i / 5)) for i in range(5)]
    with pytest.raises(ValueError, match="may not cross"):
        Zone(tuple(points))


def test_hollow_shapes_and_long_thin_ones_are_accepted() -> None:
    assert len(ARROW.corners) == 5
    assert Zone(((0, 0), (1, 0.001), (0, 0.002))).holds(0, 0.001, 1, 1)


@pytest.mark.parametrize("corners", [(), ((0, 0),), ((0, 0), (1, 1))])
def test_fewer_than_three_corners_are_refused(corners: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="at least three corners"):
        Zone(corners)


@pytest.mark.parametrize("bad", [-0.01, 1.01, math.nan, math.inf, 640.0])
def test_corners_outside_the_picture_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="fractions of the picture"):
        Zone(((0, 0), (bad, 0), (1, 1)))
