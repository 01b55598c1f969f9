"""Small counts of people are withheld, and cannot be worked out from what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.reporting.suppression import suppress_small, suppressed_text


def test_counts_from_one_to_four_are_withheld_and_nought_is_not() -> None:
    assert suppress_small({"a": 4, "b": 1, "c": 0, "d": 5}) == {"a": None, "b": None, "c": 0, "d": 5}


def test_two_withheld_counts_are_not_each_known_by_their_sum() -> None:
    assert suppress_small({"a": 1, "b": 1, "c": 9, "d": 7}) == {"a": None, "b": None, "c": 9, "d": None}
    assert suppress_small({"a": 1, "b": 1, "c": 0}) == {"a": None, "b": None, "c": None}


def test_a_single_withheld_count_takes_the_next_smallest_with_it() -> None:
    assert suppress_small({"a": 2, "b": 9, "c": 7, "d": 0}) == {"a": None, "b": 9, "c": None, "d": 0}
    assert suppress_small({"a": 2, "b": 0}) == {"a": None, "b": None}
    assert suppress_small({"a": 2}) == {"a": None}


def test_without_a_published_total_nothing_more_is_withheld() -> None:
    assert suppress_small({"a": 2, "b": 9}, total_published=False) == {"a": None, "b": 9}


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 30), min_size=2), st.integers(1, 10))
def test_no_withheld_count_follows_from_the_total_and_the_rest(counts: dict[str, int], smallest: int) -> None:
    published = suppress_small(counts, smallest)
    withheld = [group for group, count in published.items() if count is None]
    assert len(withheld) != 1
    assert not withheld or sum(counts[each] for each in withheld) >= smallest or not any(published.values())
    assert all(count is None or count == counts[group] for group, count in published.items())
    assert all(count is None or count == 0 or count >= smallest for count in published.values())


def test_a_withheld_count_is_put_in_words_and_a_negative_one_refused() -> None:
    assert suppressed_text(None) == "withheld"
    assert suppressed_text(1_200) == "1,200"
    with pytest.raises(ValueError, match="that of a is"):
        suppress_small({"a": -1})
