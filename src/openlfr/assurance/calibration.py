"""From comparisons of different people to thresholds: a tail, thresholds for watchlist sizes, and their intervals.

Comparisons that share a person are not independent, so intervals come from drawing whole people anew. FPIR of a list
of N pictures follows as 1 - (1 - FMR)^N, which takes the comparisons of one passer-by as independent and errs on the
high side; `measured_growth` holds it against searches.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.acquisition import Specimen
from openlfr.assurance.dataset import group_of
from openlfr.assurance.error_rates import false_positives
from openlfr.assurance.evaluation import EvaluationError, ProbeSet, draw_watchlist, searched
from openlfr.assurance.fairness import Groups
from openlfr.assurance.intervals import Interval
from openlfr.assurance.judging import Terms
from openlfr.assurance.report import GroupThreshold, Growth, Rate
from openlfr.assurance.searches import Watchlist, acquired, tops
from openlfr.assurance.tail import MIN_EXCEEDANCES, TailFit, fit_exceedances
from openlfr.matching.threshold import Calibration, predicted_fpir, threshold_for

TAIL_SHARE = 0.001
"""Of all comparisons the highest: with a thousand people or more, enough for a steady fit and high enough for one."""

FEWEST_PEOPLE = 100
"""With fewer people the highest comparisons are of a handful of faces."""

_SAMPLE = 200
"""Probes from whose comparisons it is estimated, first, where the tail begins."""

RESAMPLES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """The highest of `total` comparisons of different people.

    `score` (n,) float64, all above `start`; `probe` and `entry` (n,) number the two people compared. Among people of
    one set (`symmetric`) every two are compared once.
    """

    score: NDArray[np.float64]
    probe: NDArray[np.intp]
    entry: NDArray[np.intp]
    start: float
    total: int
    probes: int
    symmetric: bool

    def fit(self) -> TailFit:
        """Raises EvaluationError when there are too few for a tail."""
        try:
            return fit_exceedances(self.score, self.start, self.total)
        except ValueError as error:
            raise EvaluationError(str(error)) from error

    def redrawn(self, rng: np.random.Generator, resamples: int = RESAMPLES) -> list[TailFit]:
        """Fits to as many draws of people with replacement; among people of one set both sides are drawn, of two sets
        the probes. A person drawn twice is not compared with themselves."""
        fits = []
        for _ in range(resamples):
            times = np.bincount(rng.integers(self.probes, size=self.probes), minlength=self.probes)
            weight = times[self.probe] * (times[self.entry] if self.symmetric else 1)
            drawn = np.repeat(self.score, weight)
            pairs = (self.probes**2 - int((times**2).sum())) // 2
            total = pairs if self.symmetric else self.total
            if len(drawn) >= MIN_EXCEEDANCES and drawn.min() < drawn.max():
                fits.append(fit_exceedances(drawn, self.start, total))
        return fits


def compare_people(specimens: Sequence[Specimen], terms: Terms, share: float = TAIL_SHARE) -> Comparisons:
    """Every two of these people, one specimen each. Raises EvaluationError when they are too few."""
    people = len(specimens)
    total = people * (people - 1) // 2
    fewest = max(FEWEST_PEOPLE, _people_for(MIN_EXCEEDANCES / share))
    if people < fewest:
        raise EvaluationError(
            f"A calibration needs at least {fewest} people with a usable picture, better thousands; there are {people}."
        )
    watchlist = Watchlist(specimens, terms.rule)
    found = _above(watchlist, specimens, share, terms)
    once = found.probe < found.entry
    return _highest(found.score[once], found.probe[once], found.entry[once], total, people, share, symmetric=True)


def _people_for(comparisons: float) -> int:
    """The fewest people of whom every two make so many comparisons: the root of n (n - 1) / 2, rounded up."""
    return math.ceil((1 + math.sqrt(1 + 8 * comparisons)) / 2)


def compare_sets(
    probes: Sequence[Specimen], watchlist: Watchlist, terms: Terms, share: float = TAIL_SHARE
) -> Comparisons:
    """Every probe with every entry of somebody else's. Raises EvaluationError when they are too few."""
    own = sum(probe.person in watchlist.people for probe in probes)
    total = len(probes) * len(watchlist.enrolled) - own
    if share * total < MIN_EXCEEDANCES:
        raise EvaluationError(f"{total:,} comparisons are too few for a tail: there must be more people.")
    found = _above(watchlist, probes, share, terms)
    return _highest(found.score, found.probe, found.entry, total, len(probes), share, symmetric=False)


