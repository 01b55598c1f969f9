"""What of a list stays when it is destroyed: counts for publication, and the last day on which all of it held."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from openlfr.policy.documents import from_document, to_document
from openlfr.policy.watchlist import Category, WatchlistEntry
from openlfr.sealing.canonical import canonical_bytes, parse_canonical


@dataclass(frozen=True, slots=True)
class Composition:
    """How many people were on a list when it was frozen, in all and in each category; a person may be in several.

    Testers of the blue list are in none of these numbers. `expires_on` is the last day on which every entry holds,
    theirs too.
    """

    people: int
    under_18: int
    categories: Mapping[Category, int]
    expires_on: date


def composition_document(entries: Sequence[WatchlistEntry]) -> bytes:
    """What is kept of these entries, at least one, when their list is destroyed."""
    sought = [each for each in entries if not each.blue_list]
    counts = Counter(category for each in sought for category in each.categories)
    composition = Composition(
        people=len(sought),
        under_18=sum(each.under_18 for each in sought),
        categories={category: counts[category] for category in Category},
        expires_on=min(each.expires_on for each in entries),
    )
    return canonical_bytes(to_document(composition))


def read_composition(document: bytes) -> Composition:
    """The inverse of `composition_document`."""
    return from_document(Composition, parse_canonical(document))
