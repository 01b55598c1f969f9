"""Searches for cameras near a node: who may have one made. What is found is kept nowhere; that it was looked for is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from openlfr.policy.identifiers import NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.camera_places import node_to_set_up
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import EnrolledNode, enrolled_nodes

_KIND = "node"


@dataclass(frozen=True, slots=True)
class CameraSearches:
    """The service for searches. `heard` is whether the node is heard at this moment: nobody else can look."""

    records: HubRecords

    def begin(self, by: Actor, node: NodeId, origin: str, *, heard: bool) -> EnrolledNode | Refusal:
        """Have a node look which cameras there are; the node, to be asked."""
        return self._asked(by, node, origin, "Searched for cameras near it.", heard=heard)

    def ask(
        self, by: Actor, node: NodeId, camera: str | Refusal, origin: str, *, heard: bool
    ) -> EnrolledNode | Refusal:
        """Have a node ask the camera at this address, out of a search of its own, for its streams; the node, to be
        asked. A refusal in its place says why there is no such camera."""
        if isinstance(camera, Refusal):
            return self._asked(by, node, origin, "", heard=heard, otherwise=camera)
        words = f"Asked the camera at {urlsplit(camera).hostname} near it for its streams."
        return self._asked(by, node, origin, words, heard=heard)

    def refusal(self, by: Actor, node: NodeId) -> Refusal | None:
        """Why somebody may not read what a node found; None where they may."""
        with self.records.database.reading() as session:
            found = node_to_set_up(self.records, session, by, node)
            return found if isinstance(found, Refusal) else None

    def _asked(
        self, by: Actor, node: NodeId, origin: str, words: str, *, heard: bool, otherwise: Refusal | None = None
    ) -> EnrolledNode | Refusal:
        log = reference(_KIND, node)
        with self.records.database.writing() as session:
            found = otherwise or _to_be_asked(session, node, heard=heard)
            to_set_up = node_to_set_up(self.records, session, by, node)
            if isinstance(to_set_up, Refusal):
                found = to_set_up
            if isinstance(found, Refusal):
                return write_refused(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, found)
            write_done(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, words)
            return found


def _to_be_asked(session: Session, node: NodeId, *, heard: bool) -> EnrolledNode | Refusal:
    enrolled = enrolled_nodes(session).get(node)
    if enrolled is None:
        return Refusal(RefusalCode.WRONG_STATE, "This node is not enrolled, or is revoked: choose another one.")
    return _NOT_HEARD if enrolled.doubled or not heard else enrolled


_NOT_HEARD = Refusal(
    RefusalCode.NOT_READY,
    "This node is not heard now, so it cannot look: see whether it runs and reaches this hub, or type the camera's "
    "address.",
)
