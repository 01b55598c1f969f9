"""Deployment records from a CSV file: the published form, or the extract of the Metropolitan Police's records."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from openlfr.policy.application import USE_CASES, UseCase
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.reporting.deployment_record import COUNTS, Column, DeploymentRecord
from openlfr.reporting.duration import parse_duration
from openlfr.reporting.formula_guard import without_formula_guard
from openlfr.reporting.record_checks import Finding, FindingCode, ThresholdPeriod
from openlfr.reporting.series_checks import NumberedRecord, check_records

LARGEST_FILE = 20_000_000
"""Bytes; two hundred thousand deployments."""
LONGEST_QUOTE = 60
"""Characters of a cell that a message repeats; whoever prints it makes it safe for the terminal or page."""
PLAUSIBLE_YEARS = range(2010, 2100)


class RecordForm(StrEnum):
    """The forms that are read, told apart by their headings."""

    PUBLISHED = "the published form"
    MET_EXTRACT = "the extract of the Metropolitan Police's records"


MET_EXTRACT_HEADINGS: dict[str, Column] = {
    "date": Column.DATE,
    "duration_min": Column.DURATION,
    "watchlist_size": Column.WATCHLIST_SIZE,
    "min_threshold": Column.THRESHOLD,
    "total_alerts": Column.TOTAL_ALERTS,
    "true_confirmed": Column.TRUE_CONFIRMED,
    "true_unconfirmed": Column.TRUE_UNCONFIRMED,
    "false_confirmed": Column.FALSE_CONFIRMED,
    "false_unconfirmed": Column.FALSE_UNCONFIRMED,
    "far_pct_published": Column.FALSE_ALERT_RATE,
    "arrests": Column.ARREST,
    "other_action": Column.OTHER,
    "no_action": Column.NO_ACTION,
    "faces_seen_estimate": Column.FACES_SEEN,
}
_HEADINGS: dict[RecordForm, dict[str, Column]] = {
    RecordForm.PUBLISHED: {column.value: column for column in Column},
    RecordForm.MET_EXTRACT: MET_EXTRACT_HEADINGS,
}


class UnusableRecordsError(ValueError):
    """The file cannot be read as deployment records at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """What a file holds.

    `unreadable` has one finding for each cell that could not be read; such rows are not in `rows`.
    `printed_totals` are rows whose first cell says Total: their row number, and what each column of counts says.
    """

    form: RecordForm
    rows: tuple[NumberedRecord, ...]
    unreadable: tuple[Finding, ...]
    printed_totals: tuple[tuple[int, dict[Column, int]], ...]


def check_file(file: RecordFile, *, today: date, thresholds: Sequence[ThresholdPeriod] = ()) -> list[Finding]:
    """Everything wrong in the file, by row. Printed totals are compared only where every row could be read."""
    totals = () if file.unreadable else file.printed_totals
    found = check_records(file.rows, today=today, thresholds=thresholds, printed_totals=totals)
    return sorted([*file.unreadable, *found], key=lambda finding: (finding.row is None, finding.row or 0))


