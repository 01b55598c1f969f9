"""Staff: nobody raises themselves, names are sealed, and a role taken away is away at once."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from tests.support.database import HandClock
from tests.support.staffed_hub import TERMINAL, StaffedHub, staffed_from_records

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import StaffMember
from openlfr.records.people_tables import StaffRow


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, Role.OPERATOR, Role.AUDITOR)


def member(hub: StaffedHub, staff: StaffId) -> StaffMember:
    everybody = hub.people.everybody(hub.administrator, TERMINAL)
    assert not isinstance(everybody, Refusal)
    return next(each for each in everybody if each.staff == staff)


def test_the_first_administrator_is_appointed_once(hub: StaffedHub) -> None:
    again = hub.people.appoint_first("Mallory", tuple(Role), TERMINAL)
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.ALREADY_DECIDED


def test_nobody_changes_their_own_account(hub: StaffedHub) -> None:
    me = member(hub, hub.administrator.staff)
    raised = hub.people.set_roles(hub.administrator, me.staff, tuple(Role), me.version, TERMINAL)
    trained = hub.people.record_competence(
        hub.administrator, me.staff, Competence(Skill.LIVE_OPERATION, date(2030, 1, 1)), me.version, TERMINAL
    )
    for answer in (raised, trained):
        assert isinstance(answer, Refusal)
        assert answer.code is RefusalCode.SAME_PERSON
    assert member(hub, me.staff) == me


def test_a_role_taken_away_is_away_at_the_next_question(hub: StaffedHub) -> None:
    seen = member(hub, hub.operator.staff)
    changed = hub.people.set_roles(hub.administrator, seen.staff, (Role.AUDITOR,), seen.version, TERMINAL)
    assert isinstance(changed, StaffMember)
    now = hub.people.actor(seen.staff)
    assert isinstance(now, Actor)
    assert now.roles == {Role.AUDITOR}


def test_the_newest_training_record_of_a_skill_holds(hub: StaffedHub) -> None:
    seen = member(hub, hub.operator.staff)
    ended = Competence(Skill.LIVE_OPERATION, date(2026, 5, 1))
    assert not isinstance(
        hub.people.record_competence(hub.administrator, seen.staff, ended, seen.version, TERMINAL), Refusal
    )
    now = hub.people.actor(seen.staff)
    assert isinstance(now, Actor)
    assert ended in now.competences
    assert not now.competent(Skill.LIVE_OPERATION, hub.clock.now.date())


def test_a_closed_account_acts_no_more_and_is_not_opened_again(hub: StaffedHub) -> None:
    seen = member(hub, hub.operator.staff)
    closed = hub.people.close_account(hub.administrator, seen.staff, seen.version, TERMINAL)
    assert isinstance(closed, StaffMember)
    gone = hub.people.actor(seen.staff)
    assert isinstance(gone, Refusal)
    assert gone.code is RefusalCode.ACCOUNT_CLOSED
    again = hub.people.set_roles(hub.administrator, seen.staff, (Role.OPERATOR,), closed.version, TERMINAL)
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.ACCOUNT_CLOSED


def test_the_last_administrator_stays(hub: StaffedHub) -> None:
    second = hub.another("Bea", Role.ADMINISTRATOR)
    first = member(hub, hub.administrator.staff)
    assert not isinstance(hub.people.set_roles(second, first.staff, (), first.version, TERMINAL), Refusal)
    third = Actor(StaffId("somebody who just lost the role"), frozenset({Role.ADMINISTRATOR}))
    last = hub.people.close_account(third, second.staff, 3, TERMINAL)
    assert isinstance(last, Refusal)
    assert last.sentence == "This is the last administrator: appoint another one first."


def test_two_administrators_do_not_overwrite_each_other(hub: StaffedHub) -> None:
    second = hub.another("Bea", Role.ADMINISTRATOR)
    seen = member(hub, hub.operator.staff)
    assert not isinstance(hub.people.set_roles(second, seen.staff, (Role.AUDITOR,), seen.version, TERMINAL), Refusal)
    late = hub.people.set_roles(hub.administrator, seen.staff, (Role.OPERATOR,), seen.version, TERMINAL)
    assert isinstance(late, Refusal)
    assert late.code is RefusalCode.CHANGED_MEANWHILE


def test_names_are_sealed_in_the_database(hub: StaffedHub) -> None:
    with hub.records.database.reading() as session:
        sealed = session.scalars(select(StaffRow.name)).all()
    assert len(sealed) == 3
    assert not any(b"Somebody" in each for each in sealed)


def test_a_name_in_any_script_comes_back_as_it_was(hub: StaffedHub) -> None:
    for name in ("Åsa Ö'Brien-Müller", "محمد", "李小龍", "=cmd()|' /C calc'!A0", "'; DROP TABLE staff; --", "x" * 500):
        added = hub.people.add(hub.administrator, name, (Role.AUDITOR,), TERMINAL)
        assert isinstance(added, StaffMember)
        assert member(hub, added.staff).name == name


def test_a_name_that_is_none_is_refused(hub: StaffedHub) -> None:
    for name in ("", "  ", "x" * 501, "a\x00b", "\ud800"):
        refused = hub.people.add(hub.administrator, name, (), TERMINAL)
        assert isinstance(refused, Refusal)
        assert refused.problems[0].field == "name"


def test_looking_at_the_list_of_staff_is_in_the_log(hub: StaffedHub) -> None:
    assert not isinstance(hub.people.everybody(hub.auditor, TERMINAL), Refusal)
    assert isinstance(hub.people.everybody(hub.operator, TERMINAL), Refusal)
    with hub.records.database.reading() as session:
        entries = session.scalars(select(AuditEntryRow).where(AuditEntryRow.act == "VIEW_STAFF")).all()
    assert [(each.staff, each.processing) for each in entries] == [
        (hub.auditor.staff, "consultation"),
        (hub.operator.staff, "none"),
    ]


def test_the_database_itself_refuses_that_somebody_gives_themselves_a_role(hub: StaffedHub) -> None:
    with pytest.raises(DBAPIError, match="given_by_somebody_else"), hub.records.database.writing() as session:
        session.execute(
            text("INSERT INTO staff_roles (staff_id, role, given_by, given_at) VALUES (:me, 'auditor', :me, 0)"),
            {"me": hub.operator.staff},
        )
