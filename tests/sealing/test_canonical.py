"""Canonical bytes: equal values, equal bytes, and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.sealing.canonical import JsonValue, canonical_bytes, parse_canonical

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES)
def test_values_survive_the_way_to_bytes_and_back(value: JsonValue) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


def test_the_order_of_keys_does_not_matter_and_nothing_is_escaped_needlessly() -> None:
    assert (
        canonical_bytes({"b": 1, "a": "Zoë"}) == canonical_bytes({"a": "Zoë", "b": 1}) == '{"a":"Zoë","b":1}'.encode()
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800"])
def test_what_has_no_exact_form_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValueError, match=r"Out of range|not Unicode"):
        canonical_bytes([value])


@pytest.mark.parametrize("spelling", [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b"[1e400]", b"NaN"])
def test_another_spelling_of_the_same_value_is_refused(spelling: bytes) -> None:
    with pytest.raises(ValueError, match=r"canonical form|Out of range"):
        parse_canonical(spelling)
