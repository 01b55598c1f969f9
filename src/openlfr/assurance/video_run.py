"""A whole video evaluation, from clips, ground truth and a watchlist to a report; resumable clip by clip."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openlfr import __version__
from openlfr.assurance.acquisition import Acquisition, Specimen, TemplateCache, recipe_of
from openlfr.assurance.dataset import LabelledPicture, read_dataset
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.evaluation_run import OnStage, processor_name, used
from openlfr.assurance.ground_truth import GroundTruthError, TruePassage, read_ground_truth
from openlfr.assurance.report import Machine
from openlfr.assurance.searches import acquired
from openlfr.assurance.video_judging import SLACK_S, JudgedClip, figures, judged
from openlfr.assurance.video_playing import Clip, PlayedClip, play
from openlfr.assurance.video_report import Agreement, ClipFigures, ShadowResult, VideoReport, VideoRun
from openlfr.capture.file_names import shown
from openlfr.capture.source import UnusableSourceError
from openlfr.capture.sources import open_source
from openlfr.enrolment.enrol import REFERENCE_QUALITY_FLOOR
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.recognition import Recognition, chosen_threshold, fusion_rule
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Decision:
    """At which score an alert is raised: a threshold, or the predicted FPIR it is derived from; neither: the default.
    `smallest_face_px` is the width of the smallest face looked for."""

    threshold: float | None = None
    target_fpir: float | None = None
    smallest_face_px: float = 40.0


DEFAULT_DECISION = Decision()


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A model pack at work, and where its templates are kept between runs."""

    models: Models
    cache: TemplateCache | None

    @property
    def setup(self) -> MatchingSetup:
        return MatchingSetup(self.models.identity, self.models.execution.precision.value, fusion_rule(self.models))


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A pack in shadow mode, and its own threshold where its pack has none to derive from."""

    side: Side
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class VideoOrder:
    """What to evaluate: clips by their files, who is in them, and a folder of the people looked for."""

    clips: tuple[Path, ...]
    truth: Path
    watchlist: Path
    decision: Decision = DEFAULT_DECISION


class PlayedFile:
    """What came of clips already played, a line of JSON each, so that an interrupted run goes on. It holds who was
    named when, and no template and no picture. A line cut short by the interruption is passed over."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when it can be neither read nor made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._kept: dict[str, PlayedClip] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                document = json.loads(line)
                self._kept[str(document["key"])] = from_document(PlayedClip, document["played"])
            except (ValueError, KeyError, TypeError, DocumentError):
                continue

    def get(self, key: str) -> PlayedClip | None:
        return self._kept.get(key)

    def keep(self, key: str, played: PlayedClip) -> None:
        """Raises OSError."""
        self._kept[key] = played
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "played": to_document(played)}) + "\n")

    def finished(self) -> None:
        """Removes the file: the report says it all."""
        self._path.unlink(missing_ok=True)


def evaluate_video(
    order: VideoOrder,
    side: Side,
    played: PlayedFile | None,
    *,
    candidate: Candidate | None = None,
    now: datetime,
    on_stage: OnStage,
) -> VideoReport:
    """Measure what was ordered. Everything written by hand is read and checked before the long part begins.

    Raises GroundTruthError, DatasetError, ThresholdError or EvaluationError when it cannot be used, InferenceError when
    the models fail. A clip that cannot be played is in the report with the reason, and in no rate.
    """
    clips, truth_sha256 = _clips(order)
    dataset = read_dataset(order.watchlist)
    watchlist = enrolled(dataset.name, dataset.pictures, side, on_stage)
    run = measured_run(watchlist, clips, side, order.decision, played, candidate=candidate, on_stage=on_stage)
    if all(each.problem for each in run.clips):
        raise EvaluationError(f"No clip could be played to its end; the first: {run.clips[0].problem}")
    return VideoReport(
        version=__version__,
        made_at=now,
        setup=side.setup,
        machine=Machine(processor_name(), os.cpu_count() or 1, side.models.execution.runtime),
        seed=0,
        quality_floor=REFERENCE_QUALITY_FLOOR,
        smallest_face_px=order.decision.smallest_face_px,
        simulated="",
        data=(used(dataset),),
        truth_sha256=truth_sha256,
        runs=(run,),
        notes=notes(run),
    )


