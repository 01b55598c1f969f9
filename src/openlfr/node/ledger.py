"""The privacy ledger: every template is counted when it is made and again when it is gone.

It counts and nothing else: it holds no template, no picture and no identity, so its figures can be published.
"""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """Totals since the start. `created = destroyed + in_alerts + held` at every moment."""

    created: int
    destroyed: int
    in_alerts: int

    @property
    def held(self) -> int:
        """Templates in memory now, of people who are in view."""
        return self.created - self.destroyed - self.in_alerts

    @property
    def balanced(self) -> bool:
        """Whether nothing is held any more: true once every passage has ended."""
        return self.held == 0


class PrivacyLedger:
    """Counts templates over their whole life. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._created = 0
        self._destroyed = 0
        self._in_alerts = 0

    def created(self, count: int) -> None:
        with self._lock:
            self._created += count

    def destroyed(self, count: int) -> None:
        """Templates whose arrays have been overwritten. Raises RuntimeError when that is more than were held."""
        with self._lock:
            self._check(count)
            self._destroyed += count

    def carried_by_alert(self, count: int) -> None:
        """Templates that an alert now owns. Raises RuntimeError when that is more than were held."""
        with self._lock:
            self._check(count)
            self._in_alerts += count

    def counts(self) -> LedgerCounts:
        with self._lock:
            return LedgerCounts(self._created, self._destroyed, self._in_alerts)

    def _check(self, count: int) -> None:
        held = self._created - self._destroyed - self._in_alerts
        if count > held:
            raise RuntimeError(f"The privacy ledger does not balance: {count} templates left, {held} were held.")
