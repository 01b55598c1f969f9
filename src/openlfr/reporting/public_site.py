"""The public page: a static site that anybody can read, with no script, no sign-in and nothing from another host.

`pages` gives every file of it; a command writes them to a folder, and the hub serves them as they are. Where and when
next is told only of deployments whose authority allows it. Each table stands beside it as CSV and JSON too.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from openlfr.assurance.certificate import IssuedCertificate
from openlfr.policy.retention import RetentionPolicy
from openlfr.records.published import AnnouncedDeployment, PublishedDeployment, PublishedRecords
from openlfr.reporting import annual_report, statements
from openlfr.reporting.annual_report import AnnualReport
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.document import Block, Chart, Document, Facts, Heading, Links, Listing, Paragraph, Table, to_html
from openlfr.reporting.formula_guard import with_formula_guard
from openlfr.reporting.from_records import publication_of, record_of
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.periods import CALENDAR_YEARS, ReportCalendar
from openlfr.reporting.publication import Publication, to_csv, to_json
from openlfr.reporting.publication_page import publication_document, published_table
from openlfr.reporting.signed_files import MANIFEST, signed_manifest
from openlfr.reporting.summary import COLUMNS as TOTALS
from openlfr.reporting.summary import Summary, summary_cells
from openlfr.reporting.wording import threshold_text
from openlfr.sealing.signature import SigningKey

_NAVIGATION: Final = (
    ("Next deployments", "index.html"),
    ("Where it has been", "deployments.html"),
    ("Totals", "totals.html"),
    ("Accuracy", "accuracy.html"),
    ("What is deleted", "deletion.html"),
    ("Your rights", "rights.html"),
)


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What a force says of itself: its name, how people reach whoever answers for the data, how it counts days and
    report years. `mark` is printed across every page of an example."""

    publisher: str
    contact: str
    policy: RetentionPolicy
    certificates: tuple[IssuedCertificate, ...] = ()
    calendar: ReportCalendar = CALENDAR_YEARS
    mark: str = ""


def pages(published: PublishedRecords, settings: SiteSettings) -> Iterator[tuple[str, bytes]]:
    """Every file of the site: its path below the site's folder, and its bytes.

    Raises NotPublishableError when the records do not add up: nothing is then published.
    """
    publication = publication_of(published, zone=settings.calendar.zone)
    calendar = settings.calendar
    years = [
        annual_report.annual_report(published, year, settings.policy, settings.certificates, calendar, settings.mark)
        for year in annual_report.report_years(published, calendar)
    ]
    for path, document in _documents(published, publication, years, settings):
        yield path, to_html(document, _NAVIGATION).encode()
    yield from _announced_files(published.announced, settings.calendar.zone)
    yield "deployments.csv", to_csv(publication).encode()
    yield "deployments.json", to_json(publication).encode()
    yield "deployments.pdf", to_pdf(publication_document(publication, settings.publisher, settings.mark))
    for name, each, record in _named(published, calendar.zone):
        one = Publication((record,), publication.as_of, ())
        yield f"{name}.html", to_html(_deployment_page(each, one, name, settings), _upwards()).encode()
        yield f"{name}.csv", to_csv(one).encode()
        yield f"{name}.json", to_json(one).encode()
    for report in years:
        name = report.period.name
        yield f"{name}.html", to_html(annual_report.to_document(report), _NAVIGATION).encode()
        yield f"{name}.pdf", to_pdf(annual_report.to_document(report))
        yield f"{name}.csv", annual_report.to_csv(report).encode()
        yield f"{name}.json", annual_report.to_json(report).encode()
    yield "deletion.json", _deletion_json(published).encode()


def signed_site(published: PublishedRecords, settings: SiteSettings, key: SigningKey) -> dict[str, bytes]:
    """Every file of the site with their manifest, signed by the hub: whoever keeps a copy can prove it is genuine."""
    files = dict(pages(published, settings))
    return {**files, MANIFEST: signed_manifest("public page", settings.publisher, published.as_of, files, key)}


