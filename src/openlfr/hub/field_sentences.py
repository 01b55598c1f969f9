"""What is wrong with a field, in words for people: the checker's own sentences are for programmers."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

_OURS: Final = "Value error, "
_NO_FILE: Final = "Expected UploadFile"
"""How the framework begins, as if it were ours, where text stands in place of a file."""
_EXAMPLE: Final = "2026-05-11T14:00:00+01:00"

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "Please fill this in.",
    "extra_forbidden": "There is no such field: leave it out, or check how its name is written.",
    "string_type": "Give text.",
    "string_unicode": "This holds characters that are no text: type it anew.",
    "string_pattern_mismatch": "This holds characters that cannot stand here: leave out line breaks and special ones.",
    "finite_number": "Give a number.",
    "list_type": "Give a list, if only of one.",
    "timezone_aware": f"Say how far the time is from UTC, as in {_EXAMPLE}.",
}
"""By the checker's own name for what is wrong."""

_OF_KIND: Final[Mapping[str, str]] = {
    "int": "Give a whole number.",
    "float": "Give a number.",
    "bool": "Give true or false.",
    "datetime": f"Give a day and a time, as in {_EXAMPLE}.",
    "date": "Give a day, as in 2026-05-11.",
    "model": "Give this part with its own fields.",
}
"""Where it could not be read as what it should be, in whatever way: by the first word of that name."""

_OTHERWISE: Final = "This cannot be accepted: check what it should be in /api/v1/openapi.json."


def field_sentence(error: ErrorDetails) -> str:
    """What is wrong with a field and what to do, from what pydantic found. Nothing that was typed is repeated."""
    kind = error["type"]
    if kind == "value_error":
        sentence = error["msg"].removeprefix(_OURS)
        return "Send a file here." if sentence.startswith(_NO_FILE) else sentence
    limits = error.get("ctx", {})
    if kind in {"enum", "literal_error"}:
        return f"Choose one of: {limits['expected']}."
    return _beyond(kind, limits) or _SENTENCES.get(kind) or _OF_KIND.get(kind.partition("_")[0], _OTHERWISE)


def _beyond(kind: str, limits: Mapping[str, object]) -> str | None:
    """The sentence about a limit that was passed."""
    match kind:
        case "string_too_long":
            return f"This is too long: {limits['max_length']} characters are the most."
        case "string_too_short" if limits["min_length"] != 1:
            return f"This is too short: {limits['min_length']} characters are the least."
        case "string_too_short":
            return _SENTENCES["missing"]
        case "too_long":
            return f"These are too many: {limits['max_length']} are the most."
        case "greater_than_equal":
            return _from(limits["ge"], "later", "more")
        case "less_than_equal":
            return _from(limits["le"], "earlier", "less")
    return None


def _from(limit: object, in_time: str, in_number: str) -> str:
    # Limits of times come as text, in ISO 8601.
    return f"Give {limit[:10]} or {in_time}." if isinstance(limit, str) else f"Give {limit} or {in_number}."
