"""An alert: the question a match asks, its states, and the values that people's answers are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from openlfr.policy.identifiers import AlertId, DeploymentId, EntryId, StaffId
from openlfr.policy.roles import Action


class AlertState(StrEnum):
    """Where an alert is on its way."""

    RAISED = "raised"
    SEEN = "seen"
    ADJUDICATED = "adjudicated"
    ENGAGED = "engaged"
    CLOSED = "closed"
    EXPIRED = "expired"


_S = AlertState

ALERT_TRANSITIONS: Mapping[Action, Mapping[AlertState, frozenset[AlertState]]] = {
    Action.MARK_ALERT_SEEN: {_S.RAISED: frozenset({_S.SEEN})},
    Action.ADJUDICATE_ALERT: {
        _S.SEEN: frozenset({_S.ADJUDICATED, _S.CLOSED}),
        _S.ADJUDICATED: frozenset({_S.ADJUDICATED, _S.CLOSED}),
    },
    Action.RECORD_ENGAGEMENT: {_S.ADJUDICATED: frozenset({_S.ENGAGED})},
    Action.RECORD_OUTCOME: {_S.ENGAGED: frozenset({_S.CLOSED})},
    Action.CLOSE_ALERT: {_S.ADJUDICATED: frozenset({_S.CLOSED})},
    Action.EXPIRE_ALERT: {each: frozenset({_S.EXPIRED}) for each in (_S.RAISED, _S.SEEN, _S.ADJUDICATED, _S.ENGAGED)},
    Action.RECORD_LATER_RESULT: {_S.CLOSED: frozenset({_S.CLOSED})},
    Action.RECLASSIFY_ALERT: {_S.CLOSED: frozenset({_S.CLOSED}), _S.EXPIRED: frozenset({_S.EXPIRED})},
}
"""For each action the states it is legal in, and the states each may lead to."""

LATE_TRANSITIONS: Mapping[Action, frozenset[AlertState]] = {
    Action.MARK_ALERT_SEEN: frozenset({_S.EXPIRED}),
    Action.ADJUDICATE_ALERT: frozenset({_S.EXPIRED, _S.ADJUDICATED, _S.CLOSED}),
}
"""Where acts lead that somebody took before the alert expired, and that reached the hub only afterwards."""

OPEN_STATES = frozenset({_S.RAISED, _S.SEEN, _S.ADJUDICATED, _S.ENGAGED})


class Judgement(StrEnum):
    """What a person says about the two pictures."""

    NO_MATCH = "no match"
    POSSIBLE = "possible"
    ENGAGE = "engage"
    CANNOT_TELL = "cannot tell"


class AdjudicationReason(StrEnum):
    """Structured reasons; before the colon stands the factor of the forces' own terms: subject, system, environment."""

    SUBJECT_FEATURES_AGREE = "subject: features agree"
    SUBJECT_FEATURES_DIFFER = "subject: features differ"
    SUBJECT_AGE_DIFFERS = "subject: age differs"
    SUBJECT_LOOK_ALIKE = "subject: known look-alike or relative"
    SUBJECT_COVERED = "subject: face partly covered"
    SUBJECT_MOVED_ON = "subject: left before anybody could approach"
    SYSTEM_POOR_PROBE = "system: poor picture from the camera"
    SYSTEM_POOR_CANDIDATE = "system: poor reference picture"
    SYSTEM_OLD_CANDIDATE = "system: old reference picture"
    SYSTEM_SCORE_NEAR_THRESHOLD = "system: score close to the threshold"
    ENVIRONMENT_LIGHT = "environment: light"
    ENVIRONMENT_CROWD = "environment: crowding"
    ENVIRONMENT_ANGLE = "environment: angle or distance"
    ENVIRONMENT_UNSAFE = "environment: not safe to approach here"


class PublishedClass(StrEnum):
    """The four classes under which alerts are published; they add up to all alerts."""

    TRUE_CONFIRMED = "true alert confirmed"
    TRUE_UNCONFIRMED = "true alert unconfirmed"
    FALSE_CONFIRMED = "false alert confirmed"
    FALSE_UNCONFIRMED = "false alert unconfirmed"


