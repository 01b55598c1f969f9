"""An open-set test: who is enrolled, who is searched for, and what is counted.

One picture of each person drawn is enrolled, the first that can be. Their other pictures are mated probes; the first
picture of everybody else is a non-mated one, so that non-mated searches are of different people and independent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openlfr.assurance.acquisition import Specimen, failures
from openlfr.assurance.error_rates import (
    det_curve,
    threshold_at,
    true_positives,
)
from openlfr.assurance.fairness import FNIR, FPIR, FTA, Groups, by_group
from openlfr.assurance.identification import fpir_scaled
from openlfr.assurance.intervals import Interval, Proportion
from openlfr.assurance.judging import Judge, Terms
from openlfr.assurance.report import (
    Band,
    Curve,
    Extrapolated,
    FailureCounts,
    FalsePositive,
    GroupResult,
    Histogram,
    Miss,
    Point,
    SearchResult,
    Spread,
)
from openlfr.assurance.searches import Search, Watchlist, acquired, hits, tops
from openlfr.assurance.tail import MIN_EXCEEDANCES, fit_tail, threshold_interval
from openlfr.enrolment.enrol import NotEnrolledReason

FORCES_FPIR, FORCES_SIZE = 1 / 60_000, 1_000
"""The false positive rate that the published test of the system in use by forces found, at that watchlist size; at ten
times the size it found ten times the rate, which is the same rate of a single comparison."""

QUALITY_BANDS = (0.0, 25.0, 50.0, 70.0, 85.0, 95.0)
WORST_CASES = 40
TAIL_SHARE = 0.05
_CURVE_POINTS = 120
_BINS = np.linspace(-0.4, 1.0, 71)
_LOW_QUALITY = "quality too low"

DefaultThreshold = Callable[[int, float], float | None]
"""The threshold a user of this model pack gets for a watchlist size and a target FPIR; None without a calibration."""


class EvaluationError(Exception):
    """The data does not allow the evaluation asked for; the message says why and what would."""


@dataclass(frozen=True, slots=True, eq=False)
class ProbeSet:
    """Probes under one name. Searches of enrolled people's `relatives` are counted with and without."""

    name: str
    specimens: tuple[Specimen, ...]
    relatives: frozenset[str] = frozenset()


def draw_watchlist(references: Sequence[Specimen], probes: Sequence[Specimen], size: int, terms: Terms) -> Watchlist:
    """`size` people drawn by the seed, first of all those for whom there is a mated probe, each with the first picture
    that can be enrolled. Raises EvaluationError."""
    probe_names: dict[str, set[str]] = {}
    for probe in probes:
        if probe.failure is not NotEnrolledReason.SEVERAL_FACES:
            probe_names.setdefault(probe.person, set()).add(probe.name)
    first: dict[str, Specimen] = {}
    for reference in references:
        if acquired(reference, terms.floor):
            first.setdefault(reference.person, reference)
    with_mate = sorted(person for person, entry in first.items() if probe_names.get(person, set()) - {entry.name})
    without = sorted(first.keys() - set(with_mate))
    if not with_mate:
        raise EvaluationError(
            "Nobody can be both enrolled and searched for: the data needs people with at least two usable pictures."
        )
    if size > len(first) - 1:
        raise EvaluationError(
            f"A watchlist of {size:,} needs more than {size:,} people, so that somebody is left who is not on it; "
            f"there are {len(first):,} who can be enrolled. Ask for fewer with --watchlist-size."
        )
    rng = np.random.default_rng(terms.seed)
    order = [*rng.permutation(with_mate), *rng.permutation(without)]
    return Watchlist([first[str(person)] for person in order[:size]], terms.rule)


