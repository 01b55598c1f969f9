"""What may be published of the records: counts of reported deployments, notices in advance, and proof of deletion.

Nothing here is about a person: no name, reference, picture or identifier of an alert, and no member of staff. Reporting
a deployment is the decision to publish it, and advance notice is a condition of its authority, so reading this needs no
role of its own; `publish` is for a person who takes it out of the hub.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.policy.alert import PublishedClass
from openlfr.policy.application import UseCase
from openlfr.policy.authority import Window
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import UNDER_AUTHORITY, Deployment, DeploymentState
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.recognition_test import RecognitionRate
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.policy.watchlist import Category
from openlfr.records.acting import reference, write_refused
from openlfr.records.alert_store import value_without_texts
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_head import TreeHead
from openlfr.records.audit_tables import AuditHeadRow
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import DeploymentRecord, deployments_in, read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.recognition_test_tables import AlertCategoryRow
from openlfr.records.recognition_tests import tests_of
from openlfr.records.retention_tables import PurgeReceiptRow
from openlfr.records.statistics import DeploymentStatistics, counted_alerts, counts_of
from openlfr.records.watchlist_composition import Composition, read_composition
from openlfr.records.watchlist_tables import WatchlistRow
from openlfr.sealing.signature import SignedDocument, VerifyKey

_REPORTED = (DeploymentState.REPORTED, DeploymentState.REVIEWED)
_STILL_TO_REPORT = (DeploymentState.LIVE, DeploymentState.PAUSED, DeploymentState.ENDED, DeploymentState.PURGED)
_THE_RECORDS = RecordReference("deployment records", "published")


@dataclass(frozen=True, slots=True)
class PublishedDeployment:
    """One reported deployment. `deployment` is for tracing a figure to its rows and is printed nowhere.

    `located_after` is how long after going live each person was found who was confirmed to be the one looked for;
    `approached_after` how long after its alert each approach began. `recognition` adds up the blue-list tests, its own
    or the one its readiness rests on; None where there was none.
    """

    deployment: DeploymentId
    controller: str
    statistics: DeploymentStatistics
    window: Window
    categories: tuple[Category, ...]
    composition: Composition | None
    alert_categories: Mapping[Category, int]
    certificate: ThresholdCertificate | None
    recognition: RecognitionRate | None
    located_after: tuple[timedelta, ...]
    approached_after: tuple[timedelta, ...]


@dataclass(frozen=True, slots=True)
class AnnouncedDeployment:
    """A deployment still to come, or going on, that its authority allows to be told of beforehand."""

    controller: str
    location: str
    window: Window
    use_case: UseCase
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class DeletionFigures:
    """How many records were destroyed, by kind, each with a signed receipt; and the audit log they stand in."""

    receipts: Mapping[DataClass, int]
    newest: datetime | None
    head: TreeHead
    signer: VerifyKey


@dataclass(frozen=True, slots=True)
class PublishedRecords:
    """Everything that may be published, as it stood at `as_of`; deployments in order of time.

    `limited_to` is the reach of who takes it out of the hub: deployments beyond it are neither listed nor counted.
    `to_report` is when each deployment went live whose figures will come later.
    """

    as_of: datetime
    deployments: tuple[PublishedDeployment, ...]
    announced: tuple[AnnouncedDeployment, ...]
    deletion: DeletionFigures
    limited_to: Reach = WHOLE_HUB
    to_report: tuple[datetime, ...] = ()


def read_published(records: HubRecords, by: Actor = THE_HUB) -> PublishedRecords:
    """What the hub shows everybody, without sign-in; for somebody, as far as their reach goes."""
    now = records.clock()
    with records.database.reading() as session:
        reported = _went_live(deployments_in(records, session, by, *_REPORTED))
        to_report = _went_live(deployments_in(records, session, by, *_STILL_TO_REPORT))
        return PublishedRecords(
            as_of=now,
            deployments=tuple(
                published_deployment(session, each)
                for each in sorted(reported, key=lambda each: (each.went_live_at or now, each.deployment))
            ),
            announced=_announced(deployments_in(records, session, by, *sorted(UNDER_AUTHORITY)), now),
            deletion=_deletion(records, session),
            limited_to=by.reach,
            to_report=tuple(sorted(each.went_live_at for each in to_report if each.went_live_at is not None)),
        )


def publish(records: HubRecords, by: Actor, origin: str) -> PublishedRecords | Refusal:
    """The same for a person who takes it out of the hub; the disclosure is in the audit log first."""
    with records.database.writing() as session:
        allowed = may_act(by, Action.PUBLISH_RECORDS, records.clock())
        if isinstance(allowed, Refusal):
            return write_refused(records, session, by, Action.PUBLISH_RECORDS, _THE_RECORDS, origin, allowed)
        event = AuditEvent(
            Who.acting(by, Action.PUBLISH_RECORDS),
            Action.PUBLISH_RECORDS,
            Processing.DISCLOSURE,
            _THE_RECORDS,
            origin,
            "Published: no personal data.",
            "the public",
        )
        records.audit.append(session, event)
    return read_published(records, by)


def deployment_figures(
    records: HubRecords, by: Actor, deployment: DeploymentId, origin: str
) -> PublishedRecords | Refusal:
    """One deployment's figures as they would be published, for those who may view statistics, reported yet or not."""
    log = reference("deployment", deployment)
    with records.database.writing() as session:
        verdict = may_act(by, Action.VIEW_STATISTICS, records.clock())
        found = verdict if isinstance(verdict, Refusal) else read_deployment(records, session, deployment, by)
        if found is None:
            found = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
        elif isinstance(found, DeploymentRecord) and (
            found.deployment.rehearsal or found.deployment.went_live_at is None
        ):
            found = Refusal(RefusalCode.WRONG_STATE, "A rehearsal, or what never went live, has nothing to publish.")
        if isinstance(found, Refusal):
            return write_refused(records, session, by, Action.VIEW_STATISTICS, log, origin, found)
        figures = published_deployment(session, found.deployment)
        return PublishedRecords(records.clock(), (figures,), (), _deletion(records, session))


