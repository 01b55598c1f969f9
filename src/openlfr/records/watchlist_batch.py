"""One batch of an import in its transaction: entries made or filled in, pictures added, a result for every row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import DeploymentId, EntryId, PersonReference, PictureId, WatchlistId
from openlfr.policy.roles import THE_HUB
from openlfr.policy.watchlist import MOST_PICTURES
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_draft import Demands, EntryDraft, PictureDraft, draft_problems, filled_in
from openlfr.records.watchlist_import_lines import LineContent, add_lines
from openlfr.records.watchlist_source import SourcePicture
from openlfr.records.watchlist_store import (
    EntryContent,
    PictureDetails,
    as_value,
    list_key,
    open_content,
    person_digest,
    picture_place,
    seal_content,
)
from openlfr.records.watchlist_tables import Outcome, Review, WatchlistEntryRow, WatchlistPictureRow, WatchlistRow
from openlfr.sealing.vault_file import VaultKey


@dataclass(frozen=True, slots=True)
class Ready:
    """A picture that can be written, sealed already."""

    source: SourcePicture
    picture: PictureId
    digest: bytes
    poor: bool
    details: PictureDetails
    sealed_details: bytes
    sealed_template: bytes
    sealed_portrait: bytes
    sealed_picture: bytes

    @property
    def size(self) -> int:
        """Bytes that wait for the transaction."""
        return len(self.sealed_template) + len(self.sealed_portrait) + len(self.sealed_picture)


@dataclass(frozen=True, slots=True)
class Settled:
    """A row that adds no picture: `problem` says why in a sentence, or `known_file` is the digest of the file that is
    on the list for the person already."""

    source: SourcePicture
    problem: str
    known_file: bytes | None


@dataclass(slots=True)
class _Entry:
    """An entry while a batch is written. `files` gives the picture of each file it has."""

    entry: EntryId
    digest: bytes
    draft: EntryDraft
    row: WatchlistEntryRow | None
    changed: bool
    files: dict[bytes, PictureId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Batch:
    records: HubRecords
    session: Session
    watchlist: WatchlistId
    key: VaultKey
    import_id: str
    demands: Demands | None
    quality_floor: float


def write_batch(
    records: HubRecords,
    session: Session,
    row: WatchlistRow,
    import_id: str,
    people: Mapping[PersonReference, EntryDraft],
    rows: Sequence[Ready | Settled],
    quality_floor: float,
) -> None:
    """Keep the rows of an import that have no result yet. `people` is what the file says of everybody in it."""
    deployment = read_deployment(records, session, DeploymentId(row.deployment_id), THE_HUB)
    builders = as_value(session, row).builders
    demands = None if deployment is None else Demands.of(deployment.deployment, builders, records.clock().date())
    batch = _Batch(records, session, WatchlistId(row.id), list_key(records, row), import_id, demands, quality_floor)
    entries = _entries(batch, people, rows)
    lines: dict[int, tuple[Outcome, LineContent]] = {}
    new: list[Ready] = []
    for each in rows:
        entry = entries.get(each.source.person)
        if isinstance(each, Ready) and entry is not None:
            lines[each.source.line] = _added(batch, entry, each, new)
        elif isinstance(each, Settled) and each.known_file is not None and entry is not None:
            lines[each.source.line] = _repeated(batch, entry, each, entry.files[each.known_file])
        elif isinstance(each, Settled):
            content = LineContent(
                each.source.person, each.source.name, each.problem, None, "Replace the picture and import again.", None
            )
            lines[each.source.line] = (Outcome.REFUSED, content)
    _keep_entries(batch, entries.values())
    if new:
        session.execute(insert(WatchlistPictureRow), [_picture_row(batch, entries, each) for each in new])
    add_lines(records, session, import_id, batch.watchlist, batch.key, lines)


def _entries(
    batch: _Batch, people: Mapping[PersonReference, EntryDraft], rows: Sequence[Ready | Settled]
) -> dict[PersonReference, _Entry]:
    """The entries of everybody in a batch who has or gets a picture, filled in with what the file says."""
    wanted = {each.source.person for each in rows if isinstance(each, Ready) or each.known_file is not None}
    digests = {person_digest(batch.records, batch.watchlist, person): person for person in wanted}
    found: dict[PersonReference, _Entry] = {}
    existing = batch.session.scalars(
        select(WatchlistEntryRow).where(
            WatchlistEntryRow.watchlist_id == batch.watchlist, WatchlistEntryRow.person_digest.in_(digests)
        )
    )
    for row in existing:
        before = open_content(batch.records, row).draft
        person = digests[bytes(row.person_digest)]
        draft = filled_in(before, people[person])
        found[person] = _Entry(EntryId(row.id), bytes(row.person_digest), draft, row, draft != before)
    by_id = {str(entry.entry): entry for entry in found.values()}
    files = batch.session.execute(
        select(WatchlistPictureRow.entry_id, WatchlistPictureRow.file_digest, WatchlistPictureRow.id).where(
            WatchlistPictureRow.entry_id.in_(by_id)
        )
    )
    for entry_id, digest, picture in files:
        by_id[entry_id].files[bytes(digest)] = PictureId(picture)
    for digest, person in digests.items():
        if person not in found:
            found[person] = _Entry(EntryId(batch.records.new_id()), digest, people[person], None, True)
    return found


def _added(batch: _Batch, entry: _Entry, ready: Ready, new: list[Ready]) -> tuple[Outcome, LineContent]:
    advice = "; ".join(ready.details.advice)
    content = LineContent(ready.source.person, ready.source.name, "", ready.details.quality, advice, entry.entry)
    if ready.digest in entry.files:
        return Outcome.DUPLICATE, replace(content, reason=_DUPLICATE)
    if len(entry.files) >= MOST_PICTURES:
        sentence = f"This person has {MOST_PICTURES} pictures already, which is the most."
        return Outcome.REFUSED, replace(content, reason=sentence, advice="Keep the best ones.")
    entry.files[ready.digest] = ready.picture
    entry.changed = True
    new.append(ready)
    problems = _problems(batch, entry, PictureDraft(ready.picture, ready.source.source, ready.source.taken_on))
    if ready.poor:
        poor = (
            f"The quality is {ready.details.quality:.0f} of 100, under {batch.quality_floor:.0f}: "
            "the picture is not used unless a reviewer accepts it with a reason."
        )
        return Outcome.POOR, replace(content, reason=" ".join((poor, problems)).strip())
    return (Outcome.INCOMPLETE if problems else Outcome.IMPORTED), replace(content, reason=problems)


_DUPLICATE = "This very file is on the list for this person already."


def _repeated(batch: _Batch, entry: _Entry, settled: Settled, picture: PictureId) -> tuple[Outcome, LineContent]:
    """A file that is there already: what the row says newly about it is taken over."""
    # The columns by name: the picture itself need not be read.
    of_picture = WatchlistPictureRow.id == picture
    sealed = batch.session.execute(select(WatchlistPictureRow.details).where(of_picture)).scalar_one()
    place = picture_place("details", picture)
    before = from_document(PictureDetails, batch.records.sealer.unseal_json(sealed, place))
    source, taken_on = settled.source.source or before.source, settled.source.taken_on or before.taken_on
    after = replace(before, source=source, taken_on=taken_on)
    if after != before:
        details = batch.records.sealer.seal_json(batch.key, to_document(after), place)
        batch.session.execute(update(WatchlistPictureRow).where(of_picture).values(details=details))
        entry.changed = True
    problems = _problems(batch, entry, PictureDraft(picture, source, taken_on))
    outcome = Outcome.INCOMPLETE if problems else Outcome.UPDATED if entry.changed else Outcome.DUPLICATE
    reason = problems or ("What the row says newly was taken over." if entry.changed else _DUPLICATE)
    advice = "; ".join(before.advice)
    content = LineContent(settled.source.person, settled.source.name, reason, before.quality, advice, entry.entry)
    return outcome, content


def _problems(batch: _Batch, entry: _Entry, picture: PictureDraft) -> str:
    """What keeps the entry from being accepted, in one line."""
    if batch.demands is None:
        return ""
    found = draft_problems(entry.entry, entry.draft, (picture,), batch.demands)
    return " ".join(f"{each.field}: {each.sentence}" for each in found)


def _keep_entries(batch: _Batch, entries: Iterable[_Entry]) -> None:
    for entry in entries:
        content = EntryContent(entry.draft)
        if entry.row is None and entry.files:
            batch.session.add(
                WatchlistEntryRow(
                    id=entry.entry,
                    watchlist_id=batch.watchlist,
                    person_digest=entry.digest,
                    review=Review.PENDING,
                    blue_list=entry.draft.blue_list,
                    seen_in=batch.import_id,
                    content=seal_content(batch.records, batch.key, entry.entry, content),
                )
            )
        elif entry.row is not None:
            entry.row.seen_in = batch.import_id
            if entry.changed:
                entry.row.review = Review.PENDING
                entry.row.blue_list = entry.draft.blue_list
                entry.row.content = seal_content(batch.records, batch.key, entry.entry, content)
    batch.session.flush()


def _picture_row(batch: _Batch, entries: Mapping[PersonReference, _Entry], ready: Ready) -> dict[str, object]:
    return {
        "id": ready.picture,
        "watchlist_id": batch.watchlist,
        "entry_id": entries[ready.source.person].entry,
        "file_digest": ready.digest,
        "poor": ready.poor,
        "details": ready.sealed_details,
        "template": ready.sealed_template,
        "portrait": ready.sealed_portrait,
        "picture": ready.sealed_picture,
    }
