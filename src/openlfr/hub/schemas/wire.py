"""What every model on the wire shares: strict requests, answers read off values, and the kinds of fields."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from openlfr.policy.identifiers import is_identifier
from openlfr.policy.text import LONGEST_NAME, LONGEST_TEXT, text_problems
from openlfr.records.audit_entry import MAX_WORDS

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_FILLED_IN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
LARGEST_COUNT: Final = 1_000_000_000

Moment = Annotated[
    AwareDatetime, Field(ge=_EARLIEST, le=_LATEST), AfterValidator(lambda moment: moment.astimezone(UTC))
]
"""A time with its zone, kept in UTC."""
Day = Annotated[date, Field(ge=_EARLIEST.date(), le=_LATEST.date())]


def _identifier(text: str) -> str:
    if not is_identifier(text):
        raise ValueError("This is no identifier: take it from the list that names the record.")
    return text


def _plain(text: str) -> str:
    for problem in text_problems("", text, required=False):
        raise ValueError(problem.sentence)
    return text


def _filled_in(text: str) -> str:
    for problem in text_problems("", text):
        raise ValueError(problem.sentence)
    return text


# The patterns stand in the description, for programs; people get the sentences above.
Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    Field(json_schema_extra={"pattern": _UUID}, examples=["0196c000-0000-7000-8000-000000000001"]),
]
"""A record's identifier: a UUID in small letters."""
Name = Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra={"pattern": _TEXT}), AfterValidator(_plain)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT, json_schema_extra={"pattern": _TEXT}), AfterValidator(_plain)]
"""Words of people; whether they may be empty is for the rules to say."""
LoggedReason = Annotated[
    str, Field(max_length=MAX_WORDS, json_schema_extra={"pattern": _FILLED_IN}), AfterValidator(_filled_in)
]
"""Why, in words that stand in the audit log whole."""
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Number = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Version = Annotated[
    int,
    Field(
        ge=1, le=LARGEST_COUNT, description="The version that was looked at: if it changed since, the answer is 409."
    ),
]

DeploymentPath = Annotated[Identifier, Path(description="The deployment's identifier.")]
WatchlistPath = Annotated[Identifier, Path(description="The watchlist's identifier.")]
AlertPath = Annotated[Identifier, Path(description="The alert's identifier.")]

_Value = TypeVar("_Value")
_ADAPTERS: Final[dict[type[Any], TypeAdapter[Any]]] = {}


class Asking(BaseModel):
    """A request, or a part of one: a field it does not know is refused, as it might be meant as a restriction."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    def as_value(self, kind: type[_Value]) -> _Value:
        """The value of the rules with these fields; what it has no field for, as a version, is left out."""
        adapter = _ADAPTERS.setdefault(kind, TypeAdapter(kind))
        value: _Value = adapter.validate_python(self.model_dump())
        return value


class Answering(BaseModel):
    """An answer, or a part of one: read off a value by the names of its attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Seen(Asking):
    """An act that needs nothing but to be asked for, on the record as it was looked at."""

    version: Version

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1}]})


class SeenWithReason(Asking):
    """An act with its reason, on the record as it was looked at."""

    version: Version
    reason: Text = Field(description="Why; it is written into the record and the audit log.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "reason": "New intelligence."}]})


class AtOnce(Asking):
    """An act that must never wait for a fresh look: the version may be left out."""

    version: Version | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