def measure(
    watchlist: Watchlist,
    probes: ProbeSet,
    terms: Terms,
    *,
    default_threshold: DefaultThreshold,
    groups: Groups | None = None,
    given: Sequence[tuple[str, float]] = (),
) -> SearchResult:
    """Search for every probe and count. `given` are thresholds set elsewhere, each with a label, to count at too.

    Probes that show several faces of about the same size are left out, since their label may mean any of them.
    Raises EvaluationError when the non-mated probes are too few for any of the rates, and no threshold is given.
    """
    size = len(watchlist.enrolled)
    mated, non_mated = searched(watchlist, probes, terms)
    apart = [search for search in non_mated if search.probe.person not in probes.relatives]
    fixed = [*given, *_default_points(size, terms, default_threshold)]
    judge = Judge(mated, terms)
    points = judge.points(non_mated, fixed)
    points_apart = judge.points(apart, fixed)
    rank_one = Proportion(sum(search.hit_score > -np.inf for search in mated), len(mated))
    if not points_apart:
        raise EvaluationError(
            f"{probes.name} has {len(apart):,} people who are not on the watchlist of {size:,}, too few to show a rate "
            f"of {max(terms.fpirs):g}: ask for a shorter list or a higher --fpir."
        )
    stage_threshold = given[-1][1] if given else points_apart[-1].threshold
    return SearchResult(
        probes=probes.name,
        watchlist=size,
        mated=len(mated),
        mated_people=len({search.probe.person for search in mated}),
        non_mated=len(non_mated),
        failed_probes=_failed(mated, non_mated, terms.floor),
        rank_one=judge.rate(rank_one, lambda scores: float((scores > -np.inf).mean())),
        points=points,
        points_without_relatives=points_apart if len(apart) < len(non_mated) else (),
        extrapolated=_extrapolated(judge, apart, size, terms),
        curve=_curve(hits(mated), tops(apart)) if mated and apart else None,
        histogram=_histogram(mated, apart),
        by_quality=_by_quality(terms, mated, stage_threshold),
        by_size=(),
        over_draws=(),
        stage_threshold=stage_threshold,
        stages=_stages(mated, stage_threshold, terms.floor),
        misses=_misses(mated, stage_threshold, terms.floor),
        false_positives=_false_positives(non_mated, stage_threshold, probes.relatives),
        groups=_groups(mated, apart, groups or {}, points_apart, _own_label(min(terms.fpirs)), terms.floor),
    )


def searched(watchlist: Watchlist, probes: ProbeSet, terms: Terms) -> tuple[list[Search], list[Search]]:
    """Mated and non-mated searches: all pictures of those enrolled but the one enrolled, whichever set it is from, and
    the first of each other person."""
    names = {specimen.name for specimen in watchlist.enrolled}
    mated: list[Specimen] = []
    first: dict[str, Specimen] = {}
    for probe in probes.specimens:
        if probe.failure is NotEnrolledReason.SEVERAL_FACES:
            continue
        if probe.person not in watchlist.people:
            first.setdefault(probe.person, probe)
        elif probe.name not in names:
            mated.append(probe)
    both = watchlist.search([*mated, *first.values()], terms.floor)
    return both[: len(mated)], both[len(mated) :]


def over_draws(
    references: Sequence[Specimen], probes: ProbeSet, size: int, draws: int, terms: Terms
) -> tuple[Spread, ...]:
    """TPIR at each target FPIR over so many other draws of who is enrolled, relatives left out: how much of a figure is
    the luck of the draw."""
    found: dict[float, list[float]] = {fpir: [] for fpir in sorted(terms.fpirs, reverse=True)}
    for number in range(draws):
        drawn = replace(terms, seed=terms.seed + 1 + number)
        watchlist = draw_watchlist(references, probes.specimens, size, drawn)
        mated, non_mated = searched(watchlist, probes, drawn)
        others = tops([search for search in non_mated if search.probe.person not in probes.relatives])
        for fpir, rates in found.items():
            if fpir * others.size >= 1:
                rates.append(true_positives(hits(mated), threshold_at(others, fpir)).rate)
    return tuple(
        Spread(f"FPIR {fpir:g}", len(rates), float(np.mean(rates)), min(rates), max(rates))
        for fpir, rates in found.items()
        if rates
    )


def size_band(watchlist: Watchlist, probes: Sequence[Specimen], eye_px: float, threshold: float, terms: Terms) -> Band:
    """How many of these mated probes, reduced to so many pixels between the eyes, are still found."""
    found = watchlist.search(probes, terms.floor)
    judge = Judge(found, terms)
    qualities = [probe.quality for probe in probes if probe.quality is not None]
    return Band(
        f"{eye_px:g} px between the eyes", judge.tpir(threshold), float(np.mean(qualities)) if qualities else None
    )


