"""A hub whose deployments were lived through to their report: what is published is made from it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.support.deployment_values import NOON, READY, START
from tests.support.staffed_hub import PICTURES, TERMINAL, StaffedHub, kept

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import (
    AdjudicationReason,
    EngagementRecord,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    Result,
)
from openlfr.policy.application import Location, LocationGround
from openlfr.policy.authority import Conditions, Point, Window
from openlfr.policy.identifiers import AlertId, DeploymentId, NodeId
from openlfr.policy.refusal import Refusal
from openlfr.policy.watchlist import Category
from openlfr.records.alerts import AlertAsked
from openlfr.records.presence import check_in
from openlfr.records.statistics import report_faces_seen

REASONS = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
METHOD = "tracks-1"
SECRET_NOTE = "Scar above the left eyebrow."
SECRET_REFERENCE = "N/4711"


STREET = (Point(-0.1012, 51.5001), Point(-0.1003, 51.5001), Point(-0.1003, 51.4996), Point(-0.1012, 51.4996))
"""Some 60 by 55 metres."""


@dataclass(frozen=True, slots=True)
class Day:
    """What happens at one deployment: so many people arrested, wrongly alerted on, let go, and children among them."""

    day: int = 0
    place: str = "North End"
    arrests: int = 2
    false: int = 0
    no_action: int = 1
    children: int = 0
    faces: int = 6_000
    threshold: float = 0.64
    advance_notice: bool = False


def lived(hub: StaffedHub, what: Day) -> DeploymentId:
    """A deployment from application to report."""
    deployment, _ = live_day(hub, what)
    reported(hub, deployment)
    return deployment


def live_day(hub: StaffedHub, what: Day) -> tuple[DeploymentId, list[AlertId]]:
    """A deployment that went live, with its alerts answered."""
    later = timedelta(days=what.day)
    hub.clock.now = NOON + later
    window = Window(START + later, START + later + timedelta(hours=6))
    decision = hub.decision(
        window=window, threshold=what.threshold, conditions=Conditions(advance_notice=what.advance_notice)
    )
    place = Location(what.place, STREET, LocationGround.HOTSPOT, "Robberies have doubled since March.")
    deployment = hub.drafted(terms=decision.terms, location=place)
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    listed = hub.frozen_list(deployment, drawn_at=hub.clock.now, frozen_at=hub.clock.now)
    kept(hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), listed.watchlist))
    kept(hub.deployments.record_readiness(hub.asked(hub.operator, deployment), READY))
    hub.clock.now = window.start
    assert not isinstance(check_in(hub.records, hub.operator, deployment, TERMINAL), Refusal)
    kept(hub.deployments.go_live(hub.asked(hub.operator, deployment)))
    outcomes = [Outcome.ARREST] * what.arrests + [Outcome.NO_ACTION] * what.no_action
    alerts = []
    for number, outcome in enumerate(outcomes):
        alerts.append(_approached(hub, deployment, outcome, child=number < what.children, threshold=what.threshold))
    for _ in range(what.false):
        alerts.append(_raised(hub, deployment, child=False, threshold=what.threshold))
        judged(hub, alerts[-1], Judgement.NO_MATCH)
    report_faces_seen(hub.records, deployment, NodeId("node-1"), what.faces, METHOD)
    return deployment, alerts


def reported(hub: StaffedHub, deployment: DeploymentId) -> None:
    """End a live deployment, destroy its list, and report it."""
    hub.clock.advance(timedelta(hours=4))
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.lists.lists = {name: each for name, each in hub.lists.lists.items() if each.deployment != deployment}
    kept(hub.deployments.record_purge(deployment))
    kept(hub.deployments.report(hub.asked(hub.operator, deployment)))


def judged(hub: StaffedHub, alert: AlertId, judgement: Judgement) -> None:
    asked = AlertAsked(hub.operator, alert, TERMINAL)
    assert not isinstance(hub.alerts.mark_seen(asked), Refusal)
    assert not isinstance(hub.alerts.adjudicate(asked, Adjudicate(judgement, REASONS, SECRET_NOTE)), Refusal)


def _raised(hub: StaffedHub, deployment: DeploymentId, *, child: bool, threshold: float) -> AlertId:
    hub.clock.advance(timedelta(minutes=11))
    raised = hub.raised(deployment, threshold=threshold)
    categories = (Category.WANTED_BY_COURTS,)
    person = replace(raised.person, under_18=child, categories=categories, picture_taken_on=date(2025, 2, 3))
    assert not isinstance(hub.alerts.raise_alert(replace(raised, person=person), PICTURES), Refusal)
    return raised.alert


def _approached(
    hub: StaffedHub, deployment: DeploymentId, outcome: Outcome, *, child: bool, threshold: float
) -> AlertId:
    alert = _raised(hub, deployment, child=child, threshold=threshold)
    judged(hub, alert, Judgement.ENGAGE)
    asked = AlertAsked(hub.engager, alert, TERMINAL)
    hub.clock.advance(timedelta(minutes=3))
    assert not isinstance(hub.alerts.engage(asked), Refusal)
    hub.clock.advance(timedelta(minutes=2))
    record = EngagementRecord(
        identity=Identity.SAME,
        identity_method=IdentityMethod.DOCUMENT,
        outcome=outcome,
        offence_groups=(OffenceGroup.WANTED_BY_COURTS,) if outcome is Outcome.ARREST else (),
        ended_at=hub.clock.now,
        information_given=True,
        powers_used="",
        force_used=False,
        fingerprints_requested=False,
        complaint_reference=None,
        note=SECRET_NOTE,
    )
    assert not isinstance(hub.alerts.record_outcome(asked, record), Refusal)
    if outcome is Outcome.ARREST:
        groups = (OffenceGroup.WANTED_BY_COURTS,)
        assert not isinstance(hub.alerts.add_later_result(asked, Result.CHARGED, groups), Refusal)
    return alert
