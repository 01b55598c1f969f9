"""Questions that the hub puts to nodes, and the newest word of each node on them: in memory only.

A question stands in the orders of its node until the node is done with it or its time is over, so a message that is
lost or doubled changes nothing; a hub that is started anew asks nothing any more, and nodes drop what nobody asks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from openlfr.link.messages import CheckFound, CheckWanted, Finding, SearchFound, SearchWanted
from openlfr.policy.identifiers import CameraId, NewId, NodeId, StaffId
from openlfr.records.camera_checks import SHORTEST_CHECK_S, KeptCheck

LAST_WORD: Final = timedelta(seconds=20)
"""How long after its time a question still stands, for the node to say what it found."""
KEPT: Final = timedelta(minutes=10)
"""How long an answer can be read after the question's time."""
OPENING: Final = timedelta(seconds=20)
"""How long a camera may take until its first picture, before its check ends without one."""

W = TypeVar("W")
F = TypeVar("F", bound=Finding)


@dataclass(slots=True)
class Asked(Generic[W, F]):
    """A question, since when it stands and who asked, where that is to be known; and what its node said of it last."""

    node: NodeId
    about: str
    wanted: W
    since: datetime
    until: datetime
    by: StaffId | None = None
    found: F | None = None
    withdrawn: bool = False

    def stands(self, now: datetime) -> bool:
        """Whether the node is still to say something."""
        said_all = self.withdrawn or (self.found is not None and self.found.done)
        return now < self.until + LAST_WORD and not said_all


class Questions(Generic[W, F]):
    """Questions of one kind. For one event loop; `newest` may be read in any thread."""

    def __init__(self, clock: Callable[[], datetime], new_id: NewId, nudge: Callable[[NodeId], None]) -> None:
        """`nudge` has a node ask for orders at once."""
        self._clock = clock
        self._new_id = new_id
        self._nudge = nudge
        self._asked: dict[str, Asked[W, F]] = {}

    def ask(
        self,
        node: NodeId,
        about: str,
        lasting: timedelta,
        wanted: Callable[[str, datetime], W],
        by: StaffId | None = None,
    ) -> tuple[str, Asked[W, F]]:
        """Put a question to a node, in place of any before `about` the same; `wanted` makes it of its identifier and
        the end of its time. Returns the identifier and the question."""
        now = self._clock()
        self._asked = {
            identifier: each
            for identifier, each in self._asked.items()
            if now < each.until + KEPT and (each.node, each.about) != (node, about)
        }
        identifier, until = self._new_id(), now + lasting
        asked: Asked[W, F] = Asked(node, about, wanted(identifier, until), now, until, by)
        self._asked[identifier] = asked
        self._nudge(node)
        return identifier, asked

    def newest(self, identifier: str) -> Asked[W, F] | None:
        """A question with its newest answer; None for one that is unknown, replaced or long over."""
        asked = self._asked.get(identifier)
        return asked if asked is not None and self._clock() < asked.until + KEPT else None

    def newest_about(self, about: str) -> Asked[W, F] | None:
        """The last question about something; None before there is one, and when it is long over."""
        now = self._clock()
        known = [each for each in list(self._asked.values()) if each.about == about and now < each.until + KEPT]
        return known[-1] if known else None

    def standing_about(self, about: str) -> Asked[W, F] | None:
        """The last question about something, while its node has something to say on it."""
        asked = self.newest_about(about)
        return asked if asked is not None and asked.stands(self._clock()) else None

    def withdraw(self, about: str) -> Asked[W, F] | None:
        """Ask a node no more about something: the question with the newest answer; None where none stands."""
        asked = self.standing_about(about)
        if asked is not None:
            asked.withdrawn = True
            self._nudge(asked.node)
        return asked

    def standing(self, node: NodeId, identifier: str) -> Asked[W, F] | None:
        """A question on which this node still has something to say."""
        asked = self._asked.get(identifier)
        return asked if asked is not None and asked.node == node and asked.stands(self._clock()) else None

    def wanted_of(self, node: NodeId) -> tuple[W, ...]:
        """What a node is told."""
        now = self._clock()
        return tuple(each.wanted for each in self._asked.values() if each.node == node and each.stands(now))

    def came(self, node: NodeId, identifier: str, found: F) -> None:
        """Take in what a node says of a question that stands; nothing replaces its last word."""
        asked = self.standing(node, identifier)
        if asked is not None:
            asked.found = found


def measured_s(asked: Asked[CheckWanted, CheckFound]) -> float:
    """For how long a check has measured by now; 0 before the first picture."""
    return 0.0 if asked.found is None or asked.found.figures is None else asked.found.figures.seconds


def check_to_keep(asked: Asked[CheckWanted, CheckFound], found: CheckFound | None, now: datetime) -> KeptCheck | None:
    """What is kept of a check of which its node said this; None where that is too little. A check that somebody ended
    is one of the time it had measured, if any check may be as short as that."""
    if asked.by is None or found is None or found.figures is None:
        return None
    if not found.done and found.figures.seconds < SHORTEST_CHECK_S:
        return None
    return KeptCheck(found.check, asked.wanted.camera, asked.by, asked.since, now, found.figures)


class NodeQuestions:
    """Everything that nodes can be asked."""

    def __init__(self, clock: Callable[[], datetime], new_id: NewId, nudge: Callable[[NodeId], None]) -> None:
        self.searches: Questions[SearchWanted, SearchFound] = Questions(clock, new_id, nudge)
        self.checks: Questions[CheckWanted, CheckFound] = Questions(clock, new_id, nudge)

    def search(self, node: NodeId, lasting: timedelta, camera: str = "") -> str:
        """Have a node look for cameras, or ask the one of a sealed `CameraLogin` for its streams, in place of what it
        was asked before; the search's identifier."""

        def wanted(identifier: str, until: datetime) -> SearchWanted:
            return SearchWanted(identifier, until, camera)

        identifier, _ = self.searches.ask(node, "streams" if camera else "", lasting, wanted)
        return identifier

    def check(self, node: NodeId, camera: CameraId, seconds: int, by: StaffId) -> None:
        """Have a node check a camera."""

        def wanted(identifier: str, until: datetime) -> CheckWanted:
            return CheckWanted(identifier, camera, seconds, until)

        self.checks.ask(node, camera, timedelta(seconds=seconds) + OPENING, wanted, by)

    def came(self, finding: Finding) -> None:
        """Take in a finding that its node has signed."""
        match finding:
            case SearchFound():
                self.searches.came(finding.node, finding.search, finding)
            case CheckFound():
                self.checks.came(finding.node, finding.check, finding)
