"""The Metropolitan Police's 277 published records: every known error is found by its row, and nothing else is.

Rows count as in the file, headings being row 1. Figures to compare with were worked out from the published PDFs by
other people with other programs.
"""

from datetime import date
from decimal import Decimal

import pytest
from tests.support.evaluation_data import evaluation_data
from tests.support.published_records import TODAY

from openlfr.reporting.deployment_record import Column
from openlfr.reporting.record_checks import MET_THRESHOLDS, Finding, FindingCode
from openlfr.reporting.records_file import RecordFile, RecordForm, check_file, read_records
from openlfr.reporting.series_checks import count_by_code, with_likely_days
from openlfr.reporting.totals import AnnualFigures, annual_figures

# Printed rates cut off after two places, by row: each is one hundredth of a percent too low.
CUT_OFF = [29, 37, 47, 49, 53, 65, 75, 85, 87, 117]


@pytest.fixture(scope="module")
def file() -> RecordFile:
    return read_records(evaluation_data("labels", "met_deployments_2023_2025.csv").read_bytes())


@pytest.fixture(scope="module")
def findings(file: RecordFile) -> list[Finding]:
    return check_file(file, today=TODAY, thresholds=MET_THRESHOLDS)


@pytest.fixture(scope="module")
def figures(file: RecordFile, findings: list[Finding]) -> AnnualFigures:
    return annual_figures(each.record for each in with_likely_days(file.rows, findings))


def rows_of(findings: list[Finding], code: FindingCode) -> list[int | None]:
    return [finding.row for finding in findings if finding.code is code]


def test_every_row_is_read(file: RecordFile) -> None:
    assert (file.form, len(file.rows), file.unreadable) == (RecordForm.MET_EXTRACT, 277, ())
    assert file.rows[0].record.day == date(2023, 4, 6)
    assert file.rows[-1].record.faces_seen == 15_001


def test_the_row_whose_alerts_do_not_add_up_is_that_of_10_january_2024(
    file: RecordFile, findings: list[Finding]
) -> None:
    assert rows_of(findings, FindingCode.ALERTS_DO_NOT_ADD_UP) == [26]
    assert file.rows[24].record.day == date(2024, 1, 10)


def test_outcomes_exceed_alerts_on_169_of_the_203_rows_of_2023_and_2024_and_on_one_of_2025(
    file: RecordFile, findings: list[Finding]
) -> None:
    days = {each.row: each.record.day for each in file.rows}
    exceeding = [days[row] for row in rows_of(findings, FindingCode.OUTCOMES_EXCEED_ALERTS) if row]
    assert sum(day.year in (2023, 2024) for day in days.values()) == 203
    assert sum(day.year in (2023, 2024) for day in exceeding) == 169
    assert [day for day in exceeding if day.year == 2025] == [date(2025, 3, 7)]


def test_other_is_repeated_as_no_action_on_every_row_until_the_end_of_2024(findings: list[Finding]) -> None:
    [finding] = [finding for finding in findings if finding.code is FindingCode.OTHER_REPEATED]
    assert "From 2023-04-20 to 2024-12-20" in finding.sentence
    assert "all 173 rows" in finding.sentence
    assert "rows 17, 20, 38, 79, whose sums happen to fit" in finding.sentence


def test_the_dalston_row_is_of_2024(file: RecordFile, findings: list[Finding]) -> None:
    [finding] = [finding for finding in findings if finding.code is FindingCode.YEAR_DOUBTFUL]
    assert (finding.row, finding.likely_day) == (10, date(2024, 7, 11))
    assert file.rows[8].record.day == date(2023, 7, 11)


def test_the_watchlist_of_19199_is_one_digit_from_its_neighbours(findings: list[Finding]) -> None:
    [finding] = [finding for finding in findings if finding.code is FindingCode.WATCHLIST_SIZE_JUMPS]
    assert finding.row == 272
    assert "19,199" in finding.sentence
    assert "one digit apart from 16,199" in finding.sentence


def test_the_counting_of_faces_changed_in_the_middle_of_2024(findings: list[Finding]) -> None:
    # The other stretch that cannot be compared is 2023: few deployments, at other places, with many more faces.
    changes = [finding.sentence for finding in findings if finding.code is FindingCode.FACES_METHOD_CHANGED]
    assert [sentence[:13] for sentence in changes] == ["On 2024-01-19", "On 2024-08-06"]
    assert "from about 317 to about 2,037" in changes[1]


def test_printed_rates_are_recomputed_on_every_row(findings: list[Finding]) -> None:
    assert rows_of(findings, FindingCode.RATE_MISPRINTED) == [20]  # 1 of 3,940 printed as 0.01 %
    assert rows_of(findings, FindingCode.RATE_CUT_OFF) == CUT_OFF


