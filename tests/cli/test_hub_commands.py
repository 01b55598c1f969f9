"""`openlfr keys`, `verify` and `purge` as people call them: what is printed, and the exit status."""

import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from openlfr.cli import keys, purge, verify
from openlfr.cli.hub_access import utc_now
from openlfr.policy.identifiers import StaffId
from openlfr.policy.roles import Actor, Role
from openlfr.records.audit_export import ExportSummary, export_audit
from openlfr.records.hub_records import HubRecords, open_hub_records
from openlfr.records.membership import MembershipRegister, PersonIdentifier
from openlfr.sealing.unlock import find_unlock
from openlfr.sealing.vault import VAULT_FILE

runner = CliRunner()
commands = typer.Typer()
commands.add_typer(keys.app, name="keys")
commands.add_typer(verify.app, name="verify")
commands.command(name="purge")(purge.purge)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub made with a key file, its database and vault named in the environment."""
    monkeypatch.setenv("OPENLFR_DATABASE", f"sqlite:///{tmp_path / 'hub.db'}")
    monkeypatch.setenv("OPENLFR_VAULT", str(tmp_path / "vault"))
    assert run("keys", "init", "--key-file", str(tmp_path / "key")).exit_code == 0
    monkeypatch.setenv("OPENLFR_VAULT_KEY_FILE", str(tmp_path / "key"))
    return tmp_path


def run(*arguments: str) -> Result:
    return runner.invoke(commands, arguments)


def opened(hub: Path) -> HubRecords:
    environment = {"OPENLFR_VAULT_KEY_FILE": str(hub / "key")}
    return open_hub_records(f"sqlite:///{hub / 'hub.db'}", hub / "vault", find_unlock(environment), utc_now)


def test_a_new_hub_verifies_and_its_head_can_be_noted_and_given_back(hub: Path) -> None:
    first = run("verify", "audit")
    assert first.exit_code == 0
    head = re.findall(r"^1:[0-9a-f]{64}$", first.stdout, re.MULTILINE)[0]
    assert run("keys", "rotate").exit_code == 0
    again = run("verify", "audit", "--head", head)
    assert again.exit_code == 0
    assert "The audit log is whole: 2 entries" in again.stdout
    other = run("verify", "audit", "--head", "1:" + "ab" * 32)
    assert other.exit_code == 1
    assert "does not continue the head noted over 1 entries" in other.stdout
    assert run("verify", "audit", "--head", "one").exit_code == 2


def test_making_a_hub_twice_is_refused(hub: Path) -> None:
    refused = run("keys", "init")
    assert refused.exit_code == 2
    assert "belongs to a database already" in refused.stderr


def test_an_interrupted_making_of_a_hub_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLFR_DATABASE", "sqlite:////no/such/folder/hub.db")
    monkeypatch.setenv("OPENLFR_VAULT", str(tmp_path / "vault"))
    assert run("keys", "init", "--key-file", str(tmp_path / "key")).exit_code == 2
    monkeypatch.setenv("OPENLFR_VAULT_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("OPENLFR_DATABASE", f"sqlite:///{tmp_path / 'hub.db'}")
    assert run("keys", "init").exit_code == 0
    assert run("verify", "audit").exit_code == 0


def test_a_passphrase_is_asked_for_and_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["eleven green bottles", "eleven green bottles", "eleven green bottles", "one", "two"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    arguments = ["--database", f"sqlite:///{tmp_path / 'hub.db'}", "--vault", str(tmp_path / "vault")]
    made = run("keys", "init", *arguments)
    assert made.exit_code == 0
    assert "bottles" not in made.output
    differing = run("keys", "rotate", "--new-passphrase", *arguments)
    assert differing.exit_code == 2
    assert "The two passphrases differ. Nothing was changed." in differing.stderr


def test_a_wrong_key_file_is_told_in_a_sentence(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (hub / "other").write_bytes(bytes(32))
    monkeypatch.setenv("OPENLFR_VAULT_KEY_FILE", str(hub / "other"))
    for command in (("verify", "audit"), ("verify", "deletion"), ("purge",), ("keys", "rotate")):
        refused = run(*command)
        assert refused.exit_code == 2
        assert "does not open this vault. Nothing was changed" in refused.stderr


def test_rotating_to_a_new_key_file_shuts_out_the_old_one(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("keys", "rotate", "--key-file", str(hub / "new")).exit_code == 0
    assert run("verify", "audit").exit_code == 2
    monkeypatch.setenv("OPENLFR_VAULT_KEY_FILE", str(hub / "new"))
    assert run("verify", "audit").exit_code == 0
    assert run("keys", "rotate", "--key-file", str(hub / "new")).exit_code == 2


def test_the_address_may_name_variables_so_that_no_password_is_on_the_command_line(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run("verify", "audit", "--database", "postgresql://hub:${HUB_WORD}@127.0.0.1:1/hub")
    assert missing.exit_code == 2
    assert "names the variable HUB_WORD, which is not set" in missing.stderr
    monkeypatch.setenv("HUB_WORD", "p@ss/word")
    refused = run("verify", "audit", "--database", "postgresql://hub:${HUB_WORD}@127.0.0.1:1/hub")
    assert refused.exit_code == 2
    assert "does not answer" in refused.stderr
    assert "p@ss" not in refused.output


def test_a_purge_says_what_it_would_do_then_does_it_and_nothing_is_left(hub: Path) -> None:
    records = opened(hub)
    register = MembershipRegister(records)
    long_ago = utc_now().replace(year=utc_now().year - 2)
    with records.database.writing() as session:
        register.enter(session, "list-1", "deployment-1", [PersonIdentifier.reference("AB1234")])
        register.start_clock(session, "deployment-1", long_ago)
    records.close()
    planned = run("purge", "--dry-run")
    assert planned.exit_code == 0
    assert "due        membership register deployment-1" in planned.stdout
    assert "1 would be destroyed, 0 are held." in planned.stdout
    done = run("purge")
    assert done.exit_code == 0
    assert "membership register deployment-1: 1 membership_digests" in done.stdout
    assert "0 would be destroyed" in run("purge", "--dry-run").stdout
    clean = run("verify", "deletion", "--folder", str(hub / "vault"))
    assert clean.exit_code == 0
    assert "1 receipt, " in clean.stdout
    (hub / "cache").mkdir()
    (hub / "cache" / "left.txt").write_text("0" * 32)
    assert run("verify", "deletion", "--folder", str(hub / "cache")).exit_code == 0
    gone = run("verify", "deletion", "--folder", str(hub / "absent"))
    assert gone.exit_code == 1
    assert "Not searched" in gone.stdout


def test_a_retention_policy_that_cannot_be_read_stops_the_purge(hub: Path) -> None:
    (hub / "retention.toml").write_text("version = 1")
    refused = run("purge", "--policy", str(hub / "retention.toml"))
    assert refused.exit_code == 2
    assert "The retention policy cannot be read" in refused.stderr
    assert run("purge", "--policy", str(hub / "absent.toml")).exit_code == 2


def test_a_vault_restored_from_a_backup_is_refused_until_it_is_accepted_for_a_reason(hub: Path) -> None:
    path = hub / "vault" / VAULT_FILE
    shutil.copy(path, hub / "backup")
    run("keys", "rotate")
    run("keys", "rotate")
    shutil.copy(hub / "backup", path)
    refused = run("verify", "audit")
    assert refused.exit_code == 2
    assert "The vault is an old copy" in refused.stderr
    assert run("keys", "accept-restored", "--reason", " ").exit_code == 2
    assert run("keys", "accept-restored", "--reason", "The disk failed.").exit_code == 0
    assert run("verify", "audit").exit_code == 0


def test_a_database_restored_from_a_backup_is_refused_until_it_is_accepted_for_a_reason(hub: Path) -> None:
    shutil.copy(hub / "hub.db", hub / "backup")
    run("keys", "rotate")
    for ending in ("", "-wal", "-shm"):
        (hub / f"hub.db{ending}").unlink(missing_ok=True)
    shutil.copy(hub / "backup", hub / "hub.db")
    assert "The database is an old copy" in run("verify", "audit").stderr
    assert run("keys", "accept-restored", "--reason", "The disk failed.").exit_code == 0
    assert run("verify", "audit").exit_code == 0


def test_an_export_is_checked_without_the_hub(hub: Path) -> None:
    records = opened(hub)
    auditor = Actor(StaffId("dpo-1"), frozenset({Role.AUDITOR}))
    target = hub / "export.jsonl"
    summary = export_audit(records, auditor, target, recipient="ICO", reason="Audit", origin="console")
    assert isinstance(summary, ExportSummary)
    key = records.signer.public.raw.hex()
    records.close()
    genuine = run("verify", "export", str(target), "--key", key)
    assert genuine.exit_code == 0
    assert "Genuine: 2 entries, the whole log" in genuine.stdout
    target.write_bytes(target.read_bytes().replace(b'"reason"', b'"because"').replace(b"Audit", b"audit"))
    forged = run("verify", "export", str(target), "--key", key)
    assert forged.exit_code == 2
    assert "Line 3" in forged.stderr
    assert run("verify", "export", str(target), "--key", "nonsense").exit_code == 2
    assert run("verify", "export", str(hub / "absent"), "--key", key).exit_code == 2
