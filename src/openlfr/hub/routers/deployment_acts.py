"""The acts on a deployment, each a POST with the version that was looked at. Whoever acts on an old look gets a 409."""

from fastapi import APIRouter, Depends, Response

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.deployments import summary_path
from openlfr.hub.schemas.deployment_views import summary_of
from openlfr.hub.schemas.deployments import (
    DecisionForm,
    DeploymentSummary,
    Ending,
    ListAttachment,
    ReadinessForm,
    Redraft,
    Resumption,
    ReviewForm,
)
from openlfr.hub.schemas.wire import AtOnce, DeploymentPath, Seen, SeenWithReason
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.application import Application
from openlfr.policy.authority import Terms
from openlfr.policy.deployment import EndReason, Readiness
from openlfr.policy.identifiers import DeploymentId, RecognitionTestId, WatchlistId
from openlfr.records.deployments import Asked, WrittenDecision


def _found_at(response: Response, deployment: DeploymentPath) -> None:
    """Where the deployment stands afterwards, as the act answers it."""
    response.headers["Location"] = summary_path(deployment)


router = APIRouter(
    prefix="/deployments/{deployment}",
    tags=["deployments"],
    route_class=OnceOnly,
    dependencies=[Depends(_found_at)],
)


@router.post("/redraft")
def redraft_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Redraft
) -> DeploymentSummary:
    """Rewrite the application of a draft."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.redraft(asked, act.application.as_value(Application))))


@router.post("/submit")
def submit_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Seen
) -> DeploymentSummary:
    """Hand in the application. Whatever is missing or wrong in it is named, field by field."""
    return summary_of(answered(services.deployments.submit(_asked(caller, deployment, act.version))))


@router.post("/withdraw")
def withdraw_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Seen
) -> DeploymentSummary:
    """Take a submitted application back, to work on it."""
    return summary_of(answered(services.deployments.withdraw(_asked(caller, deployment, act.version))))


@router.post("/authorise")
def authorise_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: DecisionForm
) -> DeploymentSummary:
    """Give the authority on these terms, under the hub's signature. Nobody who drafted or submitted may."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.authorise(asked, _decision(act))))


@router.post("/authorise-urgently")
def authorise_deployment_urgently(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: DecisionForm
) -> DeploymentSummary:
    """Give an authority that ends by itself, and deletes everything, unless it is confirmed in time."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.authorise_urgently(asked, _decision(act))))


@router.post("/confirm-urgent")
def confirm_urgent_authority(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: DecisionForm
) -> DeploymentSummary:
    """Confirm an urgent authority by a written one."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.confirm_urgent(asked, _decision(act))))


@router.post("/refuse-urgent")
def refuse_urgent_authority(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: SeenWithReason
) -> DeploymentSummary:
    """Refuse an urgent authority: the deployment stops, and everything of it is deleted."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.refuse_urgent(asked, act.reason)))


@router.post("/change-authority")
def change_authority(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: DecisionForm
) -> DeploymentSummary:
    """Replace the terms by a new signed decision: the only way to extend or alter anything. Nodes learn it at once."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.change_authority(asked, _decision(act))))


@router.post("/reject")
def reject_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: SeenWithReason
) -> DeploymentSummary:
    """Refuse the application."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.reject(asked, act.reason)))


@router.post("/revoke")
def revoke_authority(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: SeenWithReason
) -> DeploymentSummary:
    """Take the authority back: the deployment ends."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.revoke(asked, act.reason)))


@router.post("/attach-watchlist")
def attach_watchlist(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: ListAttachment
) -> DeploymentSummary:
    """Bind a frozen watchlist to the deployment: its hash is what nodes are ordered to use."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.attach_watchlist(asked, WatchlistId(act.watchlist))))


@router.post("/record-readiness")
def record_readiness(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: ReadinessForm
) -> DeploymentSummary:
    """Record that signs, briefing, cameras and the test with testers are done."""
    readiness = Readiness(
        act.signage_in_place,
        act.briefing_held,
        act.cameras_checked,
        act.blue_list_passages,
        act.blue_list_recognised,
    )
    test = None if act.recognition_test is None else RecognitionTestId(act.recognition_test)
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.record_readiness(asked, readiness, test)))


@router.post("/go-live")
def go_live(caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Seen) -> DeploymentSummary:
    """Start: nodes get the order to analyse."""
    return summary_of(answered(services.deployments.go_live(_asked(caller, deployment, act.version))))


@router.post("/pause")
def pause_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: AtOnce
) -> DeploymentSummary:
    """Stop analysing for now. The version may be left out: stopping never waits for a fresh look."""
    return summary_of(answered(services.deployments.pause(_asked(caller, deployment, act.version))))


@router.post("/resume")
def resume_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Resumption
) -> DeploymentSummary:
    """Go on after a pause."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.resume(asked, act.reason)))


@router.post("/end")
def end_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Ending
) -> DeploymentSummary:
    """End the deployment for good: nodes stop and destroy their watchlists."""
    reason = EndReason.STOPPED if act.stopped else EndReason.COMPLETED
    return summary_of(answered(services.deployments.end(_asked(caller, deployment, act.version), reason)))


@router.post("/report")
def report_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: Seen
) -> DeploymentSummary:
    """Close the deployment record; every alert that counts must have its published class."""
    return summary_of(answered(services.deployments.report(_asked(caller, deployment, act.version))))


@router.post("/review")
def review_deployment(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, act: ReviewForm
) -> DeploymentSummary:
    """Record what the deployment was worth."""
    asked = _asked(caller, deployment, act.version)
    return summary_of(answered(services.deployments.review(asked, act.finding)))


def _asked(caller: Caller, deployment: str, version: int | None) -> Asked:
    return Asked(caller.actor, DeploymentId(deployment), caller.origin, version)


def _decision(form: DecisionForm) -> WrittenDecision:
    return WrittenDecision(form.terms.as_value(Terms), form.reason, form.external_reference)
