"""Small counts of people are not published: in a small group a figure says who it was (disclosure control)."""

from collections.abc import Mapping
from typing import Final

SMALLEST_PUBLISHED = 5
"""Counts from 1 to 4 are withheld, as national statistics do; nought says nothing about anybody."""


def suppress_small(
    counts: Mapping[str, int], smallest_published: int = SMALLEST_PUBLISHED, *, total_published: bool = True
) -> dict[str, int | None]:
    """The counts that may be published, None for those withheld, in the order given.

    Where the total is published too, what is withheld adds up to a number that anybody can work out. One withheld count
    would be that number, and two that add up to 2 would be 1 each: so the next smallest counts are withheld as well,
    until at least two are and they add up to `smallest_published` or more, or nothing but the total is left.
    """
    if negative := [group for group, count in counts.items() if count < 0]:
        raise ValueError(f"A count of people cannot be negative, and that of {negative[0]} is.")
    withheld = {group for group, count in counts.items() if 0 < count < smallest_published}
    if total_published and withheld:
        # Noughts last: that somebody is in none of a group is the least that a reader should have to do without.
        others = sorted(counts.keys() - withheld, key=lambda group: (counts[group] == 0, counts[group], group))
        while others and (len(withheld) < 2 or sum(counts[group] for group in withheld) < smallest_published):
            withheld.add(others.pop(0))
    return {group: None if group in withheld else count for group, count in counts.items()}


def suppressed_text(count: int | None) -> str:
    """A cell of a published table; `WITHHELD` says beside it what the word means."""
    return "withheld" if count is None else f"{count:,}"


WITHHELD: Final = (
    f"Counts of fewer than {SMALLEST_PUBLISHED} people are withheld, and where one could be worked out from the "
    "others, others too."
)
