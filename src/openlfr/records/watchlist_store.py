"""Watchlists between rows and values: the list as the rules see it, and its sealed entries and pictures."""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import DeploymentId, EntryId, PersonReference, PictureId, StaffId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.watchlist import ListContent, PictureSource, Watchlist, WatchlistState, change_watchlist
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import WriteOffRow
from openlfr.records.reach import reaches
from openlfr.records.watchlist_composition import read_composition
from openlfr.records.watchlist_draft import EntryDraft, PictureDraft
from openlfr.records.watchlist_tables import (
    Review,
    WatchlistBuilderRow,
    WatchlistDeliveryRow,
    WatchlistEntryRow,
    WatchlistPictureRow,
    WatchlistRow,
)
from openlfr.sealing.box import Place
from openlfr.sealing.canonical import canonical_bytes
from openlfr.sealing.vault_file import KeyPurpose, VaultKey
from openlfr.vision.face import Template

KIND: Final = "watchlist"
ON_THE_LIST: Final = (Review.ACCEPTED, Review.OVERRIDDEN)
_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class AskedList:
    """Who asks for an act on which list, and from where.

    `version` is that of the list they looked at: if it changed since, they must look again. None acts on what is there.
    """

    by: Actor
    watchlist: WatchlistId
    origin: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class EntryContent:
    """The sealed part of an entry: its fields, and the words of its review."""

    draft: EntryDraft
    review_reason: str = ""
    reviewed_by: StaffId | None = None


@dataclass(frozen=True, slots=True)
class PictureDetails:
    """What is known of a reference picture. The hashes are SHA-256 of the file, the template's bytes and the portrait.

    `quality` is 0..100; `advice` says what is wrong with the picture and what to do, in sentences.
    """

    name: str
    source: PictureSource | None
    taken_on: date | None
    sha256: str
    template_sha256: str
    portrait_sha256: str
    quality: float
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture of an entry without its pixels."""

    picture: PictureId
    poor: bool
    details: PictureDetails

    @property
    def draft(self) -> PictureDraft:
        return PictureDraft(self.picture, self.details.source, self.details.taken_on)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its review and pictures, the oldest first."""

    entry: EntryId
    review: Review
    content: EntryContent
    pictures: tuple[StoredPicture, ...]
    digest: bytes | None

    def used(self, review: Review) -> tuple[StoredPicture, ...]:
        """The pictures that people would be found with after this review: poor ones only against the advice."""
        return tuple(each for each in self.pictures if review is Review.OVERRIDDEN or not each.poor)


@dataclass(frozen=True, slots=True)
class ListDirectory:
    """What deployments ask about watchlists (`deployments.DeploymentLists`)."""

    def find(self, session: Session, watchlist: WatchlistId) -> Watchlist | None:
        """The list of this identifier as the rules see it, or None."""
        row = session.get(WatchlistRow, watchlist)
        return None if row is None else as_value(session, row)

    def remaining(self, session: Session, deployment: DeploymentId) -> int:
        """How many lists of the deployment are not destroyed here, or not said to be by a node that got them.

        A node that is lost for good says nothing any more: what it got counts until somebody writes it off.
        """
        unacknowledged = (
            select(WatchlistDeliveryRow.watchlist_id)
            .where(
                WatchlistDeliveryRow.watchlist_id == WatchlistRow.id,
                WatchlistDeliveryRow.handed_over_at.is_not(None),
                WatchlistDeliveryRow.destroyed_at.is_(None),
                ~exists().where(
                    WriteOffRow.bundle_id == WatchlistDeliveryRow.bundle_id,
                    WriteOffRow.node_id == WatchlistDeliveryRow.node_id,
                ),
            )
            .exists()
        )
        count = select(func.count()).where(
            WatchlistRow.deployment_id == deployment,
            (WatchlistRow.state != WatchlistState.DESTROYED) | unacknowledged,
        )
        return session.execute(count).scalar_one()


def as_value(session: Session, row: WatchlistRow) -> Watchlist:
    """The list as the rules see it; while it is being built, its people are counted."""
    builders = session.scalars(
        select(WatchlistBuilderRow.staff_id).where(WatchlistBuilderRow.watchlist_id == row.id)
    ).all()
    size, testers = (
        counted(session, WatchlistId(row.id)) if row.state is WatchlistState.BUILDING else (row.size, row.testers)
    )
    return Watchlist(
        watchlist=WatchlistId(row.id),
        deployment=DeploymentId(row.deployment_id),
        builders=tuple(sorted(StaffId(each) for each in builders)),
        drawn_at=row.drawn_at,
        state=row.state,
        approved_by=None if row.approved_by is None else StaffId(row.approved_by),
        frozen_at=row.frozen_at,
        content_hash=row.content_hash,
        size=size,
        testers=testers,
        content=_content(row),
    )


def _content(row: WatchlistRow) -> ListContent | None:
    if row.composition is None or row.model_pack is None or row.precision is None:
        return None
    composition = read_composition(row.composition)
    looked_for = tuple(category for category, people in composition.categories.items() if people)
    return ListContent(composition.expires_on, looked_for, row.model_pack, row.precision)


def save_value(session: Session, row: WatchlistRow, value: Watchlist) -> None:
    """Keep what a rule made of a list."""
    known = set(session.scalars(select(WatchlistBuilderRow.staff_id).where(WatchlistBuilderRow.watchlist_id == row.id)))
    session.add_all(WatchlistBuilderRow(watchlist_id=row.id, staff_id=each) for each in {*value.builders} - known)
    row.version += 1
    row.drawn_at = value.drawn_at
    row.state = value.state
    row.approved_by = value.approved_by
    row.frozen_at = value.frozen_at
    row.content_hash = value.content_hash
    row.size = value.size
    row.testers = value.testers
    session.flush()


