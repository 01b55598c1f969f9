"""Questions that the hub puts to nodes, and the newest word of each node on them: in memory only.

A question stands in the orders of its node until the node is done with it or its time is over, so a message that is
lost or doubled changes nothing; a hub that is started anew asks nothing any more, and nodes drop what nobody asks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from openlfr.link.messages import Finding, SearchFound, SearchWanted
from openlfr.policy.identifiers import NewId, NodeId

LAST_WORD: Final = timedelta(seconds=20)
"""How long after its time a question still stands, for the node to say what it found."""
KEPT: Final = timedelta(minutes=10)
"""How long an answer can be read after the question's time."""

W = TypeVar("W")
F = TypeVar("F", bound=Finding)


@dataclass(slots=True)
class Asked(Generic[W, F]):
    """A question, and what its node said of it last; None: nothing yet."""

    node: NodeId
    about: str
    wanted: W
    until: datetime
    found: F | None = None

    def stands(self, now: datetime) -> bool:
        """Whether the node is still to say something."""
        return now < self.until + LAST_WORD and (self.found is None or not self.found.done)


class Questions(Generic[W, F]):
    """Questions of one kind. For one event loop; `newest` may be read in any thread."""

    def __init__(self, clock: Callable[[], datetime], new_id: NewId, nudge: Callable[[NodeId], None]) -> None:
        """`nudge` has a node ask for orders at once."""
        self._clock = clock
        self._new_id = new_id
        self._nudge = nudge
        self._asked: dict[str, Asked[W, F]] = {}

    def ask(
        self, node: NodeId, about: str, lasting: timedelta, wanted: Callable[[str, datetime], W]
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
        asked: Asked[W, F] = Asked(node, about, wanted(identifier, until), until)
        self._asked[identifier] = asked
        self._nudge(node)
        return identifier, asked

    def newest(self, identifier: str) -> Asked[W, F] | None:
        """A question with its newest answer; None for one that is unknown, replaced or long over."""
        asked = self._asked.get(identifier)
        return asked if asked is not None and self._clock() < asked.until + KEPT else None

    def wanted_of(self, node: NodeId) -> tuple[W, ...]:
        """What a node is told."""
        now = self._clock()
        return tuple(each.wanted for each in self._asked.values() if each.node == node and each.stands(now))

    def came(self, node: NodeId, identifier: str, found: F) -> bool:
        """Take in what a node says; whether that is its last word on a question that stands. Nothing replaces that."""
        asked = self._asked.get(identifier)
        if asked is None or asked.node != node or not asked.stands(self._clock()):
            return False
        asked.found = found
        return found.done


class NodeQuestions:
    """Everything that nodes can be asked."""

    def __init__(self, clock: Callable[[], datetime], new_id: NewId, nudge: Callable[[NodeId], None]) -> None:
        self.searches: Questions[SearchWanted, SearchFound] = Questions(clock, new_id, nudge)

    def search(self, node: NodeId, lasting: timedelta, camera: str = "") -> str:
        """Have a node look for cameras, or ask the one of a sealed `CameraLogin` for its streams, in place of what it
        was asked before; the search's identifier."""

        def wanted(identifier: str, until: datetime) -> SearchWanted:
            return SearchWanted(identifier, until, camera)

        identifier, _ = self.searches.ask(node, "streams" if camera else "", lasting, wanted)
        return identifier

    def came(self, finding: Finding) -> None:
        """Take in a finding that its node has signed."""
        self.searches.came(finding.node, finding.search, finding)
