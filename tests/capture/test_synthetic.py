from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from tests.capture.conftest import StartCamera
from tests.support.cameras import LeapingClock, wait_for_state

from openlfr.capture.camera import CameraState, Pace
from openlfr.capture.images import Pixels
from openlfr.capture.sprites import FACE_HEIGHT_PX, Head
from openlfr.capture.synthetic import StreetPerson, SyntheticStreet, SyntheticStreetSource
from openlfr.capture.walkers import Trait

_FACE = (182.0, 120.0, 353.0, 332.0)


def _portrait() -> Pixels:
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return np.asarray(cv2.imread(str(path)), np.uint8)


def _mirrored(portrait: Pixels) -> StreetPerson:
    width = portrait.shape[1]
    face = (width - _FACE[2], _FACE[1], width - _FACE[0], _FACE[3])
    return StreetPerson("mirrored", np.ascontiguousarray(portrait[:, ::-1]), face)


@pytest.fixture(scope="module")
def street() -> SyntheticStreet:
    portrait = _portrait()
    people = (StreetPerson("hopper", portrait, _FACE), _mirrored(portrait))
    return SyntheticStreet(people, width=640, height=360, seed=3)


def test_the_same_arguments_give_the_same_frames(street: SyntheticStreet) -> None:
    portrait = _portrait()
    again = SyntheticStreet(
        (StreetPerson("hopper", portrait, _FACE), _mirrored(portrait)), width=640, height=360, seed=3
    )
    for index in (0, 57, 400, 20_000):
        np.testing.assert_array_equal(street.render(index), again.render(index))
        assert street.visible(index) == again.visible(index)


def test_a_frame_does_not_depend_on_those_before_it(street: SyntheticStreet) -> None:
    first = street.render(123)
    street.render(7)
    np.testing.assert_array_equal(street.render(123), first)


def test_another_seed_gives_another_street(street: SyntheticStreet) -> None:
    other = SyntheticStreet((StreetPerson("hopper", _portrait(), _FACE),), width=640, height=360, seed=4)
    assert np.abs(other.render(200).astype(int) - street.render(200)).mean() > 5


