"""A whole calibration, from folders to a report, a pack's calibration file and threshold certificates."""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from openlfr import __version__
from openlfr.assurance.acquisition import Acquisition, Specimen, TemplateCache
from openlfr.assurance.calibration import (
    FittedTail,
    GroupTail,
    compare_people,
    compare_sets,
    fitted,
    group_tails,
    measured_growth,
    one_each,
)
from openlfr.assurance.certificate import IssuedCertificate
from openlfr.assurance.dataset import Dataset, read_corrections, read_dataset
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.evaluation_run import OnStage, processor_name, read_all_groups, used
from openlfr.assurance.judging import Terms
from openlfr.assurance.report import CalibrationReport, DataUsed, GroupThreshold, Machine, SizeThreshold, Tail
from openlfr.assurance.searches import Watchlist
from openlfr.enrolment.enrol import REFERENCE_QUALITY_FLOOR
from openlfr.matching.decision import DLIB_RULE
from openlfr.matching.threshold import Calibration
from openlfr.node.recognition import fusion_rule
from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate
from openlfr.policy.identifiers import CertificateId
from openlfr.vision.models import Models

GROWTH_SIZES = (100, 300, 1_000, 3_000, 10_000)


@dataclass(frozen=True, slots=True)
class CalibrationOrder:
    """What to calibrate. `probes` are further people, compared with those of the data set to learn of groups; with
    `every_group`, certificates keep the worst group to the target as well."""

    dataset: Path
    targets: tuple[float, ...]
    sizes: tuple[int, ...]
    corrections: tuple[Path, ...] = ()
    groups: tuple[Path, ...] = ()
    probes: tuple[Path, ...] = ()
    every_group: bool = False
    valid_for: timedelta = timedelta(days=365)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CalibrationOutcome:
    """The report, what the pack's calibration file holds, and certificates still to be signed."""

    report: CalibrationReport
    calibration: Calibration
    certificates: tuple[IssuedCertificate, ...]


def calibrate(
    order: CalibrationOrder, models: Models, cache: TemplateCache | None, *, now: datetime, on_stage: OnStage
) -> CalibrationOutcome:
    """Measure what was ordered.

    Raises DatasetError or EvaluationError when the data does not allow it, InferenceError when the models fail.
    """
    _check(order)
    corrections = read_corrections(order.corrections)
    groups = read_all_groups(order.groups)
    dataset = read_dataset(order.dataset, corrections)
    extra = [read_dataset(folder, corrections) for folder in order.probes]
    rule = None if models.second_opinion is None else DLIB_RULE
    terms = Terms(order.targets, order.seed, REFERENCE_QUALITY_FLOOR, rule)
    acquisition = Acquisition(models, cache)

    def acquired_of(data: Dataset) -> list[Specimen]:
        return acquisition.of(data.pictures, lambda done, total: on_stage(f"Templates of {data.name}", done, total))

    references = acquired_of(dataset)
    people = one_each(references, terms.floor, dataset.relatives)
    steps = 2 + len(extra)
    on_stage("Comparing people", 0, steps)
    comparisons = compare_people(people, terms)
    made_of = (
        f"{comparisons.total} comparisons of single pictures of {len(people)} different people of {dataset.name}"
        f"{', twins and siblings left out' if dataset.relatives else ''}"
    )
    tail = fitted(comparisons, order.seed, made_of)
    tails = group_tails(comparisons, tail, people, groups, order.seed)
    watchlist = Watchlist(people, rule)
    for number, data in enumerate(extra, 1):
        on_stage("Comparing people", number, steps)
        probes = one_each(acquired_of(data), terms.floor)
        compared = compare_sets(probes, watchlist, terms)
        tails += group_tails(compared, fitted(compared, order.seed), probes, groups, order.seed)
    setup = MatchingSetup(models.identity, models.execution.precision.value, fusion_rule(models))
    sizes = [
        _size(tail, tails, target, size)
        for target in sorted(order.targets, reverse=True)
        for size in sorted(order.sizes)
    ]
    on_stage("Comparing people", steps - 1, steps)
    growth_threshold = min(sizes, key=lambda each: (each.target_fpir, each.watchlist)).threshold
    growth = measured_growth(
        tail.calibration, references, dataset.relatives, (*GROWTH_SIZES, *order.sizes), growth_threshold, terms
    )
    on_stage("Comparing people", steps, steps)
    measured_on = tuple(used(each) for each in (dataset, *extra))
    report = CalibrationReport(
        version=__version__,
        made_at=now,
        setup=setup,
        machine=Machine(processor_name(), os.cpu_count() or 1, models.execution.runtime),
        seed=order.seed,
        quality_floor=terms.floor,
        data=measured_on,
        tail=Tail(
            **asdict(tail.calibration),
            people=len(people),
            comparisons=comparisons.total,
            exceedances=len(comparisons.score),
        ),
        sizes=tuple(sizes),
        growth_threshold=growth_threshold,
        growth=tuple(growth),
        notes=not_covered(measured_on),
    )
    certificates = tuple(_certificate(size, setup, made_of, measured_on, order, now) for size in sizes)
    return CalibrationOutcome(report, tail.calibration, certificates)


