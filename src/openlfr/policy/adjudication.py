"""The acts on an alert: what each carries, and the one function that applies them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from openlfr.policy.alert import (
    ALERT_TRANSITIONS,
    LATE_TRANSITIONS,
    Adjudication,
    AdjudicationReason,
    Alert,
    AlertRules,
    AlertState,
    EngagementRecord,
    Identity,
    IdentityMethod,
    Judgement,
    LaterResult,
    OffenceGroup,
    Outcome,
    PublishedClass,
    Reclassification,
    Result,
    answer_by,
    expires_at,
    finding,
    last_acted_on,
)
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems

CLOCK_TOLERANCE: Final = timedelta(seconds=10)
"""How far the clock by which somebody acted may differ from the hub's."""


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """Say that a person has the alert before them. `acted_at`: when, if it was not sent at once; so for those below."""

    action: ClassVar[Action] = Action.MARK_ALERT_SEEN
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Adjudicate:
    """Judge the two pictures."""

    action: ClassVar[Action] = Action.ADJUDICATE_ALERT
    judgement: Judgement
    reasons: tuple[AdjudicationReason, ...]
    note: str = ""
    blind: bool = False
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Engage:
    """Approach the person: the second human judgement begins."""

    action: ClassVar[Action] = Action.RECORD_ENGAGEMENT
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Say what the engagement showed and what came of it; closes the alert."""

    action: ClassVar[Action] = Action.RECORD_OUTCOME
    record: EngagementRecord


@dataclass(frozen=True, slots=True)
class Close:
    """Close without engagement: the person left, or officers decided it unnecessary."""

    action: ClassVar[Action] = Action.CLOSE_ALERT
    reason: str
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddLaterResult:
    """Add what became of an arrest."""

    action: ClassVar[Action] = Action.RECORD_LATER_RESULT
    result: Result
    offence_groups: tuple[OffenceGroup, ...]


@dataclass(frozen=True, slots=True)
class Reclassify:
    """Give another class on review."""

    action: ClassVar[Action] = Action.RECLASSIFY_ALERT
    published: PublishedClass
    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Let the clock end an alert that nobody answered or finished."""

    action: ClassVar[Action] = Action.EXPIRE_ALERT
    deployment_ended_at: datetime | None


AlertAct = MarkSeen | Adjudicate | Engage | RecordOutcome | Close | AddLaterResult | Reclassify | Expire


def apply_to_alert(alert: Alert, act: AlertAct, rules: AlertRules, by: Actor, now: datetime) -> Alert | Refusal:
    """The alert after the act, or why the act is refused; the only way an alert ever changes."""
    verdict = may_act(by, act.action, now)
    if isinstance(verdict, Refusal):
        return verdict
    at = _acted_at(alert, act, rules, now)
    if isinstance(at, Refusal):
        return at
    if alert.state not in ALERT_TRANSITIONS[act.action] and not _answers_in_time(alert, act, rules, at):
        decided = alert.state in (AlertState.CLOSED, AlertState.EXPIRED, AlertState.ENGAGED)
        code = RefusalCode.ALREADY_DECIDED if decided else RefusalCode.WRONG_STATE
        return Refusal(code, f"You may not {act.action}: it is {alert.state}.")
    return _outcome(alert, act, rules, by, at, now)


def _acted_at(alert: Alert, act: AlertAct, rules: AlertRules, now: datetime) -> datetime | Refusal:
    """When somebody acted: as they say who had no network then, within bounds; now for everything else."""
    said = act.acted_at if isinstance(act, MarkSeen | Adjudicate | Engage | Close) else None
    if said is None:
        return now
    earliest = max(alert.raised_at, now - rules.unfinished)
    if not earliest - CLOCK_TOLERANCE <= said <= now + CLOCK_TOLERANCE:
        sentence = (
            f"Nobody acts before the alert was raised, more than {rules.unfinished / timedelta(hours=1):g} hours ago, "
            "or in the future: set the clock of this device, look at the alert again, and act anew."
        )
        return refused_fields("The act", [FieldProblem("acted_at", sentence)])
    return min(max(said, alert.raised_at), now)


def _answers_in_time(alert: Alert, act: AlertAct, rules: AlertRules, at: datetime) -> bool:
    """Whether somebody answered before the alert expired, though it was heard of only afterwards.

    It is a person's answer all the same. Once somebody has reviewed the alert as an expired one, the review stands.
    """
    expired = alert.state is AlertState.EXPIRED and not alert.reclassifications
    in_turn = (alert.seen_by is None) == isinstance(act, MarkSeen)
    return expired and in_turn and act.action in LATE_TRANSITIONS and at < answer_by(alert, rules)


