"""`openlfr report`, `publish`, `evidence`, `test-run`, `known-answer` as people call them, on a hub with a history."""

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.records.test_known_answers import CASES
from tests.support.commands import CommandLine, new_command_line
from tests.support.database import PASSPHRASE, HandClock
from tests.support.deployment_values import NOON
from tests.support.reported_hub import Day, live_day, lived
from tests.support.staffed_hub import staffed_from_records

from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.roles import Role
from openlfr.records.hub_records import open_hub_records


@dataclass
class LivedHub:
    """A hub on disk with a reported deployment, one that is live with an alert, and who may do what."""

    line: CommandLine
    key: str
    reported: DeploymentId
    live: DeploymentId
    alert: AlertId
    staff: dict[Role, str]

    def run(self, *arguments: str, by: Role) -> str:
        return self.line.done(*arguments, by=self.staff[by])


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> LivedHub:
    """Lived through once; each test works on a copy."""
    folder, clock = tmp_path_factory.mktemp("history"), HandClock(NOON)
    with pytest.MonkeyPatch.context() as patch:
        line = new_command_line(folder, patch, NOON)
    records = open_hub_records(f"sqlite:///{folder / 'hub.db'}", folder / "vault", PASSPHRASE, clock)
    made = staffed_from_records(records, clock, *(role for role in Role if role is not Role.ADMINISTRATOR))
    reported = lived(made, Day(arrests=3, false=1))
    live, (alert, *_) = live_day(made, Day(day=4, arrests=1, no_action=0))
    line.now = clock.now
    key = records.signer.public.raw.hex()
    records.close()
    return LivedHub(line, key, reported, live, alert, {role: each.staff for role, each in made.staff.items()})


