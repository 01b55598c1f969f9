"""How alerts are put on the wire: answers made of what the records say."""

from datetime import datetime
from typing import Any

from openlfr.hub.schemas.alerts import (
    AdjudicationView,
    AlertStanding,
    AlertSummary,
    AlertView,
    CandidateView,
    EngagementView,
    LaterResultView,
    ListedAlertView,
    ListedPersonView,
    ProbeView,
    ReclassificationView,
)
from openlfr.hub.schemas.application import SetupForm
from openlfr.policy.alert import ALERT_TRANSITIONS, Alert, AlertRules, answer_by, finding, published_class
from openlfr.policy.refusal import Allowed
from openlfr.policy.roles import Actor, may_act
from openlfr.records import alert_store
from openlfr.records.alert_reading import AlertContext, ListedAlert
from openlfr.records.alert_store import AlertRecord


def summary_of(alert: Alert, version: int, rules: AlertRules) -> AlertSummary:
    """An alert without anything about the person."""
    return AlertSummary(
        alert=alert.alert,
        version=version,
        deployment=alert.deployment,
        state=alert.state,
        test=alert.test,
        raised_at=alert.raised_at,
        seen_by=alert.seen_by,
        seen_at=alert.seen_at,
        adjudications=[AdjudicationView.model_validate(each) for each in alert.adjudications],
        engaged_by=alert.engaged_by,
        engaged_at=alert.engaged_at,
        engagement=None if alert.engagement is None else EngagementView.model_validate(alert.engagement),
        closed_at=alert.closed_at,
        later_results=[LaterResultView.model_validate(each) for each in alert.later_results],
        reclassifications=[ReclassificationView.model_validate(each) for each in alert.reclassifications],
        published=published_class(alert),
        decided=finding(alert, rules.two_person),
        answer_by=answer_by(alert, rules),
    )


def standing_of(found: AlertRecord, context: AlertContext, by: Actor, now: datetime) -> AlertStanding:
    """How an alert stands, for whoever asks."""
    return AlertStanding(
        **_fields(summary_of(found.alert, found.version, context.rules)), open_acts=open_acts(found.alert, by, now)
    )


def listed(found: ListedAlert, context: AlertContext) -> ListedAlertView:
    """An alert in a queue or list."""
    return ListedAlertView(
        **_fields(summary_of(found.alert, found.version, context.rules)),
        node=found.node,
        camera=found.camera,
        camera_name=context.camera_names.get(found.camera, found.camera),
        place=context.place,
        captured_at=found.captured_at,
    )


def _fields(summary: AlertSummary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in AlertSummary.model_fields}


def view_of(found: alert_store.AlertView, context: AlertContext, blind: bool, by: Actor, now: datetime) -> AlertView:
    """Everything about an alert, for whoever looks; without its scores when they are to judge blind."""
    raised = found.raised
    return AlertView(
        summary=summary_of(found.alert, found.version, context.rules),
        person=ListedPersonView.model_validate(raised.person),
        node=raised.node,
        camera=raised.camera,
        camera_name=context.camera_names.get(raised.camera, raised.camera),
        place=context.place,
        captured_at=raised.captured_at,
        direction=raised.direction,
        probes=[ProbeView.model_validate(each) for each in raised.probes],
        candidates=[CandidateView.model_validate(each) for each in raised.candidates],
        blind=blind,
        score=None if blind else raised.score,
        second_score=None if blind else raised.second_score,
        threshold=raised.threshold,
        setup=SetupForm.model_validate(raised.setup),
        watchlist_hash=raised.watchlist_hash,
        shots=raised.shots,
        quality=raised.quality,
        two_person=context.rules.two_person,
        open_acts=open_acts(found.alert, by, now),
    )


def open_acts(alert: Alert, by: Actor, now: datetime) -> list[str]:
    """The acts on an alert that the actor's roles allow and its state is open to, named as in the audit log."""
    return sorted(
        action.name
        for action, states in ALERT_TRANSITIONS.items()
        if alert.state in states and isinstance(may_act(by, action, now), Allowed)
    )
