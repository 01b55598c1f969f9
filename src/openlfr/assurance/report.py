"""What an evaluation found, as frozen values; `report_file` seals them.

Every share is a count of a count with an interval. A report holds no picture and no template; the worst cases are
named by file, which only somebody who has the data can look up.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from openlfr.assurance.differential import Verdict
from openlfr.assurance.intervals import Interval, Proportion
from openlfr.policy.certificates import MatchingSetup


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, with an interval: exact for counts of independent trials, or from a bootstrap over people."""

    count: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Not a number where nothing was tried."""
        return self.count / self.total if self.total else math.nan

    @classmethod
    def exact(cls, proportion: Proportion) -> Self:
        """With the interval of Clopper and Pearson, 95 %."""
        return cls.within(proportion, proportion.interval())

    @classmethod
    def within(cls, proportion: Proportion, interval: Interval) -> Self:
        return cls(proportion.count, proportion.total, interval.low, interval.high)


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold and the rates measured at it. `label` says how the threshold was found."""

    label: str
    threshold: float
    fpir: Rate
    tpir: Rate


@dataclass(frozen=True, slots=True)
class Extrapolated:
    """A rate rarer than the test can show: the threshold that a fitted tail gives for it, and the TPIR it leaves."""

    label: str
    threshold: float
    threshold_low: float
    threshold_high: float
    tpir: Rate


@dataclass(frozen=True, slots=True)
class Curve:
    """A DET curve, thinned for drawing: rates at rising thresholds."""

    threshold: tuple[float, ...]
    fpir: tuple[float, ...]
    fnir: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Searches by score: `edges` one more than the counts. Searches without a template are in no bin."""

    edges: tuple[float, ...]
    mated: tuple[int, ...]
    non_mated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Mated searches of one kind (a band of quality, a size), and how many found their person."""

    label: str
    tpir: Rate
    mean_quality: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """TPIR over several draws of who is enrolled."""

    label: str
    draws: int
    mean: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A mated search that failed: at which stage, the scores where there were any, and the weakest measure of its
    quality in the words of ISO/IEC 29794-5."""

    picture: str
    stage: str
    score: float | None
    quality: float | None
    weakest: str | None
    ahead: str | None
    """The enrolled picture of somebody else that scored higher than the mate's, if one did."""


@dataclass(frozen=True, slots=True)
class FalsePositive:
    """A non-mated search that reached the threshold: both pictures."""

    picture: str
    enrolled: str
    score: float
    relatives: bool


@dataclass(frozen=True, slots=True)
class FailureCounts:
    """Pictures tried at one stage and what became of those that failed, by reason."""

    tried: int
    reasons: dict[str, int]

    @property
    def failed(self) -> int:
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Verification:
    """1:1 comparisons of given pairs."""

    mated: int
    non_mated: int
    equal_error_rate: float
    best_accuracy: float
    """Share decided rightly at the one threshold that is best for these pairs."""
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """One group's errors; `p_value` against everybody else, adjusted for the number of groups, and what it says."""

    group: str
    errors: Rate
    p_value: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One error rate over the groups of one attribute, at one threshold.

    `largest_difference` between two groups is what was measured, `difference_bound` what the test cannot exclude.
    """

    attribute: str
    error: str
    threshold: float
    threshold_label: str
    overall: Rate
    groups: tuple[GroupFigure, ...]
    largest_difference: float
    difference_bound: float
    max_to_min: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Open-set searches of one watchlist with one set of probes.

    `points` count everybody; `points_without_relatives` leave the searches of enrolled people's twins and siblings
    out. `stages` counts mated searches by how they ended, at the threshold of `stage_threshold`.
    """

    probes: str
    watchlist: int
    mated: int
    mated_people: int
    non_mated: int
    failed_probes: FailureCounts
    rank_one: Rate
    points: tuple[Point, ...]
    points_without_relatives: tuple[Point, ...]
    extrapolated: tuple[Extrapolated, ...]
    curve: Curve | None
    histogram: Histogram
    by_quality: tuple[Band, ...]
    by_size: tuple[Band, ...]
    over_draws: tuple[Spread, ...]
    stage_threshold: float
    stages: dict[str, int]
    misses: tuple[Miss, ...]
    false_positives: tuple[FalsePositive, ...]
    groups: tuple[GroupResult, ...]


@dataclass(frozen=True, slots=True)
class DataUsed:
    """A data set by name and digest (over names, labels after correction, and contents)."""

    name: str
    pictures: int
    people: int
    left_out: int
    digest: str


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran."""

    processor: str
    cores: int
    runtime: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All that one run found, and what is needed to run it again."""

    version: str
    made_at: datetime
    setup: MatchingSetup
    machine: Machine
    seed: int
    quality_floor: float
    data: tuple[DataUsed, ...]
    enrolment: FailureCounts
    verification: Verification | None
    searches: tuple[SearchResult, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupThreshold:
    """How often a group's searches reach the certified threshold, extrapolated from the tail of the group's own
    comparisons, and the threshold that would keep the group to the target. `worse`: the group's rate lies above
    everybody's by more than its interval allows."""

    attribute: str
    group: str
    people: int
    fpir: float
    fpir_low: float
    fpir_high: float
    threshold: float
    threshold_high: float
    worse: bool


@dataclass(frozen=True, slots=True)
class SizeThreshold:
    """The threshold for the target FPIR at one watchlist size, with its interval, and what it says of groups.

    `for_every_group` keeps also the worst of the groups measured to the target; None where none was measured.
    """

    watchlist: int
    target_fpir: float
    threshold: float
    low: float
    high: float
    groups: tuple[GroupThreshold, ...]
    for_every_group: float | None


@dataclass(frozen=True, slots=True)
class Growth:
    """FPIR at one threshold over the watchlist's size: predicted, and measured where the data has enough people."""

    watchlist: int
    predicted: float
    measured: Rate | None


@dataclass(frozen=True, slots=True)
class Tail:
    """The fitted tail of comparisons of two different people, as a pack's calibration file has it."""

    start: float
    share: float
    scale: float
    shape: float
    made_of: str
    people: int
    comparisons: int
    exceedances: int


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """All that one calibration found. `growth` is at `growth_threshold`."""

    version: str
    made_at: datetime
    setup: MatchingSetup
    machine: Machine
    seed: int
    quality_floor: float
    data: tuple[DataUsed, ...]
    tail: Tail
    sizes: tuple[SizeThreshold, ...]
    growth_threshold: float
    growth: tuple[Growth, ...]
    notes: tuple[str, ...]
