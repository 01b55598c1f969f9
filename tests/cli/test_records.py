"""`openlfr records` as people call it: what is printed, and the exit status."""

import json
from pathlib import Path

import pytest
from tests.support.evaluation_data import evaluation_data
from tests.support.published_records import TODAY, daily
from typer.testing import CliRunner

from openlfr.cli.records import app
from openlfr.reporting.publication import Publication, to_csv
from openlfr.reporting.records_file import MET_EXTRACT_HEADINGS

runner = CliRunner()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A file of ours with nothing wrong."""
    path = tmp_path / "records.csv"
    path.write_text(to_csv(Publication(tuple(daily(3)), TODAY, ())), encoding="utf-8", newline="")
    return path


@pytest.fixture
def met() -> str:
    return str(evaluation_data("labels", "met_deployments_2023_2025.csv"))


def test_our_own_published_records_are_clean(published: Path) -> None:
    result = runner.invoke(app, ["check", str(published)])
    assert result.exit_code == 0, result.output
    assert "records.csv, the published form: 3 deployments read, 0 findings" in " ".join(result.output.split())


def test_findings_are_printed_by_row_with_counts_and_totals_and_exit_with_one(
    met: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = runner.invoke(app, ["check", met])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    [dalston] = [line for line in lines if line.startswith("│ 10 ") and "doubt" in line]
    assert "2023-07-11" in dalston
    counts = [line for line in lines if line.startswith("│ outcomes-exceed-alerts")]
    assert "170" in counts[0]
    said = " ".join(result.output.split())
    assert "277 deployments read, 187 findings on 173 rows and the whole file." in said
    assert "2,371,465 faces seen, 2,158 alerts, 34 false alerts, 951 arrests." in said


def test_json_has_every_finding_and_nothing_else_on_the_screen(met: str) -> None:
    result = runner.invoke(app, ["check", met, "--json"])
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["deployments"], len(document["findings"])) == (277, 187)
    assert document["counts"]["outcomes-exceed-alerts"] == 170
    [dalston] = [finding for finding in document["findings"] if finding["code"] == "year-doubtful"]
    assert (dalston["row"], dalston["column"], dalston["likely day"]) == (10, "Date", "2024-07-11")


def test_wrong_columns_are_one_clear_sentence_and_exit_with_two(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("date,place\n2024-01-01,here\n", encoding="utf-8")
    result = runner.invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    said = " ".join(result.stderr.split())
    assert said.startswith("other.csv: The columns are not those of")
    assert said.endswith("correct the headings and try again.")


@pytest.mark.parametrize("command", ["check", "summary"])
def test_a_file_that_is_not_there_is_said_and_exits_with_two(command: str, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        result = runner.invoke(app, [command, str(path)])
        assert result.exit_code == 2
        assert "cannot be read" in " ".join(result.stderr.split())


def test_a_cell_cannot_command_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "nasty.csv"
    headings = ",".join(MET_EXTRACT_HEADINGS)
    path.write_text(f"{headings}\n\x1b]0;owned\x07[red],303,9764,0.6,1,1,0,0,0,0.0,1,0,0,5460\n", encoding="utf-8")
    result = runner.invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "[red]" in result.output


def test_a_very_long_table_is_cut_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = "".join(f"nonsense,{i},x,0.6,1,1,0,0,0,0.0,1,0,0,5460\n" for i in range(600))  # two findings a row
    path.write_text(f"{','.join(MET_EXTRACT_HEADINGS)}\n{rows}", encoding="utf-8")
    result = runner.invoke(app, ["check", str(path)])
    assert "The first 1,000 of 1,200 findings are shown" in " ".join(result.output.split())
    assert len(json.loads(runner.invoke(app, ["check", str(path), "--json"]).stdout)["findings"]) == 1200


def test_thresholds_of_another_force_can_be_given(published: Path) -> None:
    assert runner.invoke(app, ["check", str(published), "--authorised", "0.64"]).exit_code == 0
    changed = ["--authorised", "0.64@2025-01-07", "--authorised", "0.62"]
    result = runner.invoke(app, ["check", str(published), "--json", *changed])
    assert result.exit_code == 1
    [finding] = json.loads(result.stdout)["findings"]
    assert (finding["row"], finding["code"]) == (2, "threshold-not-authorised")


@pytest.mark.parametrize("text", ["high", "0.64@yesterday", "@2025-01-01", "NaN", "64"])
def test_a_threshold_that_is_none_is_refused(text: str, published: Path) -> None:
    result = runner.invoke(app, ["check", str(published), "--authorised", text])
    assert result.exit_code == 2
    assert "is not a threshold" in " ".join(result.stderr.replace("│", " ").split())


def test_the_summary_prints_totals_and_writes_a_page(met: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    page = tmp_path / "summary.html"
    result = runner.invoke(app, ["summary", met, "--mend-dates", "--html", str(page)])
    assert result.exit_code == 0, result.output
    [of_2023] = [line for line in result.output.splitlines() if line.startswith("│ 2023 ")]
    assert "326,392" in of_2023
    assert "Row 10 is counted under 2024-07-11" in " ".join(result.output.split())
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "0.35% (0.11% to 0.82%)" in text


def test_the_summary_as_json_is_nothing_but_json(met: str) -> None:
    result = runner.invoke(app, ["summary", met, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["totals"]["By year"]["All"]["alerts"] == 2158


def test_our_own_records_are_summed_up_by_use_case_too(published: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.html"
    result = runner.invoke(app, ["summary", str(published), "--html", str(page), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["totals"]["By use case"]["Crime Hotspot"]["alerts"] == 30
    assert "By use case" in page.read_text(encoding="utf-8")


def test_a_file_without_a_readable_row_is_not_summed_up(published: Path) -> None:
    published.write_text(published.read_text(encoding="utf-8").replace("PT5H3M", "a while"), encoding="utf-8")
    result = runner.invoke(app, ["summary", str(published)])
    assert result.exit_code == 2
    assert "No deployment in the file could be read" in " ".join(result.stderr.split())


def test_a_page_that_cannot_be_written_is_said(published: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["summary", str(published), "--html", str(tmp_path / "no" / "where.html")])
    assert result.exit_code == 2
    assert "cannot be written" in " ".join(result.stderr.split())
