"""What is read off the audit log for events: every entry once, in order, with its deployment, and no word of it."""

import pytest
from tests.support.database import HandClock
from tests.support.staffed_hub import SECRET_NAME, StaffedHub, staffed

from openlfr.records.audit_entry import Processing, RecordReference
from openlfr.records.changes import BEFORE_EVERYTHING, Change, changes_after, newest_change
from openlfr.records.hub_records import HubRecords


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def read(records: HubRecords, after: int, most: int = 1000) -> list[Change]:
    with records.database.reading() as session:
        return list(changes_after(session, after, most))


def test_reading_on_from_any_number_gives_every_entry_once_in_order(hub: StaffedHub) -> None:
    hub.alerted(hub.live())
    with hub.records.database.reading() as session:
        newest = newest_change(session)
    everything = read(hub.records, BEFORE_EVERYTHING)
    assert [each.sequence for each in everything] == list(range(newest + 1))
    for size in (1, 3, 1000):
        place, parts = BEFORE_EVERYTHING, list[Change]()
        while part := read(hub.records, place, size):
            assert len(part) <= size
            parts += part
            place = part[-1].sequence
        assert parts == everything
    assert read(hub.records, newest) == read(hub.records, newest + 100) == []


def test_alerts_and_deployments_come_with_their_deployment_and_others_without(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    by_record = {each.record: each for each in read(hub.records, BEFORE_EVERYTHING)}
    raised = by_record[RecordReference("alert", alert)]
    assert (raised.act, raised.processing, raised.deployment) == ("RAISE_ALERT", Processing.COLLECTION, deployment)
    assert by_record[RecordReference("deployment", deployment)].deployment == deployment
    assert by_record[RecordReference("vault", hub.records.vault.id)].deployment is None
    assert SECRET_NAME not in repr(by_record)


def test_an_alert_keeps_its_deployment_when_its_contents_are_gone(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    hub.clock.now = hub.value(deployment).application.terms.window.end
    before = read(hub.records, BEFORE_EVERYTHING)[-1].sequence
    hub.alerts.expire_those_due()
    (expired,) = (each for each in read(hub.records, before) if each.act == "EXPIRE_ALERT")
    assert (expired.record.id, expired.deployment) == (alert, deployment)
