"""What is wrong with deployment records as a series: figures unlike their neighbours', and the file as a whole."""

import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from openlfr.reporting.deployment_record import COUNTS, Column, DeploymentRecord
from openlfr.reporting.record_checks import Finding, FindingCode, ThresholdPeriod, check_record


@dataclass(frozen=True, slots=True)
class NumberedRecord:
    """A record and its row, counted as a spreadsheet does, headings being row 1."""

    row: int
    record: DeploymentRecord


NEIGHBOURS_EACH_SIDE = 2
NEIGHBOURS_WITHIN = timedelta(days=31)
SIZE_TOLERANCE = 0.10
"""A watchlist this much above its neighbours, or below, does not fit. In the published records they stray 8 % at
most; the two slips in them are 18 % and 30 %."""

FEWEST_REPEATS = 10
"""So many deployments in a row in which Other and No Action are the same number are no accident."""

SHORTEST_STRETCH = 10
JUMP = 3.0
"""Faces per hour and faces per alert both change by this factor, over so many deployments: the counting changed."""

MOST_SPLITS = 500
"""Places tried for such a change in one stretch: beyond so many records the day is found to the nearest step."""


def check_records(
    rows: Sequence[NumberedRecord],
    *,
    today: date,
    thresholds: Sequence[ThresholdPeriod] = (),
    printed_totals: Sequence[tuple[int, dict[Column, int]]] = (),
) -> list[Finding]:
    """Everything wrong with the records, each by itself and among the others; findings by row, those of the file last.

    Args:
        rows: in the order of the file.
        today, thresholds: as in `record_checks.check_record`.
        printed_totals: rows of totals in the file, as (row, what each column says).
    """
    by_day = sorted(rows, key=lambda each: (each.record.day, each.row))
    doubtful = {finding.row: finding for finding in _years(by_day)}
    found = list(doubtful.values())
    for each in rows:
        likely_day = doubtful[each.row].likely_day if each.row in doubtful else None
        found += check_record(each.record, today=today, thresholds=thresholds, row=each.row, likely_day=likely_day)
    found += (finding for finding in _watchlist_sizes(by_day) if finding.row not in doubtful)
    found += _duplicates(rows)
    found += _order(rows)
    for row, printed in printed_totals:
        found += _totals(rows, row, printed)
    found += _repeated_outcomes(by_day)
    found += _counting_of_faces(by_day)
    return sorted(found, key=lambda finding: (finding.row is None, finding.row or 0))


def with_likely_days(rows: Sequence[NumberedRecord], findings: Sequence[Finding]) -> list[NumberedRecord]:
    """The same records with every doubtful date replaced by the likely one."""
    likely = {finding.row: finding.likely_day for finding in findings if finding.likely_day}
    return [
        NumberedRecord(each.row, replace(each.record, day=likely[each.row])) if each.row in likely else each
        for each in rows
    ]


def _neighbours(by_day: Sequence[NumberedRecord], of: NumberedRecord, day: date) -> list[DeploymentRecord]:
    """The nearest deployments before `day` (or on it) and after, `of` left out.

    Fewer at the ends of the series, where the first two and the last two are therefore not judged.
    """
    place = bisect_right(by_day, day, key=lambda each: each.record.day)
    near = NEIGHBOURS_EACH_SIDE + 1
    before = [each.record for each in by_day[max(0, place - near) : place] if each.row != of.row]
    after = [each.record for each in by_day[place : place + near] if each.row != of.row]
    return before[-NEIGHBOURS_EACH_SIDE:] + after[:NEIGHBOURS_EACH_SIDE]


def _size_fits(record: DeploymentRecord, neighbours: Sequence[DeploymentRecord]) -> bool:
    """Whether the watchlist is about as large as its neighbours', the largest and the smallest of those left out.

    So one slip does not excuse the next (two deployments of a day often share it), and a size that stays is no slip.
    """
    sizes = sorted(other.watchlist_size for other in neighbours)
    if len(sizes) == 2 * NEIGHBOURS_EACH_SIDE:
        sizes = sizes[1:-1]
    return sizes[0] * (1 - SIZE_TOLERANCE) <= record.watchlist_size <= sizes[-1] * (1 + SIZE_TOLERANCE)


def _threshold_fits(record: DeploymentRecord, neighbours: Sequence[DeploymentRecord]) -> bool:
    """Whether half of the neighbours ran at the same threshold, as they do on the first day of a new one."""
    return 2 * sum(other.min_threshold == record.min_threshold for other in neighbours) >= len(neighbours)


