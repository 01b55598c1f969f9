"""The made-up street of the demonstration, and the two people who walk along it."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from openlfr.capture.pictures import read_picture
from openlfr.capture.synthetic import StreetPerson, SyntheticStreet, SyntheticStreetSource
from openlfr.enrolment.stills import StillDetector
from openlfr.vision.models import open_models

SYNTHETIC: Final = "synthetic:"
"""The address of the made-up street, where a camera's address is asked for."""

LISTED = ("Grace Hopper", "matplotlib", "mpl-data/sample_data/grace_hopper.jpg")
NOT_LISTED = ("Eileen Collins", "skimage", "data/astronaut.png")
"""People whose portraits installed packages carry; both pictures are in the public domain."""


def street_source() -> SyntheticStreetSource:
    """The street with both people. Raises PictureError when a portrait is missing."""
    return SyntheticStreetSource(SyntheticStreet(demo_people()))


def demo_people() -> tuple[StreetPerson, ...]:
    """The two people of the demonstration, cut out of their portraits. Raises PictureError when one is missing."""
    detector = StillDetector(open_models().detector_session)
    people = []
    for name, package, path in (LISTED, NOT_LISTED):
        portrait = read_picture(carried(package, path))
        face = max(detector.detect(portrait), key=lambda found: found.box.size).box
        people.append(StreetPerson(name, portrait, (face.x, face.y, face.x + face.width, face.y + face.height)))
    return tuple(people)


def carried(package: str, path: str) -> Path:
    """A file that an installed package carries."""
    return Path(str(files(package) / path))
