"""Error rates over the threshold, in the words of ISO/IEC 19795-1.

The same arithmetic serves both kinds of test; what the scores are decides what the rates are called:

* 1:1 comparisons: a score is one comparison's; false positives give the FMR and false negatives the FNMR;
* open-set 1:N searches: a non-mated score is the best candidate's of a search for somebody who is not enrolled
  (false positives give the FPIR), a mated score is the enrolled person's own (false negatives give the FNIR,
  1 - FNIR the TPIR).

A score at or above the threshold counts as a match, as in the node. A probe from which no template could be made has
the score -inf: it counts as a miss where mated, and as rightly rejected where not (generalised rates).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openlfr.assurance.intervals import Proportion

Scores = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class DetCurve:
    """Error rates at every threshold at which they change, thresholds rising.

    All three arrays have one length, float64. At `threshold[i]`: `false_positive[i]` is FMR or FPIR and
    `false_negative[i]` is FNMR or FNIR. The last threshold lies above every score.
    """

    threshold: npt.NDArray[np.float64]
    false_positive: npt.NDArray[np.float64]
    false_negative: npt.NDArray[np.float64]


def false_positives(non_mated: Scores, threshold: float) -> Proportion:
    """FMR or FPIR at the threshold: how many of the non-mated scores (any shape) reach it."""
    scores = _checked(non_mated)
    return Proportion(int(np.count_nonzero(scores >= threshold)), scores.size)


def false_negatives(mated: Scores, threshold: float) -> Proportion:
    """FNMR or FNIR at the threshold: how many of the mated scores (any shape) stay below it."""
    scores = _checked(mated)
    return Proportion(int(np.count_nonzero(scores < threshold)), scores.size)


def true_positives(mated: Scores, threshold: float) -> Proportion:
    """TPIR (or true match rate) at the threshold: how many of the mated scores (any shape) reach it."""
    missed = false_negatives(mated, threshold)
    return Proportion(missed.total - missed.count, missed.total)


def threshold_at(non_mated: Scores, target: float) -> float:
    """The lowest threshold at which the measured false positive rate is no higher than `target`.

    Of m non-mated scores at most k = floor(target * m) may reach the threshold, so it lies one floating-point step
    of the scores' own type above the (k+1)-th highest. Never interpolated: the rate measured at the threshold keeps
    the target even where scores tie. A target below 1/m puts it above every score seen; `tail.fit_tail` goes further.
    """
    scores = np.asarray(non_mated).ravel()
    if not _checked(scores).size:
        raise ValueError("A threshold needs at least one non-mated score to be set from.")
    if not 0 <= target <= 1:
        raise ValueError(f"A target false positive rate lies between 0 and 1, and this one is {target}.")
    # Without the last factor 0.003 of 1,000 scores could allow 2.
    allowed = int(np.floor(target * scores.size * (1 + 1e-12)))
    if allowed >= scores.size:
        return float(scores.min())
    highest_refused = np.partition(scores, scores.size - 1 - allowed)[scores.size - 1 - allowed]
    return float(np.nextafter(highest_refused, scores.dtype.type(np.inf)))


def det_curve(mated: Scores, non_mated: Scores) -> DetCurve:
    """The DET curve of two sets of scores; both must hold at least one."""
    hits, others = np.sort(_checked(mated)), np.sort(_checked(non_mated))
    if not hits.size or not others.size:
        raise ValueError("A DET curve needs at least one mated and one non-mated score.")
    seen = np.unique(np.concatenate([hits, others]))
    threshold = np.append(seen, np.nextafter(seen[-1], np.inf))
    return DetCurve(
        threshold=threshold,
        false_positive=1 - np.searchsorted(others, threshold, side="left") / others.size,
        false_negative=np.searchsorted(hits, threshold, side="left") / hits.size,
    )


def equal_error_rate(curve: DetCurve) -> tuple[float, float]:
    """(rate, threshold) where false positives and false negatives come closest to each other.

    The curve is a staircase and seldom holds a point where both are equal: the rate is the mean of the two at the
    threshold where they differ least, the lowest such threshold where several do.
    """
    nearest = int(np.argmin(np.abs(curve.false_positive - curve.false_negative)))
    rate = (curve.false_positive[nearest] + curve.false_negative[nearest]) / 2
    return float(rate), float(curve.threshold[nearest])


def _checked(scores: Scores) -> npt.NDArray[np.float64]:
    flat = np.asarray(scores, dtype=np.float64).ravel()
    if np.isnan(flat).any():
        raise ValueError("A score is not a number: give a probe without a template the score -inf instead.")
    return flat
