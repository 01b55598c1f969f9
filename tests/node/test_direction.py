"""The direction of travel, from paths as a camera sees them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openlfr.node.direction import FOCAL_LENGTH, REMEMBERED, Path, Sighting, direction_of
from openlfr.policy.direction import Direction

WIDTH = 1920
WALKING_PACE = 9.0
"""Widths of a face in a second."""

MIRRORED = {
    Direction.TOWARDS: Direction.TOWARDS,
    Direction.TOWARDS_LEFT: Direction.TOWARDS_RIGHT,
    Direction.LEFT: Direction.RIGHT,
    Direction.AWAY_LEFT: Direction.AWAY_RIGHT,
    Direction.AWAY: Direction.AWAY,
}
MIRRORED |= {there: here for here, there in MIRRORED.items()}
EIGHTHS = list(Direction)

SIGHTINGS = st.lists(
    st.builds(Sighting, st.just(0.0), st.floats(0, WIDTH, width=32), st.floats(16, 400, width=32)),
    min_size=4,
    max_size=REMEMBERED,
).map(lambda seen: [Sighting(0.1 * number, each.x, each.size) for number, each in enumerate(seen)])


def walk(angle: float, across: float = 0.0, distance: float = 40.0, seconds: float = 1.0) -> list[Sighting]:
    """Somebody who walks at `angle` (0: towards the camera, a quarter turn: to its right), from a place in widths."""
    seen = []
    for number in range(round(seconds * 10) + 1):
        gone = WALKING_PACE * number / 10
        x, z = across + gone * math.sin(angle), distance - gone * math.cos(angle)
        size = FOCAL_LENGTH * WIDTH / z
        seen.append(Sighting(number / 10, WIDTH / 2 + x * size, size))
    return seen


@pytest.mark.parametrize(("eighths", "direction"), list(enumerate(EIGHTHS)))
@pytest.mark.parametrize("across", [-12.0, 0.0, 12.0])
def test_somebody_who_walks_has_that_direction_wherever_in_the_picture(
    eighths: int, direction: Direction, across: float
) -> None:
    assert direction_of(walk(eighths * math.pi / 4, across), WIDTH) is direction


@given(SIGHTINGS)
def test_a_mirrored_path_has_the_mirrored_direction(seen: list[Sighting]) -> None:
    mirrored = [Sighting(each.at_s, WIDTH - each.x, each.size) for each in seen]
    here, there = direction_of(seen, WIDTH), direction_of(mirrored, WIDTH)
    assert there == (None if here is None else MIRRORED[here])


@given(SIGHTINGS)
def test_a_path_walked_backwards_has_the_opposite_direction(seen: list[Sighting]) -> None:
    back = [Sighting(each.at_s, other.x, other.size) for each, other in zip(seen, reversed(seen), strict=True)]
    here, there = direction_of(seen, WIDTH), direction_of(back, WIDTH)
    if here is None or there is None:
        assert here is there
    else:
        # On the line between two eighths either may be said.
        turned = (EIGHTHS.index(there) - EIGHTHS.index(here)) % 8
        assert turned in (3, 4, 5)


@given(SIGHTINGS, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_a_camera_of_another_resolution_says_the_same(seen: list[Sighting], factor: float) -> None:
    assume(all(each.size * factor >= 1 for each in seen))
    scaled = [Sighting(each.at_s, each.x * factor, each.size * factor) for each in seen]
    assert direction_of(scaled, round(WIDTH * factor)) == direction_of(seen, WIDTH)


def test_whoever_stands_or_was_hardly_seen_has_no_direction() -> None:
    swaying = [Sighting(number / 10, 960 + 8 * (number % 3), 60 + number % 2) for number in range(20)]
    assert direction_of(swaying, WIDTH) is None
    assert direction_of(walk(0.0, seconds=0.2), WIDTH) is None
    assert direction_of([], WIDTH) is None


def test_a_path_keeps_the_last_four_seconds_and_no_more() -> None:
    path = Path()
    there, back = walk(math.pi / 2, across=-20, seconds=4), walk(-math.pi / 2, across=16, seconds=4)
    for each in there:
        path.add(each)
    assert path.direction(WIDTH) is Direction.RIGHT
    for each in back:
        path.add(Sighting(each.at_s + 4.1, each.x, each.size))
        path.add(Sighting(each.at_s + 4.11, 0.0, each.size))
    assert path.direction(WIDTH) is Direction.LEFT
    path.clear()
    assert path.direction(WIDTH) is None