FALSE_CLASSES = frozenset({PublishedClass.FALSE_CONFIRMED, PublishedClass.FALSE_UNCONFIRMED})


class Identity(StrEnum):
    """What the engagement showed about who the person is."""

    SAME = "is the person on the watchlist"
    DIFFERENT = "is somebody else"
    NOT_ESTABLISHED = "could not be established"


class IdentityMethod(StrEnum):
    """How identity was checked, by means other than the match."""

    DOCUMENT = "document"
    DATABASE = "Police National Computer or another database"
    FINGERPRINT = "mobile fingerprint"
    KNOWN_TO_OFFICER = "known to the officer"
    OWN_ACCOUNT = "the person's own account"
    NONE = "not checked"


class Outcome(StrEnum):
    """What came of the engagement."""

    NO_ACTION = "no action"
    ARREST = "arrest"
    VOLUNTARY_INTERVIEW = "voluntary interview"
    OTHER_ACTION = "other action"
    DISCLOSURE_MADE = "disclosure made"


class PublishedOutcome(StrEnum):
    """The three columns in which outcomes are published."""

    ARREST = "arrest"
    OTHER = "other action"
    NO_ACTION = "no action"


PUBLISHED_OUTCOME: Mapping[Outcome, PublishedOutcome] = {
    Outcome.ARREST: PublishedOutcome.ARREST,
    Outcome.VOLUNTARY_INTERVIEW: PublishedOutcome.OTHER,
    Outcome.OTHER_ACTION: PublishedOutcome.OTHER,
    Outcome.DISCLOSURE_MADE: PublishedOutcome.OTHER,
    Outcome.NO_ACTION: PublishedOutcome.NO_ACTION,
}


class Result(StrEnum):
    """What became of an arrest later."""

    CHARGED = "charged"
    CAUTIONED = "cautioned"
    BAILED = "bailed"
    RELEASED = "released"
    NO_FURTHER_ACTION = "no further action"


class OffenceGroup(StrEnum):
    """Groups under which arrests are published."""

    VIOLENCE_AGAINST_WOMEN_AND_GIRLS = "violence against women and girls"
    BREACH_OF_COURT_CONDITIONS = "breach of court conditions"
    WANTED_BY_COURTS = "wanted by the courts"
    REGISTERED_SEX_OFFENDER = "registered sex offender in breach of conditions"
    SEXUAL_OFFENCES = "sexual offences"
    SERIOUS_VIOLENCE = "serious violence"
    WEAPONS = "weapons"
    ROBBERY = "robbery"
    BURGLARY = "burglary"
    THEFT = "theft"
    DRUGS = "drugs"
    FRAUD = "fraud"
    OTHER = "other offences"


@dataclass(frozen=True, slots=True)
class Adjudication:
    """One person's judgement. `blind`: given before the score was shown."""

    by: StaffId
    at: datetime
    judgement: Judgement
    reasons: tuple[AdjudicationReason, ...]
    note: str
    blind: bool


@dataclass(frozen=True, slots=True)
class EngagementRecord:
    """What happened on the street (R24)."""

    identity: Identity
    identity_method: IdentityMethod
    outcome: Outcome
    offence_groups: tuple[OffenceGroup, ...]
    ended_at: datetime
    information_given: bool
    powers_used: str
    force_used: bool
    fingerprints_requested: bool
    complaint_reference: str | None
    note: str


@dataclass(frozen=True, slots=True)
class LaterResult:
    """A result added to an arrest; the newest holds, the older stay."""

    by: StaffId
    at: datetime
    result: Result
    offence_groups: tuple[OffenceGroup, ...]


@dataclass(frozen=True, slots=True)
class Reclassification:
    """A class given on review; the newest holds, the older stay."""

    by: StaffId
    at: datetime
    published: PublishedClass
    reason: str


