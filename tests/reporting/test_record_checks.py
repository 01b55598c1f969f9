"""One record by itself: each error is found and put in words, and nothing right is flagged."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.published_records import TODAY, record

from openlfr.reporting.deployment_record import Column
from openlfr.reporting.record_checks import MET_THRESHOLDS, Finding, FindingCode, Severity, check_record


def findings(**changes: Any) -> list[Finding]:
    return list(check_record(record(**changes), today=TODAY, thresholds=MET_THRESHOLDS, row=2))


def codes(**changes: Any) -> list[FindingCode]:
    return [finding.code for finding in findings(**changes)]


def test_a_sound_record_has_no_findings() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"arrests": 0, "other_action": 0, "no_action": 0},  # outcomes may be fewer than alerts: somebody walked off
        {"arrests": 10, "other_action": 0, "no_action": 0},
        {"arrests": 4, "other_action": 3, "no_action": 3},  # equal, and adding up
        {"duration": timedelta(minutes=33), "faces_seen": 530},  # short, and busy
        {"faces_seen": 319, "duration": timedelta(minutes=303), "printed_rate_pct": Decimal("0.31")},  # few faces
        {"day": TODAY},
        {"day": date(2024, 7, 10), "min_threshold": Decimal("0.6")},  # the last day of 0.60
        {"day": date(2024, 7, 11), "min_threshold": Decimal("0.62")},
        {"day": date(2024, 7, 24), "min_threshold": Decimal("0.620")},
        {"day": date(2024, 7, 25), "min_threshold": Decimal("0.64")},
        {"total_alerts": 0, "true_confirmed": 0, "true_unconfirmed": 0, "false_confirmed": 0}
        | {"arrests": 0, "other_action": 0, "no_action": 0, "printed_rate_pct": Decimal("0.0")},
        {"printed_rate_pct": Decimal("0.008")},
        {"printed_rate_pct": Decimal("0.01")},
        {"printed_rate_pct": Decimal("0.00825")},
        {"faces_seen": 4000, "printed_rate_pct": Decimal("0.02")},  # 0.025 rounds to 0.02 or to 0.03
        {"faces_seen": 4000, "printed_rate_pct": Decimal("0.03")},
    ],
)
def test_what_is_right_is_not_flagged(changes: dict[str, Any]) -> None:
    assert codes(**changes) == []


def test_alerts_must_be_the_sum_of_their_kinds() -> None:
    [finding] = findings(true_unconfirmed=2)
    assert (finding.code, finding.column, finding.row) == (FindingCode.ALERTS_DO_NOT_ADD_UP, Column.TOTAL_ALERTS, 2)
    assert "Total Alerts is 10" in finding.sentence
    assert "are 11 together: correct" in finding.sentence


def test_outcomes_beyond_the_alerts_name_the_repeated_column() -> None:
    [finding] = findings(arrests=3, other_action=7, no_action=7)
    assert (finding.code, finding.column) == (FindingCode.OUTCOMES_EXCEED_ALERTS, Column.NO_ACTION)
    assert "No Action repeats the number of Other" in finding.sentence


def test_outcomes_beyond_the_alerts_without_a_repeat_blame_no_column() -> None:
    [finding] = findings(arrests=4, other_action=2, no_action=5)
    assert (finding.code, finding.column) == (FindingCode.OUTCOMES_EXCEED_ALERTS, None)
    assert "(arrest 4, other 2, no action 5) are 11 together, and Total Alerts is 10" in finding.sentence


def test_a_rate_that_does_not_follow_from_the_counts_is_misprinted() -> None:
    [finding] = findings(printed_rate_pct=Decimal("0.011"))
    assert finding.code is FindingCode.RATE_MISPRINTED
    assert finding.sentence.startswith("1 false alert is 0.0083% of 12,120 faces, not 0.011%")


def test_a_rate_of_nought_may_not_hide_a_false_alert() -> None:
    assert codes(printed_rate_pct=Decimal("0.00")) == [FindingCode.RATE_MISPRINTED]
    assert codes(printed_rate_pct=Decimal("0")) == [FindingCode.RATE_MISPRINTED]


def test_a_rate_without_false_alerts_is_misprinted() -> None:
    assert codes(false_confirmed=0, true_confirmed=9, printed_rate_pct=Decimal("0.01")) == [FindingCode.RATE_MISPRINTED]


def test_a_rate_cut_off_instead_of_rounded_is_a_doubt_that_names_the_right_one() -> None:
    [finding] = findings(faces_seen=1123, printed_rate_pct=Decimal("0.08"))
    assert (finding.code, finding.code.severity) == (FindingCode.RATE_CUT_OFF, Severity.DOUBT)
    assert finding.sentence.endswith("print 0.09%.")


@pytest.mark.parametrize(
    ("day", "threshold", "said"),
    [
        (date(2024, 7, 10), "0.62", "0.60 was authorised on 2024-07-10"),
        (date(2024, 7, 25), "0.62", "0.64 was authorised on 2024-07-25"),
        (date(2025, 3, 5), "0.56", "0.64 was authorised on 2025-03-05"),
    ],
)
def test_a_threshold_is_the_one_authorised_on_its_day(day: date, threshold: str, said: str) -> None:
    [finding] = findings(day=day, min_threshold=Decimal(threshold))
    assert finding.code is FindingCode.THRESHOLD_NOT_AUTHORISED
    assert said in finding.sentence


def test_without_a_list_of_thresholds_only_plausibility_is_checked() -> None:
    assert not list(check_record(record(min_threshold=Decimal("0.3")), today=TODAY))
    for implausible in ("0", "1", "64"):
        [finding] = check_record(record(min_threshold=Decimal(implausible)), today=TODAY)
        assert finding.code is FindingCode.THRESHOLD_IMPLAUSIBLE


def test_before_the_first_authorised_threshold_none_was() -> None:
    [finding] = check_record(record(day=date(2023, 1, 1)), today=TODAY, thresholds=MET_THRESHOLDS[1:])
    assert "none was authorised on 2023-01-01" in finding.sentence


def test_times_that_cannot_be_are_found() -> None:
    assert codes(duration=timedelta()) == [FindingCode.DURATION_IMPLAUSIBLE]
    assert codes(duration=timedelta(hours=25)) == [FindingCode.DURATION_IMPLAUSIBLE]
    assert codes(day=TODAY + timedelta(days=1)) == [FindingCode.DATE_IN_FUTURE]


def test_four_faces_in_an_afternoon_are_a_stub() -> None:
    [finding] = findings(faces_seen=4)
    assert (finding.code, finding.code.severity) == (FindingCode.STUB_ROW, Severity.DOUBT)
    assert "Only 4 faces in 5.0 hours" in finding.sentence
