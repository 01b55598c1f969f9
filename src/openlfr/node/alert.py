"""An alert: the question whether somebody in view is a person on the watchlist. People answer it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from openlfr.node.memory import overwrite


@dataclass(frozen=True, slots=True, eq=False)
class Alert:
    """What an officer is asked, with everything the answer and a later review need.

    `score` is what reached `threshold`: `first_score`, the first recogniser's cosine, moved by the second opinion.
    `second_score` is the independent recogniser's own, None where it was not asked. `probe` is the picture of the best
    shot, uint8 BGR, everybody else in it made unrecognisable. `templates` is float32 (shots, dimension): the alert owns
    them. `latency_ms` runs from the capture of the frame that decided to the alert.
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
    probe: NDArray[np.uint8]
    templates: NDArray[np.float32]

    def wipe(self) -> None:
        """Overwrites picture and templates once they have been delivered or are no longer needed."""
        overwrite((self.probe, self.templates))
