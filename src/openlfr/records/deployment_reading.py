"""Deployments as screens show them: lists, one with all that surrounds it, live figures, and what happened when.

Nothing here changes anything. What names or describes people is in the audit log before it is returned; lists, figures
and the timeline hold nothing of the kind, and only their refusals are logged.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from openlfr.policy.alert import OPEN_STATES, AlertState, PublishedClass
from openlfr.policy.authority import Authority
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.guard import GuardVerdict
from openlfr.policy.identifiers import DeploymentId, StaffId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor
from openlfr.records.acting import reference, write_refused
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_entry import Processing
from openlfr.records.audit_reading import LoggedEntry, logged_entries
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.deployment_store import (
    AUTHORITY_KIND,
    DeploymentRecord,
    deployments_page,
    read_deployment,
    signed_authorities,
)
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.deployments import KIND, Asked, Deployments
from openlfr.records.hub_records import HubRecords
from openlfr.records.looking import may_look
from openlfr.records.plans import plan_in_force
from openlfr.records.presence import check_ins, present_at
from openlfr.records.reach import reaches
from openlfr.records.recognition_test_tables import KnownAnswerRow
from openlfr.records.statistics import faces_seen, guard_verdict
from openlfr.records.watchlist_tables import WatchlistRow
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.signature import SignedDocument

_OPENED_AT_ONCE: Final = 100
_OPENED_AT_MOST: Final = 2000
"""A site's name is sealed: so many deployments are opened in search of it before the caller must ask for more."""


