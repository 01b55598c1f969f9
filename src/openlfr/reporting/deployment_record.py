"""The deployment record: what a force publishes about one deployment, in the columns and words it publishes.

The columns are those of the Metropolitan Police's published records in their 2025 form, in that order.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from openlfr.assurance.intervals import Interval, Proportion, rate_interval
from openlfr.policy.application import UseCase


class Column(StrEnum):
    """The published columns, in their order; the value is the heading."""

    LOCATION = "Deployment Location"
    DATE = "Date"
    DURATION = "Duration"
    USE_CASE = "LFR Use Case"
    WATCHLIST_SIZE = "Watchlist Size"
    THRESHOLD = "Min Threshold Setting"
    TOTAL_ALERTS = "Total Alerts"
    TRUE_CONFIRMED = "True Alerts Confirmed"
    TRUE_UNCONFIRMED = "True Alerts Unconfirmed"
    FALSE_CONFIRMED = "False Alerts Confirmed"
    FALSE_UNCONFIRMED = "False Alerts Unconfirmed"
    FALSE_ALERT_RATE = "False Alert Rate"
    ARREST = "Outcome-Arrest"
    OTHER = "Outcome-Other"
    NO_ACTION = "Outcome-No Action"
    FACES_SEEN = "Faces seen (estimate)"


COUNTS: dict[Column, str] = {
    Column.WATCHLIST_SIZE: "watchlist_size",
    Column.TOTAL_ALERTS: "total_alerts",
    Column.TRUE_CONFIRMED: "true_confirmed",
    Column.TRUE_UNCONFIRMED: "true_unconfirmed",
    Column.FALSE_CONFIRMED: "false_confirmed",
    Column.FALSE_UNCONFIRMED: "false_unconfirmed",
    Column.ARREST: "arrests",
    Column.OTHER: "other_action",
    Column.NO_ACTION: "no_action",
    Column.FACES_SEEN: "faces_seen",
}
"""The columns that hold whole numbers, and the fields of `DeploymentRecord` they fill."""


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment as published. It may hold what does not add up; `record_checks` says so.

    `location` and `use_case` are None only where a source leaves those columns out. `printed_rate_pct` is the False
    Alert Rate as somebody printed it, in percent and with its digits, and None where it is ours to compute.
    `faces_seen_method` names the version of the method by which faces were counted, None where a source is silent.
    """

    location: str | None
    day: date
    duration: timedelta
    use_case: UseCase | None
    watchlist_size: int
    min_threshold: Decimal
    total_alerts: int
    true_confirmed: int
    true_unconfirmed: int
    false_confirmed: int
    false_unconfirmed: int
    arrests: int
    other_action: int
    no_action: int
    faces_seen: int
    printed_rate_pct: Decimal | None = None
    faces_seen_method: str | None = None

    def __post_init__(self) -> None:
        if negative := [field for field in COUNTS.values() if getattr(self, field) < 0]:
            raise ValueError(f"A deployment record cannot hold a negative count, and {negative[0]} is one.")

    @property
    def false_alerts(self) -> int:
        """Confirmed and unconfirmed together, as the published False Alert Rate counts them."""
        return self.false_confirmed + self.false_unconfirmed

    @property
    def outcomes(self) -> int:
        """Arrests, other action and no action together."""
        return self.arrests + self.other_action + self.no_action

    def false_alert_rates(self) -> "FalseAlertRates":
        """The false alert rate on both denominators."""
        return FalseAlertRates(self.false_alerts, self.faces_seen, self.total_alerts)


@dataclass(frozen=True, slots=True)
class FalseAlertRates:
    """False alerts against faces seen, as published, and against all alerts, which no way of counting faces moves."""

    false_alerts: int
    faces_seen: int
    total_alerts: int

    @property
    def per_face(self) -> float | None:
        """The published False Alert Rate as a fraction; None where no face was seen."""
        return self.false_alerts / self.faces_seen if self.faces_seen else None

    def per_face_interval(self, confidence: float = 0.95) -> Interval | None:
        """Exact Poisson interval: faces seen are an estimate, not trials. None where no face was seen."""
        return rate_interval(self.false_alerts, self.faces_seen, confidence) if self.faces_seen else None

    @property
    def per_alert(self) -> Proportion | None:
        """False alerts of all alerts; None where a record holds more false alerts than alerts."""
        return Proportion(self.false_alerts, self.total_alerts) if self.false_alerts <= self.total_alerts else None

    def printed(self) -> str:
        """The published cell: percent of faces seen with two significant digits; empty where no face was seen."""
        if not self.faces_seen:
            return ""
        percent = 100 * Decimal(self.false_alerts) / self.faces_seen
        if not percent:
            return "0%"
        return f"{percent.quantize(Decimal(1).scaleb(percent.adjusted() - 1), ROUND_HALF_UP):f}%"
