"""Alerts on the wire: the question a match asks, and the answers people give."""

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.application import SetupForm
from openlfr.hub.schemas.wire import Answering, Asking, Identifier, Moment, Name, SeenWithReason, Text, Version
from openlfr.policy.alert import (
    AdjudicationReason,
    AlertState,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    PublishedClass,
    Result,
)
from openlfr.policy.direction import Direction
from openlfr.policy.watchlist import Category

_ActedAt = Annotated[
    Moment | None,
    Field(
        description="When somebody acted, if it was not sent at once: the time that counts, also for an answer that "
        "was given before the alert expired."
    ),
]
_Groups = Annotated[list[OffenceGroup], Field(max_length=2 * len(OffenceGroup))]


class AlertActForm(Asking):
    """An act on an alert that needs nothing but to be asked for, on the alert as it was looked at."""

    version: Version
    acted_at: _ActedAt = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "acted_at": "2026-05-11T14:03:12Z"}]})


class JudgementForm(Asking):
    """What a person says about the two pictures, and why, out of the closed list of reasons."""

    version: Version
    judgement: Judgement
    reasons: Annotated[list[AdjudicationReason], Field(max_length=2 * len(AdjudicationReason))]
    note: Text = ""
    blind: bool = Field(default=False, description="The score was not shown before the judgement was given.")
    acted_at: _ActedAt = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 2,
                    "judgement": Judgement.ENGAGE.value,
                    "reasons": [AdjudicationReason.SUBJECT_FEATURES_AGREE.value],
                    "note": "Scar on the chin.",
                    "blind": True,
                }
            ]
        }
    )


class ClosingForm(SeenWithReason):
    """Why nobody is approached."""

    acted_at: _ActedAt = None


class OutcomeForm(Asking):
    """What the engagement showed, and what came of it."""

    version: Version
    identity: Identity
    identity_method: IdentityMethod
    outcome: Outcome
    offence_groups: _Groups = Field(default_factory=list)
    ended_at: Moment
    information_given: bool = Field(description="The person was told what happened, as on a leaflet.")
    powers_used: Text = ""
    force_used: bool = False
    fingerprints_requested: bool = False
    complaint_reference: Name | None = None
    note: Text = ""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 4,
                    "identity": Identity.SAME.value,
                    "identity_method": IdentityMethod.DOCUMENT.value,
                    "outcome": Outcome.ARREST.value,
                    "offence_groups": [OffenceGroup.THEFT.value],
                    "ended_at": "2026-05-11T14:12:00Z",
                    "information_given": True,
                    "powers_used": "PACE s.24",
                    "force_used": False,
                    "fingerprints_requested": False,
                    "complaint_reference": None,
                    "note": "Came quietly.",
                }
            ]
        }
    )


class LaterResultForm(Asking):
    """What became of an arrest."""

    version: Version
    result: Result
    offence_groups: _Groups

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"version": 5, "result": Result.CHARGED.value, "offence_groups": [OffenceGroup.THEFT.value]},
            ]
        }
    )


class ReclassificationForm(Asking):
    """Another published class, given on review; the history stays."""

    version: Version
    published: PublishedClass
    reason: Text

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 5,
                    "published": PublishedClass.TRUE_UNCONFIRMED.value,
                    "reason": "He boarded a bus before anybody could approach.",
                }
            ]
        }
    )


class AdjudicationView(Answering):
    """One person's judgement."""

    by: str
    at: datetime
    judgement: Judgement
    reasons: list[AdjudicationReason]
    note: str = Field(description="Empty in lists, and once what is about people is destroyed.")
    blind: bool


class EngagementView(Answering):
    """What happened on the street."""

    identity: Identity
    identity_method: IdentityMethod
    outcome: Outcome
    offence_groups: list[OffenceGroup]
    ended_at: datetime
    information_given: bool
    powers_used: str
    force_used: bool
    fingerprints_requested: bool
    complaint_reference: str | None
    note: str


class LaterResultView(Answering):
    """What became of an arrest; the newest holds."""

    by: str
    at: datetime
    result: Result
    offence_groups: list[OffenceGroup]


