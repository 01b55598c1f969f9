"""Blue-list tests: begun, every passage counted as it happens, matched to the alerts, and ended.

A phone's button calls `count`; a list kept on paper comes in by `count_all`. Both count passages of testers on the
watchlist in use, and neither needs an alert for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.authority import Authority, Terms
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import (
    AlertId,
    DeploymentId,
    EntryId,
    PersonReference,
    RecognitionTestId,
    is_identifier,
)
from openlfr.policy.recognition_test import (
    MATCH_WITHIN,
    BlueListAlert,
    FinishedTest,
    Passage,
    RecognitionResult,
    match_passages,
    may_begin_test,
    passage_refusal,
)
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.alert_store import value_without_texts
from openlfr.records.alert_tables import AlertRow
from openlfr.records.deployment_store import (
    AUTHORITY_KIND,
    DeploymentRecord,
    read_deployment,
    signed_authorities,
)
from openlfr.records.hub_records import HubRecords
from openlfr.records.reach import reaches
from openlfr.records.recognition_test_tables import KnownAnswerRow, PassageRow, RecognitionTestRow
from openlfr.records.watchlist_store import ON_THE_LIST, person_digest
from openlfr.records.watchlist_tables import WatchlistEntryRow

KIND = "recognition test"
MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class RecognitionTest:
    """A test as it stands: open while `ended_at` is None, its result as of now."""

    test: RecognitionTestId
    deployment: DeploymentId
    begun_at: datetime
    ended_at: datetime | None
    result: RecognitionResult


@dataclass(frozen=True, slots=True)
class CountedPassage:
    """A passage as people write it down: the tester by the reference they are listed under."""

    tester: PersonReference
    passed_at: datetime


@dataclass(frozen=True, slots=True)
class RecognitionTests:
    """The service for blue-list tests. Every act gives the test as it stands afterwards, or its refusal, logged."""

    records: HubRecords

    def begin(self, by: Actor, deployment: DeploymentId, origin: str) -> RecognitionTest | Refusal:
        """Begin a test where faces are analysed; a deployment has at most one open at a time."""
        now = self.records.clock()
        with self.records.database.writing() as session:
            log = reference("deployment", deployment)
            refusal = self._beginning_refused(session, by, deployment, now)
            if refusal is not None:
                return write_refused(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, refusal)
            row = RecognitionTestRow(
                id=self.records.new_id(),
                deployment_id=deployment,
                begun_by=by.staff,
                begun_at=now,
                ended_by=None,
                ended_at=None,
            )
            session.add(row)
            session.flush()
            words = f"Began the blue-list test {row.id}."
            write_done(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, words)
            return _value(session, row)

    def count(
        self, by: Actor, test: RecognitionTestId, passage: CountedPassage, origin: str
    ) -> RecognitionTest | Refusal:
        """Count one passage: the button on a phone."""
        return self.count_all(by, test, [passage], origin)

    def count_all(
        self, by: Actor, test: RecognitionTestId, passages: Sequence[CountedPassage], origin: str
    ) -> RecognitionTest | Refusal:
        """Count passages that were written down: all, or none where one cannot be. The same one twice is one."""
        with self.records.database.writing() as session:
            log = reference(KIND, test)
            row = self._open_test(session, by, test)
            added = row if isinstance(row, Refusal) else self._count(session, by, row, passages)
            if isinstance(row, Refusal):
                return write_refused(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, row)
            if isinstance(added, Refusal):
                return write_refused(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, added)
            words = f"Counted {added} passages."
            write_done(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, words)
            return _value(session, row)

    def end(self, by: Actor, test: RecognitionTestId, origin: str) -> RecognitionTest | Refusal:
        """End a test; its passages cannot be changed any more."""
        with self.records.database.writing() as session:
            log = reference(KIND, test)
            row = self._open_test(session, by, test)
            if isinstance(row, Refusal):
                return write_refused(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, row)
            row.ended_by, row.ended_at = by.staff, self.records.clock()
            session.flush()
            value = _value(session, row)
            rate = value.result.rate
            words = f"Ended: {rate.recognised} of {rate.passages} passages were recognised."
            write_done(self.records, session, by, Action.RUN_RECOGNITION_TEST, log, origin, words)
            return value

    def show(self, by: Actor, test: RecognitionTestId) -> RecognitionTest | Refusal:
        """A test as it stands, also while it is open."""
        verdict = may_act(by, Action.VIEW_STATISTICS, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        with self.records.database.reading() as session:
            row = _row(self.records, session, test, by)
            return row if isinstance(row, Refusal) else _value(session, row)

    def of(self, by: Actor, deployment: DeploymentId) -> Sequence[RecognitionTest] | Refusal:
        """The tests of a deployment or rehearsal, the oldest first."""
        verdict = may_act(by, Action.VIEW_STATISTICS, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        with self.records.database.reading() as session:
            if not reaches(self.records, session, by, deployment):
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
            return tests_of(session, deployment)

    def _beginning_refused(
        self, session: Session, by: Actor, deployment: DeploymentId, now: datetime
    ) -> Refusal | None:
        verdict = may_act(by, Action.RUN_RECOGNITION_TEST, now)
        if isinstance(verdict, Refusal):
            return verdict
        found = read_deployment(self.records, session, deployment, by)
        if found is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
        verdict = may_begin_test(found.deployment, by, now)
        if isinstance(verdict, Refusal):
            return verdict
        if any(each.ended_at is None for each in tests_of(session, deployment)):
            return Refusal(RefusalCode.WRONG_STATE, "A blue-list test of this deployment is open: end it first.")
        return None

    def _open_test(self, session: Session, by: Actor, test: RecognitionTestId) -> RecognitionTestRow | Refusal:
        verdict = may_act(by, Action.RUN_RECOGNITION_TEST, self.records.clock())
        row = verdict if isinstance(verdict, Refusal) else _row(self.records, session, test, by)
        if isinstance(row, RecognitionTestRow) and row.ended_at is not None:
            return Refusal(RefusalCode.WRONG_STATE, "This test has ended: begin another one.")
        return row

    def _count(
        self, session: Session, by: Actor, row: RecognitionTestRow, written: Sequence[CountedPassage]
    ) -> int | Refusal:
        if len(written) > MOST_AT_ONCE:
            return Refusal(RefusalCode.INVALID_FIELDS, f"At most {MOST_AT_ONCE} passages are counted at once.")
        deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id), by)
        if deployment is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
        now = self.records.clock()
        counted = list(_passages(session, row))
        rows = []
        for number, each in enumerate(written, 1):
            tester = self._tester(session, deployment, each.tester)
            passage = Passage(tester or EntryId(""), each.passed_at)
            if tester is not None and passage in counted:
                continue
            refusal = passage_refusal(passage, counted, row.begun_at, now, tester=tester is not None)
            if refusal is not None:
                where = f"Passage {number}: " if len(written) > 1 else ""
                return Refusal(refusal.code, f"{where}{refusal.sentence}")
            counted.append(passage)
            rows.append(
                PassageRow(
                    id=self.records.new_id(),
                    test_id=row.id,
                    deployment_id=row.deployment_id,
                    tester=passage.tester,
                    passed_at=passage.passed_at,
                    counted_by=by.staff,
                    counted_at=now,
                )
            )
        session.add_all(rows)
        session.flush()
        return len(rows)

    def _tester(self, session: Session, record: DeploymentRecord, tester: PersonReference) -> EntryId | None:
        """The entry of a tester on the watchlist in use, found by a keyed digest: nothing is opened for it."""
        watchlist = record.deployment.watchlist
        if watchlist is None:
            return None
        found = session.scalars(
            select(WatchlistEntryRow.id).where(
                WatchlistEntryRow.watchlist_id == watchlist,
                WatchlistEntryRow.person_digest == person_digest(self.records, watchlist, tester),
                WatchlistEntryRow.blue_list,
                WatchlistEntryRow.review.in_(ON_THE_LIST),
            )
        ).one_or_none()
        return None if found is None else EntryId(found)


def finished_test(records: HubRecords, session: Session, test: RecognitionTestId, by: Actor) -> FinishedTest | Refusal:
    """A test that has ended, as readiness asks about it."""
    row = _row(records, session, test, by)
    if isinstance(row, Refusal):
        return row
    if row.ended_at is None:
        return Refusal(RefusalCode.WRONG_STATE, "This blue-list test is still open: end it first.")
    terms = _terms_during(records, session, row.deployment_id, row.begun_at, row.ended_at)
    if terms is None:
        return Refusal(RefusalCode.NOT_READY, "What was authorised changed while this blue-list test ran: test again.")
    return FinishedTest(
        test,
        DeploymentId(row.deployment_id),
        terms,
        row.ended_at,
        _value(session, row).result.rate,
    )


def _terms_during(
    records: HubRecords, session: Session, deployment: str, begun_at: datetime, ended_at: datetime
) -> Terms | None:
    """The terms under which a test ran, whatever was authorised since; None where they changed meanwhile."""
    decided = [
        from_document(Authority, each.opened_by(records.signer.public, AUTHORITY_KIND))
        for each in signed_authorities(records, session, DeploymentId(deployment))
    ]
    in_force = [each for each in decided if each.decided_at <= ended_at]
    return in_force[-1].terms if in_force and in_force[-1].decided_at <= begun_at else None


def tests_of(session: Session, deployment: DeploymentId) -> list[RecognitionTest]:
    """The tests of a deployment, the oldest first."""
    rows = session.scalars(
        select(RecognitionTestRow)
        .where(RecognitionTestRow.deployment_id == deployment)
        .order_by(RecognitionTestRow.begun_at, RecognitionTestRow.id)
    )
    return [_value(session, row) for row in rows]


def _row(records: HubRecords, session: Session, test: RecognitionTestId, by: Actor) -> RecognitionTestRow | Refusal:
    row = session.get(RecognitionTestRow, test) if is_identifier(test) else None
    if row is None or not reaches(records, session, by, row.deployment_id):
        return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such blue-list test.")
    return row


def _passages(session: Session, row: RecognitionTestRow) -> list[Passage]:
    rows = session.scalars(select(PassageRow).where(PassageRow.test_id == row.id))
    return [Passage(EntryId(each.tester), each.passed_at) for each in rows]


def _value(session: Session, row: RecognitionTestRow) -> RecognitionTest:
    """The test with its alerts matched. A passage counted at the very beginning or end may have its alert outside."""
    until = datetime.max.replace(tzinfo=UTC) if row.ended_at is None else row.ended_at + MATCH_WITHIN
    questions = select(KnownAnswerRow.alert_id).where(KnownAnswerRow.alert_id == AlertRow.id).exists()
    found = session.scalars(
        select(AlertRow).where(
            AlertRow.deployment_id == row.deployment_id,
            AlertRow.test,
            ~questions,
            AlertRow.captured_at.between(row.begun_at - MATCH_WITHIN, until),
        )
    )
    alerts = [BlueListAlert(AlertId(each.id), value_without_texts(each).entry, each.captured_at) for each in found]
    return RecognitionTest(
        test=RecognitionTestId(row.id),
        deployment=DeploymentId(row.deployment_id),
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        result=match_passages(_passages(session, row), alerts),
    )