@dataclass(frozen=True, slots=True, eq=False)
class EnrolledList:
    """A watchlist's usable pictures with their templates. `tried`: how many pictures there were."""

    name: str
    specimens: tuple[Specimen, ...]
    tried: int

    @property
    def digest(self) -> str:
        """Over who is on the list with which pictures."""
        parts = [[each.name, each.person, each.picture.sha256] for each in self.specimens]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def gallery(self, models: Models) -> Gallery:
        return Gallery(
            models.dimension,
            [Entry(s.person, s.name, s.template, s.descriptor) for s in self.specimens if s.template is not None],
        )


def enrolled(name: str, pictures: Sequence[LabelledPicture], side: Side, on_stage: OnStage) -> EnrolledList:
    """The pictures that can be enrolled. Raises EvaluationError when none can, InferenceError when the models fail."""
    acquisition = Acquisition(side.models, side.cache)
    specimens = acquisition.of(pictures, lambda done, total: on_stage(f"Templates of {name}", done, total))
    usable = tuple(specimen for specimen in specimens if acquired(specimen, REFERENCE_QUALITY_FLOOR))
    if not usable:
        raise EvaluationError(f"No picture of {shown(name)} could be enrolled; each needs one clear face.")
    return EnrolledList(name, usable, len(pictures))


def measured_run(
    watchlist: EnrolledList,
    clips: Sequence[Clip],
    side: Side,
    decision: Decision,
    played: PlayedFile | None,
    *,
    candidate: Candidate | None = None,
    slack_s: float = SLACK_S,
    on_stage: OnStage,
) -> VideoRun:
    """Plays the clips against one watchlist at one threshold. Raises as `evaluate_video`."""
    gallery = watchlist.gallery(side.models)
    pictures = len(gallery)
    threshold = chosen_threshold(side.models, pictures, decision.threshold, decision.target_fpir)
    recognition = Recognition(side.models, gallery, threshold.value, cool_down_s=0.0)
    listed = frozenset(gallery.people)
    shadow = None if candidate is None else _in_shadow(candidate, watchlist, decision, on_stage)
    detector = side.models.detector(DetectorOptions(min_face_px=decision.smallest_face_px))
    terms = [
        recipe_of(side.models),
        __version__,
        watchlist.digest,
        threshold.value,
        decision.smallest_face_px,
        None if candidate is None or shadow is None else [recipe_of(candidate.side.models), shadow.threshold],
    ]
    found: list[tuple[Clip, PlayedClip, JudgedClip]] = []
    stage = f"Clips against {len(listed):,} people"
    for number, clip in enumerate(clips):
        on_stage(stage, number, len(clips))
        key = hashlib.sha256(json.dumps([*terms, clip.name, clip.sha256]).encode()).hexdigest()
        result = None if played is None else played.get(key)
        if result is None:
            result = play(clip, recognition, detector, candidate=shadow)
            if played is not None and not result.problem:
                played.keep(key, result)
        result = _held_against_its_truth(clip, result)
        alerts = () if result.problem else result.alerts
        found.append((clip, result, judged(clip.name, clip.truth, alerts, listed, slack_s)))
    on_stage(stage, len(clips), len(clips))
    recognition.wipe()
    side.models.scrub()
    if candidate is not None and shadow is not None:
        shadow.wipe()
        candidate.side.models.scrub()
    whole = [(result, verdict) for _, result, verdict in found if not result.problem]
    return VideoRun(
        people=len(listed),
        pictures=pictures,
        not_enrolled=watchlist.tried - pictures,
        threshold=threshold.value,
        threshold_explanation=threshold.explanation,
        figures=figures([verdict for _, verdict in whole], sum(result.faces_seen for result, _ in whole)),
        clips=tuple(_clip_figures(*each) for each in found),
        shadow=None
        if candidate is None or shadow is None
        else ShadowResult(
            candidate.side.setup,
            shadow.threshold,
            together([result.agreement for result, _ in whole if result.agreement is not None]),
            next((result.candidate_broke_off for result, _ in whole if result.candidate_broke_off), ""),
        ),
    )


