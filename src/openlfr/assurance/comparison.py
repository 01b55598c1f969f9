"""Two shares with small counts against each other: an exact test, and bounds on how far apart they may be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from openlfr.assurance.intervals import Interval, Proportion


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the share `a` differs from the share `b`.

    `difference` is a - b and `ratio` is a / b (not a number or infinite where b is nought). Both intervals come from
    one rectangle of two independent Clopper-Pearson intervals, each of confidence sqrt(c), so that together they
    cover with at least c: wider than need be, never too narrow. `p_value` is Fisher's exact test, two-sided.
    """

    a: Proportion
    b: Proportion
    difference: float
    difference_interval: Interval
    ratio: float
    ratio_interval: Interval
    p_value: float


def compare(a: Proportion, b: Proportion, confidence: float = 0.95) -> Comparison:
    """Compare two independent shares. The p-value is 1 where either has no trials."""
    each = math.sqrt(confidence)
    of_a, of_b = a.interval(each), b.interval(each)
    table = np.array([[a.count, a.total - a.count], [b.count, b.total - b.count]])
    return Comparison(
        a=a,
        b=b,
        difference=a.rate - b.rate,
        difference_interval=Interval(of_a.low - of_b.high, of_a.high - of_b.low, confidence),
        ratio=_ratio(a.rate, b.rate),
        ratio_interval=Interval(of_a.low / of_b.high, _ratio(of_a.high, of_b.low), confidence),
        p_value=float(stats.fisher_exact(table).pvalue),
    )


def compare_rates(count_a: int, exposure_a: float, count_b: int, exposure_b: float) -> float:
    """Two-sided exact p-value that two Poisson rates are equal (Przyborowski and Wilenski, Biometrika 31 (1940) 313).

    Given the sum of the counts, the first is binomial with the share of the exposure.
    """
    if not (exposure_a > 0 and exposure_b > 0):
        raise ValueError("Comparing rates needs an exposure above nought on both sides.")
    if count_a + count_b == 0:
        return 1.0
    share = exposure_a / (exposure_a + exposure_b)
    return float(stats.binomtest(count_a, count_a + count_b, share).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for having looked several times (Holm, Scand. J. Statist. 6 (1979) 65), in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in adjusted]


def _ratio(a: float, b: float) -> float:
    if b:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.inf
