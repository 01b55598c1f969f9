"""The annual figures of published records, as a page for people and JSON for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from openlfr.reporting import html
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.record_checks import Finding, Severity
from openlfr.reporting.records_file import RecordFile
from openlfr.reporting.series_checks import with_likely_days
from openlfr.reporting.totals import AnnualFigures, Totals, annual_figures
from openlfr.reporting.wording import per_alert_text, per_face_text, threshold_text

COLUMNS = (
    "Deployments",
    "Hours",
    "Faces seen (estimate)",
    "Alerts",
    "True alerts",
    "False alerts",
    "False of all alerts (95% interval)",
    "False of faces seen (95% interval)",
    "Arrests",
    "Other action",
    "No action",
    "Deployments with more outcomes than alerts",
)


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a file of records, with `notes` on what its reader must know to use them."""

    records: tuple[DeploymentRecord, ...]
    notes: tuple[str, ...]

    @property
    def figures(self) -> AnnualFigures:
        """The totals."""
        return annual_figures(self.records)

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day."""
        days = [record.day for record in self.records]
        return min(days), max(days)

    def breakdowns(self) -> dict[str, dict[str, Totals]]:
        """The totals by title of table and name of row; a breakdown that the source does not allow is left out."""
        figures = self.figures
        tables = {
            "By year": {str(year): each for year, each in figures.by_year.items()},
            "By threshold": {threshold_text(threshold): each for threshold, each in figures.by_threshold.items()},
            "By use case": {use_case.value: each for use_case, each in figures.by_use_case.items()},
        }
        return {title: rows | {"All": figures.overall} for title, rows in tables.items() if rows}


def summarise(file: RecordFile, findings: Sequence[Finding], *, mend_dates: bool = False) -> Summary:
    """The totals of a file that has been checked, and what its findings mean for them.

    Args:
        file: as read.
        findings: of `records_file.check_file`.
        mend_dates: count a deployment whose year is doubtful under its likely date; otherwise as printed.

    Raises:
        ValueError: no row of the file could be read.
    """
    if not file.rows:
        raise ValueError("No deployment in the file could be read: run the check to see why.")
    notes = [finding.sentence for finding in findings if finding.row is None]
    for finding in findings:
        if finding.likely_day:
            counted = f"counted under {finding.likely_day}" if mend_dates else "counted under its printed date"
            notes.append(f"Row {finding.row} is {counted}. {finding.sentence}")
    errors = {finding.row for finding in findings if finding.code.severity is Severity.ERROR}
    if errors:
        notes.append(f"Rows with figures that cannot all be right, added up as published: {len(errors)}.")
    if file.unreadable:
        left_out = {finding.row for finding in file.unreadable}
        notes.append(f"Rows that could not be read and are left out: {len(left_out)}.")
    rows = with_likely_days(file.rows, findings) if mend_dates else file.rows
    return Summary(tuple(each.record for each in rows), tuple(notes))


def summary_cells(each: Totals) -> list[str]:
    """One cell for each of `COLUMNS`."""
    rates = each.false_alert_rates()
    return [
        f"{each.deployments:,}",
        f"{each.hours:,.0f}",
        f"{each.faces_seen:,}",
        f"{each.total_alerts:,}",
        f"{each.true_confirmed + each.true_unconfirmed:,}",
        f"{rates.false_alerts:,}",
        per_alert_text(rates),
        per_face_text(rates),
        f"{each.arrests:,}",
        f"{each.other_action:,}",
        f"{each.no_action:,}",
        f"{each.outcomes_exceeding:,}",
    ]


def to_html(summary: Summary) -> str:
    """One self-contained page with charts and the tables behind them."""
    from openlfr.reporting import charts  # loads matplotlib, which nothing else here needs

    first, last = summary.period
    body = [html.paragraph(f"{summary.figures.overall.deployments} deployments, {first} to {last}.")]
    if summary.notes:
        body += [html.heading("Before you use these figures"), html.listing(summary.notes)]
    body += [
        html.heading("Charts"),
        html.figure(charts.over_time(summary.records), "Counts as published; the tables below hold the same figures."),
        html.figure(
            charts.false_per_alert_by_threshold(summary.records),
            "Dot: share of alerts that were false. Bar: where the true share lies with 95% confidence.",
        ),
    ]
    for title, rows in summary.breakdowns().items():
        body.append(html.heading(title))
        cells = [[name, *summary_cells(each)] for name, each in rows.items()]
        body.append(html.table(f"Totals {title.lower()}", [title.removeprefix("By ").capitalize(), *COLUMNS], cells))
    return html.page("Live facial recognition: what was published", body)


def to_json(summary: Summary) -> str:
    """The same totals for machines."""
    first, last = summary.period
    document = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "notes": list(summary.notes),
        "totals": {
            title: {name: _totals_json(each) for name, each in rows.items()}
            for title, rows in summary.breakdowns().items()
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _totals_json(each: Totals) -> dict[str, object]:
    rates = each.false_alert_rates()
    face, alert = rates.per_face_interval(), rates.per_alert.interval() if rates.per_alert else None
    return {
        "deployments": each.deployments,
        "hours": round(each.hours, 2),
        "faces seen": each.faces_seen,
        "alerts": each.total_alerts,
        "true alerts": each.true_confirmed + each.true_unconfirmed,
        "false alerts": rates.false_alerts,
        "false per alert": rates.per_alert.rate if rates.per_alert and rates.total_alerts else None,
        "false per alert interval": [alert.low, alert.high] if alert else None,
        "false per face": rates.per_face,
        "false per face interval": [face.low, face.high] if face else None,
        "arrests": each.arrests,
        "other action": each.other_action,
        "no action": each.no_action,
        "deployments with more outcomes than alerts": each.outcomes_exceeding,
    }
