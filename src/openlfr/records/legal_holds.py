"""Legal holds: by an authority's order, with a reason, a record outlives its period until the hold is released."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import is_identifier
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.retention import RetentionPolicy
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import reference, write_refused
from openlfr.records.audit_entry import MAX_WORDS, AuditEvent, Processing, RecordReference, Who
from openlfr.records.hub_records import HubRecords
from openlfr.records.purgeable import Candidate, Purgeable
from openlfr.records.reach import reaches
from openlfr.records.retention_tables import LegalHoldRow, PurgeIntentRow
from openlfr.sealing.box import Place
from openlfr.sealing.vault_file import KeyPurpose


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold in force, without its words."""

    id: str
    record: RecordReference
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class LegalHolds:
    """Places and releases holds on the kinds of records that the retention policy allows to be held."""

    records: HubRecords
    policy: RetentionPolicy
    purgeables: Sequence[Purgeable]

    def place(
        self, by: Actor, record: RecordReference, authority: str, reason: str, origin: str
    ) -> LegalHold | Refusal:
        """Keep a record and what belongs to it. `authority` names who ordered it (a court, a case), `reason` why.

        Refused without the role, without both texts, for a kind that may not be held, for a record that is not there,
        and once its destruction has begun.
        """
        now = self.records.clock()
        with self.records.database.writing() as session:
            allowed = may_act(by, Action.PLACE_LEGAL_HOLD, now)
            refusal = (
                allowed
                if isinstance(allowed, Refusal)
                else _words_refusal(
                    authority, reason, "A legal hold needs the authority that ordered it, and the reason."
                )
                or self._refusal(session, by, record)
            )
            if refusal is not None:
                log = reference(record.kind, record.id)
                return write_refused(self.records, session, by, Action.PLACE_LEGAL_HOLD, log, origin, refusal)
            hold = LegalHold(self.records.new_id(), record, by.staff, now)
            key = self.records.vault.sole_key(KeyPurpose.AUDIT)
            session.add(
                LegalHoldRow(
                    id=hold.id,
                    record_kind=record.kind,
                    record_id=record.id,
                    words=self.records.sealer.seal_json(
                        key, {"authority": authority, "reason": reason}, _words_place(hold.id)
                    ),
                    placed_by=hold.placed_by,
                    placed_at=hold.placed_at,
                )
            )
            self._audit(session, by, Action.PLACE_LEGAL_HOLD, record, origin, f"{authority}: {reason}")
        return hold

    def release(self, by: Actor, hold_id: str, authority: str, reason: str, origin: str) -> LegalHold | Refusal:
        """End a hold: what it kept goes with the next purge if its period is over.

        Refused without the role, without both texts, and when there is no such hold in force.
        """
        now = self.records.clock()
        with self.records.database.writing() as session:
            row = self._releasable(session, by, hold_id, authority, reason)
            if isinstance(row, Refusal):
                log = reference("legal hold", hold_id)
                return write_refused(self.records, session, by, Action.RELEASE_LEGAL_HOLD, log, origin, row)
            row.released_at, row.released_by = now, by.staff
            hold = _hold(row)
            self._audit(session, by, Action.RELEASE_LEGAL_HOLD, hold.record, origin, f"{authority}: {reason}")
        return hold

    def in_force(self, session: Session) -> Sequence[LegalHold]:
        """Every hold that was not released, oldest first."""
        rows = session.scalars(
            select(LegalHoldRow).where(LegalHoldRow.released_at.is_(None)).order_by(LegalHoldRow.placed_at)
        )
        return [_hold(row) for row in rows]

    def released_since(self, session: Session, moment: datetime) -> Sequence[LegalHold]:
        """Every hold that was released after this moment."""
        return [_hold(row) for row in session.scalars(select(LegalHoldRow).where(LegalHoldRow.released_at > moment))]

    def reached(self, session: Session, by: Actor, record: RecordReference) -> bool:
        """Whether a record lies within somebody's reach; one of no deployment is for those with the whole hub."""
        if by.reach.whole_hub:
            return True
        purgeable = next((each for each in self.purgeables if each.record_kind == record.kind), None)
        candidate = None if purgeable is None else purgeable.candidate(session, record.id)
        lies_in = () if candidate is None else (candidate.record, *candidate.within)
        return any(each.kind == "deployment" and reaches(self.records, session, by, each.id) for each in lies_in)

    def _releasable(
        self, session: Session, by: Actor, hold_id: str, authority: str, reason: str
    ) -> LegalHoldRow | Refusal:
        allowed = may_act(by, Action.RELEASE_LEGAL_HOLD, self.records.clock())
        if isinstance(allowed, Refusal):
            return allowed
        sentence = "Releasing a legal hold needs the authority that allows it, and the reason."
        refusal = _words_refusal(authority, reason, sentence)
        if refusal is not None:
            return refusal
        row = session.get(LegalHoldRow, hold_id) if is_identifier(hold_id) else None
        if row is None or row.released_at is not None or not self.reached(session, by, _hold(row).record):
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such legal hold in force.")
        return row

    def _refusal(self, session: Session, by: Actor, record: RecordReference) -> Refusal | None:
        purgeable = next((each for each in self.purgeables if each.record_kind == record.kind), None)
        there = purgeable is not None and purgeable.candidate(session, record.id) is not None
        if purgeable is None or not there or not self.reached(session, by, record):
            return Refusal(RefusalCode.UNKNOWN_RECORD, f"There is no {record.kind} {record.id} that could be held.")
        if not self.policy.classes[purgeable.data_class].legal_hold:
            return Refusal(
                RefusalCode.LEGAL_HOLD,
                f"The retention policy does not allow a {record.kind} to be held beyond its end.",
            )
        begun = select(PurgeIntentRow.id).where(
            PurgeIntentRow.record_kind == record.kind, PurgeIntentRow.record_id == record.id
        )
        if session.execute(begun).first():
            return Refusal(RefusalCode.TOO_LATE, f"The destruction of this {record.kind} has begun already.")
        return None

    def _audit(
        self, session: Session, by: Actor, action: Action, record: RecordReference, origin: str, words: str
    ) -> None:
        self.records.audit.append(
            session, AuditEvent(Who.acting(by, action), action, Processing.ALTERATION, record, origin, words)
        )


def _words_refusal(authority: str, reason: str, sentence: str) -> Refusal | None:
    """What is wrong with the words of a hold, if anything is: both are needed, and stand in the audit log together."""
    if not authority.strip() or not reason.strip():
        return Refusal(RefusalCode.AUTHORITY_MISSING, sentence)
    problems = (
        *text_problems("authority", authority, longest=LONGEST_NAME),
        *text_problems("reason", reason, longest=MAX_WORDS - LONGEST_NAME - len(": ")),
    )
    return refused_fields("The legal hold", problems) if problems else None


def holding(candidate: Candidate, holds: Sequence[LegalHold]) -> LegalHold | None:
    """The hold that keeps a record, its own or that of a record it lies within; None when nothing does."""
    covered = {candidate.record, *candidate.within}
    return next((hold for hold in holds if hold.record in covered), None)


def _words_place(hold_id: str) -> Place:
    return Place(LegalHoldRow.__tablename__, "words", hold_id)


def _hold(row: LegalHoldRow) -> LegalHold:
    return LegalHold(row.id, RecordReference(row.record_kind, row.record_id), row.placed_by, row.placed_at)
