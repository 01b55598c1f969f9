"""Synthetic streets with the two people whose portraits installed packages carry."""

from datetime import UTC, datetime, timedelta

from tests.support.faces import astronaut, grace_hopper, main_face, models

from openlfr.capture.frame import Frame
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.synthetic import StreetPerson, SyntheticStreet
from openlfr.capture.walkers import Trait
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.recognition import Recognition
from openlfr.vision.alignment import align
from openlfr.vision.face import BGRImage, Template

HOPPER, COLLINS = "Grace Hopper", "Eileen Collins"


def _person(label: str, portrait: BGRImage) -> StreetPerson:
    box = main_face(portrait).box
    return StreetPerson(label, portrait, (box.x, box.y, box.x + box.width, box.y + box.height))


def street(
    *, spacing_s: float = 3.5, traits: tuple[Trait, ...] = (Trait.PLAIN,), frames_per_s: float = 25.0
) -> SyntheticStreet:
    """Both people walk past in turn, Hopper first."""
    people = (_person(HOPPER, grace_hopper()), _person(COLLINS, astronaut()))
    return SyntheticStreet(people, spacing_s=spacing_s, traits=traits, frames_per_s=frames_per_s)


def street_frame(scene: SyntheticStreet, index: int, camera: str = "camera") -> Frame:
    """Frame `index` of a street, as a camera would hand it over."""
    at_s = index / scene.frames_per_s
    return Frame(
        camera=camera,
        sequence=index,
        captured_monotonic_s=at_s,
        captured_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=at_s),
        image=ArrayFrameImage(scene.render(index)),
        media_time_s=at_s,
    )


def portrait_template(portrait: BGRImage) -> Template:
    """The template of a portrait's main face."""
    chip = align(ArrayFrameImage(portrait), main_face(portrait).landmarks)
    template: Template = models().extractor.extract(chip[None])[0]
    return template


def recognition(*listed: str, threshold: float = 0.45) -> Recognition:
    """A watchlist of the people named, or of nobody in the street when no name is given."""
    portraits = {HOPPER: grace_hopper(), COLLINS: astronaut()}
    entries = [Entry(name, f"{name}.jpg", portrait_template(portraits[name])) for name in listed]
    return Recognition(models(), Gallery(models().dimension, entries), threshold)
