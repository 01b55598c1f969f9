"""The annual report: what live facial recognition was used for in a year, what came of it, how often it was wrong.

Groups of people, such as offences or categories, are told for whole years only and with small counts withheld: told
after each deployment, the difference between two reports would say who it was.
"""

import csv
import io
import json
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from openlfr.assurance.certificate import IssuedCertificate
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.retention import RetentionPolicy
from openlfr.records.published import DeletionFigures, PublishedDeployment, PublishedRecords
from openlfr.reporting import statements, summary
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.document import Block, Chart, Document, Facts, Heading, Paragraph, Table
from openlfr.reporting.formula_guard import with_formula_guard
from openlfr.reporting.from_records import publication_of, publisher_of
from openlfr.reporting.publication import Publication
from openlfr.reporting.publication_page import published_table
from openlfr.reporting.summary import COLUMNS, Summary, summary_cells
from openlfr.reporting.suppression import SMALLEST_PUBLISHED, suppress_small, suppressed_text
from openlfr.reporting.totals import Totals
from openlfr.reporting.wording import duration_text, percent

_Group = TypeVar("_Group", bound=StrEnum)


class NothingToReportError(ValueError):
    """No deployment of the year was reported; the message says so."""


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """One year's deployments with everything the report states; `mark` is printed across it where it is an example."""

    year: int
    made_at: datetime
    deployments: tuple[PublishedDeployment, ...]
    publication: Publication
    deletion: DeletionFigures
    policy: RetentionPolicy
    certificates: tuple[IssuedCertificate, ...]
    mark: str = ""
    limited_to: Reach = WHOLE_HUB

    @property
    def title(self) -> str:
        so_far = " so far" if self.made_at.date() <= date(self.year, 12, 31) else ""
        return f"Live facial recognition in {self.year}{so_far}"

    @property
    def records(self) -> tuple[DeploymentRecord, ...]:
        return self.publication.records

    @property
    def totals(self) -> Summary:
        """The same figures that the summary of a file of records states."""
        return Summary(self.records, ())


def annual_report(
    published: PublishedRecords,
    year: int,
    policy: RetentionPolicy,
    certificates: Sequence[IssuedCertificate],
    mark: str = "",
) -> AnnualReport:
    """The report of one year. Raises NothingToReportError, or NotPublishableError where figures do not add up."""
    chosen = of_year(published, year)
    if not chosen:
        raise NothingToReportError(f"No deployment of {year} has been reported: report one, or choose another year.")
    return AnnualReport(
        year=year,
        made_at=published.as_of,
        deployments=chosen,
        publication=publication_of(published, chosen),
        deletion=published.deletion,
        policy=policy,
        certificates=tuple(certificates),
        mark=mark,
        limited_to=published.limited_to,
    )


def of_year(published: PublishedRecords, year: int) -> tuple[PublishedDeployment, ...]:
    """The deployments that went live in a year."""
    return tuple(
        each
        for each in published.deployments
        if each.statistics.went_live_at is not None and each.statistics.went_live_at.year == year
    )


def to_document(report: AnnualReport) -> Document:
    """The report as people read it."""
    return Document(
        report.title, publisher_of(report.deployments), report.made_at, tuple(_blocks(report)), True, report.mark
    )


def groups(deployments: Sequence[PublishedDeployment]) -> dict[str, dict[str, int | None]]:
    """Counts by group of people, small ones withheld (None): alerts by category of the person, arrests by offence and
    by later result, and alerts on children. One alert may fall under several categories or offences."""
    counted: dict[str, Counter[str]] = {
        "Alerts by category": _summed(each.alert_categories for each in deployments),
        "Arrests by offence": _summed(each.statistics.offence_groups for each in deployments),
        "Arrests by later result": _summed(each.statistics.arrest_results for each in deployments),
    }
    shown = {title: suppress_small(dict(counts)) for title, counts in counted.items()}
    children = sum(each.statistics.under_18_alerts for each in deployments)
    alerts = sum(each.statistics.total_alerts for each in deployments)
    shown["Alerts by age"] = suppress_small({"under 18": children, "18 or over": alerts - children})
    return {title: counts for title, counts in shown.items() if counts}


def listed(deployments: Sequence[PublishedDeployment]) -> dict[str, int | None]:
    """People on the watchlists, added up over deployments, by category, and children; small counts withheld."""
    compositions = [each.composition for each in deployments if each.composition is not None]
    counts = _summed(each.categories for each in compositions)
    shown: dict[str, int | None] = dict(suppress_small(dict(counts), total_published=False))
    children = sum(each.under_18 for each in compositions)
    return {**shown, **suppress_small({"under 18 years of age": children}, total_published=False)} if shown else {}


