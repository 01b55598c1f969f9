"""The tables of watchlists: whatever is about a listed person is sealed under the list's own key."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.enrolment.duplicates import PairKind
from openlfr.policy.watchlist import WatchlistState
from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.schema import Identifier, KeyId, Sealed, Table, choice


class Review(StrEnum):
    """What became of an entry. Accepted ones, with or against the advice, are on the list that is frozen."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    OVERRIDDEN = "accepted against advice"
    REJECTED = "rejected"
    REMOVED = "removed"


class Outcome(StrEnum):
    """What became of one row of an import."""

    IMPORTED = "imported"
    POOR = "poor quality"
    """Imported, but too poor to be used unless a reviewer accepts it with a reason."""
    INCOMPLETE = "incomplete"
    """Imported, but the entry cannot be accepted before what is named is mended."""
    UPDATED = "updated"
    """The picture was there already; fields of its entry were filled in or changed."""
    DUPLICATE = "duplicate"
    """The very file is there already for this person, and nothing new is said of them."""
    REFUSED = "refused"
    """Nothing of the row was kept."""


class WatchlistRow(Table):
    """One list, which stays as a record of numbers when its content is destroyed.

    `size` and `testers` are set from approval on; before, entries are counted. `composition` holds, from freezing on,
    how many people are in each category, as a canonical document. `removals` counts people removed after freezing.
    """

    __tablename__ = "watchlists"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts_from_1"),
        CheckConstraint("size >= 0 AND testers >= 0 AND testers <= size", name="testers_are_among_the_people"),
        CheckConstraint("approved_by <> built_by", name="approved_by_another"),
        CheckConstraint("state <> 'approved' OR approved_by IS NOT NULL", name="approved_by_somebody"),
        CheckConstraint(
            "state <> 'frozen' OR (approved_by IS NOT NULL AND frozen_at IS NOT NULL AND content_hash IS NOT NULL)",
            name="frozen_after_approval",
        ),
        CheckConstraint("(frozen_at IS NULL) = (content_hash IS NULL)", name="frozen_under_a_hash"),
        CheckConstraint("content_hash IS NULL OR length(content_hash) = 64", name="hash_is_whole"),
        CheckConstraint("(model_pack IS NULL) = (precision IS NULL)", name="templates_of_one_model"),
        Index("ix_watchlists_deployment_id", "deployment_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    version: Mapped[int]
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    state: Mapped[WatchlistState] = mapped_column(choice(WatchlistState, "state"))
    model_pack: Mapped[str | None] = mapped_column(String(MAX_NAME))
    precision: Mapped[str | None] = mapped_column(String(32))
    drawn_at: Mapped[datetime]
    built_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    approved_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    frozen_at: Mapped[datetime | None]
    content_hash: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int]
    testers: Mapped[int]
    removals: Mapped[int]
    composition: Mapped[bytes | None]
    key_id: Mapped[KeyId]


class WatchlistBuilderRow(Table):
    """Somebody who changed the content of a list; none of them may approve it."""

    __tablename__ = "watchlist_builders"

    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(MAX_STAFF), primary_key=True)


class WatchlistEntryRow(Table):
    """One person on one list. `person_digest` is keyed: it keeps a person from being entered twice and says nothing.

    `digest` is the entry's part of the list's hash, from freezing on. `seen_in` is the last import that named them.
    """

    __tablename__ = "watchlist_entries"
    __table_args__ = (
        UniqueConstraint("watchlist_id", "person_digest"),
        CheckConstraint("length(person_digest) = 32", name="person_digest_is_whole"),
        CheckConstraint("digest IS NULL OR length(digest) = 32", name="digest_is_whole"),
        Index("ix_watchlist_entries_review", "watchlist_id", "review", "blue_list"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"))
    person_digest: Mapped[bytes]
    review: Mapped[Review] = mapped_column(choice(Review, "review"))
    blue_list: Mapped[bool]
    seen_in: Mapped[Identifier]
    digest: Mapped[bytes | None]
    content: Mapped[Sealed]


class WatchlistPictureRow(Table):
    """One reference picture: what is known of it, its template, the portrait that nodes get, and the file itself.

    The small columns stand first: SQLite then reads them without going through the picture.
    """

    __tablename__ = "watchlist_pictures"
    __table_args__ = (
        UniqueConstraint("entry_id", "file_digest"),
        CheckConstraint("length(file_digest) = 32", name="file_digest_is_whole"),
        Index("ix_watchlist_pictures_watchlist_id", "watchlist_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"))
    entry_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlist_entries.id"))
    file_digest: Mapped[bytes]
    poor: Mapped[bool]
    details: Mapped[Sealed]
    template: Mapped[Sealed]
    portrait: Mapped[Sealed]
    picture: Mapped[Sealed]


class WatchlistImportRow(Table):
    """One file or folder imported into a list; unfinished until its pictures were compared with all others."""

    __tablename__ = "watchlist_imports"
    __table_args__ = (
        CheckConstraint("length(source_digest) = 32", name="source_digest_is_whole"),
        Index("ix_watchlist_imports_watchlist_id", "watchlist_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"))
    source_digest: Mapped[bytes]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class WatchlistImportLineRow(Table):
    """What became of one row of an import; kept so that an interrupted import goes on where it stopped."""

    __tablename__ = "watchlist_import_lines"
    __table_args__ = (Index("ix_watchlist_import_lines_watchlist_id", "watchlist_id"),)

    import_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlist_imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    content: Mapped[Sealed]


class WatchlistPairRow(Table):
    """Two pictures of a list that are alike: of two people, or of one. Found anew by every import."""

    __tablename__ = "watchlist_pairs"

    first_picture: Mapped[Identifier] = mapped_column(ForeignKey("watchlist_pictures.id"), primary_key=True)
    second_picture: Mapped[Identifier] = mapped_column(ForeignKey("watchlist_pictures.id"), primary_key=True)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"), index=True)
    first_entry: Mapped[Identifier]
    second_entry: Mapped[Identifier]
    kind: Mapped[PairKind] = mapped_column(choice(PairKind, "kind"))
    similarity: Mapped[float]


class WatchlistRemovalRow(Table):
    """A person taken off a frozen list: the order, signed, that nodes obey. Numbered from 1 in each list."""

    __tablename__ = "watchlist_removals"
    __table_args__ = (CheckConstraint("sequence >= 1", name="sequence_counts_from_1"),)

    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[Identifier]
    decided_at: Mapped[datetime]
    document: Mapped[bytes]


class WatchlistDeliveryRow(Table):
    """A bundle made for a node. From `handed_over_at`, when the last of it went out, it counts as there, until the
    node's signed receipt says that it is destroyed; what never went out whole can be opened by nobody."""

    __tablename__ = "watchlist_deliveries"
    __table_args__ = (
        CheckConstraint("length(verify_key) = 32", name="verify_key_is_whole"),
        CheckConstraint("(destroyed_at IS NULL) = (receipt IS NULL)", name="destroyed_with_a_receipt"),
        Index("ix_watchlist_deliveries_watchlist_id", "watchlist_id"),
    )

    bundle_id: Mapped[Identifier] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(String(MAX_NAME), primary_key=True)
    watchlist_id: Mapped[Identifier] = mapped_column(ForeignKey("watchlists.id"))
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    verify_key: Mapped[bytes]
    made_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
    receipt: Mapped[bytes | None]
