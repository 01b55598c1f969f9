"""One way to turn a value into bytes, so that equal values hash and sign alike on every machine."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


def canonical_bytes(value: JsonValue) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the form that is hashed and signed.

    Follows RFC 8785 except for the spelling of floating-point numbers, which is Python's shortest round-trip form;
    whoever verifies does so over the bytes received, so the spelling need only be the same twice.
    Raises ValueError for NaN, infinities and text that is not Unicode (lone surrogates).
    """
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("The text holds characters that are not Unicode, and cannot be signed or recorded.") from error


def parse_canonical(content: bytes) -> JsonValue:
    """Read what `canonical_bytes` wrote. Raises ValueError when the bytes are not exactly in that form."""
    value: JsonValue = json.loads(content)
    if _holds_infinity(value) or canonical_bytes(value) != content:
        raise ValueError("The document is not in canonical form.")
    return value


def _holds_infinity(value: JsonValue) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(_holds_infinity(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_holds_infinity(part) for part in value)
    return False
