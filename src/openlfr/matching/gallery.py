"""The watchlist in memory: every template of every person, searched exactly."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from openlfr.vision.face import Template

_ONE_THREAD_ELEMENTS = 8192
"""A search of one probe goes through the matrix in blocks so small that OpenBLAS computes each in the caller's thread
(it shares out products from 9,216 elements on). Its threads wait for each other in a loop: beside cameras that keep all
cores busy, 20,000 templates took them 20 ms, and take one thread 0.4 ms (benchmarks/search.py)."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One reference picture of one person: `template` is float32 (dimension,), of length 1. `descriptor`, float32 of
    any one length, is the second opinion's; either every entry of a list has one or none has."""

    person_id: str
    picture: str
    template: Template
    descriptor: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person a search came upon. `score` is the cosine of the probe and the person's fused template, -1..1;
    `picture` is the one of theirs nearest to the probe."""

    person_id: str
    picture: str
    score: float


@dataclass(slots=True, eq=False)
class _Index:
    """What one search reads. Nothing but `alive` and wiped rows ever changes."""

    fused: NDArray[np.float32]
    """(people, dimension), contiguous: a search is one pass over it by BLAS."""
    templates: NDArray[np.float32]
    """(pictures, dimension), those of a person neighbours. The same memory as `fused` where everybody has one."""
    descriptors: NDArray[np.float32]
    """(pictures, the second opinion's dimension), 0 wide where there is none."""
    pictures: tuple[str, ...]
    people: tuple[str, ...]
    first_row: NDArray[np.intp]
    """Of each person's pictures; one more at the end, the number of pictures."""
    alive: NDArray[np.bool_]
    """False for people taken off the list."""
    place: dict[str, int]
    """Person to position in `people`."""
    searches: int = 0
    retired: bool = False

    def rows(self, place: int) -> slice:
        """Where the pictures of a person are."""
        return slice(int(self.first_row[place]), int(self.first_row[place + 1]))

    def entries(self) -> Iterator[Entry]:
        """Those of people still on the list. The arrays are views of the index's."""
        for place, person in enumerate(self.people):
            rows = self.rows(place)
            if self.alive[place]:
                for row in range(rows.start, rows.stop):
                    descriptor = self.descriptors[row] if self.descriptors.shape[1] else None
                    yield Entry(person, self.pictures[row], self.templates[row], descriptor)

    def overwrite(self, people: slice = slice(None), pictures: slice = slice(None)) -> None:
        self.fused[people] = 0
        self.templates[pictures] = 0
        self.descriptors[pictures] = 0


class Gallery:
    """Exact 1:N search over several pictures per person.

    A person's pictures are fused into the mean of their templates. On lists where some of the people had three pictures
    and some one (Labeled Faces in the Wild, 900 people, FPIR 1e-3), that found 0.994 of the first and 0.907 of the
    second; scoring the best of the pictures found 0.988 and 0.900, because each more picture is one more chance for a
    stranger to be like it. And a search reads one row a person, however many pictures there are.

    Any number of threads may search while another enrols or removes. A search sees the list as it was when the search
    began, except that a removed person is never returned once `remove` has returned.
    """

    def __init__(self, dimension: int, entries: Iterable[Entry] = ()) -> None:
        if dimension < 1:
            raise ValueError(f"Templates have at least one dimension, not {dimension}.")
        self.dimension = dimension
        self._lock = Lock()
        self._index = _built((), dimension)
        self.enrol(entries)

    def __len__(self) -> int:
        """Pictures enrolled, of people still on the list."""
        index = self._index
        counts = np.diff(index.first_row)
        return int(counts[index.alive].sum())

    @property
    def people(self) -> tuple[str, ...]:
        """Those on the list, in the order in which they were first enrolled."""
        index = self._index
        return tuple(person for person, alive in zip(index.people, index.alive, strict=True) if alive)

    def enrol(self, entries: Iterable[Entry]) -> None:
        """Adds pictures. The index is built anew beside the old one, so enrol many at once.

        Raises ValueError, and changes nothing, when a template has another dimension or is not of length 1.
        """
        new = list(entries)
        for entry in new:
            _check(entry, self.dimension)
        if not new:
            return
        with self._lock:
            old = self._index
            _check_descriptors([*islice(old.entries(), 1), *new])
            self._index = _built([*old.entries(), *new], self.dimension)
            self._retire(old)

    def remove(self, person_id: str) -> int:
        """Takes a person off the list and overwrites their templates; returns how many there were (0: not listed).

        In place: running searches need not be waited for, since what they find is checked against `alive` afterwards.
        """
        with self._lock:
            index = self._index
            place = index.place.get(person_id)
            if place is None or not index.alive[place]:
                return 0
            index.alive[place] = False
            rows = index.rows(place)
            index.overwrite(slice(place, place + 1), rows)
            return len(range(rows.start, rows.stop))

    def wipe(self) -> None:
        """Overwrites every template and forgets everybody."""
        with self._lock:
            old = self._index
            old.alive[:] = False
            old.overwrite()
            self._index = _built((), self.dimension)

    def search(self, templates: NDArray[np.float32], most: int = 1) -> list[tuple[Candidate, ...]]:
        """For each of `templates`, float32 (k, dimension), the `most` best people, best first; fewer on a short list.

        Several templates at once cost little more than one: the matrix is read from memory once for all of them.
        """
        if templates.ndim != 2 or templates.shape[1] != self.dimension:
            raise ValueError(f"Probes must be of shape (k, {self.dimension}), not {templates.shape}.")
        if most < 1:
            raise ValueError(f"A search returns at least one candidate, not {most}.")
        with self._searching() as index:
            if not index.people or not len(templates):
                return [() for _ in templates]
            scores = _scores(index.fused, templates)
            return [_best(index, *each, most) for each in zip(templates, scores, strict=True)]

    def squared_distance(self, person_id: str, descriptor: NDArray[np.float32]) -> float | None:
        """The squared Euclidean distance of the second opinion's `descriptor` to those of a person's pictures, the mean
        over them; None when the person is not on the list or the list has no descriptors.

        The mean, because the nearest of several is nearer for strangers too: on the lists described above the mean
        found 0.922 of the people with one picture, the nearest 0.920."""
        with self._searching() as index:
            place = index.place.get(person_id)
            if place is None or not index.descriptors.shape[1]:
                return None
            if descriptor.shape != index.descriptors.shape[1:]:
                raise ValueError(f"The descriptor has shape {descriptor.shape}, not {index.descriptors.shape[1:]}.")
            differences = index.descriptors[index.rows(place)] - descriptor
            distance = float(np.square(differences).sum(axis=1).mean())
            return distance if index.alive[place] else None

    @contextmanager
    def _searching(self) -> Iterator[_Index]:
        with self._lock:
            index = self._index
            index.searches += 1
        try:
            yield index
        finally:
            with self._lock:
                index.searches -= 1
                if index.retired and not index.searches:
                    index.overwrite()

    def _retire(self, index: _Index) -> None:
        """Overwrites an index that has been replaced, or leaves that to the last search still reading it."""
        index.retired = True
        if not index.searches:
            index.overwrite()


def _scores(matrix: NDArray[np.float32], templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """(k, people). One probe is a matrix-vector product, which reads the matrix once, straight through."""
    if len(templates) > 1:
        return np.asarray(templates @ matrix.T)
    rows, dimension = matrix.shape
    scores = np.empty((1, rows), np.float32)
    block = max(_ONE_THREAD_ELEMENTS // dimension, 1)
    whole = rows - rows % block
    blocks = matrix[:whole].reshape(-1, block, dimension)
    np.matmul(blocks, templates[0], out=scores[0, :whole].reshape(-1, block))
    np.matmul(matrix[whole:], templates[0], out=scores[0, whole:])
    return scores


def _best(index: _Index, probe: NDArray[np.float32], scores: NDArray[np.float32], most: int) -> tuple[Candidate, ...]:
    living = np.where(index.alive, scores, np.float32(-np.inf))
    found = []
    for place in _highest(living, most):
        if living[place] == -np.inf:
            break
        rows = index.rows(place)
        nearest = rows.start + int(np.argmax(index.templates[rows] @ probe))
        found.append(Candidate(index.people[place], index.pictures[nearest], float(living[place])))
    return tuple(found)


def _highest(values: NDArray[np.float32], most: int) -> Sequence[int]:
    """Positions of the `most` highest, highest first; of equals the earlier first."""
    if most == 1:
        return [int(np.argmax(values))]
    if most < values.size:
        least = np.partition(values, values.size - most)[values.size - most]
        chosen = np.flatnonzero(values >= least)
    else:
        chosen = np.arange(values.size)
    order = np.argsort(-values[chosen], kind="stable")
    return [int(place) for place in chosen[order][:most]]


def _built(entries: Sequence[Entry], dimension: int) -> _Index:
    """The rows of a person stand together, people in the order in which they were first seen."""
    place: dict[str, int] = {}
    for entry in entries:
        place.setdefault(entry.person_id, len(place))
    ordered = sorted(entries, key=lambda entry: place[entry.person_id])
    templates = np.empty((len(ordered), dimension), np.float32)
    first = ordered[0].descriptor if ordered else None
    descriptors = np.empty((len(ordered), 0 if first is None else len(first)), np.float32)
    for row, entry in enumerate(ordered):
        templates[row] = entry.template
        if entry.descriptor is not None:
            descriptors[row] = entry.descriptor
    counts = [sum(1 for _ in group) for _, group in groupby(ordered, key=lambda entry: entry.person_id)]
    first_row = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
    return _Index(
        fused=templates if len(place) == len(ordered) else _fused(templates, first_row[:-1]),
        templates=templates,
        descriptors=descriptors,
        pictures=tuple(entry.picture for entry in ordered),
        people=tuple(place),
        first_row=first_row,
        alive=np.ones(len(place), np.bool_),
        place=place,
    )


def _fused(templates: NDArray[np.float32], first_row: NDArray[np.intp]) -> NDArray[np.float32]:
    """The mean of each person's templates, of length 1."""
    sums = np.add.reduceat(templates, first_row, axis=0)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-12))
    return sums


def _check(entry: Entry, dimension: int) -> None:
    if entry.template.shape != (dimension,):
        raise ValueError(
            f"The template of {entry.picture} has shape {entry.template.shape}, and this list holds ({dimension},): "
            "it was made by another model pack; enrol the picture again."
        )
    length = float(np.linalg.norm(entry.template))
    if not abs(length - 1) < 1e-3:
        raise ValueError(f"The template of {entry.picture} has length {length:.4g} instead of 1: enrol it again.")


def _check_descriptors(entries: Iterable[Entry]) -> None:
    shapes = {None if entry.descriptor is None else entry.descriptor.shape for entry in entries}
    if len(shapes) > 1 or any(shape is not None and len(shape) != 1 for shape in shapes):
        raise ValueError(
            "Either every picture of a list has a descriptor of the second opinion, all of one length, or none has: "
            "enrol them all in the same way."
        )
