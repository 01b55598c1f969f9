"""Whatever is typed in place of an identifier or a name: a refusal in words, never an error of the database."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.database import HandClock
from tests.support.deployment_values import CERTIFICATE
from tests.support.every_act import TRIES, Target
from tests.support.staffed_hub import PICTURES, TERMINAL, StaffedHub, kept, staffed

from openlfr.policy.identifiers import AlertId, CertificateId, DeploymentId, NodeId, StaffId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import ROLES_FOR, Action, Competence, Skill
from openlfr.records.audit_verify import verify_audit
from openlfr.records.certificates import import_certificate
from openlfr.records.hub_records import HubRecords
from openlfr.records.statistics import report_faces_seen

HOSTILE = (
    "",
    "a\x00b",
    "\ud800",
    "' OR '1'='1' --",
    '"; DROP TABLE deployments; --',
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "0196C000-0000-7000-8000-00000000DEAD",
    "x" * 100_000,
)
WITHOUT_IDENTIFIER = frozenset(
    {Action.DRAFT_APPLICATION, Action.VIEW_STAFF, Action.IMPORT_CERTIFICATE, Action.REMOVE_FROM_WATCHLIST}
)


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def test_every_act_on_a_hostile_identifier_is_refused_in_words_and_logged(hub: StaffedHub) -> None:
    for text in HOSTILE:
        target = Target(DeploymentId(text), WatchlistId(text), AlertId(text))
        for action in sorted(TRIES.keys() - WITHOUT_IDENTIFIER):
            by = next(each for each in hub.staff.values() if each.roles & ROLES_FOR[action] and each.competences)
            answer = TRIES[action](hub, by, target)
            assert isinstance(answer, Refusal), (action, text[:20])
            assert answer.sentence.endswith(".")
    assert verify_audit(hub.records.database, hub.records.signer.public, sealer=hub.records.sealer).intact


def test_a_hostile_watchlist_or_certificate_named_in_a_decision_is_refused(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    for text in HOSTILE:
        listed = hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), WatchlistId(text))
        assert isinstance(listed, Refusal)
        named = hub.decision(certificate=CertificateId(text))
        decided = hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), named)
        assert isinstance(decided, Refusal), text[:20]


def test_a_hostile_certificate_is_refused(hub: StaffedHub) -> None:
    for text in ("", "a\x00b", "\ud800", "x" * 100_000):
        bad = replace(CERTIFICATE, certificate=CertificateId(text))
        assert isinstance(import_certificate(hub.records, hub.administrator, bad, TERMINAL), Refusal), text[:20]


def test_a_hostile_node_or_method_counts_no_faces(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    for text in ("", "a\x00b", "\ud800", "x" * 100_000):
        assert isinstance(report_faces_seen(hub.records, deployment, NodeId(text), 1, "tracks/1"), Refusal)
        assert isinstance(report_faces_seen(hub.records, deployment, NodeId("node-1"), 1, text), Refusal)
        assert isinstance(report_faces_seen(hub.records, DeploymentId(text), NodeId("node-1"), 1, "tracks/1"), Refusal)


def test_a_hostile_alert_is_refused_whichever_field_is_hostile(hub: StaffedHub) -> None:
    good = hub.raised(hub.live())
    for text in ("a\x00b", "\ud800", "x" * 100_000):
        for field in ("alert", "deployment", "plan", "node", "camera", "watchlist_hash"):
            answer = hub.alerts.raise_alert(replace(good, **{field: text}), PICTURES)  # type: ignore[arg-type]
            assert isinstance(answer, Refusal), (field, text[:20])
            assert answer.code is RefusalCode.INVALID_FIELDS
        answer = hub.alerts.raise_alert(replace(good, person=replace(good.person, name=text)), PICTURES)
        assert isinstance(answer, Refusal)


def test_a_hostile_member_of_staff_is_refused(hub: StaffedHub) -> None:
    for text in HOSTILE:
        staff = StaffId(text)
        assert isinstance(hub.people.actor(staff), Refusal)
        competence = Competence(Skill.LIVE_OPERATION, date(2030, 1, 1))
        for answer in (
            hub.people.set_roles(hub.administrator, staff, (), 1, TERMINAL),
            hub.people.close_account(hub.administrator, staff, 1, TERMINAL),
            hub.people.record_competence(hub.administrator, staff, competence, 1, TERMINAL),
        ):
            assert isinstance(answer, Refusal)


def test_hostile_words_in_an_application_are_ordinary_words(hub: StaffedHub) -> None:
    for text in HOSTILE[3:8]:
        deployment = hub.drafted(purpose=text, controller=text, necessity=text)
        assert hub.value(deployment).application.purpose == text
        kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
        rejected = kept(hub.deployments.reject(hub.asked(hub.authoriser, deployment), text))
        assert rejected.deployment.application.controller == text
