"""Values to bytes and back, one spelling each, so that a signature over the bytes is a signature over the value."""

import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class CanonicalError(ValueError):
    """The bytes are not the canonical form of the wanted value."""


def canonical_bytes(value: object) -> bytes:
    """UTF-8 JSON of a frozen value: keys sorted, no spaces, times in ISO 8601 with their offset, enums by their value.

    Values hold tuples in a fixed order and no sets, so equal values give equal bytes.
    """
    plain: object = TypeAdapter(type(value)).dump_python(value, mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def from_canonical(kind: type[T], data: bytes) -> T:
    """The value whose canonical form `data` is.

    Raises:
        CanonicalError: not JSON, a field missing or of the wrong kind, or any other spelling than the canonical one. So
            a field this version does not know, perhaps a restriction, is refused and never passed over.
    """
    try:
        value = TypeAdapter(kind).validate_json(data)
    except ValidationError as problem:
        raise CanonicalError(f"This is not a {kind.__name__}: {problem.error_count()} fields are wrong.") from problem
    if canonical_bytes(value) != data:
        raise CanonicalError(
            f"This {kind.__name__} is not in canonical form, or holds fields this version does not know."
        )
    return value