@dataclass(frozen=True, slots=True)
class FittedTail:
    """A tail as thresholds are derived from it, and the same for people drawn anew, for intervals of 95 %."""

    calibration: Calibration
    redrawn: tuple[Calibration, ...]

    def threshold_at(self, target: float, size: int) -> tuple[float, Interval]:
        """The threshold for a target FPIR at a watchlist size, and its interval."""
        again = [threshold_for(calibration, target, size) for calibration in self.redrawn]
        return threshold_for(self.calibration, target, size), _percentiles(again)

    def fpir_at(self, threshold: float, size: int) -> tuple[float, Interval]:
        """The predicted FPIR at a threshold and a watchlist size, and its interval."""
        again = [predicted_fpir(calibration, threshold, size) for calibration in self.redrawn]
        return predicted_fpir(self.calibration, threshold, size), _percentiles(again)


def fitted(comparisons: Comparisons, seed: int, made_of: str = "") -> FittedTail:
    """The tail of these comparisons. Raises EvaluationError when there are too few."""
    fit = comparisons.fit()
    redrawn = comparisons.redrawn(np.random.default_rng(seed))
    if not redrawn:
        raise EvaluationError("There are too few people for an interval: measure more.")
    return FittedTail(_as_calibration(fit, made_of), tuple(_as_calibration(each, made_of) for each in redrawn))


@dataclass(frozen=True, slots=True)
class GroupTail:
    """One group's own comparisons, and those of everybody measured with it."""

    attribute: str
    group: str
    people: int
    tail: FittedTail
    everybody: FittedTail

    def at(self, threshold: float, target: float, size: int) -> GroupThreshold:
        """How often the group reaches the threshold, and which would keep it to the target."""
        overall, _ = self.everybody.fpir_at(threshold, size)
        rate, rates = self.tail.fpir_at(threshold, size)
        own, within = self.tail.threshold_at(target, size)
        return GroupThreshold(
            attribute=self.attribute,
            group=self.group,
            people=self.people,
            fpir=rate,
            fpir_low=rates.low,
            fpir_high=rates.high,
            threshold=own,
            threshold_high=within.high,
            worse=rates.low > overall,
        )


def group_tails(
    comparisons: Comparisons, everybody: FittedTail, probes: Sequence[Specimen], groups: Groups, seed: int
) -> list[GroupTail]:
    """For each group of these probes the tail of its members' comparisons; a group with too few is left out."""
    found = []
    for attribute, members in groups.items():
        of_probe = [group_of(probe.picture, members) for probe in probes]
        for group in sorted({name for name in of_probe if name is not None}):
            part = _of_group(comparisons, [name == group for name in of_probe])
            if part is not None:
                found.append(GroupTail(attribute, group, part.probes, fitted(part, seed), everybody))
    return found


def measured_growth(
    calibration: Calibration,
    references: Sequence[Specimen],
    relatives: frozenset[str],
    sizes: Sequence[int],
    threshold: float,
    terms: Terms,
) -> list[Growth]:
    """Predicted FPIR at each size, and what searches of as large a list found where there are people enough."""
    people = len({specimen.person for specimen in references if acquired(specimen, terms.floor)})
    found = []
    for size in sorted(set(sizes)):
        measured = None
        if size <= people * 3 // 4:
            watchlist = draw_watchlist(references, references, size, terms)
            _, non_mated = searched(watchlist, ProbeSet("", tuple(references)), terms)
            apart = [search for search in non_mated if search.probe.person not in relatives]
            measured = Rate.exact(false_positives(tops(apart), threshold))
        found.append(Growth(size, predicted_fpir(calibration, threshold, size), measured))
    return found


