"""A whole simulation: who walks and who is listed, drawn from labelled pictures; reels of walks; a report that says it
is simulated."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from openlfr import __version__
from openlfr.assurance.acquisition import Specimen
from openlfr.assurance.dataset import Dataset, LabelledPicture, read_corrections, read_dataset
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.evaluation_run import OnStage, processor_name, used
from openlfr.assurance.ground_truth import ground_truth_csv
from openlfr.assurance.report import Machine
from openlfr.assurance.video_playing import Clip
from openlfr.assurance.video_report import VideoReport
from openlfr.assurance.video_run import (
    DEFAULT_DECISION,
    Decision,
    EnrolledList,
    PlayedFile,
    Side,
    enrolled,
    file_digest,
    measured_run,
    notes,
)
from openlfr.assurance.walk_past import WalkPastSource, plan_digest, walk_pasts
from openlfr.capture.file_names import shown
from openlfr.capture.looped import Looped
from openlfr.capture.pictures import PictureError, read_picture
from openlfr.capture.source import Source, Timing, UnusableSourceError
from openlfr.capture.sources import open_source
from openlfr.capture.sprites import Head
from openlfr.enrolment.enrol import REFERENCE_QUALITY_FLOOR
from openlfr.enrolment.stills import StillDetector, prominent_faces
from openlfr.vision.models import Models

WALKS_A_REEL = 25
"""So many walks are one clip: what an interruption costs at the most."""


@dataclass(frozen=True, slots=True)
class SimulationOrder:
    """What to simulate: `passages` by `walkers` people of `people`, half of them on each list, over `streets`; lists of
    `sizes`, filled up from the rest of `people`, then from `distractors`."""

    people: Path
    streets: tuple[Path, ...]
    sizes: tuple[int, ...]
    passages: int = 1000
    walkers: int = 500
    distractors: tuple[Path, ...] = ()
    corrections: tuple[Path, ...] = ()
    seed: int = 0
    decision: Decision = DEFAULT_DECISION


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the reference pictures of the walkers who are listed, and each walk's person and picture, in order."""

    listed: tuple[LabelledPicture, ...]
    walks: tuple[LabelledPicture, ...]


def simulate(
    order: SimulationOrder, side: Side, played: PlayedFile | None, *, now: datetime, on_stage: OnStage
) -> tuple[VideoReport, bytes]:
    """Measure what was ordered; the report, and the ground truth as a CSV file.

    Raises DatasetError, ThresholdError or EvaluationError when the data does not allow it, InferenceError when the
    models fail.
    """
    _check(order)
    corrections = read_corrections(order.corrections)
    dataset = read_dataset(order.people, corrections)
    distractors = [read_dataset(folder, corrections) for folder in order.distractors]
    streets = [street(path) for path in order.streets]
    cast = drawn_cast(dataset, order.passages, order.walkers, np.random.default_rng((order.seed, 1)))
    lists = _lists(order, cast, dataset, distractors, side, on_stage)
    clips = reels(cast, streets, Heads(side.models, cast), order.seed)
    runs = tuple(
        measured_run(each, clips, side, order.decision, played, slack_s=0.0, on_stage=on_stage) for each in lists
    )
    truth = ground_truth_csv({clip.name: clip.truth for clip in clips})
    names = ", ".join(path.stem for path in order.streets)
    composed = tuple(f"The list of {each.name}." for each in lists)
    report = VideoReport(
        version=__version__,
        made_at=now,
        setup=side.setup,
        machine=Machine(processor_name(), os.cpu_count() or 1, side.models.execution.runtime),
        seed=order.seed,
        quality_floor=REFERENCE_QUALITY_FLOOR,
        smallest_face_px=order.decision.smallest_face_px,
        simulated=(
            f"{order.passages:,} passages of {order.walkers:,} people of {dataset.name}: heads cut out of their "
            f"pictures, growing, turning and blurred along a path over {names}. There are no bodies, masks or glasses, "
            "and the faces are photographs, so this compares settings and says little about a street."
        ),
        data=tuple(used(each) for each in (dataset, *distractors)),
        truth_sha256=hashlib.sha256(truth).hexdigest(),
        runs=runs,
        notes=(*notes(runs[0]), *composed, "False alerts on the people who truly walk in the footage count as well."),
    )
    return report, truth


