"""Proof of deletion, by reading the disk: nothing is left of what was purged, and whatever is left is found."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from tests.support.database import HandClock, PostgresSource, new_hub_records
from tests.support.purgeable import FOLDERS, PICTURES, PurgeableFolders, add_folder, create_folder_tables

from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Action
from openlfr.records.audit_entry import THE_HUB_ITSELF, RecordReference
from openlfr.records.deletion import DeletionReport, Finding, Remains, verify_deletion
from openlfr.records.hub_records import HubRecords
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention
from openlfr.sealing.box import Place, find_marks, seal
from openlfr.sealing.vault import VAULT_FILE
from openlfr.sealing.vault_file import KeyPurpose

WATCHLIST = "01890a5d-ac96-774b-bcce-b302099a8057"
KEPT = "01890a5d-ac96-774b-bcce-b302099a8058"
PURGEABLES = [PurgeableFolders()]


def pictures(count: int = 40) -> list[bytes]:
    """Pictures of a size that takes SQLite's overflow pages and PostgreSQL's TOAST."""
    return [os.urandom(30_000) for _ in range(count)]


def destroy(records: HubRecords, folder: str) -> PurgeReceipt:
    retention = Retention(records, packaged_retention_policy(), PURGEABLES)
    receipt = retention.destroy(
        RecordReference("folder", folder), THE_HUB_ITSELF, Action.DESTROY_WATCHLIST, "hub", "The deployment ended."
    )
    assert isinstance(receipt, PurgeReceipt)
    return receipt


@pytest.fixture
def purged(records: HubRecords) -> tuple[HubRecords, str, bytes]:
    """Records with one folder destroyed and one kept; the destroyed key's id, and a sealed value as it was."""
    create_folder_tables(records)
    add_folder(records, KEPT, pictures(3))
    key_id = add_folder(records, WATCHLIST, pictures())
    with records.database.reading() as session:
        picture: bytes = session.scalar(
            text("SELECT picture FROM test_pictures WHERE folder_id = :id AND number = 7"), {"id": WATCHLIST}
        )
    destroy(records, WATCHLIST)
    return records, key_id, bytes(picture)


on_sqlite_only = pytest.mark.parametrize("source", ["sqlite"], indirect=True)


def sqlite_file(records: HubRecords) -> Path:
    assert records.database.sqlite_file is not None
    return records.database.sqlite_file


def kinds(report: DeletionReport) -> list[Remains]:
    return sorted({finding.remains for finding in report.findings})


def test_nothing_is_found_after_a_purge(purged: tuple[HubRecords, str, bytes], tmp_path: Path) -> None:
    records, _, _ = purged
    cache = tmp_path / "cache"
    cache.mkdir()
    report = verify_deletion(records, PURGEABLES, folders=[cache])
    assert report.findings == ()
    assert report.clean
    assert report.receipts == 1


@on_sqlite_only
def test_before_the_purge_the_bytes_are_on_the_disk_and_after_it_in_no_file_of_the_database(
    records: HubRecords,
) -> None:
    """Reads the raw files with nothing of ours but the key's id: the search above cannot have overlooked it."""
    file = sqlite_file(records)
    create_folder_tables(records)
    add_folder(records, KEPT, pictures(3))
    key_id = bytes.fromhex(add_folder(records, WATCHLIST, pictures()))
    assert sum(path.read_bytes().count(key_id) for path in file.parent.iterdir()) > 40 * 29
    destroy(records, WATCHLIST)
    assert sum(path.read_bytes().count(key_id) for path in file.parent.iterdir()) == 0


@on_sqlite_only
def test_rows_that_moved_between_pages_leave_no_copies_either(records: HubRecords) -> None:
    """SQLite's secure_delete alone fails this: it does not clear where a page's rows were before it was split."""
    file = sqlite_file(records)
    create_folder_tables(records)
    folders = [f"01890a5d-ac96-774b-bcce-{number * 7919 % 100_000:012}" for number in range(40)]
    for folder in folders:
        add_folder(records, folder, [os.urandom(50 + 37 * number) for number in range(20)])
    for folder in folders[::2]:
        destroy(records, folder)
    living = records.vault.key_ids(KeyPurpose.WATCHLIST)
    content = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert {mark.key_id for mark in find_marks(content)} - records.vault.key_ids() == set()
    assert len(living) == 20


def test_postgresql_keeps_nothing_of_it_in_any_file_of_its_data_folder(
    postgres_source: PostgresSource, vault_folder: Path, clock: HandClock
) -> None:
    records = new_hub_records(postgres_source.fresh(), vault_folder, clock)
    create_folder_tables(records)
    key_id = bytes.fromhex(add_folder(records, WATCHLIST, pictures()))
    destroy(records, WATCHLIST)
    report = verify_deletion(records, PURGEABLES, postgresql_data=postgres_source.data_folder)
    assert report.findings == ()
    assert report.clean
    assert report.size_bytes > 1_000_000
    assert not any(key_id in path.read_bytes() for path in postgres_source.data_folder.rglob("*") if path.is_file())
    (postgres_source.data_folder / "left").write_bytes(seal(key_id.hex(), bytes(32), b"face", Place("t", "c", "r")))
    found = verify_deletion(records, PURGEABLES, postgresql_data=postgres_source.data_folder)
    (postgres_source.data_folder / "left").unlink()
    assert kinds(found) == [Remains.SEALED_VALUE]
    records.close()


def only(report: DeletionReport) -> Finding:
    (finding,) = report.findings
    return finding


