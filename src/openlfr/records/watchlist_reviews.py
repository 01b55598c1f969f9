"""Judging the entries of a list that is being built: what a reviewer sees, and what they decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import EntryId, PersonReference, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, may_follow
from openlfr.policy.text import text_problems
from openlfr.policy.watchlist import SecondAuthority, WatchlistState
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_acts import carried_out, demands_on
from openlfr.records.watchlist_draft import Demands
from openlfr.records.watchlist_findings import Findings, Verdict, findings, reviewed
from openlfr.records.watchlist_pairs import ListPair, read_pairs
from openlfr.records.watchlist_store import (
    KIND,
    AskedList,
    StoredEntry,
    as_value,
    list_key,
    listed,
    open_content,
    seal_content,
    stored_entries,
)
from openlfr.records.watchlist_tables import Review, WatchlistEntryRow, WatchlistRow

_REVIEWED_TOGETHER: Final = 200
_AFTER: Final = {
    Verdict.ACCEPT: Review.ACCEPTED,
    Verdict.OVERRIDE: Review.OVERRIDDEN,
    Verdict.REJECT: Review.REJECTED,
}


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as a reviewer sees it."""

    entry: StoredEntry
    found: Findings


@dataclass(frozen=True, slots=True)
class WatchlistReviews:
    """The service for entries."""

    records: HubRecords

    def entries(
        self, asked: AskedList, *reviews: Review, after: str = "", most: int = _REVIEWED_TOGETHER
    ) -> Sequence[EntryView] | Refusal:
        """At most `most` entries of a list, in these states of review, in the order of their identifiers from `after`.

        The look is in the audit log before they are returned.
        """

        def act(session: Session) -> Sequence[EntryView] | Refusal:
            row = listed(session, asked, Action.VIEW_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            demands = demands_on(self.records, session, row)
            if isinstance(demands, Refusal):
                return demands
            wanted = select(WatchlistEntryRow).where(
                WatchlistEntryRow.watchlist_id == row.id, WatchlistEntryRow.id > after
            )
            if reviews:
                wanted = wanted.where(WatchlistEntryRow.review.in_(reviews))
            rows = session.scalars(wanted.order_by(WatchlistEntryRow.id).limit(most)).all()
            return self._views(session, asked.watchlist, rows, demands)

        return carried_out(self.records, asked, Action.VIEW_WATCHLIST, act, "Looked at entries.")

    def entry(self, asked: AskedList, entry: EntryId) -> EntryView | Refusal:
        """One entry of a list. The look is in the audit log before it is returned."""

        def act(session: Session) -> EntryView | Refusal:
            row = listed(session, asked, Action.VIEW_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            demands = demands_on(self.records, session, row)
            if isinstance(demands, Refusal):
                return demands
            entry_row = session.get(WatchlistEntryRow, entry)
            if entry_row is None or entry_row.watchlist_id != row.id:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such entry on this watchlist.")
            (view,) = self._views(session, asked.watchlist, [entry_row], demands)
            return view

        return carried_out(self.records, asked, Action.VIEW_WATCHLIST, act, f"Looked at entry {entry}.")

    def pairs(self, asked: AskedList) -> tuple[Sequence[ListPair], Mapping[EntryId, PersonReference]] | Refusal:
        """The pairs of alike pictures of a list, the most similar first, and whose the entries are."""

        def act(
            session: Session,
        ) -> tuple[Sequence[ListPair], Mapping[EntryId, PersonReference]] | Refusal:
            row = listed(session, asked, Action.VIEW_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            pairs = read_pairs(session, asked.watchlist)
            return pairs, self._people(session, {e for pair in pairs for e in (pair.first_entry, pair.second_entry)})

        return carried_out(self.records, asked, Action.VIEW_WATCHLIST, act, "Looked at pairs of alike pictures.")

    def review(self, asked: AskedList, entry: EntryId, verdict: Verdict, reason: str) -> Review | Refusal:
        """Accept, override or reject one entry of a list that is being built."""

        def act(session: Session) -> Review | Refusal:
            found = self._reviewable(session, asked, Action.REVIEW_ENTRY)
            if isinstance(found, Refusal):
                return found
            row, demands = found
            entry_row = session.get(WatchlistEntryRow, entry)
            if entry_row is None or entry_row.watchlist_id != row.id:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such entry on this watchlist.")
            (view,) = self._views(session, asked.watchlist, [entry_row], demands, as_if=verdict)
            review = reviewed(verdict, reason, view.found)
            if not isinstance(review, Refusal):
                self._keep_review(asked, row, entry_row, view.entry, review, reason)
            return review

        return carried_out(
            self.records, asked, Action.REVIEW_ENTRY, act, f"{verdict.capitalize()} entry {entry}. {reason}".strip()
        )

    def accept_clean(self, asked: AskedList) -> int | Refusal:
        """Accept every waiting entry that nothing is to be said of; how many. The others wait for a person's eye."""
        accepted = 0
        after = ""
        while True:
            portion = self._accept_some(asked, after)
            if isinstance(portion, Refusal):
                return portion
            count, last = portion
            accepted += count
            if last is None:
                return accepted
            after = last

    def give_second_authority(self, asked: AskedList, entry: EntryId, reason: str) -> SecondAuthority | Refusal:
        """Decide that a child or a vulnerable person may be on the list; the entry waits for review afterwards."""

        def act(session: Session) -> SecondAuthority | Refusal:
            found = self._reviewable(session, asked, Action.GIVE_SECOND_AUTHORITY)
            if isinstance(found, Refusal):
                return found
            row, _ = found
            builders = as_value(session, row).builders
            verdict = may_follow(asked.by, Action.GIVE_SECOND_AUTHORITY, {Action.BUILD_WATCHLIST: builders})
            problems = tuple(text_problems("reason", reason))
            if isinstance(verdict, Refusal):
                return verdict
            if problems:
                return refused_fields("The second authority", problems)
            entry_row = session.get(WatchlistEntryRow, entry)
            if entry_row is None or entry_row.watchlist_id != row.id:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such entry on this watchlist.")
            (stored,) = stored_entries(self.records, session, [entry_row])
            given = SecondAuthority(asked.by.staff, self.records.clock(), reason)
            draft = replace(stored.content.draft, second_authority=given)
            row.version += 1
            entry_row.review = Review.PENDING
            entry_row.content = seal_content(
                self.records, list_key(self.records, row), entry, replace(stored.content, draft=draft)
            )
            return given

        return carried_out(self.records, asked, Action.GIVE_SECOND_AUTHORITY, act, f"Entry {entry}: {reason}")

    def _accept_some(self, asked: AskedList, after: str) -> tuple[int, str | None] | Refusal:
        """Accept clean entries of one portion; how many, and the last one looked at, None when there are no more."""
        with self.records.database.writing() as session:
            record = reference(KIND, asked.watchlist)
            found = self._reviewable(session, asked, Action.REVIEW_ENTRY)
            if isinstance(found, Refusal):
                return write_refused(self.records, session, asked.by, Action.REVIEW_ENTRY, record, asked.origin, found)
            row, demands = found
            rows = session.scalars(
                select(WatchlistEntryRow)
                .where(
                    WatchlistEntryRow.watchlist_id == row.id,
                    WatchlistEntryRow.review == Review.PENDING,
                    WatchlistEntryRow.id > after,
                )
                .order_by(WatchlistEntryRow.id)
                .limit(_REVIEWED_TOGETHER)
            ).all()
            by_id = {each.id: each for each in rows}
            count = 0
            for view in self._views(session, asked.watchlist, rows, demands, as_if=Verdict.ACCEPT):
                if view.found.clean:
                    entry = view.entry
                    self._keep_review(asked, row, by_id[entry.entry], entry, Review.ACCEPTED, "")
                    count += 1
            if count:
                words = f"Accepted {count} entries that nothing was found against."
                write_done(self.records, session, asked.by, Action.REVIEW_ENTRY, record, asked.origin, words)
            return count, rows[-1].id if len(rows) == _REVIEWED_TOGETHER else None

    def _reviewable(self, session: Session, asked: AskedList, action: Action) -> tuple[WatchlistRow, Demands] | Refusal:
        row = listed(session, asked, action, self.records)
        if isinstance(row, Refusal):
            return row
        if row.state is not WatchlistState.BUILDING:
            return Refusal(
                RefusalCode.WRONG_STATE,
                f"You may not {action}: the watchlist is {row.state}, and only one that is being built changes.",
            )
        demands = demands_on(self.records, session, row)
        return demands if isinstance(demands, Refusal) else (row, demands)

    def _views(
        self,
        session: Session,
        watchlist: WatchlistId,
        rows: Sequence[WatchlistEntryRow],
        demands: Demands,
        as_if: Verdict | None = None,
    ) -> list[EntryView]:
        """Entries with what is found about them; about the pictures that would be used after `as_if`."""
        pairs = read_pairs(session, watchlist, [EntryId(row.id) for row in rows])
        of_entry: dict[str, list[ListPair]] = {}
        for pair in pairs:
            for entry in {pair.first_entry, pair.second_entry}:
                of_entry.setdefault(entry, []).append(pair)
        people = self._people(session, {e for pair in pairs for e in (pair.first_entry, pair.second_entry)})
        views = []
        for stored in stored_entries(self.records, session, rows):
            seen = stored if as_if is None else replace(stored, review=_AFTER[as_if])
            views.append(EntryView(stored, findings(seen, of_entry.get(stored.entry, ()), demands, people)))
        return views

    def _people(self, session: Session, entries: set[EntryId]) -> dict[EntryId, PersonReference]:
        """The references of these people, the rejected left out. Asked in portions: a statement takes only so many."""
        wanted = sorted(entries)
        people: dict[EntryId, PersonReference] = {}
        for start in range(0, len(wanted), _REVIEWED_TOGETHER):
            rows = session.scalars(
                select(WatchlistEntryRow).where(
                    WatchlistEntryRow.id.in_(wanted[start : start + _REVIEWED_TOGETHER]),
                    WatchlistEntryRow.review != Review.REJECTED,
                )
            )
            people.update({EntryId(row.id): open_content(self.records, row).draft.person for row in rows})
        return people

    def _keep_review(
        self,
        asked: AskedList,
        row: WatchlistRow,
        entry_row: WatchlistEntryRow,
        entry: StoredEntry,
        review: Review,
        reason: str,
    ) -> None:
        content = replace(entry.content, review_reason=reason, reviewed_by=asked.by.staff)
        row.version += 1
        entry_row.review = review
        entry_row.content = seal_content(self.records, list_key(self.records, row), entry.entry, content)
