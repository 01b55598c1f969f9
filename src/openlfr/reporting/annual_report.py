"""The annual report: what live facial recognition was used for in a year, what came of it, how often it was wrong.

Of any other period, such as a quarter, the same report is made without groups of people (`people_groups`).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from openlfr.assurance.certificate import IssuedCertificate
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.retention import RetentionPolicy
from openlfr.records.published import DeletionFigures, PublishedDeployment, PublishedRecords
from openlfr.reporting import people_groups, statements, summary
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.document import Block, Chart, Document, Facts, Heading, Paragraph, Table
from openlfr.reporting.formula_guard import with_formula_guard
from openlfr.reporting.from_records import publication_of, publisher_of
from openlfr.reporting.periods import Period, ReportCalendar
from openlfr.reporting.publication import Publication
from openlfr.reporting.publication_page import published_table
from openlfr.reporting.summary import COLUMNS, Summary, summary_cells
from openlfr.reporting.suppression import WITHHELD, suppressed_text
from openlfr.reporting.totals import Totals
from openlfr.reporting.wording import duration_text, percent


class NothingToReportError(ValueError):
    """No deployment of the period was reported; the message says so."""


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """The deployments of a period with everything the report states.

    `mark` is printed across it where it is an example. `groups_untold` is the sentence that says why groups of people
    are not told, None where they are.
    """

    period: Period
    calendar: ReportCalendar
    made_at: datetime
    deployments: tuple[PublishedDeployment, ...]
    publication: Publication
    deletion: DeletionFigures
    policy: RetentionPolicy
    certificates: tuple[IssuedCertificate, ...]
    groups_untold: str | None
    mark: str = ""
    limited_to: Reach = WHOLE_HUB

    @property
    def title(self) -> str:
        so_far = " so far" if self.calendar.day_of(self.made_at) <= self.period.last else ""
        in_words = f" in {self.period}" if self.period.calendar_year is not None else f", {self.period}"
        return f"Live facial recognition{in_words}{so_far}"

    @property
    def name(self) -> str:
        """As files of it are named."""
        return f"{'annual-report' if self.calendar.is_year(self.period) else 'report'}-{self.period.name}"

    @property
    def records(self) -> tuple[DeploymentRecord, ...]:
        return self.publication.records

    @property
    def totals(self) -> Summary:
        """The same figures that the summary of a file of records states."""
        return Summary(self.records, ())


def annual_report(
    published: PublishedRecords,
    period: Period,
    policy: RetentionPolicy,
    certificates: Sequence[IssuedCertificate],
    calendar: ReportCalendar,
    mark: str = "",
) -> AnnualReport:
    """The report of a period, such as a report year of the calendar: the deployments that went live on its days.

    Raises NothingToReportError, or NotPublishableError where figures do not add up.
    """
    chosen = tuple(
        each
        for each in published.deployments
        if each.statistics.went_live_at is not None and calendar.day_of(each.statistics.went_live_at) in period
    )
    if not chosen:
        raise NothingToReportError(f"No deployment of {period} has been reported: report one, or choose other days.")
    return AnnualReport(
        period=period,
        calendar=calendar,
        made_at=published.as_of,
        deployments=chosen,
        publication=publication_of(published, chosen, calendar.zone),
        deletion=published.deletion,
        policy=policy,
        certificates=tuple(certificates),
        groups_untold=people_groups.untold(published, period, calendar),
        mark=mark,
        limited_to=published.limited_to,
    )


def report_years(published: PublishedRecords, calendar: ReportCalendar) -> list[Period]:
    """The report years in which deployments went live that were reported, in order."""
    days = [each.statistics.went_live_at for each in published.deployments]
    years = {calendar.year_of(calendar.day_of(day)) for day in days if day is not None}
    return sorted(years, key=lambda year: year.first)


def to_document(report: AnnualReport) -> Document:
    """The report as people read it."""
    return Document(
        report.title, publisher_of(report.deployments), report.made_at, tuple(_blocks(report)), True, report.mark
    )


def _breakdowns(report: AnnualReport) -> dict[str, dict[str, Totals]]:
    """The totals by threshold and by use case; the period is one whole."""
    return {title: rows for title, rows in report.totals.breakdowns().items() if title != "By year"}


def _blocks(report: AnnualReport) -> Iterator[Block]:
    from openlfr.reporting import charts  # loads matplotlib, which the figures themselves do not need

    overall = report.totals.figures.overall
    rates = overall.false_alert_rates()
    yield Facts(
        (
            ("Deployments", f"{overall.deployments:,}"),
            ("Faces seen (estimate)", f"{overall.faces_seen:,}"),
            ("Alerts", f"{overall.total_alerts:,}"),
            ("False alerts", f"{rates.false_alerts:,}"),
            ("False of all alerts", percent(rates.per_alert.rate) if rates.per_alert and overall.total_alerts else "–"),
            ("Arrests", f"{overall.arrests:,}"),
        )
    )
    yield from statements.coverage(report.limited_to)
    yield Paragraph(
        "Every figure here is counted from the records of the deployments listed at the end. Alerts on testers, in "
        "rehearsals and in tests of operators are in none of them."
    )
    yield from statements.reading_rates(report.records)
    yield Heading("Over time")
    yield Chart(
        charts.over_time(report.records), "Alerts, arrests and false alerts; the tables below hold the figures."
    )
    if overall.total_alerts:
        yield Chart(
            charts.false_per_alert_by_threshold(report.records),
            "Dot: share of alerts that were false. Bar: where the true share lies with 95% confidence.",
        )
    for title, rows in _breakdowns(report).items():
        yield Heading(title)
        cells = tuple((name, *summary_cells(each)) for name, each in rows.items())
        yield Table(f"Totals {title.lower()}", (title.removeprefix("By ").capitalize(), *COLUMNS), cells)
    yield Heading("Who was looked for, and what came of it")
    yield from _groups(report)
    long_false = sum(each.statistics.long_false_engagements for each in report.deployments)
    yield Paragraph(f"People held up for more than five minutes after a false alert: {long_false}.")
    yield from statements.thresholds(report.deployments)
    yield from statements.accuracy(report.deployments, report.certificates)
    yield from statements.deletion(report.deletion, report.policy)
    yield Heading("Every deployment")
    yield published_table(report.publication)


def _groups(report: AnnualReport) -> Iterator[Block]:
    if report.groups_untold is not None:
        yield Paragraph(report.groups_untold)
        return
    yield Paragraph(f"{WITHHELD} One alert may fall under several categories, and one arrest under several offences.")
    if people := people_groups.listed(report.deployments):
        yield _counts("People on the watchlists, added up over the deployments", "Category", "People", people)
    for title, counts in people_groups.counts_by_group(report.deployments).items():
        yield _counts(title, title.rpartition(" by ")[2].capitalize(), title.partition(" ")[0], counts)
    yield _times(report.deployments)


def _counts(caption: str, what: str, counted: str, counts: Mapping[str, int | None]) -> Table:
    rows = tuple((name, suppressed_text(count)) for name, count in counts.items())
    return Table(caption, (what, counted), rows)


def _times(deployments: Sequence[PublishedDeployment]) -> Table:
    rows = tuple(
        (name, f"{count:,}", "withheld: too few" if median is None else duration_text(median))
        for name, (median, count) in people_groups.times(deployments).items()
        if count
    )
    return Table("How long it took", ("Time", "Cases", "Median"), rows)


def to_json(report: AnnualReport) -> str:
    """The same figures for machines."""
    untold = report.groups_untold
    document = {
        "title": report.title,
        "publisher": publisher_of(report.deployments),
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "as of": report.made_at.isoformat(),
        "limited to": None if report.limited_to.whole_hub else str(report.limited_to),
        "totals": json.loads(summary.to_json(report.totals))["totals"],
        "groups": None if untold else people_groups.counts_by_group(report.deployments),
        "people on watchlists": None if untold else people_groups.listed(report.deployments),
        "median minutes": None if untold else _median_minutes(report.deployments),
        "groups are not told": untold,
        "held up for more than five minutes after a false alert": sum(
            each.statistics.long_false_engagements for each in report.deployments
        ),
        "recognition": _recognition_json(report.deployments),
        "certificates": [each.certificate for each in statements.certificates_used(report.deployments)],
        "destroyed": {kind.value: count for kind, count in report.deletion.receipts.items()},
        "audit log head": f"{report.deletion.head.size}:{report.deletion.head.root.hex()}",
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _median_minutes(deployments: Sequence[PublishedDeployment]) -> dict[str, int | None]:
    return {
        name: None if median is None else median // timedelta(minutes=1)
        for name, (median, _) in people_groups.times(deployments).items()
    }


def _recognition_json(deployments: Sequence[PublishedDeployment]) -> dict[str, float | int | None]:
    rate = statements.pooled(deployments)
    return {
        "recognised": rate.recognised,
        "passages": rate.passages,
        "rate": rate.rate,
        "low": None if rate.rate is None else rate.low,
        "high": None if rate.rate is None else rate.high,
    }


def to_csv(report: AnnualReport) -> str:
    """The totals as rows: table, row, column, figure. Withheld counts say so."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Table", "Row", "Figure", "Value"])
    for title, rows in _breakdowns(report).items():
        for name, each in rows.items():
            for column, value in zip(COLUMNS, summary_cells(each), strict=True):
                writer.writerow([with_formula_guard(cell) for cell in (title, name, column, value.replace(",", ""))])
    if report.groups_untold is None:
        told = people_groups.counts_by_group(report.deployments)
        for title, counts in {**told, "On watchlists": people_groups.listed(report.deployments)}.items():
            for name, count in counts.items():
                value = "withheld" if count is None else str(count)
                writer.writerow([with_formula_guard(cell) for cell in (title, name, "Count", value)])
    return text.getvalue()
