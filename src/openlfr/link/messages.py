"""What node and hub say to each other, apart from documents that stand for themselves (plan, bundle, removal, receipt).

The node asks and the hub answers, again and again: once a second, and at once when the hub nudges it. A lost, doubled
or late message therefore does no harm: the next answer tells the node everything it does not know yet. Every message
is a document signed by its sender's own key (`sealing.signature`), whatever the bus says about who sent it.

| subject (NATS) | what | from |
|---|---|---|
| `olfr.hello.<node>` | `Hello`, answered with `Orders` | node |
| `olfr.nudge.<node>` | nothing: "ask now", or a `Dismissal` | hub |
| `olfr.bundle.<node>` | `BundleWanted`, answered with a piece of the bundle (`link.bundle_pieces`) | node |
| `olfr.receipt.<node>` | a destruction receipt, answered with `ReceiptKept` once it is | node |
| `olfr.alerts.<node>` | a sealed alert (`link.sealed_alert`), kept by JetStream until the hub has committed it | node |
| `olfr.preview.<node>.<camera>` | one blurred picture of a camera, only while somebody looks | node |
| `olfr.finding.<node>` | a `Finding`: what the node knows so far of something its orders ask for | node |

A question (`Orders.searches`, `Orders.checks`) stands in every answer until the hub has all it wants or its time is
over, and the node says what it has found, whole, again and again as long as it stands: the newest word replaces the
ones before.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from openlfr.policy.authority import Polygon
from openlfr.policy.camera_check import CheckFigures
from openlfr.policy.identifiers import CameraId, DeploymentId, HubId, NodeId, StaffId, WatchlistId

HELLO_KIND: Final = "node hello"
ORDERS_KIND: Final = "node orders"
BUNDLE_WANTED_KIND: Final = "watchlist wanted"
RECEIPT_KEPT_KIND: Final = "receipt kept"
DISMISSAL_KIND: Final = "node dismissal"
SEARCH_FOUND_KIND: Final = "search found"
CHECK_FOUND_KIND: Final = "camera check found"

MOST_FOUND_CAMERAS: Final = 200
MOST_FOUND_STREAMS: Final = 16
LONGEST_FOUND_TEXT: Final = 500
"""Of anything that a stranger's device says about itself."""


class CameraSituation(StrEnum):
    """What a camera of a node is doing, in the words the console shows."""

    IDLE = "idle"
    """No deployment names it: its stream is not even open."""
    WAITING = "waiting"
    """Its deployment has a plan, but the rules do not allow analysis now; the reason says why."""
    ARMED = "armed"
    """Its frames are analysed."""
    DEGRADED = "degraded"
    """Its frames are analysed, but worse than wanted: the reason says why."""
    CHECKING = "checking"
    """An administrator has it checked: faces are measured, and nobody is recognised."""
    LOST = "lost"
    """It should be analysed, and no picture comes."""


@dataclass(frozen=True, slots=True)
class CameraReport:
    """One camera as its node sees it."""

    camera: CameraId
    situation: CameraSituation
    reason: str
    decoded_per_s: float = 0.0
    analysed_per_s: float = 0.0
    dropped: int = 0
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What a node counted for one deployment since it started: whole numbers, about nobody.

    `created`, `destroyed` and `carried` are the privacy ledger: templates made, overwritten, and gone into alerts.
    """

    deployment: DeploymentId
    method: str
    frames: int
    passages: int
    faces_seen: int
    failures_to_acquire: int
    suppressed: int
    created: int
    destroyed: int
    carried: int


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """The newest plan of a deployment that the node knows of, obeyed or over."""

    deployment: DeploymentId
    sequence: int


@dataclass(frozen=True, slots=True)
class HeldList:
    """A watchlist in the node's memory, and how many removal orders it has obeyed."""

    watchlist: WatchlistId
    bundle: str
    removals: int


@dataclass(frozen=True, slots=True)
class Hello:
    """A node's word about itself. `boot` is new at each start of the node; `number` counts its hellos from 1.

    `waiting` is how many alerts lie in its own store and have not reached the hub. `settings` is the version of the
    camera settings it has, 0 for none. `complaint` is why it does not do what it was last ordered, in a sentence.
    """

    node: NodeId
    boot: str
    number: int
    at: datetime
    software: str
    plans: tuple[HeldPlan, ...] = ()
    lists: tuple[HeldList, ...] = ()
    cameras: tuple[CameraReport, ...] = ()
    tallies: tuple[Tally, ...] = ()
    waiting: int = 0
    settings: int = 0
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """A camera as the hub knows it. `address` may hold a login, so settings travel sealed to the node's own key."""

    camera: CameraId
    name: str
    address: str
    smallest_face_px: int
    zone: Polygon = ()


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """All cameras of a node; `version` rises with every change."""

    version: int
    cameras: tuple[CameraSettings, ...]


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """An officer who is checked in to a deployment, and when they last confirmed it."""

    deployment: DeploymentId
    officer: StaffId
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class PreviewWanted:
    """Somebody looks at this camera: send blurred pictures until then."""

    camera: CameraId
    until: datetime


@dataclass(frozen=True, slots=True)
class CameraLogin:
    """A camera that a search has found, and the login that somebody typed for it; it travels sealed to the node."""

    address: str
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchWanted:
    """Somebody looks for cameras in the node's network: say which there are, and give up by then.

    `camera` is empty, or a `CameraLogin` document sealed to the node, in base64: then say of this one alone which
    streams it has.
    """

    search: str
    until: datetime
    camera: str = ""