@dataclass(frozen=True, slots=True)
class DeploymentsWanted:
    """Which deployments: in these states (all, when none is named), whose time overlaps from `since` to `until`, at a
    site whose name contains `site`, whatever its case."""

    states: Collection[DeploymentState] = ()
    since: datetime | None = None
    until: datetime | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class FoundDeployments:
    """Deployments, the newest first; `further` is where the next ones begin, None when there are no more."""

    records: tuple[DeploymentRecord, ...]
    further: DeploymentId | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A deployment with what surrounds it: who is checked in since when, who of them counts, the plan, the guard."""

    record: DeploymentRecord
    checked_in: Mapping[StaffId, datetime]
    present: tuple[StaffId, ...]
    plan: ArmedPlan | None
    guard: GuardVerdict


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """The counts of a deployment at this moment. Tests (the blue list, rehearsals) are counted apart."""

    record: DeploymentRecord
    faces_seen: int
    faces_seen_method: str | None
    alerts: int
    test_alerts: int
    open_alerts: int
    expired_alerts: int
    classes: Mapping[PublishedClass, int]
    checked_in: Mapping[StaffId, datetime]
    present: tuple[StaffId, ...]
    guard: GuardVerdict


def find_deployments(
    records: HubRecords, by: Actor, wanted: DeploymentsWanted, after: DeploymentId | None, most: int, origin: str
) -> FoundDeployments | Refusal:
    """At most `most` deployments after the one named, the newest first."""
    refusal = may_look(records, by, reference(KIND, ""), origin, Action.VIEW_DEPLOYMENT)
    if refusal is not None:
        return refusal
    found: list[DeploymentRecord] = []
    opened, last = 0, after
    site = wanted.site.casefold()
    with records.database.reading() as session:
        while opened < _OPENED_AT_MOST:
            page = deployments_page(records, session, by, _conditions(wanted), last, _OPENED_AT_ONCE)
            for each in page:
                opened, last = opened + 1, each.deployment.deployment
                if site in each.deployment.application.location.name.casefold():
                    found.append(each)
                    if len(found) > most:
                        return FoundDeployments(tuple(found[:most]), found[most - 1].deployment.deployment)
            if len(page) < _OPENED_AT_ONCE:
                return FoundDeployments(tuple(found), None)
    return FoundDeployments(tuple(found), last)


def deployment_record(records: HubRecords, asked: Asked) -> DeploymentRecord | Refusal:
    """A deployment as it is kept, for what shows none of its texts: only refusals are logged."""
    refusal = may_look(records, asked.by, reference(KIND, asked.deployment), asked.origin, Action.VIEW_DEPLOYMENT)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        record = read_deployment(records, session, asked.deployment, asked.by)
    return record or _unknown(records, asked, Action.VIEW_DEPLOYMENT)


def past_deployments(
    records: HubRecords, by: Actor, after: DeploymentId | None, most: int, origin: str
) -> Sequence[DeploymentRecord] | Refusal:
    """Deployments that were live and have ended, rehearsals left out, the newest first: those that figures are of."""
    refusal = may_look(records, by, reference(KIND, ""), origin, Action.VIEW_STATISTICS)
    if refusal is not None:
        return refusal
    conditions = (
        DeploymentRow.rehearsal.is_(False),
        DeploymentRow.went_live_at.is_not(None),
        DeploymentRow.ended_at.is_not(None),
    )
    with records.database.reading() as session:
        return deployments_page(records, session, by, conditions, after, most)


def overview(deployments: Deployments, asked: Asked) -> Overview | Refusal:
    """Everything written in a deployment, with who is there and what nodes are told; the look is logged first."""
    record = deployments.view(asked)
    if isinstance(record, Refusal):
        return record
    records, profile = deployments.records, deployments.profiles[record.profile]
    with records.database.reading() as session:
        return Overview(
            record=record,
            checked_in=check_ins(session, asked.deployment),
            present=present_at(session, record.deployment, profile, records.clock()),
            plan=_plan(plan_in_force(session, asked.deployment)),
            guard=guard_verdict(session, asked.deployment, profile),
        )


def authorities(deployments: Deployments, asked: Asked) -> Sequence[Authority] | Refusal:
    """Every authority of a deployment, in the order they were decided, as the hub signed them; the look is logged."""
    record = deployments.view(asked)
    if isinstance(record, Refusal):
        return record
    records = deployments.records
    with records.database.reading() as session:
        return [
            from_document(Authority, each.opened_by(records.signer.public, AUTHORITY_KIND))
            for each in signed_authorities(records, session, asked.deployment)
        ]


def live_figures(
    records: HubRecords, profiles: Mapping[str, JurisdictionProfile], asked: Asked
) -> LiveFigures | Refusal:
    """The counts of a deployment now, of rehearsals too."""
    refusal = may_look(records, asked.by, reference(KIND, asked.deployment), asked.origin, Action.VIEW_STATISTICS)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        record = read_deployment(records, session, asked.deployment, asked.by)
        if record is not None:
            profile = profiles[record.profile]
            counted = session.execute(
                select(AlertRow.test, AlertRow.state, AlertRow.published_class, func.count())
                .where(AlertRow.deployment_id == asked.deployment)
                .group_by(AlertRow.test, AlertRow.state, AlertRow.published_class)
            ).all()
            states: Counter[AlertState] = Counter()
            classes: Counter[PublishedClass | None] = Counter()
            for test, state, published, count in counted:
                states[state] += count
                if not test:
                    classes[published] += count
            # A question with a known answer counts like any alert until it is answered, or the count would tell.
            questions = session.execute(
                select(func.count())
                .select_from(AlertRow)
                .join(KnownAnswerRow, KnownAnswerRow.alert_id == AlertRow.id)
                .where(AlertRow.deployment_id == asked.deployment, AlertRow.state.in_(sorted(OPEN_STATES)))
            ).scalar_one()
            faces, method = faces_seen(session, asked.deployment)
            return LiveFigures(
                record=record,
                faces_seen=faces,
                faces_seen_method=method,
                alerts=classes.total() + questions,
                test_alerts=states.total() - classes.total() - questions,
                open_alerts=sum(states[each] for each in OPEN_STATES),
                expired_alerts=states[AlertState.EXPIRED],
                classes={each: classes[each] for each in PublishedClass},
                checked_in=check_ins(session, asked.deployment),
                present=present_at(session, record.deployment, profile, records.clock()),
                guard=guard_verdict(session, asked.deployment, profile),
            )
    return _unknown(records, asked, Action.VIEW_STATISTICS)


def timeline(records: HubRecords, asked: Asked, before: int | None, most: int) -> Sequence[LoggedEntry] | Refusal:
    """What was done with a deployment and its watchlists, the newest first, out of the audit log: who did what and
    when, refused or not, without the words. Looks are left out."""
    refusal = may_look(records, asked.by, reference(KIND, asked.deployment), asked.origin, Action.VIEW_DEPLOYMENT)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        if reaches(records, session, asked.by, asked.deployment):
            lists = session.scalars(select(WatchlistRow.id).where(WatchlistRow.deployment_id == asked.deployment)).all()
            of_it = or_(
                and_(AuditEntryRow.record_kind == KIND, AuditEntryRow.record_id == asked.deployment),
                and_(AuditEntryRow.record_kind == "watchlist", AuditEntryRow.record_id.in_(lists)),
            )
            return logged_entries(
                session, (of_it, AuditEntryRow.processing != Processing.CONSULTATION), before=before, most=most
            )
    return _unknown(records, asked, Action.VIEW_DEPLOYMENT)


def _conditions(wanted: DeploymentsWanted) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(DeploymentRow.state.in_(sorted(wanted.states)))
    if wanted.since is not None:
        conditions.append(DeploymentRow.window_end > wanted.since)
    if wanted.until is not None:
        conditions.append(DeploymentRow.window_start < wanted.until)
    return conditions


def _plan(document: SignedDocument | None) -> ArmedPlan | None:
    return None if document is None else from_document(ArmedPlan, parse_canonical(document.body))


def _unknown(records: HubRecords, asked: Asked, action: Action) -> Refusal:
    unknown = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
    with records.database.writing() as session:
        return write_refused(
            records, session, asked.by, action, reference(KIND, asked.deployment), asked.origin, unknown
        )
