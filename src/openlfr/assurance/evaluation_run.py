"""A whole evaluation, from folders and files to a report."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from openlfr import __version__
from openlfr.assurance.acquisition import Acquisition, Specimen, TemplateCache
from openlfr.assurance.dataset import (
    Dataset,
    LabelledPicture,
    is_named,
    read_corrections,
    read_dataset,
    read_groups,
    read_names,
    read_pairs,
)
from openlfr.assurance.evaluation import (
    EvaluationError,
    ProbeSet,
    draw_watchlist,
    enrolment_failures,
    measure,
    over_draws,
    searched,
    size_band,
)
from openlfr.assurance.judging import Terms
from openlfr.assurance.report import DataUsed, EvaluationReport, Machine, SearchResult, Verification
from openlfr.assurance.searches import Watchlist
from openlfr.assurance.verification import verification
from openlfr.enrolment.enrol import REFERENCE_QUALITY_FLOOR, NotEnrolledReason
from openlfr.matching.decision import DLIB_RULE
from openlfr.matching.threshold import ThresholdError
from openlfr.node.recognition import chosen_threshold, fusion_rule
from openlfr.policy.certificates import MatchingSetup
from openlfr.vision.models import Models

USUAL_SIZE = 1000
USUAL_FPIRS = (0.01, 0.003, 0.001)
MOST_REDUCED = 200
"""Mated probes reduced to each size: enough for an interval of a few percent, and each is found anew."""

OnStage = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class EvaluationOrder:
    """What to evaluate. `sizes` empty: 1,000, or half of the people where they are fewer."""

    dataset: Path
    corrections: tuple[Path, ...] = ()
    groups: tuple[Path, ...] = ()
    sizes: tuple[int, ...] = ()
    fpirs: tuple[float, ...] = USUAL_FPIRS
    probes: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    pairs: Path | None = None
    eye_px: tuple[float, ...] = ()
    seed: int = 0
    draws: int = 0
    resamples: int = 1000


def evaluate(
    order: EvaluationOrder, models: Models, cache: TemplateCache | None, *, now: datetime, on_stage: OnStage
) -> EvaluationReport:
    """Measure what was ordered. Files are read and checked before the long part begins.

    Raises DatasetError or EvaluationError when the data does not allow it, InferenceError when the models fail.
    """
    _check(order)
    corrections = read_corrections(order.corrections)
    groups = read_all_groups(order.groups)
    named = [(path.stem, read_names(path)) for path in order.lists]
    dataset = read_dataset(order.dataset, corrections)
    extra = [read_dataset(folder, corrections) for folder in order.probes]
    for name, names in named:
        if not any(is_named(picture, names) for picture in dataset.pictures):
            raise EvaluationError(f"The list {name} names none of the pictures of {dataset.name}; check the names.")
    pairs = [] if order.pairs is None else read_pairs(order.pairs, dataset)

    rule = None if models.second_opinion is None else DLIB_RULE
    terms = Terms(order.fpirs, order.seed, REFERENCE_QUALITY_FLOOR, rule, order.resamples)
    acquisition = Acquisition(models, cache)
    references = _acquired(acquisition, dataset, on_stage)
    probes = [(data, _acquired(acquisition, data, on_stage)) for data in extra]
    verified = _verified(references, pairs, terms)

    def default_threshold(size: int, fpir: float) -> float | None:
        try:
            return chosen_threshold(models, size, target_fpir=fpir).value
        except ThresholdError:
            return None

    searches: list[SearchResult] = []
    sizes = order.sizes or (_usual_size(references),)
    for number, size in enumerate(sizes):
        on_stage("Searching watchlists", number, len(sizes))
        main = ProbeSet(dataset.name, tuple(references), dataset.relatives)
        watchlist = draw_watchlist(references, references, size, terms)
        result = measure(watchlist, main, terms, default_threshold=default_threshold, groups=groups)
        if order.draws:
            on_stage("Drawing other watchlists", number, len(sizes))
            result = replace(result, over_draws=over_draws(references, main, size, order.draws, terms))
        searches.append(_with_sizes(result, acquisition, watchlist, main, terms, order.eye_px, on_stage))
        points = result.points_without_relatives or result.points
        given = [
            (f"{dataset.name}'s for {point.label}", point.threshold)
            for point in points
            if point.label.startswith("FPIR")
        ]
        for data, specimens in probes:
            shared = {specimen.person for specimen in references} & {specimen.person for specimen in specimens}
            against = draw_watchlist(references, specimens, size, terms) if shared else watchlist
            others = ProbeSet(data.name, tuple(specimens), data.relatives)
            searches.append(
                measure(against, others, terms, default_threshold=default_threshold, groups=groups, given=given)
            )
        for name, names in named:
            listed = [specimen for specimen in references if is_named(specimen.picture, names)]
            rest = [specimen for specimen in references if not is_named(specimen.picture, names)]
            subset = ProbeSet(name, tuple(listed), dataset.relatives)
            against = draw_watchlist(rest, listed, size, terms)
            searches.append(measure(against, subset, terms, default_threshold=default_threshold, given=given))
    on_stage("Searching watchlists", len(sizes), len(sizes))
    return EvaluationReport(
        version=__version__,
        made_at=now,
        setup=MatchingSetup(models.identity, models.execution.precision.value, fusion_rule(models)),
        machine=Machine(processor_name(), os.cpu_count() or 1, models.execution.runtime),
        seed=order.seed,
        quality_floor=terms.floor,
        data=tuple(used(data) for data in (dataset, *extra)),
        enrolment=enrolment_failures(references, terms.floor),
        verification=verified,
        searches=tuple(searches),
        notes=_notes(references, searches),
    )


def read_all_groups(paths: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Groups of several files together. Raises DatasetError."""
    groups: dict[str, dict[str, str]] = {}
    for path in paths:
        for attribute, members in read_groups(path).items():
            groups.setdefault(attribute, {}).update(members)
    return groups


