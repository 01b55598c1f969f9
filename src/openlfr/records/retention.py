"""Retention: what the policy says must go is destroyed, with receipts, whatever happens on the way.

The order of destruction makes every interruption harmless. An intent row says what is going; then the keys are
destroyed (from here on nothing can be read); then the rows are deleted, a part at a time; then the files are scrubbed;
last, in one transaction, the intent is replaced by a signed receipt and an audit entry. Whoever is killed in between
leaves the intent, and the next purge begins by finishing it.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import RetentionPolicy
from openlfr.policy.roles import Action
from openlfr.records.audit_entry import (
    THE_HUB_ITSELF,
    AuditEvent,
    Processing,
    RecordReference,
    SystemAct,
    Who,
)
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.errors import RetentionError
from openlfr.records.hub_records import HubRecords
from openlfr.records.legal_holds import LegalHold, LegalHolds, holding
from openlfr.records.purge_intents import PurgeIntent
from openlfr.records.purgeable import Candidate, Purgeable
from openlfr.records.raw_search import Search, search_files
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention_tables import PurgeIntentRow, PurgeReceiptRow
from openlfr.sealing.signature import SignedDocument

_AFTER_A_HOLD: Final = timedelta(days=1)
"""How long a record may take to go once its hold was released, before that is an alarm."""
_RECORDS_AT_ONCE: Final = 500
_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A record whose period is over, and the hold that keeps it."""

    candidate: Candidate
    hold: LegalHold


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would do now: finish what began, destroy what is due, and leave what is held."""

    begun: tuple[PurgeIntent, ...]
    due: tuple[Candidate, ...]
    held: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A record that is still there beyond the longest period any force may set, and that no hold keeps."""

    record: RecordReference
    since: datetime


