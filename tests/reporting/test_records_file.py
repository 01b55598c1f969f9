"""Reading deployment records: both forms, every kind of bad cell, and files that are no records at all."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.support.published_records import TODAY

from openlfr.policy.application import UseCase
from openlfr.reporting.deployment_record import Column
from openlfr.reporting.record_checks import FindingCode
from openlfr.reporting.records_file import (
    LARGEST_FILE,
    MET_EXTRACT_HEADINGS,
    RecordForm,
    UnusableRecordsError,
    check_file,
    read_records,
)

ROW = {
    Column.LOCATION: "High Street, Croydon",
    Column.DATE: "05/03/2025",
    Column.DURATION: "5 hours 3 minutes",
    Column.USE_CASE: "1",
    Column.WATCHLIST_SIZE: "16,199",
    Column.THRESHOLD: "0.64",
    Column.TOTAL_ALERTS: "10",
    Column.TRUE_CONFIRMED: "8",
    Column.TRUE_UNCONFIRMED: "1",
    Column.FALSE_CONFIRMED: "1",
    Column.FALSE_UNCONFIRMED: "0",
    Column.FALSE_ALERT_RATE: "0.008%",
    Column.ARREST: "4",
    Column.OTHER: "2",
    Column.NO_ACTION: "3",
    Column.FACES_SEEN: "12,120",
}


def csv_of(*rows: dict[Column, str], columns: Iterable[Column] = tuple(Column)) -> bytes:
    columns = list(columns)
    lines = [",".join(column.value for column in columns)]
    lines += [",".join(f'"{row[column]}"' for column in columns) for row in rows]
    return "\n".join(lines).encode()


def test_the_published_form_is_read() -> None:
    file = read_records(csv_of(ROW))
    assert (file.form, file.unreadable) == (RecordForm.PUBLISHED, ())
    [numbered] = file.rows
    record = numbered.record
    assert (numbered.row, record.location, record.day) == (2, "High Street, Croydon", date(2025, 3, 5))
    assert (record.duration, record.use_case) == (timedelta(minutes=303), UseCase.CRIME_HOTSPOT)
    assert (record.watchlist_size, record.min_threshold, record.faces_seen) == (16_199, Decimal("0.64"), 12_120)
    assert (record.true_confirmed, record.true_unconfirmed) == (8, 1)
    assert (record.false_confirmed, record.false_unconfirmed, record.total_alerts) == (1, 0, 10)
    assert (record.arrests, record.other_action, record.no_action) == (4, 2, 3)
    assert record.printed_rate_pct == Decimal("0.008")
    assert check_file(file, today=TODAY) == []


def test_columns_may_stand_in_any_order_with_a_mark_and_windows_line_ends() -> None:
    content = b"\xef\xbb\xbf" + csv_of(ROW, columns=reversed(Column)).replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert read_records(content).rows == read_records(csv_of(ROW)).rows


def test_the_extract_is_read_with_its_minutes_and_without_what_it_leaves_out() -> None:
    content = f"{','.join(MET_EXTRACT_HEADINGS)}\n2023-04-06,303,9764,0.6,1,1,0,0,0,0.0,1,0,0,5460\n".encode()
    file = read_records(content)
    assert file.form is RecordForm.MET_EXTRACT
    record = file.rows[0].record
    assert (record.day, record.duration) == (date(2023, 4, 6), timedelta(minutes=303))
    assert (record.watchlist_size, record.total_alerts, record.faces_seen) == (9764, 1, 5460)
    assert (record.location, record.use_case, record.faces_seen_method) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-02-06", date(2024, 2, 6)), ("06/02/2024", date(2024, 2, 6)), ("06/02/24", date(2024, 2, 6))],
)
def test_a_date_with_slashes_is_british_day_first(text: str, day: date) -> None:
    assert read_records(csv_of(ROW | {Column.DATE: text})).rows[0].record.day == day


@pytest.mark.parametrize(
    ("text", "use_case"),
    [
        ("2", UseCase.MISSING_PERSON_HOTSPOT),
        ("cni pso", UseCase.CNI_PSO),
        ("4 Event PSO", UseCase.EVENT_PSO),
        ("5. Specific intelligence on location of Sought Persons", UseCase.SPECIFIC_INTELLIGENCE),
    ],
)
def test_a_use_case_is_known_by_number_or_name(text: str, use_case: UseCase) -> None:
    assert read_records(csv_of(ROW | {Column.USE_CASE: text})).rows[0].record.use_case is use_case


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        (Column.LOCATION, "", "fill this in"),
        (Column.LOCATION, "High\x1b[2JStreet", "control characters"),
        (Column.DATE, "13/13/2024", "is not a date of a deployment: write it as"),
        (Column.DATE, "2024-02-30", "is not a date"),
        (Column.DATE, "0204-07-11", "is not a date"),
        (Column.DURATION, "5.05", "write it as PT5H3M"),
        (Column.USE_CASE, "6", "is not a use case: give its number or name (1 Crime Hotspot"),
        (Column.USE_CASE, "", "is not a use case"),
        (Column.WATCHLIST_SIZE, "16.199", "is not a whole number"),
        (Column.WATCHLIST_SIZE, "1,6199", "is not a whole number"),
        (Column.TOTAL_ALERTS, "", "is not a whole number: write digits, and 0 for none"),
        (Column.ARREST, "-1", "is not a whole number"),
        (Column.FACES_SEEN, "n/a", "is not a whole number"),
        (Column.FACES_SEEN, "٣٤", "is not a whole number"),
        (Column.THRESHOLD, "high", "is not a number"),
        (Column.THRESHOLD, "NaN", "is not a number"),
        (Column.THRESHOLD, "1e-1", "is not a number"),
        (Column.FALSE_ALERT_RATE, "0.008%%", "is not a number"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_finding_and_loses_no_other_row(column: Column, text: str, said: str) -> None:
    file = read_records(csv_of(ROW, ROW | {column: text}, ROW | {Column.DATE: "06/03/2025"}))
    assert [each.row for each in file.rows] == [2, 4]
    [finding] = file.unreadable
    assert (finding.code, finding.row, finding.column) == (FindingCode.CELL_UNREADABLE, 3, column)
    assert said in finding.sentence
    assert finding.sentence.startswith(f"{column.value}: ")


def test_every_bad_cell_of_a_row_is_named() -> None:
    file = read_records(csv_of(ROW | {Column.ARREST: "x", Column.OTHER: "y", Column.DATE: "z"}))
    assert {finding.column for finding in file.unreadable} == {Column.ARREST, Column.OTHER, Column.DATE}
    assert not file.rows


def test_a_row_with_too_many_or_too_few_cells_is_named() -> None:
    content = csv_of(ROW) + b"\nHigh Street,2025-03-06\n" + b"," * 16 + b"x\n"
    file = read_records(content)
    assert [finding.row for finding in file.unreadable] == [3, 4]
    assert [finding.sentence[:28] for finding in file.unreadable] == [
        "2 cells under 16 headings: g",
        "17 cells under 16 headings: ",
    ]


def test_a_long_cell_is_quoted_in_part() -> None:
    [finding] = read_records(csv_of(ROW | {Column.ARREST: "9" * 5000})).unreadable
    assert len(finding.sentence) < 200


def test_a_rate_may_be_empty_where_no_face_was_seen() -> None:
    nothing = dict.fromkeys(
        [Column.TOTAL_ALERTS, Column.TRUE_CONFIRMED, Column.TRUE_UNCONFIRMED, Column.FALSE_CONFIRMED], "0"
    )
    quiet = ROW | nothing | dict.fromkeys([Column.ARREST, Column.OTHER, Column.NO_ACTION, Column.FACES_SEEN], "0")
    file = read_records(csv_of(quiet | {Column.FALSE_ALERT_RATE: ""}))
    assert file.rows[0].record.printed_rate_pct is None


def test_a_row_of_totals_is_no_deployment_and_is_added_up_again() -> None:
    total = dict.fromkeys(Column, "") | {Column.LOCATION: "Total", Column.TOTAL_ALERTS: "20", Column.ARREST: "9"}
    file = read_records(csv_of(ROW, ROW | {Column.DATE: "06/03/2025"}, total))
    assert len(file.rows) == 2
    [finding] = check_file(file, today=TODAY)
    assert (finding.code, finding.column) == (FindingCode.TOTALS_DO_NOT_ADD_UP, Column.ARREST)


def test_totals_are_not_blamed_for_a_row_that_could_not_be_read() -> None:
    total = dict.fromkeys(Column, "") | {Column.LOCATION: "Total", Column.TOTAL_ALERTS: "20"}
    file = read_records(csv_of(ROW, ROW | {Column.DATE: "?"}, total))
    assert [finding.code for finding in check_file(file, today=TODAY)] == [FindingCode.CELL_UNREADABLE]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n,,\n", "is empty"),
        (csv_of(), "headings but no deployments"),
        (b"\xff\xfe\x00\x01", "not text in UTF-8"),
        (b'"open', "is not CSV"),
        (b"x" * (LARGEST_FILE + 1), "larger than 20 MB"),
        (b"a,b\n1,2\n", "The columns are not those of the published form (missing: Deployment Location"),
        (csv_of(ROW).replace(b"Outcome-Other", b"Other"), "(missing: Outcome-Other; not known: Other)"),
        (csv_of(ROW).replace(b"Outcome-Other", b"Date"), "(missing: Outcome-Other; given twice: Date)"),
        (
            b"date,duration_min\n2024-01-01,5\n",
            "those of the extract of the Metropolitan Police's records (miss",
        ),
    ],
)
def test_what_is_no_file_of_records_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(UnusableRecordsError) as refusal:
        read_records(content)
    assert said in str(refusal.value)
    assert str(refusal.value).endswith(".")
