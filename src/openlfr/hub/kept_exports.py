"""Exports between the job that made them and whoever asked for them: in memory, and gone an hour later at most.

The words in an export may name people, so it lies on no disk. Its file has no name any more as soon as it is written:
when the hub's program ends, however it ends, nothing of it is left.
"""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Final

from openlfr.policy.identifiers import StaffId
from openlfr.records.schema import Clock

KEPT_FOR: Final = timedelta(hours=1)
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Kept:
    by: StaffId
    until: datetime
    file: IO[bytes]


class KeptExports:
    """The newest export of each person. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def keep(self, export: str, by: StaffId, file: IO[bytes]) -> datetime:
        """Keep an export in place of the same person's last one. Returns until when."""
        until = self._clock() + KEPT_FOR
        with self._guard:
            self._kept = {name: each for name, each in self._current().items() if each.by != by}
            self._kept[export] = _Kept(by, until, file)
        forget = threading.Timer(KEPT_FOR.total_seconds(), self._forget, [export])
        forget.daemon = True
        forget.start()
        return until

    def content(self, export: str, by: StaffId) -> Iterator[bytes] | None:
        """An export from its beginning, for whoever had it made; None when it is not kept, or not any more."""
        with self._guard:
            self._kept = self._current()
            kept = self._kept.get(export)
        return None if kept is None or kept.by != by else _content(kept.file)

    def _current(self) -> dict[str, _Kept]:
        now = self._clock()
        return {name: each for name, each in self._kept.items() if now < each.until}

    def _forget(self, export: str) -> None:
        with self._guard:
            self._kept.pop(export, None)


def _content(file: IO[bytes]) -> Iterator[bytes]:
    """Read without moving the place in the file: it may be fetched twice at a time. Whoever still reads keeps it."""
    place = 0
    while chunk := os.pread(file.fileno(), _CHUNK, place):
        place += len(chunk)
        yield chunk