class ReclassificationView(Answering):
    """A class given on review; the newest holds."""

    by: str
    at: datetime
    published: PublishedClass
    reason: str


class AlertSummary(Answering):
    """An alert in a queue or list, and what every act on one answers. Nothing in it is about the person, and the score
    is left out, so that whoever judges may do so blind."""

    alert: Identifier
    version: int
    deployment: Identifier
    state: AlertState
    test: bool = Field(description="Of the blue list or a rehearsal: counted in no statistic.")
    raised_at: datetime
    seen_by: str | None
    seen_at: datetime | None
    adjudications: list[AdjudicationView]
    engaged_by: str | None
    engaged_at: datetime | None
    engagement: EngagementView | None
    closed_at: datetime | None
    later_results: list[LaterResultView]
    reclassifications: list[ReclassificationView]
    published: PublishedClass | None = Field(description="Null while nobody has said whether it was true.")
    decided: Judgement | None = Field(description="The judgement that stands; null while the question is open.")
    answer_by: datetime = Field(description="Unanswered then, the alert expires.")


class AlertStanding(AlertSummary):
    """How an alert stands, and what may be done with it: all that acts change of what was read of it before."""

    open_acts: list[str] = Field(description="What you may do now, named as in the audit log.")


class ListedAlertView(AlertSummary):
    """An alert in a queue or list, with where and when it was captured."""

    node: str
    camera: str
    camera_name: str = Field(description="As the authority names it.")
    place: str = Field(description="Where the deployment is.")
    captured_at: datetime


class ListedPersonView(Answering):
    """What an officer must know about the person on the watchlist."""

    entry: str
    person: str = Field(description="The force's own reference.")
    name: str
    categories: list[Category]
    offence: str
    reason: str
    warning_markers: list[str]
    look_alikes: list[str]
    picture_taken_on: date
    under_18: bool
    vulnerable: bool
    blue_list: bool


class FaceView(Answering):
    """Where a face lies in a picture: the middle of its box and the box's height, as shares of the picture's sides.

    Drawn so that the boxes are equally high, two faces are of one size.
    """

    x: float
    y: float
    height: float


class ProbeView(Answering):
    """What is known of a picture of the passer-by."""

    captured_at: datetime
    quality: float = Field(description="0 to 100.")
    face: FaceView


class CandidateView(Answering):
    """What is known of a reference picture."""

    taken_on: date
    quality: float = Field(description="0 to 100.")
    face: FaceView


_Jpeg = Annotated[str, Field(description="A JPEG file, in base64.")]


class FurtherPicturesView(Answering):
    """The pictures of an alert but the first two, in the order in which the alert tells of them."""

    probes: list[_Jpeg] = Field(description="The other shots of the passage, everybody else blurred.")
    candidates: list[_Jpeg] = Field(description="The other reference pictures.")


class AlertView(Answering):
    """Everything about an alert but its pictures, which have routes of their own."""

    summary: AlertSummary
    person: ListedPersonView
    node: str
    camera: str
    camera_name: str = Field(description="As the authority names it.")
    place: str = Field(description="Where the deployment is.")
    captured_at: datetime
    direction: Direction | None = Field(
        description="The way the person walks; null where they were seen too shortly to say, or stood."
    )
    probes: list[ProbeView] = Field(
        description="Of each picture of the passer-by: those of the alert, the best first, then later ones."
    )
    candidates: list[CandidateView] = Field(description="Of each reference picture; the first is the one found.")
    blind: bool = Field(description="Scores are withheld until you have given your judgement.")
    score: float | None = Field(description="What is compared with the threshold; null while it is withheld.")
    second_score: float | None = Field(description="The independent recogniser's; null where there is none.")
    threshold: float
    setup: SetupForm
    watchlist_hash: str
    shots: int = Field(description="How many pictures of the passage were put together.")
    quality: float = Field(description="Of the best of them, 0 to 100.")
    two_person: bool = Field(description="Two people must agree before anybody is approached.")
    open_acts: list[str] = Field(
        description="The acts that your roles allow and this state is open to, named as in the audit log."
    )
