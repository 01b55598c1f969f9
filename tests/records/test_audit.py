"""Appending to the audit log."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from tests.support.database import HandClock

from openlfr.policy.roles import Action, Role
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_tables import AuditEntryRow, AuditHeadRow
from openlfr.records.hub_records import HubRecords

OFFICER = Who("5f0c", Role.OPERATOR)


def viewing(alert: str = "a-1", why: str = "On duty at the console.") -> AuditEvent:
    return AuditEvent(
        OFFICER, Action.VIEW_ALERT, Processing.CONSULTATION, RecordReference("alert", alert), "console 1", why
    )


def count(records: HubRecords, row: type[AuditEntryRow] | type[AuditHeadRow] = AuditEntryRow) -> int:
    with records.database.reading() as session:
        return session.execute(select(func.count()).select_from(row)).scalar_one()


def test_new_records_begin_with_an_entry_of_their_creation(records: HubRecords) -> None:
    with records.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntryRow)).all()
    assert (entry.sequence, entry.act, entry.staff) == (0, "RECORDS_CREATED", "hub")


def test_entries_are_numbered_in_order_and_each_append_signs_one_head(records: HubRecords) -> None:
    with records.database.writing() as session:
        assert records.audit.append(session, viewing("a-1"), viewing("a-2")) == 1
        assert records.audit.append(session, viewing("a-3")) == 3
    assert count(records) == 4
    assert count(records, AuditHeadRow) == 3


def test_an_entry_is_kept_only_with_what_it_describes(records: HubRecords) -> None:
    def failing() -> None:
        with records.database.writing() as session:
            records.audit.append(session, viewing())
            raise RuntimeError("the rest of the step fails")

    with pytest.raises(RuntimeError):
        failing()
    assert count(records) == 1


def test_a_clock_set_back_is_recorded_and_the_order_stays_that_of_writing(
    records: HubRecords, clock: HandClock
) -> None:
    clock.advance(timedelta(hours=-2))
    with records.database.writing() as session:
        assert records.audit.append(session, viewing()) == 2
    with records.database.reading() as session:
        entries = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence)).all()
    assert [entry.act for entry in entries] == ["RECORDS_CREATED", "CLOCK_SET_BACK", "VIEW_ALERT"]
    assert entries[2].recorded_at < entries[0].recorded_at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET staff = 'somebody else'",
        "DELETE FROM audit_entries",
        "UPDATE audit_heads SET size = 99",
        "DELETE FROM audit_heads",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(records: HubRecords, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed or deleted"),
        records.database.writing() as session,
    ):
        session.execute(text(statement))
    assert count(records) == 1


def test_the_head_is_noted_when_the_step_is_committed_and_not_before(records: HubRecords) -> None:
    def noted() -> int:
        document = HeadNote(records.vault.folder).read()
        assert document is not None
        return TreeHead.opened(document, records.signer.public).size

    with records.database.writing() as session:
        records.audit.append(session, viewing("a-1"))
        records.audit.append(session, viewing("a-2"))
        with session.begin_nested():
            records.audit.append(session, viewing("a-3"))
        assert noted() == 1
    assert noted() == 4


def test_a_note_that_cannot_be_written_loses_nothing_and_is_made_up_for(records: HubRecords) -> None:
    note = HeadNote(records.vault.folder)
    in_the_way = note.path.with_suffix(".new")
    in_the_way.mkdir()
    with records.database.writing() as session:
        records.audit.append(session, viewing("a-1"))
    assert count(records) == 2
    in_the_way.rmdir()
    with records.database.writing() as session:
        records.audit.append(session, viewing("a-2"))
    document = note.read()
    assert document is not None
    assert TreeHead.opened(document, records.signer.public).size == 3
