"""The watchlist of one deployment in a node's memory: what is searched, what an officer must know, and its end.

It comes as a bundle that only this node can open, once; it is never on the disk, and gone with the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.pictures import PictureError, read_picture
from openlfr.enrolment.stills import StillDetector, prominent_faces
from openlfr.link.messages import HeldList
from openlfr.link.removal_order import ListInUse, RemovalOrder, obeyed
from openlfr.link.watchlist_bundle import OpenedBundle
from openlfr.link.watchlist_content import PORTRAIT_SIDES, ListedEntry, ListedPicture
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.memory import overwrite, overwrite_bytes
from openlfr.node.recognition import fusion_rule
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import EntryId, PictureId
from openlfr.policy.raised_alert import CandidatePicture, FacePlace, ListedPerson
from openlfr.policy.refusal import Refusal
from openlfr.vision.face import BGRImage
from openlfr.vision.models import Models
from openlfr.vision.second_opinion import SecondOpinion

_USUAL_LANDMARKS = np.array([[0.39, 0.43], [0.61, 0.43], [0.5, 0.54], [0.41, 0.65], [0.59, 0.65]], np.float32)
"""Where eyes, nose and corners of the mouth lie in a portrait, in shares of its sides: for one in which no face is
found a second time."""


PORTRAIT_FACE: Final = FacePlace(0.5, 0.5, 1 / PORTRAIT_SIDES)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference picture, a JPEG, and what is known of it."""

    about: CandidatePicture
    portrait: bytes


class ListUnusableError(Exception):
    """This node cannot search the list; the message says why."""


class WatchlistInMemory:
    """One list, searched under entry identifiers. Thread-safe like its gallery; changed by one thread only."""

    def __init__(self, opened: OpenedBundle, models: Models) -> None:
        """Takes the entries of an opened bundle over: they are overwritten with the list. Takes seconds for long lists.

        `models` say whether descriptors of the second opinion are needed: those are made here, of the portraits.
        Raises ListUnusableError when the templates are another model's.
        """
        self.bundle = opened.manifest.bundle
        self.identity = opened.manifest.identity
        self._use(ListInUse.of(opened))
        self._entries = {each.entry.entry: each for each in opened.entries}
        try:
            self.gallery = Gallery(models.dimension, _gallery_entries(opened.entries, models))
        except ValueError as error:
            raise ListUnusableError(str(error)) from error

    @property
    def held(self) -> HeldList:
        return HeldList(self.identity.watchlist, self.bundle, self.in_use.removals)

    def person(self, entry: EntryId, picture: PictureId) -> ListedPerson | None:
        """What an alert says of somebody on the list; None once they were taken off. `picture` is the one found."""
        listed = self._entries.get(entry)
        if listed is None:
            return None
        about = listed.entry
        return ListedPerson(
            entry=about.entry,
            person=about.person,
            name=about.name,
            categories=about.categories,
            offence=about.offence,
            reason=about.reason,
            warning_markers=about.warning_markers,
            look_alikes=about.look_alikes,
            picture_taken_on=next(each.taken_on for each in about.pictures if each.picture == picture),
            under_18=about.under_18,
            vulnerable=about.vulnerable,
            blue_list=about.blue_list,
        )

    def holds(self, entry: EntryId) -> bool:
        """Whether somebody is on the list still."""
        return entry in self._entries

    def candidates(self, entry: EntryId, picture: PictureId, most: int) -> Sequence[Candidate]:
        """At most so many reference pictures of somebody on the list, copies: the one that was found, then the newest.
        None once they were taken off."""
        listed = self._entries.get(entry)
        if listed is None:
            return []
        taken_on = {each.picture: each.taken_on for each in listed.entry.pictures}
        newest = sorted(listed.pictures, key=lambda each: taken_on[each.picture], reverse=True)
        found_first = sorted(newest, key=lambda each: each.picture != picture)
        return [
            Candidate(
                CandidatePicture(taken_on[each.picture], each.quality, PORTRAIT_FACE), bytes(bytearray(each.portrait))
            )
            for each in found_first[:most]
        ]

    def obey(self, order: RemovalOrder) -> Refusal | None:
        """Take a person off: out of the gallery first, then out of memory. Refused as `removal_order.obeyed` does."""
        after = obeyed(self.in_use, order)
        if isinstance(after, Refusal):
            return after
        if after is not self.in_use:
            self.gallery.remove(order.entry)
            entry = self._entries.pop(order.entry, None)
            if entry is not None:
                self._forget(entry)
            self._use(after)
        return None

    def destroy(self) -> None:
        """Overwrite templates and portraits, and forget everybody. Nobody is found from then on."""
        self.gallery.wipe()
        while self._entries:
            self._forget(self._entries.popitem()[1])
        self._use(replace(self.in_use, digests={}))

    def _use(self, in_use: ListInUse) -> None:
        self.in_use = in_use
        # Asked for with every frame, and it takes a hash over the whole list.
        self.content_hash = in_use.content_hash

    def _forget(self, entry: ListedEntry) -> None:
        for picture in entry.pictures:
            overwrite_bytes(picture.portrait)
            overwrite_bytes(picture.template)


def models_for(models: Models, wanted: MatchingSetup) -> tuple[Models, MatchingSetup]:
    """The models as a plan wants them, with or without the second opinion, and the setup they truly make."""
    alone = replace(models, second_opinion=None)
    chosen = alone if fusion_rule(alone) == wanted.fusion_rule else models
    return chosen, MatchingSetup(chosen.identity, chosen.execution.precision.value, fusion_rule(chosen))


def _gallery_entries(entries: Sequence[ListedEntry], models: Models) -> list[Entry]:
    second = models.second_opinion
    detector = StillDetector(models.detector_session)
    made = []
    for entry in entries:
        for picture in entry.pictures:
            template = np.frombuffer(picture.template, "<f4").astype(np.float32)
            descriptor = None if second is None else _descriptor(picture, second, detector)
            made.append(Entry(entry.entry.entry, picture.picture, template, descriptor))
    return made


def _descriptor(picture: ListedPicture, second: SecondOpinion, detector: StillDetector) -> NDArray[np.float32]:
    try:
        portrait = read_picture(picture.portrait, name=picture.picture)
    except PictureError as error:
        raise ListUnusableError(f"The list holds a picture that cannot be read: {error}") from error
    chip = second.chip(ArrayFrameImage(portrait), _landmarks(portrait, detector))
    descriptor: NDArray[np.float32] = second.describe(chip[None])[0].copy()
    overwrite((portrait, chip))
    return descriptor


def _landmarks(portrait: BGRImage, detector: StillDetector) -> NDArray[np.float32]:
    height, width = portrait.shape[:2]
    found = prominent_faces(detector.detect(portrait), width, height)
    return _USUAL_LANDMARKS * np.array([width, height], np.float32) if found is None else found.main.landmarks
