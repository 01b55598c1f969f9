"""Kill -9 at random moments in every write path of the records: nothing lost, nothing half, the restart finishes."""

import random
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.database import PASSPHRASE, HandClock, new_hub_records, new_vault
from tests.support.kills import work_until_killed
from tests.support.purgeable import FOLDERS, PICTURES, PurgeableFolders, add_folder, create_folder_tables

from openlfr.policy.retention import DataClass, packaged_retention_policy
from openlfr.policy.roles import Action, Role
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import NotedHead, verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.hub_records import open_hub_records
from openlfr.records.retention import Retention
from openlfr.records.retention_tables import PurgeReceiptRow
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import KeyPurpose

pytestmark = pytest.mark.slow

KILLS = 20
POLICY = packaged_retention_policy()
LATER = HandClock().now + POLICY.classes[DataClass.ALERT].period


def change_vault(report: Connection, folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    report.send(("ready", ""))
    while True:
        kept, doomed = vault.create_keys(KeyPurpose.ALERT, 2)
        report.send(("made", kept.id))
        vault.destroy_keys([doomed.id])
        report.send(("destroyed", doomed.id))


def test_a_vault_whose_rewriting_is_killed_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(20260501)
    folder = new_vault(tmp_path / "vault").folder
    made: set[str] = set()
    destroyed: set[str] = set()
    for _ in range(KILLS):
        reports = work_until_killed(change_vault, folder, chance=chance, at_most_s=0.08)
        made |= {key_id for what, key_id in reports if what == "made"}
        destroyed |= {key_id for what, key_id in reports if what == "destroyed"}
        present = Vault.open(folder, PASSPHRASE).key_ids(KeyPurpose.ALERT)
        assert made <= present
        assert not destroyed & present
    assert made
    vault = Vault.open(folder, PASSPHRASE)
    vault.rotate()
    assert sorted(path.name for path in folder.iterdir()) == ["vault.keys", "vault.lock"]


def append_entries(report: Connection, url: str, folder: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock())
    viewed = AuditEvent(
        Who("op-1", Role.OPERATOR),
        Action.VIEW_ALERT,
        Processing.CONSULTATION,
        RecordReference("alert", "1"),
        "console",
        "",
    )
    report.send(0)
    count = 0
    while True:
        count += 1
        with records.database.writing() as session:
            first = records.audit.append(session, *[viewed] * (count % 5 + 1))
        report.send(first + count % 5)


def test_an_audit_log_whose_writer_is_killed_keeps_all_that_was_committed_and_stays_whole(
    database_url: str, vault_folder: Path
) -> None:
    chance = random.Random(20260502)
    new_hub_records(database_url, vault_folder, HandClock()).close()
    last = 0
    for _ in range(KILLS):
        reports = work_until_killed(append_entries, database_url, vault_folder, chance=chance, at_most_s=0.08)
        last = max(last, *reports)
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock())
        document = HeadNote(vault_folder).read()
        assert document is not None
        head = TreeHead.opened(document, records.signer.public)
        report = verify_audit(records.database, records.signer.public, [NotedHead(head.size, head.root)])
        assert report.problems == ()
        assert report.head.size > last
        records.close()
    assert last > KILLS


def run_purge(report: Connection, url: str, folder: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock(LATER))
    report.send(0)
    receipts = Retention(records, POLICY, [PurgeableFolders()]).purge(THE_HUB_ITSELF, "hub", "Hourly purge.")
    report.send(len(receipts))


def test_a_purge_killed_at_any_moment_is_finished_by_the_next_and_leaves_nothing(
    database_url: str, vault_folder: Path
) -> None:
    chance = random.Random(20260503)
    records = new_hub_records(database_url, vault_folder, HandClock())
    create_folder_tables(records)
    records.close()
    unfinished = 0
    for attempt in range(KILLS):
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock())
        keys = [add_folder(records, f"{attempt}-{number}", [bytes(3000)] * 300, HandClock().now) for number in range(3)]
        records.close()
        work_until_killed(run_purge, database_url, vault_folder, chance=chance, at_most_s=0.4)
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock(LATER + timedelta(hours=1)))
        retention = Retention(records, POLICY, [PurgeableFolders()])
        unfinished += bool(retention.plan().begun)
        retention.purge(THE_HUB_ITSELF, "hub", "After the restart.")
        assert not records.vault.key_ids() & set(keys)
        with records.database.reading() as session:
            for table in (FOLDERS, PICTURES):
                assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
            assert session.execute(select(func.count()).select_from(PurgeReceiptRow)).scalar_one() == 3 * (attempt + 1)
            erasures = select(func.count()).where(AuditEntryRow.processing == Processing.ERASURE)
            assert session.execute(erasures).scalar_one() == 3 * (attempt + 1)
        records.close()
    assert unfinished > 2, "the kills came too early or too late to show anything"
    records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock(LATER))
    assert verify_deletion(records, [PurgeableFolders()]).findings == ()
    assert verify_audit(records.database, records.signer.public).intact
    records.close()
