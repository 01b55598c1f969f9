"""A passage: one person's way through one camera's view, and the few best shots of it."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from openlfr.node.alert import Probe
from openlfr.node.direction import Path
from openlfr.node.memory import overwrite
from openlfr.vision.face import Box, Template


@dataclass(frozen=True, slots=True)
class ShotPolicy:
    """Which shots of a passage are worth a template.

    The first that can be assessed is, so that the alert is not late; after that only clearly better ones, and now and
    then one of about the same quality, since two different moments of a face say more than one moment twice.
    """

    floor: float = 25.0
    """Unified quality under which nothing can be said about a face (failure to acquire). Lowering it finds more people
    who are far away or badly lit, and spends templates on shots that decide nothing."""
    confidence: float = 0.6
    """How certain the detector must be of the face at the closer look (`FaceDetector.refine`). Lowering it takes backs
    of heads and far profiles for faces: of what was certain enough from afar in a crowd, four in ten fail here."""
    gain: float = 6.0
    """A later shot must be this much better than the best so far..."""
    variety_after_s: float = 0.4
    """... or come this long after the last one and be at most `variety_loss` worse than the best."""
    variety_loss: float = 25.0
    most_looks: int = 10
    """Templates made of one passage at the most, which bounds the work per person."""
    kept: int = 8
    """Shots that count in the fusion, the best ones. A man in profile scored 0.50 by four of them and 0.54 by eight."""
    reassess_after_s: float = 0.1
    """A face is cut out and assessed this often at the most; between two frames of fast video little changes."""
    closer_again_after_s: float = 0.3
    """How long a passage waits whose closer look earned no template: such a look costs as much as finding the faces of
    a frame, and whoever shows the back of the head now mostly still does a tenth of a second later."""
    recheck_after_s: float = 0.5
    """A passage that has had its answer is looked at this often, lest the track has gone over to somebody else."""

    def may_assess(self, passage: "Passage", at_s: float) -> bool:
        """Whether it is worth looking at this face at all now."""
        return (passage.settled or passage.looks < self.most_looks) and at_s >= passage.assess_from_s

    def wants(self, passage: "Passage", quality: float, at_s: float) -> bool:
        """Whether a shot of this quality (0..100) taken at `at_s` would get a template."""
        if not self.may_assess(passage, at_s) or quality < self.floor:
            return False
        if passage.settled or not passage.shots:
            return True
        if quality >= passage.best_quality + self.gain:
            return True
        is_another_moment = at_s - passage.looked_at_s >= self.variety_after_s
        return is_another_moment and quality >= passage.best_quality - self.variety_loss


@dataclass(slots=True, eq=False)
class Shot:
    """One look at a face: its template, unified quality (0..100), and what a second opinion and an officer need.

    `picture` is uint8 BGR, cut from the full-resolution frame at `origin` (left, top); `box`, `landmarks` and `others`
    are in pixels of the full frame.
    """

    captured_at: datetime
    template: Template
    quality: float
    picture: NDArray[np.uint8]
    origin: tuple[int, int]
    box: Box
    landmarks: NDArray[np.float32]
    others: tuple[Box, ...]

    def wipe(self) -> None:
        overwrite((self.template, self.picture, self.landmarks))


@dataclass(slots=True, eq=False)
class Following:
    """An alert whose person is still in view: at most `room` further shots of them are gathered until `until_s`."""

    alert_id: str
    person_id: str
    until_s: float
    room: int
    probes: list[Probe] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Passage:
    """The state of one track. `settled`: an answer has been given, and the one shot kept tells whether the track still
    shows the same person. `assessed`: at least one shot was good enough to say anything."""

    identifier: str
    started_s: float
    shots: list[Shot] = field(default_factory=list)
    looks: int = 0
    looked_at_s: float = float("-inf")
    assess_from_s: float = float("-inf")
    settled: bool = False
    assessed: bool = False
    path: Path = field(default_factory=Path)
    following: Following | None = None

    @property
    def best_quality(self) -> float:
        return self.shots[0].quality if self.shots else 0.0

    def add(self, shot: Shot, at_s: float, kept: int) -> int:
        """Takes a shot in and overwrites the worst beyond `kept`. Returns how many templates were destroyed."""
        self.looks += 1
        self.looked_at_s = at_s
        self.shots.append(shot)
        self.shots.sort(key=lambda s: s.quality, reverse=True)
        if len(self.shots) <= kept:
            return 0
        self.shots.pop().wipe()
        return 1

    def settle(self, at_s: float, recheck_after_s: float) -> int:
        """Keeps the best shot alone, and no more looks but to see that it is still the same person. Returns how many
        templates were destroyed."""
        self.settled = True
        self.assess_from_s = at_s + recheck_after_s
        gone = self.shots[1:]
        for shot in gone:
            shot.wipe()
        del self.shots[1:]
        return len(gone)

    def restart(self, identifier: str, at_s: float) -> None:
        """The track turned out to show another person from here on. Only after `wipe`."""
        self.identifier, self.started_s = identifier, at_s
        self.looks, self.looked_at_s, self.assess_from_s = 0, float("-inf"), float("-inf")
        self.settled = False
        self.path.clear()

    def wipe(self) -> int:
        """Overwrites every array of the passage. Returns how many templates were destroyed."""
        count = len(self.shots)
        for shot in self.shots:
            shot.wipe()
        self.shots.clear()
        if self.following is not None:
            overwrite(probe.picture for probe in self.following.probes)
            self.following = None
        return count
