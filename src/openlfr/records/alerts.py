"""Alerts: one function for each act, each asking the rules and writing state and audit entry together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.adjudication import (
    CLOCK_TOLERANCE,
    AddLaterResult,
    Adjudicate,
    AlertAct,
    Close,
    Engage,
    Expire,
    MarkSeen,
    Reclassify,
    RecordOutcome,
    apply_to_alert,
)
from openlfr.policy.alert import (
    FALSE_CLASSES,
    OPEN_STATES,
    Alert,
    AlertRules,
    AlertState,
    EngagementRecord,
    OffenceGroup,
    PublishedClass,
    Result,
    expires_at,
    published_class,
)
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import malformed
from openlfr.policy.guard import GuardLevel
from openlfr.policy.identifiers import AlertId, DeploymentId, is_identifier
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.known_answer import as_shown
from openlfr.policy.raised_alert import AlertPictures, LaterShots, RaisedAlert, may_add, may_carry, may_raise
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.alert_store import (
    AlertRecord,
    AlertView,
    alerts_of,
    deployments_with_alerts,
    insert_alert,
    insert_later_shots,
    known_answers_of,
    read_alert,
    read_raised,
    read_view,
    save_alert,
    without_texts,
)
from openlfr.records.audit_entry import MAX_ORIGIN
from openlfr.records.deployment_store import DeploymentRecord, read_deployment
from openlfr.records.deployments import HUB_ORIGIN, Deployments
from openlfr.records.hub_records import HubRecords
from openlfr.records.plans import plan_by_id
from openlfr.records.recognition_test_tables import KnownAnswerRow
from openlfr.records.statistics import guard_verdict
from openlfr.records.watchlist_tables import WatchlistRemovalRow

KIND = "alert"
_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class AlertAsked:
    """Who asks for an act on which alert, and from where; `version` is that of the alert they looked at."""

    by: Actor
    alert: AlertId
    origin: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """The service for alerts. Every function returns the alert afterwards, or the refusal, which is logged."""

    records: HubRecords
    profiles: Mapping[str, JurisdictionProfile]
    deployments: Deployments

    def raise_alert(self, raised: RaisedAlert, pictures: AlertPictures) -> AlertRecord | Refusal:
        """Take in an alert of a node whose message was verified. The same alert delivered again is the same alert."""
        (answer,) = self.raise_alerts([(raised, pictures)])
        return answer

    def raise_alerts(self, delivered: Sequence[tuple[RaisedAlert, AlertPictures]]) -> Sequence[AlertRecord | Refusal]:
        """As `raise_alert`, for several in their order and in one transaction: a disk keeps up with a storm of them."""
        with self.records.database.writing() as session:
            return [self._raised(session, raised, pictures) for raised, pictures in delivered]

    def add_shots(self, later: LaterShots, files: Sequence[bytes]) -> Refusal | None:
        """Take in what a node saw of the person after its alert. The same shots delivered again change nothing."""
        problems = tuple(malformed(later))
        origin = "a node" if problems else f"node {later.node}"[:MAX_ORIGIN]
        log = reference(KIND, later.alert)
        with self.records.database.writing() as session:
            raised = None if problems else read_raised(self.records, session, later.alert)
            if problems:
                refusal = refused_fields("The later shots", problems)
            elif raised is None:
                refusal = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such alert, or what it held is destroyed.")
            elif _is_known(later, raised):
                return None
            else:
                verdict = may_add(raised, later, files)
                if not isinstance(verdict, Refusal):
                    insert_later_shots(self.records, session, raised, later, files)
                    words = f"Further shots: {len(files)}."
                    write_done(self.records, session, THE_HUB, Action.ADD_SHOTS, log, origin, words)
                    return None
                refusal = verdict
            return write_refused(self.records, session, THE_HUB, Action.ADD_SHOTS, log, origin, refusal)

    def refuse_unreadable(self, origin: str, sentence: str) -> Refusal:
        """Record that something came as an alert that can never be one: forged, altered, or of no node of this hub."""
        refusal = Refusal(RefusalCode.UNKNOWN_RECORD, sentence)
        with self.records.database.writing() as session:
            log = reference(KIND, "")
            return write_refused(self.records, session, THE_HUB, Action.RAISE_ALERT, log, origin[:MAX_ORIGIN], refusal)

    def view(self, asked: AlertAsked, words: str = "Looked at.") -> AlertView | Refusal:
        """Everything about an alert but its pictures; the look is in the audit log before anything is returned.

        `words` says there what the caller will show of it.
        """

        def read(session: Session) -> AlertView | None:
            found = read_view(self.records, session, asked.alert, asked.by)
            if found is None or session.get(KnownAnswerRow, asked.alert) is None:
                return found
            return replace(found, alert=as_shown(found.alert))

        return self.looked(asked, words, read)

    def looked(self, asked: AlertAsked, words: str, read: Callable[[Session], _Seen | None]) -> _Seen | Refusal:
        """What `read` finds of an alert; the look is in the audit log, in these words, before it is returned."""
        with self.records.database.writing() as session:
            log = reference(KIND, asked.alert)
            verdict = may_act(asked.by, Action.VIEW_ALERT, self.records.clock())
            found = verdict if isinstance(verdict, Refusal) else read(session)
            if found is None:
                found = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such alert, or what it held is destroyed.")
            if isinstance(found, Refusal):
                return write_refused(self.records, session, asked.by, Action.VIEW_ALERT, log, asked.origin, found)
            write_done(self.records, session, asked.by, Action.VIEW_ALERT, log, asked.origin, words)
        return found

    def open_alerts(self, deployment: DeploymentId) -> Sequence[AlertRecord]:
        """The alerts of a deployment that wait for people, oldest first, with nothing about the person in them."""
        with self.records.database.reading() as session:
            questions = known_answers_of(session, deployment)
            return [
                replace(each, alert=as_shown(each.alert)) if each.alert.alert in questions else each
                for each in alerts_of(session, deployment, *sorted(OPEN_STATES))
            ]

    def mark_seen(self, asked: AlertAsked, acted_at: datetime | None = None) -> AlertRecord | Refusal:
        """Say that a person has the alert before them; `acted_at`: since when, if it was not sent at once."""
        return self._act(asked, MarkSeen(acted_at), f"Seen.{self._late(acted_at)}")

    def adjudicate(self, asked: AlertAsked, judgement: Adjudicate) -> AlertRecord | Refusal:
        """Record a judgement of the two pictures; its note stays with the alert and goes with it."""
        late = self._late(judgement.acted_at)
        return self._act(asked, judgement, f"{judgement.judgement}: {', '.join(judgement.reasons)}.{late}")

    def engage(self, asked: AlertAsked, acted_at: datetime | None = None) -> AlertRecord | Refusal:
        """Approach the person; `acted_at`: when, if it was not sent at once."""
        return self._act(asked, Engage(acted_at), f"Engaged.{self._late(acted_at)}")

    def record_outcome(self, asked: AlertAsked, record: EngagementRecord) -> AlertRecord | Refusal:
        """Record what the engagement showed and what came of it."""
        return self._act(asked, RecordOutcome(record), f"The person {record.identity}; {record.outcome}.")

    def close(self, asked: AlertAsked, reason: str, acted_at: datetime | None = None) -> AlertRecord | Refusal:
        """Close an alert without engagement; `acted_at`: when, if it was not sent at once."""
        late = self._late(acted_at)
        return self._act(asked, Close(reason, acted_at), f"{reason.removesuffix('.')}.{late}" if late else reason)

    def add_later_result(
        self, asked: AlertAsked, result: Result, offence_groups: tuple[OffenceGroup, ...]
    ) -> AlertRecord | Refusal:
        """Add what became of an arrest."""
        return self._act(asked, AddLaterResult(result, offence_groups), f"{result}: {', '.join(offence_groups)}.")

    def reclassify(self, asked: AlertAsked, published: PublishedClass, reason: str) -> AlertRecord | Refusal:
        """Give another class on review; the history stays."""
        return self._act(asked, Reclassify(published, reason), f"{published}: {reason}")

    def expire_those_due(self) -> Sequence[AlertRecord]:
        """Let every alert expire that nobody answered or finished in time; the hub calls this all the time."""
        expired = []
        with self.records.database.writing() as session:
            for deployment in deployments_with_alerts(session, *sorted(OPEN_STATES)):
                kept = read_deployment(self.records, session, deployment, THE_HUB)
                if kept is None:
                    continue
                rules, ended_at = self.rules(kept), kept.deployment.ended_at
                for each in alerts_of(session, deployment, *sorted(OPEN_STATES)):
                    due = expires_at(each.alert, rules, ended_at)
                    if due is not None and due <= self.records.clock():
                        asked = AlertAsked(THE_HUB, each.alert.alert, HUB_ORIGIN)
                        expired.append(self._act_in(session, asked, Expire(ended_at), "Nobody answered."))
        return [each for each in expired if isinstance(each, AlertRecord)]

    def _raised(self, session: Session, raised: RaisedAlert, pictures: AlertPictures) -> AlertRecord | Refusal:
        problems = tuple(malformed(raised))
        origin = "a node" if problems else f"node {raised.node}"[:MAX_ORIGIN]
        log = reference(KIND, raised.alert)
        known = None if problems else read_alert(self.records, session, raised.alert, THE_HUB)
        if known is not None and known.alert.deployment == raised.deployment:
            return AlertRecord(without_texts(known.alert), known.version)
        deployment = refused_fields("The alert", problems) if problems else self._raisable(session, raised, pictures)
        if known is not None:
            deployment = Refusal(RefusalCode.ALREADY_DECIDED, "This alert belongs to another deployment.")
        if isinstance(deployment, Refusal):
            return write_refused(self.records, session, THE_HUB, Action.RAISE_ALERT, log, origin, deployment)
        alert = Alert(
            alert=raised.alert,
            deployment=raised.deployment,
            entry=raised.person.entry,
            raised_at=self.records.clock(),
            test=raised.person.blue_list or deployment.deployment.rehearsal,
        )
        kept = insert_alert(self.records, session, alert, raised, pictures)
        words = f"Score {raised.score:.4f} at camera {raised.camera}, threshold {raised.threshold:g}."
        write_done(self.records, session, THE_HUB, Action.RAISE_ALERT, log, origin, words)
        return kept

    def _raisable(self, session: Session, raised: RaisedAlert, pictures: AlertPictures) -> DeploymentRecord | Refusal:
        if not is_identifier(raised.alert):
            return Refusal(RefusalCode.INVALID_FIELDS, "The alert has no proper identifier.")
        carried = may_carry(raised, pictures)
        if isinstance(carried, Refusal):
            return carried
        kept = read_deployment(self.records, session, raised.deployment, THE_HUB)
        if kept is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
        plan = plan_by_id(session, raised.deployment, raised.plan)
        verdict = may_raise(kept.deployment, plan, raised)
        return verdict if isinstance(verdict, Refusal) else kept

    def _late(self, acted_at: datetime | None) -> str:
        """What the log says of an act that was some time on its way."""
        now = self.records.clock()
        if acted_at is None or now - acted_at <= CLOCK_TOLERANCE:
            return ""
        return f" On the phone at {acted_at:%H:%M:%S}, arrived {now:%H:%M:%S} UTC."

    def _act(self, asked: AlertAsked, act: AlertAct, words: str) -> AlertRecord | Refusal:
        with self.records.database.writing() as session:
            return self._act_in(session, asked, act, words)

    def _act_in(self, session: Session, asked: AlertAsked, act: AlertAct, words: str) -> AlertRecord | Refusal:
        """The one way an act is carried out: rules, rows, guard and audit entry, all kept or none."""
        log = reference(KIND, asked.alert)
        before = self._before(session, asked, act)
        if isinstance(before, Refusal):
            return write_refused(self.records, session, asked.by, act.action, log, asked.origin, before)
        known, deployment = before
        question = session.get(KnownAnswerRow, known.alert.alert) is not None
        off_the_list = select(WatchlistRemovalRow.decided_at).where(WatchlistRemovalRow.entry_id == known.alert.entry)
        removed_at = session.scalars(off_the_list).one_or_none()
        rules = replace(self.rules(deployment), known_answer=question, removed_at=removed_at)
        after = apply_to_alert(known.alert, act, rules, asked.by, self.records.clock())
        if isinstance(after, Refusal):
            return write_refused(self.records, session, asked.by, act.action, log, asked.origin, after)
        kept = save_alert(self.records, session, known, after)
        write_done(self.records, session, asked.by, act.action, log, asked.origin, words)
        if not after.test and _is_false(after) and not _is_false(known.alert):
            self._ask_guard(session, deployment)
        return replace(kept, alert=as_shown(kept.alert)) if question else kept

    def _before(
        self, session: Session, asked: AlertAsked, act: AlertAct
    ) -> tuple[AlertRecord, DeploymentRecord] | Refusal:
        # Whoever may not take the action at all, or not here, does not learn whether the alert exists.
        verdict = may_act(asked.by, act.action, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        known = read_alert(self.records, session, asked.alert, asked.by)
        deployment = None if known is None else read_deployment(self.records, session, known.alert.deployment, asked.by)
        if known is None or deployment is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such alert.")
        if asked.version not in (None, known.version) and not _only_expired_since(asked, known, act):
            return Refusal(
                RefusalCode.CHANGED_MEANWHILE, "Somebody acted on this alert meanwhile: look at it again, then decide."
            )
        return known, deployment

    def _ask_guard(self, session: Session, deployment: DeploymentRecord) -> None:
        """After one more false alert: pause when there are certainly too many."""
        if deployment.deployment.state is not DeploymentState.LIVE:
            return
        verdict = guard_verdict(session, deployment.deployment.deployment, self.profiles[deployment.profile])
        if verdict.level is GuardLevel.PAUSE:
            self.deployments.pause_for_guard(session, deployment.deployment.deployment, verdict.sentence)

    def rules(self, record: DeploymentRecord) -> AlertRules:
        """What the profile and the authority of a deployment ask of its alerts."""
        profile = self.profiles[record.profile]
        authority = record.deployment.authority
        asked_for = authority is not None and authority.terms.conditions.two_person_verification
        return AlertRules(
            profile.two_person_verification or asked_for,
            profile.alert_answer,
            rehearsal=record.deployment.rehearsal,
        )


def _is_known(later: LaterShots, raised: RaisedAlert) -> bool:
    """Whether the alert has these shots already, so that they came a second time."""
    alike = later.node == raised.node and later.direction in (None, raised.direction)
    return alike and set(later.probes) <= set(raised.probes)


def _is_false(alert: Alert) -> bool:
    return published_class(alert) in FALSE_CLASSES


def _only_expired_since(asked: AlertAsked, known: AlertRecord, act: AlertAct) -> bool:
    """Whether nobody acted since somebody looked at the alert, though the clock did: the rules say what comes of it."""
    late = isinstance(act, MarkSeen | Adjudicate | Engage) and act.acted_at is not None
    expired = known.alert.state is AlertState.EXPIRED and asked.version == known.version - 1
    return late and expired
