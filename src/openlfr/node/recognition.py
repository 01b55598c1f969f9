"""From a passage's shots to an answer: template, search, fusion, second opinion, cool-down. Shared by all cameras."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openlfr.capture.images import ArrayFrameImage
from openlfr.matching.cooldown import CoolDown
from openlfr.matching.decision import DLIB_RULE, second_score
from openlfr.matching.fusion import MEAN_RULE, fuse
from openlfr.matching.gallery import Candidate, Gallery
from openlfr.matching.threshold import (
    ThresholdError,
    checked_threshold,
    parse_calibration,
    predicted_fpir,
    threshold_for,
)
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.memory import overwrite
from openlfr.node.passage import Passage, Shot
from openlfr.vision.face import Template
from openlfr.vision.models import Models
from openlfr.vision.second_opinion import SecondOpinion

SAME_PASSAGE = 0.15
"""Cosine under which two shots of one track show different people: hardly any two shots of one person a moment apart
are so unlike, and most pairs of strangers are."""

SAME_SETTLED = 0.35
"""The same for a passage that has had its answer. Taking one person for two costs nothing there, the cool-down sees to
that; taking a stranger for the person already alerted on would let them pass unseen."""

COOL_DOWN_S = 60.0

DEFAULT_TARGET_FPIR = 0.001

CANDIDATES = 3
"""So many of the nearest people are shown to the second opinion: it may put the second nearest first."""


@dataclass(frozen=True, slots=True)
class ChosenThreshold:
    """A threshold and, in words, where it comes from."""

    value: float
    explanation: str


def fusion_rule(models: Models) -> str:
    """Name of the rule that turns a passage's shots into a score; a calibration holds for one rule only."""
    return MEAN_RULE if models.second_opinion is None else f"{MEAN_RULE}.{DLIB_RULE.name}"


def chosen_threshold(
    models: Models, pictures: int, threshold: float | None = None, target_fpir: float | None = None
) -> ChosenThreshold:
    """The threshold a user gave, or the one that keeps to a target FPIR for a watchlist of so many pictures.

    Raises ThresholdError when both are given, either is out of range, or the pack has no calibration to derive it from.
    """
    if threshold is not None and target_fpir is not None:
        raise ThresholdError("Give either a threshold or a target FPIR, not both: one follows from the other.")
    content = models.pack.calibration(models.execution.precision.value, fusion_rule(models))
    calibration = None if content is None else parse_calibration(content)
    if threshold is not None:
        given = checked_threshold(threshold)
        if calibration is None:
            return ChosenThreshold(given, "as given; this pack has no calibration to say what it means")
        fpir = predicted_fpir(calibration, given, pictures)
        return ChosenThreshold(given, f"as given; predicted FPIR {fpir:.2g} at this size")
    if calibration is None:
        raise ThresholdError(
            f"The model pack {models.identity} has no calibration at {models.execution.precision.value}, so no "
            "threshold can be derived from a false positive rate: give one with --threshold."
        )
    target = DEFAULT_TARGET_FPIR if target_fpir is None else target_fpir
    value = threshold_for(calibration, target, pictures)
    return ChosenThreshold(value, f"for a predicted FPIR of {target:g} at this size")


@dataclass(frozen=True, slots=True)
class Match:
    """A person at or above the threshold. `score` is what is compared with it: `first_score`, the cosine of the first
    recogniser, moved by the second opinion where one is asked. `suppressed`: the same person raised an alert a moment
    ago."""

    person_id: str
    picture: str
    score: float
    first_score: float
    second_score: float | None
    threshold: float
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A candidate with the score that counts and the second recogniser's own."""

    candidate: Candidate
    score: float
    second_score: float | None


class Recognition:
    """Compares passages with one watchlist at one threshold. Thread-safe."""

    def __init__(self, models: Models, gallery: Gallery, threshold: float, *, cool_down_s: float = COOL_DOWN_S) -> None:
        self._models = models
        self._gallery = gallery
        self.threshold = threshold
        self._cool_down = CoolDown(cool_down_s)

    def wipe(self) -> None:
        """Overwrites the watchlist's templates; nobody is found from then on."""
        self._gallery.wipe()

    @property
    def model_pack(self) -> str:
        return self._models.identity

    @property
    def precision(self) -> str:
        return self._models.execution.precision.value

    def extract(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Templates of aligned faces; new arrays, the caller's to count and to overwrite."""
        return self._models.extractor.extract(chips)

    def same_person(self, passage: Passage, template: Template) -> bool:
        """Whether a new shot can be of the person of this passage, or the track has gone over to somebody else."""
        least = SAME_SETTLED if passage.settled else SAME_PASSAGE
        return max(float(shot.template @ template) for shot in passage.shots) >= least

    def match(self, shots: Sequence[Shot], at_s: float, ledger: PrivacyLedger) -> Match | None:
        """The person on the watchlist whom these shots together resemble at or above the threshold, if any.

        The second recogniser is asked only where its answer can matter; its descriptors are counted in the ledger and
        overwritten like templates.
        """
        templates = np.stack([shot.template for shot in shots])
        fused = fuse(templates, np.array([shot.quality for shot in shots], np.float32))
        (found,) = self._gallery.search(fused[None], most=CANDIDATES)
        overwrite((templates, fused))
        second = self._models.second_opinion
        if second is None:
            best = max((Decided(c, c.score, None) for c in found), key=lambda d: d.score, default=None)
        else:
            best = self._second_opinion(second, shots, found, ledger)
        if best is None or best.score < self.threshold:
            return None
        candidate = best.candidate
        suppressed = not self._cool_down.admit(candidate.person_id, at_s)
        return Match(
            candidate.person_id,
            candidate.picture,
            best.score,
            candidate.score,
            best.second_score,
            self.threshold,
            suppressed,
        )

    def _second_opinion(
        self, second: SecondOpinion, shots: Sequence[Shot], found: Sequence[Candidate], ledger: PrivacyLedger
    ) -> Decided | None:
        """The best of the candidates within reach of the threshold, by both recognisers."""
        within_reach = [c for c in found if c.score + DLIB_RULE.reach >= self.threshold]
        if not within_reach:
            return None
        chips = np.stack([second.chip(ArrayFrameImage(shot.picture), landmarks_within(shot)) for shot in shots])
        descriptors = second.describe(chips)
        ledger.created(len(descriptors))
        # Averaged with the same weights as the templates, for the same reason.
        weights = np.square(np.array([max(shot.quality, 1.0) for shot in shots], np.float32))
        probe = (weights / weights.sum()) @ descriptors
        overwrite((chips, descriptors))
        ledger.destroyed(len(descriptors))
        decided = []
        for candidate in within_reach:
            distance = self._gallery.squared_distance(candidate.person_id, probe)
            if distance is not None:
                score = DLIB_RULE.decided(candidate.score, distance)
                decided.append(Decided(candidate, score, second_score(distance)))
        overwrite((probe,))
        return max(decided, key=lambda d: d.score, default=None)


def landmarks_within(shot: Shot) -> NDArray[np.float32]:
    """The landmarks of a shot in pixels of its own picture."""
    return shot.landmarks - np.array(shot.origin, np.float32)