def _documents(
    published: PublishedRecords, publication: Publication, years: Sequence[AnnualReport], settings: SiteSettings
) -> Iterator[tuple[str, Document]]:
    def page(title: str, blocks: Iterator[Block]) -> Document:
        return Document(title, settings.publisher, published.as_of, tuple(blocks), mark=settings.mark)

    yield "index.html", page("Live facial recognition", _next(published, publication, settings))
    yield "deployments.html", page("Where it has been", _been(published, publication, settings.calendar.zone))
    yield "totals.html", page("Totals", _totals(published, publication, years))
    yield "accuracy.html", page("How accurate it is", _accuracy(published, settings))
    yield "deletion.html", page("What is kept, and what is deleted", _deletion(published, settings))
    yield "rights.html", page("Your rights", _rights(settings))


def _next(published: PublishedRecords, publication: Publication, settings: SiteSettings) -> Iterator[Block]:
    yield Paragraph(
        "Cameras compare the faces of people who walk past with a watchlist of people the police look for. A face that "
        "matches nobody is destroyed at once. A match is a question to a trained officer; people decide, never a "
        "machine."
    )
    yield from statements.coverage(published.limited_to)
    totals = Summary(publication.records, ()).figures.overall
    rates = totals.false_alert_rates()
    yield Facts(
        (
            ("Deployments so far", f"{totals.deployments:,}"),
            ("Faces seen (estimate)", f"{totals.faces_seen:,}"),
            ("Alerts", f"{totals.total_alerts:,}"),
            ("False alerts", f"{rates.false_alerts:,}"),
        )
    )
    yield Heading("Where and when next")
    if published.announced:
        yield Table(
            "Deployments announced in advance",
            ("Place", "From", "Until", "Use case"),
            tuple(_announced_cells(each, settings.calendar.zone) for each in published.announced),
            frozenset({1, 2, 3}),
        )
        yield Links((("As CSV", "next.csv"), ("As JSON", "next.json")))
    else:
        yield Paragraph("No deployment is announced at present.")
    yield Paragraph(
        "A deployment is announced when the officer who authorises it allows that. Every deployment is published "
        "afterwards, announced or not."
    )
    yield Paragraph(f"As of {published.as_of:%Y-%m-%d %H:%M} UTC.")


def _been(published: PublishedRecords, publication: Publication, zone: tzinfo) -> Iterator[Block]:
    if not publication.records:
        yield Paragraph("No deployment has been reported yet.")
        return
    yield Paragraph("Each deployment has a page of its own, and all of them are in one file.")
    yield Links((("All as CSV", "deployments.csv"), ("As JSON", "deployments.json"), ("As PDF", "deployments.pdf")))
    yield published_table(publication)
    yield Heading("Each by itself")
    yield Links(
        tuple(
            (f"{record.location}, {record.day.isoformat()}", f"{name}.html")
            for name, _, record in _named(published, zone)
        )
    )


def _totals(published: PublishedRecords, publication: Publication, years: Sequence[AnnualReport]) -> Iterator[Block]:
    from openlfr.reporting import charts  # loads matplotlib, which the other pages do not need

    if not publication.records:
        yield Paragraph("No deployment has been reported yet.")
        return
    yield Heading("Report of each year")
    yield Links(
        tuple(
            (f"{report.title}{name}", f"{report.period.name}.{form}")
            for report in years
            for name, form in (("", "html"), (" as PDF", "pdf"), (" as CSV", "csv"), (" as JSON", "json"))
        )
    )
    yield Chart(charts.over_time(publication.records), "Alerts, arrests and false alerts; the tables hold the figures.")
    yield from statements.reading_rates(publication.records)
    summary = Summary(publication.records, ())
    if summary.figures.overall.total_alerts:
        yield Chart(
            charts.false_per_alert_by_threshold(publication.records),
            "Dot: share of alerts that were false. Bar: where the true share lies with 95% confidence.",
        )
    for title, rows in summary.breakdowns().items():
        cells = tuple((name, *summary_cells(each)) for name, each in rows.items())
        yield Table(f"Totals {title.lower()}", (title.removeprefix("By ").capitalize(), *TOTALS), cells)
    yield from statements.thresholds(published.deployments)
    yield Paragraph(
        "Who was looked for, what they were arrested for and what came of it is told for each year once it is over: "
        "told after each deployment it could say who it was."
    )


def _accuracy(published: PublishedRecords, settings: SiteSettings) -> Iterator[Block]:
    yield from statements.accuracy(published.deployments, settings.certificates)
    yield Links((("Deployments as JSON, with the intervals of every rate", "deployments.json"),))


