"""Requests that are sent twice, because an answer was lost, are carried out once.

Of an answer only the status and the place of what was made are kept, never its body: a body may hold the data of a
person, and a copy of it would outlive their deletion. Whoever asks again is given the record as it stands now.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import delete

from openlfr.policy.identifiers import StaffId
from openlfr.records.hub_records import HubRecords
from openlfr.records.idempotency_tables import MAX_LOCATION, AnsweredRequestRow
from openlfr.sealing.vault_file import KeyPurpose

KEPT_FOR: Final = timedelta(hours=24)
LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request under its sender's key. `request` is everything that makes it this one: method, path and body."""

    staff: StaffId
    key: str
    request: bytes


class NotNow(Enum):
    """Why a request under a known key is not carried out."""

    OTHER_REQUEST = "another request came under this key"
    UNDER_WAY = "the first request under this key is not answered"


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """How the same request was answered before; `location` is the path of what it made, if it made something."""

    status: int
    location: str | None


class Claimed(Enum):
    """The request is new: carry it out, then call `answered` or `forget`."""

    NEW = "new"


@dataclass(frozen=True, slots=True)
class AnsweredRequests:
    """The service for requests that may come twice. All processes of a hub share what it knows."""

    records: HubRecords

    def claim(self, asked: KeyedRequest) -> Claimed | EarlierAnswer | NotNow:
        """Take a request up, unless it was taken up within a day. Older ones are forgotten on the way.

        A request that was cut short, by a crash, stays under way for its day: nobody knows whether it was carried
        out, so it is never carried out again by itself.
        """
        now = self.records.clock()
        with self.records.database.writing() as session:
            session.execute(delete(AnsweredRequestRow).where(AnsweredRequestRow.begun_at <= now - KEPT_FOR))
            digest = self._digest("request", asked.request)
            key_digest = self._digest("key", asked.key.encode())
            row = session.get(AnsweredRequestRow, (asked.staff, key_digest))
            if row is None:
                session.add(
                    AnsweredRequestRow(staff_id=asked.staff, key_digest=key_digest, request_digest=digest, begun_at=now)
                )
                return Claimed.NEW
            if not hmac.compare_digest(row.request_digest, digest):
                return NotNow.OTHER_REQUEST
            return NotNow.UNDER_WAY if row.status is None else EarlierAnswer(row.status, row.location)

    def answered(self, asked: KeyedRequest, answer: EarlierAnswer) -> None:
        """Keep how a claimed request was answered. Raises ValueError for a path longer than paths here are."""
        if answer.location is not None and len(answer.location) > MAX_LOCATION:
            raise ValueError(f"A path has at most {MAX_LOCATION} characters.")
        with self.records.database.writing() as session:
            row = session.get_one(AnsweredRequestRow, (asked.staff, self._digest("key", asked.key.encode())))
            row.status, row.location = answer.status, answer.location

    def forget(self, asked: KeyedRequest) -> None:
        """Let go of a claimed request that changed nothing, so that it can be sent again."""
        with self.records.database.writing() as session:
            row = session.get(AnsweredRequestRow, (asked.staff, self._digest("key", asked.key.encode())))
            if row is not None:
                session.delete(row)

    def _digest(self, what: str, content: bytes) -> bytes:
        """HMAC-SHA256: a body may name a person, and nobody must be able to try names against what is kept."""
        secret = self.records.vault.sole_key(KeyPurpose.REGISTER).secret
        key = HKDFExpand(SHA256(), 32, f"openlfr answered requests: {what}".encode()).derive(bytes(secret))
        return hmac.digest(key, content, "sha256")