def counted(session: Session, watchlist: WatchlistId) -> tuple[int, int]:
    """How many people were accepted, and how many of them are testers."""
    testers = func.coalesce(func.sum(case((WatchlistEntryRow.blue_list, 1), else_=0)), 0)
    size, blue = session.execute(
        select(func.count(), testers).where(
            WatchlistEntryRow.watchlist_id == watchlist, WatchlistEntryRow.review.in_(ON_THE_LIST)
        )
    ).one()
    return int(size), int(blue)


def listed(session: Session, asked: AskedList, action: Action, records: HubRecords) -> WatchlistRow | Refusal:
    """The row of a list for somebody who may take the action, and whose reach covers its deployment; nobody else learns
    whether there is such a list."""
    verdict = may_act(asked.by, action, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    row = session.get(WatchlistRow, asked.watchlist)
    if row is None or not reaches(records, session, asked.by, row.deployment_id):
        return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such watchlist.")
    if asked.version is not None and asked.version != row.version:
        return Refusal(
            RefusalCode.CHANGED_MEANWHILE, "Somebody changed this watchlist meanwhile: look at it again, then decide."
        )
    return row


def built_on(session: Session, asked: AskedList, records: HubRecords) -> WatchlistRow | Refusal:
    """The row of a list whose content `asked.by` changes now: they become a builder, and an approval is undone."""
    row = listed(session, asked, Action.BUILD_WATCHLIST, records)
    if isinstance(row, Refusal):
        return row
    changed = change_watchlist(as_value(session, row), Action.BUILD_WATCHLIST, asked.by, records.clock())
    if isinstance(changed, Refusal):
        return changed
    save_value(session, row, changed)
    return row


def list_key(records: HubRecords, row: WatchlistRow) -> VaultKey:
    """The list's own key. Raises KeyNotInVaultError once the list is destroyed."""
    return records.vault.key(row.key_id)


def keyed_digest(records: HubRecords, watchlist: WatchlistId, what: str, text: str) -> bytes:
    """32 bytes that are equal for equal texts of one list, and say nothing without the register's key."""
    secret = records.vault.sole_key(KeyPurpose.REGISTER).secret
    return hmac.digest(secret, canonical_bytes(["watchlist", watchlist, what, text]), "sha256")


def person_digest(records: HubRecords, watchlist: WatchlistId, person: PersonReference) -> bytes:
    return keyed_digest(records, watchlist, "person", person)


def file_digest(records: HubRecords, watchlist: WatchlistId, sha256: str) -> bytes:
    return keyed_digest(records, watchlist, "file", sha256)


def seal_content(records: HubRecords, key: VaultKey, entry: EntryId, content: EntryContent) -> bytes:
    return records.sealer.seal_json(key, to_document(content), _content_place(entry))


def open_content(records: HubRecords, row: WatchlistEntryRow) -> EntryContent:
    document = records.sealer.unseal_json(row.content, _content_place(EntryId(row.id)))
    return from_document(EntryContent, document)


def picture_place(column: str, picture: PictureId) -> Place:
    return Place(WatchlistPictureRow.__tablename__, column, picture)


def template_bytes(template: Template) -> bytes:
    """Little-endian float32: the form that is sealed, hashed and sent."""
    return np.ascontiguousarray(template, "<f4").tobytes()


def template_from(content: bytes) -> Template:
    """The inverse of `template_bytes`."""
    return np.frombuffer(content, "<f4").astype(np.float32)


def read_entries(
    records: HubRecords, session: Session, watchlist: WatchlistId, *reviews: Review, after: str = ""
) -> Iterator[StoredEntry]:
    """The entries of a list (all, or those in these states) in the order of their identifiers, read in portions.

    `after` leaves out entries up to and including that identifier.
    """
    while True:
        wanted = select(WatchlistEntryRow).where(
            WatchlistEntryRow.watchlist_id == watchlist, WatchlistEntryRow.id > after
        )
        if reviews:
            wanted = wanted.where(WatchlistEntryRow.review.in_(reviews))
        rows = session.scalars(wanted.order_by(WatchlistEntryRow.id).limit(_ROWS_AT_ONCE)).all()
        yield from stored_entries(records, session, rows)
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].id


def stored_entries(records: HubRecords, session: Session, rows: Sequence[WatchlistEntryRow]) -> Iterator[StoredEntry]:
    """Entries opened, with their pictures."""
    pictures: dict[str, list[StoredPicture]] = {row.id: [] for row in rows}
    found = session.execute(
        select(
            WatchlistPictureRow.id, WatchlistPictureRow.entry_id, WatchlistPictureRow.poor, WatchlistPictureRow.details
        )
        .where(WatchlistPictureRow.entry_id.in_(pictures))
        .order_by(WatchlistPictureRow.id)
    )
    for picture, entry, poor, details in found:
        place = picture_place("details", PictureId(picture))
        opened = from_document(PictureDetails, records.sealer.unseal_json(details, place))
        pictures[entry].append(StoredPicture(PictureId(picture), poor, opened))
    for row in rows:
        yield StoredEntry(EntryId(row.id), row.review, open_content(records, row), tuple(pictures[row.id]), row.digest)


def _content_place(entry: EntryId) -> Place:
    return Place(WatchlistEntryRow.__tablename__, "content", entry)
