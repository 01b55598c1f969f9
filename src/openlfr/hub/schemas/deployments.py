"""Deployments on the wire: what is asked of them, and what screens show."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.application import (
    APPLICATION_EXAMPLE,
    TERMS_EXAMPLE,
    ApplicationForm,
    TermsForm,
    WindowForm,
)
from openlfr.hub.schemas.wire import Answering, Asking, Count, Identifier, Name, Text, Version
from openlfr.policy.alert import OffenceGroup, PublishedClass, PublishedOutcome, Result
from openlfr.policy.application import UseCase
from openlfr.policy.authority import AuthorityBasis
from openlfr.policy.deployment import DeploymentState, EndReason, PauseReason
from openlfr.policy.guard import GuardLevel
from openlfr.policy.plan import Order
from openlfr.policy.watchlist import Category


class NewDraft(Asking):
    """The first draft of an application. Profile and rehearsal stay as they are for good."""

    application: ApplicationForm
    profile: Annotated[str, Field(max_length=32)] = Field(default="uk", description="One of `GET /profiles`.")
    rehearsal: bool = Field(default=False, description="Consenting people only; counted in no statistic.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"application": APPLICATION_EXAMPLE, "profile": "uk", "rehearsal": False}]}
    )


class Redraft(Asking):
    """A draft written anew."""

    version: Version
    application: ApplicationForm

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "application": APPLICATION_EXAMPLE}]})


class DecisionForm(Asking):
    """What an authorising officer writes: the terms that hold from now on, and why."""

    version: Version
    terms: TermsForm
    reason: Text
    external_reference: Name | None = Field(
        default=None, description="The decision of the judge or body whom the profile may ask for."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 2,
                    "terms": TERMS_EXAMPLE,
                    "reason": "Necessary and proportionate for the stated purpose.",
                    "external_reference": None,
                }
            ]
        }
    )


class ListAttachment(Asking):
    """Which frozen watchlist is bound to the deployment."""

    version: Version
    watchlist: Identifier


class ReadinessForm(Asking):
    """What was checked before going live."""

    version: Version
    signage_in_place: bool
    briefing_held: bool
    cameras_checked: bool
    blue_list_passages: Count = Field(default=0, description="How often testers walked past.")
    blue_list_recognised: Count = Field(default=0, description="How often they were recognised.")
    recognition_test: Identifier | None = Field(
        default=None, description="The finished blue-list test; its counts then stand in place of those given here."
    )

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"version": 4, "signage_in_place": True, "briefing_held": True, "cameras_checked": True},
            ]
        }
    )


class Resumption(Asking):
    """Going on after a pause; after the false-alert guard's pause an authorising officer must say why."""

    version: Version
    reason: Text = ""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 6, "reason": "The march has passed."}]})


class Ending(Asking):
    """How a deployment ends: completed, or broken off. The version may be left out, as stopping must not wait."""

    version: Version | None = None
    stopped: bool = Field(default=False, description="It was broken off, and not completed.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"stopped": False}]})


class ReviewForm(Asking):
    """The authorising officer's finding on what a deployment was worth."""

    version: Version
    finding: Text

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 9, "finding": "Worth it; better signs next time."}]}
    )


class DeploymentSummary(Answering):
    """A deployment in a list, and what every act on one answers. It names nobody who is looked for."""

    deployment: Identifier
    version: int = Field(examples=[1])
    state: DeploymentState
    rehearsal: bool
    profile: str = Field(examples=["uk"])
    controller: str = Field(examples=["Borough Police"])
    site: str = Field(examples=["North End"])
    use_case: UseCase
    window: WindowForm = Field(description="The time that is authorised; before there is an authority, asked for.")
    categories: list[Category]
    threshold: float = Field(examples=[0.64])
    officers: list[str] = Field(description="Those on duty, by identifier.")
    cameras: int = Field(description="How many cameras.", examples=[1])
    applicants: list[str] = Field(description="All who drafted or submitted; none of them may authorise.")
    authorised_by: str | None
    urgent_review_by: datetime | None = Field(description="An urgent authority lapses then unless it is confirmed.")
    watchlist: Identifier | None
    watchlist_size: int
    pause_reason: PauseReason | None
    went_live_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None


