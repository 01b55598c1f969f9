"""Pictures of a list that are alike: copies, one person under two names, and people taken for each other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from openlfr.enrolment.duplicates import SAME_PERSON, PairKind, find_pairs
from openlfr.policy.identifiers import EntryId, PictureId, WatchlistId
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_store import picture_place, template_from
from openlfr.records.watchlist_tables import Review, WatchlistEntryRow, WatchlistPairRow, WatchlistPictureRow
from openlfr.vision.face import Template

NEEDS_REASON = frozenset({PairKind.SAME_FILE_TWO_PEOPLE, PairKind.SAME_PERSON_TWO_NAMES})
"""Kinds that make an entry acceptable only against the advice, with a reason."""


@dataclass(frozen=True, slots=True)
class ListPair:
    """Two pictures of a list that are alike, and whose they are."""

    kind: PairKind
    first_entry: EntryId
    first_picture: PictureId
    second_entry: EntryId
    second_picture: PictureId
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPicture:
    """A picture of the list as `find_pairs` takes it: identifiers in place of names, a keyed digest in place of the
    file's hash."""

    person: str
    picture: str
    sha256: str
    template: Template


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every pair of a list, worst first. `cut`: there were more than are kept."""

    pairs: tuple[ListPair, ...]
    cut: bool


def threshold_floor(pairs: Sequence[ListPair]) -> float | None:
    """The similarity of the two most alike people: at a threshold up to it, each would raise alerts for the other.

    People so alike that they are probably one under two names are not counted. None when no two are alike.
    """
    return max((each.similarity for each in pairs if each.kind is PairKind.LOOK_ALIKES), default=None)


def pictures_to_compare(records: HubRecords, session: Session, watchlist: WatchlistId) -> list[ComparedPicture]:
    """Every picture of people who are not rejected, with its template opened."""
    rows = session.execute(
        select(
            WatchlistPictureRow.id,
            WatchlistPictureRow.entry_id,
            WatchlistPictureRow.file_digest,
            WatchlistPictureRow.template,
        )
        .join(WatchlistEntryRow, WatchlistEntryRow.id == WatchlistPictureRow.entry_id)
        .where(WatchlistPictureRow.watchlist_id == watchlist, WatchlistEntryRow.review != Review.REJECTED)
        .order_by(WatchlistPictureRow.id)
    )
    return [
        ComparedPicture(
            entry,
            picture,
            bytes(digest).hex(),
            template_from(records.sealer.unseal(template, picture_place("template", PictureId(picture)))),
        )
        for picture, entry, digest, template in rows
    ]


def compare_all(pictures: Sequence[ComparedPicture], look_alike_threshold: float | None) -> Comparison:
    """Compare every two pictures. Without a threshold only people who are probably one are found."""
    threshold = SAME_PERSON if look_alike_threshold is None else look_alike_threshold
    found = find_pairs(pictures, look_alike_threshold=threshold)
    pairs = tuple(
        ListPair(
            pair.kind,
            EntryId(pair.first.person),
            PictureId(pair.first.picture),
            EntryId(pair.second.person),
            PictureId(pair.second.picture),
            pair.similarity,
        )
        for pair in found.pairs
    )
    return Comparison(pairs, found.cut)


def replace_pairs(session: Session, watchlist: WatchlistId, pairs: Sequence[ListPair]) -> None:
    """Keep these pairs in place of those found before."""
    session.execute(delete(WatchlistPairRow).where(WatchlistPairRow.watchlist_id == watchlist))
    if pairs:
        session.execute(
            insert(WatchlistPairRow),
            [
                {
                    "first_picture": pair.first_picture,
                    "second_picture": pair.second_picture,
                    "watchlist_id": watchlist,
                    "first_entry": pair.first_entry,
                    "second_entry": pair.second_entry,
                    "kind": pair.kind,
                    "similarity": pair.similarity,
                }
                for pair in pairs
            ],
        )


def read_pairs(
    session: Session, watchlist: WatchlistId, entries: Collection[EntryId] | None = None
) -> tuple[ListPair, ...]:
    """The pairs of a list, the most similar first; of some entries only, when they are named."""
    wanted = select(WatchlistPairRow).where(WatchlistPairRow.watchlist_id == watchlist)
    if entries is not None:
        wanted = wanted.where(
            or_(WatchlistPairRow.first_entry.in_(entries), WatchlistPairRow.second_entry.in_(entries))
        )
    return tuple(
        ListPair(
            row.kind,
            EntryId(row.first_entry),
            PictureId(row.first_picture),
            EntryId(row.second_entry),
            PictureId(row.second_picture),
            row.similarity,
        )
        for row in session.scalars(wanted.order_by(WatchlistPairRow.similarity.desc()))
    )
