"""What is fixed when a list is frozen: complete entries and their digests."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from openlfr.link.watchlist_content import ListIdentity, PictureHashes, entry_digest
from openlfr.policy.identifiers import DeploymentId, EntryId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.watchlist import WatchlistEntry
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_draft import Demands, complete, draft_problems
from openlfr.records.watchlist_store import ON_THE_LIST, StoredPicture, read_entries
from openlfr.records.watchlist_tables import WatchlistEntryRow, WatchlistRow


@dataclass(frozen=True, slots=True)
class CompleteEntry:
    """An entry that may be on the list, with the pictures it is found with."""

    entry: WatchlistEntry
    pictures: tuple[StoredPicture, ...]

    @property
    def digest(self) -> bytes:
        """The entry's part of the list's hash."""
        hashes = [
            PictureHashes(each.picture, each.details.sha256, each.details.template_sha256, each.details.portrait_sha256)
            for each in self.pictures
        ]
        return entry_digest(self.entry, hashes)


@dataclass(frozen=True, slots=True)
class CheckedEntries:
    """Everybody on a list as it was at `version`, or why somebody may not be on it.

    Reading thousands of entries takes seconds, in which an alert must not wait: it is done before the act, outside its
    transaction, and counts if the list is still the same then.
    """

    version: int
    completed: list[CompleteEntry] | Refusal

    def still(self, row: WatchlistRow) -> list[CompleteEntry] | Refusal:
        """The entries, if the list has not changed since."""
        if row.version != self.version:
            return Refusal(
                RefusalCode.CHANGED_MEANWHILE,
                "Somebody changed this watchlist meanwhile: look at it again, then decide.",
            )
        return self.completed


def list_identity(row: WatchlistRow) -> ListIdentity:
    """Which list it is, as its hash and bundles say it."""
    return ListIdentity(WatchlistId(row.id), DeploymentId(row.deployment_id), row.model_pack or "", row.precision or "")


def completed_entries(
    records: HubRecords, session: Session, row: WatchlistRow, demands: Demands | None
) -> list[CompleteEntry] | Refusal:
    """Everybody accepted, as the rules know them; or why somebody may not be on the list under these demands.

    Without demands nothing is asked anew: for a list that was frozen.
    """
    found = []
    for stored in read_entries(records, session, WatchlistId(row.id), *ON_THE_LIST):
        pictures = stored.used(stored.review)
        drafts = [each.draft for each in pictures]
        problems = () if demands is None else tuple(draft_problems(stored.entry, stored.content.draft, drafts, demands))
        entry = complete(stored.entry, stored.content.draft, drafts)
        if problems or entry is None:
            what = f"{problems[0].field}: {problems[0].sentence}" if problems else "it is not complete."
            return Refusal(
                RefusalCode.INVALID_FIELDS, f"Entry {stored.entry} cannot stay on the list: {what}", problems
            )
        found.append(CompleteEntry(entry, pictures))
    return found


def keep_digests(session: Session, entries: Sequence[CompleteEntry]) -> dict[EntryId, bytes]:
    """Note the digest of every entry beside it, so that a removal need not read the others."""
    digests = {each.entry.entry: each.digest for each in entries}
    session.execute(update(WatchlistEntryRow), [{"id": entry, "digest": digest} for entry, digest in digests.items()])
    return digests


def kept_digests(session: Session, watchlist: WatchlistId) -> dict[EntryId, bytes]:
    """The digests of everybody on a frozen list."""
    rows = session.execute(
        select(WatchlistEntryRow.id, WatchlistEntryRow.digest).where(
            WatchlistEntryRow.watchlist_id == watchlist, WatchlistEntryRow.review.in_(ON_THE_LIST)
        )
    )
    return {EntryId(entry): bytes(digest or b"") for entry, digest in rows}
