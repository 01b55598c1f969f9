"""`openlfr records`: check published deployment records, and add them up."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.reporting import summary
from openlfr.reporting.record_checks import MET_THRESHOLDS, Finding, Severity, ThresholdPeriod
from openlfr.reporting.records_file import (
    LARGEST_FILE,
    RecordFile,
    RecordForm,
    UnusableRecordsError,
    check_file,
    read_records,
)
from openlfr.reporting.series_checks import count_by_code
from openlfr.reporting.totals import totals

app = typer.Typer(help="Check published deployment records and add them up.", no_args_is_help=True)

CLEAN, FINDINGS, UNUSABLE = 0, 1, 2
LONGEST_TABLE = 1_000
"""Findings shown on a screen; --json has them all."""

RecordsPath = Annotated[Path, typer.Argument(metavar="CSV", help="Records in the published columns.")]
Authorised = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE[@DAY]",
        help="A threshold that was authorised, from that day on (2024-07-25); repeat for each change. "
        "The Metropolitan Police's own are known.",
    ),
]


@app.command()
def check(
    path: RecordsPath,
    authorised: Authorised = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings as JSON.")] = False,
) -> None:
    """Find what is wrong in deployment records.

    Exits with 0 if nothing is, 1 if something is, and 2 if the file cannot be used.
    """
    file = _read(path)
    findings = _check(file, authorised)
    if as_json:
        typer.echo(json.dumps(_as_json(path, file, findings), indent=2, ensure_ascii=False))
    else:
        _print_findings(path, file, findings)
    raise typer.Exit(FINDINGS if findings else CLEAN)


@app.command(name="summary")
def summarise(
    path: RecordsPath,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with charts and tables here.")] = None,
    mend_dates: Annotated[
        bool, typer.Option("--mend-dates", help="Count a deployment whose year is doubtful under its likely date.")
    ] = False,
    authorised: Authorised = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the totals as JSON.")] = False,
) -> None:
    """Add deployment records up by year, threshold and use case, with exact intervals."""
    file = _read(path)
    try:
        totalled = summary.summarise(file, _check(file, authorised), mend_dates=mend_dates)
    except ValueError as fault:
        _give_up(f"{path.name}: {fault}")
    if html:
        try:
            html.write_text(summary.to_html(totalled), encoding="utf-8")
        except OSError as fault:
            _give_up(f"{html} cannot be written: {fault.strerror}.")
    if as_json:
        typer.echo(summary.to_json(totalled))
        return
    console = Console()
    for title, rows in totalled.breakdowns().items():
        table = Table(title=title, title_justify="left")
        table.add_column("")
        for heading in summary.COLUMNS:
            table.add_column(heading, justify="right")
        for name, each in rows.items():
            table.add_row(name, *summary.summary_cells(each))
        console.print(table)
    for note in totalled.notes:
        console.print(Text(f"- {shown(note)}"))


def _read(path: Path) -> RecordFile:
    try:
        with path.open("rb") as stream:
            return read_records(stream.read(LARGEST_FILE + 1))
    except OSError as fault:
        _give_up(f"{path} cannot be read: {fault.strerror}.")
    except UnusableRecordsError as fault:
        _give_up(f"{path.name}: {fault}")


def _check(file: RecordFile, authorised: Sequence[str] | None) -> list[Finding]:
    thresholds: tuple[ThresholdPeriod, ...] = MET_THRESHOLDS if file.form is RecordForm.MET_EXTRACT else ()
    if authorised:
        thresholds = tuple(sorted((_threshold(text) for text in authorised), key=lambda period: period.first_day))
    return check_file(file, today=datetime.now().astimezone().date(), thresholds=thresholds)


def _threshold(text: str) -> ThresholdPeriod:
    value, _, day = text.partition("@")
    try:
        period = ThresholdPeriod(date.fromisoformat(day) if day else date.min, Decimal(value))
        if 0 < period.value < 1:
            return period
    except (ValueError, InvalidOperation):
        pass
    raise typer.BadParameter(f"'{shown(text)}' is not a threshold: write 0.64, or 0.64@2024-07-25 with its first day.")


def _give_up(sentence: str) -> NoReturn:
    Console(stderr=True).print(Text(shown(sentence)))
    raise typer.Exit(UNUSABLE)


def _print_findings(path: Path, file: RecordFile, findings: Sequence[Finding]) -> None:
    console = Console()
    days = {each.row: each.record.day.isoformat() for each in file.rows}
    if findings:
        table = Table("Row", "Date", "", "What is wrong, and how to mend it")
        for finding in findings[:LONGEST_TABLE]:
            table.add_row(
                str(finding.row or "file"),
                days.get(finding.row or 0, ""),
                _severity(finding.code.severity),
                Text(shown(finding.sentence)),
            )
        console.print(table)
        if len(findings) > LONGEST_TABLE:
            console.print(
                f"The first {LONGEST_TABLE:,} of {len(findings):,} findings are shown; --json prints them all."
            )
        counts = Table("Finding", "", "Times")
        for code, times in count_by_code(findings).items():
            counts.add_row(code.value, _severity(code.severity), str(times))
        console.print(counts)
    every = totals(each.record for each in file.rows)
    rows = {finding.row for finding in findings if finding.row}
    console.print(
        Text(
            f"{shown(path.name)}, {file.form.value}: {every.deployments:,} deployments read, "
            f"{len(findings):,} findings on {len(rows):,} rows and the whole file. In all {every.faces_seen:,} faces "
            f"seen, {every.total_alerts:,} alerts, {every.false_alert_rates().false_alerts:,} false alerts, "
            f"{every.arrests:,} arrests."
        )
    )


def _severity(severity: Severity) -> Text:
    return Text(severity.value, style="bold red" if severity is Severity.ERROR else "yellow")


def _as_json(path: Path, file: RecordFile, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "file": path.name,
        "form": file.form.value,
        "deployments": len(file.rows),
        "counts": {code.value: times for code, times in count_by_code(findings).items()},
        "findings": [
            {
                "row": finding.row,
                "code": finding.code.value,
                "severity": finding.code.severity.value,
                "column": finding.column.value if finding.column else None,
                "sentence": finding.sentence,
                "likely day": finding.likely_day.isoformat() if finding.likely_day else None,
            }
            for finding in findings
        ],
    }
