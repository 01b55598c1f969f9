"""How figures are worded, the same in every table, page and chart."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from openlfr.reporting.deployment_record import FalseAlertRates


def threshold_text(threshold: Decimal) -> str:
    """At least two places, as thresholds are published: 0.60; never fewer than were set."""
    places = max(2, -int(threshold.as_tuple().exponent))
    return f"{threshold:.{places}f}"


def percent(rate: float) -> str:
    """Two significant digits, never in powers of ten: 0.35%, 0.00032%, 0%."""
    return f"{two_digits(100 * Decimal(repr(rate))):f}%"


def two_digits(value: Decimal) -> Decimal:
    """Rounded to two significant digits, a half upwards, as published rates are."""
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 1), ROUND_HALF_UP).normalize() if value else Decimal(0)


def per_alert_text(rates: FalseAlertRates) -> str:
    """False alerts of all alerts, with the exact 95 % interval."""
    share = rates.per_alert
    if share is None:
        return "does not add up"
    if not share.total:
        return "no alerts"
    interval = share.interval()
    return f"{percent(share.rate)} ({percent(interval.low)} to {percent(interval.high)})"


def per_face_text(rates: FalseAlertRates) -> str:
    """False alerts per face seen, with the exact 95 % interval."""
    interval = rates.per_face_interval()
    if interval is None or rates.per_face is None:
        return "no faces"
    return f"{percent(rates.per_face)} ({percent(interval.low)} to {percent(interval.high)})"


def one_in(rate: float) -> str:
    """A small rate as people say it: 1 in 1,000."""
    return f"1 in {round(1 / rate):,}" if rate else "none"


_UNITS = ((timedelta(days=365), "year"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour"))


def duration_text(duration: timedelta) -> str:
    """A period in the largest unit that says it exactly: 7 years, 31 days, 24 hours, 4 minutes, 30 seconds."""
    if timedelta(0) < duration <= timedelta(hours=24) and duration % timedelta(hours=1) == timedelta(0):
        return _counted(duration // timedelta(hours=1), "hour")
    for unit, name in (*_UNITS, (timedelta(minutes=1), "minute")):
        if duration >= unit and duration % unit == timedelta(0):
            return _counted(duration // unit, name)
    return _counted(round(duration.total_seconds()), "second")


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
