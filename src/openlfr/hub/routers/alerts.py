"""Alerts: the queue that waits for people, one alert with its pictures, and every answer people give to it."""

from typing import Annotated

from fastapi import APIRouter, Query

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cursors import entry_page, identifier_cursor, number_cursor
from openlfr.hub.routers.pictures import JPEG_ANSWER, JpegResponse, jpeg
from openlfr.hub.schemas.alert_views import listed, summary_of, view_of
from openlfr.hub.schemas.alerts import (
    AlertSummary,
    AlertView,
    JudgementForm,
    LaterResultForm,
    ListedAlertView,
    OutcomeForm,
    ReclassificationForm,
)
from openlfr.hub.schemas.audit import EntryView
from openlfr.hub.schemas.wire import AlertPath, DeploymentPath, Seen, SeenWithReason
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AlertState, EngagementRecord
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.refusal import Refusal
from openlfr.records.alert_reading import (
    AlertPicture,
    alert_picture,
    context_of,
    history,
    judged_by,
    list_alerts,
    open_queue,
)
from openlfr.records.alert_store import AlertRecord
from openlfr.records.alerts import AlertAsked

router = APIRouter(tags=["alerts"])
_MOST_OPEN = 500


@router.get("/deployments/{deployment}/alerts/open")
def list_open_alerts(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> list[ListedAlertView]:
    """The alerts that wait for people, the oldest first, at most 500. Nothing in them is about the person."""
    found = answered(open_queue(services.records, caller.actor, DeploymentId(deployment), _MOST_OPEN, caller.origin))
    context = answered(context_of(services.alerts, DeploymentId(deployment)))
    return [listed(each, context) for each in found]


@router.get("/deployments/{deployment}/alerts")
def list_deployment_alerts(
    caller: SignedIn,
    services: HubServices,
    deployment: DeploymentPath,
    page: AskedPage,
    state: Annotated[list[AlertState] | None, Query(description="Any of these states.")] = None,
) -> Listed[ListedAlertView]:
    """All alerts of a deployment with their decisions and outcomes, the newest first. Nothing is about the person."""
    after = identifier_cursor(page)
    found = answered(
        list_alerts(
            services.records,
            caller.actor,
            DeploymentId(deployment),
            tuple(state or ()),
            None if after is None else AlertId(after),
            page.limit + 1,
            caller.origin,
        )
    )
    context = answered(context_of(services.alerts, DeploymentId(deployment)))
    shown = [listed(each, context) for each in found[: page.limit]]
    return Listed(items=shown, next=shown[-1].alert if len(found) > page.limit else None)


@router.get("/alerts/{alert}")
def get_alert(
    caller: SignedIn,
    services: HubServices,
    alert: AlertPath,
    blind: Annotated[
        bool, Query(description="Withhold the scores until you have given your own judgement; the log says so.")
    ] = False,
) -> AlertView:
    """Everything about an alert but its pictures. The look is in the audit log before this is answered."""
    asked = AlertAsked(caller.actor, AlertId(alert), caller.origin)
    words = "Looked at, blind until judged." if blind else "Looked at, with its score."
    found = answered(services.alerts.view(asked, words))
    context = answered(context_of(services.alerts, found.alert.deployment))
    withheld = blind and not judged_by(found, caller.actor)
    return view_of(found, context, withheld, caller.actor, services.records.clock())


@router.get("/alerts/{alert}/pictures/{picture}", response_class=JpegResponse, responses=JPEG_ANSWER)
def get_alert_picture(caller: SignedIn, services: HubServices, alert: AlertPath, picture: AlertPicture) -> JpegResponse:
    """One picture of an alert: the probe, with everybody else blurred, or the candidate. Each look is in the log."""
    asked = AlertAsked(caller.actor, AlertId(alert), caller.origin)
    return jpeg(answered(alert_picture(services.alerts, asked, picture)))


@router.get("/alerts/{alert}/history")
def get_alert_history(caller: SignedIn, services: HubServices, alert: AlertPath, page: AskedPage) -> Listed[EntryView]:
    """Everything that was done with an alert, looks too, the newest first: who, what, when."""
    asked = AlertAsked(caller.actor, AlertId(alert), caller.origin)
    return entry_page(answered(history(services.records, asked, number_cursor(page), page.limit + 1)), page)


@router.post("/alerts/{alert}/mark-seen")
def mark_alert_seen(caller: SignedIn, services: HubServices, alert: AlertPath, act: Seen) -> AlertSummary:
    """Say that a person has the alert before them."""
    return _done(services, services.alerts.mark_seen(_asked(caller, alert, act.version)))


@router.post("/alerts/{alert}/adjudicate")
def adjudicate_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: JudgementForm) -> AlertSummary:
    """Judge the two pictures. One "no match" decides; "engage" decides once enough people say it."""
    judgement = Adjudicate(act.judgement, tuple(act.reasons), act.note, act.blind)
    return _done(services, services.alerts.adjudicate(_asked(caller, alert, act.version), judgement))


@router.post("/alerts/{alert}/engage")
def engage_on_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: Seen) -> AlertSummary:
    """Approach the person: the second human judgement begins."""
    return _done(services, services.alerts.engage(_asked(caller, alert, act.version)))


@router.post("/alerts/{alert}/record-outcome")
def record_alert_outcome(caller: SignedIn, services: HubServices, alert: AlertPath, act: OutcomeForm) -> AlertSummary:
    """Record what the engagement showed and what came of it; the alert closes."""
    record = act.as_value(EngagementRecord)
    return _done(services, services.alerts.record_outcome(_asked(caller, alert, act.version), record))


@router.post("/alerts/{alert}/close")
def close_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: SeenWithReason) -> AlertSummary:
    """Close an alert without engagement."""
    return _done(services, services.alerts.close(_asked(caller, alert, act.version), act.reason))


@router.post("/alerts/{alert}/add-later-result")
def add_later_result(caller: SignedIn, services: HubServices, alert: AlertPath, act: LaterResultForm) -> AlertSummary:
    """Add what became of an arrest."""
    asked = _asked(caller, alert, act.version)
    return _done(services, services.alerts.add_later_result(asked, act.result, tuple(act.offence_groups)))


@router.post("/alerts/{alert}/reclassify")
def reclassify_alert(
    caller: SignedIn, services: HubServices, alert: AlertPath, act: ReclassificationForm
) -> AlertSummary:
    """Give another published class on review; the history stays."""
    asked = _asked(caller, alert, act.version)
    return _done(services, services.alerts.reclassify(asked, act.published, act.reason))


def _asked(caller: Caller, alert: str, version: int) -> AlertAsked:
    return AlertAsked(caller.actor, AlertId(alert), caller.origin, version)


def _done(services: Services, answer: AlertRecord | Refusal) -> AlertSummary:
    record = answered(answer)
    context = answered(context_of(services.alerts, record.alert.deployment))
    return summary_of(record.alert, record.version, context.rules)
