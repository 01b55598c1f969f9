"""Values as documents and back: what is signed, stored and sent is exactly what the rules understand."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from openlfr.policy.refusal import FieldProblem
from openlfr.policy.text import text_problems

MOST_ITEMS = 1000

T = TypeVar("T")


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Building one takes milliseconds, so each is built once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


class DocumentError(ValueError):
    """The document is not one of the wanted kind."""


def to_document(value: object) -> JsonValue:
    """A frozen value in the types of JSON: enums by their value, times in ISO 8601 with their offset, tuples as lists.

    Values hold tuples in a fixed order and no sets, so equal values give equal documents.
    """
    document: JsonValue = _adapter(type(value)).dump_python(value, mode="json")
    return document


def from_document(kind: type[T], document: object) -> T:
    """The value that `to_document` made the document of.

    Raises:
        DocumentError: a field missing, of the wrong kind, or unknown to this version: it might be a restriction, so it
            is refused and never passed over.
    """
    try:
        value: T = _adapter(kind).validate_python(document)
    except ValidationError as problem:
        where = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise DocumentError(f"This is no {kind.__name__}: {where or 'it'} is missing or wrong.") from problem
    if to_document(value) != document:
        raise DocumentError(f"This {kind.__name__} holds fields or spellings that this version does not know.")
    return value


def malformed(value: object, path: str = "") -> Iterator[FieldProblem]:
    """Fields that no document can hold: endless texts and lists, control characters, numbers that are none.

    What is incomplete may be kept as a draft; what is malformed may not even be that.
    """
    yield from _malformed(to_document(value), path)


def _malformed(part: JsonValue, path: str) -> Iterator[FieldProblem]:
    if isinstance(part, str):
        yield from text_problems(path, part, required=False)
    elif isinstance(part, float) and not math.isfinite(part):
        yield FieldProblem(path, "This must be a number.")
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            yield from _malformed(inner, f"{path}.{key}" if path else key)
    elif isinstance(part, Sequence):
        if len(part) > MOST_ITEMS:
            yield FieldProblem(path, f"There are {len(part)} of these; {MOST_ITEMS} are the most.")
            return
        for number, inner in enumerate(part):
            yield from _malformed(inner, f"{path}.{number}")