class AuthorityView(Answering):
    """One decision of an authorising officer. A deployment's are numbered from 1, and the highest holds."""

    authority: Identifier
    sequence: int
    basis: AuthorityBasis
    decided_by: str
    decided_at: datetime
    reason: str
    terms: TermsForm
    profile: str
    policy_version: str
    external_reference: str | None
    review_by: datetime | None


class ReadinessView(Answering):
    """What was checked before going live."""

    signage_in_place: bool
    briefing_held: bool
    cameras_checked: bool
    blue_list_passages: int
    blue_list_recognised: int


class OfficerThere(Answering):
    """An officer who is checked in. `counts`: on duty and confirmed lately enough for cameras to run."""

    officer: str
    confirmed_at: datetime
    counts: bool
    counts_until: datetime = Field(description="Unless the officer confirms before.")


class PlanView(Answering):
    """What nodes are ordered to do at present."""

    sequence: int
    order: Order
    issued_at: datetime
    stop_by: datetime = Field(description="Nodes stop by themselves then unless a newer plan came.")


class GuardView(Answering):
    """What the false-alert guard says: false alerts per face seen, with exact bounds, against the ceiling."""

    level: GuardLevel
    false_alerts: int
    faces_seen: int
    rate: float
    lower: float
    upper: float
    ceiling: float
    sentence: str


class Countdown(Answering):
    """The moments a screen counts down to, by the hub's clock."""

    now: datetime
    starts_at: datetime
    ends_at: datetime
    review_by: datetime | None = Field(description="An urgent authority lapses then unless it is confirmed.")
    authority_ends_at: datetime | None = Field(description="The earlier of the two; null without an authority.")
    presence_ends_at: datetime | None = Field(
        description="Cameras stop then unless an officer on duty confirms to be there; null while nobody counts."
    )


class DeploymentView(Answering):
    """Everything about a deployment that its page shows."""

    summary: DeploymentSummary
    application: ApplicationForm
    authority: AuthorityView | None
    readiness: ReadinessView | None
    countdown: Countdown
    officers: list[OfficerThere]
    plan: PlanView | None
    guard: GuardView
    open_acts: list[str] = Field(
        description="The acts that your roles allow and this state is open to, named as in the audit log; the rules "
        "may still refuse one, and say why.",
        examples=[["SUBMIT_APPLICATION"]],
    )


class FiguresView(Answering):
    """The counts of a deployment at this moment."""

    state: DeploymentState
    version: int
    faces_seen: int
    faces_seen_method: str | None
    alerts: int = Field(description="Without tests.")
    test_alerts: int = Field(description="Of the blue list and of rehearsals; counted in no statistic.")
    open_alerts: int
    expired_alerts: int
    classes: dict[PublishedClass, int]
    officers: list[OfficerThere]
    guard: GuardView
    countdown: Countdown


class StatisticsView(Answering):
    """The published columns of a deployment, and what else its record and the annual report need."""

    location: str
    went_live_at: datetime | None
    duration: timedelta | None
    use_case: UseCase
    watchlist_size: int
    threshold: float | None
    total_alerts: int
    classes: dict[PublishedClass, int]
    unclassified: int
    outcomes: dict[PublishedOutcome, int]
    faces_seen: int
    faces_seen_method: str | None
    false_alerts: int
    false_alert_rate: float | None = Field(description="False alerts per face seen; null when no face was.")
    arrest_results: dict[Result, int]
    offence_groups: dict[OffenceGroup, int]
    under_18_alerts: int
    long_false_engagements: int


class PastDeployment(Answering):
    """A deployment that has ended, with its published counts as they stand now."""

    deployment: Identifier
    state: DeploymentState
    statistics: StatisticsView


class CheckInView(Answering):
    """An officer is at a deployment, and confirmed it last at this moment."""

    deployment: Identifier
    officer: str
    confirmed_at: datetime