def times(deployments: Sequence[PublishedDeployment]) -> dict[str, tuple[timedelta | None, int]]:
    """Median times and how many they are of; None, with the count, where they are too few to hide who it was."""
    found = {
        "From going live to an alert on a person who was confirmed": [
            each for deployment in deployments for each in deployment.located_after
        ],
        "From an alert to approaching the person": [
            each for deployment in deployments for each in deployment.approached_after
        ],
    }
    return {
        name: (
            timedelta(seconds=statistics.median(each.total_seconds() for each in values))
            if len(values) >= SMALLEST_PUBLISHED
            else None,
            len(values),
        )
        for name, values in found.items()
    }


def _summed(counts: Iterable[Mapping[_Group, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update({group.value: count for group, count in each.items() if count})
    return total


def _breakdowns(report: AnnualReport) -> dict[str, dict[str, Totals]]:
    """The totals by threshold and by use case; by year there is only one."""
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
        "rehearsals and in tests of operators are in none of them. A range after a rate is where the true rate lies "
        "with 95% confidence (Clopper-Pearson for alerts, Poisson for faces)."
    )
    yield Heading("Over the year")
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
    yield Paragraph(
        f"Counts of fewer than {SMALLEST_PUBLISHED} people are withheld, and where one could be worked out from the "
        "others, another one too."
    )
    if people := listed(report.deployments):
        yield _counts("People on the watchlists, added up over the deployments", "Category", "People", people)
    for title, counts in groups(report.deployments).items():
        yield _counts(title, title.rpartition(" by ")[2].capitalize(), title.partition(" ")[0], counts)
    yield _times(report.deployments)
    long_false = sum(each.statistics.long_false_engagements for each in report.deployments)
    yield Paragraph(f"People held up for more than five minutes after a false alert: {long_false}.")
    yield from statements.thresholds(report.deployments)
    yield from statements.accuracy(report.deployments, report.certificates)
    yield from statements.deletion(report.deletion, report.policy)
    yield Heading("Every deployment")
    yield published_table(report.publication)


def _counts(caption: str, what: str, counted: str, counts: Mapping[str, int | None]) -> Table:
    rows = tuple((name, suppressed_text(count)) for name, count in counts.items())
    return Table(caption, (what, counted), rows)


def _times(deployments: Sequence[PublishedDeployment]) -> Table:
    rows = tuple(
        (name, f"{count:,}", "withheld: too few" if median is None else _rounded(median))
        for name, (median, count) in times(deployments).items()
        if count
    )
    return Table("How long it took", ("Time", "Cases", "Median"), rows)


def _rounded(duration: timedelta) -> str:
    return duration_text(timedelta(minutes=max(1, round(duration / timedelta(minutes=1)))))


def to_json(report: AnnualReport) -> str:
    """The same figures for machines."""
    document = {
        "title": report.title,
        "publisher": publisher_of(report.deployments),
        "year": report.year,
        "as of": report.made_at.isoformat(),
        "limited to": None if report.limited_to.whole_hub else str(report.limited_to),
        "totals": json.loads(summary.to_json(report.totals))["totals"],
        "groups": groups(report.deployments),
        "people on watchlists": listed(report.deployments),
        "median minutes": {
            name: None if median is None else round(median / timedelta(minutes=1), 1)
            for name, (median, _) in times(report.deployments).items()
        },
        "held up for more than five minutes after a false alert": sum(
            each.statistics.long_false_engagements for each in report.deployments
        ),
        "recognition": _recognition_json(report.deployments),
        "certificates": [each.certificate for each in statements.certificates_used(report.deployments)],
        "destroyed": {kind.value: count for kind, count in report.deletion.receipts.items()},
        "audit log head": f"{report.deletion.head.size}:{report.deletion.head.root.hex()}",
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _recognition_json(deployments: Sequence[PublishedDeployment]) -> dict[str, float | int | None]:
    rate = statements.pooled(deployments)
    return {
        "recognised": rate.recognised,
        "passages": rate.passages,
        "rate": rate.rate,
        "low": rate.low,
        "high": rate.high,
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
    for title, counts in {**groups(report.deployments), "On watchlists": listed(report.deployments)}.items():
        for name, count in counts.items():
            value = suppressed_text(count)
            writer.writerow([with_formula_guard(cell) for cell in (title, name, "Count", value)])
    return text.getvalue()
