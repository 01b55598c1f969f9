"""A node's time of day: its own clock, which cannot be set back behind what its hub has said."""

import threading
from datetime import datetime, timedelta

from openlfr.capture.clock import Clock
from openlfr.policy.presence import CLOCK_TOLERANCE


class HubTime:
    """The node's own clocks; where the wall clock is far behind the hub's, the hub's last word and what has passed
    since count instead. So a plan's deadline comes when it was meant to, link or no link, whatever somebody sets.

    Thread-safe.
    """

    def __init__(self, own: Clock) -> None:
        self.own = own
        self._heard: tuple[datetime, float] | None = None

    def heard(self, hub_at: datetime) -> None:
        """The hub has just said that it is `hub_at`."""
        self._heard = hub_at, self.own.monotonic_s()

    def monotonic_s(self) -> float:
        return self.own.monotonic_s()

    def utc(self) -> datetime:
        own, heard = self.own.utc(), self._heard
        if heard is None:
            return own
        hub_at, heard_s = heard
        at_least = hub_at + timedelta(seconds=self.own.monotonic_s() - heard_s)
        return at_least if at_least - own > CLOCK_TOLERANCE else own

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        return self.own.wait(seconds, cancelled)