@pytest.mark.parametrize("trait", [Trait.PLAIN, Trait.TURNED])
def test_faces_are_where_the_street_says_they_are(trait: Trait) -> None:
    """Around each place that the street names, the portrait's face is found there."""
    street = SyntheticStreet((StreetPerson("hopper", _portrait(), _FACE),), traits=(trait,), spacing_s=20)
    face = _portrait()[120:332, 182:353]
    checked = 0
    for index in range(100, 225, 5):
        frame = street.render(index)
        for seen in street.visible(index):
            left, top, right, bottom = (round(edge) for edge in seen.box)
            margin = (right - left) // 2
            x0, y0 = left - margin, top - margin
            if seen.covered or x0 < 0 or y0 < 0 or right + margin > 1280 or bottom + margin > 720:
                continue
            around = frame[y0 : bottom + margin, x0 : right + margin]
            wanted = cv2.resize(face, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
            likeness = cv2.matchTemplate(around, wanted, cv2.TM_CCOEFF_NORMED)
            _, best, _, (found_x, found_y) = cv2.minMaxLoc(likeness)
            checked += 1
            assert best > 0.6
            assert abs(found_x - margin) <= 0.12 * (right - left) + 2
            assert abs(found_y - margin) <= 0.12 * (bottom - top) + 2
    assert checked >= 15


def test_everybody_walks_past_from_far_to_near(street: SyntheticStreet) -> None:
    heights: dict[str, list[float]] = {"hopper": [], "mirrored": []}
    for index in range(0, 1500, 5):
        for seen in street.visible(index):
            heights[seen.label].append(seen.box[3] - seen.box[1])
    for seen_heights in heights.values():
        assert min(seen_heights) < 12
        assert max(seen_heights) > 50


def test_some_are_covered_for_part_of_the_way(street: SyntheticStreet) -> None:
    covered = [seen.covered for index in range(0, 1500, 5) for seen in street.visible(index)]
    assert 0.02 < np.mean(covered) < 0.5


@pytest.mark.parametrize("trait", Trait)
def test_each_trait_changes_how_a_person_looks(trait: Trait) -> None:
    people = (StreetPerson("hopper", _portrait(), _FACE),)
    plain = SyntheticStreet(people, width=640, height=360, spacing_s=60, traits=(Trait.PLAIN,))
    changed = SyntheticStreet(people, width=640, height=360, spacing_s=60, traits=(trait,))
    differences = []
    for index in range(60, 200, 10):
        assert [seen.label for seen in changed.visible(index)] == ["hopper"]
        left, top, right, bottom = (round(edge) for edge in plain.visible(index)[0].box)
        there = (slice(max(0, top), bottom), slice(max(0, left), right))
        differences.append(np.abs(changed.render(index)[there].astype(int) - plain.render(index)[there]).mean())
    assert bool(max(differences) > 8) is (trait is not Trait.PLAIN)


def test_clutter_moves_even_where_nobody_with_a_face_is(street: SyntheticStreet) -> None:
    assert np.abs(street.render(0).astype(int) - street.render(25)).mean() > 1


def test_a_head_is_cut_off_its_background() -> None:
    head = Head.cut_out(_portrait(), _FACE)
    assert head.face[3] - head.face[1] == FACE_HEIGHT_PX
    sprite, scale = head.facing(0.0, FACE_HEIGHT_PX)
    assert scale == 1.0
    alpha = sprite.premultiplied[:, :, 3]
    left, top, right, bottom = (round(edge) for edge in head.face)
    assert alpha[(top + bottom) // 2, (left + right) // 2] == 255
    assert alpha[:, 0].max() == 0
    assert alpha[:, -1].max() == 0
    small, scale = head.facing(0.0, FACE_HEIGHT_PX / 5)
    assert scale == 0.25
    assert small.premultiplied.shape[0] == pytest.approx(sprite.premultiplied.shape[0] / 4, abs=1)


@pytest.mark.parametrize("face", [(10, 10, 10, 20), (-1, 0, 20, 20), (0, 0, 20, 9999)])
def test_a_face_outside_its_portrait_is_refused(face: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not inside hopper's portrait, 512 x 600"):
        StreetPerson("hopper", _portrait(), face)


def test_a_street_of_many_people_keeps_only_the_last_cut_outs() -> None:
    portrait = _portrait()
    people = tuple(StreetPerson(f"person {number}", portrait, _FACE) for number in range(12))
    street = SyntheticStreet(people, width=160, height=90, spacing_s=6.0)
    seen: set[str] = set()
    for number in range(12):
        street.render(number * 150 + 100)
        seen |= {face.label for face in street.visible(number * 150 + 100)}
    assert len(seen) == 12
    assert len(street._heads) == 7


def test_a_street_without_people_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        SyntheticStreet(())


def test_the_street_is_a_camera_like_any_other(street: SyntheticStreet, start_camera: StartCamera) -> None:
    clock = LeapingClock()
    camera, taker = start_camera(SyntheticStreetSource(street, frames=30), clock=clock)
    wait_for_state(camera, CameraState.ENDED)
    assert [frame.media_time_s for frame in taker.frames] == pytest.approx([index / 25 for index in range(30)])
    last = taker.frames[-1].image
    np.testing.assert_array_equal(last.region(0, 0, 640, 360), street.render(29))
    assert clock.monotonic_s() - 1000 == pytest.approx(29 / 25)


def test_the_street_can_be_without_end(street: SyntheticStreet, start_camera: StartCamera) -> None:
    camera, taker = start_camera(SyntheticStreetSource(street), pace=Pace.FAST)
    while len(taker.frames) < 40:
        assert camera.state in (CameraState.CONNECTING, CameraState.LIVE)
    assert camera.stop() is True