def drawn_cast(dataset: Dataset, passages: int, walkers: int, rng: np.random.Generator) -> Cast:
    """Half of the walkers are listed with their first picture and walk with their others; the other half walk with any.
    People walk in turn, so that passages differ by one a person at the most; twins and siblings are left out.

    Raises EvaluationError when the people or their pictures are too few.
    """
    by_person = {
        person: pictures for person, pictures in dataset.by_person().items() if person not in dataset.relatives
    }
    several = [person for person, pictures in by_person.items() if len(pictures) > 1]
    listed = [several[int(number)] for number in rng.permutation(len(several))[: walkers // 2]]
    on_list = frozenset(listed)
    rest = [person for person in by_person if person not in on_list]
    strangers = [rest[int(number)] for number in rng.permutation(len(rest))[: walkers - walkers // 2]]
    if len(listed) + len(strangers) < walkers:
        raise EvaluationError(
            f"{walkers:,} people cannot walk: {dataset.name} has {len(several):,} with two pictures or more for the "
            f"half that is listed, and {len(by_person):,} in all; give fewer --walkers."
        )
    turns = [person for pair in zip(listed, strangers, strict=False) for person in pair] + strangers[len(listed) :]
    walks = []
    for number in range(passages):
        person = turns[number % walkers]
        pictures = by_person[person][1:] if person in on_list else by_person[person]
        walks.append(pictures[number // walkers % len(pictures)])
    return Cast(tuple(by_person[person][0] for person in listed), tuple(walks))


def _lists(
    order: SimulationOrder, cast: Cast, dataset: Dataset, distractors: Sequence[Dataset], side: Side, on_stage: OnStage
) -> list[EnrolledList]:
    """A list of each size: the walkers who are listed, then others. Nobody who walks unlisted is on any."""
    walking = {picture.person for picture in cast.walks}
    by_person = dataset.by_person()
    others = [pictures[0] for person, pictures in by_person.items() if person not in walking]
    more = [
        replace(picture, person=f"{picture.person} as picture {number}")
        for person, pictures in by_person.items()
        if person not in walking
        for number, picture in enumerate(pictures[1:], 2)
    ]
    kinds = [(f"of {dataset.name}", [*cast.listed, *others])]
    kinds += [(f"of {each.name}", _one_each(each)) for each in distractors]
    kinds.append((f"further pictures of people of {dataset.name} who do not walk, as if of others", more))
    found: list[EnrolledList] = []
    usable: list[EnrolledList] = []
    for size in sorted(order.sizes):
        while sum(len(each.specimens) for each in usable) < size:
            kinds = [(name, pictures) for name, pictures in kinds if pictures]
            if not kinds:
                raise EvaluationError(f"The pictures given make no list of {size:,}: add --distractors.")
            name, pictures = kinds.pop(0)
            usable.append(enrolled(name, pictures, side, on_stage))
        left = size
        parts: list[str] = []
        specimens: list[Specimen] = []
        for each in usable:
            part = each.specimens[:left]
            if part:
                parts.append(f"{len(part):,} {each.name}")
            specimens += part
            left -= len(part)
        found.append(EnrolledList(f"{size:,}: {', '.join(parts)}", tuple(specimens), size))
    return found


def _one_each(dataset: Dataset) -> list[LabelledPicture]:
    """Named after their data set, so that nobody there is taken for somebody of another one."""
    return [
        replace(pictures[0], person=f"{dataset.name}: {person}") for person, pictures in dataset.by_person().items()
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """A recording without end that heads walk over, and its file's SHA-256."""

    source: Source
    sha256: str


def street(path: Path) -> Street:
    """Raises EvaluationError when it cannot be read or is no recording."""
    try:
        source = open_source(str(path))
        if source.timing is not Timing.RECORDED:
            raise EvaluationError(f"{shown(path)} is no recording; heads walk over recordings.")
        return Street(Looped(source), file_digest(path))
    except UnusableSourceError as error:
        raise EvaluationError(str(error)) from error
    except OSError as error:
        raise EvaluationError(f"{shown(path)} cannot be read: {error.strerror}.") from error


class Heads:
    """Cuts heads out of the walkers' pictures, one when it is asked for."""

    def __init__(self, models: Models, cast: Cast) -> None:
        self._detector = StillDetector(models.detector_session)
        self._pictures = {picture.name: picture for picture in cast.walks}

    def of(self, name: str) -> Head:
        """See HeadOf."""
        try:
            picture = read_picture(self._pictures[name].reference.path, name=name)
        except PictureError as error:
            raise UnusableSourceError(str(error)) from error
        height, width = picture.shape[:2]
        found = prominent_faces(self._detector.detect(picture), width, height)
        if found is None:
            raise UnusableSourceError(f"The picture {name} shows no face to walk with; leave it out of the data.")
        left, top, right, bottom = found.main.box.pixels(width, height)
        return Head.cut_out(picture, (left, top, right, bottom))


def reels(cast: Cast, streets: Sequence[Street], heads: Heads, seed: int) -> list[Clip]:
    """The walks in clips of a few, each over the next street; nothing is drawn before a clip is opened."""
    found = []
    for start in range(0, len(cast.walks), WALKS_A_REEL):
        number = start // WALKS_A_REEL
        pictures = cast.walks[start : start + WALKS_A_REEL]
        walkers = [(picture.person, picture.name) for picture in pictures]
        walks = walk_pasts(walkers, np.random.default_rng((seed, 2, number)))
        over = streets[number % len(streets)]
        digest = plan_digest(walks, over.sha256, [picture.sha256 for picture in pictures])
        name = f"simulated reel {number + 1}"
        source = WalkPastSource(name, walks, over.source, heads.of)
        found.append(Clip(name, digest, source, tuple(walk.truth() for walk in walks)))
    return found


def _check(order: SimulationOrder) -> None:
    if not order.streets:
        raise EvaluationError("Name at least one clip of a street for them to walk over.")
    if order.passages < 1 or order.walkers < 2:
        raise EvaluationError("A simulation needs at least one passage and two walkers, one listed and one not.")
    if order.walkers > order.passages:
        raise EvaluationError("There are more walkers than passages: give more --passages or fewer --walkers.")
    if not order.sizes or min(order.sizes) < order.walkers // 2:
        raise EvaluationError("A watchlist must hold the listed half of the walkers: give larger --watchlist-size.")