def _years(by_day: Sequence[NumberedRecord]) -> Iterator[Finding]:
    """Records whose watchlist or threshold does not fit their date, but fits the same day a year later or earlier."""
    for each in by_day:
        record = each.record
        here = _neighbours(by_day, each, record.day)
        if len(here) < 2 * NEIGHBOURS_EACH_SIDE or (_size_fits(record, here) and _threshold_fits(record, here)):
            continue
        for likely in (_in_year(record.day, record.day.year + 1), _in_year(record.day, record.day.year - 1)):
            there = [
                other for other in _neighbours(by_day, each, likely) if abs(other.day - likely) <= NEIGHBOURS_WITHIN
            ]
            if there and _size_fits(record, there) and _threshold_fits(record, there):
                yield Finding(
                    FindingCode.YEAR_DOUBTFUL,
                    each.row,
                    Column.DATE,
                    f"A watchlist of {record.watchlist_size:,} at threshold {record.min_threshold} does not fit the "
                    f"deployments around {record.day.isoformat()} but does fit those around {likely.isoformat()}: "
                    "look the year up and correct it.",
                    likely_day=likely,
                )
                break


def _in_year(day: date, year: int) -> date:
    """The same day of another year; the last of February for a leap day."""
    last_of_february = (day.month, day.day) == (2, 29)
    return date(year, 2, 28) if last_of_february else day.replace(year=year)


def _watchlist_sizes(by_day: Sequence[NumberedRecord]) -> Iterator[Finding]:
    for each in by_day:
        neighbours = _neighbours(by_day, each, each.record.day)
        if len(neighbours) < 2 * NEIGHBOURS_EACH_SIDE or _size_fits(each.record, neighbours):
            continue
        size = each.record.watchlist_size
        usual = statistics.median_low(other.watchlist_size for other in neighbours)
        slips = [other.watchlist_size for other in neighbours if _one_digit_apart(size, other.watchlist_size)]
        hint = f" (one digit apart from {slips[0]:,})" if slips else ""
        yield Finding(
            FindingCode.WATCHLIST_SIZE_JUMPS,
            each.row,
            Column.WATCHLIST_SIZE,
            f"A watchlist of {size:,} stands among neighbours of about {usual:,}{hint}: look the figure up.",
        )


def _one_digit_apart(a: int, b: int) -> bool:
    return len(str(a)) == len(str(b)) and sum(x != y for x, y in zip(str(a), str(b), strict=True)) == 1


def _duplicates(rows: Sequence[NumberedRecord]) -> Iterator[Finding]:
    first: dict[DeploymentRecord, int] = {}
    for each in rows:
        if (earlier := first.setdefault(each.record, each.row)) != each.row:
            yield Finding(
                FindingCode.DUPLICATE_ROW,
                each.row,
                None,
                f"This row repeats row {earlier} in every column: remove one, or tell the two deployments apart.",
            )


def _order(rows: Sequence[NumberedRecord]) -> Iterator[Finding]:
    """Rows that break the order of the file, rising or falling, whichever fewer rows break."""
    pairs = list(pairwise(rows))
    against_rising = [(earlier, later) for earlier, later in pairs if later.record.day < earlier.record.day]
    against_falling = [(earlier, later) for earlier, later in pairs if later.record.day > earlier.record.day]
    for earlier, later in min(against_rising, against_falling, key=len):
        yield Finding(
            FindingCode.OUT_OF_ORDER,
            later.row,
            Column.DATE,
            f"{later.record.day.isoformat()} follows {earlier.record.day.isoformat()}, against the order of the other "
            "rows: check the date (day and month swapped?) or move the row.",
        )


def _totals(rows: Sequence[NumberedRecord], row: int, printed: dict[Column, int]) -> Iterator[Finding]:
    for column, total in printed.items():
        summed = sum(getattr(each.record, COUNTS[column]) for each in rows)
        if total != summed:
            yield Finding(
                FindingCode.TOTALS_DO_NOT_ADD_UP,
                row,
                column,
                f"The total of {column.value} is printed as {total:,}, but its rows are {summed:,} together: "
                "correct the total or the row that is wrong.",
            )