def test_nothing_else_is_flagged(findings: list[Finding]) -> None:
    assert count_by_code(findings) == {
        FindingCode.OUTCOMES_EXCEED_ALERTS: 170,
        FindingCode.RATE_CUT_OFF: len(CUT_OFF),
        FindingCode.FACES_METHOD_CHANGED: 2,
        FindingCode.YEAR_DOUBTFUL: 1,
        FindingCode.RATE_MISPRINTED: 1,
        FindingCode.ALERTS_DO_NOT_ADD_UP: 1,
        FindingCode.WATCHLIST_SIZE_JUMPS: 1,
        FindingCode.OTHER_REPEATED: 1,
    }


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (2, "one alert, one arrest, nothing repeated"),
        (17, "other and no action alike, and adding up"),
        (18, "33 minutes, 530 faces: short, and in proportion"),
        (44, "0.09 is 0.0926 rounded"),
        (70, "0.07 is 0.0692 rounded, not cut off"),
        (102, "0.1 is right to the one place it has"),
        (115, "the first row at 0.62"),
        (124, "the first row at 0.64"),
        (203, "the watchlist a year later than the one that was misdated"),
        (205, "other and no action alike and adding up, after the repeats ended"),
        (213, "0.008 as published is right"),
        (271, "the neighbour of the watchlist that jumps"),
        (273, "its neighbour on the other side"),
        (274, "2,490 faces on a quiet day"),
    ],
)
def test_rows_that_are_right_are_left_alone(findings: list[Finding], row: int, why: str) -> None:
    found = [f for f in findings if f.row == row and f.code is not FindingCode.OUTCOMES_EXCEED_ALERTS]
    assert found == [], why


def test_a_row_is_flagged_if_and_only_if_something_is_wrong_with_it(file: RecordFile, findings: list[Finding]) -> None:
    expected = {10, 20, 26, 272, *CUT_OFF}
    for each in file.rows:
        record = each.record
        if record.arrests + record.other_action + record.no_action > record.total_alerts:
            expected.add(each.row)
    assert {finding.row for finding in findings if finding.row} == expected


@pytest.mark.parametrize(
    ("year", "deployments", "faces", "alerts", "false", "arrests"),
    [(2023, 23, 326_392, 58, 2, 34), (2024, 180, 902_748, 1_286, 27, 575)],
)
def test_totals_by_year_are_those_derived_from_the_published_pdfs(
    figures: AnnualFigures, year: int, deployments: int, faces: int, alerts: int, false: int, arrests: int
) -> None:
    total = figures.by_year[year]
    assert (total.deployments, total.faces_seen, total.total_alerts, total.arrests) == (
        deployments,
        faces,
        alerts,
        arrests,
    )
    assert total.false_confirmed + total.false_unconfirmed == false


@pytest.mark.parametrize(
    ("threshold", "rows", "hours", "alerts", "false", "per_alert", "per_face", "alerts_per_hour"),
    [
        ("0.60", 112, 593, 691, 25, 0.0362, 1 / 19_650, 1.17),
        ("0.62", 10, 48, 54, 4, 0.0741, 2.4e-4, 1.12),
        ("0.64", 155, 833, 1_413, 5, 0.0035, 2.7e-6, 1.70),
    ],
)
def test_totals_by_threshold_are_those_derived_from_the_published_pdfs(
    figures: AnnualFigures,
    threshold: str,
    rows: int,
    hours: int,
    alerts: int,
    false: int,
    per_alert: float,
    per_face: float,
    alerts_per_hour: float,
) -> None:
    total = figures.by_threshold[Decimal(threshold)]
    assert (total.deployments, round(total.hours), total.total_alerts) == (rows, hours, alerts)
    rates = total.false_alert_rates()
    assert rates.false_alerts == false
    assert rates.per_alert is not None
    assert rates.per_alert.rate == pytest.approx(per_alert, abs=5e-5)
    assert rates.per_face == pytest.approx(per_face, rel=0.02)
    assert total.total_alerts / total.hours == pytest.approx(alerts_per_hour, abs=0.006)


def test_the_rate_per_face_at_064_has_the_derived_interval(figures: AnnualFigures) -> None:
    interval = figures.by_threshold[Decimal("0.64")].false_alert_rates().per_face_interval()
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.9e-6, 6.3e-6), abs=0.05e-6)


def test_the_column_that_is_at_fault_is_named(findings: list[Finding]) -> None:
    columns = {(finding.row, finding.code.value): finding.column for finding in findings}
    assert columns[10, "year-doubtful"] is Column.DATE
    assert columns[10, "outcomes-exceed-alerts"] is Column.NO_ACTION
    assert columns[20, "rate-misprinted"] is Column.FALSE_ALERT_RATE
    assert columns[240, "outcomes-exceed-alerts"] is None
