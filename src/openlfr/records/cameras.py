"""Cameras: which node runs each, where its stream comes from, and what is looked for in its picture."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from openlfr.capture.address import NETWORK_SCHEMES, AddressError, CameraAddress
from openlfr.link.messages import CameraSettings, NodeSettings
from openlfr.policy.authority import Point, Polygon, polygon_problems
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import CameraId, NodeId, is_identifier
from openlfr.policy.refusal import Allowed, FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.camera_place_tables import CameraPlaceRow
from openlfr.records.camera_places import (
    NO_SUCH_CAMERA,
    NOWHERE,
    CameraPlace,
    camera_to_set_up,
    cameras_within,
    node_to_set_up,
    place_problems,
    seen_cameras,
    sees_camera,
    write_place,
)
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import CameraCheckRow, CameraRow, NodeRow
from openlfr.sealing.box import Place
from openlfr.sealing.canonical import canonical_bytes, parse_canonical
from openlfr.sealing.vault_file import KeyPurpose

KIND: Final = "camera"
SMALLEST_FACE_RANGE_PX: Final = (16, 1000)
_LONGEST_ADDRESS: Final = 2000
_BARE_HOST: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}(:|/|$)|\[|(rtsps?|https?):", re.ASCII | re.IGNORECASE)
"""What is an address of the network, and no file, though its beginning was left out or mistyped."""
MOST_CAMERAS_OF_A_NODE: Final = 64


@dataclass(frozen=True, slots=True)
class CameraDraft:
    """What an administrator enters. `address` is what `openlfr watch` takes too: an address, a device, a file at the
    node. `smallest_face_px` is the width of the smallest face looked for; an empty `zone` is the whole picture."""

    node: NodeId
    name: str
    address: str = field(repr=False)
    smallest_face_px: int
    zone: Polygon = ()


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera as somebody sees it: `shown_address` has no login in it; `may_set_up`: they may change and check it."""

    camera: CameraId
    version: int
    node: NodeId
    name: str
    shown_address: str
    smallest_face_px: int
    zone: Polygon
    may_set_up: bool


