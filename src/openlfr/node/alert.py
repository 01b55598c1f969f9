"""An alert: the question whether somebody in view is a person on the watchlist. People answer it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from openlfr.node.memory import overwrite
from openlfr.policy.direction import Direction
from openlfr.vision.face import Box


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A shot of the passage as an officer may see it: uint8 BGR, everybody else in it made unrecognisable. `face` is in
    pixels of the picture; `quality` unified, 0..100."""

    picture: NDArray[np.uint8]
    face: Box
    captured_at: datetime
    quality: float


@dataclass(frozen=True, slots=True, eq=False)
class SeenAfter:
    """What was seen of a person in the seconds after their alert; it owns its pictures, as an alert does."""

    alert_id: str
    person_id: str
    direction: Direction | None
    probes: tuple[Probe, ...]

    def wipe(self) -> None:
        overwrite(each.picture for each in self.probes)


@dataclass(frozen=True, slots=True, eq=False)
class Alert:
    """What an officer is asked, with everything the answer and a later review need.

    `score` is what reached `threshold`: `first_score`, the first recogniser's cosine, moved by the second opinion.
    `second_score` is the independent recogniser's own, None where it was not asked. `probes` are the best of the shots
    that were fused, the best first. `direction` is None where the passage is too short or the person stands.
    `templates` is float32 (shots, dimension). The alert owns all its arrays. `latency_ms` runs from the capture of the
    frame that decided to the alert.
    """

    alert_id: str
    person_id: str
    candidate_picture: str
    score: float
    first_score: float
    second_score: float | None
    threshold: float
    camera: str
    captured_at: datetime
    latency_ms: float
    track_id: str
    shots: int
    quality: float
    model_pack: str
    precision: str
    direction: Direction | None
    probes: tuple[Probe, ...]
    templates: NDArray[np.float32]

    def wipe(self) -> None:
        """Overwrites pictures and templates once they have been delivered or are no longer needed."""
        overwrite((*(each.picture for each in self.probes), self.templates))
