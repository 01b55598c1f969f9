"""The analyst of one camera: frames in, alerts out, and everybody else forgotten."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from openlfr.capture.frame import Frame
from openlfr.node.alert import Alert, Probe, SeenAfter
from openlfr.node.blur import CONTEXT, blur_bystanders
from openlfr.node.direction import Sighting
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.memory import overwrite
from openlfr.node.passage import Following, Passage, Shot, ShotPolicy
from openlfr.node.recognition import Match, Recognition
from openlfr.policy.raised_alert import MOST_PICTURES
from openlfr.vision.alignment import align
from openlfr.vision.detector import FaceDetector
from openlfr.vision.face import BGRImage, Face, Template
from openlfr.vision.quality import Quality, assess, geometric_components, unified
from openlfr.vision.tracker import Tracker
from openlfr.vision.zone import Zone

FACES_SEEN_METHOD = "passages-of-assessable-quality/1"
"""How faces seen are counted: one for each passage with a shot at or above the quality floor."""

SAME_HEAD = 0.4
"""Boxes of one frame that overlap more (intersection over union) are two looks at one head, not a bystander's."""

MOST_LOOKS_PER_FRAME = 8
"""Templates made of one frame at the most; in a crowd the rest wait for the next frame, best quality first."""


FOLLOW_S = 3.0
"""An alert waits for nothing; what is seen of the person within this time after it is told then. Raising it gives more
shots to choose from, but people have decided by then."""


@dataclass(frozen=True, slots=True)
class AnalystCounts:
    """Totals since the start. A passage that ends without one assessable shot is a failure to acquire."""

    frames: int = 0
    passages: int = 0
    faces_seen: int = 0
    failures_to_acquire: int = 0
    suppressed: int = 0
    """Matches that raised no alert because the same person had just raised one."""


class Shadow(Protocol):
    """Follows the same passages beside the analyst, to learn what another recogniser would have said. It is told
    everything and asked nothing: no method may raise. Called in the workers' threads."""

    def looked(self, passage_id: str, shot: Shot, at_s: float) -> None:
        """Another look at a passage. The shot stays the analyst's, who overwrites it later: copy what is kept."""
        ...

    def answered(self, passage_id: str, person_id: str) -> None:
        """The passage matches this person, whether or not an alert is held back because one was just raised."""
        ...

    def ended(self, passage_id: str) -> None:
        """The passage is over: nothing of it may be kept."""
        ...


@dataclass(slots=True, eq=False)
class _Look:
    passage: Passage
    face: Face
    chip: BGRImage
    quality: Quality


