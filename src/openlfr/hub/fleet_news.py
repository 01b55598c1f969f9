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
_RETURNS_OF_TWINS: Final = 3
"""A boot comes back once after last messages of the one before it, and once by its own."""
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
        # Of each node, how often each of its boots came back after another one; the one heard last stands last.
        self._returns: dict[NodeId, dict[str, int]] = {}

    @property
    def newest(self) -> Mapping[NodeId, NodeNews]:
        return dict(self._newest)

    def heard(self, hello: Hello, now: datetime) -> bool:
        """Take in a hello; whether it shows that two programs run with this node's keys.

        A node that is started anew says hello with a boot of its own, and the old one is never heard again, but for
        last messages on their way, after which the new one comes back. Two that run at once take turns for ever.
        """
        returns = self._returns.setdefault(hello.node, {})
        if next(reversed(returns), None) != hello.boot:
            returns[hello.boot] = returns.pop(hello.boot, -1) + 1
            if len(returns) > _MOST_BOOTS:
                del returns[next(iter(returns))]
        self._newest[hello.node] = NodeNews(hello, now, hello.at - now)
        return max(returns.values()) >= _RETURNS_OF_TWINS
