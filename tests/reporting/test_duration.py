"""Durations in the forms in which they are published."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.reporting.duration import format_duration, parse_duration

FIVE_HOURS_THREE = timedelta(hours=5, minutes=3)


@pytest.mark.parametrize(
    "text",
    [
        "PT5H3M",
        "pt5h3m",
        "05:03",
        "5:03:00",
        "5hrs 3mins",
        "5 hours 3 minutes",
        "5 hours and 3 minutes",
        "5h, 3m",
        "5h3m",
        "5 hrs. 3 mins.",
        "  303   min ",
        "303 minutes",
    ],
)
def test_every_published_form_of_one_duration_is_read_alike(text: str) -> None:
    assert parse_duration(text) == FIVE_HOURS_THREE


def test_hours_or_minutes_alone_are_enough() -> None:
    assert parse_duration("1 hour") == timedelta(hours=1)
    assert parse_duration("33 mins") == timedelta(minutes=33)
    assert parse_duration("PT45M") == timedelta(minutes=45)


@pytest.mark.parametrize(
    "text", ["", "5", "5.05", "PT", "5:3", "5:61", "-5:03", "five hours", "5 days", "and", "1:00 h"]
)
def test_what_is_no_duration_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="write it as PT5H3M, 5:03 or '5 hours 3 minutes'"):
        parse_duration(text)


@given(st.integers(0, 99 * 60))
def test_what_is_written_is_read_back(minutes: int) -> None:
    assert parse_duration(format_duration(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


def test_iso_8601_is_written() -> None:
    assert format_duration(FIVE_HOURS_THREE) == "PT5H3M"
    assert format_duration(timedelta(minutes=45)) == "PT0H45M"
