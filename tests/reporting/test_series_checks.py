"""Records among their neighbours, and the file as a whole."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.published_records import TODAY, daily, record, series

from openlfr.reporting.deployment_record import Column, DeploymentRecord
from openlfr.reporting.record_checks import Finding, FindingCode, ThresholdPeriod
from openlfr.reporting.series_checks import check_records, count_by_code, with_likely_days


def check(records: list[DeploymentRecord], thresholds: tuple[ThresholdPeriod, ...] = ()) -> list[Finding]:
    return check_records(series(*records), today=TODAY, thresholds=thresholds)


def two_years() -> list[DeploymentRecord]:
    """A deployment each day of two summers, with other watchlists and thresholds."""
    before = daily(20, date(2023, 7, 1), watchlist_size=10_400, min_threshold=Decimal("0.60"))
    after = daily(20, date(2024, 7, 1), watchlist_size=15_700, min_threshold=Decimal("0.62"))
    return before + after


def test_a_sound_series_has_no_findings() -> None:
    assert check(two_years()) == []
    assert check(list(reversed(two_years()))) == []  # newest first is an order too
    assert check([record()]) == []
    assert check([]) == []


def test_a_row_of_the_wrong_year_is_told_by_what_it_fits() -> None:
    records = two_years()
    records.insert(10, replace(records[30], day=date(2023, 7, 11)))
    thresholds = (ThresholdPeriod(date.min, Decimal("0.60")), ThresholdPeriod(date(2024, 1, 1), Decimal("0.62")))
    [finding] = check(records, thresholds)
    assert (finding.code, finding.row, finding.column) == (FindingCode.YEAR_DOUBTFUL, 12, Column.DATE)
    assert finding.likely_day == date(2024, 7, 11)
    assert "does fit those around 2024-07-11" in finding.sentence


@pytest.mark.parametrize("differing", ["watchlist_size", "min_threshold"])
def test_two_deployments_of_one_misdated_day_do_not_vouch_for_each_other(differing: str) -> None:
    alike: dict[str, dict[str, Any]] = {
        "watchlist_size": {"min_threshold": Decimal("0.64")},
        "min_threshold": {"watchlist_size": 12_000},
    }
    records = [replace(each, **alike[differing]) for each in two_years()]
    wrong = replace(records[30], day=date(2023, 7, 11))
    records[11:11] = [wrong, replace(wrong, faces_seen=9_000)]
    assert [(finding.code, finding.row) for finding in check(records)] == [
        (FindingCode.YEAR_DOUBTFUL, 13),
        (FindingCode.YEAR_DOUBTFUL, 14),
    ]


def test_the_wrong_year_is_found_in_both_directions_and_mended_where_asked() -> None:
    records = two_years()
    records.append(replace(records[9], day=date(2024, 7, 20)))
    records += daily(3, date(2024, 7, 21), watchlist_size=15_700, min_threshold=Decimal("0.62"))
    rows = series(*records)
    findings = check_records(rows, today=TODAY)
    assert [(finding.row, finding.likely_day) for finding in findings] == [(42, date(2023, 7, 20))]
    mended = with_likely_days(rows, findings)
    assert mended[40].record.day == date(2023, 7, 20)
    assert mended[:40] + mended[41:] == rows[:40] + rows[41:]


def test_a_leap_day_of_the_wrong_year_does_not_stop_the_check() -> None:
    records = daily(10, date(2024, 2, 24), watchlist_size=10_000)
    records[5] = replace(records[5], watchlist_size=15_000)
    assert records[5].day == date(2024, 2, 29)
    assert [finding.code for finding in check(records)] == [FindingCode.WATCHLIST_SIZE_JUMPS]


def test_a_year_is_not_doubted_for_deployments_months_away() -> None:
    records = daily(20, date(2023, 7, 1), watchlist_size=10_400) + daily(5, date(2024, 11, 1), watchlist_size=15_700)
    records[10] = replace(records[10], watchlist_size=15_700)
    assert [finding.code for finding in check(records)] == [FindingCode.WATCHLIST_SIZE_JUMPS]


def test_a_watchlist_that_jumps_and_comes_back_is_doubted_with_the_slip_of_the_pen() -> None:
    records = daily(10)
    records[5] = replace(records[5], watchlist_size=19_199)
    [finding] = check(records)
    assert (finding.code, finding.row) == (FindingCode.WATCHLIST_SIZE_JUMPS, 7)
    assert "one digit apart from 16,199" in finding.sentence


@pytest.mark.parametrize(("size", "doubted"), [(11_100, True), (10_900, False), (9_100, False), (8_900, True)])
def test_a_watchlist_may_be_a_tenth_away_from_its_neighbours(size: int, doubted: bool) -> None:
    records = daily(10, watchlist_size=10_000)
    records[5] = replace(records[5], watchlist_size=size)
    assert [finding.row for finding in check(records)] == ([7] if doubted else [])


def test_two_watchlists_used_in_turn_are_not_doubted() -> None:
    assert check([replace(each, watchlist_size=10_000 + 2_000 * (i % 2)) for i, each in enumerate(daily(12))]) == []


def test_a_watchlist_that_grows_and_stays_is_not_doubted() -> None:
    assert check(daily(10) + daily(10, date(2025, 2, 1), watchlist_size=20_000)) == []
    growing = [replace(each, watchlist_size=10_000 + 500 * i) for i, each in enumerate(daily(20))]
    assert check(growing) == []


def test_one_row_twice_is_a_duplicate_and_two_deployments_of_a_day_are_not() -> None:
    twice = [*daily(3), daily(3)[2]]
    [finding] = check(twice)
    assert (finding.code, finding.row) == (FindingCode.DUPLICATE_ROW, 5)
    assert "repeats row 4" in finding.sentence
    assert check([*daily(3), replace(daily(3)[2], faces_seen=9_000)]) == []


def test_a_row_against_the_order_of_the_others_is_named_once() -> None:
    records = daily(9)
    records[4] = replace(records[4], day=date(2025, 1, 1))
    [finding] = check(records)
    assert (finding.code, finding.row) == (FindingCode.OUT_OF_ORDER, 6)
    falling = list(reversed(daily(9)))
    falling[4] = replace(falling[4], day=date(2025, 3, 1))
    assert [each.row for each in check(falling)] == [6]


def test_printed_totals_are_added_up_again() -> None:
    rows = series(*daily(3))
    right = {Column.TOTAL_ALERTS: 30, Column.ARREST: 12}
    assert check_records(rows, today=TODAY, printed_totals=[(5, right)]) == []
    [finding] = check_records(rows, today=TODAY, printed_totals=[(5, right | {Column.ARREST: 13})])
    assert (finding.code, finding.row, finding.column) == (FindingCode.TOTALS_DO_NOT_ADD_UP, 5, Column.ARREST)
    assert "printed as 13, but its rows are 12 together" in finding.sentence


def test_other_repeated_as_no_action_is_said_once_for_the_stretch_with_the_rows_it_hides_in() -> None:
    repeated = daily(12, arrests=3, other_action=7, no_action=7)
    repeated[5] = replace(repeated[5], arrests=4, other_action=3, no_action=3)  # happens to fit
    quiet = replace(repeated[6], arrests=10, other_action=0, no_action=0)
    repeated[6] = quiet
    after = daily(3, date(2025, 2, 1), arrests=4, other_action=3, no_action=3)  # fits, and outside the stretch
    honest = daily(3, date(2025, 2, 10))
    findings = check(repeated + after + honest)
    counts = count_by_code(findings)
    assert counts == {FindingCode.OUTCOMES_EXCEED_ALERTS: 10, FindingCode.OTHER_REPEATED: 1}
    sentence = findings[-1].sentence
    assert "on all 11 rows" in sentence
    assert "includes rows 7, whose" in sentence
    assert "to 2025-01-17" in sentence


def test_equal_outcomes_that_fit_are_never_called_repeated() -> None:
    assert check(daily(30, arrests=4, other_action=3, no_action=3)) == []
    few = daily(9, arrests=3, other_action=7, no_action=7)
    assert FindingCode.OTHER_REPEATED not in count_by_code(check(few))


def test_a_jump_in_faces_that_alerts_do_not_follow_is_a_change_of_counting() -> None:
    # Another number of faces each day, so that medians are not those of one value.
    before = [replace(each, faces_seen=1_500 + 10 * i, faces_seen_method=None) for i, each in enumerate(daily(15))]
    after = [
        replace(each, faces_seen=9_000 + 50 * i, faces_seen_method=None)
        for i, each in enumerate(daily(15, date(2025, 2, 1)))
    ]
    [finding] = check(before + after)
    assert (finding.code, finding.row, finding.column) == (FindingCode.FACES_METHOD_CHANGED, None, Column.FACES_SEEN)
    assert finding.sentence.startswith("On 2025-02-01 faces seen per hour went from about 311 to about 1,851")


def test_a_busier_place_with_more_alerts_is_no_change_of_counting() -> None:
    before = daily(15, faces_seen=1_500, faces_seen_method=None)
    busier = {"total_alerts": 60, "true_confirmed": 58, "faces_seen": 9_000, "faces_seen_method": None}
    assert check(before + daily(15, date(2025, 2, 1), **busier)) == []
    quadrupled = {"total_alerts": 200, "true_confirmed": 198, "faces_seen": 6_000, "faces_seen_method": None}
    assert check(before + daily(15, date(2025, 2, 1), **quadrupled)) == []  # the place, or the watchlist: not counting
    once = [*daily(15, faces_seen_method=None), *daily(3, date(2025, 2, 1), faces_seen=90_000, faces_seen_method=None)]
    assert check(once) == []  # three busy days are three busy days


def test_a_named_change_of_counting_is_reported_on_its_day() -> None:
    changed = daily(3) + daily(3, date(2025, 2, 1), faces_seen_method="tracks-2")
    [finding] = check(changed)
    assert "On 2025-02-01 the counting method changed from tracks-1 to tracks-2" in finding.sentence


def test_findings_come_by_row_and_those_of_the_file_last() -> None:
    records = daily(12, arrests=3, other_action=7, no_action=7)
    records[3] = replace(records[3], duration=timedelta())
    rows = [finding.row for finding in check(records)]
    assert rows == [*sorted(row for row in rows if row), None]


@pytest.mark.parametrize("faces", [0, 1])
def test_rows_without_faces_or_time_do_not_break_the_series(faces: int) -> None:
    records = daily(25, faces_seen=faces, duration=timedelta(), faces_seen_method=None)
    assert set(count_by_code(check(records))) == {FindingCode.DURATION_IMPLAUSIBLE}