def _deletion(published: PublishedRecords, settings: SiteSettings) -> Iterator[Block]:
    yield from statements.deletion(published.deletion, settings.policy)
    yield Links((("As JSON", "deletion.json"),))


def _rights(settings: SiteSettings) -> Iterator[Block]:
    yield Paragraph(
        "You may ask whether you were on a watchlist, see what is held about you, have it corrected or deleted, and "
        "complain. Of people who walked past and matched nobody, nothing is held."
    )
    yield Listing(
        (
            f"Who answers for the data: {settings.publisher}, {settings.contact}.",
            "You need not show your face: walking another way is no reason to stop you.",
            "You may ask an officer why you were stopped, and for a leaflet.",
            "You may complain to the Information Commissioner's Office, or to the authority for police complaints.",
        )
    )


def _deployment_page(
    published: PublishedDeployment, publication: Publication, name: str, settings: SiteSettings
) -> Document:
    (record,) = publication.records
    rates = record.false_alert_rates()
    file = name.rpartition("/")[2]
    blocks: list[Block] = [
        Facts(
            (
                ("Faces seen (estimate)", f"{record.faces_seen:,}"),
                ("Alerts", f"{record.total_alerts:,}"),
                ("False alerts", f"{rates.false_alerts:,}"),
                ("Arrests", f"{record.arrests:,}"),
                ("People on the list", f"{record.watchlist_size:,}"),
                ("Threshold", threshold_text(record.min_threshold)),
            )
        ),
        Links((("As CSV", f"{file}.csv"), ("As JSON", f"{file}.json"))),
        *publication_document(publication).blocks,
        Heading("Who could be on the watchlist"),
        Listing(tuple(each.value for each in published.categories)),
        Heading("How well people on the list are found"),
        Paragraph(statements.recognition_text(statements.pooled([published]))),
    ]
    title = f"{record.location}, {record.day.isoformat()}"
    return Document(title, published.controller, published.window.end, tuple(blocks), mark=settings.mark)


def _named(published: PublishedRecords, zone: tzinfo) -> Iterator[tuple[str, PublishedDeployment, DeploymentRecord]]:
    """Each deployment with the path of its page: day and place, numbered where two would be the same."""
    taken: dict[str, int] = {}
    for each in published.deployments:
        record = record_of(each, zone)
        place = re.sub(r"[^a-z0-9]+", "-", (record.location or "").lower()).strip("-")[:60] or "place"
        name = f"deployments/{record.day.isoformat()}-{place}"
        taken[name] = taken.get(name, 0) + 1
        yield name if taken[name] == 1 else f"{name}-{taken[name]}", each, record


def _upwards() -> tuple[tuple[str, str], ...]:
    return tuple((text, f"../{address}") for text, address in _NAVIGATION)


def _announced_cells(each: AnnouncedDeployment, zone: tzinfo) -> tuple[str, ...]:
    start, end = (moment.astimezone(zone) for moment in (each.window.start, each.window.end))
    return each.location, f"{start:%Y-%m-%d %H:%M %Z}", f"{end:%Y-%m-%d %H:%M %Z}", each.use_case.value


def _announced_files(announced: Sequence[AnnouncedDeployment], zone: tzinfo) -> Iterator[tuple[str, bytes]]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Place", "From", "Until", "Use case"])
    for each in announced:
        writer.writerow([with_formula_guard(cell) for cell in _announced_cells(each, zone)])
    yield "next.csv", text.getvalue().encode()
    listed = [
        {
            "place": each.location,
            "from": each.window.start.isoformat(),
            "until": each.window.end.isoformat(),
            "use case": each.use_case.value,
            "categories": [category.value for category in each.categories],
        }
        for each in announced
    ]
    yield "next.json", json.dumps(listed, indent=2, ensure_ascii=False).encode()


def _deletion_json(published: PublishedRecords) -> str:
    figures = published.deletion
    document = {
        "destroyed": {kind.value: count for kind, count in figures.receipts.items()},
        "newest receipt": None if figures.newest is None else figures.newest.isoformat(),
        "audit log head": f"{figures.head.size}:{figures.head.root.hex()}",
        "signed at": figures.head.signed_at.isoformat(),
        "signed by": figures.signer.raw.hex(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
