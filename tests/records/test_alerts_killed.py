"""Alerts when the hub is killed, and when two officers decide in the same moment."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.database import PASSPHRASE, HandClock
from tests.support.deployment_values import ENGAGER, OPERATOR
from tests.support.kills import Ended, work_killed_before
from tests.support.staffed_hub import PICTURES, TERMINAL, services, staffed

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, Judgement
from openlfr.policy.identifiers import AlertId
from openlfr.policy.raised_alert import RaisedAlert
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.alert_store import AlertRecord, AlertView
from openlfr.records.alert_tables import AlertContentRow, AlertRow
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import verify_audit
from openlfr.records.hub_records import HubRecords, open_hub_records

KILLS = 8
AGREE = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)


def raise_and_see(report: Callable[[object], None], url: str, vault: Path, now: datetime, raised: RaisedAlert) -> None:
    """Keep an alert and mark it as seen; report what is acknowledged."""
    hub = services(open_hub_records(url, vault, PASSPHRASE, HandClock(now)), HandClock(now))
    hub.alerts.raise_alert(raised, PICTURES)
    report(raised.alert)
    hub.alerts.mark_seen(AlertAsked(OPERATOR, raised.alert, TERMINAL))


@pytest.mark.slow
def test_no_alert_that_was_acknowledged_is_lost_and_none_is_half_there(
    records: HubRecords, database_url: str, vault_folder: Path, clock: HandClock
) -> None:
    hub = staffed(records, clock)
    deployment = hub.live()

    def killed_before(step: int | None) -> Ended:
        raised = hub.raised(deployment)
        return work_killed_before(step, raise_and_see, database_url, vault_folder, clock.now, raised)

    steps = killed_before(None).steps
    assert steps is not None
    chosen = random.Random(20260511).sample(range(steps), KILLS)
    acknowledged = {alert for step in chosen for alert in killed_before(step).reports}
    assert 0 < len(acknowledged) < KILLS
    with records.database.reading() as session:
        there = set(session.scalars(select(AlertRow.id)))
        contents = set(session.scalars(select(AlertContentRow.alert_id)))
        logged = set(session.scalars(select(AuditEntryRow.record_id).where(AuditEntryRow.act == "RAISE_ALERT")))
    assert acknowledged <= there
    assert there == contents == logged
    for alert in sorted(there):
        assert isinstance(hub.alerts.view(AlertAsked(hub.operator, AlertId(alert), TERMINAL)), AlertView)
    report = verify_audit(records.database, records.signer.public, sealer=records.sealer)
    assert report.intact, report.problems


def test_of_two_officers_who_decide_in_the_same_moment_exactly_one_does(records: HubRecords, clock: HandClock) -> None:
    hub = staffed(records, clock)
    deployment = hub.live()
    with ThreadPoolExecutor(2) as officers:
        for _ in range(5):
            alert = hub.alerted(deployment)
            seen = hub.alerts.mark_seen(AlertAsked(hub.operator, alert, TERMINAL))
            assert isinstance(seen, AlertRecord)
            answers = list(
                officers.map(
                    lambda who, on=alert, version=seen.version: hub.alerts.adjudicate(
                        AlertAsked(who, on, TERMINAL, version), Adjudicate(Judgement.ENGAGE, AGREE)
                    ),
                    (OPERATOR, ENGAGER),
                )
            )
            (late,) = (each for each in answers if isinstance(each, Refusal))
            assert late.code is RefusalCode.CHANGED_MEANWHILE
