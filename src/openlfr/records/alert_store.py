"""Alerts between rows and values, and the keys that seal what is about a person in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.alert import Alert, AlertState, published_class
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import AlertId, DeploymentId, is_identifier
from openlfr.policy.raised_alert import AlertPictures, LaterShots, RaisedAlert
from openlfr.policy.roles import Actor
from openlfr.records.alert_tables import (
    AlertContentRow,
    AlertPicture,
    AlertPictureRow,
    AlertRow,
    SpareAlertKeyRow,
)
from openlfr.records.hub_records import HubRecords
from openlfr.records.reach import reaches
from openlfr.records.recognition_test_tables import AlertCategoryRow, KnownAnswerRow
from openlfr.sealing.box import Place
from openlfr.sealing.canonical import canonical_bytes, parse_canonical
from openlfr.sealing.vault_file import KeyPurpose, VaultKey

_KEYS_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as it is kept. Free texts are empty in `alert`: looking at them is looking at personal data."""

    alert: Alert
    version: int


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with everything an officer needs to judge it but the pictures."""

    alert: Alert
    version: int
    raised: RaisedAlert


def insert_alert(
    records: HubRecords, session: Session, alert: Alert, raised: RaisedAlert, pictures: AlertPictures
) -> AlertRecord:
    """Keep a new alert, what is about people in it under a key of its own."""
    key = _claimed_key(records, session)
    row = AlertRow(
        id=alert.alert,
        version=1,
        deployment_id=alert.deployment,
        plan_id=raised.plan,
        node_id=raised.node,
        camera_id=raised.camera,
        test=alert.test,
        under_18=raised.person.under_18,
        captured_at=raised.captured_at,
        raised_at=alert.raised_at,
        score=raised.score,
        second_score=raised.second_score,
        threshold=raised.threshold,
    )
    _write(row, alert)
    session.add(row)
    session.flush()
    session.add(
        AlertContentRow(
            alert_id=alert.alert,
            key_id=key.id,
            raised=records.sealer.seal_json(key, to_document(raised), _place("raised", alert.alert)),
            value=records.sealer.seal_json(key, to_document(alert), _place("value", alert.alert)),
        )
    )
    for picture, files in ((AlertPicture.PROBE, pictures.probes), (AlertPicture.CANDIDATE, pictures.candidates)):
        _add_pictures(records, session, key, alert.alert, picture, 0, files)
    session.add_all(
        AlertCategoryRow(alert_id=alert.alert, category=each.name, deployment_id=alert.deployment)
        for each in set(raised.person.categories)
    )
    session.flush()
    return AlertRecord(without_texts(alert), 1)


def insert_later_shots(
    records: HubRecords, session: Session, raised: RaisedAlert, later: LaterShots, files: Sequence[bytes]
) -> None:
    """Keep what was seen after an alert with it, under its key. The alert's version stays: no decision was taken."""
    content = session.get_one(AlertContentRow, raised.alert)
    key = records.vault.key(content.key_id)
    _add_pictures(records, session, key, raised.alert, AlertPicture.PROBE, len(raised.probes), files)
    after = replace(raised, direction=later.direction or raised.direction, probes=raised.probes + later.probes)
    content.raised = records.sealer.seal_json(key, to_document(after), _place("raised", raised.alert))
    session.flush()


def alert_row(records: HubRecords, session: Session, alert: AlertId, by: Actor) -> AlertRow | None:
    """The row of an alert, or None; None as well when its deployment is beyond the reach of `by`."""
    row = session.get(AlertRow, alert) if is_identifier(alert) else None
    return row if row is not None and reaches(records, session, by, row.deployment_id) else None


def read_alert(records: HubRecords, session: Session, alert: AlertId, by: Actor) -> AlertRecord | None:
    """The alert of this identifier with its texts, as long as they are kept; for the rules, not for showing. As
    `alert_row`, None beyond reach."""
    row = alert_row(records, session, alert, by)
    if row is None:
        return None
    content = session.get(AlertContentRow, alert)
    document = (
        parse_canonical(row.document)
        if content is None
        else records.sealer.unseal_json(content.value, _place("value", alert))
    )
    return AlertRecord(from_document(Alert, document), row.version)


def read_view(records: HubRecords, session: Session, alert: AlertId, by: Actor) -> AlertView | None:
    """An alert without its pictures; None when there is none within reach, or what is about people is destroyed."""
    record = read_alert(records, session, alert, by)
    raised = None if record is None else read_raised(records, session, alert)
    return None if record is None or raised is None else AlertView(record.alert, record.version, raised)


def read_pictures(records: HubRecords, session: Session, alert: AlertId, by: Actor) -> AlertPictures | None:
    """The pictures of an alert, all of them; None as for `read_view`."""
    if alert_row(records, session, alert, by) is None:
        return None
    rows = session.scalars(
        select(AlertPictureRow).where(AlertPictureRow.alert_id == alert).order_by(AlertPictureRow.number)
    )
    files: dict[AlertPicture, list[bytes]] = {each: [] for each in AlertPicture}
    for row in rows:
        files[row.picture].append(_unsealed(records, row))
    probes, candidates = files[AlertPicture.PROBE], files[AlertPicture.CANDIDATE]
    return AlertPictures(tuple(probes), tuple(candidates)) if probes and candidates else None


