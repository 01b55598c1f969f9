"""Evidence of an alert leaves by an authorised hand, to somebody, for a reason, and the log has it first."""

import pytest
from sqlalchemy import select
from tests.support.database import HandClock
from tests.support.reported_hub import Day, live_day
from tests.support.staffed_hub import PICTURES, SECRET_NAME, TERMINAL, StaffedHub, staffed

from openlfr.policy.identifiers import AlertId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Role
from openlfr.records.alert_purge import PurgeableAlerts
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.audit_export import check_export
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.evidence import Evidence, hand_out_evidence
from openlfr.records.hub_records import HubRecords
from openlfr.records.regulator_records import RegulatorRecords, disclose_to_regulator, disclosed_deployment
from openlfr.records.retention import Retention

TO = "Crown Court at Borough"
WHY = "R v Example, disclosure."


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def asked(hub: StaffedHub, alert: AlertId, role: Role = Role.AUDITOR, to: str = TO, why: str = WHY) -> object:
    return hand_out_evidence(hub.records, hub.staff[role], alert, recipient=to, reason=why, origin=TERMINAL)


def test_it_holds_everything_and_its_audit_entries_prove_themselves_the_disclosure_included(hub: StaffedHub) -> None:
    deployment, alerts = live_day(hub, Day(arrests=1, no_action=0))
    evidence = asked(hub, alerts[0])
    assert isinstance(evidence, Evidence)
    assert evidence.view.raised.person.name == SECRET_NAME
    assert evidence.pictures == PICTURES
    assert evidence.deployment.deployment.deployment == deployment
    assert evidence.certificate is not None
    assert [each.body for each in evidence.authorities]
    assert evidence.test is False
    checked = check_export(evidence.audit, hub.records.signer.public)
    assert checked.entries == len(evidence.audit) - 1
    assert b"EXPORT_EVIDENCE" in evidence.audit[-1]
    assert TO.encode() in evidence.audit[-1]


def test_nobody_else_may_hand_it_out(hub: StaffedHub) -> None:
    _, alerts = live_day(hub, Day(arrests=1, no_action=0))
    others = [each for each in Role if each not in (Role.AUDITOR, Role.AUTHORISING_OFFICER)]
    for role in others:
        refused = asked(hub, alerts[0], role)
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.WRONG_ROLE
    with hub.records.database.reading() as session:
        logged = session.scalars(select(AuditEntryRow.processing).where(AuditEntryRow.act == "EXPORT_EVIDENCE")).all()
    assert [str(each) for each in logged] == ["none"] * len(others)


def test_it_goes_to_somebody_for_a_reason_and_only_while_it_is_there(hub: StaffedHub, clock: HandClock) -> None:
    _, alerts = live_day(hub, Day(arrests=1, no_action=0))
    for to, why in (("", WHY), (TO, " ")):
        refused = asked(hub, alerts[0], to=to, why=why)
        assert isinstance(refused, Refusal)
        assert "give both" in refused.sentence
    policy = packaged_retention_policy()
    clock.now += policy.classes[PurgeableAlerts().data_class].period
    Retention(hub.records, policy, [PurgeableAlerts()]).purge(THE_HUB_ITSELF, "hub", "Due.")
    gone = asked(hub, alerts[0])
    assert isinstance(gone, Refusal)
    assert "what it held is destroyed" in gone.sentence


def test_a_regulator_gets_the_whole_log_and_every_authorised_deployment(hub: StaffedHub) -> None:
    deployment, _ = live_day(hub, Day())
    hub.drafted()
    disclosed = disclose_to_regulator(hub.records, hub.auditor, recipient="ICO", reason="Audit.", origin=TERMINAL)
    assert isinstance(disclosed, RegulatorRecords)
    assert [each.record.deployment.deployment for each in disclosed.deployments()] == [deployment]
    assert check_export(disclosed.audit(), hub.records.signer.public).complete
    for by, to in ((hub.authoriser, "ICO"), (hub.auditor, "")):
        assert isinstance(
            disclose_to_regulator(hub.records, by, recipient=to, reason="Audit.", origin=TERMINAL), Refusal
        )
        assert isinstance(
            disclosed_deployment(hub.records, by, deployment, recipient=to, reason="Use.", origin=TERMINAL), Refusal
        )
    unknown = disclosed_deployment(
        hub.records, hub.auditor, hub.drafted(), recipient="MSA", reason="Use.", origin=TERMINAL
    )
    assert isinstance(unknown, Refusal)
    assert unknown.code is RefusalCode.UNKNOWN_RECORD