def test_a_vault_put_back_from_a_backup_is_found_by_its_living_key(records: HubRecords) -> None:
    create_folder_tables(records)
    key_id = add_folder(records, WATCHLIST, [b"face"])
    path = records.vault.folder / VAULT_FILE
    shutil.copy(path, path.with_suffix(".backup"))
    destroy(records, WATCHLIST)
    shutil.copy(path.with_suffix(".backup"), path)
    finding = only(verify_deletion(records, PURGEABLES))
    assert finding.remains is Remains.LIVING_KEY
    assert f"Key {key_id} of folder {WATCHLIST}" in finding.sentence


def test_a_leftover_of_the_vaults_last_rewriting_is_found(purged: tuple[HubRecords, str, bytes]) -> None:
    records, _, _ = purged
    path = records.vault.folder / VAULT_FILE
    shutil.copy(path, path.with_name(VAULT_FILE + ".old"))
    assert only(verify_deletion(records, PURGEABLES)).remains is Remains.LEFTOVER_FILE


def test_rows_that_came_back_are_found(purged: tuple[HubRecords, str, bytes]) -> None:
    records, key_id, sealed = purged
    with records.database.writing() as session:
        session.execute(insert(FOLDERS), [{"id": WATCHLIST, "key_id": key_id, "ended_at": None}])
    report = verify_deletion(records, PURGEABLES)
    assert only(report).remains is Remains.ROWS
    assert f"Rows of folder {WATCHLIST}" in only(report).sentence
    with records.database.writing() as session:
        session.execute(insert(PICTURES), [{"folder_id": WATCHLIST, "number": 1, "picture": sealed}])
    where = {finding.where for finding in verify_deletion(records, PURGEABLES).findings}
    assert "test_pictures.picture" in where


def test_a_sealed_value_under_a_key_that_no_receipt_tells_of_is_found(records: HubRecords) -> None:
    create_folder_tables(records)
    stray = seal("ab" * 16, bytes(32), b"face", Place("test_pictures", "picture", "x"))
    with records.database.writing() as session:
        session.execute(insert(PICTURES), [{"folder_id": "x", "number": 1, "picture": stray}])
    report = verify_deletion(records, PURGEABLES)
    assert kinds(report) == [Remains.SEALED_VALUE]
    assert "something no receipt tells of" in report.findings[0].sentence


def in_a_free_page(file: Path, sealed: bytes) -> None:
    """Store and delete a value with a SQLite that does not overwrite what it deletes."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE careless (value BLOB)")
        connection.execute("INSERT INTO careless VALUES (?)", [sealed])
        connection.commit()
        connection.execute("DROP TABLE careless")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def in_the_write_ahead_log(file: Path, sealed: bytes) -> None:
    with file.with_name(file.name + "-wal").open("ab") as log:
        log.write(bytes(100) + sealed)


@on_sqlite_only
@pytest.mark.parametrize("plant", [in_a_free_page, in_the_write_ahead_log])
def test_remains_in_the_files_of_sqlite_are_found_with_file_and_offset(
    purged: tuple[HubRecords, str, bytes], plant: Callable[[Path, bytes], None]
) -> None:
    records, key_id, sealed = purged
    file = sqlite_file(records)
    records.database.close()
    plant(file, sealed)
    report = verify_deletion(records, PURGEABLES)
    assert kinds(report) == [Remains.SEALED_VALUE]
    for finding in report.findings:
        assert f"folder {WATCHLIST} (destroyed 2026-05-01 09:00 UTC)" in finding.sentence
        assert finding.offset is not None
        content = Path(finding.where).read_bytes()
        assert content[finding.offset + 8 : finding.offset + 24].hex() == key_id
    assert report.finding_count >= len(sealed) // 4096


def test_a_piece_from_the_middle_of_a_picture_is_found_in_a_cache(
    purged: tuple[HubRecords, str, bytes], tmp_path: Path
) -> None:
    records, _, sealed = purged
    nested = tmp_path / "cache" / "pictures"
    nested.mkdir(parents=True)
    (nested / "0001.bin").write_bytes(os.urandom(500) + sealed[9000:10100])
    report = verify_deletion(records, PURGEABLES, folders=[tmp_path / "cache"])
    assert kinds(report) == [Remains.SEALED_VALUE]
    assert report.findings[0].where == str(nested / "0001.bin")


def test_an_identifier_or_a_key_named_in_the_bus_is_found_but_not_those_of_others(
    purged: tuple[HubRecords, str, bytes], tmp_path: Path
) -> None:
    records, key_id, _ = purged
    bus = tmp_path / "bus"
    bus.mkdir()
    (bus / "stream.blk").write_bytes(b'{"watchlist":"' + WATCHLIST.encode() + b'"}' + KEPT.encode())
    (bus / "keys.txt").write_bytes(b"x" * (8 << 20) + b" " + key_id.encode())
    report = verify_deletion(records, PURGEABLES, folders=[bus])
    found = {(Path(finding.where).name, finding.offset) for finding in report.findings}
    assert found == {("stream.blk", 14), ("keys.txt", (8 << 20) + 1)}
    assert kinds(report) == [Remains.IDENTIFIER]


def test_a_folder_that_is_not_there_is_not_called_clean(purged: tuple[HubRecords, str, bytes], tmp_path: Path) -> None:
    report = verify_deletion(purged[0], PURGEABLES, folders=[tmp_path / "absent"])
    assert not report.clean
    assert report.unreadable == (f"{tmp_path / 'absent'}: there is no such file or folder",)


def test_a_purge_that_is_not_finished_is_reported(records: HubRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    create_folder_tables(records)
    add_folder(records, WATCHLIST, [b"face"])

    def fail(*_: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(records.database, "scrub", fail)
    with pytest.raises(InterruptedError):
        destroy(records, WATCHLIST)
    report = verify_deletion(records, PURGEABLES)
    assert Remains.UNFINISHED in kinds(report)