def _repeated_outcomes(by_day: Sequence[NumberedRecord]) -> Iterator[Finding]:
    """Stretches in which No Action is a copy of Other on every row, those included whose sum happens to fit.

    A stretch begins and ends with a row whose outcomes exceed its alerts, so that an equal pair that adds up next to
    it is left alone.
    """
    stretch: list[NumberedRecord] = []
    telling = [each for each in by_day if each.record.other_action or each.record.no_action]
    for each in [*telling, None]:
        if each is not None and each.record.other_action == each.record.no_action:
            stretch.append(each)
            continue
        exceeding = [i for i, one in enumerate(stretch) if one.record.outcomes > one.record.total_alerts]
        if exceeding:
            repeats = stretch[exceeding[0] : exceeding[-1] + 1]
            if len(repeats) >= FEWEST_REPEATS:
                yield _repeats_finding(repeats)
        stretch = []


def _repeats_finding(repeats: Sequence[NumberedRecord]) -> Finding:
    hidden = sorted(one.row for one in repeats if one.record.outcomes <= one.record.total_alerts)
    also = f" That includes rows {', '.join(map(str, hidden))}, whose sums happen to fit." if hidden else ""
    return Finding(
        FindingCode.OTHER_REPEATED,
        None,
        Column.NO_ACTION,
        f"From {repeats[0].record.day.isoformat()} to {repeats[-1].record.day.isoformat()} No Action repeats Other on "
        f"all {len(repeats)} rows where either is not nought: do not rely on that column there, and publish what it "
        f"should say.{also}",
    )


def _counting_of_faces(by_day: Sequence[NumberedRecord]) -> Iterator[Finding]:
    """Changes of the counting method: those that are named and, where sources are silent, those that show."""
    named = [each for each in by_day if each.record.faces_seen_method]
    for earlier, later in pairwise(named):
        if earlier.record.faces_seen_method != later.record.faces_seen_method:
            yield _method_finding(
                later.record.day,
                f"the counting method changed from {earlier.record.faces_seen_method} to "
                f"{later.record.faces_seen_method}",
            )
    silent = [
        each.record
        for each in by_day
        if not each.record.faces_seen_method and each.record.faces_seen and each.record.duration > timedelta()
    ]
    for split, before, after in _jumps(silent):
        yield _method_finding(
            silent[split].day,
            f"faces seen per hour went from about {before:,.0f} to about {after:,.0f} while alerts per hour did not "
            "follow, so that either the counting of faces or the kind of place changed",
        )


def _method_finding(day: date, what: str) -> Finding:
    return Finding(
        FindingCode.FACES_METHOD_CHANGED,
        None,
        Column.FACES_SEEN,
        f"On {day.isoformat()} {what}: name the method of counting, and do not compare false alerts per face across "
        "that date (false alerts per alert may be compared).",
    )


def _jumps(records: Sequence[DeploymentRecord]) -> Iterator[tuple[int, float, float]]:
    """(first index after the jump, median faces per hour before, and after), by splitting in two again and again."""
    if len(records) < 2 * SHORTEST_STRETCH:
        return
    hours = np.array([record.duration / timedelta(hours=1) for record in records])
    per_hour = np.array([record.faces_seen for record in records]) / hours
    alerts = np.array([record.total_alerts for record in records])
    logs = np.log(per_hour)
    step = max(1, len(records) // MOST_SPLITS)
    splits = range(SHORTEST_STRETCH, len(records) - SHORTEST_STRETCH + 1, step)
    split = min(splits, key=lambda k: _spread(logs[:k]) + _spread(logs[k:]))
    before, after = float(np.median(per_hour[:split])), float(np.median(per_hour[split:]))
    alerts_before = (alerts[:split].sum() + 1) / hours[:split].sum()
    alerts_after = (alerts[split:].sum() + 1) / hours[split:].sum()
    factor = after / before
    per_alert = factor / (alerts_after / alerts_before)
    if min(max(factor, 1 / factor), max(per_alert, 1 / per_alert)) < JUMP or (factor > 1) != (per_alert > 1):
        return
    yield from _jumps(records[:split])
    yield split, before, after
    yield from ((split + later, low, high) for later, low, high in _jumps(records[split:]))


def _spread(logs: npt.NDArray[np.float64]) -> float:
    """Sum of distances from the median, which a few odd deployments do not sway."""
    return float(np.abs(logs - np.median(logs)).sum())


def count_by_code(findings: Sequence[Finding]) -> dict[FindingCode, int]:
    """How many findings of each kind, the most frequent first."""
    return dict(Counter(finding.code for finding in findings).most_common())
