"""The deployment record as a page: the published table, what its words mean, and the rates with their intervals."""

from openlfr.policy.application import USE_CASES
from openlfr.reporting import html
from openlfr.reporting.deployment_record import Column
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


def to_html(publication: Publication) -> str:
    """One self-contained page; prints on A4 across."""
    rates = [
        [
            record.location or "",
            record.day.isoformat(),
            str(record.false_alerts),
            per_face_text(record.false_alert_rates()),
            per_alert_text(record.false_alert_rates()),
        ]
        for record in publication.records
    ]
    overall = totals(publication.records).false_alert_rates()
    rates.append(["All deployments", "", str(overall.false_alerts), per_face_text(overall), per_alert_text(overall)])
    methods = dict.fromkeys(record.faces_seen_method or "" for record in publication.records)
    key = "; ".join(
        f"{published.number} {each.value} (section {published.section})" for each, published in USE_CASES.items()
    )
    return html.page(
        "Live facial recognition: deployment record",
        [
            html.paragraph(f"As of {publication.as_of.isoformat()}."),
            html.table(
                "Every deployment, in the columns that police forces publish",
                [column.value for column in Column],
                (published_cells(record) for record in publication.records),
                text_columns=_TEXT_COLUMNS,
            ),
            html.heading("False alerts, against faces and against alerts"),
            html.table(
                "Rates with exact 95% intervals (Poisson for faces, Clopper-Pearson for alerts)",
                ["Deployment Location", "Date", "False alerts", "Of faces seen", "Of all alerts"],
                rates,
                text_columns=frozenset({1}),
            ),
            html.heading("What the words mean"),
            html.listing([*_MEANINGS, f"Method of counting faces seen: {', '.join(methods)}.", f"Use cases: {key}."]),
        ],
    )