@dataclass(frozen=True, slots=True)
class AlertRules:
    """What differs between deployments; `unfinished` is how long after its end an engagement may stay open.

    `known_answer` closes the alert with the first answer, whatever it is: nobody is sent out by a test question.
    `removed_at` is when the person was taken off the list, if they were: from then on nobody is sent out by it either.
    In a `rehearsal` any outcome may be practised; elsewhere nothing comes of an alert on a tester: no figure would show
    it.
    """

    two_person: bool
    answer_within: timedelta
    unfinished: timedelta = timedelta(hours=12)
    known_answer: bool = False
    removed_at: datetime | None = None
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `test` marks those of the blue list and of rehearsals: they are counted in no statistic."""

    alert: AlertId
    deployment: DeploymentId
    entry: EntryId
    raised_at: datetime
    test: bool
    state: AlertState = AlertState.RAISED
    seen_by: StaffId | None = None
    seen_at: datetime | None = None
    adjudications: tuple[Adjudication, ...] = ()
    engaged_by: StaffId | None = None
    engaged_at: datetime | None = None
    engagement: EngagementRecord | None = None
    closed_at: datetime | None = None
    later_results: tuple[LaterResult, ...] = ()
    reclassifications: tuple[Reclassification, ...] = ()


def finding(alert: Alert, two_person: bool) -> Judgement | None:
    """The judgement that stands, or None while the question is open.

    Each person's latest judgement counts. One "no match" decides, for the presumption is against approaching anybody;
    "engage" decides once one person says it, or two different people where two must verify.
    """
    latest = {each.by: each.judgement for each in alert.adjudications}
    if Judgement.NO_MATCH in latest.values():
        return Judgement.NO_MATCH
    agreed = sum(judgement is Judgement.ENGAGE for judgement in latest.values())
    return Judgement.ENGAGE if agreed >= (2 if two_person else 1) else None


def answer_by(alert: Alert, rules: AlertRules) -> datetime:
    """When the alert expires unanswered."""
    return alert.raised_at + rules.answer_within


def published_class(alert: Alert) -> PublishedClass | None:
    """The class under which the alert is published; None while nobody has said whether it was true.

    From the newest re-classification, else from what the engagement showed, else from the last judgement. An alert that
    expired unanswered, or that people could not tell, has none until it is reviewed.
    """
    if alert.reclassifications:
        return alert.reclassifications[-1].published
    if alert.engagement is not None:
        return {
            Identity.SAME: PublishedClass.TRUE_CONFIRMED,
            Identity.DIFFERENT: PublishedClass.FALSE_CONFIRMED,
            Identity.NOT_ESTABLISHED: PublishedClass.TRUE_UNCONFIRMED,
        }[alert.engagement.identity]
    latest = {each.by: each.judgement for each in alert.adjudications}.values()
    if Judgement.NO_MATCH in latest:
        return PublishedClass.FALSE_UNCONFIRMED
    if alert.state in OPEN_STATES or not alert.adjudications:
        return None
    if Judgement.ENGAGE in latest or Judgement.POSSIBLE in latest:
        return PublishedClass.TRUE_UNCONFIRMED
    return None


LONG_FALSE_ENGAGEMENT = timedelta(minutes=5)


def long_false_engagement(alert: Alert) -> bool:
    """Whether somebody who was not the person looked for was held up for more than five minutes (R24)."""
    if alert.engagement is None or alert.engaged_at is None or published_class(alert) not in FALSE_CLASSES:
        return False
    return alert.engagement.ended_at - alert.engaged_at > LONG_FALSE_ENGAGEMENT


def expires_at(alert: Alert, rules: AlertRules, deployment_ended_at: datetime | None) -> datetime | None:
    """The moment at which the alert expires as things stand; None when nothing lets it expire.

    Unanswered ones after the time allowed for an answer; decided or engaged ones only some hours after the deployment
    ended, so that nothing stays open, and kept, for ever.
    """
    if alert.state not in OPEN_STATES:
        return None
    if alert.state is not AlertState.ENGAGED and finding(alert, rules.two_person) is None:
        return answer_by(alert, rules)
    return None if deployment_ended_at is None else deployment_ended_at + rules.unfinished


def last_acted_on(alert: Alert) -> datetime:
    """When somebody last did something with the alert; when it was raised, if nobody did."""
    acts = (alert.seen_at, alert.engaged_at, *(each.at for each in alert.adjudications))
    return max((alert.raised_at, *(at for at in acts if at is not None)))
