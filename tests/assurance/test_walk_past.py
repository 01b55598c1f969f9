"""Simulated walks: heads are where the truth says, the same seed gives the same pictures, and no two meet."""

from itertools import pairwise

import numpy as np
import pytest
from tests.support.faces import astronaut, main_face, models

from openlfr.assurance.ground_truth import Conditions
from openlfr.assurance.walk_past import (
    FRAMES_PER_S,
    GAP_S,
    HEIGHT,
    WIDTH,
    WalkPast,
    WalkPastSource,
    plan_digest,
    walk_pasts,
)
from openlfr.capture.images import ArrayFrameImage, Pixels
from openlfr.capture.looped import Looped
from openlfr.capture.source import Connection, Dropped, Picture, Timing, UnusableSourceError
from openlfr.capture.sprites import Head
from openlfr.vision.detector import DetectorOptions


class Street:
    """Two grey pictures, as a recording."""

    timing = Timing.RECORDED
    description = "street"

    def __init__(self, pictures: int = 2) -> None:
        self.pictures = pictures

    def open(self) -> Connection:
        return _Opened(self.pictures)


class _Opened:
    def __init__(self, pictures: int) -> None:
        self.left = pictures

    def read(self) -> Picture | Dropped | None:
        if not self.left:
            return None
        self.left -= 1
        return Picture(ArrayFrameImage(np.full((180, 320, 3), 120, np.uint8)), float(self.left))

    def thin(self, on: bool) -> None: ...

    def close(self) -> None: ...


def head_of(_: str) -> Head:
    left, top, right, bottom = main_face(astronaut()).box.pixels(512, 512)
    return Head.cut_out(astronaut(), (left, top, right, bottom))


def frames(walks: tuple[WalkPast, ...]) -> list[tuple[float, Pixels]]:
    connection = WalkPastSource("reel", walks, Looped(Street()), head_of).open()
    found = []
    while isinstance(item := connection.read(), Picture):
        found.append((item.media_time_s, item.image.scaled(item.image.width, item.image.height)))
    connection.close()
    return found


def test_a_face_is_seen_while_the_truth_says_so_as_large_as_it_says_and_never_otherwise() -> None:
    walks = walk_pasts([("Collins", "a.jpg"), ("Collins", "b.jpg")], np.random.default_rng(4))
    detector = models().detector(DetectorOptions(min_face_px=24, confidence=0.5))
    widest = dict.fromkeys(range(len(walks)), 0.0)
    seen = 0
    for at_s, picture in frames(walks):
        assert picture.shape == (HEIGHT, WIDTH, 3)
        visible = [number for number, walk in enumerate(walks) if walk.starts_at_s <= at_s < walk.ends_at_s]
        assert len(visible) <= 1
        faces = detector.detect(ArrayFrameImage(picture))
        assert len(faces) <= len(visible)
        for face in faces:
            seen += 1
            widest[visible[0]] = max(widest[visible[0]], face.box.width)
    assert seen > 20
    for number, walk in enumerate(walks):
        assert widest[number] == pytest.approx(walk.width_px[1], rel=0.3)


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others() -> None:
    def made(seed: int) -> list[bytes]:
        walks = walk_pasts([("Collins", "a.jpg")], np.random.default_rng(seed))
        return [picture.tobytes() for _, picture in frames(walks)]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_walks_follow_one_another_from_alternate_sides_and_vary() -> None:
    walks = walk_pasts([("p", f"{n}.jpg") for n in range(200)], np.random.default_rng(0))
    for before, after in pairwise(walks):
        assert after.starts_at_s == pytest.approx(before.ends_at_s + GAP_S)
        assert (before.x[1] - 0.5) * (after.x[0] - 0.5) < 0
    truths = [walk.truth() for walk in walks]
    assert 0.2 < np.mean([truth.conditions.turn is True for truth in truths]) < 0.5
    assert 0.12 < np.mean([truth.conditions.blur is True for truth in truths]) < 0.4
    assert len({truth.conditions.labels()["size"] for truth in truths}) == 3
    assert all(truth.conditions.mask is None for truth in truths)


def test_the_truth_of_a_walk_says_what_was_drawn() -> None:
    walk = WalkPast("Ann", "a.jpg", 2.0, 1.5, (0, 1), (0, 1), (20.0, 61.27), -20.0, 0.0, 0.0, 0.1, 1.0)
    truth = walk.truth()
    assert (truth.person, truth.from_s, truth.to_s) == ("Ann", 2.0, 3.5)
    assert truth.conditions == Conditions(size=61.3, blur=True, turn=True)


def test_a_reel_has_a_picture_for_each_moment_and_ends_after_the_last_walk() -> None:
    walks = walk_pasts([("Collins", "a.jpg")], np.random.default_rng(4))
    times = [at_s for at_s, _ in frames(walks)]
    assert times == pytest.approx(np.arange(len(times)) / FRAMES_PER_S)
    assert walks[-1].ends_at_s < times[-1] + 1.5 / FRAMES_PER_S < walks[-1].ends_at_s + GAP_S + 2 / FRAMES_PER_S


def test_a_street_without_a_picture_says_so() -> None:
    walks = walk_pasts([("Collins", "a.jpg")], np.random.default_rng(4))
    with pytest.raises(UnusableSourceError, match="no picture"):
        WalkPastSource("reel", walks, Street(0), head_of).open().read()


def test_the_digest_knows_every_picture_and_every_step() -> None:
    walks = walk_pasts([("Collins", "a.jpg")], np.random.default_rng(4))
    others = walk_pasts([("Collins", "a.jpg")], np.random.default_rng(5))
    digests = {
        plan_digest(walks, "street", ["one"]),
        plan_digest(others, "street", ["one"]),
        plan_digest(walks, "street two", ["one"]),
        plan_digest(walks, "street", ["two"]),
    }
    assert len(digests) == 4
    assert plan_digest(walks, "street", ["one"]) in digests
