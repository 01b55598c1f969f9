"""Which pictures of a watchlist are of the same person or nearly look like it: found by comparing every two."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openlfr.vision.face import Template

NEAR_IDENTICAL = 0.93
"""Similarity of two pictures of one person from which the second is probably a copy, cropped, scaled or saved again,
and adds nothing. Half of LFW's pictures saved again at half the JPEG quality reach it, and one in ten thousand of its
pairs of different pictures of a person."""

SAME_PERSON = 0.66
"""Similarity from which two names are probably one person's. Of the 13,165 pictures of Labeled Faces in the Wild that
enrol, two names reach it 28 times, and each time they are known to be one person, twins, or a mislabelled picture; the
nearest others are brothers."""

MAX_PAIRS = 10_000
"""The most pairs reported of each kind; beyond, the worst are."""

_TILE = 1024


class PairKind(StrEnum):
    """Worst first."""

    SAME_FILE_TWO_PEOPLE = "same_file_two_people"
    """One and the same file enrolled under two names."""
    SAME_PERSON_TWO_NAMES = "same_person_two_names"
    """So alike that it is one person under two names, or twins."""
    LOOK_ALIKES = "look_alikes"
    """Two people alike enough that one may raise alerts for the other."""
    SAME_FILE = "same_file"
    """One person's file, given twice."""
    NEAR_IDENTICAL = "near_identical"
    """Two pictures of a person that are one picture, saved again."""


class Comparable(Protocol):
    """A picture that can be compared: whose it is, its name, its file's hash, and its template of length 1."""

    @property
    def person(self) -> str: ...

    @property
    def picture(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def template(self) -> Template: ...


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two pictures and the cosine similarity of their templates. Of all the pictures of two people, the most similar
    two stand for them."""

    kind: PairKind
    first: Comparable
    second: Comparable
    similarity: float


@dataclass(frozen=True, slots=True)
class PairFindings:
    """`pairs` worst first; `cut` says that there were more than MAX_PAIRS and the rest is left out."""

    pairs: tuple[Pair, ...]
    cut: bool


def find_pairs(enrolled: Sequence[Comparable], *, look_alike_threshold: float) -> PairFindings:
    """Pairs of one file, of one picture, of one person under two names, and of people whose similarity reaches
    `look_alike_threshold`, worst first.

    Compares every two templates in tiles: memory is bounded by the tile and MAX_PAIRS, whatever their number.
    """
    if len(enrolled) < 2:
        return PairFindings((), cut=False)
    templates = np.stack([e.template for e in enrolled])
    _, people = np.unique([e.person for e in enrolled], return_inverse=True)
    within = _Closest(NEAR_IDENTICAL)
    across = _Closest(min(look_alike_threshold, SAME_PERSON))
    for top in range(0, len(enrolled), _TILE):
        for left in range(top, len(enrolled), _TILE):
            similarity = templates[top : top + _TILE] @ templates[left : left + _TILE].T
            if top == left:
                similarity[np.tril_indices(len(similarity))] = -np.inf
            same = people[top : top + _TILE, None] == people[None, left : left + _TILE]
            for closest, wanted in ((within, same), (across, ~same)):
                rows, columns = np.nonzero(wanted & (similarity >= closest.bar))
                first, second = rows + top, columns + left
                # Of all the pictures of two people only the closest two are kept.
                group = first * len(enrolled) + second if closest is within else _unordered(people, first, second)
                closest.add(first, second, similarity[rows, columns], group)
    pairs = [_pair(enrolled[i], enrolled[j], similarity) for i, j, similarity in (*across.found(), *within.found())]
    order = list(PairKind)
    pairs.sort(key=lambda pair: (order.index(pair.kind), -pair.similarity))
    return PairFindings(tuple(pairs), across.cut or within.cut)


def _pair(first: Comparable, second: Comparable, similarity: float) -> Pair:
    same_file = first.sha256 == second.sha256
    if first.person == second.person:
        kind = PairKind.SAME_FILE if same_file else PairKind.NEAR_IDENTICAL
    elif same_file:
        kind = PairKind.SAME_FILE_TWO_PEOPLE
    else:
        kind = PairKind.SAME_PERSON_TWO_NAMES if similarity >= SAME_PERSON else PairKind.LOOK_ALIKES
    return Pair(kind, first, second, similarity)


def _unordered(people: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """One number for each two people."""
    low, high = np.minimum(people[first], people[second]), np.maximum(people[first], people[second])
    return np.asarray(low * (int(people.max()) + 1) + high, np.intp)


class _Closest:
    """The MAX_PAIRS most similar pairs of rows, at least `bar` similar, one for each group. The bar rises when they are
    more."""

    def __init__(self, bar: float) -> None:
        self.bar = bar
        self.cut = False
        self._pairs = np.empty((3, 0), np.intp)
        """First row, second row, group."""
        self._similarity = np.empty(0, np.float32)

    def add(
        self,
        first: NDArray[np.intp],
        second: NDArray[np.intp],
        similarity: NDArray[np.float32],
        group: NDArray[np.intp],
    ) -> None:
        pairs = np.concatenate([self._pairs, np.stack([first, second, group])], axis=1)
        similarity = np.concatenate([self._similarity, similarity])
        falling = np.argsort(-similarity, kind="stable")
        _, best_of_group = np.unique(pairs[2, falling], return_index=True)
        kept = falling[np.sort(best_of_group)]
        if len(kept) > MAX_PAIRS:
            self.cut = True
            kept = kept[:MAX_PAIRS]
            self.bar = float(similarity[kept[-1]])
        self._pairs, self._similarity = pairs[:, kept], similarity[kept]

    def found(self) -> list[tuple[int, int, float]]:
        return list(zip(self._pairs[0].tolist(), self._pairs[1].tolist(), self._similarity.tolist(), strict=True))
