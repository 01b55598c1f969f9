"""What a node says when it raises an alert, and when the hub takes it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.deployment import DELETE_EVERYTHING, Deployment, DeploymentState
from openlfr.policy.direction import Direction
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, EntryId, NodeId, PersonReference, PlanId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.policy.presence import CLOCK_TOLERANCE
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.watchlist import Category


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """What an officer must know about the person on the list; it travels with the alert, for the list is destroyed."""

    entry: EntryId
    person: PersonReference
    name: str
    categories: tuple[Category, ...]
    offence: str
    reason: str
    warning_markers: tuple[str, ...]
    look_alikes: tuple[str, ...]
    picture_taken_on: date
    under_18: bool
    vulnerable: bool
    blue_list: bool


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a face lies in a picture: the middle of its box from left and top, and the box's height, each as a share of
    the picture's own width or height. With it two pictures are drawn so that both faces are of one size.

    At the edge of a frame part of the box may lie outside the picture, so it can be higher than that.
    """

    x: float
    y: float
    height: float

    @property
    def is_plausible(self) -> bool:
        """Whether a picture can be drawn by it: other numbers would blow it up without end."""
        return 0 <= self.x <= 1 and 0 <= self.y <= 1 and LOWEST_FACE <= self.height <= HIGHEST_FACE


@dataclass(frozen=True, slots=True)
class ProbePicture:
    """What is known of a picture of the passage; `quality` is 0..100."""

    captured_at: datetime
    quality: float
    face: FacePlace


@dataclass(frozen=True, slots=True)
class CandidatePicture:
    """What is known of a reference picture; `quality` is 0..100."""

    taken_on: date
    quality: float
    face: FacePlace


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """A match at or above the threshold. `shots` is how many pictures of the passage were fused, `quality` the best
    one's, 0..100. `second_score` is that of the independent recogniser, where there is one. `direction` is None where
    the passage was too short to say, or the person stood. `probes` and `candidates` are about the alert's pictures, in
    their order."""

    alert: AlertId
    deployment: DeploymentId
    plan: PlanId
    node: NodeId
    camera: CameraId
    captured_at: datetime
    score: float
    second_score: float | None
    threshold: float
    setup: MatchingSetup
    watchlist_hash: str
    shots: int
    quality: float
    direction: Direction | None
    probes: tuple[ProbePicture, ...]
    candidates: tuple[CandidatePicture, ...]
    person: ListedPerson


@dataclass(frozen=True, slots=True)
class LaterShots:
    """What a camera saw of the person in the seconds after an alert, which waits for nothing: `probes` are about the
    pictures that come with it."""

    alert: AlertId
    deployment: DeploymentId
    node: NodeId
    direction: Direction | None
    probes: tuple[ProbePicture, ...]


@dataclass(frozen=True, slots=True)
class AlertPictures:
    """The pictures, as JPEG files. `probes` show the passer-by with everybody else blurred, the best shot first;
    `candidates` are reference pictures of the one person, the one that was found first."""

    probes: tuple[bytes, ...]
    candidates: tuple[bytes, ...]

    @property
    def probe(self) -> bytes:
        return self.probes[0]

    @property
    def candidate(self) -> bytes:
        return self.candidates[0]


MOST_PICTURES = 4
"""Of the passage, and of the person on the list; more says nothing new and delays the alert."""
LARGEST_PICTURE_BYTES = 5_000_000
LARGEST_FURTHER_PICTURE_BYTES = 400_000
"""Of every picture but the first of each person."""
LOWEST_FACE, HIGHEST_FACE = 0.02, 2.0


def may_carry(raised: RaisedAlert, pictures: AlertPictures) -> Allowed | Refusal:
    """Whether these are as many pictures as the alert says, and neither too many nor too large."""
    for those, told in ((pictures.probes, raised.probes), (pictures.candidates, raised.candidates)):
        if not 1 <= len(those) <= MOST_PICTURES:
            return _unfit(f"An alert carries 1 to {MOST_PICTURES} pictures of each person; this one has {len(those)}.")
        if len(those[0]) > LARGEST_PICTURE_BYTES:
            return _unfit(f"A picture has more than {LARGEST_PICTURE_BYTES} bytes.")
        verdict = _may_go_with(told, those, those[1:])
        if isinstance(verdict, Refusal):
            return verdict
    return Allowed()


def may_add(raised: RaisedAlert, later: LaterShots, files: Sequence[bytes]) -> Allowed | Refusal:
    """Whether these later shots belong to the alert and are neither too many nor too large."""
    if (later.deployment, later.node) != (raised.deployment, raised.node):
        return Refusal(RefusalCode.WRONG_CAMERA, "The shots come from another node than their alert.")
    if len(raised.probes) + len(later.probes) > MOST_PICTURES:
        return _unfit(f"An alert carries at most {MOST_PICTURES} pictures of each person; this one has them.")
    return _may_go_with(later.probes, files, files)


def _may_go_with(
    told: Sequence[ProbePicture] | Sequence[CandidatePicture], files: Sequence[bytes], further: Sequence[bytes]
) -> Allowed | Refusal:
    if len(files) != len(told):
        return _unfit(f"The alert tells of {len(told)} pictures and comes with {len(files)}.")
    if any(len(each) > LARGEST_FURTHER_PICTURE_BYTES for each in further):
        return _unfit(f"A further picture has more than {LARGEST_FURTHER_PICTURE_BYTES} bytes.")
    if not all(each.face.is_plausible for each in told):
        return _unfit("The place of a face lies outside its picture.")
    return Allowed()


def _unfit(sentence: str) -> Refusal:
    return Refusal(RefusalCode.INVALID_FIELDS, sentence)


def may_raise(deployment: Deployment, plan: ArmedPlan | None, raised: RaisedAlert) -> Allowed | Refusal:
    """Whether the alert was raised under an order to analyse that the hub itself gave; `plan` is the one it names.

    Alerts that come late, after a lost link, are taken in as long as they were raised in time; not once the deployment
    is reported, and not where everything must be deleted.
    """
    if deployment.end_reason in DELETE_EVERYTHING:
        return Refusal(RefusalCode.TOO_LATE, "Everything of this deployment is deleted; its alerts are not taken in.")
    if deployment.state in (DeploymentState.REPORTED, DeploymentState.REVIEWED):
        return Refusal(RefusalCode.TOO_LATE, "This deployment is reported already; the alert came too late.")
    if plan is None or plan.deployment != raised.deployment or plan.order is not Order.ANALYSE:
        return Refusal(RefusalCode.NOT_LIVE, "The alert names no plan under which this deployment was live.")
    if all((each.camera, each.node) != (raised.camera, raised.node) for each in plan.cameras):
        return Refusal(RefusalCode.WRONG_CAMERA, "The alert comes from a camera or a node that is not in its plan.")
    first = max(plan.issued_at, plan.window.start) - CLOCK_TOLERANCE
    if not first <= raised.captured_at < min(plan.stop_by, plan.window.end) + CLOCK_TOLERANCE:
        return Refusal(RefusalCode.OUTSIDE_WINDOW, "The alert was captured outside the time of its plan.")
    if raised.watchlist_hash != plan.watchlist_hash:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "The alert comes from another watchlist than its plan's.")
    if raised.setup != plan.setup:
        return Refusal(RefusalCode.WRONG_MODEL, "The alert's score was made by another model than its plan's.")
    if raised.threshold != plan.threshold or not raised.score >= plan.threshold:
        return Refusal(RefusalCode.WRONG_THRESHOLD, "The alert's score is below the authorised threshold.")
    return Allowed()
