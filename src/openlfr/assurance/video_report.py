"""What a video evaluation found, as frozen values; `report_file` seals them.

It names clips, times and people as the ground truth calls them, and holds no picture and no template.
"""

from dataclasses import dataclass
from datetime import datetime

from openlfr.assurance.report import DataUsed, Machine, Rate
from openlfr.policy.certificates import MatchingSetup


@dataclass(frozen=True, slots=True)
class FalseAlert:
    """An alert on somebody who was not there: when in which clip, and whom it named."""

    clip: str
    named: str
    at_s: float
    score: float


@dataclass(frozen=True, slots=True)
class MissedPassage:
    """A passage of somebody on the list without an alert that names them, and its conditions as far as noted."""

    clip: str
    person: str
    from_s: float
    to_s: float
    conditions: dict[str, str]


@dataclass(frozen=True, slots=True)
class ConditionFigure:
    """The rates of the passages under one condition."""

    condition: str
    label: str
    tpir: Rate
    fpir: Rate


@dataclass(frozen=True, slots=True)
class FoundAfter:
    """Seconds of the recording from when somebody is first visible to the alert that names them."""

    p50_s: float
    p95_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class VideoFigures:
    """The rates of all clips together. `per_face_seen`: false alerts of faces seen, None where none was."""

    tpir: Rate
    fpir: Rate
    false_alerts: tuple[FalseAlert, ...]
    repeated_alerts: int
    per_face_seen: Rate | None
    found_after: FoundAfter | None
    conditions: tuple[ConditionFigure, ...]
    missed: tuple[MissedPassage, ...]


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """One clip: what it is, what the node did with it, and what came of the passages in it. Where `problem` says why it
    could not be measured, it is in no rate."""

    name: str
    sha256: str
    problem: str
    recording_s: float
    analysis_s: float
    frames: int
    passages: int
    faces_seen: int
    failures_to_acquire: int
    templates_created: int
    templates_destroyed: int
    templates_in_alerts: int
    listed: int
    found: int
    not_listed: int
    false_alerts: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Passages counted by what the authorised pack and a candidate said of them, and nothing else of the candidate.

    `same_person` and `another_person`: both would alert. The candidate's own ledger balances when `templates_created`
    equals `templates_destroyed`.
    """

    same_person: int = 0
    another_person: int = 0
    only_authorised: int = 0
    only_candidate: int = 0
    neither: int = 0
    templates_created: int = 0
    templates_destroyed: int = 0

    @property
    def passages(self) -> int:
        return self.same_person + self.another_person + self.only_authorised + self.only_candidate + self.neither


@dataclass(frozen=True, slots=True)
class ShadowResult:
    """A candidate pack beside the authorised one on the same passages."""

    setup: MatchingSetup
    threshold: float
    agreement: Agreement
    broke_off: str
    """Why the candidate stopped being counted, empty where it did not."""


@dataclass(frozen=True, slots=True)
class VideoRun:
    """The clips against one watchlist at one threshold."""

    people: int
    pictures: int
    not_enrolled: int
    threshold: float
    threshold_explanation: str
    figures: VideoFigures
    clips: tuple[ClipFigures, ...]
    shadow: ShadowResult | None


@dataclass(frozen=True, slots=True)
class VideoReport:
    """All that one video evaluation found. `simulated` says in a sentence what was made up, and is empty where the
    clips are recordings of what happened."""

    version: str
    made_at: datetime
    setup: MatchingSetup
    machine: Machine
    seed: int
    quality_floor: float
    smallest_face_px: float
    simulated: str
    data: tuple[DataUsed, ...]
    truth_sha256: str
    runs: tuple[VideoRun, ...]
    notes: tuple[str, ...]
