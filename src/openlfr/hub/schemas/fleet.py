"""Nodes and cameras on the wire: what the registry has of them, and what they last said."""

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from openlfr.hub.fleet_news import NodeNews
from openlfr.hub.fleet_situation import NodeSituation, situation_of
from openlfr.hub.schemas.application import PointForm
from openlfr.hub.schemas.camera_places import PlaceForm
from openlfr.hub.schemas.wire import Answering, Asking, Count, Identifier, Name, Text, Version
from openlfr.link.messages import CameraSituation
from openlfr.records.cameras import Camera, CameraDraft
from openlfr.records.nodes import Node, NodeState


class NodeNaming(Asking):
    """The node that is to be."""

    name: Name = Field(examples=["Van 1"])


class Reason(Asking):
    """Why; it goes into the audit log."""

    reason: Text = Field(examples=["Stolen from the van on 3 May."])


class WriteOff(Asking):
    """A watchlist that a lost node will never say it destroyed."""

    bundle: Identifier
    reason: Text = Field(examples=["The machine burnt with the van."])


class NodeView(Answering):
    """A node. What it last said stands there as long as this hub has run since; else null."""

    node: Identifier
    name: str
    state: NodeState
    enrolled_at: datetime | None
    revoked_at: datetime | None
    code_valid_until: datetime = Field(description="How long its one-time code works, or worked.")
    fingerprint: str = Field(description="Of its key for signatures; compare it with what the machine shows.")
    doubled_at: datetime | None = Field(
        description="Two programs were seen with its keys: it gets no more orders, and must be revoked."
    )
    situation: NodeSituation | None
    complaint: str = Field(description="Why it does not do what it was ordered, in a sentence; empty when it does.")
    heard_at: datetime | None
    clock_ahead_s: float | None = Field(description="By how much its clock differs from the hub's.")
    clock_is_wrong: bool
    software: str
    alerts_waiting: int = Field(description="Alerts that lie at the node and have not reached the hub.")


class InvitationView(Answering):
    """A node with its one-time code, which is shown this once."""

    node: NodeView
    code: str = Field(examples=["ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z2345-67ABC-DEFGH"])
    hub: str = Field(description="The hub's address, to be typed beside the code.")


class OwedReceiptView(Answering):
    """A watchlist that a node was given and has not said it destroyed."""

    bundle: Identifier
    node: str
    deployment: Identifier


class CameraForm(Asking):
    """A camera as an administrator enters it."""

    node: Identifier
    name: Name = Field(examples=["North End, facing south"])
    address: Text = Field(
        "",
        description="rtsp://USER:PASSWORD@HOST/PATH, a device or a file at the node. It is kept sealed and never shown "
        "again; left out in a change, it stays as it is.",
        examples=["rtsp://viewer:word@10.0.0.7/stream1"],
        repr=False,
    )
    smallest_face_px: Count = Field(40, description="The width of the smallest face that is looked for.")
    zone: list[PointForm] = Field(default_factory=list, max_length=100, description="None: the whole picture.")

    def draft(self) -> CameraDraft:
        """What was entered, without blanks around what was pasted."""
        entered = self.as_value(CameraDraft)
        return replace(entered, name=entered.name.strip(), address=entered.address.strip())


class NewCamera(CameraForm):
    """A camera that is to be, and where it stands: with limited rights, at a place within them."""

    place: PlaceForm = PlaceForm(force="", site="")


class CameraChange(CameraForm):
    """Everything about a camera, in place of what it was."""

    version: Version


class CameraView(Answering):
    """A camera. What its node last said of it stands there while the node is heard; else null."""

    camera: Identifier
    version: int
    node: Identifier
    name: str
    address: str = Field(description="Without its login.")
    smallest_face_px: int
    zone: list[PointForm]
    situation: CameraSituation | None
    reason: str
    decoded_per_s: float | None
    analysed_per_s: float | None
    dropped: int | None
    issues: list[str]
    may_set_up: bool = Field(description="Whether you may change, check, place and forget it.")


def node_view(node: Node, news: NodeNews | None, now: datetime) -> NodeView:
    """A node with what it last said."""
    return NodeView(
        node=node.node,
        name=node.name,
        state=node.state,
        enrolled_at=node.enrolled_at,
        revoked_at=node.revoked_at,
        code_valid_until=node.code_valid_until,
        fingerprint=node.fingerprint,
        doubled_at=node.doubled_at,
        situation=None if news is None else situation_of(news, now),
        complaint="" if news is None else news.hello.complaint,
        heard_at=None if news is None else news.heard_at,
        clock_ahead_s=None if news is None else round(news.clock_ahead.total_seconds(), 1),
        clock_is_wrong=news is not None and news.clock_is_wrong,
        software="" if news is None else news.hello.software,
        alerts_waiting=0 if news is None else news.hello.waiting,
    )


def camera_view(camera: Camera, news: NodeNews | None, now: datetime) -> CameraView:
    """A camera with what its node last said of it."""
    said = () if news is None or news.silent(now) else news.hello.cameras
    report = next((each for each in said if each.camera == camera.camera), None)
    return CameraView(
        camera=camera.camera,
        version=camera.version,
        node=camera.node,
        name=camera.name,
        address=camera.shown_address,
        smallest_face_px=camera.smallest_face_px,
        zone=[PointForm(x=corner.x, y=corner.y) for corner in camera.zone],
        situation=None if report is None else report.situation,
        reason="" if report is None else report.reason,
        decoded_per_s=None if report is None else report.decoded_per_s,
        analysed_per_s=None if report is None else report.analysed_per_s,
        dropped=None if report is None else report.dropped,
        issues=[] if report is None else list(report.issues),
        may_set_up=camera.may_set_up,
    )
