"""Deployments and accounts years later: gone with everything that hangs on them, unless something is still held."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import END
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept, staffed, staffed_from_records

from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass, packaged_retention_policy
from openlfr.policy.roles import Role
from openlfr.records.alert_purge import PurgeableAlerts
from openlfr.records.alert_tables import AlertContentRow, AlertRow
from openlfr.records.audit_entry import THE_HUB_ITSELF, RecordReference
from openlfr.records.audit_verify import verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.deployment_purge import PurgeableDeployments, PurgeableStaff
from openlfr.records.deployment_tables import AuthorityRow, CheckInRow, DeploymentRow, PlanRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.purgeable import Purgeable
from openlfr.records.retention import Retention
from openlfr.records.schema import Table

POLICY = packaged_retention_policy()
PURGEABLES: list[Purgeable] = [PurgeableAlerts(), PurgeableDeployments(), PurgeableStaff()]
YEARS = POLICY.classes[DataClass.DEPLOYMENT_RECORD].period


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def count(hub: StaffedHub, table: type[Table]) -> int:
    with hub.records.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def purged(hub: StaffedHub) -> list[str]:
    receipts = Retention(hub.records, POLICY, PURGEABLES).purge(THE_HUB_ITSELF, "hub", "The period is over.")
    return [receipt.record.kind for receipt in receipts]


def test_a_deployment_goes_with_everything_that_hangs_on_it_when_its_years_are_over(hub: StaffedHub) -> None:
    deployment = hub.live()
    hub.alerted(deployment)
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.clock.advance(timedelta(hours=12))
    assert len(hub.alerts.expire_those_due()) == 1
    hub.clock.advance(timedelta(hours=24))
    assert purged(hub) == ["alert"]
    hub.clock.advance(YEARS - timedelta(hours=37))
    assert purged(hub) == []
    hub.clock.advance(timedelta(hours=1))
    assert purged(hub) == ["deployment"]
    for table in (DeploymentRow, AuthorityRow, PlanRow, CheckInRow, AlertRow, AlertContentRow):
        assert count(hub, table) == 0, table
    assert verify_deletion(hub.records, PURGEABLES).clean
    assert verify_audit(hub.records.database, hub.records.signer.public).intact


def test_a_deployment_waits_for_an_alert_that_is_held(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.clock.advance(timedelta(hours=12))
    hub.alerts.expire_those_due()
    retention = Retention(hub.records, POLICY, PURGEABLES)
    case = ("County Court 12/26", "Civil claim.", TERMINAL)
    hold = retention.holds.place(hub.authoriser, RecordReference("alert", alert), *case)
    assert not isinstance(hold, Refusal)
    hub.clock.advance(YEARS)
    assert purged(hub) == []
    assert not isinstance(retention.holds.release(hub.authoriser, hold.id, *case), Refusal)
    assert sorted([*purged(hub), *purged(hub)]) == ["alert", "deployment"]


def test_an_application_that_came_to_nothing_goes_too_and_one_under_authority_never(hub: StaffedHub) -> None:
    rejected = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, rejected)))
    kept(hub.deployments.reject(hub.asked(hub.authoriser, rejected), "Not necessary."))
    hub.authorised()
    hub.clock.now = END + YEARS
    assert purged(hub) == ["deployment"]
    assert count(hub, DeploymentRow) == 1


def test_a_closed_account_goes_when_its_period_is_over(records: HubRecords, clock: HandClock) -> None:
    hub = staffed_from_records(records, clock, Role.OPERATOR, Role.AUDITOR)
    staff = hub.operator.staff
    everybody = hub.people.everybody(hub.administrator, TERMINAL)
    assert not isinstance(everybody, Refusal)
    (seen,) = (each for each in everybody if each.staff == staff)
    assert not isinstance(hub.people.close_account(hub.administrator, staff, seen.version, TERMINAL), Refusal)
    hub.clock.advance(POLICY.classes[DataClass.STAFF_RECORD].period)
    assert purged(hub) == ["staff"]
    gone = hub.people.actor(staff)
    assert isinstance(gone, Refusal)
    assert gone.code is RefusalCode.UNKNOWN_RECORD
    left = hub.people.everybody(hub.administrator, TERMINAL)
    assert not isinstance(left, Refusal)
    assert staff not in {each.staff for each in left}
