"""Verification of the audit log: whatever is done to its rows behind our back is found and named."""

import shutil
from collections.abc import Sequence

import pytest
from sqlalchemy import create_engine, text
from tests.support.database import PASSPHRASE, HandClock

from openlfr.policy.roles import Action, Role
from openlfr.records.audit import AuditLog
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_verify import AuditReport, NotedHead, verify_audit
from openlfr.records.database import Database
from openlfr.records.errors import AuditBrokenError, VaultMismatchError
from openlfr.records.hub_records import HubRecords, open_hub_records
from openlfr.records.merkle import Frontier
from openlfr.sealing.signature import SigningKey
from openlfr.sealing.vault import VAULT_FILE
from openlfr.sealing.vault_file import KeyPurpose

OFFICER = Who("5f0c", Role.OPERATOR)


def append(records: HubRecords, *names: str) -> None:
    with records.database.writing() as session:
        records.audit.append(
            session,
            *(
                AuditEvent(
                    OFFICER,
                    Action.VIEW_ALERT,
                    Processing.CONSULTATION,
                    RecordReference("alert", name),
                    "console 1",
                    f"Looked at {name}.",
                )
                for name in names
            ),
        )


@pytest.fixture
def written(records: HubRecords) -> HubRecords:
    """A log of ten entries under four heads."""
    append(records, "a", "b", "c")
    append(records, "d")
    append(records, "e", "f", "g", "h", "i")
    return records


def behind_our_back(database: Database, *statements: str) -> None:
    """Change rows as somebody can who has the database's files or its owner's password."""
    engine = create_engine(database.engine.url)
    with engine.begin() as connection:
        if database.is_sqlite:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def verify(records: HubRecords, noted: Sequence[NotedHead] = ()) -> AuditReport:
    return verify_audit(records.database, records.signer.public, noted, records.sealer)


def noted(records: HubRecords) -> NotedHead:
    document = HeadNote(records.vault.folder).read()
    assert document is not None
    head = TreeHead.opened(document, records.signer.public)
    return NotedHead(head.size, head.root)


def test_an_untouched_log_is_intact_and_its_head_is_the_one_noted_beside_the_vault(written: HubRecords) -> None:
    report = verify(written, [noted(written)])
    assert report.intact
    assert report.problems == ()
    assert report.head == noted(written)
    assert report.head.size == 10


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("recorded_at", "1"),
        ("staff", "'somebody else'"),
        ("role", "'auditor'"),
        ("act", "'VIEW_DEPLOYMENT'"),
        ("processing", "'collection'"),
        ("record_kind", "'watchlist'"),
        ("record_id", "'z'"),
        ("origin", "'console 2'"),
    ],
)
def test_a_changed_column_is_found_and_the_entry_named(written: HubRecords, column: str, value: str) -> None:
    behind_our_back(written.database, f"UPDATE audit_entries SET {column} = {value} WHERE sequence = 4")  # noqa: S608
    report = verify(written)
    assert "Entry 4 was changed." in report.problems
    assert "The entries up to number 4 are not those of the head signed over them." in report.problems


def test_a_changed_hash_beside_its_entry_is_found(written: HubRecords) -> None:
    behind_our_back(
        written.database,
        "UPDATE audit_entries SET leaf = (SELECT leaf FROM audit_entries WHERE sequence = 5) WHERE sequence = 4",
    )
    assert verify(written).problems == ("Entry 4 was changed.",)


def test_changed_words_are_found(written: HubRecords) -> None:
    behind_our_back(
        written.database,
        "UPDATE audit_entries SET words = (SELECT words FROM audit_entries WHERE sequence = 5) WHERE sequence = 4",
    )
    assert verify(written).problems == ("The sealed words of entry 4 were changed.",)


def test_a_dropped_entry_is_found(written: HubRecords) -> None:
    behind_our_back(written.database, "DELETE FROM audit_entries WHERE sequence = 4")
    assert "Where entry 4 should be, there is entry 5." in verify(written).problems


def test_a_dropped_entry_is_found_though_the_others_were_renumbered(written: HubRecords) -> None:
    behind_our_back(
        written.database,
        "DELETE FROM audit_entries WHERE sequence = 4",
        *(f"UPDATE audit_entries SET sequence = {number - 1} WHERE sequence = {number}" for number in range(5, 10)),  # noqa: S608
    )
    problems = verify(written).problems
    assert "Entry 4 was changed." in problems
    assert "The entries up to number 4 are not those of the head signed over them." in problems


def test_reordered_entries_are_found(written: HubRecords) -> None:
    behind_our_back(
        written.database,
        "UPDATE audit_entries SET sequence = 99 WHERE sequence = 6",
        "UPDATE audit_entries SET sequence = 6 WHERE sequence = 7",
        "UPDATE audit_entries SET sequence = 7 WHERE sequence = 99",
    )
    report = verify(written)
    assert {"Entry 6 was changed.", "Entry 7 was changed."} <= set(report.problems)


def test_an_added_entry_is_found(written: HubRecords) -> None:
    columns = "recorded_at, staff, role, act, processing, record_kind, record_id, origin, words_commitment, words, leaf"
    behind_our_back(
        written.database,
        f"INSERT INTO audit_entries (sequence, {columns}) SELECT 10, {columns} FROM audit_entries WHERE sequence = 9",  # noqa: S608
    )
    assert "The last 1 entries are under no signed head." in verify(written).problems


def test_a_log_cut_at_the_end_is_found(written: HubRecords) -> None:
    behind_our_back(written.database, "DELETE FROM audit_entries WHERE sequence >= 8")
    assert not verify(written).intact


