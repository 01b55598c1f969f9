"""The gallery: every template of a watchlist in one matrix, compared exactly.

One matrix-vector product answers a query; there is no index that could miss somebody. Measured beside the memory
bandwidth of the machine in benchmarks/search.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidate:
    """The nearest picture of one person on the watchlist. `score` is a cosine, -1..1."""

    person_id: str
    picture: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """One reference picture of one person; `template` is float32 (dimension,), of length 1."""

    person_id: str
    picture: str
    template: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """One state of the gallery. Never changed once made, apart from being overwritten when it is gone."""

    templates: NDArray[np.float32]
    enrolments: tuple[tuple[str, str], ...]


class Gallery:
    """Templates of a watchlist. Searching is thread-safe, also while somebody is being removed."""

    def __init__(self, enrolments: Sequence[Enrolment]) -> None:
        """Copies the templates. Raises ValueError when there are none or they are not of one dimension."""
        if not enrolments:
            raise ValueError("A gallery needs at least one template.")
        templates = np.ascontiguousarray(np.stack([e.template for e in enrolments]), dtype=np.float32)
        if templates.ndim != 2 or not np.allclose(np.linalg.norm(templates, axis=1), 1, atol=1e-3):
            raise ValueError("Templates in a gallery must be vectors of length 1.")
        self._rows = _Rows(templates, tuple((e.person_id, e.picture) for e in enrolments))

    def __len__(self) -> int:
        return len(self._rows.enrolments)

    @property
    def persons(self) -> frozenset[str]:
        return frozenset(person for person, _ in self._rows.enrolments)

    def search(self, template: NDArray[np.float32], count: int = 1) -> tuple[Candidate, ...]:
        """The `count` nearest persons, nearest first, each by their nearest picture; fewer when there are fewer."""
        rows = self._rows
        if not len(rows.enrolments):
            return ()
        scores = rows.templates @ template
        if count == 1:
            best = int(np.argmax(scores))
            return (Candidate(*rows.enrolments[best], float(scores[best])),)
        found: dict[str, Candidate] = {}
        for index in np.argsort(-scores, kind="stable").tolist():
            person, picture = rows.enrolments[index]
            if person not in found:
                found[person] = Candidate(person, picture, float(scores[index]))
                if len(found) == count:
                    break
        return tuple(found.values())

    def remove(self, person_id: str) -> int:
        """Takes a person out and overwrites their templates. Returns how many there were.

        A search that is under way finishes on what it began with; it may see the person for the last time, or zeros.
        """
        rows = self._rows
        kept = [i for i, (person, _) in enumerate(rows.enrolments) if person != person_id]
        removed = len(rows.enrolments) - len(kept)
        if removed:
            self._rows = _Rows(rows.templates[kept], tuple(rows.enrolments[i] for i in kept))
            rows.templates[...] = 0
        return removed

    def wipe(self) -> None:
        """Overwrites every template; the gallery is empty from then on."""
        rows = self._rows
        self._rows = _Rows(np.empty((0, rows.templates.shape[1]), np.float32), ())
        rows.templates[...] = 0
