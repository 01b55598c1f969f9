"""What is wrong with one deployment record, in sentences that say how to mend it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from openlfr.reporting.deployment_record import Column, DeploymentRecord


class Severity(StrEnum):
    """ERROR: the figures cannot all be right. DOUBT: they can, and should be looked up before being relied on."""

    ERROR = "error"
    DOUBT = "doubt"


class FindingCode(StrEnum):
    """Everything that the checks can find."""

    CELL_UNREADABLE = "cell-unreadable"
    ALERTS_DO_NOT_ADD_UP = "alerts-do-not-add-up"
    OUTCOMES_EXCEED_ALERTS = "outcomes-exceed-alerts"
    RATE_MISPRINTED = "rate-misprinted"
    RATE_CUT_OFF = "rate-cut-off"
    THRESHOLD_IMPLAUSIBLE = "threshold-implausible"
    THRESHOLD_NOT_AUTHORISED = "threshold-not-authorised"
    DURATION_IMPLAUSIBLE = "duration-implausible"
    DATE_IN_FUTURE = "date-in-future"
    STUB_ROW = "stub-row"
    YEAR_DOUBTFUL = "year-doubtful"
    WATCHLIST_SIZE_JUMPS = "watchlist-size-jumps"
    OTHER_REPEATED = "other-repeated-as-no-action"
    FACES_METHOD_CHANGED = "faces-seen-method-changed"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATE_ROW = "duplicate-row"
    TOTALS_DO_NOT_ADD_UP = "totals-do-not-add-up"

    @property
    def severity(self) -> Severity:
        """Whether the figures cannot all be right, or only look unlikely."""
        return Severity.DOUBT if self in _DOUBTS else Severity.ERROR


_DOUBTS = {
    FindingCode.RATE_CUT_OFF,
    FindingCode.STUB_ROW,
    FindingCode.YEAR_DOUBTFUL,
    FindingCode.WATCHLIST_SIZE_JUMPS,
    FindingCode.OTHER_REPEATED,
    FindingCode.FACES_METHOD_CHANGED,
    FindingCode.OUT_OF_ORDER,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `row` counts as a spreadsheet does, headings being row 1; None is the file as a whole. `column` is None where no
    single column is at fault. `likely_day` is the date that the record probably means.
    """

    code: FindingCode
    row: int | None
    column: Column | None
    sentence: str
    likely_day: date | None = None


@dataclass(frozen=True, slots=True)
class ThresholdPeriod:
    """A threshold that was authorised from `first_day` until the next period began."""

    first_day: date
    value: Decimal


MET_THRESHOLDS = (
    ThresholdPeriod(date.min, Decimal("0.60")),
    ThresholdPeriod(date(2024, 7, 11), Decimal("0.62")),
    ThresholdPeriod(date(2024, 7, 25), Decimal("0.64")),
)
"""What the Metropolitan Police's published records show, row by row."""

LONGEST_DEPLOYMENT = timedelta(hours=24)
FEWEST_FACES_PER_HOUR = 10
"""Below this a record is a stub: a camera that ran for hours in a street sees more."""


