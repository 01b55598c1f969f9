"""Watchlists for tests: pictures and CSV files, an enroller that needs no models, and lists in every state."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tests.support.deployment_values import SETUP
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept

from openlfr.capture.pictures import PictureError, read_file, read_picture
from openlfr.enrolment.enrol import Enrolled, Enroller, Enrolment, NotEnrolled, NotEnrolledReason, OnProgress
from openlfr.enrolment.listing import ReferencePicture
from openlfr.link.watchlist_bundle import NodeKeys
from openlfr.policy.identifiers import DeploymentId, NodeId, WatchlistId
from openlfr.policy.refusal import Refusal
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Actor
from openlfr.records.deployments import Deployments
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention
from openlfr.records.watchlist_import import ImportReport, TemplateMaker, WatchlistImport
from openlfr.records.watchlist_reviews import WatchlistReviews
from openlfr.records.watchlist_source import COLUMNS, read_source
from openlfr.records.watchlist_store import AskedList, ListDirectory
from openlfr.records.watchlist_use import WatchlistsInUse
from openlfr.records.watchlists import Watchlists
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey
from openlfr.vision.face import Box, Face
from openlfr.vision.quality import Quality, QualityMeasure

POOR, GOOD = 12.0, 88.0
NO_FACE_GREY = 7
"""A picture all of this grey shows no face to the quick enroller; all of 1 is a poor picture."""
POOR_GREY = 1
DIMENSION = 64


class QuickEnroller(Enroller):
    """Stands in for the models where thousands of pictures are imported: what models say is tested elsewhere.

    Reads and decodes every file as the real one does. The template follows from the first pixel's colour: pictures
    with equal red and green are one person's, others are unlike.
    """

    def __init__(self) -> None:
        """Needs no models."""

    def enrol(self, references: Sequence[ReferencePicture], on_progress: OnProgress | None = None) -> Enrolment:
        enrolled: list[Enrolled] = []
        refused: list[NotEnrolled] = []
        for done, reference in enumerate(references, 1):
            found = self._judged(reference)
            (enrolled if isinstance(found, Enrolled) else refused).append(found)  # type: ignore[arg-type]
            if on_progress is not None:
                on_progress(done, len(references))
        return Enrolment(tuple(enrolled), tuple(refused))

    def _judged(self, reference: ReferencePicture) -> Enrolled | NotEnrolled:
        try:
            content = read_file(reference.path, name=reference.name)
            picture = read_picture(content, name=reference.name)
        except PictureError as error:
            return NotEnrolled(reference, NotEnrolledReason.UNREADABLE, str(error))
        blue, green, red = (int(each) for each in picture[0, 0])
        if (blue, green, red) == (NO_FACE_GREY,) * 3:
            return NotEnrolled(reference, NotEnrolledReason.NO_FACE, f"The picture {reference.name} shows no face.")
        drawn = np.random.default_rng([red, green, int(picture[0, -1, 0]), int(picture[-1, 0, 0])])
        template = drawn.normal(size=DIMENSION).astype(np.float32)
        height, width = picture.shape[:2]
        landmarks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32) * width
        quality = POOR if (blue, green, red) == (POOR_GREY,) * 3 else GOOD
        return Enrolled(
            reference,
            Face(Box(width / 4, height / 4, width / 2, height / 2), landmarks, 0.9),
            Quality(quality, {QualityMeasure.SHARPNESS: quality}),
            template / np.linalg.norm(template),
            hashlib.sha256(content).hexdigest(),
        )


def write_picture(path: Path, number: int, *, person: int | None = None, grey: int | None = None) -> Path:
    """A small picture of its own bytes; `person` makes several pictures one person's, `grey` one of the marked ones."""
    shown = number if person is None else person
    picture = np.full((24, 24, 3), 90 if grey is None else grey, np.uint8)
    if grey is None:
        picture[0, 0] = (0, shown % 251, shown // 251 % 251)
        picture[0, -1] = shown // 63001 % 251
        picture[12, 12] = (number % 256, number // 256 % 256, number // 65536)
    cv2.imwrite(str(path), picture)
    return path


def row(person: str, image: str, **changes: str) -> dict[str, str]:
    """A row of a CSV file that nothing is missing from, varied by keyword."""
    complete = {
        "person_id": person,
        "image": image,
        "name": f"Name of {person}",
        "category": "wanted_by_courts",
        "offence": "Burglary",
        "reason": "Failed to appear on 3 March 2026.",
        "where_link": "Lives two streets away.",
        "legal_basis": "court_warrant",
        "expires_on": "2027-01-01",
        "picture_source": "custody",
        "picture_taken_on": "2025-02-03",
        "under_18": "no",
    }
    return {**complete, **changes}


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def people_csv(folder: Path, people: int, first: int = 1) -> Path:
    """A CSV file of so many people with one picture each, beside the pictures."""
    folder.mkdir(exist_ok=True)
    numbers = range(first, first + people)
    rows = [row(f"N/{n}", write_picture(folder / f"{n}.png", n).name) for n in numbers]
    return write_csv(folder / "people.csv", rows)


QUICK = TemplateMaker(QuickEnroller(), SETUP.model_pack, SETUP.precision)


@dataclass
class ListHub:
    """A staffed hub with the services of watchlists, and a node."""

    hub: StaffedHub
    lists: Watchlists
    reviews: WatchlistReviews
    use: WatchlistsInUse
    deployments: Deployments
    retention: Retention
    node_exchange: ExchangeKey = field(default_factory=lambda: ExchangeKey(b"\x07" * 32))
    node_signer: SigningKey = field(default_factory=lambda: SigningKey(b"\x09" * 32))

    @property
    def node(self) -> NodeKeys:
        """The node of the deployment's only camera."""
        return NodeKeys(NodeId("node-1"), self.node_exchange.public, self.node_signer.public)

    def asked(self, by: Actor, watchlist: WatchlistId) -> AskedList:
        return AskedList(by, watchlist, TERMINAL)

    def begun(self, deployment: DeploymentId | None = None) -> WatchlistId:
        record = self.lists.begin(self.hub.builder, deployment or self.hub.authorised(), TERMINAL)
        assert not isinstance(record, Refusal), record
        return record.watchlist.watchlist

    def deployment_of(self, watchlist: WatchlistId) -> DeploymentId:
        with self.hub.records.database.reading() as session:
            value = ListDirectory().find(session, watchlist)
        assert value is not None
        return value.deployment

    def importing(self, maker: TemplateMaker = QUICK) -> WatchlistImport:
        return WatchlistImport(self.hub.records, maker, workers=2)

    def imported(self, watchlist: WatchlistId, source: Path, maker: TemplateMaker = QUICK) -> ImportReport:
        asked = self.asked(self.hub.builder, watchlist)
        report = self.importing(maker).run(asked, read_source(source), lambda _: 0.5)
        assert not isinstance(report, Refusal), report
        return report

    def reviewed(self, folder: Path, people: int = 3, deployment: DeploymentId | None = None) -> WatchlistId:
        """A list whose people are all accepted."""
        watchlist = self.begun(deployment)
        self.imported(watchlist, people_csv(folder, people))
        assert self.reviews.accept_clean(self.asked(self.hub.authoriser, watchlist)) == people
        return watchlist

    def approved(self, folder: Path, people: int = 3, deployment: DeploymentId | None = None) -> WatchlistId:
        watchlist = self.reviewed(folder, people, deployment)
        record = self.lists.approve(self.asked(self.hub.authoriser, watchlist))
        assert not isinstance(record, Refusal), record
        return watchlist

    def frozen(self, folder: Path, people: int = 3, deployment: DeploymentId | None = None) -> WatchlistId:
        watchlist = self.approved(folder, people, deployment)
        record = self.lists.freeze(self.asked(self.hub.builder, watchlist))
        assert not isinstance(record, Refusal), record
        return watchlist

    def attached(self, watchlist: WatchlistId, deployment: DeploymentId) -> None:
        kept(self.deployments.attach_watchlist(self.hub.asked(self.hub.builder, deployment), watchlist))


def with_lists(hub: StaffedHub) -> ListHub:
    """The services of watchlists beside those of a staffed hub."""
    deployments = Deployments(hub.records, hub.deployments.profiles, ListDirectory())
    retention = Retention(hub.records, packaged_retention_policy(), PURGEABLES)
    return ListHub(
        hub=hub,
        lists=Watchlists(hub.records, hub.deployments.profiles),
        reviews=WatchlistReviews(hub.records),
        use=WatchlistsInUse(hub.records, deployments, retention),
        deployments=deployments,
        retention=retention,
    )
