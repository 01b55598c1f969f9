"""What nodes last said of themselves, in memory only: for the console, and to notice that somebody runs one twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from openlfr.link.messages import Hello
from openlfr.policy.identifiers import NodeId

SILENT_AFTER: Final = timedelta(seconds=5)
"""Nodes say hello once a second."""
WRONG_CLOCK: Final = timedelta(seconds=10)
_RETURNS_OF_TWINS: Final = 2
_MOST_BOOTS: Final = 32


@dataclass(frozen=True, slots=True)
class NodeNews:
    """The last hello of a node, when it came by our clock, and how far the node's clock is ahead of ours (less the time
    on the way, which is much shorter than what matters)."""

    hello: Hello
    heard_at: datetime
    clock_ahead: timedelta

    def silent(self, now: datetime) -> bool:
        return now - self.heard_at > SILENT_AFTER

    @property
    def clock_is_wrong(self) -> bool:
        return abs(self.clock_ahead) > WRONG_CLOCK


class FleetNews:
    """The newest of every node."""

    def __init__(self) -> None:
        self._newest: dict[NodeId, NodeNews] = {}
        self._boots: dict[NodeId, list[str]] = {}
        self._returns: dict[NodeId, int] = {}

    @property
    def newest(self) -> Mapping[NodeId, NodeNews]:
        return dict(self._newest)

    def heard(self, hello: Hello, now: datetime) -> bool:
        """Take in a hello; whether it shows that two programs run with this node's keys.

        A node that is started anew says hello with a boot of its own, and the old one is never heard again, but for a
        last message on its way. Two that run at once take turns: each returns after the other was heard.
        """
        node = hello.node
        boots = self._boots.setdefault(node, [])
        if hello.boot in boots and hello.boot != boots[-1]:
            self._returns[node] = self._returns.get(node, 0) + 1
        if not boots or hello.boot != boots[-1]:
            self._boots[node] = [*(each for each in boots if each != hello.boot), hello.boot][-_MOST_BOOTS:]
        self._newest[node] = NodeNews(hello, now, hello.at - now)
        return self._returns.get(node, 0) >= _RETURNS_OF_TWINS

    def boot_of(self, node: NodeId) -> str | None:
        """The boot a node was last heard with."""
        news = self._newest.get(node)
        return None if news is None else news.hello.boot
