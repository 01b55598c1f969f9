"""What a check of a watchlist found, before anybody is looked for with it."""

from dataclasses import dataclass

from openlfr.enrolment.duplicates import PairFindings
from openlfr.enrolment.enrol import Enrolment
from openlfr.enrolment.listing import WatchlistListing


@dataclass(frozen=True, slots=True)
class WatchlistCheck:
    """A watchlist's listing, what became of its pictures, and the pairs among them. `look_alike_threshold` is None when
    none was known, so that only those so alike that they are probably one person were looked for."""

    listing: WatchlistListing
    enrolment: Enrolment
    findings: PairFindings
    look_alike_threshold: float | None

    @property
    def people(self) -> frozenset[str]:
        return frozenset(picture.person for picture in self.listing.pictures)

    @property
    def people_without_picture(self) -> tuple[str, ...]:
        """People none of whose pictures can be used: nobody would find them. In the listing's order."""
        found = {enrolled.person for enrolled in self.enrolment.enrolled}
        return tuple(dict.fromkeys(p.person for p in self.listing.pictures if p.person not in found))

    @property
    def unusable(self) -> int:
        """Pictures and rows that cannot be used."""
        return len(self.enrolment.not_enrolled) + len(self.listing.problems)
