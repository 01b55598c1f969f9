from pathlib import Path

import pytest
from benchmarks.report import evaluation_data, heading, machine, table


def test_a_table_is_markdown_and_keeps_a_bar_in_a_cell_as_text() -> None:
    assert table(["clip", "frames"], [["a|b", 3]]).splitlines() == [
        "| clip | frames |",
        "| --- | ---: |",
        "| a\\|b | 3 |",
    ]


def test_a_row_that_does_not_fit_its_table_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells does not fit 1 columns"):
        table(["one"], [[1, 2]])


def test_a_heading_says_when_where_and_with_what_something_was_measured() -> None:
    text = heading("Speed", "The crowd clip.")
    assert text.startswith("### Speed\n")
    for part in ("UTC, commit ", machine(), "load average", "The crowd clip."):
        assert part in text


def test_missing_evaluation_data_ends_a_benchmark_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENLFR_EVALUATION_DATA", str(tmp_path))
    (tmp_path / "lfw").mkdir()
    assert evaluation_data("lfw") == tmp_path / "lfw"
    with pytest.raises(SystemExit, match="OPENLFR_EVALUATION_DATA"):
        evaluation_data("video")
