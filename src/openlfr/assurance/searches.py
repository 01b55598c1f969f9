"""Searches of a watchlist with labelled probes, through the gallery and the fusion rule that the node uses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.acquisition import Specimen
from openlfr.matching.decision import SecondOpinionRule
from openlfr.matching.fusion import fuse
from openlfr.matching.gallery import Candidate, Entry, Gallery
from openlfr.node.recognition import CANDIDATES as NAMEABLE

CANDIDATES = 10
"""Best candidates asked for; a mate behind all of them counts as not scored."""

_BATCH = 256
_NONE = np.zeros(0, np.float32)

Indices = NDArray[np.intp]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """One probe's search. `candidates` best first, none where the probe gave no template or was under the floor."""

    probe: Specimen
    mated: bool
    candidates: tuple[Candidate, ...]

    @property
    def top_score(self) -> float:
        """The best candidate's score, -inf where there is none."""
        return self.candidates[0].score if self.candidates else -np.inf

    @property
    def mate_score(self) -> float | None:
        """The score of the person's own entry; None where it is not among the candidates."""
        return next((found.score for found in self.candidates if found.person_id == self.probe.person), None)

    @property
    def hit_score(self) -> float:
        """The mate's score where the mate comes first, as an alert names the first candidate only; -inf elsewhere."""
        first = bool(self.candidates) and self.candidates[0].person_id == self.probe.person
        return self.candidates[0].score if first else -np.inf


class Watchlist:
    """Enrolled specimens, each with a template, searched as the node searches."""

    def __init__(self, enrolled: Sequence[Specimen], rule: SecondOpinionRule | None = None) -> None:
        """With a `rule`, every specimen needs a descriptor and candidates are ranked by what the rule decides."""
        self.enrolled = tuple(enrolled)
        self._rule = rule
        self.people = frozenset(specimen.person for specimen in enrolled)
        entries = [
            Entry(s.person, s.name, s.template, None if rule is None else s.descriptor)
            for s in enrolled
            if s.template is not None
        ]
        if len(entries) != len(self.enrolled) or not entries:
            raise ValueError("A watchlist needs at least one entry, and every entry a template.")
        self._descriptors = np.stack([entry.descriptor for entry in entries if entry.descriptor is not None] or [_NONE])
        self._gallery = Gallery(len(entries[0].template), entries)

    def search(self, probes: Sequence[Specimen], floor: float, most: int = CANDIDATES) -> list[Search]:
        """One search a probe, in order; a probe without a template or of quality under `floor` finds nobody."""
        found: list[tuple[Candidate, ...]] = [()] * len(probes)
        usable = [number for number, probe in enumerate(probes) if acquired(probe, floor)]
        for start in range(0, len(usable), _BATCH):
            batch = usable[start : start + _BATCH]
            fused = np.stack([_as_passage(probes[number]) for number in batch])
            for number, candidates in zip(batch, self._gallery.search(fused, most), strict=True):
                found[number] = self._decided(probes[number], candidates)
        return [
            Search(probe, probe.person in self.people, candidates)
            for probe, candidates in zip(probes, found, strict=True)
        ]

    def all_above(self, probes: Sequence[Specimen], least: float) -> Iterator[tuple[Indices, Scores]]:
        """For each probe, which must have a template, the numbers of all entries whose score reaches `least`, and the
        scores: what `search` would give if it went on to the last candidate, for when all comparisons are wanted."""
        reach = 0.0 if self._rule is None else self._rule.reach
        entries = np.stack([_as_passage(entry) for entry in self.enrolled])
        for probe in probes:
            first = entries @ _as_passage(probe)
            near = np.flatnonzero(first + reach >= least)
            scores = first[near].astype(np.float64)
            if self._rule is not None and probe.descriptor is not None:
                distances = np.square(self._descriptors[near] - probe.descriptor).sum(axis=1)
                decided = (self._rule.decided(*pair) for pair in zip(scores.tolist(), distances.tolist(), strict=True))
                scores = np.fromiter(decided, np.float64, len(near))
            above = scores >= least
            yield near[above], scores[above]

    def _decided(self, probe: Specimen, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Candidates with the scores that are compared with a threshold. As in the node, the second opinion may put
        another of the nearest few first, and nobody behind them."""
        if self._rule is None:
            return candidates
        if probe.descriptor is None:
            raise ValueError(f"{probe.name} has no descriptor of the second opinion.")
        decided = []
        for found in candidates:
            distance = self._gallery.squared_distance(found.person_id, probe.descriptor)
            if distance is None:
                raise ValueError(f"{found.picture} has no descriptor of the second opinion.")
            decided.append(Candidate(found.person_id, found.picture, self._rule.decided(found.score, distance)))
        nearest = sorted(decided[:NAMEABLE], key=lambda found: -found.score)
        return (*nearest, *decided[NAMEABLE:])


def acquired(specimen: Specimen, floor: float) -> bool:
    """Whether something can be said about this face: it has a template, and its quality reaches the floor."""
    return specimen.template is not None and specimen.quality is not None and specimen.quality >= floor


def hits(searches: Sequence[Search]) -> NDArray[np.float64]:
    """Scores of mated searches, -inf for a mate who did not come first."""
    return np.array([search.hit_score for search in searches], np.float64)


def tops(searches: Sequence[Search]) -> NDArray[np.float64]:
    """Best scores of non-mated searches."""
    return np.array([search.top_score for search in searches], np.float64)


def person_numbers(searches: Sequence[Search]) -> NDArray[np.int64]:
    """For each search the number of its person, for `resampling.bootstrap_over_people`."""
    numbers: Mapping[str, int] = {
        person: number for number, person in enumerate(dict.fromkeys(search.probe.person for search in searches))
    }
    return np.array([numbers[search.probe.person] for search in searches], np.int64)


def _as_passage(probe: Specimen) -> NDArray[np.float32]:
    """A still picture is a passage of one shot."""
    if probe.template is None or probe.quality is None:
        raise ValueError(f"{probe.name} has no template.")
    return fuse(probe.template[None], np.array([probe.quality], np.float32))
