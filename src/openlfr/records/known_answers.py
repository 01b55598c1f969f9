"""Known-answer alerts in the records: put among the real ones when their turn comes, and scored once answered.

`raise_those_due` is called by the hub all the time, as is letting alerts expire. Such an alert is marked as a test in
its row, and in a row of its own, in the transaction that makes it; `records.alerts` shows it like any other until it is
answered, and closes it with the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.link.watchlist_content import PORTRAIT_SIDES
from openlfr.policy.alert import Alert
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import AlertId, DeploymentId, EntryId, PersonReference, StaffId
from openlfr.policy.known_answer import DueQuestion, KnownAnswerScore, answer_of, due_now, may_question, questions
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.raised_alert import CandidatePicture, FacePlace, ListedPerson, ProbePicture, RaisedAlert
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Action, Actor, Role, may_act
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.alert_store import insert_alert, value_without_texts
from openlfr.records.alert_tables import AlertRow
from openlfr.records.deployment_store import DeploymentRecord, deployments_in
from openlfr.records.hub_records import HubRecords
from openlfr.records.known_answer_cases import KnownAnswerCase, KnownAnswerCases
from openlfr.records.plans import plan_in_force
from openlfr.records.reach import of_reached
from openlfr.records.recognition_test_tables import KnownAnswerRow
from openlfr.sealing.canonical import parse_canonical

_ORIGIN = "hub"
_QUALITY = 70.0
_BETWEEN_SHOTS = timedelta(milliseconds=430)
_PROBE_FACE = FacePlace(0.5, 0.5, 1 / 2.4)
_CANDIDATE_FACE = FacePlace(0.5, 0.5, 1 / PORTRAIT_SIDES)
"""The pictures of cases are cut out as nodes and hub do: the face in the middle, with so much around it."""


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """The service for known-answer alerts."""

    records: HubRecords
    cases: KnownAnswerCases

    def raise_those_due(self) -> Sequence[AlertId]:
        """Put every question whose turn has come to the deployments that are live; each comes once."""
        with self.records.database.reading() as session:
            if not self._due(session):
                return []
        with self.records.database.writing() as session:
            return [self._raise(session, record, question) for record, question in self._due(session)]

    def _due(self, session: Session) -> list[tuple[DeploymentRecord, DueQuestion]]:
        now, found = self.records.clock(), []
        for record in deployments_in(self.records, session, THE_HUB, DeploymentState.LIVE):
            authority = record.deployment.authority
            if isinstance(may_question(record.deployment), Refusal) or authority is None:
                continue
            deployment = record.deployment.deployment
            put = select(KnownAnswerRow.due_at).where(KnownAnswerRow.deployment_id == deployment)
            known = set(session.scalars(put))
            asked = questions(self.cases.schedule, deployment, authority.terms.window, len(self.cases.cases))
            found += [(record, each) for each in due_now(asked, now) if each.due_at not in known]
        return found

    def _raise(self, session: Session, record: DeploymentRecord, question: DueQuestion) -> AlertId:
        deployment, case = record.deployment.deployment, self.cases.cases[question.case]
        document = plan_in_force(session, deployment)
        if document is None:
            raise ValueError(f"Deployment {deployment} is live without a plan.")
        plan = from_document(ArmedPlan, parse_canonical(document.body))
        raised = self._raised(deployment, plan, question, case)
        alert = Alert(
            alert=raised.alert,
            deployment=deployment,
            entry=raised.person.entry,
            raised_at=self.records.clock(),
            test=True,
        )
        insert_alert(self.records, session, alert, raised, case.pictures)
        session.add(
            KnownAnswerRow(
                alert_id=alert.alert,
                deployment_id=deployment,
                due_at=question.due_at,
                same_person=case.same_person,
            )
        )
        log = reference("alert", alert.alert)
        words = f"A known-answer alert, which is a test ({case.consent})."
        write_done(self.records, session, THE_HUB, Action.RAISE_ALERT, log, _ORIGIN, words)
        return alert.alert

    def _raised(
        self, deployment: DeploymentId, plan: ArmedPlan, question: DueQuestion, case: KnownAnswerCase
    ) -> RaisedAlert:
        """What a node would have said: from one of the deployment's cameras, at a score above its threshold."""
        camera = plan.cameras[question.case % len(plan.cameras)]
        captured_at, shots = self.records.clock(), len(case.pictures.probes)
        return RaisedAlert(
            alert=AlertId(self.records.new_id()),
            deployment=deployment,
            plan=plan.plan,
            node=camera.node,
            camera=camera.camera,
            captured_at=captured_at,
            score=plan.threshold + (1 - plan.threshold) * question.score_above,
            second_score=None,
            threshold=plan.threshold,
            setup=plan.setup,
            watchlist_hash=plan.watchlist_hash,
            shots=shots,
            quality=_QUALITY,
            direction=question.direction,
            probes=tuple(
                ProbePicture(captured_at - number * _BETWEEN_SHOTS, _QUALITY - 4 * number, _PROBE_FACE)
                for number in range(shots)
            ),
            candidates=(CandidatePicture(case.picture_taken_on, _QUALITY, _CANDIDATE_FACE),),
            person=ListedPerson(
                entry=EntryId(self.records.new_id()),
                person=PersonReference(case.person),
                name=case.name,
                categories=(case.category,),
                offence=case.offence,
                reason=case.reason,
                warning_markers=(),
                look_alikes=(),
                picture_taken_on=case.picture_taken_on,
                under_18=False,
                vulnerable=False,
                blue_list=False,
            ),
        )


def known_answer_scores(
    records: HubRecords, by: Actor, origin: str, staff: StaffId | None = None
) -> Sequence[KnownAnswerScore] | Refusal:
    """How known-answer alerts were answered, by who answered first: all of them for an auditor, else one's own.

    `staff` asks for one person. The look is in the audit log before anything is returned.
    """
    with records.database.writing() as session:
        log = reference("known answers", "")
        verdict = may_act(by, Action.VIEW_KNOWN_ANSWERS, records.clock())
        refusal = verdict if isinstance(verdict, Refusal) else None
        if refusal is None and Role.AUDITOR not in by.roles:
            if staff not in (None, by.staff):
                refusal = Refusal(
                    RefusalCode.WRONG_ROLE, "You may look at your own answers only: the role auditor is needed."
                )
            staff = by.staff
        if refusal is not None:
            return write_refused(records, session, by, Action.VIEW_KNOWN_ANSWERS, log, origin, refusal)
        words = f"Looked at the answers of {staff or 'everybody'}."
        write_done(records, session, by, Action.VIEW_KNOWN_ANSWERS, log, origin, words)
        return _scores(records, session, by, staff)


def _scores(records: HubRecords, session: Session, by: Actor, staff: StaffId | None) -> list[KnownAnswerScore]:
    scores: dict[StaffId | None, KnownAnswerScore] = {}
    rows = session.execute(
        select(AlertRow, KnownAnswerRow.same_person)
        .join(KnownAnswerRow, KnownAnswerRow.alert_id == AlertRow.id)
        .where(*of_reached(KnownAnswerRow.deployment_id, records, by))
    )
    for row, same_person in rows:
        alert = value_without_texts(row)
        answer = answer_of(alert, same_person)
        who = alert.adjudications[0].by if alert.adjudications else None
        if answer is not None and staff in (None, who):
            scores[who] = scores.get(who, KnownAnswerScore(who)).with_answer(answer, same_person)
    return [scores[who] for who in sorted(scores, key=lambda each: each or "")]
