"""The days that a report covers, told in the time of the place, and the years by which a force reports.

A force's report year need not be the calendar's: that of the Metropolitan Police runs from September to September.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

_MONTH_AND_DAY: Final = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_NO_LEAP_YEAR: Final = 2001
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200
"""What people may ask for."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the first and the last included. Raises ValueError when they are the wrong way round."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The last day of a report lies before its first: give them the other way round.")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def calendar_year(self) -> int | None:
        """The year, where it is exactly one from January to December."""
        whole = (self.first, self.last) == (date(self.first.year, 1, 1), date(self.first.year, 12, 31))
        return self.first.year if whole else None

    @property
    def name(self) -> str:
        """As part of a file's name: 2026, or 2025-09-15-to-2026-09-14."""
        if self.calendar_year is not None:
            return str(self.calendar_year)
        return f"{self.first.isoformat()}-to-{self.last.isoformat()}"

    def __str__(self) -> str:
        if self.calendar_year is not None:
            return str(self.calendar_year)
        if self.first == self.last:
            return _in_words(self.first)
        return f"{_in_words(self.first)} to {_in_words(self.last)}"


@dataclass(frozen=True, slots=True)
class ReportCalendar:
    """How a force counts days and years: in `zone`, each report year beginning on a `month` and `day`.

    There is one per hub, and it stays: two ways to cut time into years would let counts of few people be worked out
    from the difference of two reports.
    """

    zone: tzinfo = UTC
    month: int = 1
    day: int = 1

    def day_of(self, moment: datetime) -> date:
        """The day it was there."""
        return moment.astimezone(self.zone).date()

    def year(self, number: int) -> Period:
        """The report year that begins in this calendar year."""
        first = date(number, self.month, self.day)
        return Period(first, date(number + 1, self.month, self.day) - timedelta(days=1))

    def year_of(self, day: date) -> Period:
        """The report year that holds a day."""
        begins_later = (day.month, day.day) < (self.month, self.day)
        return self.year(day.year - begins_later)

    def is_year(self, period: Period) -> bool:
        """Whether a period is exactly one report year."""
        return self.year_of(period.first) == period


CALENDAR_YEARS: Final = ReportCalendar()
"""From January to December, in UTC."""


def month_and_day(text: str) -> tuple[int, int]:
    """The day a report year begins on, as 09-15. Raises ValueError for none, and for one that not every year has."""
    found = _MONTH_AND_DAY.fullmatch(text)
    try:
        day = date(_NO_LEAP_YEAR, *(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("Write the day on which a report year begins as month and day, as in 09-15.")
    return day.month, day.day


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
