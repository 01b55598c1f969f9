"""The membership register: it answers after everything else is gone, to whom it may, and tells nothing by itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from tests.support.database import HandClock

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass, packaged_retention_policy
from openlfr.policy.roles import Actor, Role
from openlfr.records.audit_entry import THE_HUB_ITSELF, Processing
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import MembershipRegister, PersonIdentifier, PurgeableMembership
from openlfr.records.membership_tables import MembershipRow
from openlfr.records.retention import Retention

AUDITOR = Actor(StaffId("dpo-1"), frozenset({Role.AUDITOR}))
BORN = date(1988, 4, 12)
SMITH = PersonIdentifier.name("John Smith", BORN)


@pytest.fixture
def register(records: HubRecords) -> MembershipRegister:
    register = MembershipRegister(records)
    with records.database.writing() as session:
        register.enter(session, "list-1", "deployment-1", [SMITH, PersonIdentifier.reference("AB/12 34"), SMITH])
        register.enter(session, "list-2", "deployment-2", [SMITH])
        register.enter(session, "list-3", "deployment-3", [])
    return register


def ask(register: MembershipRegister, person: PersonIdentifier, by: Actor = AUDITOR) -> list[str] | Refusal:
    answer = register.answer(by, person, "Rights request 2026/17", "The person asked.", "console 1")
    return answer if isinstance(answer, Refusal) else [membership.watchlist_id for membership in answer]


def test_it_answers_for_each_way_of_naming_a_person(register: MembershipRegister) -> None:
    assert ask(register, SMITH) == ["list-1", "list-2"]
    assert ask(register, PersonIdentifier.reference("ab1234")) == ["list-1"]
    assert ask(register, PersonIdentifier.name("Smith, John")) == ["list-1", "list-2"]  # no list knows a day of birth
    assert ask(register, PersonIdentifier.name("Joan Smith", BORN)) == []
    assert ask(register, PersonIdentifier.reference("John Smith 1988-04-12")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("John Smith", "SMITH,  John"),
        ("Zoë O'Neill-Müller", "zoe oneill muller"),
        ("Łukasz Żak", "łukasz zak"),
        ("Δημήτρης Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ ΔΗΜΗΤΡΗΣ"),
        ("مُحَمَّد علي", "محمد علي"),
        ("प्रिया शर्मा", "शर्मा प्रिया"),
        ("김민준", "김민준"),
        ("王小明", "王小明"),
    ],
)
def test_spellings_of_one_name_meet_in_any_script(one: str, other: str) -> None:
    assert PersonIdentifier.name(one, BORN) == PersonIdentifier.name(other, BORN)


def test_different_names_do_not_meet() -> None:
    names = ["John Smith", "Joan Smith", "शर्मा", "शर्मी", "王小明", "王小名"]
    assert len({PersonIdentifier.name(name, BORN) for name in names}) == len(names)


def test_the_question_is_in_the_audit_log_and_only_who_may_asks_it(
    records: HubRecords, register: MembershipRegister
) -> None:
    ask(register, SMITH)
    refusals = [
        ask(register, SMITH, Actor(StaffId("op-1"), frozenset({Role.OPERATOR}))),
        register.answer(AUDITOR, SMITH, "", "The person asked.", "console 1"),
        register.answer(AUDITOR, SMITH, "Rights request", " ", "console 1"),
    ]
    assert [refusal.code for refusal in refusals if isinstance(refusal, Refusal)] == [
        RefusalCode.WRONG_ROLE,
        RefusalCode.AUTHORITY_MISSING,
        RefusalCode.AUTHORITY_MISSING,
    ]
    with records.database.reading() as session:
        entries = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence)).all()
    assert [(entry.act, entry.staff, entry.processing) for entry in entries[1:]] == [
        ("ANSWER_RIGHTS_REQUEST", "dpo-1", Processing.CONSULTATION),
        ("ANSWER_RIGHTS_REQUEST", "op-1", Processing.NONE),
        ("ANSWER_RIGHTS_REQUEST", "dpo-1", Processing.NONE),
        ("ANSWER_RIGHTS_REQUEST", "dpo-1", Processing.NONE),
    ]


def test_the_digests_of_one_person_on_two_lists_have_nothing_in_common(
    records: HubRecords, register: MembershipRegister
) -> None:
    with records.database.reading() as session:
        digests = session.scalars(select(MembershipRow.digest)).all()
    assert len(digests) == len(set(digests)) == 3


def test_its_own_period_runs_from_the_end_of_the_deployment(
    records: HubRecords, register: MembershipRegister, clock: HandClock
) -> None:
    policy = packaged_retention_policy()
    retention = Retention(records, policy, [PurgeableMembership()])
    with records.database.writing() as session:
        register.start_clock(session, "deployment-1", clock.now)
    clock.advance(timedelta(days=1))
    with records.database.writing() as session:
        register.start_clock(session, "deployment-1", clock.now)  # a second end does not lengthen it
    clock.advance(policy.classes[DataClass.MEMBERSHIP_REGISTER].period - timedelta(days=1))
    (receipt,) = retention.purge(THE_HUB_ITSELF, "hub", "Hourly purge.")
    assert (receipt.record.id, dict(receipt.rows)) == ("deployment-1", {"membership_digests": 2})
    assert ask(register, SMITH) == ["list-2"]
