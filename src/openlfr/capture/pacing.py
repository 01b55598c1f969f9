"""When a recording's next picture is due: pure arithmetic."""

# A longer pause between two pictures is a fault in the recording's time stamps, or more than anybody sits through.
LONGEST_PAUSE_S = 10.0


class Pacer:
    """Turns a recording's own times into waits, so that it runs at the speed it was filmed at.

    A recording that is late (the machine was busy) catches up. Time stamps that jump back, or far ahead, move the
    schedule instead of stopping the show.
    """

    def __init__(self) -> None:
        self._schedule_s: float | None = None
        self._last_media_time_s = 0.0

    def wait_s(self, media_time_s: float, now_s: float) -> float:
        """Seconds to wait at `now_s` before showing the picture of `media_time_s`; 0 if it is due already."""
        jumped_back = media_time_s < self._last_media_time_s
        self._last_media_time_s = media_time_s
        if self._schedule_s is None or jumped_back:
            self._schedule_s = now_s - media_time_s
        wait_s = self._schedule_s + media_time_s - now_s
        if wait_s > LONGEST_PAUSE_S:
            self._schedule_s -= wait_s - LONGEST_PAUSE_S
            wait_s = LONGEST_PAUSE_S
        return max(0.0, wait_s)
