from datetime import UTC, datetime

import numpy as np
import pytest

from openlfr.node.passage import Passage, Shot, ShotPolicy
from openlfr.vision.face import Box


def _shot(quality: float) -> Shot:
    return Shot(
        captured_at=datetime(2026, 5, 11, 14, 0, tzinfo=UTC),
        template=np.full(4, quality, np.float32),
        quality=quality,
        picture=np.full((2, 2, 3), 9, np.uint8),
        origin=(0, 0),
        box=Box(0, 0, 2, 2),
        landmarks=np.ones((5, 2), np.float32),
        others=(),
    )


def _passage(*qualities: float, at_s: float = 10.0) -> Passage:
    passage = Passage("p", 0.0)
    for quality in qualities:
        passage.add(_shot(quality), at_s, kept=4)
    return passage


@pytest.mark.parametrize(
    ("held", "quality", "at_s", "wanted"),
    [
        ((), 30, 10.0, True),  # the first that can be assessed
        ((), 24, 10.0, False),  # nothing can be said about it
        ((50,), 57, 10.05, True),  # clearly better, at once
        ((50,), 55, 10.05, False),  # hardly better, the same moment
        ((50,), 45, 10.5, True),  # another moment, about as good
        ((50,), 26, 10.5, True),  # another moment, another pose perhaps
        ((60,), 34, 10.5, False),  # another moment, much worse
    ],
)
def test_which_shots_get_a_template(held: tuple[float, ...], quality: float, at_s: float, wanted: bool) -> None:
    assert ShotPolicy().wants(_passage(*held), quality, at_s) is wanted


def test_a_settled_passage_keeps_one_shot_and_is_looked_at_only_now_and_then() -> None:
    policy = ShotPolicy()
    passage = _passage(40, 50, 60)
    shots = list(passage.shots)
    assert passage.settle(10.0, policy.recheck_after_s) == 2
    assert [shot.quality for shot in passage.shots] == [60]
    assert not any(shot.template.any() for shot in shots[1:])
    assert not policy.may_assess(passage, 10.4)
    assert policy.wants(passage, 30, 10.5)


def test_the_number_of_looks_is_bounded() -> None:
    policy = ShotPolicy(most_looks=3)
    passage = Passage("p", 0.0)
    looks = 0
    for step in range(50):
        if policy.wants(passage, 30 + step, float(step)):
            passage.add(_shot(30 + step), float(step), policy.kept)
            looks += 1
    assert looks == 3


def test_a_passage_keeps_its_best_shots_and_overwrites_the_rest() -> None:
    passage = Passage("p", 0.0)
    shots = [_shot(quality) for quality in (30, 60, 40, 50)]
    destroyed = sum(passage.add(shot, 0.0, kept=2) for shot in shots)
    assert [shot.quality for shot in passage.shots] == [60, 50]
    assert destroyed == 2
    for gone in (shots[0], shots[2]):
        assert not gone.template.any()
        assert not gone.picture.any()
        assert not gone.landmarks.any()


def test_a_wiped_passage_holds_nothing_and_says_how_much_it_held() -> None:
    passage = _passage(30, 50)
    shots = list(passage.shots)
    assert passage.wipe() == 2
    assert not passage.shots
    assert not any(shot.template.any() or shot.picture.any() for shot in shots)
    assert passage.wipe() == 0
