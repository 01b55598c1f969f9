"""Builders of published deployment records."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from openlfr.policy.application import UseCase
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.series_checks import NumberedRecord

TODAY = date(2026, 1, 1)


def record(**changes: Any) -> DeploymentRecord:
    """A deployment with nothing wrong, but for the changes."""
    sound: dict[str, Any] = {
        "location": "High Street, Croydon",
        "day": date(2025, 3, 5),
        "duration": timedelta(hours=5, minutes=3),
        "use_case": UseCase.CRIME_HOTSPOT,
        "watchlist_size": 16_199,
        "min_threshold": Decimal("0.64"),
        "total_alerts": 10,
        "true_confirmed": 8,
        "true_unconfirmed": 1,
        "false_confirmed": 1,
        "false_unconfirmed": 0,
        "arrests": 4,
        "other_action": 2,
        "no_action": 3,
        "faces_seen": 12_120,
        "faces_seen_method": "tracks-1",
    }
    return DeploymentRecord(**(sound | changes))


def series(*records: DeploymentRecord) -> list[NumberedRecord]:
    """The records as rows of a file, from row 2."""
    return [NumberedRecord(row, each) for row, each in enumerate(records, 2)]


def daily(count: int, first: date = date(2025, 1, 6), **changes: Any) -> list[DeploymentRecord]:
    """So many sound deployments, one a day."""
    return [record(day=first + timedelta(days=i), **changes) for i in range(count)]
