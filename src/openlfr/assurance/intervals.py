"""Counts and shares with exact confidence intervals: false alerts are few, so no normal approximation is used."""

import math
from dataclasses import dataclass

from scipy import special

from openlfr.policy.binomial import lower_bound, upper_bound


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval; `confidence` is the least coverage it guarantees, e.g. 0.95."""

    low: float
    high: float
    confidence: float

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the interval, its ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many: errors among trials, never a bare rate."""

    count: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.total:
            raise ValueError(f"A proportion needs 0 <= count <= total, not {self.count} of {self.total}.")

    @property
    def rate(self) -> float:
        """count / total; not a number where nothing was tried."""
        return self.count / self.total if self.total else math.nan

    def interval(self, confidence: float = 0.95) -> Interval:
        """Exact interval of Clopper and Pearson, Biometrika 26 (1934) 404: from 0 to 1 where nothing was tried."""
        one_sided = 1 - _tail(confidence)
        low, high = (bound(self.count, self.total, one_sided) for bound in (lower_bound, upper_bound))
        return Interval(low, high, confidence)


def count_interval(count: int, confidence: float = 0.95) -> Interval:
    """Exact interval for the mean of a Poisson count (Garwood, Biometrika 28 (1936) 437)."""
    if count < 0:
        raise ValueError(f"A count cannot be negative, and this one is {count}.")
    tail = _tail(confidence)
    low = float(special.gammaincinv(count, tail)) if count else 0.0
    high = float(special.gammaincinv(count + 1, 1 - tail))
    return Interval(low, high, confidence)


def rate_interval(count: int, exposure: float, confidence: float = 0.95) -> Interval:
    """Exact Poisson interval of events per unit of `exposure`, such as false alerts per face seen or alerts per hour.

    Right for a denominator that is an estimate of how much was exposed rather than a number of trials.
    """
    if not exposure > 0:
        raise ValueError(f"A rate needs an exposure above nought, and this one is {exposure}.")
    of_count = count_interval(count, confidence)
    return Interval(of_count.low / exposure, of_count.high / exposure, confidence)


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"A confidence lies between 0 and 1 (0.95 is usual), and this one is {confidence}.")
    return (1 - confidence) / 2
