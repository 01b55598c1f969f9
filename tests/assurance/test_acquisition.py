"""Templates of labelled pictures: the same from the cache as made anew, and nothing is done twice."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.faces import astronaut, grace_hopper, models

from openlfr.assurance import acquisition
from openlfr.assurance.acquisition import Acquisition, TemplateCache, opened_cache, recipe_of
from openlfr.assurance.dataset import read_dataset
from openlfr.enrolment.enrol import NotEnrolledReason
from openlfr.vision.template import TemplateExtractor


class CountingExtractor(TemplateExtractor):
    """The real one, counting chips."""

    def __init__(self) -> None:
        super().__init__(models().recogniser_session, flip_average=True)
        self.chips = 0

    def extract(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.chips += len(chips)
        return super().extract(chips)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for person, picture in (("collins", astronaut()), ("hopper", grace_hopper())):
        (tmp_path / "set" / person).mkdir(parents=True)
        for number, light in enumerate((1.0, 0.8)):
            path = tmp_path / "set" / person / f"{number}.png"
            cv2.imwrite(str(path), cv2.convertScaleAbs(picture, alpha=light))
    cv2.imwrite(str(tmp_path / "set" / "nobody.png"), np.zeros((60, 60, 3), np.uint8))
    return tmp_path / "set"


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[TemplateCache]:
    with opened_cache(tmp_path / "cache", recipe_of(models())) as opened:
        yield opened


def test_what_is_kept_is_what_was_made(pictures: Path, cache: TemplateCache) -> None:
    labelled = read_dataset(pictures).pictures
    made = Acquisition(models(), cache).of(labelled)
    kept = Acquisition(models(), cache).of(labelled)
    for first, second in zip(made, kept, strict=True):
        assert (first.picture, first.failure, first.quality, first.weakest, first.eye_px) == (
            second.picture,
            second.failure,
            second.quality,
            second.weakest,
            second.eye_px,
        )
        assert (first.template is None) == (second.template is None) == (first.failure is not None)
        if first.template is not None:
            np.testing.assert_array_equal(first.template, second.template)
    assert [each.failure for each in made] == [None] * 4 + [NotEnrolledReason.NO_FACE]


def test_an_interrupted_run_goes_on_where_it_was(
    pictures: Path, cache: TemplateCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquisition, "BLOCK", 2)
    labelled = read_dataset(pictures).pictures
    counting = CountingExtractor()
    counted = replace(models(), extractor=counting)

    def interrupted(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Acquisition(counted, cache).of(labelled, interrupted)
    assert counting.chips == 2
    finished = Acquisition(counted, cache).of(labelled)
    assert counting.chips == 4
    assert [each.name for each in finished] == [picture.name for picture in labelled]


def test_a_changed_picture_and_another_recipe_are_not_taken_from_the_cache(
    pictures: Path, cache: TemplateCache
) -> None:
    first = read_dataset(pictures).pictures[0]
    Acquisition(models(), cache).of([first])
    assert cache.get(first) is not None
    cv2.imwrite(str(first.reference.path), grace_hopper())
    assert cache.get(read_dataset(pictures).pictures[0]) is None
    with opened_cache(pictures.parent / "cache", "another recipe") as other:
        assert other.get(first) is None


def test_only_its_owner_can_read_the_cache(cache: TemplateCache, tmp_path: Path) -> None:
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_reduced_picture_has_its_eyes_as_far_apart_as_asked(pictures: Path) -> None:
    whole = Acquisition(models(), None).of(read_dataset(pictures).pictures[:1])
    (reduced,) = Acquisition(models(), None).reduced(whole, 20)
    assert reduced.eye_px == pytest.approx(20, abs=1.5)
    assert whole[0].template is not None
    assert reduced.template is not None
    assert 0.8 < float(whole[0].template @ reduced.template) < 1
    assert Acquisition(models(), None).reduced(whole, 10_000) == []
