"""`openlfr watchlist` as people call it: one evening's work from pictures to a bundle and a removal."""

import csv
import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import pytest
from tests.support.database import PASSPHRASE, HandClock, new_hub_records
from tests.support.deployment_values import CERTIFICATE, NOON
from tests.support.faces import astronaut, grace_hopper_file
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept, staffed_from_records
from tests.support.watchlists import row, write_csv
from typer.testing import CliRunner, Result

from openlfr.cli.watchlist import app
from openlfr.cli.watchlist_import import RESULT_COLUMNS
from openlfr.link.removal_order import read_removal
from openlfr.link.watchlist_bundle import BundleLog, DestructionReceipt, OpenedBundle, open_bundle, sign_receipt
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import CertificateId, DeploymentId, NodeId, WatchlistId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor, Role
from openlfr.records.certificates import import_certificate
from openlfr.records.deployments import Asked, Deployments
from openlfr.records.watchlist_source import COLUMNS
from openlfr.records.watchlist_store import ListDirectory
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey
from openlfr.vision.models import open_models

NODE_KEY, NODE_SIGNER = ExchangeKey(b"\x07" * 32), SigningKey(b"\x09" * 32)


@dataclass(frozen=True, slots=True)
class Place:
    """A hub on disk as the commands find it, with one authorised deployment."""

    folder: Path
    deployment: DeploymentId
    hub_key: VerifyKey
    builder: Actor
    officer: Actor
    staff: StaffedHub

    def run(self, *arguments: str, by: Actor | None = None) -> Result:
        acting = ["--as", (by or self.builder).staff] if arguments[0] != "receipt" else []
        return CliRunner().invoke(app, [*arguments, *acting], terminal_width=200)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    database = f"sqlite:///{tmp_path / 'hub.db'}"
    monkeypatch.setenv("OPENLFR_DATABASE", database)
    monkeypatch.setenv("OPENLFR_VAULT", str(tmp_path / "vault"))
    (tmp_path / "passphrase").write_text(PASSPHRASE.text + "\n")
    monkeypatch.setenv("OPENLFR_VAULT_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setattr("openlfr.cli.hub_access.utc_now", lambda: NOON)
    monkeypatch.chdir(tmp_path)
    clock = HandClock()
    records = new_hub_records(database, tmp_path / "vault", clock)
    roles = (role for role in Role if role is not Role.ADMINISTRATOR)
    hub = staffed_from_records(records, clock, *roles)
    models = open_models()
    setup = MatchingSetup(models.identity, models.execution.precision.value, "mean of best shots")
    certificate = replace(CERTIFICATE, certificate=CertificateId("0196c000-0000-7000-8000-0000000000cf"), setup=setup)
    assert not isinstance(import_certificate(records, hub.administrator, certificate, TERMINAL), Refusal)
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    decision = hub.decision(setup=setup, certificate=certificate.certificate)
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    return Place(tmp_path, deployment, records.signer.public, hub.builder, hub.authoriser, hub)


def result_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one_id(text: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", text)
    assert found is not None, text
    return found.group()


def listed(place: Place) -> Path:
    """A CSV file of two people, a missing picture and a name that is a formula."""
    shutil.copy(grace_hopper_file(), place.folder / "hopper.jpg")
    cv2.imwrite(str(place.folder / "collins.png"), astronaut())
    rows = [
        row("=cmd|'/C calc'!A0", "hopper.jpg", name='=HYPERLINK("x")'),
        row("N/2", "collins.png"),
        row("N/3", "absent.png"),
    ]
    return write_csv(place.folder / "list.csv", rows)


def test_an_evening_from_pictures_to_a_bundle_and_a_removal(place: Place) -> None:
    imported = place.run("import", str(listed(place)), "--deployment", place.deployment)
    assert imported.exit_code == 1, imported.output
    watchlist = one_id(imported.stderr)
    assert "people on the list" in imported.stdout
    assert "No two people on the list reach a similarity of" in imported.stdout
    results = place.folder / "list-results.csv"
    assert results.stat().st_mode & 0o077 == 0
    rows = result_rows(results)
    assert tuple(rows[0]) == RESULT_COLUMNS
    assert [each["outcome"] for each in rows] == ["imported", "imported", "refused"]
    assert rows[0]["person"] == "'=cmd|'/C calc'!A0"
    assert rows[2]["reason"] == "There is no picture absent.png; check the name."
    assert all(not cell.startswith(("=", "+", "-", "@")) for each in rows for cell in each.values())

    on_list = ("--list", watchlist)
    assert "2 entries accepted" in place.run("review", *on_list, "--accept-clean", by=place.officer).stdout
    refused = place.run("approve", *on_list)
    assert refused.exit_code == 2
    assert refused.stderr.strip() == (
        "You may not approve a watchlist: you were the one to build a watchlist, and somebody else must decide."
    )
    assert "The watchlist is approved: 2 people" in place.run("approve", *on_list, by=place.officer).stdout
    frozen = place.run("freeze", *on_list)
    assert re.search(r"^Hash [0-9a-f]{64}$", frozen.stdout, re.MULTILINE)

    node = place.folder / "node.json"
    node.write_text(
        json.dumps(
            {
                "node": "node-1",
                "exchange_key": NODE_KEY.public.raw.hex(),
                "verify_key": NODE_SIGNER.public.raw.hex(),
            }
        )
    )
    out = place.folder / "list.bundle"
    made = place.run("bundle", *on_list, "--node", str(node), "--out", str(out))
    assert made.exit_code == 0, made.output
    assert "there already" in place.run("bundle", *on_list, "--node", str(node), "--out", str(out)).stderr
    found = open_bundle(out.read_bytes(), NodeId("node-1"), NODE_KEY, place.hub_key, BundleLog(), NOON)
    assert isinstance(found, OpenedBundle)
    assert {each.entry.name for each in found.entries} == {'=HYPERLINK("x")', "Name of N/2"}

    shown = place.run("show", "--deployment", place.deployment)
    assert "frozen" in shown.stdout
    entries = place.run("show", *on_list)
    assert "Name of N/2" in entries.stdout
    gone = found.entries[0].entry.entry
    order_file = place.folder / "order.json"
    removed = place.run("remove", gone, *on_list, "--reason", "Found.", "--out", str(order_file))
    assert removed.exit_code == 0, removed.output
    order = read_removal(SignedDocument.from_bytes(order_file.read_bytes()), place.hub_key)
    assert order.entry == gone
    counts = place.run("composition", *on_list, by=place.officer).stdout
    assert re.search(r"wanted by the courts\s*│\s*withheld", counts)

    receipt = DestructionReceipt(NodeId("node-1"), found.manifest.bundle, WatchlistId(watchlist), NOON)
    (place.folder / "receipt.json").write_bytes(sign_receipt(NODE_SIGNER, receipt).to_bytes())
    assert "The receipt is recorded." in place.run("receipt", str(place.folder / "receipt.json")).stdout
    destroyed = place.run("destroy", *on_list, "--reason", "The operation was called off.")
    assert destroyed.exit_code == 0, destroyed.output
    assert "destroyed" in place.run("show", "--deployment", place.deployment).stdout


def test_a_list_in_use_is_not_destroyed_and_a_child_waits_for_its_second_authority(place: Place) -> None:
    shutil.copy(grace_hopper_file(), place.folder / "hopper.jpg")
    source = write_csv(place.folder / "list.csv", [row("N/1", "hopper.jpg", under_18="yes")])
    imported = place.run("import", str(source), "--deployment", place.deployment, "--results", "what.csv")
    assert imported.exit_code == 1
    assert result_rows(place.folder / "what.csv")[0]["outcome"] == "incomplete"
    on_list = ("--list", one_id(imported.stderr))
    shown = place.run("show", *on_list, "--state", "pending")
    assert "A child or a vulnerable person needs a second authority" in " ".join(shown.stdout.split())
    entry = result_rows(place.folder / "what.csv")[0]["entry"]
    early = place.run("review", entry, *on_list, "--verdict", "accept", by=place.officer)
    assert early.exit_code == 2
    given = place.run("second-authority", entry, *on_list, "--reason", "Missing, at risk.", by=place.officer)
    assert given.exit_code == 0, given.output
    accepted = place.run("review", entry, *on_list, "--verdict", "accept", by=place.officer)
    assert "The entry is accepted now." in accepted.stdout
    place.run("approve", *on_list, by=place.officer)
    place.run("freeze", *on_list)
    deployments = Deployments(place.staff.records, place.staff.deployments.profiles, ListDirectory())
    kept(deployments.attach_watchlist(Asked(place.builder, place.deployment, TERMINAL), WatchlistId(on_list[1])))
    refused = place.run("destroy", *on_list, "--reason", "Enough.")
    assert refused.exit_code == 2
    assert "end the deployment first" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("import", "nowhere.csv", "--list", "x"), "There is no watchlist nowhere.csv"),
        (("import", "nowhere.csv"), "Name either --deployment for a new list, or --list to go on with one."),
        (("review", "--list", "x"), "Name an ENTRY with its --verdict, or --accept-clean."),
        (("show",), "Name --deployment to see its lists, or --list to see a list's entries."),
        (("freeze", "--list", "x"), "There is no such watchlist."),
        (("bundle", "--list", "x", "--node", "absent.json", "--out", "b"), "absent.json cannot be read"),
        (("receipt", "passphrase"), "This is not a signed document"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence_with_exit_status_2(
    place: Place, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = place.run(*arguments)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.output


def test_nobody_acts_as_somebody_who_is_not_there(place: Place) -> None:
    stranger = replace(place.builder, staff=type(place.builder.staff)("nobody"))
    refused = place.run("freeze", "--list", "x", by=stranger)
    assert (refused.exit_code, refused.stderr.strip()) == (2, "There is no such member of staff.")


def test_the_help_names_every_column(place: Place) -> None:
    text = place.run("import", "--help").stdout
    assert all(column in text for column in COLUMNS)