def _check(order: EvaluationOrder) -> None:
    if not order.fpirs or any(not 0 < fpir < 1 for fpir in order.fpirs):
        raise EvaluationError("Target FPIRs lie between 0 and 1, such as 0.001.")
    if any(size < 1 for size in order.sizes):
        raise EvaluationError("A watchlist has at least one person: give a --watchlist-size above 0.")
    if order.draws < 0:
        raise EvaluationError("The number of other draws cannot be negative.")
    if any(not eye_px >= 1 for eye_px in order.eye_px):
        raise EvaluationError("The distance between the eyes is at least 1 pixel: give another --eye-px.")


def _acquired(acquisition: Acquisition, dataset: Dataset, on_stage: OnStage) -> list[Specimen]:
    return acquisition.of(dataset.pictures, lambda done, total: on_stage(f"Templates of {dataset.name}", done, total))


def _verified(
    references: Sequence[Specimen], pairs: Sequence[tuple[LabelledPicture, LabelledPicture, bool]], terms: Terms
) -> Verification | None:
    if not pairs:
        return None
    by_name = {specimen.name: specimen for specimen in references}
    fmrs = tuple(sorted(terms.fpirs, reverse=True))
    return verification([(by_name[a.name], by_name[b.name], same) for a, b, same in pairs], fmrs, terms)


def _usual_size(references: Sequence[Specimen]) -> int:
    return max(min(USUAL_SIZE, len({specimen.person for specimen in references}) // 2), 1)


def _with_sizes(
    result: SearchResult,
    acquisition: Acquisition,
    watchlist: Watchlist,
    probes: ProbeSet,
    terms: Terms,
    sizes: Sequence[float],
    on_stage: OnStage,
) -> SearchResult:
    """The result with the reduced probes' bands: the same probes, drawn by the seed, at every size."""
    if not sizes:
        return result
    mated, _ = searched(watchlist, probes, terms)
    whole = [search.probe for search in mated if search.probe.eye_px is not None and search.probe.eye_px >= max(sizes)]
    drawn = np.random.default_rng(terms.seed).permutation(len(whole))[:MOST_REDUCED]
    chosen = [whole[int(number)] for number in drawn]
    if not chosen:
        raise EvaluationError(f"No probe has {max(sizes):g} pixels between the eyes: give smaller --eye-px.")
    bands = []
    for number, eye_px in enumerate(sorted(sizes, reverse=True)):
        on_stage("Reducing pictures", number, len(sizes))
        reduced = acquisition.reduced(chosen, eye_px)
        bands.append(size_band(watchlist, reduced, eye_px, result.stage_threshold, terms))
    on_stage("Reducing pictures", len(sizes), len(sizes))
    return replace(result, by_size=tuple(bands))


def used(data: Dataset) -> DataUsed:
    """What a report says of a data set."""
    return DataUsed(data.name, len(data.pictures), len(data.by_person()), len(data.left_out), data.digest)


def _notes(references: Sequence[Specimen], searches: Sequence[SearchResult]) -> tuple[str, ...]:
    unclear = sum(specimen.failure is NotEnrolledReason.SEVERAL_FACES for specimen in references)
    most = max(search.non_mated for search in searches)
    return (
        "Single still pictures, one of each person enrolled: nothing is said of moving cameras, crowds or passages.",
        f"The largest test has {most:,} searches for people not on the list: rarer rates are extrapolated.",
        f"{unclear:,} pictures show several faces of one size; their label may mean any, so they are left out.",
        "It speaks for pictures and people like these: whoever deploys measures on their own cameras and public.",
    )


def processor_name() -> str:
    """As the kernel calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
