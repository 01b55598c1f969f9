"""Sealed values: they open in their place only, and any sizeable fragment still names its key."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.sealing.box import MARK_BYTES, Place, find_marks, seal, sealing_key, unseal
from openlfr.sealing.errors import SealBrokenError

KEY_ID = "0123456789abcdef" * 2
SECRET = bytes(range(32))
PLACE = Place("watchlist_pictures", "picture", "17")


@given(st.integers(0, 5000))
def test_what_was_sealed_opens_again(size: int) -> None:
    content = os.urandom(size)
    sealed = seal(KEY_ID, SECRET, content, PLACE)
    assert sealing_key(sealed) == KEY_ID
    assert unseal(SECRET, sealed, PLACE) == content


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("watchlist_pictures", "picture", "18"),
        Place("watchlist_pictures", "thumbnail", "17"),
        Place("alerts", "picture", "17"),
        Place("watchlist_pictures", "pictur", "e17"),  # the same letters, cut elsewhere
    ],
)
def test_a_value_moved_to_another_place_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(SealBrokenError, match="belongs elsewhere"):
        unseal(SECRET, seal(KEY_ID, SECRET, b"a picture", PLACE), elsewhere)


def test_every_altered_byte_is_noticed() -> None:
    sealed = seal(KEY_ID, SECRET, os.urandom(1500), PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(SealBrokenError):
            unseal(SECRET, bytes(altered), PLACE)


@given(st.integers(0, 3000), st.integers(0, 2999))
def test_every_shortened_value_is_noticed(size: int, length: int) -> None:
    sealed = seal(KEY_ID, SECRET, bytes(size), PLACE)
    with pytest.raises(SealBrokenError):
        unseal(SECRET, sealed[: min(length, len(sealed) - 1)], PLACE)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBrokenError):
        unseal(bytes(32), seal(KEY_ID, SECRET, b"a name", PLACE), PLACE)


@given(st.integers(1, 6000), st.integers(0, 6000))
def test_any_fragment_as_large_as_a_database_page_names_its_key(size: int, start: int) -> None:
    sealed = seal(KEY_ID, SECRET, os.urandom(size), PLACE)
    fragment = sealed[start : start + 1024 + 2 * MARK_BYTES - 1]
    if len(sealed) - start >= MARK_BYTES:  # the end of a value always carries a mark, however short
        assert KEY_ID in {mark.key_id for mark in find_marks(fragment)}


def test_marks_are_found_with_their_offset_in_a_larger_file() -> None:
    sealed = seal(KEY_ID, SECRET, b"a name", PLACE)
    content = bytes(777) + sealed + os.urandom(300)
    first, last = find_marks(content, offset=10_000)
    assert (first.key_id, first.offset) == (KEY_ID, 10_777)
    assert last.offset == 10_777 + len(sealed) - MARK_BYTES


def test_a_mark_cut_in_two_by_the_end_of_a_page_is_not_taken_for_another_keys() -> None:
    sealed = seal(KEY_ID, SECRET, b"a name", PLACE)
    for length in range(MARK_BYTES):
        assert list(find_marks(sealed[:length] + b"the next page's own words")) == []


def test_random_bytes_hold_no_marks() -> None:
    assert list(find_marks(os.urandom(1 << 20))) == []