def check_record(
    record: DeploymentRecord,
    *,
    today: date,
    thresholds: Sequence[ThresholdPeriod] = (),
    row: int | None = None,
    likely_day: date | None = None,
) -> Iterator[Finding]:
    """Everything wrong with one record by itself.

    Args:
        record: what was published, or is about to be.
        today: nothing can have been deployed after it.
        thresholds: the authorised ones in order of their first day; without any only plausibility is checked.
        row: what the findings call the record.
        likely_day: the date to look the threshold up by, where the printed one is known to be doubtful.
    """

    def finding(code: FindingCode, column: Column | None, sentence: str) -> Finding:
        return Finding(code, row, column, sentence)

    parts = record.true_confirmed + record.true_unconfirmed + record.false_confirmed + record.false_unconfirmed
    if parts != record.total_alerts:
        yield finding(
            FindingCode.ALERTS_DO_NOT_ADD_UP,
            Column.TOTAL_ALERTS,
            f"Total Alerts is {record.total_alerts}, but true and false alerts, confirmed and unconfirmed, are {parts} "
            "together: correct the total or the part that is wrong.",
        )
    if record.outcomes > record.total_alerts:
        yield finding(FindingCode.OUTCOMES_EXCEED_ALERTS, *_outcomes_sentence(record))
    yield from _check_rate(record, row)
    if record.day > today:
        yield finding(
            FindingCode.DATE_IN_FUTURE, Column.DATE, f"{record.day.isoformat()} has not come yet: correct the date."
        )
    hours = record.duration / timedelta(hours=1)
    if not timedelta() < record.duration <= LONGEST_DEPLOYMENT:
        yield finding(
            FindingCode.DURATION_IMPLAUSIBLE,
            Column.DURATION,
            f"A deployment of {hours:.1f} hours is not plausible: give the time between its start and its end.",
        )
    elif record.faces_seen < FEWEST_FACES_PER_HOUR * hours:
        yield finding(
            FindingCode.STUB_ROW,
            Column.FACES_SEEN,
            f"Only {record.faces_seen:,} faces in {hours:.1f} hours: if this deployment was broken off or its "
            "figures are missing, say so instead of publishing it among the others.",
        )
    yield from _check_threshold(record, thresholds, row, likely_day or record.day)


def _outcomes_sentence(record: DeploymentRecord) -> tuple[Column | None, str]:
    said = (
        f"The outcomes (arrest {record.arrests}, other {record.other_action}, no action {record.no_action}) are "
        f"{record.outcomes} together, and Total Alerts is {record.total_alerts}"
    )
    repeated = record.other_action == record.no_action and record.arrests + record.other_action <= record.total_alerts
    if repeated:
        return Column.NO_ACTION, f"{said}: No Action repeats the number of Other; count each alert once."
    return None, f"{said}: count each alert once, under one outcome."


def _check_rate(record: DeploymentRecord, row: int | None) -> Iterator[Finding]:
    printed = record.printed_rate_pct
    if printed is None or not record.faces_seen:
        return
    exact = 100 * Decimal(record.false_alerts) / record.faces_seen
    place = Decimal(1).scaleb(int(printed.as_tuple().exponent))
    rounded = {exact.quantize(place, ROUND_HALF_UP), exact.quantize(place, ROUND_HALF_EVEN)}
    if printed in rounded and (printed or not exact):
        return
    alerts = "1 false alert is" if record.false_alerts == 1 else f"{record.false_alerts} false alerts are"
    of = f"{alerts} {record.false_alert_rates().printed()} of {record.faces_seen:,} faces"
    if printed and printed == exact.quantize(place, ROUND_DOWN):
        yield Finding(
            FindingCode.RATE_CUT_OFF,
            row,
            Column.FALSE_ALERT_RATE,
            f"{of}, and {printed}% cuts that off where it should be rounded: print {max(rounded)}%.",
        )
        return
    yield Finding(
        FindingCode.RATE_MISPRINTED, row, Column.FALSE_ALERT_RATE, f"{of}, not {printed}%: print the rate that follows."
    )


def _check_threshold(
    record: DeploymentRecord, thresholds: Sequence[ThresholdPeriod], row: int | None, day: date
) -> Iterator[Finding]:
    if not 0 < record.min_threshold < 1:
        yield Finding(
            FindingCode.THRESHOLD_IMPLAUSIBLE,
            row,
            Column.THRESHOLD,
            f"{record.min_threshold} is no threshold between 0 and 1: give the setting under which the system ran.",
        )
        return
    in_force = [period.value for period in thresholds if period.first_day <= day]
    if thresholds and (not in_force or in_force[-1] != record.min_threshold):
        authorised = f"{in_force[-1]} was" if in_force else "none was"
        yield Finding(
            FindingCode.THRESHOLD_NOT_AUTHORISED,
            row,
            Column.THRESHOLD,
            f"The threshold was {record.min_threshold}, but {authorised} authorised on {day.isoformat()}: "
            "correct the figure, or report that the system ran outside its authority.",
        )
