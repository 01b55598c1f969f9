"""What nodes and cameras do at this moment, out of what the nodes last said: for consoles, and counted for metrics."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from openlfr.hub.fleet_news import NodeNews
from openlfr.link.messages import CameraReport, CameraSituation
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.sealing.canonical import JsonValue


class FleetSource(Protocol):
    """Where the newest word of every node is kept."""

    @property
    def news(self) -> Mapping[NodeId, NodeNews]: ...


class NodeSituation(StrEnum):
    """How a node is, as seen from the hub."""

    WORKING = "working"
    COMPLAINING = "complaining"
    """It does not do what it was ordered, and says why."""
    SILENT = "silent"


def situation_of(news: NodeNews, now: datetime) -> NodeSituation:
    """How a node is now."""
    if news.silent(now):
        return NodeSituation.SILENT
    return NodeSituation.COMPLAINING if news.hello.complaint else NodeSituation.WORKING


def fleet_document(fleet: FleetSource, now: datetime, sees: Callable[[CameraId], bool] | None = None) -> JsonValue:
    """Every node with its cameras, as sent to consoles. What a silent node said last stands there as such.

    With `sees`, only the cameras that somebody of a limited reach sees, and the nodes that run them.
    """
    if sees is None:
        return {"nodes": [_node(node, news, now, news.hello.cameras) for node, news in sorted(fleet.news.items())]}
    seen = {node: [each for each in news.hello.cameras if sees(each.camera)] for node, news in fleet.news.items()}
    return {"nodes": [_node(node, fleet.news[node], now, seen[node]) for node in sorted(seen) if seen[node]]}


@dataclass(frozen=True, slots=True)
class FleetCounts:
    """Numbers of nodes and cameras by situation, and of alerts that wait at nodes. None for cameras of silent nodes."""

    nodes: Mapping[NodeSituation, int]
    cameras: Mapping[CameraSituation | None, int]
    alerts_waiting: int


def fleet_counts(fleet: FleetSource, now: datetime) -> FleetCounts:
    """The fleet in numbers, without a name."""
    nodes: Counter[NodeSituation] = Counter()
    cameras: Counter[CameraSituation | None] = Counter()
    waiting = 0
    for news in fleet.news.values():
        nodes[situation_of(news, now)] += 1
        cameras.update(None if news.silent(now) else each.situation for each in news.hello.cameras)
        waiting += news.hello.waiting
    return FleetCounts(nodes, cameras, waiting)


def _node(node: NodeId, news: NodeNews, now: datetime, cameras: Iterable[CameraReport]) -> JsonValue:
    hello = news.hello
    return {
        "node": node,
        "situation": situation_of(news, now).value,
        "complaint": hello.complaint,
        "clock_is_wrong": news.clock_is_wrong,
        "software": hello.software,
        "alerts_waiting": hello.waiting,
        "cameras": [
            {
                "camera": each.camera,
                "situation": each.situation.value,
                "reason": each.reason,
                "decoded_per_s": round(each.decoded_per_s, 1),
                "analysed_per_s": round(each.analysed_per_s, 1),
                "dropped": each.dropped,
                "issues": list(each.issues),
            }
            for each in cameras
        ],
    }
