"""How much anybody may ask at once. Sign-in has slower limits of its own, kept in the database.

Counts live in this process: with several hubs on one database each allows as much, which is no matter for load.
"""

from dataclasses import dataclass, field
from math import ceil
from time import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from openlfr.hub.problems import ProblemError, too_many

_SESSIONS_BEHIND_ONE_ADDRESS: Final = 20
"""An operations room comes from one address: together they may ask as much as so many sessions."""


@dataclass(frozen=True, slots=True)
class SessionAllowance:
    """How many requests one session, one access token, or one address may make in a minute."""

    requests_a_minute: int
    _limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def take(self, session: str) -> None:
        """Count one request of a session or token. Raises ProblemError that says how long to wait for too many."""
        refused = self._taken(self.requests_a_minute, "session", session)
        if refused is not None:
            raise refused

    def of_address(self, address: str) -> ProblemError | None:
        """Count one request of an address; the refusal when there are too many."""
        return self._taken(self.requests_a_minute * _SESSIONS_BEHIND_ONE_ADDRESS, "address", address)

    def _taken(self, limit: int, *whose: str) -> ProblemError | None:
        item = RateLimitItemPerMinute(limit)
        if self._limiter.hit(item, *whose):
            return None
        wait_s = max(1, ceil(self._limiter.get_window_stats(item, *whose).reset_time - time()))
        return too_many(f"Too many requests came from here: wait {wait_s} s.", wait_s)
