"""Searches of a watchlist, mated and non-mated, and how their error rates grow with its size (ISO/IEC 19795-1)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openlfr.assurance.error_rates import Scores
from openlfr.assurance.intervals import Proportion


@dataclass(frozen=True, slots=True)
class MatedSearches:
    """Searches for people who are enrolled; one entry a search, in the order of the probes.

    `mate_score` is the best score against the person's own entries and `best_other_score` against everybody else's
    (float64); `rank` is 1 where the mate came first, one more for each other person who scored as high or higher.
    A search without a template has mate score and other score -inf, and a rank behind everybody.
    """

    mate_score: npt.NDArray[np.float64]
    best_other_score: npt.NDArray[np.float64]
    rank: npt.NDArray[np.int64]

    def found_within(self, rank: int, threshold: float = -np.inf) -> Proportion:
        """TPIR(N, rank, threshold); without a threshold, the closed-set identification rate at that rank."""
        found = (self.rank <= rank) & (self.mate_score >= threshold) & (self.mate_score > -np.inf)
        return Proportion(int(np.count_nonzero(found)), found.size)


def mated_searches(
    scores: Scores, probe_person: npt.NDArray[np.integer], entry_person: npt.NDArray[np.integer]
) -> MatedSearches:
    """Sort out a matrix of scores, probes x entries: whose entry is whose is told by two arrays of person numbers.

    A tie with another person counts against the mate, so that a broken recogniser (all scores equal) cannot shine.
    Several entries of one person count once, with the best of them.

    Raises:
        ValueError: a probe's person is not enrolled (search it as non-mated), a score is not a number, or shapes do
            not fit.
    """
    matrix = np.asarray(scores)
    if matrix.shape != (len(probe_person), len(entry_person)):
        raise ValueError(
            f"{len(probe_person)} probes and {len(entry_person)} entries do not fit a matrix of shape {matrix.shape}."
        )
    by_entry = np.argsort(entry_person, kind="stable")
    people, first = np.unique(entry_person[by_entry], return_index=True)
    own = np.searchsorted(people, probe_person)
    if not len(people) or (people[np.minimum(own, len(people) - 1)] != probe_person).any():
        raise ValueError("A probe's person is not on the watchlist: count that search as non-mated.")
    by_person = np.maximum.reduceat(matrix[:, by_entry], first, axis=1)
    probes = np.arange(len(matrix))
    mate = by_person[probes, own].astype(np.float64)
    by_person[probes, own] = -np.inf
    best_other = by_person.max(axis=1).astype(np.float64)
    if np.isnan(mate).any() or np.isnan(best_other).any():
        raise ValueError("A score is not a number: give a probe without a template the score -inf instead.")
    ahead = np.count_nonzero(by_person >= mate[:, None], axis=1) - (mate == -np.inf)
    return MatedSearches(mate, best_other, 1 + ahead.astype(np.int64))


def non_mated_top_scores(scores: Scores) -> npt.NDArray[np.float64]:
    """Each search's best candidate score (float64), from a matrix probes x entries of people who are not enrolled."""
    matrix = np.asarray(scores, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise ValueError("Non-mated searches need a matrix of scores, probes x entries, with at least one entry.")
    return np.asarray(matrix.max(axis=1))


def fpir_at_size(fmr: float, size: int) -> float:
    """FPIR of `size` independent comparisons, each a false match with probability `fmr`: 1 - (1 - FMR)^N.

    Nearly N * FMR while that is small. Comparisons with one face are not independent, so measure where you can and
    use this to plan (ISO/IEC 19795-1 warns of the same).
    """
    _check_rate(fmr)
    return float(-np.expm1(size * np.log1p(-fmr))) if fmr < 1 else float(size > 0)


def fpir_scaled(fpir: float, measured_at: int, wanted_at: int) -> float:
    """FPIR at one watchlist size from that measured at another, under the same independence."""
    _check_rate(fpir)
    if measured_at < 1 or wanted_at < 0:
        raise ValueError("Watchlist sizes to scale between must be at least 1 (measured) and 0 (wanted).")
    if fpir == 1:
        return float(wanted_at > 0)
    return float(-np.expm1(wanted_at / measured_at * np.log1p(-fpir)))


def fmr_for(fpir: float, size: int) -> float:
    """The false match rate a single comparison may have for `size` of them to keep to `fpir`."""
    return fpir_scaled(fpir, measured_at=size, wanted_at=1)


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ValueError(f"A rate lies between 0 and 1, and this one is {rate}.")
