"""Watchlists on the wire: lists as numbers, entries as a reviewer sees them, imports and what became of each row."""

from datetime import date, datetime

from pydantic import ConfigDict, Field

from openlfr.enrolment.duplicates import PairKind
from openlfr.hub.schemas.wire import Answering, Asking, Identifier, LoggedReason, Text, Version
from openlfr.policy.watchlist import Category, LegalBasis, PictureSource, WatchlistState
from openlfr.records.watchlist_findings import Verdict
from openlfr.records.watchlist_tables import Outcome, Review


class WatchlistView(Answering):
    """A watchlist as numbers; it names nobody."""

    watchlist: Identifier
    version: int
    deployment: Identifier
    state: WatchlistState
    builders: list[str] = Field(description="All who changed its content; none of them may approve it.")
    approved_by: str | None
    drawn_at: datetime = Field(description="When the people were last drawn from, or checked against, their source.")
    frozen_at: datetime | None
    content_hash: str | None = Field(description="Over everything on the list; set by freezing, changed by a removal.")
    size: int = Field(description="Everybody accepted.")
    testers: int = Field(description="Of these, how many are on the blue list.")
    waiting: int = Field(description="Entries that nobody has reviewed yet.")
    import_finished: bool = Field(
        description="False while an import runs, or was interrupted: send the same file again."
    )


class FieldFinding(Answering):
    """One field of an entry that keeps it off the list until it is mended."""

    field: str
    sentence: str


class SecondAuthorityView(Answering):
    """The further decision that a child or a vulnerable person needs."""

    by: str
    at: datetime
    reason: str


class EntryPictureView(Answering):
    """A reference picture without its pixels, which have a route of their own."""

    picture: Identifier
    name: str
    source: PictureSource | None
    taken_on: date | None
    quality: float = Field(description="0 to 100.")
    poor: bool = Field(description="Not used unless a reviewer accepts it with a reason.")
    advice: list[str] = Field(description="What is wrong with the picture, and what to do.")


class WatchlistEntryView(Answering):
    """One person on a list that is being built. What is empty is not filled in yet."""

    entry: Identifier
    review: Review
    person: str = Field(description="The force's own reference.")
    name: str
    categories: list[Category]
    offence: str
    reason: str
    where_link: str = Field(description="Why the person is expected at this place.")
    legal_basis: LegalBasis | None
    expires_on: date | None
    warning_markers: list[str]
    look_alikes: list[str]
    under_18: bool
    vulnerable: bool
    second_authority: SecondAuthorityView | None
    blue_list: bool = Field(description="A consenting tester.")
    consent_reference: str | None
    pictures: list[EntryPictureView]
    problems: list[FieldFinding] = Field(description="These keep the entry off the list until they are mended.")
    against: list[str] = Field(description="These can be overridden with a reason.")
    notes: list[str] = Field(description="These are to be thought about.")
    review_reason: str
    reviewed_by: str | None


class ReviewedEntry(Answering):
    """What a verdict made of an entry."""

    entry: Identifier
    review: Review


class VerdictForm(Asking):
    """What a reviewer says of an entry; a reason is needed to override advice and to reject."""

    verdict: Verdict
    reason: Text = ""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": Verdict.OVERRIDE.value, "reason": "The only picture there is."}]}
    )


class ReasonForm(Asking):
    """Why."""

    reason: Text

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Surrendered this morning."}]})


class ListDestruction(Asking):
    """Why a list is destroyed now."""

    version: Version
    reason: LoggedReason

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "reason": "Drawn by mistake."}]})


class AcceptedView(Answering):
    """How many waiting entries were accepted, as nothing was found against them."""

    accepted: int


class PairView(Answering):
    """Two pictures of a list that are alike, and whose they are."""

    kind: PairKind
    similarity: float
    first_entry: Identifier
    first_person: str | None = Field(description="The force's reference; null once the entry is rejected.")
    first_picture: Identifier
    second_entry: Identifier
    second_person: str | None
    second_picture: Identifier


class CompositionView(Answering):
    """How many people were on a list when it was frozen, in all and by category; testers are in none of these."""

    people: int
    under_18: int
    categories: dict[Category, int]


class ImportView(Answering):
    """One import into a list."""

    import_id: Identifier
    started_at: datetime
    finished_at: datetime | None = Field(description="Null while it runs, or was interrupted.")
    outcomes: dict[Outcome, int] = Field(description="How many rows had which result.")


class ImportRowView(Answering):
    """What became of one row of an import."""

    line: int
    outcome: Outcome
    person: str
    picture: str
    reason: str
    quality: float | None
    advice: str
    entry: str | None


class DeliveryView(Answering):
    """A copy of a list made for a node."""

    bundle: Identifier
    node: str
    made_at: datetime
    destroyed_at: datetime | None = Field(description="As the node's signed receipt says; null while it owes one.")


class RemovalView(Answering):
    """A person was taken off a frozen list; nodes are told by this signed order and the new plan."""

    watchlist: Identifier
    order: str = Field(description="The signed order, for a node that must be told by hand.")


class ReceiptView(Answering):
    """The hub's receipt that one record was destroyed: first its keys, then its rows, then their traces."""

    id: Identifier
    data_class: str
    record_kind: str
    record_id: str
    keys: list[str]
    rows: dict[str, int]
    begun_at: datetime
    finished_at: datetime
    policy_version: str
