"""The false-alert guard: exact binomial bounds against the ceiling that may not be passed."""

from dataclasses import dataclass
from enum import StrEnum

from openlfr.policy.binomial import lower_bound, upper_bound

CONFIDENCE = 0.95
"""One-sided confidence with which the rate must lie above the ceiling before a deployment is paused."""

FEWEST_FACES = 100
"""Below this many faces a rate says nothing."""


class GuardLevel(StrEnum):
    """What the guard asks for."""

    OK = "ok"
    WARN = "warn"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """`rate` is false alerts per face, `lower` and `upper` its exact bounds, each one-sided at `CONFIDENCE`."""

    level: GuardLevel
    false_alerts: int
    faces_seen: int
    rate: float
    lower: float
    upper: float
    ceiling: float
    sentence: str


def assess(false_alerts: int, faces_seen: int, ceiling: float) -> GuardVerdict:
    """Whether the deployment may go on, given the false alerts (confirmed or not) among the faces seen so far.

    It warns as soon as the observed rate is above the ceiling, and asks for a pause once even the lower bound is: at
    1 in 1,000, the first false alert is no proof, the second among a hundred faces or a fourth among a thousand is.
    So that one early false alert, or a count of faces that comes late, does not pause by itself, at least
    `FEWEST_FACES` are taken as seen.
    """
    faces = max(faces_seen, false_alerts, FEWEST_FACES)
    rate = false_alerts / faces
    lower = lower_bound(false_alerts, faces, CONFIDENCE)
    upper = upper_bound(false_alerts, faces, CONFIDENCE)
    counted = f"{false_alerts} false alerts in {faces_seen} faces"
    limit = f"the ceiling of 1 in {1 / ceiling:g}"
    if lower > ceiling:
        level, sentence = GuardLevel.PAUSE, f"{counted} is certainly above {limit}: the deployment pauses."
    elif rate > ceiling:
        level, sentence = GuardLevel.WARN, f"{counted} is above {limit}, but too few to be certain: watch closely."
    else:
        level, sentence = GuardLevel.OK, f"{counted} is within {limit}."
    return GuardVerdict(level, false_alerts, faces, rate, lower, upper, ceiling, sentence)