def one_each(specimens: Sequence[Specimen], floor: float, without: frozenset[str] = frozenset()) -> list[Specimen]:
    """The first usable picture of each person who is not among `without`."""
    first: dict[str, Specimen] = {}
    for specimen in specimens:
        if acquired(specimen, floor) and specimen.person not in without:
            first.setdefault(specimen.person, specimen)
    return list(first.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    score: NDArray[np.float64]
    probe: NDArray[np.intp]
    entry: NDArray[np.intp]


def _above(watchlist: Watchlist, probes: Sequence[Specimen], share: float, terms: Terms) -> _Found:
    """At least the highest `share` of all comparisons of different people."""
    drawn = np.random.default_rng(terms.seed).permutation(len(probes))[:_SAMPLE]
    sample = _collected(watchlist, [probes[int(number)] for number in drawn], -np.inf)
    # Lower than where the tail begins in the sample, since the sample may have been lucky.
    least = float(np.quantile(sample.score, 1 - min(3 * share, 1.0)))
    wanted = share * len(probes) * len(watchlist.enrolled)
    found = _collected(watchlist, probes, least)
    while len(found.score) <= wanted + 1:
        least -= 0.02
        found = _collected(watchlist, probes, least)
    return found


def _collected(watchlist: Watchlist, probes: Sequence[Specimen], least: float) -> _Found:
    number: Mapping[str, int] = {specimen.person: n for n, specimen in enumerate(watchlist.enrolled)}
    scores: list[NDArray[np.float64]] = []
    first: list[NDArray[np.intp]] = []
    second: list[NDArray[np.intp]] = []
    for n, (probe, (entries, reached)) in enumerate(zip(probes, watchlist.all_above(probes, least), strict=True)):
        others = entries != number.get(probe.person, -1)
        scores.append(reached[others])
        second.append(entries[others])
        first.append(np.full(int(others.sum()), n, np.intp))
    return _Found(np.concatenate(scores), np.concatenate(first), np.concatenate(second))


def _highest(
    score: NDArray[np.float64],
    probe: NDArray[np.intp],
    entry: NDArray[np.intp],
    total: int,
    probes: int,
    share: float,
    *,
    symmetric: bool,
) -> Comparisons:
    """Those above the score that the wanted share of all exceeds."""
    wanted = int(share * total)
    start = float(np.partition(score, len(score) - wanted - 1)[len(score) - wanted - 1])
    above = score > start
    return Comparisons(score[above], probe[above], entry[above], start, total, probes, symmetric)


def _of_group(comparisons: Comparisons, members: Sequence[bool]) -> Comparisons | None:
    """The comparisons of these probes, numbered anew; among people of one set each pair counts for both."""
    inside = np.asarray(members)
    count = int(inside.sum())
    place = np.cumsum(inside) - 1
    if comparisons.symmetric:
        score = np.concatenate([comparisons.score, comparisons.score])
        probe = np.concatenate([comparisons.probe, comparisons.entry])
        entry = np.concatenate([comparisons.entry, comparisons.probe])
        total = count * (comparisons.probes - 1)
    else:
        score, probe, entry = comparisons.score, comparisons.probe, comparisons.entry
        total = comparisons.total * count // comparisons.probes
    chosen = inside[probe]
    if np.count_nonzero(chosen) < MIN_EXCEEDANCES:
        return None
    return Comparisons(score[chosen], place[probe[chosen]], entry[chosen], comparisons.start, total, count, False)


def _as_calibration(fit: TailFit, made_of: str) -> Calibration:
    return Calibration(fit.start, fit.share, fit.scale, fit.shape, made_of)


def _percentiles(values: Sequence[float]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high), 0.95)
