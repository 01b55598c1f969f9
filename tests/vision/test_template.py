"""Templates: what the network's answer becomes, and that nothing of it stays behind."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.faces import astronaut, grace_hopper, main_face, models

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision.alignment import align
from openlfr.vision.face import BGRImage
from openlfr.vision.template import TemplateExtractor


class MeansSession:
    """A network of which one can see what it computes: the mean of the left and of the right half of each picture."""

    def __init__(self) -> None:
        self.seen: list[NDArray[np.uint8]] = []
        self.answers: list[NDArray[np.float32]] = []

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        self.seen.append(pictures)
        halves = [pictures[:, :, :56].mean(axis=(1, 2, 3)), pictures[:, :, 56:].mean(axis=(1, 2, 3))]
        self.answers.append(np.stack(halves, axis=1).astype(np.float32))
        return {"means": self.answers[-1]}


def chips() -> NDArray[np.uint8]:
    made = np.zeros((2, 112, 112, 3), np.uint8)
    made[0, :, :56] = 40
    made[0, :, 56:] = 30
    made[1, :, 56:] = 200
    return made


def chip_of(picture: BGRImage) -> BGRImage:
    return align(ArrayFrameImage(picture), main_face(picture).landmarks)


def test_a_template_is_the_networks_answer_at_length_one() -> None:
    templates = TemplateExtractor(MeansSession(), flip_average=False).extract(chips())
    assert templates == pytest.approx(np.array([[0.8, 0.6], [0, 1]]), abs=1e-6)
    assert templates.dtype == np.float32


def test_flip_averaging_adds_the_mirror_images_answer() -> None:
    templates = TemplateExtractor(MeansSession(), flip_average=True).extract(chips())
    half = np.sqrt(0.5)
    assert templates == pytest.approx(np.array([[half, half], [half, half]]), abs=1e-6)


def test_each_mirror_image_goes_to_its_own_chip() -> None:
    many = np.random.default_rng(5).integers(0, 255, (7, 112, 112, 3), np.uint8)
    together = models().extractor.extract(many)
    alone = np.concatenate([models().extractor.extract(many[i : i + 1]) for i in range(7)])
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("flip_average", [True, False])
def test_what_the_network_answered_is_overwritten_and_the_chips_are_not(flip_average: bool) -> None:
    session = MeansSession()
    given = chips()
    TemplateExtractor(session, flip_average=flip_average).extract(given)
    assert not session.answers[0].any()
    assert np.array_equal(given, chips())


def test_the_mirrored_copy_is_overwritten() -> None:
    session = MeansSession()
    TemplateExtractor(session, flip_average=True).extract(chips())
    assert not session.seen[0].any()


def test_the_templates_are_the_callers_own() -> None:
    session = MeansSession()
    templates = TemplateExtractor(session, flip_average=False).extract(chips())
    assert not np.shares_memory(templates, session.answers[0])


def test_an_answer_of_nothing_but_zeros_does_not_divide_by_zero() -> None:
    templates = TemplateExtractor(MeansSession(), flip_average=False).extract(np.zeros((1, 112, 112, 3), np.uint8))
    assert np.array_equal(templates, np.zeros((1, 2), np.float32))


def test_no_chips_are_refused() -> None:
    with pytest.raises(ValueError, match="No chips"):
        TemplateExtractor(MeansSession(), flip_average=True).extract(np.zeros((0, 112, 112, 3), np.uint8))


def test_a_mirrored_face_has_the_same_template_when_flips_are_averaged() -> None:
    chip = chip_of(astronaut())
    one, other = models().extractor.extract(np.stack([chip, chip[:, ::-1]]))
    assert float(one @ other) == pytest.approx(1, abs=1e-4)


def test_one_person_is_nearer_to_herself_than_to_another() -> None:
    hopper = np.ascontiguousarray(grace_hopper())
    worse = np.asarray(np.clip(hopper[::2, ::2].astype(float) * 0.6 + 10, 0, 255), np.uint8)
    one, again, other = models().extractor.extract(np.stack([chip_of(hopper), chip_of(worse), chip_of(astronaut())]))
    assert float(one @ again) > 0.8
    assert float(one @ other) < 0.3
