"""Alerts: the queue that waits for people, and one alert with its pictures and its history."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Query

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cursors import entry_page, identifier_cursor, number_cursor
from openlfr.hub.routers.pictures import JPEG_ANSWER, JpegResponse, jpeg
from openlfr.hub.schemas.alert_views import listed, standing_of, view_of
from openlfr.hub.schemas.alerts import (
    AlertStanding,
    AlertView,
    FurtherPicturesView,
    ListedAlertView,
)
from openlfr.hub.schemas.audit import EntryView
from openlfr.hub.schemas.wire import AlertPath, DeploymentPath
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.alert import AlertState
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.records.alert_reading import (
    alert_picture,
    alert_record,
    context_of,
    further_pictures,
    history,
    judged_by,
    list_alerts,
    open_queue,
)
from openlfr.records.alert_tables import AlertPicture
from openlfr.records.alerts import AlertAsked

router = APIRouter(tags=["alerts"])
_MOST_OPEN = 500


@router.get("/deployments/{deployment}/alerts/open")
def list_open_alerts(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> list[ListedAlertView]:
    """The alerts that wait for people, the oldest first, at most 500. Nothing in them is about the person."""
    found = answered(open_queue(services.records, caller.actor, DeploymentId(deployment), _MOST_OPEN, caller.origin))
    context = answered(context_of(services.alerts, caller.actor, DeploymentId(deployment)))
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
    context = answered(context_of(services.alerts, caller.actor, DeploymentId(deployment)))
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
    context = answered(context_of(services.alerts, caller.actor, found.alert.deployment))
    withheld = blind and not judged_by(found, caller.actor)
    return view_of(found, context, withheld, caller.actor, services.records.clock())


@router.get("/alerts/{alert}/summary")
def get_alert_summary(caller: SignedIn, services: HubServices, alert: AlertPath) -> AlertStanding:
    """How an alert stands, and what you may do with it. Nothing in it is about the person, so it is no look."""
    found = answered(alert_record(services.alerts, AlertAsked(caller.actor, AlertId(alert), caller.origin)))
    context = answered(context_of(services.alerts, caller.actor, found.alert.deployment))
    return standing_of(found, context, caller.actor, services.records.clock())


@router.get("/alerts/{alert}/pictures/{picture}", response_class=JpegResponse, responses=JPEG_ANSWER)
def get_alert_picture(caller: SignedIn, services: HubServices, alert: AlertPath, picture: AlertPicture) -> JpegResponse:
    """The best picture of the passer-by, with everybody else blurred, or the reference picture that was found. Each
    look is in the log."""
    asked = AlertAsked(caller.actor, AlertId(alert), caller.origin)
    return jpeg(answered(alert_picture(services.alerts, asked, picture)))


@router.get("/alerts/{alert}/further-pictures")
def get_further_pictures(caller: SignedIn, services: HubServices, alert: AlertPath) -> FurtherPicturesView:
    """The other shots of the passage, with everybody else blurred, and the other reference pictures. They come
    together: looking at them is one look in the log."""
    found = answered(further_pictures(services.alerts, AlertAsked(caller.actor, AlertId(alert), caller.origin)))
    return FurtherPicturesView(
        probes=[b64encode(each).decode() for each in found.probes],
        candidates=[b64encode(each).decode() for each in found.candidates],
    )


@router.get("/alerts/{alert}/history")
def get_alert_history(caller: SignedIn, services: HubServices, alert: AlertPath, page: AskedPage) -> Listed[EntryView]:
    """Everything that was done with an alert, looks too, the newest first: who, what, when."""
    asked = AlertAsked(caller.actor, AlertId(alert), caller.origin)
    return entry_page(answered(history(services.records, asked, number_cursor(page), page.limit + 1)), page)
