"""Totals, charts and the summary page: every figure is the sum of its rows."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.published_records import TODAY, daily, record, series

from openlfr.policy.application import UseCase
from openlfr.reporting import charts
from openlfr.reporting.deployment_record import COUNTS, DeploymentRecord
from openlfr.reporting.records_file import RecordFile, RecordForm, check_file
from openlfr.reporting.summary import COLUMNS, Summary, summarise, summary_cells, to_html, to_json
from openlfr.reporting.totals import annual_figures, totals

MIXED = [
    *daily(4, date(2024, 2, 1), min_threshold=Decimal("0.60"), false_confirmed=2, true_confirmed=7),
    *daily(3, date(2024, 11, 1), use_case=UseCase.EVENT_PSO),
    record(day=date(2025, 5, 1), use_case=UseCase.EVENT_PSO, arrests=9),
]


def file_of(*records: DeploymentRecord) -> RecordFile:
    return RecordFile(RecordForm.PUBLISHED, tuple(series(*records)), (), ())


@given(st.lists(st.integers(0, 50), min_size=10, max_size=10), st.integers(0, 4))
def test_totals_are_the_sums_of_their_rows(counts: list[int], repeats: int) -> None:
    one = record(**dict(zip(COUNTS.values(), counts, strict=True)))
    total = totals([one] * repeats)
    assert total.deployments == repeats
    assert total.duration == repeats * one.duration
    for field in COUNTS.values():
        if field != "watchlist_size":
            assert getattr(total, field) == repeats * getattr(one, field)
    assert total.outcomes_exceeding == (repeats if one.outcomes > one.total_alerts else 0)


def test_totals_by_year_threshold_and_use_case_divide_the_whole() -> None:
    figures = annual_figures(MIXED)
    assert {year: each.deployments for year, each in figures.by_year.items()} == {2024: 7, 2025: 1}
    assert {str(key): each.deployments for key, each in figures.by_threshold.items()} == {"0.60": 4, "0.64": 4}
    assert {key: each.deployments for key, each in figures.by_use_case.items()} == {
        UseCase.CRIME_HOTSPOT: 4,
        UseCase.EVENT_PSO: 4,
    }
    for parts in (figures.by_year, figures.by_threshold, figures.by_use_case):
        assert sum(each.total_alerts for each in parts.values()) == figures.overall.total_alerts == 80
        assert sum(each.false_confirmed for each in parts.values()) == figures.overall.false_confirmed == 12


def test_one_threshold_printed_with_and_without_its_last_nought_is_one_threshold() -> None:
    figures = annual_figures([record(min_threshold=Decimal("0.6")), record(min_threshold=Decimal("0.60"))])
    assert [each.deployments for each in figures.by_threshold.values()] == [2]


def test_a_source_without_use_cases_has_no_table_of_them() -> None:
    breakdowns = Summary((record(use_case=None),), ()).breakdowns()
    assert list(breakdowns) == ["By year", "By threshold"]


def test_every_row_of_the_summary_has_a_cell_for_each_column() -> None:
    cells = dict(zip(COLUMNS, summary_cells(totals(MIXED)), strict=True))
    assert cells["Deployments"] == "8"
    assert cells["Hours"] == "40"
    assert cells["False alerts"] == "12"
    assert cells["False of all alerts (95% interval)"] == "15% (8% to 25%)"
    assert cells["Deployments with more outcomes than alerts"] == "1"


def test_a_doubtful_date_is_counted_as_printed_or_mended_as_asked_and_said() -> None:
    before = daily(20, date(2023, 7, 1), watchlist_size=10_400, min_threshold=Decimal("0.60"))
    after = daily(20, date(2024, 7, 1), watchlist_size=15_700, min_threshold=Decimal("0.62"))
    before.insert(10, replace(after[10], day=date(2023, 7, 11)))
    file = file_of(*before, *after)
    findings = check_file(file, today=TODAY)
    printed, mended = summarise(file, findings), summarise(file, findings, mend_dates=True)
    assert [each.deployments for each in printed.figures.by_year.values()] == [21, 20]
    assert [each.deployments for each in mended.figures.by_year.values()] == [20, 21]
    assert printed.notes[0].startswith("Row 12 is counted under its printed date.")
    assert mended.notes[0].startswith("Row 12 is counted under 2024-07-11.")


def test_rows_that_do_not_add_up_are_counted_in_the_notes() -> None:
    file = file_of(*MIXED)
    assert summarise(file, check_file(file, today=TODAY)).notes == (
        "Rows with figures that cannot all be right, added up as published: 1.",
    )


def test_a_file_without_a_readable_row_has_no_summary() -> None:
    with pytest.raises(ValueError, match="No deployment in the file could be read"):
        summarise(file_of(), [])


def drawing(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 (drawn by ourselves)


def description(svg: str) -> str:
    found = drawing(svg).find("{http://www.w3.org/2000/svg}desc")
    assert found is not None
    assert found.text
    return found.text


def test_the_chart_over_time_describes_its_totals() -> None:
    assert description(charts.over_time(MIXED)) == (
        "80 alerts, 37 arrests and 12 false alerts in 8 deployments from 2024 Q1 to 2025 Q2."
    )


def test_the_chart_of_thresholds_describes_each_share_with_its_interval() -> None:
    assert description(charts.false_per_alert_by_threshold(MIXED)) == (
        "threshold 0.60: 8 of 40 = 20% (9.1% to 36%); threshold 0.64: 4 of 40 = 10% (2.8% to 24%)."
    )


def test_bars_are_as_high_as_their_figures() -> None:
    """Heights are read back out of the drawing: 40, 0, 0, 30, 0 and 10 alerts in six quarters."""
    svg = charts.over_time(MIXED)
    heights: dict[str, list[float]] = {}
    for colour in ("#9ecae9", "#d55e00"):
        paths = re.findall(rf'<path d="([^"]*)"[^>]*fill: {colour}"', svg)
        bars = [[float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", path)] for path in paths]
        heights[colour] = [max(ys) - min(ys) for ys in bars if ys]
    alerts = heights["#9ecae9"][:6]
    assert [height / max(alerts) for height in alerts] == pytest.approx([1, 0, 0, 0.75, 0, 0.25], abs=0.01)
    false = heights["#d55e00"][:6]
    assert [height / max(false) for height in false] == pytest.approx([1, 0, 0, 3 / 8, 0, 1 / 8], abs=0.01)


def test_the_same_records_draw_the_same_bytes() -> None:
    assert charts.over_time(MIXED) == charts.over_time(MIXED)
    assert charts.false_per_alert_by_threshold(MIXED) == charts.false_per_alert_by_threshold(MIXED)


def test_charts_of_little_are_still_charts() -> None:
    quiet = record(total_alerts=0, true_confirmed=0, true_unconfirmed=0, false_confirmed=0, arrests=0)
    assert drawing(charts.over_time([quiet])).tag.endswith("svg")
    assert drawing(charts.false_per_alert_by_threshold([quiet])).tag.endswith("svg")
    with pytest.raises(ValueError, match="at least one deployment"):
        charts.over_time([])


def test_the_page_stands_alone_with_no_id_twice() -> None:
    page = to_html(Summary(tuple(MIXED), ("Mind the <gap>.",)))
    assert "Mind the &lt;gap&gt;." in page
    assert page.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', page))
    assert used <= set(ids)
    addresses = set(re.findall(r"https?://[^\"' <)]*", page))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, never fetched
    assert "<script" not in page


def test_the_json_holds_the_figures_of_the_page() -> None:
    summary = Summary(tuple(MIXED), ("a note",))
    document = json.loads(to_json(summary))
    assert (document["from"], document["to"], document["notes"]) == ("2024-02-01", "2025-05-01", ["a note"])
    whole = document["totals"]["By threshold"]["All"]
    assert (whole["alerts"], whole["false alerts"], whole["arrests"]) == (80, 12, 37)
    assert whole["false per alert"] == pytest.approx(0.15)
    assert whole["hours"] == pytest.approx(8 * timedelta(minutes=303) / timedelta(hours=1), abs=0.01)
    assert document["totals"]["By use case"]["Event PSO"]["deployments"] == 4
