"""Watchlists from beginning to freezing: each act asks the rules, and is kept together with its audit entry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.link.watchlist_content import list_hash
from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.identifiers import DeploymentId, EntryId, PersonReference, WatchlistId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act, may_follow
from openlfr.policy.text import text_problems
from openlfr.policy.watchlist import (
    ListLimits,
    SecondAuthority,
    Watchlist,
    WatchlistState,
    change_watchlist,
    freeze,
)
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import MembershipRegister, PersonIdentifier
from openlfr.records.watchlist_draft import Demands
from openlfr.records.watchlist_frozen import (
    Composition,
    completed_entries,
    composition_document,
    keep_digests,
    list_identity,
    read_composition,
)
from openlfr.records.watchlist_pairs import ListPair, read_pairs
from openlfr.records.watchlist_review import Findings, Verdict, findings, reviewed
from openlfr.records.watchlist_store import (
    KIND,
    AskedList,
    StoredEntry,
    as_value,
    list_key,
    listed,
    save_value,
    seal_content,
    stored_entries,
)
from openlfr.records.watchlist_tables import (
    Review,
    WatchlistBuilderRow,
    WatchlistEntryRow,
    WatchlistImportRow,
    WatchlistRow,
)
from openlfr.sealing.vault_file import KeyPurpose

_REVIEWED_TOGETHER = 200

_AFTER = {
    Verdict.ACCEPT: Review.ACCEPTED,
    Verdict.OVERRIDE: Review.OVERRIDDEN,
    Verdict.REJECT: Review.REJECTED,
}

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list as it is kept. `waiting` entries have no review yet. Names nobody."""

    watchlist: Watchlist
    waiting: int
    import_finished: bool


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as a reviewer sees it."""

    entry: StoredEntry
    found: Findings


@dataclass(frozen=True, slots=True)
class Watchlists:
    """The service for building, reviewing, approving and freezing lists."""

    records: HubRecords
    profiles: Mapping[str, JurisdictionProfile]

    def begin(self, by: Actor, deployment: DeploymentId, origin: str) -> ListRecord | Refusal:
        """Begin an empty list for a deployment that is authorised, under a key of its own."""
        asked = AskedList(by, WatchlistId(self.records.new_id()), origin)

        def act(session: Session) -> ListRecord | Refusal:
            verdict = may_act(by, Action.BUILD_WATCHLIST, self.records.clock())
            if isinstance(verdict, Refusal):
                return verdict
            found = read_deployment(self.records, session, deployment)
            if found is None:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
            if found.deployment.state not in UNDER_AUTHORITY:
                return Refusal(
                    RefusalCode.AUTHORITY_MISSING,
                    f"A watchlist is built under an authority, and this deployment is {found.deployment.state}.",
                )
            (key,) = self.records.vault.create_keys(KeyPurpose.WATCHLIST)
            row = WatchlistRow(
                id=asked.watchlist,
                version=1,
                deployment_id=deployment,
                state=WatchlistState.BUILDING,
                drawn_at=self.records.clock(),
                built_by=by.staff,
                size=0,
                testers=0,
                removals=0,
                key_id=key.id,
            )
            session.add(row)
            session.flush()
            session.add(WatchlistBuilderRow(watchlist_id=asked.watchlist, staff_id=by.staff))
            session.flush()
            return _record(session, row)

        return self._act(asked, Action.BUILD_WATCHLIST, act, "Began a watchlist.")

    def lists(self, by: Actor, deployment: DeploymentId, origin: str) -> Sequence[ListRecord] | Refusal:
        """The lists of a deployment, oldest first."""
        with self.records.database.writing() as session:
            record = reference("deployment", deployment)
            verdict = may_act(by, Action.VIEW_WATCHLIST, self.records.clock())
            if isinstance(verdict, Refusal):
                return write_refused(self.records, session, by, Action.VIEW_WATCHLIST, record, origin, verdict)
            rows = session.scalars(
                select(WatchlistRow).where(WatchlistRow.deployment_id == deployment).order_by(WatchlistRow.id)
            )
            write_done(
                self.records,
                session,
                by,
                Action.VIEW_WATCHLIST,
                record,
                origin,
                "Looked at the list of its watchlists.",
            )
            return [_record(session, row) for row in rows]

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
            demands = self._demands(session, row)
            if isinstance(demands, Refusal):
                return demands
            wanted = select(WatchlistEntryRow).where(
                WatchlistEntryRow.watchlist_id == row.id, WatchlistEntryRow.id > after
            )
            if reviews:
                wanted = wanted.where(WatchlistEntryRow.review.in_(reviews))
            rows = session.scalars(wanted.order_by(WatchlistEntryRow.id).limit(most)).all()
            return self._views(session, asked.watchlist, rows, demands)

        return self._act(asked, Action.VIEW_WATCHLIST, act, "Looked at entries.")

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

        return self._act(asked, Action.VIEW_WATCHLIST, act, "Looked at pairs of alike pictures.")

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

        return self._act(asked, Action.REVIEW_ENTRY, act, f"{verdict.capitalize()} entry {entry}. {reason}".strip())

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
            entry_row.review = Review.PENDING
            entry_row.content = seal_content(
                self.records, list_key(self.records, row), entry, replace(stored.content, draft=draft)
            )
            return given

        return self._act(asked, Action.GIVE_SECOND_AUTHORITY, act, f"Entry {entry}: {reason}")

    def approve(self, asked: AskedList) -> ListRecord | Refusal:
        """Approve the list as it is: every entry reviewed, every accepted one complete, by nobody who built it."""

        def act(session: Session) -> ListRecord | Refusal:
            row = listed(session, asked, Action.APPROVE_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            changed = change_watchlist(as_value(session, row), Action.APPROVE_WATCHLIST, asked.by, self.records.clock())
            if isinstance(changed, Refusal):
                return changed
            record = _record(session, row)
            if not record.import_finished:
                return Refusal(
                    RefusalCode.NOT_READY, "The last import was interrupted: run it again, so that it is finished."
                )
            if record.waiting:
                return Refusal(RefusalCode.NOT_READY, f"{record.waiting} entries wait for review: review them first.")
            if changed.size == 0:
                return Refusal(RefusalCode.WATCHLIST_EMPTY, "Nobody is on this watchlist: accept people first.")
            demands = self._demands(session, row)
            if isinstance(demands, Refusal):
                return demands
            completed = completed_entries(self.records, session, row, demands)
            if isinstance(completed, Refusal):
                return completed
            save_value(session, row, changed)
            return _record(session, row)

        return self._act(asked, Action.APPROVE_WATCHLIST, act, "Approved.")

    def freeze(self, asked: AskedList) -> ListRecord | Refusal:
        """Fix an approved list under its hash and enter everybody in the membership register."""

        def act(session: Session) -> ListRecord | Refusal:
            row = listed(session, asked, Action.FREEZE_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            demands = self._demands(session, row)
            deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id))
            if isinstance(demands, Refusal) or deployment is None or deployment.deployment.authority is None:
                return Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")
            terms = deployment.deployment.authority.terms
            identity = list_identity(row)
            if (identity.model_pack, identity.precision) != (terms.setup.model_pack, terms.setup.precision):
                return Refusal(
                    RefusalCode.WRONG_MODEL,
                    f"The templates of this list were made by {row.model_pack} in {row.precision}; {terms.setup} is "
                    "authorised: import with that, or ask for a changed authority.",
                )
            limits = ListLimits(
                terms.largest_watchlist, self.profiles[deployment.profile].watchlist_age, terms.window.start
            )
            before, now = as_value(session, row), self.records.clock()
            # The rules that need no hash come first: reading and hashing thousands of entries takes seconds.
            early = freeze(before, asked.by, now, "", limits)
            completed = early if isinstance(early, Refusal) else completed_entries(self.records, session, row, demands)
            if isinstance(completed, Refusal):
                return completed
            frozen = freeze(before, asked.by, now, list_hash(identity, keep_digests(session, completed)), limits)
            if isinstance(frozen, Refusal):
                return frozen
            row.composition = composition_document([each.entry for each in completed])
            save_value(session, row, frozen)
            MembershipRegister(self.records).enter(
                session,
                asked.watchlist,
                frozen.deployment,
                [PersonIdentifier.reference(each.entry.person) for each in completed],
            )
            return _record(session, row)

        return self._act(asked, Action.FREEZE_WATCHLIST, act, "Frozen.")

    def composition(self, asked: AskedList) -> Composition | Refusal:
        """Counts of people by category of a frozen list; they stay when the list is destroyed."""

        def act(session: Session) -> Composition | Refusal:
            row = listed(session, asked, Action.VIEW_STATISTICS, self.records)
            if isinstance(row, Refusal):
                return row
            if row.composition is None:
                return Refusal(
                    RefusalCode.NOT_YET, "This watchlist was never frozen: it has no composition to publish."
                )
            return read_composition(row.composition)

        return self._act(asked, Action.VIEW_STATISTICS, act, "Looked at the composition of a watchlist.")

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

    def _act(
        self, asked: AskedList, action: Action, act: Callable[[Session], _Result | Refusal], words: str
    ) -> _Result | Refusal:
        """The one way an act is carried out: what `act` changes and the audit entry, both kept or none."""
        with self.records.database.writing() as session:
            record = reference(KIND, asked.watchlist)
            done = act(session)
            if isinstance(done, Refusal):
                return write_refused(self.records, session, asked.by, action, record, asked.origin, done)
            write_done(self.records, session, asked.by, action, record, asked.origin, words)
            return done

    def _reviewable(self, session: Session, asked: AskedList, action: Action) -> tuple[WatchlistRow, Demands] | Refusal:
        row = listed(session, asked, action, self.records)
        if isinstance(row, Refusal):
            return row
        if row.state is not WatchlistState.BUILDING:
            return Refusal(
                RefusalCode.WRONG_STATE,
                f"You may not {action}: the watchlist is {row.state}, and only one that is being built changes.",
            )
        demands = self._demands(session, row)
        return demands if isinstance(demands, Refusal) else (row, demands)

    def _demands(self, session: Session, row: WatchlistRow) -> Demands | Refusal:
        deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id))
        builders = as_value(session, row).builders
        today = self.records.clock().date()
        demands = None if deployment is None else Demands.of(deployment.deployment, builders, today)
        return demands or Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")

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
        """The references of these people, the rejected left out."""
        rows = session.scalars(
            select(WatchlistEntryRow).where(
                WatchlistEntryRow.id.in_(entries), WatchlistEntryRow.review != Review.REJECTED
            )
        ).all()
        return {each.entry: each.content.draft.person for each in stored_entries(self.records, session, rows)}

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
        entry_row.review = review
        entry_row.content = seal_content(self.records, list_key(self.records, row), entry.entry, content)


def _record(session: Session, row: WatchlistRow) -> ListRecord:
    waiting = select(func.count()).where(
        WatchlistEntryRow.watchlist_id == row.id, WatchlistEntryRow.review == Review.PENDING
    )
    imports = session.scalars(
        select(WatchlistImportRow.finished_at)
        .where(WatchlistImportRow.watchlist_id == row.id)
        .order_by(WatchlistImportRow.started_at.desc(), WatchlistImportRow.id.desc())
    ).all()
    return ListRecord(
        watchlist=as_value(session, row),
        waiting=session.execute(waiting).scalar_one(),
        import_finished=not imports or imports[0] is not None,
    )