def read_records(content: bytes) -> RecordFile:
    """Read a CSV file, UTF-8 with or without a mark, in either form; the headings say which.

    Raises:
        UnusableRecordsError: not text, too large, no records, or headings of neither form.
    """
    if len(content) > LARGEST_FILE:
        raise UnusableRecordsError(f"The file is larger than {LARGEST_FILE // 1_000_000} MB: split it by year.")
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise UnusableRecordsError("The file is not text in UTF-8: save it as 'CSV UTF-8' and try again.") from None
    except csv.Error as fault:
        raise UnusableRecordsError(f"The file is not CSV ({fault}): save it as 'CSV UTF-8' and try again.") from None
    numbered = [(row, line) for row, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
    if not numbered:
        raise UnusableRecordsError("The file is empty: it needs a row of headings and a row for each deployment.")
    form, columns = _form([cell.strip() for cell in numbered[0][1]])
    if len(numbered) == 1:
        raise UnusableRecordsError("The file has headings but no deployments: there is nothing to check.")
    rows: list[NumberedRecord] = []
    unreadable: list[Finding] = []
    totals: list[tuple[int, dict[Column, int]]] = []
    for row, line in numbered[1:]:
        if len(line) != len(columns):
            unreadable.append(
                _unreadable(row, None, f"{len(line)} cells under {len(columns)} headings: {_ONE_CELL_EACH}")
            )
            continue
        cells = {column: cell.strip() for column, cell in zip(columns, line, strict=True)}
        if line[0].strip().casefold() in {"total", "totals"}:
            printed = {column: cells[column] for column in COUNTS if _COUNT_CELL.fullmatch(cells[column])}
            totals.append((row, {column: _count(text) for column, text in printed.items()}))
            continue
        if form is RecordForm.MET_EXTRACT:
            cells[Column.DURATION] += " min"
        record, faults = _record(row, cells)
        unreadable += faults
        if record:
            rows.append(NumberedRecord(row, record))
    return RecordFile(form, tuple(rows), tuple(unreadable), tuple(totals))


def _form(headings: list[str]) -> tuple[RecordForm, list[Column]]:
    for form, columns in _HEADINGS.items():
        if sorted(headings) == sorted(columns):
            return form, [columns[heading] for heading in headings]
    nearest = max(_HEADINGS, key=lambda form: len(set(headings) & set(_HEADINGS[form])))
    faults = {
        "missing": [heading for heading in _HEADINGS[nearest] if heading not in headings],
        "not known": [heading for heading in dict.fromkeys(headings) if heading not in _HEADINGS[nearest]],
        "given twice": [heading for heading in dict.fromkeys(headings) if headings.count(heading) > 1],
    }
    said = "; ".join(
        f"{fault}: {', '.join(heading[:LONGEST_QUOTE] or '(empty)' for heading in some[:16])}"
        for fault, some in faults.items()
        if some
    )
    raise UnusableRecordsError(
        f"The columns are not those of {nearest.value} ({said}): correct the headings and try again."
    )


def _record(row: int, cells: dict[Column, str]) -> tuple[DeploymentRecord | None, list[Finding]]:
    """The record, or one finding for each cell that cannot be read."""
    faults = []
    for column, text in cells.items():
        try:
            _READERS[column](text)
        except ValueError as fault:
            faults.append(_unreadable(row, column, f"{column.value}: {fault}"))
    if faults:
        return None, faults
    record = DeploymentRecord(
        location=_location(cells[Column.LOCATION]) if Column.LOCATION in cells else None,
        day=_day(cells[Column.DATE]),
        duration=parse_duration(cells[Column.DURATION]),
        use_case=_use_case(cells[Column.USE_CASE]) if Column.USE_CASE in cells else None,
        watchlist_size=_count(cells[Column.WATCHLIST_SIZE]),
        min_threshold=_decimal(cells[Column.THRESHOLD]),
        total_alerts=_count(cells[Column.TOTAL_ALERTS]),
        true_confirmed=_count(cells[Column.TRUE_CONFIRMED]),
        true_unconfirmed=_count(cells[Column.TRUE_UNCONFIRMED]),
        false_confirmed=_count(cells[Column.FALSE_CONFIRMED]),
        false_unconfirmed=_count(cells[Column.FALSE_UNCONFIRMED]),
        arrests=_count(cells[Column.ARREST]),
        other_action=_count(cells[Column.OTHER]),
        no_action=_count(cells[Column.NO_ACTION]),
        faces_seen=_count(cells[Column.FACES_SEEN]),
        printed_rate_pct=_rate(cells[Column.FALSE_ALERT_RATE]),
    )
    return record, []


def _unreadable(row: int, column: Column | None, what: str) -> Finding:
    return Finding(FindingCode.CELL_UNREADABLE, row, column, what)


def _location(text: str) -> str:
    place = without_formula_guard(text)
    if problem := next(text_problems("location", place, longest=LONGEST_NAME), None):
        raise ValueError(problem.sentence)
    return place


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
        if day.year in PLAUSIBLE_YEARS:
            return day
    raise ValueError(
        f"'{text[:LONGEST_QUOTE]}' is not a date of a deployment: write it as 2024-07-11 or 11/07/2024 (day first)."
    )


def _use_case(text: str) -> UseCase:
    """By number, by name or by both, as the published key writes them."""
    for use_case, published in USE_CASES.items():
        number, name = str(published.number), use_case.casefold()
        if text.casefold() in {number, name, f"{number} {name}", f"{number}. {name}"}:
            return use_case
    known = ", ".join(f"{published.number} {use_case}" for use_case, published in USE_CASES.items())
    raise ValueError(f"'{text[:LONGEST_QUOTE]}' is not a use case: give its number or name ({known}).")


def _count(text: str) -> int:
    if not _COUNT_CELL.fullmatch(text):
        raise ValueError(f"'{text[:LONGEST_QUOTE]}' is not a whole number: write digits, and 0 for none.")
    return int(text.replace(",", ""))


def _decimal(text: str) -> Decimal:
    if not _DECIMAL_CELL.fullmatch(text):
        raise ValueError(f"'{text[:LONGEST_QUOTE]}' is not a number: write it in digits with a decimal point.")
    return Decimal(text)


def _rate(text: str) -> Decimal | None:
    """Percent, its sign optional; None for an empty cell, which a deployment without faces has."""
    return _decimal(text.removesuffix("%").rstrip()) if text else None


_ONE_CELL_EACH = "give each heading one cell, in quotation marks if it holds a comma."
_COUNT_CELL = re.compile(r"[0-9]{1,9}|[0-9]{1,3}(,[0-9]{3}){1,2}")
_DECIMAL_CELL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?")
_READERS: dict[Column, Callable[[str], object]] = {
    Column.LOCATION: _location,
    Column.DATE: _day,
    Column.DURATION: parse_duration,
    Column.USE_CASE: _use_case,
    Column.THRESHOLD: _decimal,
    Column.FALSE_ALERT_RATE: _rate,
    **dict.fromkeys(COUNTS, _count),
}
