"""The counts of a deployment: exactly what is published, testers and rehearsals left out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.policy.alert import (
    FALSE_CLASSES,
    PUBLISHED_OUTCOME,
    OffenceGroup,
    PublishedClass,
    PublishedOutcome,
    Result,
    long_false_engagement,
)
from openlfr.policy.application import UseCase
from openlfr.policy.deployment import Deployment
from openlfr.policy.guard import GuardVerdict, assess
from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_refused
from openlfr.records.alert_store import value_without_texts
from openlfr.records.alert_tables import AlertRow
from openlfr.records.deployment_store import read_deployment
from openlfr.records.deployment_tables import MAX_NAME, FacesSeenRow
from openlfr.records.hub_records import HubRecords


@dataclass(frozen=True, slots=True)
class DeploymentStatistics:
    """The published columns of one deployment, in their order, and what else its record and the annual report need.

    `unclassified` alerts have no published class yet; once it is 0 the four classes add up to `total_alerts`.
    `arrest_results` and `offence_groups` count arrests by their newest later result and group; one arrest may fall
    under several groups. None stands where something has not happened yet.
    """

    location: str
    went_live_at: datetime | None
    duration: timedelta | None
    use_case: UseCase
    watchlist_size: int
    threshold: float | None
    total_alerts: int
    classes: Mapping[PublishedClass, int]
    unclassified: int
    outcomes: Mapping[PublishedOutcome, int]
    faces_seen: int
    faces_seen_method: str | None
    arrest_results: Mapping[Result, int]
    offence_groups: Mapping[OffenceGroup, int]
    under_18_alerts: int
    long_false_engagements: int

    @property
    def false_alerts(self) -> int:
        return sum(self.classes[each] for each in FALSE_CLASSES)

    @property
    def false_alert_rate(self) -> float | None:
        """False alerts, confirmed or not, per face seen; None when no face was."""
        return self.false_alerts / self.faces_seen if self.faces_seen else None


def report_faces_seen(
    records: HubRecords, deployment: DeploymentId, node: NodeId, faces: int, method: str
) -> int | Refusal:
    """Take in a node's count so far; a lower one than before changes nothing.

    `method` names how faces are counted, with its version; counts by two methods cannot be added, so the first one a
    deployment hears of is the one it keeps.

    Returns the node's count that holds.
    """
    with records.database.writing() as session:
        return count_faces_seen(records, session, deployment, node, faces, method)


def count_faces_seen(
    records: HubRecords, session: Session, deployment: DeploymentId, node: NodeId, faces: int, method: str
) -> int | Refusal:
    """As `report_faces_seen`, within a writing transaction."""
    names = [problem for name in (node, method) for problem in text_problems("name", name, longest=MAX_NAME)]
    if faces < 0 or names:
        return Refusal(RefusalCode.INVALID_FIELDS, "A count of faces is 0 or more, from a node by a named method.")
    if read_deployment(records, session, deployment, THE_HUB) is None:
        return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
    _, counted_by = faces_seen(session, deployment)
    if counted_by not in (None, method):
        return Refusal(
            RefusalCode.INVALID_FIELDS,
            f"Faces of this deployment are counted by {counted_by}; methods do not add up.",
        )
    row = session.get(FacesSeenRow, (deployment, node))
    if row is None:
        row = FacesSeenRow(deployment_id=deployment, node_id=node, method=method, faces=0)
        session.add(row)
    row.faces = max(row.faces, faces)
    row.reported_at = records.clock()
    session.flush()
    return row.faces


def statistics(records: HubRecords, by: Actor, deployment: DeploymentId, origin: str) -> DeploymentStatistics | Refusal:
    """The counts of a deployment as they stand now. A rehearsal has none."""
    with records.database.reading() as session:
        counted = _statistics(records, session, by, deployment)
    if isinstance(counted, Refusal):
        with records.database.writing() as session:
            log = reference("deployment", deployment)
            return write_refused(records, session, by, Action.VIEW_STATISTICS, log, origin, counted)
    return counted


def guard_verdict(session: Session, deployment: DeploymentId, profile: JurisdictionProfile) -> GuardVerdict:
    """What the false-alert guard says of a deployment now."""
    false_alerts = session.execute(
        select(func.count())
        .select_from(AlertRow)
        .where(
            AlertRow.deployment_id == deployment,
            AlertRow.test.is_(False),
            AlertRow.published_class.in_(sorted(FALSE_CLASSES)),
        )
    ).scalar_one()
    faces, _ = faces_seen(session, deployment)
    return assess(false_alerts, faces, profile.false_alert_ceiling)


def unclassified_alerts(session: Session, deployment: DeploymentId) -> int:
    """How many counted alerts have no published class yet."""
    return session.execute(
        select(func.count())
        .select_from(AlertRow)
        .where(AlertRow.deployment_id == deployment, AlertRow.test.is_(False), AlertRow.published_class.is_(None))
    ).scalar_one()


def _statistics(
    records: HubRecords, session: Session, by: Actor, deployment: DeploymentId
) -> DeploymentStatistics | Refusal:
    verdict = may_act(by, Action.VIEW_STATISTICS, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    record = read_deployment(records, session, deployment, by)
    if record is None:
        return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
    value = record.deployment
    if value.rehearsal:
        return Refusal(RefusalCode.WRONG_STATE, "A rehearsal is counted nowhere and has no statistics.")
    return counts_of(session, value)


def counted_alerts(session: Session, deployment: DeploymentId) -> list[AlertRow]:
    """The alerts of a deployment that are counted: none of a tester, of a rehearsal, or with a known answer."""
    found = select(AlertRow).where(AlertRow.deployment_id == deployment, AlertRow.test.is_(False))
    return list(session.scalars(found.order_by(AlertRow.raised_at, AlertRow.id)))


def counts_of(session: Session, value: Deployment) -> DeploymentStatistics:
    """The counts of a deployment whose value was read already; who may see them, the caller has asked."""
    deployment = value.deployment
    rows = counted_alerts(session, deployment)
    counted = [value_without_texts(row) for row in rows]
    classes = Counter(row.published_class for row in rows)
    outcomes = Counter(PUBLISHED_OUTCOME[row.outcome] for row in rows if row.outcome is not None)
    results = Counter(alert.later_results[-1].result for alert in counted if alert.later_results)
    groups = Counter(
        group
        for alert in counted
        if alert.engagement is not None
        for group in (
            alert.later_results[-1].offence_groups if alert.later_results else alert.engagement.offence_groups
        )
    )
    faces, method = faces_seen(session, deployment)
    went_live, ended = value.went_live_at, value.ended_at
    return DeploymentStatistics(
        location=value.application.location.name,
        went_live_at=went_live,
        duration=ended - went_live if ended is not None and went_live is not None else None,
        use_case=value.application.use_case,
        watchlist_size=value.watchlist_size,
        threshold=None if value.authority is None else value.authority.terms.threshold,
        total_alerts=len(rows),
        classes={each: classes[each] for each in PublishedClass},
        unclassified=classes[None],
        outcomes={each: outcomes[each] for each in PublishedOutcome},
        faces_seen=faces,
        faces_seen_method=method,
        arrest_results={each: results[each] for each in Result},
        offence_groups={each: groups[each] for each in OffenceGroup},
        under_18_alerts=sum(row.under_18 for row in rows),
        long_false_engagements=sum(long_false_engagement(alert) for alert in counted),
    )


def faces_seen(session: Session, deployment: DeploymentId) -> tuple[int, str | None]:
    """How many faces all nodes of a deployment have seen so far, and by which method; no method before any were."""
    rows = session.scalars(select(FacesSeenRow).where(FacesSeenRow.deployment_id == deployment)).all()
    return sum(row.faces for row in rows), rows[0].method if rows else None
