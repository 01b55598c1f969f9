"""Alerts as screens show them: queues and lists without anything about the person, pictures, and their history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from openlfr.policy.alert import OPEN_STATES, Alert, AlertRules, AlertState
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, NodeId
from openlfr.policy.known_answer import as_shown
from openlfr.policy.raised_alert import AlertPictures
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor
from openlfr.records.acting import reference, write_refused
from openlfr.records.alert_store import (
    AlertRecord,
    AlertView,
    alert_row,
    known_answers_of,
    read_first_picture,
    read_pictures,
    value_without_texts,
)
from openlfr.records.alert_tables import AlertPicture, AlertRow
from openlfr.records.alerts import KIND, AlertAsked, Alerts
from openlfr.records.audit_reading import LoggedEntry, logged_entries
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.looking import may_look
from openlfr.records.reach import of_reached


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert without anything about the person, and without its score: whoever judges may do so blind."""

    alert: Alert
    version: int
    node: NodeId
    camera: CameraId
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class AlertContext:
    """What a deployment gives to its alerts: the rules they are under, where it is, and its cameras' names."""

    rules: AlertRules
    place: str
    camera_names: Mapping[CameraId, str]


def context_of(alerts: Alerts, by: Actor, deployment: DeploymentId) -> AlertContext | Refusal:
    """What holds for the alerts of a deployment."""
    with alerts.records.database.reading() as session:
        record = read_deployment(alerts.records, session, deployment, by)
    if record is None:
        return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
    authority = record.deployment.authority
    cameras = () if authority is None else authority.terms.cameras
    place = record.deployment.application.location.name
    return AlertContext(alerts.rules(record), place, {each.camera: each.name for each in cameras})


def list_alerts(
    records: HubRecords,
    by: Actor,
    deployment: DeploymentId,
    states: Collection[AlertState],
    after: AlertId | None,
    most: int,
    origin: str,
) -> Sequence[ListedAlert] | Refusal:
    """At most `most` alerts of a deployment in these states (all, when none is named), the newest first."""
    refusal = may_look(records, by, reference("deployment", deployment), origin, Action.VIEW_ALERT)
    if refusal is not None:
        return refusal
    wanted = select(AlertRow).where(*_of_deployment(records, by, deployment)).order_by(AlertRow.id.desc()).limit(most)
    if states:
        wanted = wanted.where(AlertRow.state.in_(sorted(states)))
    if after is not None:
        wanted = wanted.where(AlertRow.id < after)
    return _listed(records, deployment, wanted)


def open_queue(
    records: HubRecords, by: Actor, deployment: DeploymentId, most: int, origin: str
) -> Sequence[ListedAlert] | Refusal:
    """The alerts that wait for people, the oldest first, at most so many."""
    refusal = may_look(records, by, reference("deployment", deployment), origin, Action.VIEW_ALERT)
    if refusal is not None:
        return refusal
    wanted = (
        select(AlertRow)
        .where(*_of_deployment(records, by, deployment), AlertRow.state.in_(sorted(OPEN_STATES)))
        .order_by(AlertRow.raised_at, AlertRow.id)
        .limit(most)
    )
    return _listed(records, deployment, wanted)


def alert_record(alerts: Alerts, asked: AlertAsked) -> AlertRecord | Refusal:
    """An alert without its texts, and without anything about the person: only refusals are logged."""
    refusal = may_look(alerts.records, asked.by, reference(KIND, asked.alert), asked.origin, Action.VIEW_ALERT)
    if refusal is not None:
        return refusal
    with alerts.records.database.reading() as session:
        row = alert_row(alerts.records, session, asked.alert, asked.by)
        if row is not None:
            value = value_without_texts(row)
            question = value.alert in known_answers_of(session, value.deployment)
            return AlertRecord(as_shown(value) if question else value, row.version)
    return _unknown(alerts.records, asked)


def alert_picture(alerts: Alerts, asked: AlertAsked, which: AlertPicture) -> bytes | Refusal:
    """The best shot or the reference picture that was found, a JPEG file; the look is in the audit log first."""

    def read(session: Session) -> bytes | None:
        return read_first_picture(alerts.records, session, asked.alert, which, asked.by)

    return alerts.looked(asked, f"Looked at the {which} picture.", read)


def further_pictures(alerts: Alerts, asked: AlertAsked) -> AlertPictures | Refusal:
    """The other shots and the other reference pictures. They are shown together, so looking at them is one look."""

    def read(session: Session) -> AlertPictures | None:
        every = read_pictures(alerts.records, session, asked.alert, asked.by)
        return every and AlertPictures(every.probes[1:], every.candidates[1:])

    return alerts.looked(asked, "Looked at the further pictures.", read)


def judged_by(view: AlertView, by: Actor) -> bool:
    """Whether this person has given their judgement, so that the score may be shown to them."""
    return any(each.by == by.staff for each in view.alert.adjudications)


def history(records: HubRecords, asked: AlertAsked, before: int | None, most: int) -> Sequence[LoggedEntry] | Refusal:
    """Everything that was done with an alert, looks too, the newest first, out of the audit log and without words."""
    refusal = may_look(records, asked.by, reference(KIND, asked.alert), asked.origin, Action.VIEW_ALERT)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        if alert_row(records, session, asked.alert, asked.by) is not None:
            of_it = (AuditEntryRow.record_kind == KIND, AuditEntryRow.record_id == asked.alert)
            return logged_entries(session, of_it, before=before, most=most)
    return _unknown(records, asked)


def _of_deployment(records: HubRecords, by: Actor, deployment: DeploymentId) -> tuple[ColumnElement[bool], ...]:
    """The alerts of a deployment, as far as somebody's reach goes."""
    return (AlertRow.deployment_id == deployment, *of_reached(AlertRow.deployment_id, records, by))


def _listed(records: HubRecords, deployment: DeploymentId, wanted: Select[AlertRow]) -> list[ListedAlert]:
    with records.database.reading() as session:
        questions = known_answers_of(session, deployment)
        listed = []
        for row in session.scalars(wanted):
            value = value_without_texts(row)
            listed.append(
                ListedAlert(
                    alert=as_shown(value) if value.alert in questions else value,
                    version=row.version,
                    node=NodeId(row.node_id),
                    camera=CameraId(row.camera_id),
                    captured_at=row.captured_at,
                )
            )
        return listed


def _unknown(records: HubRecords, asked: AlertAsked) -> Refusal:
    unknown = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such alert.")
    with records.database.writing() as session:
        record = reference(KIND, asked.alert)
        return write_refused(records, session, asked.by, Action.VIEW_ALERT, record, asked.origin, unknown)