def together(agreements: Sequence[Agreement]) -> Agreement:
    """The sums of several clips' counts."""
    return Agreement(
        same_person=sum(a.same_person for a in agreements),
        another_person=sum(a.another_person for a in agreements),
        only_authorised=sum(a.only_authorised for a in agreements),
        only_candidate=sum(a.only_candidate for a in agreements),
        neither=sum(a.neither for a in agreements),
        templates_created=sum(a.templates_created for a in agreements),
        templates_destroyed=sum(a.templates_destroyed for a in agreements),
    )


def notes(run: VideoRun) -> tuple[str, ...]:
    """What these figures do not say."""
    tried = run.figures.tpir.total + run.figures.fpir.total
    return (
        f"{tried:,} passages were noted. Intervals take them as independent: who passes twice makes them too narrow.",
        "There is no cool-down: each passage is judged by itself, and a second alert in one is counted as repeated.",
        "No frame is dropped: clips are played as fast as they can be analysed. A node that falls behind sees less.",
        "They speak for these clips, this watchlist and this threshold: whoever deploys measures on their own cameras.",
    )


def _clips(order: VideoOrder) -> tuple[list[Clip], str]:
    truth = read_ground_truth(order.truth)
    names = [path.name for path in order.clips]
    if not names:
        raise EvaluationError("Name at least one clip.")
    for name in names:
        if names.count(name) > 1:
            raise GroundTruthError(f"Two clips are called {shown(name)}, and the ground truth cannot tell them apart.")
        if name not in truth:
            raise GroundTruthError(
                f"The ground truth {shown(order.truth)} says nothing of {shown(name)}; add its passages, or a line "
                "with its name alone if nobody of the list is in it."
            )
    for name in truth:
        if name not in names:
            raise GroundTruthError(f"The ground truth {shown(order.truth)} names {shown(name)}, which was not given.")
    digest = hashlib.sha256(order.truth.read_bytes()).hexdigest()
    return [_clip(path, truth[path.name]) for path in order.clips], digest


def _clip(path: Path, truth: tuple[TruePassage, ...]) -> Clip:
    try:
        source, digest = open_source(str(path)), file_digest(path)
    except UnusableSourceError as error:
        return Clip(path.name, "", None, truth, str(error))
    except OSError as error:
        return Clip(path.name, "", None, truth, f"{shown(path)} cannot be read: {error.strerror}.")
    return Clip(path.name, digest, source, truth)


def file_digest(path: Path) -> str:
    """A file's SHA-256, whatever its length. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _held_against_its_truth(clip: Clip, result: PlayedClip) -> PlayedClip:
    """A clip whose truth goes on after its end is the wrong clip, or has the wrong truth: neither may count."""
    last_s = max((passage.to_s for passage in clip.truth), default=0.0)
    if result.problem or last_s <= result.recording_s + 1.0:
        return result
    sentence = (
        f"The ground truth of {shown(clip.name)} goes on to {last_s:g} s, but the clip is over after "
        f"{result.recording_s:.1f} s; check both."
    )
    return PlayedClip(sentence, result.recording_s, result.analysis_s, result.frames)


def _in_shadow(candidate: Candidate, watchlist: EnrolledList, decision: Decision, on_stage: OnStage) -> Recognition:
    models = candidate.side.models
    pictures = [specimen.picture for specimen in watchlist.specimens]
    gallery = enrolled(f"{watchlist.name} by the candidate", pictures, candidate.side, on_stage).gallery(models)
    target = None if candidate.threshold is not None else decision.target_fpir
    threshold = chosen_threshold(models, len(gallery), candidate.threshold, target)
    return Recognition(models, gallery, threshold.value, cool_down_s=0.0)


def _clip_figures(clip: Clip, result: PlayedClip, verdict: JudgedClip) -> ClipFigures:
    listed = [passage for passage in verdict.passages if passage.listed]
    return ClipFigures(
        name=clip.name,
        sha256=clip.sha256,
        problem=result.problem,
        recording_s=result.recording_s,
        analysis_s=result.analysis_s,
        frames=result.frames,
        passages=result.passages,
        faces_seen=result.faces_seen,
        failures_to_acquire=result.failures_to_acquire,
        templates_created=result.templates_created,
        templates_destroyed=result.templates_destroyed,
        templates_in_alerts=result.templates_in_alerts,
        listed=len(listed),
        found=sum(passage.found_after_s is not None for passage in listed),
        not_listed=len(verdict.passages) - len(listed),
        false_alerts=len(verdict.false_alerts),
    )
