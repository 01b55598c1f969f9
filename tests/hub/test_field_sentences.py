"""What is wrong with a field, in words for people."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import pytest
from fastapi import UploadFile
from pydantic import Field, TypeAdapter, ValidationError

from openlfr.hub.app import described
from openlfr.hub.field_sentences import field_sentence
from openlfr.hub.schemas.wire import Asking, Count, Day, Identifier, Moment, Name, Number
from openlfr.policy.alert import AlertState
from openlfr.policy.text import LONGEST_NAME

LEFT_OUT: Final = object()


class _Part(Asking):
    size: Count


class _Form(Asking):
    """A field of each sort that requests have."""

    moment: Moment
    day: Day
    count: Count
    number: Number
    yes: bool
    name: Name
    identifier: Identifier
    state: AlertState
    by: Literal["reference", "name"]
    short: Annotated[str, Field(min_length=1, max_length=8, pattern="^[a-z ]+$")]
    code: Annotated[str, Field(min_length=6)]
    parts: Annotated[list[_Part], Field(max_length=1)]


GOOD: Final[dict[str, object]] = {
    "moment": "2026-05-11T14:00:00Z",
    "day": "2026-05-11",
    "count": 3,
    "number": 0.5,
    "yes": True,
    "name": "North End",
    "identifier": "0196c000-0000-7000-8000-000000000001",
    "state": "raised",
    "by": "name",
    "short": "plan",
    "code": "123456",
    "parts": [{"size": 1}],
}


def problems(changed: dict[str, object]) -> list[str]:
    """What is said of a form with these fields changed, those that are `LEFT_OUT` left out."""
    form = {name: value for name, value in (GOOD | changed).items() if value is not LEFT_OUT}
    try:
        _Form.model_validate_json(json.dumps(form))
    except ValidationError as error:
        return [field_sentence(each) for each in error.errors()]
    return []


TIME: Final = "Give a day and a time, as in 2026-05-11T14:00:00+01:00."
DAY: Final = "Give a day, as in 2026-05-11."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", LEFT_OUT, "Please fill this in."),
        ("hidden", 1, "There is no such field: leave it out, or check how its name is written."),
        ("moment", "tomorrow", TIME),
        ("moment", {}, TIME),
        ("moment", "2026-05-11T25:00:00Z", TIME),
        ("moment", "2026-05-11T14:00:00", "Say how far the time is from UTC, as in 2026-05-11T14:00:00+01:00."),
        ("moment", "1999-12-31T14:00:00Z", "Give 2000-01-01 or later."),
        ("moment", "2300-01-01T00:00:00Z", "Give 2200-01-01 or earlier."),
        ("day", "Monday", DAY),
        ("day", [], DAY),
        ("day", "2026-05-11T14:00:00", DAY),
        ("day", "1999-12-31", "Give 2000-01-01 or later."),
        ("day", "2300-01-01", "Give 2200-01-01 or earlier."),
        ("count", "many", "Give a whole number."),
        ("count", None, "Give a whole number."),
        ("count", 1.5, "Give a whole number."),
        ("count", -1, "Give 0 or more."),
        ("count", 10**12, "Give 1000000000 or less."),
        ("number", "high", "Give a number."),
        ("number", [], "Give a number."),
        ("number", float("nan"), "Give a number."),
        ("number", -5000, "Give -1000.0 or more."),
        ("number", 5000, "Give 1000.0 or less."),
        ("yes", "perhaps", "Give true or false."),
        ("yes", [], "Give true or false."),
        ("name", 7, "Give text."),
        ("name", "x" * 5000, f"This is too long: {LONGEST_NAME} characters are the most."),
        ("name", "a\x1b[2J", "This contains control characters; please remove them."),
        ("identifier", "7", "This is no identifier: take it from the list that names the record."),
        ("state", "unheard of", "Choose one of: 'raised', "),
        ("by", "face", "Choose one of: 'reference' or 'name'."),
        ("short", "", "Please fill this in."),
        ("short", "too many letters", "This is too long: 8 characters are the most."),
        ("short", "A-1", "This holds characters that cannot stand here: leave out line breaks and special ones."),
        ("code", "123", "This is too short: 6 characters are the least."),
        ("parts", 3, "Give a list, if only of one."),
        ("parts", [3], "Give this part with its own fields."),
        ("parts", [{"size": 1}, {"size": 2}], "These are too many: 1 are the most."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_plain_words(field: str, value: object, sentence: str) -> None:
    (said,) = problems({field: value})
    assert said.startswith(sentence)
    assert said.endswith(".")


def test_text_where_a_file_belongs_is_answered_in_our_words() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(UploadFile).validate_python("a name")
    assert [field_sentence(each) for each in raised.value.errors()] == ["Send a file here."]


def test_requests_have_no_sort_of_field_but_those_whose_sentences_are_tested() -> None:
    described()
    everywhere = {kind for form in forms(Asking) for kind in checks(form.__pydantic_core_schema__)}
    tested = {kind for form in (_Form, _Part) for kind in checks(form.__pydantic_core_schema__)}
    assert everywhere - tested <= {("nullable", ""), ("default", "")}


def forms(of: type[Asking]) -> Iterator[type[Asking]]:
    """The requests there are."""
    for each in of.__subclasses__():
        yield each
        yield from forms(each)


LIMITS: Final = {
    "min_length",
    "max_length",
    "ge",
    "le",
    "gt",
    "lt",
    "multiple_of",
    "pattern",
    "tz_constraint",
    "strict",
}


def checks(part: Any) -> Iterator[tuple[str, str]]:
    """What pydantic checks, as sorts of value and of limit."""
    if isinstance(part, dict):
        if isinstance(kind := part.get("type"), str):
            yield kind, ""
            yield from ((kind, limit) for limit in LIMITS & part.keys())
        for name, value in part.items():
            if name not in {"metadata", "serialization"}:
                yield from checks(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from checks(each)
