"""Small counts of people are not published: in a small group a figure says who it was (disclosure control)."""

from collections.abc import Mapping

SMALLEST_PUBLISHED = 5
"""Counts from 1 to 4 are withheld, as national statistics do; nought says nothing about anybody."""


def suppress_small(
    counts: Mapping[str, int], smallest_published: int = SMALLEST_PUBLISHED, *, total_published: bool = True
) -> dict[str, int | None]:
    """The counts that may be published, None for those withheld, in the order given.

    Where the total is published too, a single withheld count could be worked out by subtraction: then the smallest
    other count above nought is withheld as well, or nothing is left but the total. (Two withheld counts whose sum is
    below `smallest_published` still hide who is in which.)
    """
    if negative := [group for group, count in counts.items() if count < 0]:
        raise ValueError(f"A count of people cannot be negative, and that of {negative[0]} is.")
    withheld = {group for group, count in counts.items() if 0 < count < smallest_published}
    if total_published and len(withheld) == 1:
        others = [group for group, count in counts.items() if count and group not in withheld]
        others = others or [group for group in counts if group not in withheld]
        if others:
            withheld.add(min(others, key=lambda group: counts[group]))
    return {group: None if group in withheld else count for group, count in counts.items()}


def suppressed_text(count: int | None, smallest_published: int = SMALLEST_PUBLISHED) -> str:
    """A cell of a published table."""
    return (
        f"withheld (fewer than {smallest_published}, or needed to hide such a count)" if count is None else str(count)
    )