def _outcome(alert: Alert, act: AlertAct, rules: AlertRules, by: Actor, at: datetime, now: datetime) -> Alert | Refusal:
    """The alert after an act that somebody took `at` that moment, and that reaches the hub `now`."""
    match act:
        case MarkSeen():
            state = AlertState.SEEN if alert.state is AlertState.RAISED else alert.state
            return replace(alert, state=state, seen_by=by.staff, seen_at=at)
        case Adjudicate():
            return _adjudicated(alert, act, rules, by, at, now)
        case Engage():
            if _taken_off(rules, at, now):
                return _not_sought(rules)
            if finding(alert, rules.two_person) is not Judgement.ENGAGE:
                return _not_decided(rules)
            # Nobody approaches before it was decided, whatever a clock says.
            decided = max(each.at for each in alert.adjudications if each.judgement is Judgement.ENGAGE)
            return replace(alert, state=AlertState.ENGAGED, engaged_by=by.staff, engaged_at=max(at, decided))
        case RecordOutcome(record):
            return _outcome_recorded(alert, record, rules, by, now)
        case Close(reason):
            problems = tuple(text_problems("reason", reason))
            if problems:
                return refused_fields("Closing", problems)
            # What was judged was open until then, whatever a clock says.
            return _closed(alert, max((at, *(each.at for each in alert.adjudications))))
        case AddLaterResult(result, groups):
            if alert.engagement is None or alert.engagement.outcome is not Outcome.ARREST:
                return Refusal(RefusalCode.WRONG_STATE, "Only an arrest can have a later result.")
            if not groups or len(set(groups)) != len(groups):
                return refused_fields(
                    "The result", [FieldProblem("offence_groups", "Name each group once, at least one.")]
                )
            return replace(alert, later_results=(*alert.later_results, LaterResult(by.staff, now, result, groups)))
        case Reclassify(published, reason):
            problems = tuple(text_problems("reason", reason))
            if problems:
                return refused_fields("The re-classification", problems)
            history = (*alert.reclassifications, Reclassification(by.staff, now, published, reason))
            return replace(alert, reclassifications=history)
        case Expire(deployment_ended_at):
            due = expires_at(alert, rules, deployment_ended_at)
            if due is None or now < due:
                return Refusal(RefusalCode.NOT_YET, "This alert has not expired yet.")
            # However late the hub notices, as after days without power: the period of the data runs from here.
            return replace(alert, state=AlertState.EXPIRED, closed_at=max(due, last_acted_on(alert)))


def _closed(alert: Alert, at: datetime) -> Alert:
    return replace(alert, state=AlertState.CLOSED, closed_at=at)


def _taken_off(rules: AlertRules, at: datetime, now: datetime) -> bool:
    """Whether the person is not looked for any more, and it is not too late to let them pass.

    What was done already, by somebody who had no network to be told, is recorded as it happened.
    """
    return rules.removed_at is not None and rules.removed_at <= at and now - at <= CLOCK_TOLERANCE


def _not_sought(rules: AlertRules) -> Refusal:
    return Refusal(
        RefusalCode.TOO_LATE,
        f"This person was taken off the watchlist at {rules.removed_at:%H:%M} UTC: let them pass. Answer that it is "
        "possible, and close the alert.",
    )


def _not_decided(rules: AlertRules) -> Refusal:
    if rules.two_person:
        return Refusal(
            RefusalCode.SECOND_PERSON_NEEDED, "Two different people must say engage before anybody is approached."
        )
    return Refusal(RefusalCode.WRONG_STATE, "Nobody has decided to engage on this alert.")


def _adjudicated(
    alert: Alert, act: Adjudicate, rules: AlertRules, by: Actor, at: datetime, now: datetime
) -> Alert | Refusal:
    if finding(alert, rules.two_person) is not None:
        return Refusal(RefusalCode.ALREADY_DECIDED, "Somebody has decided this alert already; look at it again.")
    if act.judgement is Judgement.ENGAGE and _taken_off(rules, at, now):
        return _not_sought(rules)
    problems = list(text_problems("note", act.note, required=False))
    if not act.reasons or len(set(act.reasons)) != len(act.reasons):
        problems.append(FieldProblem("reasons", "Choose at least one reason, each once."))
    if problems:
        return refused_fields("The adjudication", problems)
    given = Adjudication(by.staff, at, act.judgement, act.reasons, act.note, act.blind)
    judged = replace(alert, adjudications=(*alert.adjudications, given))
    found = finding(judged, rules.two_person)
    if rules.known_answer or found is Judgement.NO_MATCH:
        return _closed(judged, now)
    if alert.state is AlertState.EXPIRED and found is None:
        return judged  # it came in time and decides nothing: the question stays expired
    return replace(judged, state=AlertState.ADJUDICATED, closed_at=None)


def _outcome_recorded(
    alert: Alert, record: EngagementRecord, rules: AlertRules, by: Actor, now: datetime
) -> Alert | Refusal:
    if by.staff != alert.engaged_by or alert.engaged_at is None:
        return Refusal(RefusalCode.WRONG_ROLE, "Only the officer who engaged may record what came of it.")
    problems = [
        *text_problems("powers_used", record.powers_used, required=False),
        *text_problems("note", record.note, required=False),
        *text_problems("complaint_reference", record.complaint_reference or "", longest=LONGEST_NAME, required=False),
    ]
    if not alert.engaged_at - CLOCK_TOLERANCE <= record.ended_at <= now + CLOCK_TOLERANCE:
        problems.append(FieldProblem("ended_at", "The engagement ended after it began and not in the future."))
    if record.identity is not Identity.NOT_ESTABLISHED and record.identity_method is IdentityMethod.NONE:
        problems.append(FieldProblem("identity_method", "Say how identity was checked."))
    if record.outcome is Outcome.ARREST and not record.offence_groups:
        problems.append(FieldProblem("offence_groups", "Name the offence groups of the arrest."))
    if alert.test and not rules.rehearsal and record.outcome is not Outcome.NO_ACTION:
        problems.append(
            FieldProblem("outcome", "This alert is a test with somebody who consented: only no action can come of it.")
        )
    if len(set(record.offence_groups)) != len(record.offence_groups):
        problems.append(FieldProblem("offence_groups", "A group is named twice."))
    if problems:
        return refused_fields("The outcome", problems)
    ended_at = min(max(record.ended_at, alert.engaged_at), now)
    return replace(_closed(alert, now), engagement=replace(record, ended_at=ended_at))
