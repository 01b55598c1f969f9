"""Retention: what is due goes with a receipt, what is held stays, what was interrupted is finished."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.purgeable import (
    FOLDERS,
    PICTURES,
    PurgeableDeployments,
    PurgeableFolders,
    add_folder,
    create_folder_tables,
)

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass, packaged_retention_policy
from openlfr.policy.roles import Action, Actor, Role
from openlfr.records.audit_entry import THE_HUB_ITSELF, RecordReference
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.errors import RetentionError
from openlfr.records.hub_records import HubRecords
from openlfr.records.legal_holds import LegalHold
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention
from openlfr.records.retention_tables import PurgeIntentRow, PurgeReceiptRow
from openlfr.sealing.errors import KeyNotInVaultError
from openlfr.sealing.signature import SignedDocument, SigningKey

POLICY = packaged_retention_policy()
PERIOD = POLICY.classes[DataClass.ALERT].period
MAXIMUM = POLICY.classes[DataClass.ALERT].maximum
OFFICER = Actor(StaffId("super-1"), frozenset({Role.AUTHORISING_OFFICER}))
OPERATOR = Actor(StaffId("op-1"), frozenset({Role.OPERATOR}))


@pytest.fixture
def retention(records: HubRecords) -> Retention:
    create_folder_tables(records)
    return Retention(records, POLICY, [PurgeableFolders(), PurgeableDeployments()])


def folder(name: str) -> RecordReference:
    return RecordReference("folder", name)


def purge(retention: Retention) -> tuple[PurgeReceipt, ...]:
    return retention.purge(THE_HUB_ITSELF, "hub", "Hourly purge.")


def rows_left(records: HubRecords) -> tuple[int, int]:
    with records.database.reading() as session:
        return (
            session.execute(select(func.count()).select_from(FOLDERS)).scalar_one(),
            session.execute(select(func.count()).select_from(PICTURES)).scalar_one(),
        )


def acts(records: HubRecords) -> list[str]:
    with records.database.reading() as session:
        return list(session.scalars(select(AuditEntryRow.act).order_by(AuditEntryRow.sequence)))


def test_what_is_due_is_destroyed_with_keys_rows_and_a_signed_receipt(
    records: HubRecords, retention: Retention, clock: HandClock
) -> None:
    key = add_folder(records, "old", [b"face"] * 1200, ended_at=clock.now)
    add_folder(records, "open", [b"face"] * 3)
    clock.advance(PERIOD)
    recent = add_folder(records, "recent", [b"face"], ended_at=clock.now)
    (receipt,) = purge(retention)
    assert (receipt.record, receipt.keys) == (folder("old"), (key,))
    assert receipt.rows == {"test_folders": 1, "test_pictures": 1200}
    assert rows_left(records) == (2, 4)
    with pytest.raises(KeyNotInVaultError):
        records.vault.key(key)
    assert records.vault.key(recent)
    assert acts(records)[-2:] == ["PURGE_BEGUN", "RUN_PURGE"]
    with records.database.reading() as session:
        document = SignedDocument.from_bytes(session.scalars(select(PurgeReceiptRow)).one().document)
        assert session.scalars(select(PurgeIntentRow)).all() == []
    assert PurgeReceipt.opened(document, records.signer.public) == receipt
    with pytest.raises(RetentionError, match="not genuine"):
        PurgeReceipt.opened(document, SigningKey(bytes(32)).public)


def test_nothing_is_due_a_moment_before_its_time(records: HubRecords, retention: Retention, clock: HandClock) -> None:
    add_folder(records, "old", [b"face"], ended_at=clock.now)
    clock.advance(PERIOD - timedelta(microseconds=1))
    assert retention.plan().due == ()
    assert purge(retention) == ()
    clock.advance(timedelta(microseconds=1))
    assert [candidate.record for candidate in retention.plan().due] == [folder("old")]


def test_a_dry_run_changes_nothing(records: HubRecords, retention: Retention, clock: HandClock) -> None:
    key = add_folder(records, "old", [b"face"], ended_at=clock.now)
    clock.advance(PERIOD)
    before = acts(records)
    assert len(retention.plan().due) == 1
    assert acts(records) == before
    assert records.vault.key(key)
    assert rows_left(records) == (1, 1)


@pytest.mark.parametrize("held", [folder("old"), RecordReference("deployment", "of old")])
def test_a_hold_on_a_record_or_its_deployment_keeps_it_until_released(
    records: HubRecords, retention: Retention, clock: HandClock, held: RecordReference
) -> None:
    key = add_folder(records, "old", [b"face"], ended_at=clock.now)
    hold = retention.holds.place(OFFICER, held, "Crown Court at Leeds, T20267001", "Disclosure", "console 1")
    assert isinstance(hold, LegalHold)
    clock.advance(MAXIMUM * 2)
    assert [held_back.hold for held_back in retention.plan().held] == [hold]
    assert purge(retention) == ()
    assert retention.overdue() == ()
    refusal = retention.destroy(folder("old"), THE_HUB_ITSELF, Action.DESTROY_WATCHLIST, "hub", "End.")
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.LEGAL_HOLD
    assert records.vault.key(key)
    released = retention.holds.release(OFFICER, hold.id, "Crown Court at Leeds", "The case is closed", "console 1")
    assert released == hold
    assert [receipt.record for receipt in purge(retention)] == [folder("old")]
    assert acts(records)[1:] == ["PLACE_LEGAL_HOLD", "RELEASE_LEGAL_HOLD", "PURGE_BEGUN", "RUN_PURGE"]


def test_a_hold_needs_the_role_an_authority_a_reason_and_a_record_that_may_be_held(
    records: HubRecords, retention: Retention, clock: HandClock
) -> None:
    add_folder(records, "old", [b"face"], ended_at=clock.now)
    strict = Retention(records, POLICY, [PurgeableFolders(data_class=DataClass.WATCHLIST)])
    attempts: list[tuple[LegalHold | Refusal, RefusalCode]] = [
        (retention.holds.place(OPERATOR, folder("old"), "Court", "Case", "c"), RefusalCode.WRONG_ROLE),
        (retention.holds.place(OFFICER, folder("old"), " ", "Case", "c"), RefusalCode.AUTHORITY_MISSING),
        (retention.holds.place(OFFICER, folder("old"), "Court", "", "c"), RefusalCode.AUTHORITY_MISSING),
        (retention.holds.place(OFFICER, folder("absent"), "Court", "Case", "c"), RefusalCode.UNKNOWN_RECORD),
        (retention.holds.place(OFFICER, RecordReference("cat", "1"), "A", "B", "c"), RefusalCode.UNKNOWN_RECORD),
        (strict.holds.place(OFFICER, folder("old"), "Court", "Case", "c"), RefusalCode.LEGAL_HOLD),
        (retention.holds.release(OFFICER, "no such hold", "Court", "Case", "c"), RefusalCode.UNKNOWN_RECORD),
        (retention.holds.release(OPERATOR, "no such hold", "Court", "Case", "c"), RefusalCode.WRONG_ROLE),
        (retention.holds.release(OFFICER, "no such hold", "", "", "c"), RefusalCode.AUTHORITY_MISSING),
    ]
    assert [result.code for result, _ in attempts if isinstance(result, Refusal)] == [code for _, code in attempts]
    assert acts(records) == ["RECORDS_CREATED", *["PLACE_LEGAL_HOLD"] * 6, *["RELEASE_LEGAL_HOLD"] * 3]


def test_a_hold_comes_too_late_once_destruction_has_begun(
    records: HubRecords, retention: Retention, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_folder(records, "old", [b"face"], ended_at=clock.now)
    clock.advance(PERIOD)
    interrupted(monkeypatch, records, "destroy_keys")
    with pytest.raises(InterruptedError):
        purge(retention)
    refusal = retention.holds.place(OFFICER, folder("old"), "Court", "Case", "console 1")
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.TOO_LATE


def interrupted(monkeypatch: pytest.MonkeyPatch, records: HubRecords, step: str) -> None:
    """Make one step of a purge fail, as if the program ended there."""

    def fail(*_: object) -> None:
        raise InterruptedError(step)

    if step == "destroy_keys":
        monkeypatch.setattr(records.vault, "destroy_keys", fail)
    else:
        monkeypatch.setattr(records.database, step, fail)


@pytest.mark.parametrize("step", ["destroy_keys", "scrub"])
def test_an_interrupted_purge_is_finished_by_the_next_one(
    records: HubRecords, retention: Retention, clock: HandClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    key = add_folder(records, "old", [b"face"] * 700, ended_at=clock.now)
    clock.advance(PERIOD)
    interrupted(monkeypatch, records, step)
    with pytest.raises(InterruptedError):
        purge(retention)
    monkeypatch.undo()
    assert [intent.record for intent in retention.plan().begun] == [folder("old")]
    (receipt,) = purge(retention)
    assert receipt.keys == (key,)
    assert receipt.rows == {"test_folders": 1, "test_pictures": 700}
    assert retention.plan().begun == ()
    assert acts(records) == ["RECORDS_CREATED", "PURGE_BEGUN", "RUN_PURGE"]


def test_a_record_can_be_destroyed_at_once_by_order(records: HubRecords, retention: Retention) -> None:
    add_folder(records, "refused", [b"face"])
    receipt = retention.destroy(folder("refused"), THE_HUB_ITSELF, Action.DESTROY_WATCHLIST, "hub", "Refused.")
    assert isinstance(receipt, PurgeReceipt)
    assert acts(records)[-1] == "DESTROY_WATCHLIST"
    again = retention.destroy(folder("refused"), THE_HUB_ITSELF, Action.DESTROY_WATCHLIST, "hub", "Refused.")
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.UNKNOWN_RECORD


def test_several_records_are_destroyed_at_once_each_with_its_own_answer(
    records: HubRecords, retention: Retention
) -> None:
    for name in ("one", "two", "held"):
        add_folder(records, name, [b"face"])
    retention.holds.place(OFFICER, folder("held"), "Court", "Case", "console 1")
    wanted = [folder(name) for name in ("one", "held", "absent", "two")]
    results = retention.destroy_each(wanted, THE_HUB_ITSELF, Action.RUN_PURGE, "hub", "The authority was refused.")
    assert [result.record.id if isinstance(result, PurgeReceipt) else result.code for result in results] == [
        "one",
        RefusalCode.LEGAL_HOLD,
        RefusalCode.UNKNOWN_RECORD,
        "two",
    ]


def test_what_should_long_be_gone_raises_the_alarm_and_is_logged_once(
    records: HubRecords, retention: Retention, clock: HandClock
) -> None:
    ended = clock.now
    add_folder(records, "old", [b"face"], ended_at=ended)
    clock.advance(MAXIMUM)
    (first,) = retention.overdue()
    assert (first.record, first.since) == (folder("old"), ended + MAXIMUM)
    assert retention.overdue() == (first,)
    assert acts(records) == ["RECORDS_CREATED", "RETENTION_OVERDUE"]


def test_what_is_destroyed_too_late_is_said_before_it_is_gone(
    records: HubRecords, retention: Retention, clock: HandClock
) -> None:
    add_folder(records, "old", [b"face"], ended_at=clock.now)
    clock.advance(MAXIMUM)  # as when the machine was off all the time
    assert len(purge(retention)) == 1
    assert acts(records) == ["RECORDS_CREATED", "RETENTION_OVERDUE", "PURGE_BEGUN", "RUN_PURGE"]


def test_a_purge_of_something_this_program_does_not_know_is_not_passed_over(
    records: HubRecords, retention: Retention, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_folder(records, "old", [b"face"], ended_at=clock.now)
    clock.advance(PERIOD)
    interrupted(monkeypatch, records, "destroy_keys")
    with pytest.raises(InterruptedError):
        purge(retention)
    monkeypatch.undo()
    with pytest.raises(RetentionError, match="cannot finish"):
        purge(Retention(records, POLICY, []))


def test_two_kinds_of_one_name_are_refused(records: HubRecords) -> None:
    with pytest.raises(RetentionError, match="same name"):
        Retention(records, POLICY, [PurgeableFolders(), PurgeableFolders()])
