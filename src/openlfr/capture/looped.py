"""A recording that starts again at its end: for demonstrations, and for tests of endurance."""

from openlfr.capture.source import Connection, Dropped, Picture, Source, Timing

# Between the last picture of one round and the first of the next.
_GAP_S = 1.0 / 25.0


class Looped:
    """A finite source without an end. Its media time runs on from round to round."""

    def __init__(self, source: Source) -> None:
        if source.timing is Timing.LIVE:
            raise ValueError("A live source has no end to start again from.")
        self._source = source
        self.timing = source.timing

    @property
    def description(self) -> str:
        return self._source.description

    def open(self) -> Connection:
        return _Rounds(self._source)


class _Rounds:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._round = source.open()
        self._round_began_s = 0.0
        self._last_s = 0.0
        self._pictures_in_round = 0
        self._thinning = False

    def read(self) -> Picture | Dropped | None:
        """See Connection. The end only comes if a whole round held no picture."""
        item = self._round.read()
        if item is None and self._pictures_in_round:
            self._round.close()
            self._round = self._source.open()
            self._round.thin(self._thinning)
            self._round_began_s = self._last_s + _GAP_S
            self._pictures_in_round = 0
            item = self._round.read()
        if isinstance(item, Picture):
            self._pictures_in_round += 1
            self._last_s = self._round_began_s + item.media_time_s
            return Picture(item.image, self._last_s)
        return item

    def thin(self, on: bool) -> None:
        """See Connection."""
        self._thinning = on
        self._round.thin(on)

    def close(self) -> None:
        """See Connection."""
        self._round.close()
