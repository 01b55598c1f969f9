"""Whoever fails to sign in waits, longer each time: the same account, and the same address; at a locked session only
whoever holds that session.

Kept in the database, so that all programs of a hub agree. No account is ever locked for good, since whoever knows a
sign-in name could then keep an officer out: the wait ends by itself, and passkeys do not wait for an account at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from openlfr.records.account_store import account_digest
from openlfr.records.account_tables import SignInFailureRow
from openlfr.records.hub_records import HubRecords

LONGEST_WAIT_S: Final = 900
_FORGOTTEN_AFTER: Final = timedelta(hours=24)
_IPV6_SITE_BITS: Final = 64  # one subscriber has at least so many addresses


class Counted(StrEnum):
    """Whose failures are counted. An operations room shares an address, so an address may fail more often."""

    ACCOUNT = "account"
    ADDRESS = "address"
    SESSION = "session"


_FREE: Final = {Counted.ACCOUNT: 4, Counted.ADDRESS: 20, Counted.SESSION: 4}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whose failure it is, should it fail: a sign-in name as it was typed, an address, or a session."""

    counted: Counted
    whose: str

    @classmethod
    def on_account(cls, name: str) -> "Attempt":
        return cls(Counted.ACCOUNT, name)

    @classmethod
    def at_session(cls, session: str) -> "Attempt":
        """Who unlocks a session shows its cookie: nobody without it can make them wait."""
        return cls(Counted.SESSION, session)

    @classmethod
    def from_address(cls, address: str) -> "Attempt":
        """IPv6 addresses count by their network of 64 bits."""
        try:
            ip = ip_address(address)
        except ValueError:
            return cls(Counted.ADDRESS, address)
        site = str(int(ip) >> _IPV6_SITE_BITS) if isinstance(ip, IPv6Address) else str(ip)
        return cls(Counted.ADDRESS, site)


def wait_after(failures: int, counted: Counted) -> timedelta:
    """How long nobody may try after so many failures in a row: 2, 4, 8 ... seconds, at most a quarter of an hour."""
    beyond = failures - _FREE[counted]
    return timedelta(seconds=0 if beyond < 0 else min(2 ** (beyond + 1), LONGEST_WAIT_S))


@dataclass(frozen=True, slots=True)
class SignInDelay:
    """Counts failures. An attempt counts as failed from its beginning, so that many at once gain nothing."""

    records: HubRecords

    def begin(self, attempts: Sequence[Attempt]) -> int:
        """Seconds to wait, with nothing counted; or 0, and the attempt is counted until `succeeded` says otherwise."""
        with self.records.database.reading() as session:  # whoever has to wait does not take the write lock meanwhile
            wait_s = self._wait_s(session, attempts)
        if wait_s:
            return wait_s
        with self.records.database.writing() as session:
            wait_s = self._wait_s(session, attempts)
            if not wait_s:
                self._count(session, attempts)
            return wait_s

    def succeeded(self, session: Session, attempts: Sequence[Attempt]) -> None:
        """Forget all failures of account or session; of the address only this attempt, or one would free all."""
        for attempt in attempts:
            row = session.get(SignInFailureRow, self._digest(attempt))
            if row is not None and (attempt.counted is not Counted.ADDRESS or row.failures == 1):
                session.delete(row)
            elif row is not None:
                row.failures -= 1

    def _wait_s(self, session: Session, attempts: Sequence[Attempt]) -> int:
        now = self.records.clock()
        rows = ((session.get(SignInFailureRow, self._digest(each)), each.counted) for each in attempts)
        return max((_wait_s(row, counted, now) for row, counted in rows if row is not None), default=0)

    def _count(self, session: Session, attempts: Sequence[Attempt]) -> None:
        now = self.records.clock()
        session.execute(delete(SignInFailureRow).where(SignInFailureRow.last_at <= now - _FORGOTTEN_AFTER))
        for attempt in attempts:
            row = session.get(SignInFailureRow, self._digest(attempt))
            if row is None:
                session.add(SignInFailureRow(digest=self._digest(attempt), failures=1, last_at=now))
            else:
                row.failures += 1
                row.last_at = now

    def _digest(self, attempt: Attempt) -> bytes:
        return account_digest(self.records, f"failures of {attempt.counted}", attempt.whose)


def _wait_s(row: SignInFailureRow, counted: Counted, now: datetime) -> int:
    # A clock that was set back must not make anybody wait for longer than the rule says.
    since = max(now - row.last_at, timedelta(0))
    return max(0, ceil((wait_after(row.failures, counted) - since).total_seconds()))