def test_a_log_cut_cleanly_with_its_heads_is_found_by_the_noted_head_only(written: HubRecords) -> None:
    head = noted(written)
    cut_to_five(written)
    assert verify(written).intact
    assert verify(written, [head]).problems == (
        "The log has 5 entries, and 10 were noted: it was cut, or comes from an old backup.",
    )


def cut_to_five(records: HubRecords) -> None:
    """Leave the log exactly as it was after five entries: entry 4 is the fourth append's, under its own head."""
    report = verify_prefix(records, 5)
    behind_our_back(
        records.database,
        "DELETE FROM audit_entries WHERE sequence >= 5",
        "DELETE FROM audit_heads WHERE size > 5",
        f"UPDATE audit_tip SET size = 5, frontier = {report}",  # noqa: S608
    )


def verify_prefix(records: HubRecords, size: int) -> str:
    """The frontier after `size` entries, as a literal of the database."""
    with records.database.reading() as session:
        leaves = session.execute(text("SELECT leaf FROM audit_entries ORDER BY sequence")).scalars().all()
    packed = b"".join(Frontier().appended(leaves[:size]).subtrees).hex()
    return f"x'{packed}'" if records.database.is_sqlite else f"'\\x{packed}'::bytea"


def test_a_log_that_went_another_way_after_being_cut_is_found_by_the_noted_head(written: HubRecords) -> None:
    head = noted(written)
    cut_to_five(written)
    append(written, "1", "2", "3", "4", "5")
    assert verify(written).intact
    assert verify(written, [head]).problems == (
        f"The log does not continue the head noted over 10 entries ({head.root.hex()}).",
    )


def test_a_log_rewritten_whole_and_signed_with_another_key_is_found(written: HubRecords, clock: HandClock) -> None:
    impostor = SigningKey(bytes(range(32)))
    behind_our_back(
        written.database,
        "DELETE FROM audit_entries",
        "DELETE FROM audit_heads",
        "DELETE FROM audit_tip",
    )
    with written.database.writing() as session:
        AuditLog(written.vault, impostor, clock, lambda size: bytes(size)).start(session)
    assert verify_audit(written.database, impostor.public).intact
    assert any("not genuine" in problem for problem in verify(written).problems)


def test_a_moved_tip_is_found(written: HubRecords) -> None:
    behind_our_back(written.database, "UPDATE audit_tip SET size = 8")
    assert verify(written).problems == ("The place where the next entry would be added is not the end of the log.",)


def test_a_tip_that_cannot_be_right_stops_the_log_instead_of_breaking_it(written: HubRecords) -> None:
    behind_our_back(written.database, "UPDATE audit_tip SET size = 11")
    with pytest.raises(AuditBrokenError, match="tip was altered"):
        append(written, "x")


def test_many_problems_are_counted_but_not_all_told(records: HubRecords) -> None:
    append(records, *(str(number) for number in range(100)))
    behind_our_back(records.database, "UPDATE audit_entries SET staff = 'somebody else'")
    report = verify(records)
    assert report.problem_count == 103  # each entry, the first head over them, and the tip
    assert len(report.problems) == 50


def test_an_old_backup_of_the_database_is_refused_when_it_is_opened(
    records: HubRecords, database_url: str, clock: HandClock
) -> None:
    append(records, "a")
    head = noted(records)
    behind_our_back(
        records.database,
        "DELETE FROM audit_entries WHERE sequence >= 1",
        "DELETE FROM audit_heads WHERE size > 1",
        f"UPDATE audit_tip SET size = 1, frontier = {verify_prefix(records, 1)}",  # noqa: S608
    )
    with pytest.raises(VaultMismatchError, match="The database is an old copy, or was cut short"):
        open_hub_records(database_url, records.vault.folder, PASSPHRASE, clock)
    assert head.size == 2


def test_an_old_backup_of_the_vault_is_refused_when_it_is_opened(
    records: HubRecords, database_url: str, clock: HandClock
) -> None:
    path = records.vault.folder / VAULT_FILE
    shutil.copy(path, path.with_suffix(".backup"))
    records.vault.create_keys(KeyPurpose.ALERT)
    append(records, "a")
    shutil.copy(path.with_suffix(".backup"), path)
    with pytest.raises(VaultMismatchError, match="The vault is an old copy"):
        open_hub_records(database_url, records.vault.folder, PASSPHRASE, clock)


def test_the_note_only_moves_forward(written: HubRecords) -> None:
    note = HeadNote(written.vault.folder)
    newest = noted(written)
    older = TreeHead(4, bytes(32), written.clock()).signed(written.signer)
    note.advance(older, written.signer.public)
    assert noted(written) == newest


def test_a_destroyed_note_is_an_error_that_says_what_to_do(written: HubRecords) -> None:
    note = HeadNote(written.vault.folder)
    note.path.write_bytes(b"")
    with pytest.raises(AuditBrokenError, match="Compare the log with a head noted elsewhere"):
        note.read()


@pytest.mark.parametrize("writing", ["", "12", "12:abcd", "x:" + "0" * 64, "-1:" + "0" * 64, "12:" + "g" * 64])
def test_a_noted_head_that_was_written_down_wrongly_is_refused(writing: str) -> None:
    with pytest.raises(ValueError, match="SIZE:ROOT"):
        NotedHead.parse(writing)


def test_a_noted_head_survives_being_written_down() -> None:
    head = NotedHead(12, bytes(range(32)))
    assert NotedHead.parse(f" {head}\n") == head
