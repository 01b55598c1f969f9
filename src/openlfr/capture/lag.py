"""Is decoding keeping up with a live camera? Pure arithmetic over arrival times."""

# Behind by more than this, decoding stops until the next key frame: an alert about where somebody was a second ago is
# worth more than one about where they were ten seconds ago.
MAX_LAG_S = 0.5
# While catching up, pictures that stand alone are still shown this often.
SHOWN_EVERY_S = 0.5
# Reading without decoding empties any queue in much less than this. Who is then still late is not late: the camera's
# clock was set back, or the network has become slower for good.
_BELIEVED_FOR_S = 2.0
# Some cameras hardly ever send a key frame, and refresh the picture strip by strip instead: after this long without one
# decoding goes on without.
_LONGEST_WITHOUT_KEY_FRAME_S = 12.0
# How far the clocks of camera and machine may drift apart: quartz, with room to spare.
_DRIFT_S_PER_S = 1e-4


class LagWatch:
    """Decides which packets of a live stream are worth decoding.

    What the machine can't decode in time queues where nobody sees it, in the kernel's sockets, and every picture comes
    later than the one before. The quickest packet so far (but for the clocks' drift) sets the camera's clock against
    ours; a packet's lag is how much longer it took than that one.
    """

    def __init__(self) -> None:
        self._quickest_s: float | None = None
        self._last_arrival_s = 0.0
        self._late_since_s: float | None = None
        self._needs_key_frame = False
        self._decoded_at_s = 0.0

    def is_worth_decoding(self, *, media_time_s: float, arrived_s: float, is_key_frame: bool) -> bool:
        """Whether to decode a packet that was sent at `media_time_s` by the camera's clock and came at `arrived_s` by
        ours. After one that is left out, no more are worth it until a key frame."""
        lag_s = self._lag_s(media_time_s, arrived_s)
        if lag_s <= MAX_LAG_S:
            self._late_since_s = None
            waited_s = arrived_s - self._decoded_at_s
            worth_it = is_key_frame or not self._needs_key_frame or waited_s > _LONGEST_WITHOUT_KEY_FRAME_S
        else:
            if self._late_since_s is None:
                self._late_since_s = arrived_s
            worth_it = is_key_frame and arrived_s - self._decoded_at_s >= SHOWN_EVERY_S
        self._needs_key_frame = not worth_it
        if worth_it:
            self._decoded_at_s = arrived_s
        return worth_it

    def _lag_s(self, media_time_s: float, arrived_s: float) -> float:
        took_s = arrived_s - media_time_s
        believed = self._late_since_s is None or arrived_s - self._late_since_s <= _BELIEVED_FOR_S
        if self._quickest_s is None or not believed:
            self._quickest_s = took_s
        else:
            drifted_s = self._quickest_s + _DRIFT_S_PER_S * (arrived_s - self._last_arrival_s)
            self._quickest_s = min(took_s, drifted_s)
        self._last_arrival_s = arrived_s
        return took_s - self._quickest_s
