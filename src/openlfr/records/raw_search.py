"""Searching the raw bytes of files for what should be gone, whatever any table or directory says is in them.

Runs in a process of its own: closing a file that SQLite has open would drop the locks of the whole process.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from openlfr.sealing.box import MARK_BYTES, find_marks

_CHUNK_BYTES: Final = 8 << 20
_IDENTIFIER: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEY_IN_TEXT: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_OVERLAP_BYTES: Final = 64
"""Longer than a mark or an identifier with its neighbours, so that none is cut in two unseen."""


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look, and for what: marks of sealed values under these keys, and these identifiers in text.

    With `living_keys`, marks of any other key are told too: nothing else may be there. A place that does not exist
    holds nothing. Links are not followed: what they lead to must be named itself.
    """

    places: tuple[Path, ...]
    gone_keys: frozenset[str]
    living_keys: frozenset[str] | None = None
    identifiers: frozenset[str] = frozenset()

    def wants(self, key_id: str) -> bool:
        return key_id in self.gone_keys or (self.living_keys is not None and key_id not in self.living_keys)


@dataclass(frozen=True, slots=True)
class Trace:
    """Something found in a file: a mark of a key or an identifier in text, and where."""

    path: Path
    offset: int
    key_id: str | None
    identifier: str | None


@dataclass(frozen=True, slots=True)
class Searched:
    """The result of a search. `unreadable` names, with the reason, what could not be searched."""

    files: int
    size_bytes: int
    traces: tuple[Trace, ...]
    trace_count: int
    unreadable: tuple[str, ...]


def search_files(searches: Sequence[Search], most: int) -> list[Searched]:
    """Search files and, within folders, all files; of each search the first `most` traces are told, all are counted."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return list(process.map(search_here, searches, repeat(most)))


def search_here(search: Search, most: int) -> Searched:
    """As `search_files`, in this process: only where none of the files is a database that this process has open."""
    files = size = count = 0
    traces: list[Trace] = []
    unreadable: list[str] = []
    for path in _files(search.places, unreadable):
        try:
            with path.open("rb", buffering=0) as file:
                files += 1
                size += os.fstat(file.fileno()).st_size
                for trace in _traces(path, _chunks(file.fileno()), search):
                    count += 1
                    if len(traces) < most:
                        traces.append(trace)
        except FileNotFoundError:
            continue  # deleted while we searched
        except OSError as error:
            unreadable.append(f"{path}: {error.strerror}")
    return Searched(files, size, tuple(traces), count, tuple(unreadable))


def _files(places: Sequence[Path], unreadable: list[str]) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        unreadable.append(f"{error.filename}: {error.strerror}")

    for place in places:
        if place.is_dir():
            for folder, _, names in os.walk(place, onerror=refuse):
                yield from (path for name in sorted(names) if _is_plain(path := Path(folder) / name))
        elif place.exists():
            yield place


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _chunks(descriptor: int) -> Iterator[tuple[int, bytes]]:
    """Pieces of a file with their offset; each begins with the last bytes of the one before."""
    offset = 0
    while True:
        piece = os.pread(descriptor, _CHUNK_BYTES, offset)
        if piece:
            yield offset, piece
        if len(piece) < _CHUNK_BYTES:
            return
        offset += len(piece) - _OVERLAP_BYTES


def _traces(path: Path, chunks: Iterator[tuple[int, bytes]], search: Search) -> Iterator[Trace]:
    seen_to = 0  # matches that begin in the overlap were reported with the piece before
    for start, piece in chunks:
        for mark in find_marks(piece, start):
            if mark.offset + MARK_BYTES > seen_to and search.wants(mark.key_id):
                yield Trace(path, mark.offset, mark.key_id, None)
        for pattern in (_IDENTIFIER, _KEY_IN_TEXT) if search.identifiers else ():
            for found in pattern.finditer(piece):
                if start + found.end() > seen_to and found.group().decode() in search.identifiers:
                    yield Trace(path, start + found.start(), None, found.group().decode())
        seen_to = start + len(piece)
