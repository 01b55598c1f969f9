"""Disks that fill or refuse, locks, damaged files, wrong vaults: a clear sentence each time, and nothing half."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from tests.records.test_audit import viewing
from tests.records.test_audit_verify import append
from tests.support.database import PASSPHRASE, DatabaseSource, HandClock, SqliteSource, new_hub_records, new_vault
from tests.support.purgeable import PICTURES, create_folder_tables

from openlfr.records import database as database_module
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import verify_audit
from openlfr.records.database import Database, open_database
from openlfr.records.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseExistsError,
    DatabaseUnreachableError,
    DiskFullError,
    ReadOnlyError,
    VaultMismatchError,
)
from openlfr.records.hub_records import HubRecords, create_hub_records, open_hub_records
from openlfr.sealing.errors import VaultMissingError, VaultNotWrittenError, WrongUnlockError
from openlfr.sealing.unlock import Passphrase
from openlfr.sealing.vault import VAULT_FILE, Vault
from openlfr.sealing.vault_file import KeyPurpose

on_sqlite_only = pytest.mark.parametrize("source", ["sqlite"], indirect=True)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(AuditEntryRow)).scalar_one()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of its own, that can be filled and made read-only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a disk of its own for this test needs the right to mount one (run as root)")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, sqlite_source: SqliteSource, clock: HandClock, tmp_path: Path) -> HubRecords:
    shutil.copyfile(sqlite_source.fresh().removeprefix("sqlite:///"), small_disk / "hub.db")
    records = new_hub_records(f"sqlite:///{small_disk / 'hub.db'}", tmp_path / "vault", clock)
    create_folder_tables(records)
    return records


def test_a_full_disk_undoes_the_step_as_a_whole_and_work_goes_on_when_there_is_room(
    on_small_disk: HubRecords, small_disk: Path
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 1_000_000))
    before = count(on_small_disk.database)

    def store_pictures() -> None:
        with on_small_disk.database.writing() as session:
            on_small_disk.audit.append(session, viewing("x"))
            rows = [{"folder_id": "x", "number": number, "picture": os.urandom(30_000)} for number in range(60)]
            session.execute(insert(PICTURES), rows)

    with pytest.raises(DiskFullError, match="The disk of the database is full"):
        store_pictures()
    assert count(on_small_disk.database) == before
    with on_small_disk.database.reading() as session:
        assert session.execute(select(func.count()).select_from(PICTURES)).scalar_one() == 0
    filler.unlink()
    store_pictures()
    assert verify_audit(on_small_disk.database, on_small_disk.signer.public).intact
    on_small_disk.close()


def test_a_read_only_disk_is_a_clear_error(on_small_disk: HubRecords, small_disk: Path, clock: HandClock) -> None:
    vault_folder = on_small_disk.vault.folder
    on_small_disk.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises((ReadOnlyError, DatabaseUnreachableError)):
        open_hub_records(f"sqlite:///{small_disk / 'hub.db'}", vault_folder, PASSPHRASE, clock)
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    open_hub_records(f"sqlite:///{small_disk / 'hub.db'}", vault_folder, PASSPHRASE, clock).close()


def test_a_vault_on_a_read_only_disk_can_be_read_but_not_changed(small_disk: Path) -> None:
    folder = new_vault(small_disk / "vault").folder
    (folder / "vault.lock").unlink()
    shutil.copy(folder / VAULT_FILE, folder / f"{VAULT_FILE}.old")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    vault = Vault.open(folder, PASSPHRASE)
    before = vault.key_ids()
    with pytest.raises(VaultNotWrittenError, match=r"Read-only file system\. Nothing was changed"):
        vault.create_keys(KeyPurpose.ALERT)
    assert vault.key_ids() == before


def test_a_reader_cannot_write(records: HubRecords) -> None:
    with pytest.raises(ReadOnlyError, match="cannot be written to"), records.database.reading() as session:
        session.execute(text("DELETE FROM audit_tip"))
    append(records, "a")


def test_a_database_held_by_another_program_is_a_clear_error_after_a_while(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = open_database(database_url)
    monkeypatch.setattr(database_module, "_LOCK_WAIT_MS", 100)
    waiter = open_database(database_url)
    with (
        holder.writing(),
        pytest.raises(DatabaseBusyError, match="Another program holds the database"),
        waiter.writing(),
    ):
        pass
    with waiter.writing():
        pass
    holder.close()
    waiter.close()


def append_twenty(url: str, folder: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock())
    for number in range(20):
        append(records, str(number))
    records.close()


def test_two_processes_write_to_one_database_and_the_log_stays_whole(database_url: str, vault_folder: Path) -> None:
    records = new_hub_records(database_url, vault_folder, HandClock())
    context = get_context("spawn")
    workers = [context.Process(target=append_twenty, args=(database_url, vault_folder)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    report = verify_audit(records.database, records.signer.public, sealer=records.sealer)
    assert report.problems == ()
    assert report.head.size == 41
    records.close()


@on_sqlite_only
def test_a_file_that_is_no_database_is_left_alone(database_url: str) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    path.write_bytes(b"A letter to the parish council, of some length. " * 100)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamagedError, match="damaged, or its file is not a database"):
        open_database(database_url)
    assert path.read_bytes() == before


@on_sqlite_only
def test_pages_that_were_destroyed_are_noticed(records: HubRecords) -> None:
    append(records, *(str(number) for number in range(500)))
    records.database.scrub([], lambda: True)
    records.database.close()
    path = records.database.sqlite_file
    assert path is not None
    with path.open("r+b") as file:
        file.seek(4096 * 10)
        file.write(b"\xff" * 4096 * 40)
    with pytest.raises(DatabaseDamagedError):
        verify_audit(records.database, records.signer.public)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://nobody@127.0.0.1:1/hub", "cannot be opened or does not answer"),
        ("sqlite:////no/such/folder/hub.db", "No database could be made at"),
        ("sqlite://", "needs a file"),
        ("mysql://localhost/hub", "choose sqlite or postgresql"),
        ("hub.db", "address cannot be read"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_clear_error(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseUnreachableError, match=sentence):
        open_database(url, create=True)


@on_sqlite_only
def test_every_connection_to_sqlite_keeps_the_promises(database: Database) -> None:
    def pragmas() -> list[object]:
        with database.writing() as session:
            names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "query_only")
            return [session.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    expected: list[object] = ["wal", 2, 1, 1, 0]
    assert pragmas() == expected
    with database.reading():
        assert pragmas() == expected


@on_sqlite_only
def test_no_word_of_a_justification_stands_in_clear_in_the_files(records: HubRecords) -> None:
    append(records, "Zebediah Quill")
    file = records.database.sqlite_file
    assert file is not None
    content = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"VIEW_ALERT" in content
    assert b"Looked at Zebediah Quill" not in content


def test_a_missing_vault_a_wrong_passphrase_and_another_vault_are_told_apart(
    records: HubRecords, database_url: str, clock: HandClock, tmp_path: Path
) -> None:
    folder = records.vault.folder
    with pytest.raises(WrongUnlockError):
        open_hub_records(database_url, folder, Passphrase("not the right words"), clock)
    with pytest.raises(VaultMismatchError, match="do not belong together"):
        open_hub_records(database_url, new_vault(tmp_path / "other").folder, PASSPHRASE, clock)
    (folder / VAULT_FILE).unlink()
    with pytest.raises(VaultMissingError):
        open_hub_records(database_url, folder, PASSPHRASE, clock)
    assert not (folder / VAULT_FILE).exists()


def test_a_database_and_a_vault_are_used_once(
    records: HubRecords, database_url: str, source: DatabaseSource, clock: HandClock, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseExistsError, match="in use by OpenLFR already"):
        create_hub_records(database_url, new_vault(tmp_path / "other"), clock)
    with pytest.raises(VaultMismatchError, match="A new database needs a new vault"):
        create_hub_records(source.empty(), records.vault, clock)


def test_records_whose_creation_was_cut_short_are_made_by_the_next_attempt(
    source: DatabaseSource, clock: HandClock, vault_folder: Path
) -> None:
    url = source.empty()
    open_database(url, create=True).close()
    with pytest.raises(VaultMismatchError):
        open_hub_records(url, new_vault(vault_folder).folder, PASSPHRASE, clock)
    records = create_hub_records(url, Vault.open(vault_folder, PASSPHRASE), clock)
    assert count(records.database) == 1
    records.close()
    open_hub_records(url, vault_folder, PASSPHRASE, clock).close()
