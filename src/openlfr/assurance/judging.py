"""Rates at thresholds, with intervals from drawing people anew: pictures of one person are not independent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.error_rates import false_positives, threshold_at, true_positives
from openlfr.assurance.intervals import Proportion
from openlfr.assurance.report import Point, Rate
from openlfr.assurance.resampling import bootstrap_over_people
from openlfr.assurance.searches import Search, hits, person_numbers, tops
from openlfr.matching.decision import SecondOpinionRule


@dataclass(frozen=True, slots=True)
class Terms:
    """How searches are made and judged: target FPIRs, the seed of every draw, and `floor`, the quality under which a
    picture is neither enrolled nor searched for."""

    fpirs: tuple[float, ...]
    seed: int
    floor: float
    rule: SecondOpinionRule | None = None
    resamples: int = 1000


class Judge:
    """Mated searches, and TPIR with an interval from drawing their people anew."""

    def __init__(self, mated: Sequence[Search], terms: Terms) -> None:
        self._scores = hits(mated)
        self._person = person_numbers(mated)
        self._terms = terms

    def points(self, non_mated: Sequence[Search], fixed: Sequence[tuple[str, float]]) -> tuple[Point, ...]:
        """At each target FPIR that so many searches can show, and at each fixed threshold before them."""
        scores = tops(non_mated)
        found = []
        for label, threshold in fixed:
            found.append(Point(label, threshold, Rate.exact(false_positives(scores, threshold)), self.tpir(threshold)))
        for fpir in sorted(self._terms.fpirs, reverse=True):
            if fpir * scores.size < 1:
                continue
            threshold = threshold_at(scores, fpir)
            found.append(
                Point(
                    f"FPIR {fpir:g}",
                    threshold,
                    Rate.exact(false_positives(scores, threshold)),
                    self._tpir_at(fpir, scores, threshold),
                )
            )
        return tuple(found)

    def tpir(self, threshold: float) -> Rate:
        """At a threshold that is given."""
        return self.rate(true_positives(self._scores, threshold), lambda scores: float((scores >= threshold).mean()))

    def rate(self, measured: Proportion, statistic: Callable[[NDArray[np.float64]], float]) -> Rate:
        """With an interval over people; where all or none succeeded no draw can differ, and the exact one is given."""
        if measured.count in (0, measured.total):
            return Rate.exact(measured)
        interval = bootstrap_over_people(
            self._person,
            lambda index: statistic(self._scores[index]),
            np.random.default_rng(self._terms.seed),
            resamples=self._terms.resamples,
        )
        return Rate.within(measured, interval)

    def _tpir_at(self, fpir: float, non_mated: NDArray[np.float64], threshold: float) -> Rate:
        """At the threshold that keeps to an FPIR; that threshold is drawn anew too, since it was measured as well."""
        measured = true_positives(self._scores, threshold)
        if measured.count in (0, measured.total):
            return Rate.exact(measured)
        both = np.concatenate([self._scores, non_mated])
        mates = self._scores.size
        last = int(self._person.max())
        people = np.concatenate([self._person, np.arange(last + 1, last + 1 + non_mated.size)])

        def statistic(index: NDArray[np.intp]) -> float:
            drawn = both[index]
            others, mated = drawn[index >= mates], drawn[index < mates]
            if not others.size or not mated.size:
                return float("nan")
            return float((mated >= threshold_at(others, fpir)).mean())

        rng = np.random.default_rng(self._terms.seed)
        interval = bootstrap_over_people(people, statistic, rng, resamples=self._terms.resamples)
        return Rate.within(measured, interval)