class Retention:
    """Carries out the retention policy on every kind of record that was registered."""

    def __init__(self, records: HubRecords, policy: RetentionPolicy, purgeables: Sequence[Purgeable]) -> None:
        """`purgeables`: one for each kind of record. Raises RetentionError when two claim the same kind."""
        self._by_kind: Mapping[str, Purgeable] = {each.record_kind: each for each in purgeables}
        if len(self._by_kind) != len(purgeables):
            raise RetentionError("Two kinds of purgeable records have the same name.")
        self._records = records
        self._policy = policy
        self.holds = LegalHolds(records, policy, purgeables)

    def plan(self) -> PurgePlan:
        """What `purge` would do now; changes nothing (the dry run)."""
        with self._records.database.reading() as session:
            due, held = self._due(session)
            return PurgePlan(tuple(_intents(session)), tuple(due), tuple(held))

    def purge(self, by: Who, origin: str, justification: str) -> tuple[PurgeReceipt, ...]:
        """Finish what began, then destroy everything that is due and not held.

        Raises RecordsError or VaultNotWrittenError when the disk or another program stands in the way; what was begun
        is finished by the next call.
        """
        receipts = self._finish()
        self.overdue()  # what is destroyed too late, as after days without power, is said before it is gone
        with self._records.database.reading() as session:
            due, _ = self._due(session)
        for start in range(0, len(due), _RECORDS_AT_ONCE):
            with self._records.database.writing() as session:
                holds = self.holds.in_force(session)
                batch = [each for each in due[start : start + _RECORDS_AT_ONCE] if not self._held(each, holds)]
                self._begin(session, batch, by, Action.RUN_PURGE, origin, justification)
        return (*receipts, *self._finish())

    def destroy(
        self, record: RecordReference, by: Who, act: Action, origin: str, justification: str
    ) -> PurgeReceipt | Refusal:
        """Destroy one record now, whether its period is over or not; `act` is what the audit log calls it.

        The caller has checked that `by` may do so. Refused when it is held or not there. Raises as `purge`.
        """
        (result,) = self.destroy_each([record], by, act, origin, justification)
        return result

    def destroy_each(
        self, records: Sequence[RecordReference], by: Who, act: Action, origin: str, justification: str
    ) -> Sequence[PurgeReceipt | Refusal]:
        """As `destroy`, for several records at once and in their order: the files are scrubbed only once."""
        with self._records.database.writing() as session:
            holds = self.holds.in_force(session)
            found = [self._destructible(session, record, holds) for record in records]
            candidates = [each for each in found if isinstance(each, Candidate)]
            self._begin(session, candidates, by, act, origin, justification)
        self._finish()
        with self._records.database.reading() as session:
            return [
                self._newest_receipt(session, each.record) if isinstance(each, Candidate) else each for each in found
            ]

    def _newest_receipt(self, session: Session, record: RecordReference) -> PurgeReceipt:
        """The receipt of a record just destroyed, whether this process or another one finished it."""
        document = session.scalars(
            select(PurgeReceiptRow.document)
            .where(PurgeReceiptRow.record_kind == record.kind, PurgeReceiptRow.record_id == record.id)
            .order_by(PurgeReceiptRow.finished_at.desc())
            .limit(1)
        ).one()
        return PurgeReceipt.opened(SignedDocument.from_bytes(document), self._records.signer.public)

    def _destructible(
        self, session: Session, record: RecordReference, holds: Sequence[LegalHold]
    ) -> Candidate | Refusal:
        purgeable = self._by_kind.get(record.kind)
        candidate = purgeable.candidate(session, record.id) if purgeable else None
        if candidate is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, f"There is no {record.kind} {record.id} to destroy.")
        hold = self._held(candidate, holds)
        if hold is not None:
            return Refusal(
                RefusalCode.LEGAL_HOLD, f"This {record.kind} is under legal hold {hold.id} and may not be destroyed."
            )
        return candidate

    def overdue(self) -> tuple[Overdue, ...]:
        """The alarm: what should long be gone. Each is put into the audit log when it is first noticed."""
        now = self._records.clock()
        with self._records.database.reading() as session:
            holds = (*self.holds.in_force(session), *self.holds.released_since(session, now - _AFTER_A_HOLD))
            found = [
                Overdue(candidate.record, rule.overdue_at(candidate.clock_started_at))
                for purgeable in self._by_kind.values()
                for rule in (self._policy.classes[purgeable.data_class],)
                for candidate in purgeable.candidates(session, now - rule.maximum)
                if candidate.clock_started_at is not None and not self._held(candidate, holds)
            ]
            new = [each for each in found if not _alarmed(session, each.record)]
        if new:
            with self._records.database.writing() as session:
                self._records.audit.append(
                    session,
                    *(
                        AuditEvent(
                            THE_HUB_ITSELF,
                            SystemAct.RETENTION_OVERDUE,
                            Processing.NONE,
                            each.record,
                            "hub",
                            f"Should have been destroyed by {each.since.isoformat()}.",
                        )
                        for each in new
                    ),
                )
        return tuple(found)

    def _due(self, session: Session) -> tuple[list[Candidate], list[HeldBack]]:
        now = self._records.clock()
        holds = self.holds.in_force(session)
        begun = {intent.record for intent in _intents(session)}
        due: list[Candidate] = []
        held: list[HeldBack] = []
        for purgeable in self._by_kind.values():
            period = self._policy.classes[purgeable.data_class].period
            for candidate in purgeable.candidates(session, now - period):
                if candidate.record in begun:
                    continue
                hold = self._held(candidate, holds)
                if hold is None:
                    due.append(candidate)
                else:
                    held.append(HeldBack(candidate, hold))
        return due, held

    def _held(self, candidate: Candidate, holds: Sequence[LegalHold]) -> LegalHold | None:
        rule = self._policy.classes[self._by_kind[candidate.record.kind].data_class]
        return holding(candidate, holds) if rule.legal_hold else None

    def _begin(
        self, session: Session, candidates: Sequence[Candidate], by: Who, act: Action, origin: str, justification: str
    ) -> None:
        """Write the intents and say so in the audit log; records whose destruction already began are left out."""
        begun = {intent.record for intent in _intents(session)}
        now = self._records.clock()
        intents = [
            PurgeIntent(
                id=self._records.new_id(),
                data_class=self._by_kind[candidate.record.kind].data_class,
                record=candidate.record,
                keys=tuple(sorted(candidate.keys)),
                rows={},
                by=by,
                act=act,
                origin=origin,
                policy_version=self._policy.version,
                begun_at=now,
            )
            for candidate in candidates
            if candidate.record not in begun
        ]
        if not intents:
            return
        session.add_all(intent.row() for intent in intents)
        self._records.audit.append(
            session,
            *(
                AuditEvent(by, SystemAct.PURGE_BEGUN, Processing.NONE, intent.record, origin, justification)
                for intent in intents
            ),
        )

    def _finish(self) -> tuple[PurgeReceipt, ...]:
        """Carry every intent to its receipt, from wherever it stopped."""
        database = self._records.database
        with database.reading() as session:
            intents = list(_intents(session))
        if not intents:
            return ()
        unknown = {intent.record.kind for intent in intents} - self._by_kind.keys()
        if unknown:
            raise RetentionError(f"A purge of {', '.join(sorted(unknown))} began that this program cannot finish.")
        self._records.vault.destroy_keys(key for intent in intents for key in intent.keys)
        for intent in intents:
            while self._delete_some(intent.id, self._by_kind[intent.record.kind]):
                pass
        tables = {table for intent in intents for table in self._by_kind[intent.record.kind].tables}
        database.scrub(tables, partial(self._is_clean, intents))
        with database.writing() as session:
            return self._acknowledge(session, {intent.id for intent in intents})

    def _is_clean(self, intents: Sequence[PurgeIntent]) -> bool:
        """Whether SQLite's file holds nothing sealed of these records; without keys there is nothing to tell it by."""
        file = self._records.database.sqlite_file
        if file is None or not all(intent.keys for intent in intents):
            return False
        (searched,) = search_files(
            [Search((file,), frozenset(key for intent in intents for key in intent.keys))], most=1
        )
        return searched.trace_count == 0 and not searched.unreadable

    def _delete_some(self, intent_id: str, purgeable: Purgeable) -> bool:
        """Delete a part of a record's rows and count them with the intent; whether there may be more."""
        with self._records.database.writing() as session:
            row = session.get(PurgeIntentRow, intent_id)
            if row is None:
                return False  # another process finished it
            intent = PurgeIntent.of(row)
            deleted = purgeable.delete_some(session, intent.record.id, _ROWS_AT_ONCE)
            rows = dict(Counter(intent.rows) + Counter(deleted))
            row.content = dataclasses.replace(intent, rows=rows).content()
        return bool(deleted)

    def _acknowledge(self, session: Session, intent_ids: set[str]) -> tuple[PurgeReceipt, ...]:
        """Replace intents by receipts and audit entries, in one transaction."""
        intents = [intent for intent in _intents(session) if intent.id in intent_ids]
        now = self._records.clock()
        receipts = tuple(
            PurgeReceipt(
                id=self._records.new_id(),
                data_class=intent.data_class,
                record=intent.record,
                keys=intent.keys,
                rows=intent.rows,
                begun_at=intent.begun_at,
                finished_at=now,
                policy_version=intent.policy_version,
            )
            for intent in intents
        )
        if not receipts:
            return ()
        session.add_all(
            PurgeReceiptRow(
                id=receipt.id,
                data_class=receipt.data_class,
                record_kind=receipt.record.kind,
                record_id=receipt.record.id,
                finished_at=receipt.finished_at,
                document=receipt.signed(self._records.signer).to_bytes(),
            )
            for receipt in receipts
        )
        session.execute(delete(PurgeIntentRow).where(PurgeIntentRow.id.in_(intent_ids)))
        self._records.audit.append(
            session,
            *(
                AuditEvent(
                    intent.by, intent.act, Processing.ERASURE, intent.record, intent.origin, f"Receipt {receipt.id}."
                )
                for intent, receipt in zip(intents, receipts, strict=True)
            ),
        )
        return receipts


def _intents(session: Session) -> list[PurgeIntent]:
    rows = session.scalars(select(PurgeIntentRow).order_by(PurgeIntentRow.begun_at, PurgeIntentRow.id))
    return [PurgeIntent.of(row) for row in rows]


def _alarmed(session: Session, record: RecordReference) -> bool:
    noticed = select(AuditEntryRow.sequence).where(
        AuditEntryRow.record_kind == record.kind,
        AuditEntryRow.record_id == record.id,
        AuditEntryRow.act == SystemAct.RETENTION_OVERDUE.name,
    )
    return bool(session.execute(select(exists(noticed))).scalar())
