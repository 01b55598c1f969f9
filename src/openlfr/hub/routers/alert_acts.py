"""The answers people give to an alert, each a POST with the version that was looked at: on an old look it is a 409."""

from fastapi import APIRouter, Depends, Response

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.alert_views import summary_of
from openlfr.hub.schemas.alerts import (
    AlertActForm,
    AlertSummary,
    ClosingForm,
    JudgementForm,
    LaterResultForm,
    OutcomeForm,
    ReclassificationForm,
)
from openlfr.hub.schemas.wire import AlertPath
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import EngagementRecord
from openlfr.policy.identifiers import AlertId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import THE_HUB
from openlfr.records.alert_reading import context_of
from openlfr.records.alert_store import AlertRecord
from openlfr.records.alerts import AlertAsked


def _found_at(response: Response, alert: AlertPath) -> None:
    """Where the alert stands afterwards, as the act answers it."""
    response.headers["Location"] = f"{PREFIX}/alerts/{alert}/summary"


router = APIRouter(prefix="/alerts/{alert}", tags=["alerts"], route_class=OnceOnly, dependencies=[Depends(_found_at)])


@router.post("/mark-seen")
def mark_alert_seen(caller: SignedIn, services: HubServices, alert: AlertPath, act: AlertActForm) -> AlertSummary:
    """Say that a person has the alert before them."""
    return _done(services, services.alerts.mark_seen(_asked(caller, alert, act.version), act.acted_at))


@router.post("/adjudicate")
def adjudicate_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: JudgementForm) -> AlertSummary:
    """Judge the two pictures. One "no match" decides; "engage" decides once enough people say it."""
    judgement = Adjudicate(act.judgement, tuple(act.reasons), act.note, act.blind, act.acted_at)
    return _done(services, services.alerts.adjudicate(_asked(caller, alert, act.version), judgement))


@router.post("/engage")
def engage_on_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: AlertActForm) -> AlertSummary:
    """Approach the person: the second human judgement begins."""
    return _done(services, services.alerts.engage(_asked(caller, alert, act.version), act.acted_at))


@router.post("/record-outcome")
def record_alert_outcome(caller: SignedIn, services: HubServices, alert: AlertPath, act: OutcomeForm) -> AlertSummary:
    """Record what the engagement showed and what came of it; the alert closes."""
    record = act.as_value(EngagementRecord)
    return _done(services, services.alerts.record_outcome(_asked(caller, alert, act.version), record))


@router.post("/close")
def close_alert(caller: SignedIn, services: HubServices, alert: AlertPath, act: ClosingForm) -> AlertSummary:
    """Close an alert without engagement."""
    return _done(services, services.alerts.close(_asked(caller, alert, act.version), act.reason, act.acted_at))


@router.post("/add-later-result")
def add_later_result(caller: SignedIn, services: HubServices, alert: AlertPath, act: LaterResultForm) -> AlertSummary:
    """Add what became of an arrest."""
    asked = _asked(caller, alert, act.version)
    return _done(services, services.alerts.add_later_result(asked, act.result, tuple(act.offence_groups)))


@router.post("/reclassify")
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
    context = answered(context_of(services.alerts, THE_HUB, record.alert.deployment))
    return summary_of(record.alert, record.version, context.rules)
