"""Passages that were written down on paper, as a CSV file of a blue-list test has them: the columns tester and time."""

import csv
import io
from datetime import UTC, datetime
from typing import Final

from openlfr.policy.identifiers import PersonReference
from openlfr.records.recognition_tests import CountedPassage

LARGEST_LIST: Final = 1_000_000
"""Bytes; a test has some hundred passages."""


class PassageListError(Exception):
    """The file cannot be used; the message is one sentence that says where and why."""


def read_passages(content: bytes) -> list[CountedPassage]:
    """Every passage of a file in UTF-8, in its order. Raises PassageListError for the first line that is wrong."""
    if len(content) > LARGEST_LIST:
        raise PassageListError("The file is larger than a megabyte: a test has some hundred passages.")
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PassageListError("This is not a CSV file in UTF-8.") from error
    passages = []
    for number, row in enumerate(rows, 2):
        tester, time = row.get("tester"), row.get("time")
        if not tester or not time:
            raise PassageListError(f"Line {number}: give the columns tester and time in every line.")
        passages.append(CountedPassage(PersonReference(tester), _moment(time, number)))
    return passages


def read_moment(text: str) -> datetime | None:
    """A time with its offset, in UTC; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _moment(text: str, line: int) -> datetime:
    moment = read_moment(text)
    if moment is None:
        raise PassageListError(f"Line {line}: there is no time with its offset; write it as 2026-05-31T14:05:30+01:00.")
    return moment
