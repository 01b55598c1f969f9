"""How long a deployment lasted: ISO 8601 out; clock, words, plain minutes and ISO 8601 in."""

import re
from datetime import timedelta

_CLOCK = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(:(?P<seconds>[0-5]\d))?")
_WORDS = re.compile(
    r"((?P<hours>\d{1,3}) ?(h|hrs?|hours?)\.?)?(,| and)? ?((?P<minutes>\d{1,5}) ?(m|mins?|minutes?)\.?)?", re.IGNORECASE
)
_ISO = re.compile(r"PT((?P<hours>\d{1,3})H)?((?P<minutes>\d{1,5})M)?((?P<seconds>\d{1,2})S)?", re.IGNORECASE)


def parse_duration(text: str) -> timedelta:
    """Read a duration in any of the forms in which they are published.

    "PT5H3M", "05:03", "5:03:00", "5hrs 3mins", "5 hours and 3 minutes" and "303 minutes" are one duration. A number
    without a unit is refused, since both hours and minutes are in use.

    Raises:
        ValueError: no such form; the message says which are.
    """
    cleaned = " ".join(text.split())
    for form in (_ISO, _CLOCK, _WORDS):
        found = form.fullmatch(cleaned)
        parts = {unit: int(value) for unit, value in found.groupdict().items() if value} if found else {}
        if parts:
            return timedelta(**parts)
    raise ValueError(f"'{cleaned[:60]}' is not a duration: write it as PT5H3M, 5:03 or '5 hours 3 minutes'.")


def format_duration(duration: timedelta) -> str:
    """ISO 8601 to the minute, the form every reader and machine agrees on: PT5H3M."""
    hours, minutes = divmod(round(duration.total_seconds() / 60), 60)
    return f"PT{hours}H{minutes}M"
