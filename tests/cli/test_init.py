"""`openlfr init` and what refuses to run without it: folders, databases, links, and no default password."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openlfr.cli.app import app
from openlfr.cli.hub_access import utc_now
from openlfr.hub.place import authority_of, hub_place, made_records
from openlfr.link.tls import pin_of
from openlfr.records.hub_records import HubRecords
from openlfr.sealing.unlock import find_unlock

PASSPHRASE = "eleven green bottles"
EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    monkeypatch.setenv("OPENLFR_VAULT_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv("OPENLFR_DATABASE", raising=False)
    monkeypatch.delenv("OPENLFR_HUB_ADDRESS", raising=False)
    return tmp_path / "hub"


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, terminal_width=200)


def opened(folder: Path) -> HubRecords:
    place = hub_place(folder)
    return made_records(place, place.database, find_unlock(os.environ), utc_now)


def test_a_new_hub_has_everything_and_a_link_in_place_of_a_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ran("init", "--folder", str(folder), "--administrator", "Adam Admin", "--sign-in-name", "adam")
    assert made.exit_code == 0, made.output
    link = made.stdout.strip().splitlines()[-1]
    assert "The link is for a browser on this machine." in made.stdout
    assert link.startswith("https://localhost:8443/set-up#")
    assert PASSPHRASE not in made.output
    assert {each.name for each in folder.iterdir()} >= {"vault", "hub.db", "hub.json"}
    monkeypatch.setenv("OPENLFR_DATABASE", f"sqlite:///{folder / 'hub.db'}")
    monkeypatch.setenv("OPENLFR_VAULT", str(folder / "vault"))
    monkeypatch.setenv("OPENLFR_AS", made.stdout.partition("export OPENLFR_AS=")[2].split()[0])
    assert "Adam" in ran("people", "list").stdout
    assert ran("verify", "audit").exit_code == 0  # the other commands work on the same folder
    again = ran("init", "--folder", str(folder))
    assert again.exit_code == 0, again.output
    assert again.stdout.strip().splitlines()[-1] != link  # a link that was lost is replaced
    records = opened(folder)
    assert pin_of(authority_of(records).pem) == authority_of(records).pin
    records.close()


def test_a_folder_remembers_where_its_records_are(folder: Path, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert ran("init", "--folder", str(folder), "--database", address).exit_code == 0
    assert not (folder / "hub.db").exists()
    other = ran("init", "--folder", str(folder), "--database", f"sqlite:///{tmp_path / 'other.db'}")
    assert other.exit_code == 2
    assert "are in another database: leave the address out." in " ".join(other.stderr.split())


def test_a_database_that_cannot_be_opened_is_not_remembered(folder: Path, tmp_path: Path) -> None:
    wrong = ran("init", "--folder", str(folder), "--database", f"sqlite:///{tmp_path / 'nowhere' / 'hub.db'}")
    assert wrong.exit_code == 2
    right = ran("init", "--folder", str(folder), "--database", f"sqlite:///{tmp_path / 'mended.db'}")
    assert right.exit_code == 0, right.output
    assert (tmp_path / "mended.db").exists()


def test_a_hub_is_not_run_where_none_was_made(folder: Path) -> None:
    answer = ran("hub", "--folder", str(folder))
    assert answer.exit_code == 2
    assert "make one with openlfr init" in " ".join(answer.stderr.split())


def test_a_hub_that_others_reach_needs_its_address_and_tls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = ran("hub", "--folder", str(folder), "--host", EVERYWHERE)
    assert nameless.exit_code == 2
    assert "OPENLFR_HUB_ADDRESS=https://" in " ".join(nameless.stderr.split())
    assert ran("init", "--folder", str(folder)).exit_code == 0
    monkeypatch.setenv("OPENLFR_HUB_ADDRESS", "http://hub.force.example:8080")
    plain = ran("hub", "--folder", str(folder), "--host", EVERYWHERE, "--plain-http")
    assert plain.exit_code == 2
    assert "Without TLS the hub may listen on this machine only" in " ".join(plain.stderr.split())


def test_a_bus_of_other_servers_is_given_its_users_and_no_secret_but_its_own_key(folder: Path, tmp_path: Path) -> None:
    assert ran("init", "--folder", str(folder)).exit_code == 0
    output = tmp_path / "bus-1"
    made = ran("hub", "bus-config", str(output), "--server-name", "bus-1", "--folder", str(folder))
    assert made.exit_code == 0, made.output
    written = (output / "bus.conf").read_text()
    assert '"nkey": "U' in written
    assert '"server_name": "bus-1"' in written
    assert (output / "server.key").stat().st_mode & 0o077 == 0
