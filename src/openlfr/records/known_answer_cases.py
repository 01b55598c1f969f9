"""The folder of known-answer cases: `cases.toml` beside its pictures, of people who consented or do not exist."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from openlfr.policy.known_answer import MOST_PER_HOUR, KnownAnswerSchedule
from openlfr.policy.raised_alert import (
    LARGEST_FURTHER_PICTURE_BYTES,
    LARGEST_PICTURE_BYTES,
    MOST_PICTURES,
    AlertPictures,
)
from openlfr.policy.watchlist import Category

CASES_FILE: Final = "cases.toml"
_MOST_BYTES: Final = 1_000_000
_MOST_CASES: Final = 1_000
_JPEG: Final = b"\xff\xd8\xff"

_Text = Annotated[StrictStr, Field(min_length=1, max_length=500)]


class KnownAnswerFolderError(ValueError):
    """The folder cannot be used; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class KnownAnswerCase:
    """One question: its pictures, whether they show one person, and what the alert says of them.

    `consent` names the signed form, or says that the pictures are synthetic.
    """

    pictures: AlertPictures
    same_person: bool
    consent: str
    name: str
    person: str
    category: Category
    offence: str
    reason: str
    picture_taken_on: date


@dataclass(frozen=True, slots=True)
class KnownAnswerCases:
    """A folder as read: when questions come, and which there are."""

    schedule: KnownAnswerSchedule
    cases: tuple[KnownAnswerCase, ...]


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    probe: _Text
    shots: Annotated[list[_Text], Field(max_length=MOST_PICTURES - 1)] = []
    candidate: _Text
    same_person: StrictBool
    consent: _Text
    name: _Text
    person: _Text
    category: _Text
    offence: _Text
    reason: _Text
    picture_taken_on: date


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    per_hour: Annotated[StrictFloat | StrictInt, Field(gt=0, le=MOST_PER_HOUR)]
    seed: StrictInt
    cases: Annotated[list[_Case], Field(min_length=2, max_length=_MOST_CASES)]


def read_cases(folder: Path) -> KnownAnswerCases:
    """Read a folder whole. Raises KnownAnswerFolderError, naming the file or field, when anything in it is wrong."""
    try:
        with (folder / CASES_FILE).open("rb") as file:
            written = _File.model_validate(tomllib.loads(file.read(_MOST_BYTES).decode()))
    except OSError as error:
        raise KnownAnswerFolderError(f"{folder / CASES_FILE} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise KnownAnswerFolderError(f"{CASES_FILE}: {where}: {found['msg']}.") from error
    except ValueError as error:
        raise KnownAnswerFolderError(f"{CASES_FILE} is not TOML: {error}.") from error
    cases = tuple(_case(folder, number, each) for number, each in enumerate(written.cases, 1))
    if len({each.same_person for each in cases}) == 1:
        raise KnownAnswerFolderError("Every case has the same answer: give both, or nobody needs to look.")
    return KnownAnswerCases(KnownAnswerSchedule(float(written.per_hour), written.seed), cases)


def _case(folder: Path, number: int, written: _Case) -> KnownAnswerCase:
    try:
        category = Category[written.category.upper()]
    except KeyError as error:
        names = ", ".join(each.name.lower() for each in Category)
        raise KnownAnswerFolderError(f"Case {number}: the category is one of {names}.") from error
    return KnownAnswerCase(
        pictures=AlertPictures(
            probes=(
                _picture(folder, written.probe, LARGEST_PICTURE_BYTES),
                *(_picture(folder, name, LARGEST_FURTHER_PICTURE_BYTES) for name in written.shots),
            ),
            candidates=(_picture(folder, written.candidate, LARGEST_PICTURE_BYTES),),
        ),
        same_person=written.same_person,
        consent=written.consent,
        name=written.name,
        person=written.person,
        category=category,
        offence=written.offence,
        reason=written.reason,
        picture_taken_on=written.picture_taken_on,
    )


def _picture(folder: Path, name: str, most_bytes: int) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise KnownAnswerFolderError(f"The picture {name} lies outside the folder: put it inside.")
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise KnownAnswerFolderError(f"The picture {name} cannot be read: {error.strerror}.") from error
    if len(content) > most_bytes or not content.startswith(_JPEG):
        raise KnownAnswerFolderError(f"{name} must be a JPEG of at most {most_bytes:,} bytes.")
    return content
