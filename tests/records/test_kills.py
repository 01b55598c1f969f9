"""Kill -9 in every write path of the records: nothing lost, nothing half, the restart finishes."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.database import PASSPHRASE, HandClock, new_hub_records, new_vault
from tests.support.kills import work_killed_before
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

KILLS = 16
POLICY = packaged_retention_policy()
LATER = HandClock().now + POLICY.classes[DataClass.ALERT].period

Report = Callable[[object], None]


def some_steps(seed: int, steps: int | None) -> Iterator[int]:
    """KILLS different steps out of all that the work took, in a random order that is always the same."""
    assert steps is not None
    yield from random.Random(seed).sample(range(steps), min(KILLS, steps))


def change_vault(report: Report, folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    kept, doomed = vault.create_keys(KeyPurpose.ALERT, 2)
    report(("made", kept.id))
    vault.destroy_keys([doomed.id])
    report(("destroyed", doomed.id))


def test_a_vault_whose_rewriting_is_killed_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    folder = new_vault(tmp_path / "vault").folder
    made: set[str] = set()
    destroyed: set[str] = set()
    for step in some_steps(1, work_killed_before(None, change_vault, folder).steps):
        reports = work_killed_before(step, change_vault, folder).reports
        made |= {key_id for what, key_id in reports if what == "made"}
        destroyed |= {key_id for what, key_id in reports if what == "destroyed"}
        vault = Vault.open(folder, PASSPHRASE)
        assert made <= vault.key_ids(KeyPurpose.ALERT)
        assert not destroyed & vault.key_ids()
        assert sorted(path.name for path in folder.iterdir()) == ["vault.keys", "vault.lock"]
    assert made


def append_entries(report: Report, url: str, folder: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock())
    viewed = AuditEvent(
        Who("op-1", Role.OPERATOR),
        Action.VIEW_ALERT,
        Processing.CONSULTATION,
        RecordReference("alert", "1"),
        "console",
        "",
    )
    for count in range(1, 6):
        with records.database.writing() as session:
            first = records.audit.append(session, *[viewed] * count)
        report(first + count)


def test_an_audit_log_whose_writer_is_killed_keeps_all_that_was_committed_and_stays_whole(
    database_url: str, vault_folder: Path
) -> None:
    new_hub_records(database_url, vault_folder, HandClock()).close()
    whole = work_killed_before(None, append_entries, database_url, vault_folder)
    size = max(whole.reports)
    for step in some_steps(2, whole.steps):
        size = max(size, *work_killed_before(step, append_entries, database_url, vault_folder).reports, 0)
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock())
        document = HeadNote(vault_folder).read()
        assert document is not None
        head = TreeHead.opened(document, records.signer.public)
        report = verify_audit(records.database, records.signer.public, [NotedHead(head.size, head.root)])
        assert report.problems == ()
        assert report.head.size >= size
        records.close()


def run_purge(report: Report, url: str, folder: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock(LATER))
    Retention(records, POLICY, [PurgeableFolders()]).purge(THE_HUB_ITSELF, "hub", "Hourly purge.")


def test_a_purge_killed_at_any_step_is_finished_by_the_next_and_leaves_nothing(
    database_url: str, vault_folder: Path
) -> None:
    records = new_hub_records(database_url, vault_folder, HandClock())
    create_folder_tables(records)

    def add_what_is_due(name: str) -> set[str]:
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock())
        keys = {add_folder(records, f"{name}-{each}", [bytes(3000)] * 300, HandClock().now) for each in range(3)}
        records.close()
        return keys

    records.close()
    add_what_is_due("whole")
    steps = work_killed_before(None, run_purge, database_url, vault_folder).steps
    unfinished = 0
    for attempt, step in enumerate(some_steps(3, steps), 2):
        keys = add_what_is_due(str(step))
        work_killed_before(step, run_purge, database_url, vault_folder)
        records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock(LATER + timedelta(hours=1)))
        retention = Retention(records, POLICY, [PurgeableFolders()])
        unfinished += bool(retention.plan().begun)
        retention.purge(THE_HUB_ITSELF, "hub", "After the restart.")
        assert not records.vault.key_ids() & keys
        with records.database.reading() as session:
            for table in (FOLDERS, PICTURES):
                assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
            assert session.execute(select(func.count()).select_from(PurgeReceiptRow)).scalar_one() == 3 * attempt
            erasures = select(func.count()).where(AuditEntryRow.processing == Processing.ERASURE)
            assert session.execute(erasures).scalar_one() == 3 * attempt
        records.close()
    assert unfinished, "no kill fell between the beginning and the end of a purge"
    records = open_hub_records(database_url, vault_folder, PASSPHRASE, HandClock(LATER))
    assert verify_deletion(records, [PurgeableFolders()]).findings == ()
    assert verify_audit(records.database, records.signer.public).intact
    records.close()