def published_deployment(session: Session, value: Deployment) -> PublishedDeployment:
    """One deployment's publishable figures, whether reported yet or not; the caller has asked who may see them."""
    if value.authority is None or value.went_live_at is None:
        raise ValueError("Only a deployment that went live has anything to publish.")
    rows = counted_alerts(session, value.deployment)
    alerts = [value_without_texts(row) for row in rows]
    located = [row.raised_at for row in rows if row.published_class is PublishedClass.TRUE_CONFIRMED]
    approached = [each.engaged_at - each.raised_at for each in alerts if each.engaged_at is not None]
    return PublishedDeployment(
        deployment=value.deployment,
        controller=value.application.controller,
        statistics=counts_of(session, value),
        window=value.authority.terms.window,
        categories=value.authority.terms.categories,
        composition=_composition(session, value),
        alert_categories=_alert_categories(session, [each.alert for each in alerts]),
        certificate=read_certificate(session, value.authority.terms.certificate),
        recognition=_recognition(session, value),
        located_after=tuple(each - value.went_live_at for each in located),
        approached_after=tuple(approached),
    )


def newest_head(session: Session) -> SignedDocument:
    """The signed head of the audit log as it is now."""
    newest = session.execute(select(AuditHeadRow).order_by(AuditHeadRow.size.desc()).limit(1)).scalar_one()
    return SignedDocument.from_bytes(newest.document)


def _went_live(found: list[DeploymentRecord]) -> list[Deployment]:
    """Those of them that are counted: no rehearsal, and no deployment that never went live."""
    values = [each.deployment for each in found]
    return [each for each in values if not each.rehearsal and each.went_live_at is not None]


def _announced(under_authority: list[DeploymentRecord], now: datetime) -> tuple[AnnouncedDeployment, ...]:
    found = []
    for each in under_authority:
        value, authority = each.deployment, each.deployment.authority
        if value.rehearsal or authority is None or authority.terms.window.end <= now:
            continue
        if authority.terms.conditions.advance_notice:
            application, terms = value.application, authority.terms
            found.append(
                AnnouncedDeployment(
                    application.controller,
                    application.location.name,
                    terms.window,
                    application.use_case,
                    terms.categories,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.window.start, each.location)))


def _composition(session: Session, value: Deployment) -> Composition | None:
    row = None if value.watchlist is None else session.get(WatchlistRow, value.watchlist)
    return None if row is None or row.composition is None else read_composition(row.composition)


def _alert_categories(session: Session, counted: list[str]) -> dict[Category, int]:
    found = session.scalars(select(AlertCategoryRow.category).where(AlertCategoryRow.alert_id.in_(counted)))
    counts = Counter(Category[each] for each in found)
    return {each: counts[each] for each in Category if counts[each]}


def _recognition(session: Session, value: Deployment) -> RecognitionRate | None:
    rates = [each.result.rate for each in tests_of(session, value.deployment) if each.ended_at is not None]
    if value.readiness is not None and value.readiness.recognition_test is not None:
        rates.append(RecognitionRate(value.readiness.blue_list_recognised, value.readiness.blue_list_passages))
    passages = sum(each.passages for each in rates)
    return RecognitionRate(sum(each.recognised for each in rates), passages) if passages else None


def _deletion(records: HubRecords, session: Session) -> DeletionFigures:
    counted = session.execute(
        select(PurgeReceiptRow.data_class, func.count(), func.max(PurgeReceiptRow.finished_at)).group_by(
            PurgeReceiptRow.data_class
        )
    ).all()
    newest = [finished for _, _, finished in counted]
    return DeletionFigures(
        receipts={kind: count for kind, count, _ in sorted(counted)},
        newest=max(newest, default=None),
        head=TreeHead.opened(newest_head(session), records.signer.public),
        signer=records.signer.public,
    )
