"""Watchlists from beginning to freezing: each act asks the rules, and is kept together with its audit entry.

Entries are judged in `watchlist_reviews`; what happens after freezing is in `watchlist_use`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.link.watchlist_content import list_hash
from openlfr.policy.authority import list_limits
from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.identifiers import DeploymentId, WatchlistId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.watchlist import Watchlist, WatchlistState, change_watchlist, freeze
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import MembershipRegister, PersonIdentifier
from openlfr.records.reach import reaches
from openlfr.records.watchlist_acts import carried_out, demands_on
from openlfr.records.watchlist_composition import Composition, composition_document, read_composition
from openlfr.records.watchlist_frozen import CheckedEntries, completed_entries, keep_digests, list_identity
from openlfr.records.watchlist_store import (
    KIND,
    AskedList,
    as_value,
    listed,
    save_value,
)
from openlfr.records.watchlist_tables import (
    Review,
    WatchlistBuilderRow,
    WatchlistEntryRow,
    WatchlistImportRow,
    WatchlistRow,
)
from openlfr.sealing.vault_file import KeyPurpose


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list as it is kept, changed so often as `version` says. `waiting` entries have no review yet. Names nobody."""

    watchlist: Watchlist
    waiting: int
    import_finished: bool
    version: int


@dataclass(frozen=True, slots=True)
class Watchlists:
    """The service for beginning, approving and freezing lists."""

    records: HubRecords
    profiles: Mapping[str, JurisdictionProfile]

    def begin(self, by: Actor, deployment: DeploymentId, origin: str) -> ListRecord | Refusal:
        """Begin an empty list for a deployment that is authorised, under a key of its own."""
        asked = AskedList(by, WatchlistId(self.records.new_id()), origin)

        def act(session: Session) -> ListRecord | Refusal:
            verdict = may_act(by, Action.BUILD_WATCHLIST, self.records.clock())
            if isinstance(verdict, Refusal):
                return verdict
            found = read_deployment(self.records, session, deployment, by)
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

        return carried_out(self.records, asked, Action.BUILD_WATCHLIST, act, "Began a watchlist.")

    def lists(self, by: Actor, deployment: DeploymentId, origin: str) -> Sequence[ListRecord] | Refusal:
        """The lists of a deployment, oldest first."""
        with self.records.database.writing() as session:
            record = reference("deployment", deployment)
            verdict = may_act(by, Action.VIEW_WATCHLIST, self.records.clock())
            if not isinstance(verdict, Refusal) and not reaches(self.records, session, by, deployment):
                verdict = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
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

    def view(self, asked: AskedList) -> ListRecord | Refusal:
        """One list, as numbers."""

        def act(session: Session) -> ListRecord | Refusal:
            row = listed(session, asked, Action.VIEW_WATCHLIST, self.records)
            return row if isinstance(row, Refusal) else _record(session, row)

        return carried_out(self.records, asked, Action.VIEW_WATCHLIST, act, "Looked at a watchlist.")

    def may_build(self, asked: AskedList) -> ListRecord | Refusal:
        """The list, if `asked.by` may change its content now; a refusal is logged, and nothing is changed."""

        def found(session: Session) -> ListRecord | Refusal:
            row = listed(session, asked, Action.BUILD_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            verdict = change_watchlist(as_value(session, row), Action.BUILD_WATCHLIST, asked.by, self.records.clock())
            return verdict if isinstance(verdict, Refusal) else _record(session, row)

        with self.records.database.reading() as session:
            answer = found(session)
        if not isinstance(answer, Refusal):
            return answer
        with self.records.database.writing() as session:
            record = reference(KIND, asked.watchlist)
            return write_refused(self.records, session, asked.by, Action.BUILD_WATCHLIST, record, asked.origin, answer)

    def approve(self, asked: AskedList) -> ListRecord | Refusal:
        """Approve the list as it is: every entry reviewed, every accepted one complete, by nobody who built it."""
        checked = self._checked(asked, Action.APPROVE_WATCHLIST)

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
            completed = checked.still(row)
            if isinstance(completed, Refusal):
                return completed
            save_value(session, row, changed)
            return _record(session, row)

        return carried_out(self.records, asked, Action.APPROVE_WATCHLIST, act, "Approved.")

    def freeze(self, asked: AskedList) -> ListRecord | Refusal:
        """Fix an approved list under its hash and enter everybody in the membership register."""
        checked = self._checked(asked, Action.FREEZE_WATCHLIST)

        def act(session: Session) -> ListRecord | Refusal:
            row = listed(session, asked, Action.FREEZE_WATCHLIST, self.records)
            if isinstance(row, Refusal):
                return row
            deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id), asked.by)
            if deployment is None or deployment.deployment.authority is None:
                return Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")
            terms = deployment.deployment.authority.terms
            identity = list_identity(row)
            if (identity.model_pack, identity.precision) != (terms.setup.model_pack, terms.setup.precision):
                return Refusal(
                    RefusalCode.WRONG_MODEL,
                    f"The templates of this list were made by {row.model_pack} in {row.precision}; {terms.setup} is "
                    "authorised: import with that, or ask for a changed authority.",
                )
            limits = list_limits(terms, self.profiles[deployment.profile])
            before, now = as_value(session, row), self.records.clock()
            early = freeze(before, asked.by, now, "", limits)
            completed = early if isinstance(early, Refusal) else checked.still(row)
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
                [
                    named
                    for each in completed
                    for named in (PersonIdentifier.reference(each.entry.person), PersonIdentifier.name(each.entry.name))
                ],
            )
            return _record(session, row)

        return carried_out(self.records, asked, Action.FREEZE_WATCHLIST, act, "Frozen.")

    def _checked(self, asked: AskedList, action: Action) -> CheckedEntries:
        """Everybody on the list under the demands of its authority, read and checked while others may write."""
        with self.records.database.reading() as session:
            row = listed(session, asked, action, self.records)
            if isinstance(row, Refusal):
                return CheckedEntries(0, row)
            demands = demands_on(self.records, session, row)
            if isinstance(demands, Refusal):
                return CheckedEntries(row.version, demands)
            return CheckedEntries(row.version, completed_entries(self.records, session, row, demands))

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

        return carried_out(
            self.records, asked, Action.VIEW_STATISTICS, act, "Looked at the composition of a watchlist."
        )


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
        version=row.version,
    )