def _default_points(size: int, terms: Terms, default_threshold: DefaultThreshold) -> list[tuple[str, float]]:
    """Thresholds of the model pack's own calibration: for each target, and for what forces' system was tested at."""
    wanted = [(_own_label(fpir), fpir) for fpir in sorted(terms.fpirs, reverse=True)]
    wanted.append((_forces_label(size), fpir_scaled(FORCES_FPIR, FORCES_SIZE, size)))
    points = [(label, default_threshold(size, fpir)) for label, fpir in wanted]
    return [(label, threshold) for label, threshold in points if threshold is not None]


def _own_label(fpir: float) -> str:
    return f"the pack's own for FPIR {fpir:g}"


def _forces_label(size: int) -> str:
    return f"the pack's own for {_one_in(fpir_scaled(FORCES_FPIR, FORCES_SIZE, size))} at {size:,}"


def _one_in(rate: float) -> str:
    """1 in 60,000: to three digits, as such figures are quoted."""
    return f"1 in {float(f'{1 / rate:.3g}'):,.0f}"


def _extrapolated(judge: Judge, non_mated: Sequence[Search], size: int, terms: Terms) -> tuple[Extrapolated, ...]:
    """The threshold for the forces' rate from this test's own top scores, where they are enough for a tail."""
    scores = tops(non_mated)
    if TAIL_SHARE * scores.size < MIN_EXCEEDANCES:
        return ()
    try:
        fit = fit_tail(scores, TAIL_SHARE)
    except ValueError:
        return ()  # most probes gave no template: there is no tail to speak of
    rate = fpir_scaled(FORCES_FPIR, FORCES_SIZE, size)
    interval: Interval = threshold_interval(fit, rate, np.random.default_rng(terms.seed))
    threshold = fit.threshold_at(rate)
    label = f"{_one_in(rate)} at {size:,}"
    return (Extrapolated(label, threshold, interval.low, interval.high, judge.tpir(threshold)),)


def _curve(mated: NDArray[np.float64], non_mated: NDArray[np.float64]) -> Curve:
    full = det_curve(mated, non_mated)
    wanted = np.geomspace(1, 1 / non_mated.size, _CURVE_POINTS)
    # False positives fall as thresholds rise: the first threshold at which they are no more than wanted.
    places = np.unique(np.searchsorted(-full.false_positive, -wanted, side="left"))
    places = places[
        (places < full.threshold.size) & np.isfinite(full.threshold[np.minimum(places, full.threshold.size - 1)])
    ]
    return Curve(
        tuple(float(value) for value in full.threshold[places]),
        tuple(float(value) for value in full.false_positive[places]),
        tuple(float(value) for value in full.false_negative[places]),
    )


def _histogram(mated: Sequence[Search], non_mated: Sequence[Search]) -> Histogram:
    mates = np.array([np.nan if search.mate_score is None else search.mate_score for search in mated])
    others = tops(non_mated)
    counts = [np.histogram(scores[np.isfinite(scores)], _BINS)[0] for scores in (mates, others)]
    first, second = (tuple(int(count) for count in each) for each in counts)
    return Histogram(tuple(round(float(edge), 3) for edge in _BINS), first, second)


def _by_quality(terms: Terms, mated: Sequence[Search], threshold: float) -> tuple[Band, ...]:
    bands = []
    edges = [*QUALITY_BANDS, 100.0]
    for low, high in pairwise(edges):
        inside = [
            search
            for search in mated
            if search.probe.quality is not None
            and (low <= search.probe.quality < high or (high == 100 and search.probe.quality == high))
        ]
        if inside:
            rate = Judge(inside, terms).tpir(threshold)
            mean = float(np.mean([search.probe.quality for search in inside]))
            bands.append(Band(f"quality {low:g} to {high:g}", rate, mean))
    return tuple(bands)