def read_first_picture(
    records: HubRecords, session: Session, alert: AlertId, which: AlertPicture, by: Actor
) -> bytes | None:
    """The best shot, or the reference picture that was found; None as for `read_view`."""
    if alert_row(records, session, alert, by) is None:
        return None
    row = session.get(AlertPictureRow, (alert, which, 0))
    return None if row is None else _unsealed(records, row)


def read_raised(records: HubRecords, session: Session, alert: AlertId) -> RaisedAlert | None:
    """What the node said of an alert, without its pictures; None when there is none, or when it is destroyed."""
    content = session.get(AlertContentRow, alert)
    if content is None:
        return None
    return from_document(RaisedAlert, records.sealer.unseal_json(content.raised, _place("raised", alert)))


def save_alert(records: HubRecords, session: Session, before: AlertRecord, after: Alert) -> AlertRecord:
    """Keep what an act made of an alert; texts only as long as the alert's key is there to seal them."""
    row = session.get_one(AlertRow, after.alert)
    row.version = before.version + 1
    _write(row, after)
    content = session.get(AlertContentRow, after.alert)
    if content is not None:
        key = records.vault.key(content.key_id)
        content.value = records.sealer.seal_json(key, to_document(after), _place("value", after.alert))
    session.flush()
    return AlertRecord(without_texts(after), row.version)


def alerts_of(session: Session, deployment: DeploymentId, *states: AlertState) -> list[AlertRecord]:
    """The alerts of a deployment in these states (all, when none is named), oldest first, without their texts."""
    rows = select(AlertRow).where(AlertRow.deployment_id == deployment).order_by(AlertRow.raised_at, AlertRow.id)
    if states:
        rows = rows.where(AlertRow.state.in_(states))
    return [AlertRecord(value_without_texts(row), row.version) for row in session.scalars(rows)]


def deployments_with_alerts(session: Session, *states: AlertState) -> list[DeploymentId]:
    """The deployments that have an alert in one of these states."""
    found = session.scalars(select(AlertRow.deployment_id).where(AlertRow.state.in_(states)).distinct())
    return sorted(DeploymentId(each) for each in found)


def known_answers_of(session: Session, deployment: DeploymentId) -> frozenset[AlertId]:
    """Which alerts of a deployment are questions with a known answer."""
    rows = session.scalars(select(KnownAnswerRow.alert_id).where(KnownAnswerRow.deployment_id == deployment))
    return frozenset(AlertId(each) for each in rows)


def value_without_texts(row: AlertRow) -> Alert:
    """The value that a row keeps for good."""
    return from_document(Alert, parse_canonical(row.document))


def without_texts(alert: Alert) -> Alert:
    """The alert with every free text left out: what may stay when the alert's period is over."""
    engagement = alert.engagement and replace(alert.engagement, powers_used="", note="", complaint_reference=None)
    return replace(
        alert,
        adjudications=tuple(replace(each, note="") for each in alert.adjudications),
        engagement=engagement,
        reclassifications=tuple(replace(each, reason="") for each in alert.reclassifications),
    )


def _write(row: AlertRow, alert: Alert) -> None:
    row.state = alert.state
    row.engaged_by = alert.engaged_by
    row.closed_at = alert.closed_at
    row.published_class = published_class(alert)
    row.outcome = None if alert.engagement is None else alert.engagement.outcome
    row.document = canonical_bytes(to_document(without_texts(alert)))


def _claimed_key(records: HubRecords, session: Session) -> VaultKey:
    """A key that no alert has used, claimed in the transaction of the alert.

    Making a key rewrites the vault; so they are made many at a time and wait, in a table, where a claim is undone
    with the transaction and two processes never claim the same one.
    """
    spare = session.scalars(select(SpareAlertKeyRow).limit(1)).one_or_none()
    if spare is None:
        first, *others = records.vault.create_keys(KeyPurpose.ALERT, _KEYS_AT_ONCE)
        session.add_all(SpareAlertKeyRow(key_id=key.id) for key in others)
        return first
    session.delete(spare)
    return records.vault.key(spare.key_id)


def _add_pictures(
    records: HubRecords,
    session: Session,
    key: VaultKey,
    alert: AlertId,
    picture: AlertPicture,
    first: int,
    files: Sequence[bytes],
) -> None:
    session.add_all(
        AlertPictureRow(
            alert_id=alert,
            picture=picture,
            number=number,
            content=records.sealer.seal(key, content, _picture_place(alert, picture, number)),
        )
        for number, content in enumerate(files, first)
    )


def _unsealed(records: HubRecords, row: AlertPictureRow) -> bytes:
    return records.sealer.unseal(row.content, _picture_place(AlertId(row.alert_id), row.picture, row.number))


def _picture_place(alert: AlertId, picture: AlertPicture, number: int) -> Place:
    return Place(AlertPictureRow.__tablename__, "content", f"{alert}/{picture}/{number}")


def _place(column: str, alert: AlertId) -> Place:
    return Place(AlertContentRow.__tablename__, column, alert)