@dataclass(frozen=True, slots=True)
class CheckWanted:
    """An administrator has a camera checked: measure its faces for so long after its first picture, and stop at
    `until` in any case, also where the link is lost."""

    check: str
    camera: CameraId
    seconds: int
    until: datetime


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """A bundle of a watchlist that the hub has handed to the node, and has no receipt for."""

    bundle: str
    watchlist: WatchlistId


@dataclass(frozen=True, slots=True)
class Orders:
    """The hub's answer to one hello: it repeats its boot and number, and an answer to any other hello is not taken.

    `plans` and `removals` are signed documents of their own (`policy.plan`, `link.removal_order`) in the form of
    `SignedDocument.to_bytes`, newer than what the hello said the node holds. `settings` is a `NodeSettings` document
    sealed to the node, in base64, or empty when the node has the newest. `check_ins` is complete each time. `owed` are
    the oldest receipts that the hub waits for, without those of lists that the hello says the node holds.
    """

    hub: HubId
    node: NodeId
    boot: str
    number: int
    at: datetime
    plans: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()
    check_ins: tuple[CheckedIn, ...] = ()
    settings: str = ""
    previews: tuple[PreviewWanted, ...] = ()
    searches: tuple[SearchWanted, ...] = ()
    checks: tuple[CheckWanted, ...] = ()
    owed: tuple[OwedReceipt, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A video stream as a camera describes it: its RTSP address, without a login, and 0 for numbers it did not give.

    Raises ValueError for more than `LONGEST_FOUND_TEXT` characters.
    """

    name: str
    address: str
    codec: str
    width_px: int
    height_px: int
    frames_per_s: float

    def __post_init__(self) -> None:
        _not_too_long(self.name, self.address, self.codec)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera as it names itself, in words nobody has checked; no login is in any of them.

    `address` is where it answers questions (its ONVIF device service). Raises ValueError for more than
    `LONGEST_FOUND_TEXT` characters or `MOST_FOUND_STREAMS` streams.
    """

    address: str
    name: str
    model: str
    streams: tuple[FoundStream, ...] = ()

    def __post_init__(self) -> None:
        if len(self.streams) > MOST_FOUND_STREAMS:
            raise ValueError(f"A camera is said to have {MOST_FOUND_STREAMS} streams at the most.")
        _not_too_long(self.address, self.name, self.model)


def _not_too_long(*said: str) -> None:
    if any(len(each) > LONGEST_FOUND_TEXT for each in said):
        raise ValueError(f"What is said of a camera has {LONGEST_FOUND_TEXT} characters at the most.")


@dataclass(frozen=True, slots=True)
class SearchFound:
    """The cameras a search has found so far. `done`: there is no more to come; `problem` says, in a sentence, what kept
    the node from finding them. Raises ValueError for more than `MOST_FOUND_CAMERAS` or a longer sentence."""

    node: NodeId
    search: str
    cameras: tuple[FoundCamera, ...] = ()
    problem: str = ""
    done: bool = False

    def __post_init__(self) -> None:
        if len(self.cameras) > MOST_FOUND_CAMERAS:
            raise ValueError(f"A search finds {MOST_FOUND_CAMERAS} cameras at the most.")
        if len(self.problem) > LONGEST_FOUND_TEXT:
            raise ValueError(f"A problem is told in {LONGEST_FOUND_TEXT} characters at the most.")


@dataclass(frozen=True, slots=True)
class CheckFound:
    """What the check of a camera has measured so far; no figures before the first picture. `done`: there is no more to
    come; `problem` says, in a sentence, why there are no figures. Raises ValueError for a longer sentence."""

    node: NodeId
    check: str
    figures: CheckFigures | None = None
    problem: str = ""
    done: bool = False

    def __post_init__(self) -> None:
        if len(self.problem) > LONGEST_FOUND_TEXT:
            raise ValueError(f"A problem is told in {LONGEST_FOUND_TEXT} characters at the most.")


Finding = SearchFound | CheckFound


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The hub's last word to a node, before it is shut off the bus: stop everything, now. One that it does not reach
    stops when its plans' time is over."""

    hub: HubId
    node: NodeId
    at: datetime


@dataclass(frozen=True, slots=True)
class BundleWanted:
    """A node asks for the list of a deployment whose plan it holds, from `offset` on.

    With `bundle` empty the hub makes a new bundle, for every bundle is imported once only; the pieces of it are then
    asked for by its name. Nothing of a bundle is ever stored on the bus.
    """

    node: NodeId
    deployment: DeploymentId
    watchlist_hash: str
    bundle: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ReceiptKept:
    """The hub's word that it keeps a node's receipt for a bundle; the node sends it again until this comes."""

    node: NodeId
    bundle: str


def hello_subject(node: NodeId) -> str:
    return f"olfr.hello.{node}"


def nudge_subject(node: NodeId) -> str:
    return f"olfr.nudge.{node}"


def bundle_subject(node: NodeId) -> str:
    return f"olfr.bundle.{node}"


def receipt_subject(node: NodeId) -> str:
    return f"olfr.receipt.{node}"


def alerts_subject(node: NodeId) -> str:
    return f"olfr.alerts.{node}"


def preview_subject(node: NodeId, camera: CameraId) -> str:
    return f"olfr.preview.{node}.{camera}"


def finding_subject(node: NodeId) -> str:
    return f"olfr.finding.{node}"
