"""Globally unique identifiers: hubs that never met can later be joined without renaming a single record."""

from collections.abc import Callable
from datetime import datetime
from typing import NewType
from uuid import UUID

HubId = NewType("HubId", str)
NodeId = NewType("NodeId", str)
CameraId = NewType("CameraId", str)
StaffId = NewType("StaffId", str)
"""A member of staff who signs in; never a person who is looked for."""
DeploymentId = NewType("DeploymentId", str)
AuthorityId = NewType("AuthorityId", str)
PlanId = NewType("PlanId", str)
WatchlistId = NewType("WatchlistId", str)
EntryId = NewType("EntryId", str)
"""One person on one watchlist."""
PictureId = NewType("PictureId", str)
AlertId = NewType("AlertId", str)
CertificateId = NewType("CertificateId", str)
RecognitionTestId = NewType("RecognitionTestId", str)
PersonReference = NewType("PersonReference", str)
"""The force's own reference of a person who is looked for (a nominal number)."""

NewId = Callable[[], str]
"""Where identifiers come from: passed in, so that tests choose them."""


def uuid7_source(now: Callable[[], datetime], random_bytes: Callable[[int], bytes]) -> NewId:
    """Identifiers as RFC 9562 section 5.7 lays out UUID version 7: 48 bits of Unix milliseconds, then 74 random bits.

    They sort by time of creation to the millisecond, which keeps index pages of the database together.
    `now` must give an aware datetime; `random_bytes` is `secrets.token_bytes` outside tests.
    """

    def new_id() -> str:
        milliseconds = int(now().timestamp() * 1000) & ((1 << 48) - 1)
        random = int.from_bytes(random_bytes(10))
        high = (milliseconds << 16) | (7 << 12) | ((random >> 62) & 0xFFF)
        low = (0b10 << 62) | (random & ((1 << 62) - 1))
        return str(UUID(int=(high << 64) | low))

    return new_id


def is_identifier(text: str) -> bool:
    """Whether `text` is a UUID in the one spelling used here: lower case with hyphens."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
