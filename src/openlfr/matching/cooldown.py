"""The cool-down: one alert per person for a while, across all cameras of a site."""

import threading


class CoolDown:
    """Remembers who raised an alert and when. Thread-safe; holds only people who are on the watchlist."""

    def __init__(self, period_s: float) -> None:
        """Raising `period_s` spares officers repeated alerts; lowering it shows sooner where somebody went."""
        if period_s < 0:
            raise ValueError(f"A cool-down cannot be negative ({period_s:g} s).")
        self._period_s = period_s
        self._raised_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, person_id: str, at_s: float) -> bool:
        """Whether an alert on this person may be raised at `at_s` (seconds on the cameras' common clock); if so, the
        period begins. Cameras report slightly out of order: earlier and later count alike."""
        with self._lock:
            last_s = self._raised_s.get(person_id)
            if last_s is not None and abs(at_s - last_s) < self._period_s:
                return False
            self._raised_s[person_id] = at_s
            return True