def calibration_file(calibration: Calibration) -> bytes:
    """As `matching.threshold.parse_calibration` reads it."""
    rounded = {
        name: round(value, 5) if isinstance(value, float) else value for name, value in asdict(calibration).items()
    }
    return json.dumps(rounded, ensure_ascii=False).encode()


def not_covered(data: Sequence[DataUsed]) -> tuple[str, ...]:
    """What no calibration on pictures can say."""
    names = ", ".join(each.name for each in data)
    return (
        f"Pictures unlike those of {names}: other cameras, light, distance, masks, and passages of several shots.",
        "Children, and groups of people that the data does not hold or holds too few of.",
        "Twins and siblings of people on the list.",
        "Another model pack, precision, fusion rule or longer watchlist: each needs a certificate of its own.",
    )


def _check(order: CalibrationOrder) -> None:
    if not order.targets or any(not 0 < target < 1 for target in order.targets):
        raise EvaluationError("A target FPIR lies between 0 and 1: give --target-fpir, such as 0.001.")
    if not order.sizes or any(size < 1 for size in order.sizes):
        raise EvaluationError("A watchlist has at least one person: give --watchlist-size, such as 1000.")
    if order.every_group and not order.groups:
        raise EvaluationError("A certificate for every group needs to know the groups: give --groups.")


def _size(tail: FittedTail, tails: Sequence[GroupTail], target: float, size: int) -> SizeThreshold:
    threshold, interval = tail.threshold_at(target, size)
    of_groups = tuple(group.at(threshold, target, size) for group in tails)
    every = max([interval.high, *(group.threshold_high for group in of_groups)]) if of_groups else None
    return SizeThreshold(size, target, threshold, interval.low, interval.high, of_groups, every)


def _certificate(
    size: SizeThreshold,
    setup: MatchingSetup,
    made_of: str,
    data: tuple[DataUsed, ...],
    order: CalibrationOrder,
    now: datetime,
) -> IssuedCertificate:
    lowest = size.for_every_group if order.every_group and size.for_every_group is not None else size.high
    basis = hashlib.sha256(f"{setup}{made_of}{lowest}{now.isoformat()}".encode()).hexdigest()[:8]
    issued = now.replace(microsecond=0)
    return IssuedCertificate(
        certificate=ThresholdCertificate(
            certificate=CertificateId(f"{setup.precision}-{setup.fusion_rule}-{size.watchlist}-{basis}"),
            setup=setup,
            # Rounded up, to what people read and type.
            lowest_threshold=math.ceil(lowest * 1000) / 1000,
            target_fpir=size.target_fpir,
            smallest_watchlist=1,
            largest_watchlist=size.watchlist,
            issued_at=issued,
            expires_at=issued + order.valid_for,
        ),
        measured=size,
        made_of=made_of,
        data=data,
        findings=_findings(size, order.every_group),
        not_covered=not_covered(data),
    )


def _findings(size: SizeThreshold, every_group: bool) -> tuple[str, ...]:
    sentences = [_threshold_sentence(size)]
    if not size.groups:
        return (*sentences, "Groups of people were not measured: nothing is known of differences between them.")
    worse = [group for group in size.groups if group.worse]
    sentences += [_worse_sentence(group, size.threshold) for group in worse]
    if not worse:
        highest = max(group.fpir_high for group in size.groups)
        sentences.append(
            "No group measured was worse than all together by more than its interval allows; the intervals reach up to "
            f"{highest:.2g}."
        )
    if size.for_every_group is not None:
        certified = "it is the one certified" if every_group else "it is offered, and not required"
        sentences.append(f"{size.for_every_group:.3f} keeps every group measured to the target; {certified}.")
    return tuple(sentences)


def _threshold_sentence(size: SizeThreshold) -> str:
    return (
        f"A false positive rate of {size.target_fpir:g} at {size.watchlist:,} people needs a threshold of "
        f"{size.threshold:.3f} ({size.low:.3f} to {size.high:.3f}, 95%); the upper end is on the safe side."
    )


def _worse_sentence(group: GroupThreshold, threshold: float) -> str:
    return (
        f"Worse for {group.group} ({group.attribute}): a false positive rate of {group.fpir:.2g} ({group.fpir_low:.2g} "
        f"to {group.fpir_high:.2g}) at {threshold:.3f}; {group.threshold_high:.3f} keeps this group to the target."
    )
