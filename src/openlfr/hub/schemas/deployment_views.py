"""How deployments are put on the wire: answers made of what the records say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from openlfr.hub.schemas.application import ApplicationForm, WindowForm
from openlfr.hub.schemas.deployments import (
    AuthorityView,
    Countdown,
    DeploymentSummary,
    DeploymentView,
    FiguresView,
    GuardView,
    OfficerThere,
    PlanView,
    ReadinessView,
)
from openlfr.policy.authority import Terms
from openlfr.policy.deployment import TRANSITIONS, Deployment, latest_moment
from openlfr.policy.identifiers import StaffId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.refusal import Allowed
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.deployment_reading import LiveFigures, Overview
from openlfr.records.deployment_store import DeploymentRecord


def summary_of(record: DeploymentRecord) -> DeploymentSummary:
    """A deployment in a list."""
    value, terms = record.deployment, _terms(record.deployment)
    return DeploymentSummary(
        deployment=value.deployment,
        version=record.version,
        state=value.state,
        rehearsal=value.rehearsal,
        profile=record.profile,
        controller=value.application.controller,
        site=value.application.location.name,
        use_case=value.application.use_case,
        window=WindowForm(start=terms.window.start, end=terms.window.end),
        categories=list(terms.categories),
        threshold=terms.threshold,
        officers=list(terms.officers),
        cameras=len(terms.cameras),
        applicants=list(value.applicants),
        authorised_by=None if value.authority is None else value.authority.decided_by,
        urgent_review_by=value.urgent_review_by,
        watchlist=value.watchlist,
        watchlist_size=value.watchlist_size,
        pause_reason=value.pause_reason,
        went_live_at=value.went_live_at,
        ended_at=value.ended_at,
        end_reason=value.end_reason,
    )


def view_of(found: Overview, profile: JurisdictionProfile, by: Actor, now: datetime) -> DeploymentView:
    """A deployment's page, for whoever looks."""
    value = found.record.deployment
    officers = officers_there(found.checked_in, found.present, profile)
    return DeploymentView(
        summary=summary_of(found.record),
        application=ApplicationForm.model_validate(value.application),
        authority=None if value.authority is None else AuthorityView.model_validate(value.authority),
        readiness=None if value.readiness is None else ReadinessView.model_validate(value.readiness),
        countdown=_countdown(value, officers, now),
        officers=officers,
        plan=None if found.plan is None else PlanView.model_validate(found.plan),
        guard=GuardView.model_validate(found.guard),
        open_acts=open_acts(value, by, now),
    )


def figures_of(found: LiveFigures, profile: JurisdictionProfile, now: datetime) -> FiguresView:
    """The live figures of a deployment."""
    officers = officers_there(found.checked_in, found.present, profile)
    return FiguresView(
        state=found.record.deployment.state,
        version=found.record.version,
        faces_seen=found.faces_seen,
        faces_seen_method=found.faces_seen_method,
        alerts=found.alerts,
        test_alerts=found.test_alerts,
        open_alerts=found.open_alerts,
        expired_alerts=found.expired_alerts,
        classes=dict(found.classes),
        officers=officers,
        guard=GuardView.model_validate(found.guard),
        countdown=_countdown(found.record.deployment, officers, now),
    )


def officers_there(
    checked_in: Mapping[StaffId, datetime], present: Sequence[StaffId], profile: JurisdictionProfile
) -> list[OfficerThere]:
    """Everybody who is checked in."""
    return [
        OfficerThere(
            officer=officer,
            confirmed_at=confirmed_at,
            counts=officer in present,
            counts_until=confirmed_at + profile.officer_presence,
        )
        for officer, confirmed_at in sorted(checked_in.items())
    ]


def open_acts(deployment: Deployment, by: Actor, now: datetime) -> list[str]:
    """The acts on deployments that the actor's roles allow and the state is open to, named as in the audit log."""
    of_officers = (Action.CHECK_IN, Action.CHECK_OUT) if deployment.authority is not None else ()
    state_allows: Iterable[Action] = (
        *(action for action, states in TRANSITIONS.items() if deployment.state in states),
        *(of_officers if deployment.ended_at is None else ()),
    )
    return sorted(action.name for action in state_allows if isinstance(may_act(by, action, now), Allowed))


def _countdown(deployment: Deployment, officers: Sequence[OfficerThere], now: datetime) -> Countdown:
    terms = _terms(deployment)
    return Countdown(
        now=now,
        starts_at=terms.window.start,
        ends_at=terms.window.end,
        review_by=deployment.urgent_review_by,
        authority_ends_at=latest_moment(deployment),
        presence_ends_at=max((each.counts_until for each in officers if each.counts), default=None),
    )


def _terms(deployment: Deployment) -> Terms:
    """The terms that are authorised; before that, those asked for."""
    return deployment.application.terms if deployment.authority is None else deployment.authority.terms