def _stage(search: Search, threshold: float, floor: float) -> str:
    """Where a mated search ended."""
    probe = search.probe
    if probe.failure is not None:
        return probe.failure.replace("_", " ")
    if not acquired(probe, floor):
        return _LOW_QUALITY
    if search.top_score < threshold:
        return "scored below the threshold"
    return "found" if search.hit_score >= threshold else "somebody else came first"


def _stages(mated: Sequence[Search], threshold: float, floor: float) -> dict[str, int]:
    counted: dict[str, int] = {}
    for search in mated:
        stage = _stage(search, threshold, floor)
        counted[stage] = counted.get(stage, 0) + 1
    return dict(sorted(counted.items(), key=lambda item: -item[1]))


def _misses(mated: Sequence[Search], threshold: float, floor: float) -> tuple[Miss, ...]:
    """Failures to acquire first, then by score from the lowest."""
    found = []
    for search in mated:
        stage = _stage(search, threshold, floor)
        if stage != "found":
            first = search.candidates[0] if search.candidates else None
            ahead = first.picture if first is not None and first.person_id != search.probe.person else None
            probe = search.probe
            found.append(Miss(probe.name, stage, search.mate_score, probe.quality, probe.weakest, ahead))
    found.sort(key=lambda miss: -np.inf if miss.score is None else miss.score)
    return tuple(found[:WORST_CASES])


def _false_positives(
    non_mated: Sequence[Search], threshold: float, relatives: frozenset[str]
) -> tuple[FalsePositive, ...]:
    wrong = sorted((s for s in non_mated if s.top_score >= threshold), key=lambda search: -search.top_score)
    return tuple(
        FalsePositive(
            search.probe.name,
            search.candidates[0].picture,
            search.candidates[0].score,
            search.probe.person in relatives and search.candidates[0].person_id in relatives,
        )
        for search in wrong[:WORST_CASES]
    )


def _failed(mated: Sequence[Search], non_mated: Sequence[Search], floor: float) -> FailureCounts:
    both = [search.probe for search in (*mated, *non_mated)]
    reasons: dict[str, int] = {reason.replace("_", " "): count for reason, count in failures(both).items() if count}
    low = sum(probe.failure is None and not acquired(probe, floor) for probe in both)
    return FailureCounts(len(both), reasons | ({_LOW_QUALITY: low} if low else {}))


def enrolment_failures(references: Sequence[Specimen], floor: float) -> FailureCounts:
    """Failure to enrol: what became of each person's first picture."""
    first: Mapping[str, Specimen] = {specimen.person: specimen for specimen in reversed(references)}
    tried = list(first.values())
    reasons: dict[str, int] = {reason.replace("_", " "): n for reason, n in failures(tried).items() if n}
    low = sum(specimen.failure is None and not acquired(specimen, floor) for specimen in tried)
    return FailureCounts(len(tried), reasons | ({_LOW_QUALITY: low} if low else {}))


def _groups(
    mated: Sequence[Search],
    non_mated: Sequence[Search],
    groups: Groups,
    points: Sequence[Point],
    default_label: str,
    floor: float,
) -> tuple[GroupResult, ...]:
    """FTA; and FPIR and FNIR at the most lenient of the points, with the most errors to go by, at the pack's default,
    and at the strictest."""
    if not groups:
        return ()
    results = [*by_group([*mated, *non_mated], FTA, partial(_not_acquired, floor), groups, 0.0, "any")]
    by_leniency = sorted(points, key=lambda point: point.threshold)
    default = [point for point in by_leniency if point.label == default_label]
    for point in dict.fromkeys((by_leniency[0], *default, by_leniency[-1])):
        at = point.threshold
        results += by_group(non_mated, FPIR, partial(_false_positive, at), groups, at, point.label)
        results += by_group(mated, FNIR, partial(_missed, at), groups, at, point.label)
    return tuple(results)


def _not_acquired(floor: float, search: Search) -> bool:
    return not acquired(search.probe, floor)


def _false_positive(threshold: float, search: Search) -> bool:
    return search.top_score >= threshold


def _missed(threshold: float, search: Search) -> bool:
    return search.hit_score < threshold
