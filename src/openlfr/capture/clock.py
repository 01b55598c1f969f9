"""Time, as capture sees it: passed in, so that a test can play an hour of video in a moment."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def monotonic_s(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        ...

    def utc(self) -> datetime:
        """The wall clock in UTC, for people to read; it may jump when somebody sets it."""
        ...

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        """Wait `seconds`, or less if `cancelled` is set; whether it was."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        return cancelled.wait(max(0.0, seconds))