@dataclass(frozen=True, slots=True)
class Cameras:
    """The service for cameras. Every change raises the version of its node's settings."""

    records: HubRecords

    def add(self, by: Actor, draft: CameraDraft, origin: str, place: CameraPlace = NOWHERE) -> Camera | Refusal:
        """Add a camera to a node, at a place within reach."""
        camera = CameraId(self.records.new_id())
        with self.records.database.writing() as session:
            problems = (*_draft_problems(draft, address_needed=True), *place_problems(by, place, "place."))
            refusal = self._refusal(session, by, draft, problems) or self._full(session, draft.node)
            if refusal is not None:
                return self._refused(session, by, "", origin, refusal)
            row = CameraRow(id=camera, version=0)
            self._write(session, row, draft)
            session.add(row)
            session.flush()
            words = f"Added {draft.name}."
            if place != NOWHERE:
                write_place(session, camera, place)
                words = f"{words} {place.words}"
            return self._done(session, by, row, origin, words)

    def change(self, by: Actor, camera: CameraId, draft: CameraDraft, version: int, origin: str) -> Camera | Refusal:
        """Replace everything about a camera, last seen at `version`; an empty address leaves the one it has."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, camera, version)
            if isinstance(row, Refusal):
                return self._refused(session, by, camera, origin, row)
            moved = draft.node != row.node_id
            problems = tuple(_draft_problems(draft, address_needed=False))
            refusal = self._refusal(session, by, draft, problems) or (
                self._full(session, draft.node) if moved else None
            )
            if refusal is not None:
                return self._refused(session, by, camera, origin, refusal)
            if moved:
                session.get_one(NodeRow, row.node_id).settings_version += 1
            self._write(session, row, draft)
            return self._done(session, by, row, origin, f"Changed {draft.name}.")

    def remove(self, by: Actor, camera: CameraId, version: int, origin: str) -> Camera | Refusal:
        """Forget a camera, with its login; gives it as it was."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, camera, version)
            if isinstance(row, Refusal):
                return self._refused(session, by, camera, origin, row)
            session.get_one(NodeRow, row.node_id).settings_version += 1
            gone = self._done(session, by, row, origin, f"Removed {row.name}.")
            session.execute(delete(CameraCheckRow).where(CameraCheckRow.camera_id == row.id))
            session.execute(delete(CameraPlaceRow).where(CameraPlaceRow.camera_id == row.id))
            session.delete(row)
            return gone

    def everybody(self, by: Actor, origin: str) -> Sequence[Camera] | Refusal:
        """All cameras within reach, the oldest first, with no login in their addresses."""
        verdict = may_act(by, Action.VIEW_FLEET, self.records.clock())
        if isinstance(verdict, Refusal):
            with self.records.database.writing() as session:
                log = reference(KIND, "")
                return write_refused(self.records, session, by, Action.VIEW_FLEET, log, origin, verdict)
        with self.records.database.reading() as session:
            seen = seen_cameras(self.records, session, by)
            within = cameras_within(session, by)
            configures = isinstance(may_act(by, Action.CONFIGURE_CAMERAS, self.records.clock()), Allowed)
            rows = session.scalars(select(CameraRow).order_by(CameraRow.id))
            return [
                self._camera(row, may_set_up=configures and within(CameraId(row.id)))
                for row in rows
                if seen(CameraId(row.id))
            ]

    def sees(self, by: Actor, camera: CameraId) -> bool:
        """Whether a camera is within somebody's reach."""
        if by.reach.whole_hub:
            return True
        with self.records.database.reading() as session:
            return sees_camera(self.records, session, by, camera)

    def look(self, by: Actor, camera: CameraId, origin: str) -> NodeId | Refusal:
        """Begin to look through a camera: the node that shows it. The look is in the audit log before any picture."""
        with self.records.database.writing() as session:
            log = reference(KIND, camera)
            verdict = may_act(by, Action.VIEW_CAMERA, self.records.clock())
            row = None if isinstance(verdict, Refusal) or not is_identifier(camera) else session.get(CameraRow, camera)
            if row is None or not sees_camera(self.records, session, by, camera):
                refusal = verdict if isinstance(verdict, Refusal) else NO_SUCH_CAMERA
                return write_refused(self.records, session, by, Action.VIEW_CAMERA, log, origin, refusal)
            write_done(self.records, session, by, Action.VIEW_CAMERA, log, origin, "Looked through it, blurred.")
            return NodeId(row.node_id)

    def _refusal(
        self, session: Session, by: Actor, draft: CameraDraft, problems: Sequence[FieldProblem]
    ) -> Refusal | None:
        verdict = may_act(by, Action.CONFIGURE_CAMERAS, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        if problems:
            return refused_fields("The camera", problems)
        node = node_to_set_up(self.records, session, by, draft.node)
        if isinstance(node, Refusal):
            return node
        if node.revoked_at is not None:
            return Refusal(RefusalCode.WRONG_STATE, "This node is revoked: give the camera to another one.")
        return None

    def _full(self, session: Session, node: NodeId) -> Refusal | None:
        cameras = session.scalars(select(CameraRow.id).where(CameraRow.node_id == node)).all()
        if len(cameras) < MOST_CAMERAS_OF_A_NODE:
            return None
        return Refusal(RefusalCode.WRONG_STATE, f"A node has at most {MOST_CAMERAS_OF_A_NODE} cameras: add a node.")

    def _changeable(self, session: Session, by: Actor, camera: CameraId, version: int) -> CameraRow | Refusal:
        row = camera_to_set_up(self.records, session, by, camera)
        if not isinstance(row, Refusal) and row.version != version:
            return Refusal(RefusalCode.CHANGED_MEANWHILE, "Somebody changed this camera meanwhile: look at it again.")
        return row

    def _write(self, session: Session, row: CameraRow, draft: CameraDraft) -> None:
        row.node_id = draft.node
        row.version += 1
        row.name = draft.name
        row.smallest_face_px = draft.smallest_face_px
        row.zone = canonical_bytes([to_document(each) for each in draft.zone])
        if draft.address:
            # With the key for what is about the hub's own people, and machines: they stay as long as the hub does.
            key = self.records.vault.sole_key(KeyPurpose.STAFF)
            row.address = self.records.sealer.seal_text(key, draft.address, _place(CameraId(row.id)))
        session.get_one(NodeRow, draft.node).settings_version += 1

    def _camera(self, row: CameraRow, *, may_set_up: bool) -> Camera:
        address = self.records.sealer.unseal_text(row.address, _place(CameraId(row.id)))
        return Camera(
            camera=CameraId(row.id),
            version=row.version,
            node=NodeId(row.node_id),
            name=row.name,
            shown_address=_without_login(address),
            smallest_face_px=row.smallest_face_px,
            zone=_zone(row),
            may_set_up=may_set_up,
        )

    def _done(self, session: Session, by: Actor, row: CameraRow, origin: str, words: str) -> Camera:
        log = reference(KIND, row.id)
        write_done(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, words)
        return self._camera(row, may_set_up=True)

    def _refused(self, session: Session, by: Actor, camera: str, origin: str, refusal: Refusal) -> Refusal:
        log = reference(KIND, camera)
        return write_refused(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, refusal)


def settings_for(records: HubRecords, session: Session, node: NodeId) -> NodeSettings:
    """All cameras of a node, with their logins: to be sealed to the node's own key and sent to it alone."""
    rows = session.scalars(select(CameraRow).where(CameraRow.node_id == node).order_by(CameraRow.id))
    return NodeSettings(
        session.get_one(NodeRow, node).settings_version,
        tuple(
            CameraSettings(
                camera=CameraId(row.id),
                name=row.name,
                address=records.sealer.unseal_text(row.address, _place(CameraId(row.id))),
                smallest_face_px=row.smallest_face_px,
                zone=_zone(row),
            )
            for row in rows
        ),
    )


def _draft_problems(draft: CameraDraft, *, address_needed: bool) -> Iterator[FieldProblem]:
    yield from text_problems("name", draft.name, longest=MAX_NAME)
    yield from text_problems("address", draft.address, longest=_LONGEST_ADDRESS, required=address_needed)
    yield from _address_problems(draft.address)
    smallest, largest = SMALLEST_FACE_RANGE_PX
    if not smallest <= draft.smallest_face_px <= largest:
        yield FieldProblem("smallest_face_px", f"The smallest face may be {smallest} to {largest} pixels wide.")
    if draft.zone:
        yield from polygon_problems("zone", draft.zone, (0.0, 1.0), (0.0, 1.0))


def _address_problems(address: str) -> Iterator[FieldProblem]:
    """What is wrong with an address of the network. A device or a file only the node can try."""
    if "://" not in address:
        # It would be taken for a file, whose name everybody may read, with the password in it.
        if "@" in address or _BARE_HOST.match(address):
            sentence = "Write the address of a camera with its beginning: rtsp://USER:PASSWORD@HOST/PATH."
            yield FieldProblem("address", sentence)
        return
    try:
        scheme = CameraAddress.parse(address).scheme
    except AddressError as error:
        yield FieldProblem("address", str(error))
        return
    if scheme not in NETWORK_SCHEMES:
        known = ", ".join(NETWORK_SCHEMES)
        yield FieldProblem("address", f"Addresses that begin with {scheme}:// are not supported: use {known}.")


def _without_login(address: str) -> str:
    return str(CameraAddress.parse(address)) if "://" in address else address


def _zone(row: CameraRow) -> Polygon:
    corners = parse_canonical(row.zone)
    return tuple(from_document(Point, each) for each in corners) if isinstance(corners, list) else ()


def _place(camera: CameraId) -> Place:
    return Place(CameraRow.__tablename__, "address", camera)
