"""Records that may be published: what does not add up is refused. CSV in exactly the published columns, and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from openlfr.assurance.intervals import Interval
from openlfr.policy.application import USE_CASES, UseCase
from openlfr.reporting.deployment_record import COUNTS, Column, DeploymentRecord
from openlfr.reporting.duration import format_duration
from openlfr.reporting.formula_guard import with_formula_guard
from openlfr.reporting.record_checks import Finding, Severity, ThresholdPeriod
from openlfr.reporting.series_checks import NumberedRecord, check_records
from openlfr.reporting.wording import threshold_text


class NotPublishableError(ValueError):
    """Records that do not add up, or leave out what must be published; `findings` says what and where."""

    def __init__(self, sentence: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(sentence)
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Publication:
    """Deployment records that have passed every check; the only thing that the writers accept.

    `doubts` are findings that do not bar publication and should be looked at before it. Rows in findings count from
    2, as they will in the CSV file.

    Raises:
        NotPublishableError: a record is incomplete, or an error was found.
    """

    records: tuple[DeploymentRecord, ...]
    as_of: date
    thresholds: tuple[ThresholdPeriod, ...]

    def __post_init__(self) -> None:
        for row, record in enumerate(self.records, 2):
            missing = [
                name
                for name, value in (
                    (Column.LOCATION.value, record.location),
                    (Column.USE_CASE.value, record.use_case),
                    ("the version of the method by which faces were counted", record.faces_seen_method),
                )
                if not value
            ]
            if missing:
                raise NotPublishableError(f"Row {row} lacks {' and '.join(missing)}: fill in what must be published.")
        errors = [finding for finding in self._findings() if finding.code.severity is Severity.ERROR]
        if errors:
            first = f"Row {errors[0].row}: {errors[0].sentence}"
            more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
            raise NotPublishableError(f"These records do not add up. {first}{more}", errors)

    @property
    def doubts(self) -> list[Finding]:
        """What looks unlikely and may still be right."""
        return self._findings()

    def _findings(self) -> list[Finding]:
        rows = [NumberedRecord(row, record) for row, record in enumerate(self.records, 2)]
        return check_records(rows, today=self.as_of, thresholds=self.thresholds)


def published_cells(record: DeploymentRecord) -> list[str]:
    """One cell for each of `Column`, in order. The rate is always the one that follows from the counts."""
    cells = {column: str(getattr(record, field)) for column, field in COUNTS.items()}
    cells[Column.LOCATION] = record.location or ""
    cells[Column.DATE] = record.day.isoformat()
    cells[Column.DURATION] = format_duration(record.duration)
    cells[Column.USE_CASE] = use_case_text(record.use_case)
    cells[Column.THRESHOLD] = threshold_text(record.min_threshold)
    cells[Column.FALSE_ALERT_RATE] = record.false_alert_rates().printed()
    return [cells[column] for column in Column]


def use_case_text(use_case: UseCase | None) -> str:
    """The use case with its number in the published key; empty where the source leaves it out."""
    return f"{USE_CASES[use_case].number} {use_case.value}" if use_case else ""


def to_csv(publication: Publication) -> str:
    """CSV (RFC 4180) in exactly the published columns; no cell runs as a formula in a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.value for column in Column])
    for record in publication.records:
        writer.writerow([with_formula_guard(cell) for cell in published_cells(record)])
    return text.getvalue()


def to_json(publication: Publication) -> str:
    """The same figures for machines, with what the columns have no room for: intervals and the counting method."""
    deployments = []
    for record in publication.records:
        rates = record.false_alert_rates()
        cells = dict(zip(Column, published_cells(record), strict=True))
        deployments.append(
            {column.value: getattr(record, COUNTS[column]) if column in COUNTS else cells[column] for column in Column}
            | {
                "Faces seen method": record.faces_seen_method,
                "False alerts per face": _rate_json(rates.per_face, rates.per_face_interval()),
                "False alerts per alert": _rate_json(
                    rates.per_alert.rate if rates.per_alert and rates.total_alerts else None,
                    rates.per_alert.interval() if rates.per_alert else None,
                ),
            }
        )
    return json.dumps(
        {"as of": publication.as_of.isoformat(), "deployments": deployments}, indent=2, ensure_ascii=False
    )


def _rate_json(rate: float | None, interval: Interval | None) -> dict[str, float] | None:
    if rate is None or interval is None:
        return None
    return {"rate": rate, "low": interval.low, "high": interval.high, "confidence": interval.confidence}
