"""Matches as other systems are told of them: who they are about by the force's own reference, no name, no picture.

Every telling is a disclosure, and stands in the audit log with its recipient before anything is returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.alert import AlertState, Judgement, Outcome, PublishedClass
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, NodeId, PersonReference, WatchlistId
from openlfr.policy.roles import Actor
from openlfr.policy.watchlist import Category
from openlfr.records.acting import reference
from openlfr.records.alert_store import alert_row, read_raised, value_without_texts
from openlfr.records.alerts import KIND
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, SystemAct
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.plans import plan_by_id
from openlfr.records.watchlist_tables import WatchlistRow


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """One match as it stands now; `judgement` is the newest of anybody.

    `watchlist` is None when its record is gone; `camera_name` is the one in the plan under which the camera ran.
    """

    match: AlertId
    rehearsal: bool
    score: float
    second_score: float | None
    threshold: float
    setup: MatchingSetup
    person: PersonReference
    categories: tuple[Category, ...]
    watchlist: WatchlistId | None
    deployment: DeploymentId
    site: str
    node: NodeId
    camera: CameraId
    camera_name: str
    captured_at: datetime
    raised_at: datetime
    state: AlertState
    judgement: Judgement | None
    outcome: Outcome | None
    published_class: PublishedClass | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: a name that people know it by, for the log, and the way it is told."""

    name: str
    origin: str


def disclose_matches(
    records: HubRecords, by: Actor, wanted: Sequence[AlertId], recipient: Recipient
) -> Mapping[AlertId, MatchFacts]:
    """The facts of these alerts, each disclosure in the log; what is destroyed, never was, or lies beyond the reach of
    `by`, is left out.

    So are test alerts of a real deployment: people must not learn from another system which questions are tests, and
    no other system must act on one. Those of a rehearsal are told as such.
    """
    with records.database.reading() as session:
        found = {alert: facts for alert in wanted if (facts := _facts(records, session, by, alert)) is not None}
    if found:
        with records.database.writing() as session:
            records.audit.append(session, *(_disclosure(alert, recipient) for alert in found))
    return found


def _disclosure(alert: AlertId, recipient: Recipient) -> AuditEvent:
    return AuditEvent(
        THE_HUB_ITSELF,
        SystemAct.MATCH_DISCLOSED,
        Processing.DISCLOSURE,
        reference(KIND, alert),
        recipient.origin,
        "Match event.",
        recipient.name,
    )


def _facts(records: HubRecords, session: Session, by: Actor, alert: AlertId) -> MatchFacts | None:
    row = alert_row(records, session, alert, by)
    raised = None if row is None else read_raised(records, session, alert)
    deployment = None if raised is None else read_deployment(records, session, raised.deployment, by)
    if row is None or raised is None or deployment is None:
        return None
    if row.test and not deployment.deployment.rehearsal:
        return None
    plan = plan_by_id(session, raised.deployment, raised.plan)
    names = {} if plan is None else {each.camera: each.name for each in plan.cameras}
    watchlist = session.scalars(
        select(WatchlistRow.id).where(
            WatchlistRow.deployment_id == raised.deployment, WatchlistRow.content_hash == raised.watchlist_hash
        )
    ).first()
    judgements = value_without_texts(row).adjudications
    return MatchFacts(
        match=alert,
        rehearsal=deployment.deployment.rehearsal,
        score=raised.score,
        second_score=raised.second_score,
        threshold=raised.threshold,
        setup=raised.setup,
        person=raised.person.person,
        categories=raised.person.categories,
        watchlist=None if watchlist is None else WatchlistId(watchlist),
        deployment=raised.deployment,
        site=deployment.deployment.application.location.name,
        node=raised.node,
        camera=raised.camera,
        camera_name=names.get(raised.camera, ""),
        captured_at=raised.captured_at,
        raised_at=row.raised_at,
        state=row.state,
        judgement=judgements[-1].judgement if judgements else None,
        outcome=row.outcome,
        published_class=row.published_class,
    )