@pytest.fixture
def hub(history: LivedHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LivedHub:
    folder = tmp_path / "hub"
    shutil.copytree(history.line.folder, folder)
    line = CommandLine(folder, history.line.now)
    monkeypatch.setenv("OPENLFR_DATABASE", f"sqlite:///{folder / 'hub.db'}")
    monkeypatch.setenv("OPENLFR_VAULT", str(folder / "vault"))
    monkeypatch.setenv("OPENLFR_VAULT_PASSPHRASE_FILE", str(folder / "passphrase"))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.chdir(folder)
    for module in ("hub_access", "report", "test_run"):
        monkeypatch.setattr(f"openlfr.cli.{module}.utc_now", lambda: line.now)
    return replace(history, line=line)


def test_every_report_is_written_and_checks_out_offline(hub: LivedHub) -> None:
    for name, arguments, by in (
        ("record", ("deployment", hub.reported), Role.AUDITOR),
        ("annual", ("annual", "2026"), Role.AUTHORISING_OFFICER),
        ("may", ("annual", "--from", "2026-05-01", "--until", "2026-05-31"), Role.AUTHORISING_OFFICER),
        ("annex", ("annex", hub.live), Role.APPLICANT),
        (
            "notices",
            (
                "notices",
                hub.live,
                "--page",
                "https://example.org",
                "--contact",
                "dpo@example.org",
                "--time-zone",
                "UTC",
            ),
            Role.OPERATOR,
        ),
        ("regulator", ("regulator", "--recipient", "ICO", "--reason", "Yearly audit"), Role.AUDITOR),
        ("use", ("notification", hub.reported, "--recipient", "MSA"), Role.AUDITOR),
    ):
        hub.run("report", *arguments, "--to", name, by=by)
        said = hub.line.done("report", "verify", name, "--hub-key", hub.key)
        assert said.startswith("Genuine: "), said
    may = "may/report-2026-05-01-to-2026-05-31"
    for file in ("record/deployment-record", "annual/annual-report-2026", may, "notices/sign-a2", "use/notification"):
        assert Path(f"{file}.pdf").read_bytes().startswith(b"%PDF")
    (Path("annual") / "annual-report-2026.csv").write_text("better figures")
    tampered = hub.line.run("report", "verify", "annual", "--hub-key", hub.key)
    assert tampered.exit_code == 1
    assert "NOT GENUINE: The file annual-report-2026.csv is not the one that was signed" in tampered.stdout
    assert "there already" in hub.line.refused(
        "report", "deployment", hub.reported, "--to", "record", by=hub.staff[Role.AUDITOR]
    )


def test_what_cannot_be_reported_is_said_in_a_sentence(hub: LivedHub) -> None:
    officer = hub.staff[Role.AUTHORISING_OFFICER]
    assert "No deployment of 2024" in hub.line.refused("report", "annual", "2024", "--to", "x", by=officer)
    both = ("report", "annual", "2026", "--from", "2026-05-01")
    assert "either a year, or both" in hub.line.refused(*both, "--to", "x", by=officer)
    backwards = ("report", "annual", "--from", "2026-05-31", "--until", "2026-05-01")
    assert "the earlier one first" in hub.line.refused(*backwards, "--to", "x", by=officer)
    assert "has not ended" in hub.line.refused("report", "deployment", hub.live, "--to", "x", by=officer)
    operator = hub.staff[Role.OPERATOR]
    assert "the role authorising officer is needed" in hub.line.refused(
        "report", "annual", "2026", "--to", "x", by=operator
    )
    arguments = ("notices", hub.live, "--to", "x", "--page", "p", "--contact", "c", "--time-zone", "Nowhere")
    wrong = hub.line.refused("report", *arguments, by=operator)
    assert "Nowhere is no time zone" in wrong
    assert not Path("x").exists()


def test_records_in_a_csv_file_become_the_same_documents_without_a_hub(hub: LivedHub) -> None:
    hub.run("report", "deployment", hub.reported, "--to", "record", by=Role.AUDITOR)
    source = "record/deployment-record.csv"
    arguments = ("--publisher", "Somebody", "--faces-seen-method", "tracks-1", "--to", "copy")
    hub.line.done("report", "csv", source, *arguments)
    for name in ("deployment-record.csv", "deployment-record.json"):
        assert (Path("copy") / name).read_bytes() == (Path("record") / name).read_bytes()
    assert Path("copy/deployment-record.pdf").read_bytes().startswith(b"%PDF")
    lines = Path(source).read_text().splitlines()
    cells = lines[1].split(",")
    Path("wrong.csv").write_text("\n".join([lines[0], ",".join([*cells[:6], "99", *cells[7:]])]))
    assert "Total Alerts is 99" in hub.line.refused("report", "csv", "wrong.csv", *arguments[:-1], "other")
    assert not Path("other").exists()


def test_the_public_page_replaces_the_one_before_and_nothing_else(hub: LivedHub) -> None:
    arguments = ("publish", "--publisher", "Borough Police", "--contact", "dpo@example.org", "--to", "site")
    for _ in range(2):
        assert "1 deployments" in hub.run(*arguments, by=Role.AUTHORISING_OFFICER)
    assert Path("site/index.html").is_file()
    assert hub.line.done("report", "verify", "site", "--hub-key", hub.key).startswith("Genuine: public page")
    Path("holiday").mkdir()
    Path("holiday/photo.jpg").write_bytes(b"x")
    other = hub.line.refused(*arguments[:-1], "holiday", by=hub.staff[Role.AUTHORISING_OFFICER])
    assert "holds something else" in other
    assert Path("holiday/photo.jpg").is_file()


def test_evidence_is_handed_out_and_checked_by_who_gets_it(hub: LivedHub) -> None:
    arguments = ("evidence", "pack", hub.alert, "--to", "pack.zip", "--recipient", "Court", "--reason", "R v Example")
    assert "the role auditor or authorising officer is needed" in hub.line.refused(
        *arguments, by=hub.staff[Role.OPERATOR]
    )
    assert hub.key in hub.run(*arguments, by=Role.AUDITOR)
    said = hub.line.done("evidence", "verify", "pack.zip", "--hub-key", hub.key)
    assert said.startswith(f"Genuine: evidence of alert {hub.alert}")
    shutil.copy("pack.zip", "forged.zip")
    content = bytearray(Path("forged.zip").read_bytes())
    content[len(content) // 2] ^= 1
    Path("forged.zip").write_bytes(content)
    forged = hub.line.run("evidence", "verify", "forged.zip", "--hub-key", hub.key)
    assert forged.exit_code == 1
    assert forged.stdout.startswith("NOT GENUINE: ")
    assert "there already" in hub.line.refused(*arguments, by=hub.staff[Role.AUDITOR])


def test_a_blue_list_test_is_run_from_the_command_line(hub: LivedHub) -> None:
    test = hub.run("test-run", "begin", hub.live, by=Role.OPERATOR)
    stranger = hub.line.refused("test-run", "passage", test, "N/4711", by=hub.staff[Role.OPERATOR])
    assert "not a tester of the blue list" in stranger
    hub.line.now += timedelta(minutes=5)
    Path("paper.csv").write_text("tester,time\nT/1,five past\n")
    assert "Line 2: there is no time with its offset" in hub.line.refused(
        "test-run", "import", test, "paper.csv", by=hub.staff[Role.OPERATOR]
    )
    Path("paper.csv").write_text("who\nT/1\n")
    assert "Line 2: give the columns tester and time" in hub.line.refused(
        "test-run", "import", test, "paper.csv", by=hub.staff[Role.OPERATOR]
    )
    assert "was not tested" in hub.run("test-run", "end", test, by=Role.OPERATOR)
    assert f"Test {test} (ended" in hub.run("test-run", "show", test, by=Role.AUDITOR)


def test_known_answer_alerts_are_checked_put_and_scored(hub: LivedHub) -> None:
    Path("cases").mkdir()
    assert "cannot be read" in hub.line.refused("known-answer", "check", "cases")
    Path("cases/cases.toml").write_text(CASES)
    for name in ("probe.jpg", "ref.jpg"):
        (Path("cases") / name).write_bytes(b"\xff\xd8\xff")
    assert hub.line.done("known-answer", "check", "cases") == (
        "2 cases, 1 of the same person and 1 of two; 4 an hour on average."
    )
    assert "questions put." in hub.line.done("known-answer", "raise", "cases")
    assert "unanswered" in hub.run("known-answer", "scores", by=Role.AUDITOR)
