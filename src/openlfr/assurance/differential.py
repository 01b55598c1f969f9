"""Differences in error rates between groups of people, in the measures of ISO/IEC 19795-10.

The answer is never "unbiased": it is which groups differ, or how large a difference the test could not rule out, or
that a group is too small to say.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from openlfr.assurance.comparison import Comparison, compare, holm
from openlfr.assurance.intervals import Interval, Proportion

Rates = npt.NDArray[np.float64]


class Verdict(StrEnum):
    """What can be said of one group's error rate against that of everybody else."""

    HIGHER = "higher"
    LOWER = "lower"
    NO_DIFFERENCE_FOUND = "no difference found"
    TOO_FEW = "too few to say"


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One group's errors, against those of all other groups together.

    `p_value` is Fisher's, adjusted by Holm for the number of groups. `power` is the chance that this test would have
    noticed a rate `Differential.worth_noticing` times that of the others.
    """

    group: str
    errors: Proportion
    interval: Interval
    against_others: Comparison
    p_value: float
    power: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Differential:
    """The spread of an error rate over groups.

    The point figures use the measured rates: `max_difference` is highest minus lowest, `max_to_min` their ratio and
    `max_to_geometric_mean` the highest over the geometric mean of all; the ratios are None where a rate of nought
    leaves them undefined. Each interval follows from exact intervals that hold for all groups at once (Sidak), so the
    upper end of `max_difference_interval` is the difference this test cannot exclude; an upper end may be infinite.
    """

    groups: tuple[GroupRate, ...]
    overall: Proportion
    max_difference: float
    max_difference_interval: Interval
    max_to_min: float | None
    max_to_min_interval: Interval
    max_to_geometric_mean: float | None
    max_to_geometric_mean_interval: Interval
    worth_noticing: float

    def verdict(self) -> str:
        """One sentence a reader may rely on; it never says that there is no difference."""
        confidence = f"{self.max_difference_interval.confidence:.0%}"
        bound = f"no difference larger than {self.max_difference_interval.high:.2%} can be there"
        parts = []
        for verdict in (Verdict.HIGHER, Verdict.LOWER):
            named = [group.group for group in self.groups if group.verdict is verdict]
            if named:
                parts.append(f"The rate is {verdict.value} for {', '.join(named)} than for the others.")
        if not parts:
            parts.append("No difference was found.")
        parts.append(f"At this size {bound} ({confidence} confidence).")
        few = [group.group for group in self.groups if group.verdict is Verdict.TOO_FEW]
        if few:
            parts.append(f"Too few to say for {', '.join(few)}.")
        return " ".join(parts)


def differential(
    errors: Mapping[str, Proportion],
    *,
    confidence: float = 0.95,
    worth_noticing: float = 2.0,
    least_power: float = 0.8,
) -> Differential:
    """Compare an error rate over two or more groups, each with at least one trial.

    Args:
        errors: per group the errors among its trials: false positives of non-mated probes (FPIR), misses of mated
            ones (FNIR), failures to acquire (FTA).
        confidence: of every interval; a group is called higher or lower at the level 1 - confidence, after Holm.
        worth_noticing: the ratio to the others' rate that a test should be able to notice.
        least_power: a group in which such a ratio would have been noticed less often than this is too few to say,
            unless the test did find a difference.
    """
    if len(errors) < 2:
        raise ValueError("A difference needs at least two groups.")
    if empty := [group for group, of_group in errors.items() if not of_group.total]:
        raise ValueError(f"Nobody was tried in {', '.join(empty)}: leave such a group out and say so.")
    overall = Proportion(sum(p.count for p in errors.values()), sum(p.total for p in errors.values()))
    comparisons = {
        group: compare(of_group, Proportion(overall.count - of_group.count, overall.total - of_group.total), confidence)
        for group, of_group in errors.items()
    }
    adjusted = holm([comparison.p_value for comparison in comparisons.values()])
    groups = []
    for (group, comparison), p_value in zip(comparisons.items(), adjusted, strict=True):
        power = _power(comparison.a.total, comparison.b.rate, worth_noticing, (1 - confidence) / 2)
        groups.append(
            GroupRate(
                group=group,
                errors=comparison.a,
                interval=comparison.a.interval(confidence),
                against_others=comparison,
                p_value=p_value,
                power=power,
                verdict=_verdict(comparison, p_value, power, 1 - confidence, least_power),
            )
        )
    each = confidence ** (1 / len(errors))
    joint = [of_group.interval(each) for of_group in errors.values()]
    low = np.array([interval.low for interval in joint])
    high = np.array([interval.high for interval in joint])
    rate = np.array([of_group.rate for of_group in errors.values()])
    return Differential(
        groups=tuple(groups),
        overall=overall,
        max_difference=float(rate.max() - rate.min()),
        max_difference_interval=Interval(max(0.0, float(low.max() - high.min())), _widest_gap(low, high), confidence),
        max_to_min=float(rate.max() / rate.min()) if rate.min() > 0 else None,
        max_to_min_interval=Interval(max(1.0, float(low.max() / high.min())), _widest_ratio(low, high), confidence),
        max_to_geometric_mean=_to_geometric_mean(rate) if rate.min() > 0 else None,
        max_to_geometric_mean_interval=_to_geometric_mean_interval(low, high, confidence),
        worth_noticing=worth_noticing,
    )


def _verdict(comparison: Comparison, p_value: float, power: float, level: float, least_power: float) -> Verdict:
    if p_value < level:
        return Verdict.HIGHER if comparison.difference > 0 else Verdict.LOWER
    return Verdict.NO_DIFFERENCE_FOUND if power >= least_power else Verdict.TOO_FEW


def _power(trials: int, others_rate: float, ratio: float, level: float) -> float:
    """Chance that `trials` with `ratio` times the others' rate show more errors than chance at that rate allows."""
    noticed_from = int(stats.binom.isf(level, trials, others_rate)) + 1
    return float(stats.binom.sf(noticed_from - 1, trials, min(1.0, ratio * others_rate)))


def _widest_gap(low: Rates, high: Rates) -> float:
    """The largest difference of two different groups that the intervals leave open."""
    return max(float(high[i] - np.delete(low, i).min()) for i in range(len(low)))


def _widest_ratio(low: Rates, high: Rates) -> float:
    smallest = [float(np.delete(low, i).min()) for i in range(len(low))]
    return max(float(top) / least if least > 0 else math.inf for top, least in zip(high, smallest, strict=True))


def _to_geometric_mean(rate: Rates) -> float:
    return float(rate.max() / np.exp(np.log(rate).mean()))


def _to_geometric_mean_interval(low: Rates, high: Rates, confidence: float) -> Interval:
    """Each group in turn as the highest: its ratio rises with its own rate and falls with every other's."""
    with np.errstate(divide="ignore"):
        log_low, log_high = np.log(low), np.log(high)
    groups = len(low)
    most, least = [], [0.0]
    for i in range(groups):
        others = np.arange(groups) != i
        most.append(log_high[i] * (1 - 1 / groups) - log_low[others].sum() / groups)
        if low[i] > 0:
            least.append(log_low[i] * (1 - 1 / groups) - log_high[others].sum() / groups)
    return Interval(math.exp(max(least)), float(np.exp(max(most))), confidence)
