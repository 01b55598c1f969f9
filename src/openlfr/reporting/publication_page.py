"""The deployment record as a document: the published table, what its words mean, and the rates with their intervals."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from openlfr.policy.application import USE_CASES
from openlfr.reporting import document
from openlfr.reporting.deployment_record import Column
from openlfr.reporting.document import Block, Document, Heading, Listing, Paragraph, Table
from openlfr.reporting.publication import Publication, published_cells
from openlfr.reporting.totals import totals
from openlfr.reporting.wording import per_alert_text, per_face_text

_TEXT_COLUMNS = frozenset(i for i, column in enumerate(Column) if column in {Column.DATE, Column.USE_CASE})

_MEANINGS = (
    "True alerts: the person is the one on the watchlist; confirmed by speaking to them, or judged so without.",
    "False alerts: the person is not the one on the watchlist; confirmed or unconfirmed in the same way.",
    "False Alert Rate: false alerts, confirmed and unconfirmed, divided by the faces seen.",
    "Faces seen is an estimate and depends on how faces are counted; false alerts of all alerts do not.",
    "A range after a rate is where the true rate lies with 95% confidence.",
)


def publication_document(publication: Publication, publisher: str = "", mark: str = "") -> Document:
    """The records as people read them, on screen or as PDF/A; `publisher` is the force that answers for them."""
    return Document(
        title="Live facial recognition: deployment record",
        publisher=publisher,
        made_at=datetime.combine(publication.as_of, time(), UTC),
        blocks=tuple(_blocks(publication)),
        across=True,
        mark=mark,
    )


def to_html(publication: Publication) -> str:
    """One self-contained page; prints on A4 across."""
    return document.to_html(publication_document(publication))


def published_table(publication: Publication) -> Table:
    """Every deployment in the columns that forces publish."""
    return Table(
        "Every deployment, in the columns that police forces publish",
        tuple(column.value for column in Column),
        tuple(tuple(published_cells(record)) for record in publication.records),
        _TEXT_COLUMNS,
    )


def _blocks(publication: Publication) -> Iterator[Block]:
    rates = [
        (
            record.location or "",
            record.day.isoformat(),
            str(record.false_alerts),
            per_face_text(record.false_alert_rates()),
            per_alert_text(record.false_alert_rates()),
        )
        for record in publication.records
    ]
    overall = totals(publication.records).false_alert_rates()
    if len(rates) > 1:
        said = (str(overall.false_alerts), per_face_text(overall), per_alert_text(overall))
        rates.append(("All deployments", "", *said))
    yield Paragraph(f"As of {publication.as_of.isoformat()}.")
    yield published_table(publication)
    yield Heading("False alerts, against faces and against alerts")
    yield Table(
        "Rates with exact 95% intervals (Poisson for faces, Clopper-Pearson for alerts)",
        ("Deployment Location", "Date", "False alerts", "Of faces seen", "Of all alerts"),
        tuple(rates),
        frozenset({1}),
    )
    yield Heading("What the words mean")
    methods = dict.fromkeys(record.faces_seen_method or "" for record in publication.records)
    key = "; ".join(
        f"{published.number} {each.value} (section {published.section})" for each, published in USE_CASES.items()
    )
    yield Listing((*_MEANINGS, f"Method of counting faces seen: {', '.join(methods)}.", f"Use cases: {key}."))
