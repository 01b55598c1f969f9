"""Shadow mode: a candidate model pack on the same passages as the authorised one. It only counts agreement.

The candidate sees the shots that the authorised pack took, and gives its answer to nobody: no alert, no log, nothing
on disk, only the counts. Its templates have a ledger of their own.
"""

import threading
from collections import Counter
from dataclasses import dataclass

from openlfr.assurance.video_report import Agreement
from openlfr.capture.images import ArrayFrameImage
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.memory import overwrite
from openlfr.node.passage import Passage, Shot, ShotPolicy
from openlfr.node.recognition import Recognition, landmarks_within
from openlfr.vision.alignment import align


@dataclass(slots=True, eq=False)
class _Followed:
    """A passage as the candidate knows it, and whom each of the two has named."""

    passage: Passage
    candidate: str | None = None
    authorised: str | None = None


class ShadowRecognition:
    """Follows passages for `node.analyst.Shadow`. Thread-safe; one may serve several cameras.

    The authorised pack's answer ends its search of a passage, which is then looked at half a second apart; those looks
    go to the candidate as well, so that being slower by a shot does not count as missing. Whatever fails in the
    candidate ends the comparison (`broke_off` says so in one sentence) and never reaches the authorised pack.
    """

    def __init__(self, candidate: Recognition, policy: ShotPolicy | None = None) -> None:
        """`candidate` must have no cool-down, or its second answer on a person would be held back."""
        self._candidate = candidate
        self._kept = (policy or ShotPolicy()).kept
        self._ledger = PrivacyLedger()
        self._lock = threading.Lock()
        self._followed: dict[str, _Followed] = {}
        self._tally: Counter[str] = Counter()
        self.broke_off = ""

    def looked(self, passage_id: str, shot: Shot, at_s: float) -> None:
        """See Shadow."""
        with self._lock:
            if self.broke_off:
                return
            followed = self._followed.setdefault(passage_id, _Followed(Passage(passage_id, at_s)))
        if followed.candidate is not None:
            return
        try:
            self._look(followed, shot, at_s)
        except Exception as error:
            # Not the error's text: it may quote values derived from a face.
            self.broke_off = f"The candidate failed unexpectedly ({type(error).__name__}), so no more was counted."

    def answered(self, passage_id: str, person_id: str) -> None:
        """See Shadow."""
        with self._lock:
            if passage_id in self._followed:
                self._followed[passage_id].authorised = person_id

    def ended(self, passage_id: str) -> None:
        """See Shadow."""
        with self._lock:
            followed = self._followed.pop(passage_id, None)
            if followed is None:
                return
            self._ledger.destroyed(followed.passage.wipe())
            if not self.broke_off:
                self._tally[_kind(followed)] += 1

    def agreement(self) -> Agreement:
        """Of the passages that are over."""
        with self._lock:
            ledger = self._ledger.counts()
            return Agreement(**self._tally, templates_created=ledger.created, templates_destroyed=ledger.destroyed)

    def _look(self, followed: _Followed, shot: Shot, at_s: float) -> None:
        passage = followed.passage
        self._ledger.destroyed(passage.add(self._own_shot(shot), at_s, self._kept))
        match = self._candidate.match(passage.shots, at_s, self._ledger)
        if match is not None:
            followed.candidate = match.person_id
            self._ledger.destroyed(passage.wipe())

    def _own_shot(self, shot: Shot) -> Shot:
        """The same look with the candidate's template, in arrays of its own."""
        chip = align(ArrayFrameImage(shot.picture), landmarks_within(shot))
        (template,) = self._candidate.extract(chip[None])
        self._ledger.created(1)
        overwrite((chip,))
        return Shot(
            captured_at=shot.captured_at,
            template=template,
            quality=shot.quality,
            picture=shot.picture.copy(),
            origin=shot.origin,
            box=shot.box,
            landmarks=shot.landmarks.copy(),
            others=(),
        )


def _kind(followed: _Followed) -> str:
    """Which of `Agreement`'s counts a passage belongs to."""
    match followed.authorised, followed.candidate:
        case None, None:
            return "neither"
        case None, _:
            return "only_candidate"
        case _, None:
            return "only_authorised"
        case authorised, candidate:
            return "same_person" if authorised == candidate else "another_person"