class Analyst:
    """Follows the people in one camera's view. Not thread-safe: one frame at a time, in order of capture."""

    def __init__(
        self,
        camera: str,
        *,
        detector: FaceDetector,
        recognition: Recognition,
        ledger: PrivacyLedger,
        zone: Zone | None = None,
        policy: ShotPolicy | None = None,
        tracker: Tracker | None = None,
        shadow: Shadow | None = None,
        on_seen_after: Callable[[SeenAfter], None] | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera = camera
        self._detector = detector
        self._recognition = recognition
        self._ledger = ledger
        self._zone = zone
        self._policy = policy or ShotPolicy()
        self._tracker = tracker or Tracker()
        self._shadow = shadow
        self._on_seen_after = on_seen_after
        self._new_id = new_id
        self._monotonic_s = monotonic_s
        self._passages: dict[int, Passage] = {}
        self._size: tuple[int, int] | None = None
        self.counts = AnalystCounts()

    def analyse(self, frame: Frame) -> list[Alert]:
        """Alerts that this frame decided. A passage gives at most one."""
        # Recordings are followed by their own time, so that reading them faster changes nothing.
        at_s = frame.captured_monotonic_s if frame.media_time_s is None else frame.media_time_s
        size = (frame.image.width, frame.image.height)
        if self._size not in (None, size):
            self._end(self._tracker.end_all())
        self._size = size
        faces = self._detector.detect(frame.image, self._zone)
        update = self._tracker.update(faces, at_s)
        for number in update.ended:
            self._tell_seen_after(self._passages.get(number))
        self._end(update.ended)
        looks = self._looks(frame, update.followed, at_s)
        self._count(frames=1)
        return self._recognise(frame, looks, faces, at_s) if looks else []

    def end(self) -> None:
        """Ends every passage and overwrites what was kept of it: the camera stopped, or the deployment did."""
        self._end(self._tracker.end_all())

    def _looks(self, frame: Frame, followed: Sequence[tuple[int, Face]], at_s: float) -> list[_Look]:
        """The faces of this frame that are worth a template, best first."""
        looks: list[_Look] = []
        for number, face in followed:
            passage = self._passages.get(number)
            if passage is None:
                passage = self._passages[number] = Passage(self._new_id(), at_s)
                self._count(passages=1)
            passage.path.add(Sighting(at_s, face.box.centre[0], face.box.size))
            if passage.following is not None and at_s >= passage.following.until_s:
                self._tell_seen_after(passage)
            if not self._policy.may_assess(passage, at_s):
                continue
            # Size and pose bound the quality from above and cost little; only then is it worth cutting out the face.
            bound = unified(geometric_components(face, frame.image.width, frame.image.height))
            if not self._policy.wants(passage, bound, at_s):
                continue
            look = self._wanted_look(frame, passage, face, at_s)
            wait_s = self._policy.reassess_after_s
            if look is not None:
                overwrite((look.chip,))
                look = self._closer_look(frame, passage, face, at_s)
                wait_s = self._policy.closer_again_after_s if look is None else wait_s
            if look is not None:
                looks.append(look)
            passage.assess_from_s = at_s + wait_s
        looks.sort(key=lambda look: look.quality.unified, reverse=True)
        overwrite(look.chip for look in looks[MOST_LOOKS_PER_FRAME:])
        return looks[:MOST_LOOKS_PER_FRAME]

    def _closer_look(self, frame: Frame, passage: Passage, face: Face, at_s: float) -> _Look | None:
        """The same at full detail: with landmarks as exact as the watchlist's; None where it is no face after all."""
        closer = self._detector.refine(frame.image, face)
        if closer is None or closer.confidence < self._policy.confidence:
            return None
        return self._wanted_look(frame, passage, closer, at_s)

    def _wanted_look(self, frame: Frame, passage: Passage, face: Face, at_s: float) -> _Look | None:
        """The face cut out and assessed; None, and nothing kept of it, where its quality does not earn a template."""
        chip = align(frame.image, face.landmarks)
        quality = assess(face, chip, frame.image.width, frame.image.height)
        if self._policy.wants(passage, quality.unified, at_s):
            return _Look(passage, face, chip, quality)
        overwrite((chip,))
        return None

    def _recognise(self, frame: Frame, looks: Sequence[_Look], faces: Sequence[Face], at_s: float) -> list[Alert]:
        chips = np.stack([look.chip for look in looks])
        templates = self._recognition.extract(chips)
        self._ledger.created(len(templates))
        overwrite((chips, *(look.chip for look in looks)))
        alerts = []
        for look, template in zip(looks, templates, strict=True):
            alert = self._consider(frame, look, template, faces, at_s)
            if alert is not None:
                alerts.append(alert)
        overwrite((templates,))
        return alerts

    def _consider(
        self, frame: Frame, look: _Look, template: Template, faces: Sequence[Face], at_s: float
    ) -> Alert | None:
        """What a new template says of its passage. It is copied where it is kept; the caller overwrites it."""
        passage = look.passage
        if not passage.shots:
            self._count(faces_seen=0 if passage.assessed else 1)
            passage.assessed = True
        elif not self._recognition.same_person(passage, template):
            # The track has gone over to somebody else, as when two people cross: that is another passage.
            self._tell_seen_after(passage)
            self._forget(passage)
            passage.restart(self._new_id(), at_s)
            self._count(passages=1, faces_seen=1)
        elif passage.settled:
            self._recheck(frame, look, template, faces, at_s)
            self._ledger.destroyed(1)
            passage.assess_from_s = at_s + self._policy.recheck_after_s
            return None
        shot = self._shot(frame, look, template.copy(), faces)
        if self._shadow is not None:
            self._shadow.looked(passage.identifier, shot, at_s)
        self._ledger.destroyed(passage.add(shot, at_s, self._policy.kept))
        match = self._recognition.match(passage.shots, at_s, self._ledger)
        if match is None:
            return None
        if self._shadow is not None:
            self._shadow.answered(passage.identifier, match.person_id)
        alert = None
        if match.suppressed:
            self._count(suppressed=1)
        else:
            alert = self._alert(frame, passage, match)
            if self._on_seen_after is not None:
                room = MOST_PICTURES - len(alert.probes)
                passage.following = Following(alert.alert_id, alert.person_id, at_s + FOLLOW_S, room)
        self._ledger.destroyed(passage.settle(at_s, self._policy.recheck_after_s))
        return alert

    def _recheck(self, frame: Frame, look: _Look, template: Template, faces: Sequence[Face], at_s: float) -> None:
        """Another look at somebody who has had their answer, for whoever still wants one."""
        following = look.passage.following
        gathers = following is not None and len(following.probes) < following.room
        if self._shadow is None and not gathers:
            return
        shot = self._shot(frame, look, template.copy(), faces)
        if self._shadow is not None:
            self._shadow.looked(look.passage.identifier, shot, at_s)
        if following is not None and gathers:
            following.probes.append(_probe(shot))
        shot.wipe()

    def _tell_seen_after(self, passage: Passage | None) -> None:
        """Hand on what was gathered since the passage's alert, if there was one and it says anything."""
        if passage is None or passage.following is None or self._on_seen_after is None or self._size is None:
            return
        following, passage.following = passage.following, None
        direction = passage.path.direction(self._size[0])
        if following.probes or direction is not None:
            self._on_seen_after(SeenAfter(following.alert_id, following.person_id, direction, tuple(following.probes)))

    def _shot(self, frame: Frame, look: _Look, template: Template, faces: Sequence[Face]) -> Shot:
        left, top, right, bottom = look.face.box.grown(CONTEXT).pixels(frame.image.width, frame.image.height)
        return Shot(
            captured_at=frame.captured_at,
            template=template,
            quality=look.quality.unified,
            picture=frame.image.region(left, top, right, bottom),
            origin=(left, top),
            box=look.face.box,
            landmarks=look.face.landmarks.copy(),
            others=tuple(face.box for face in faces if face.box.overlap(look.face.box) < SAME_HEAD),
        )

    def _alert(self, frame: Frame, passage: Passage, match: Match) -> Alert:
        templates = np.stack([shot.template for shot in passage.shots])
        # The alert's are copies: the passage's own are counted when they are overwritten.
        self._ledger.created(len(templates))
        self._ledger.carried_by_alert(len(templates))
        return Alert(
            alert_id=self._new_id(),
            person_id=match.person_id,
            candidate_picture=match.picture,
            score=match.score,
            first_score=match.first_score,
            second_score=match.second_score,
            threshold=match.threshold,
            camera=self._camera,
            captured_at=frame.captured_at,
            latency_ms=(self._monotonic_s() - frame.captured_monotonic_s) * 1000,
            track_id=passage.identifier,
            shots=len(templates),
            quality=passage.best_quality,
            model_pack=self._recognition.model_pack,
            precision=self._recognition.precision,
            direction=passage.path.direction(frame.image.width),
            probes=tuple(_probe(shot) for shot in passage.shots[:MOST_PICTURES]),
            templates=templates,
        )

    def _end(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            passage = self._passages.pop(number, None)
            if passage is None:
                continue
            if not passage.assessed:
                self._count(failures_to_acquire=1)
            self._forget(passage)

    def _forget(self, passage: Passage) -> None:
        self._ledger.destroyed(passage.wipe())
        if self._shadow is not None:
            self._shadow.ended(passage.identifier)

    def _count(self, **more: int) -> None:
        old = self.counts
        self.counts = AnalystCounts(
            frames=old.frames + more.get("frames", 0),
            passages=old.passages + more.get("passages", 0),
            faces_seen=old.faces_seen + more.get("faces_seen", 0),
            failures_to_acquire=old.failures_to_acquire + more.get("failures_to_acquire", 0),
            suppressed=old.suppressed + more.get("suppressed", 0),
        )


def _probe(shot: Shot) -> Probe:
    """A shot for people to look at: a copy, with everybody but its subject blurred."""
    picture = shot.picture.copy()
    blur_bystanders(picture, shot.origin, shot.box, shot.others)
    return Probe(picture, shot.box.moved(-shot.origin[0], -shot.origin[1]), shot.captured_at, shot.quality)
