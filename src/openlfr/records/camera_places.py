"""Where cameras stand, for those whose rights are limited to some forces and sites.

They see the cameras that stand within their reach, those through which a deployment there is authorised to look, the
nodes that run these, and nothing else of the fleet. Otherwise a camera whose place nobody named is within no limited
reach: on a hub of one force it makes no difference, on one of several it stays hidden until somebody says whose it is.
An administrator of limited rights sets up the cameras that stand within reach, at the nodes that run one of these.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.authority import Terms
from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.identifiers import CameraId, NodeId, is_identifier
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.camera_place_tables import CameraPlaceRow
from openlfr.records.deployment_store import deployments_in
from openlfr.records.hub_records import HubRecords
from openlfr.records.looking import may_look
from openlfr.records.node_tables import CameraRow, NodeRow

_KIND: Final = "camera"
NO_SUCH_CAMERA: Final = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such camera.")
NO_SUCH_NODE: Final = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such node.")


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """The force that a camera belongs to and the site where it stands; empty where nobody named them."""

    force: str = ""
    site: str = ""

    @property
    def words(self) -> str:
        """As the log says it."""
        return f"Belongs to {self.force or 'nobody named'}, at {self.site or 'no site named'}."


NOWHERE: Final = CameraPlace()


def place_camera(
    records: HubRecords, by: Actor, camera: CameraId, place: CameraPlace, origin: str
) -> CameraPlace | Refusal:
    """Say where a camera stands; it holds at once for who may see it."""
    with records.database.writing() as session:
        log = reference(_KIND, camera)
        found = camera_to_set_up(records, session, by, camera)
        problems = () if isinstance(found, Refusal) else tuple(place_problems(by, place))
        refusal = refused_fields("The place", problems) if problems else found
        if isinstance(refusal, Refusal):
            return write_refused(records, session, by, Action.CONFIGURE_CAMERAS, log, origin, refusal)
        write_place(session, camera, place)
        write_done(records, session, by, Action.CONFIGURE_CAMERAS, log, origin, place.words)
        return place


def place_of(records: HubRecords, by: Actor, camera: CameraId, origin: str) -> CameraPlace | Refusal:
    """Where a camera within reach stands."""
    log = reference(_KIND, camera)
    refusal = may_look(records, by, log, origin, Action.VIEW_FLEET)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        there = is_identifier(camera) and session.get(CameraRow, camera) is not None
        if not there or not sees_camera(records, session, by, camera):
            return NO_SUCH_CAMERA
        return places(session).get(camera, NOWHERE)


def places(session: Session) -> Mapping[CameraId, CameraPlace]:
    """Where each camera stands whose place somebody named."""
    rows = session.execute(select(CameraPlaceRow.camera_id, CameraPlaceRow.force, CameraPlaceRow.site))
    return {CameraId(camera): CameraPlace(force, site) for camera, force, site in rows}


def write_place(session: Session, camera: CameraId, place: CameraPlace) -> None:
    """Keep where a camera stands."""
    session.merge(CameraPlaceRow(camera_id=camera, force=place.force, site=place.site))


def place_problems(by: Actor, place: CameraPlace, under: str = "") -> Iterator[FieldProblem]:
    """What is wrong with a place that somebody gives a camera; `under` is put before the names of its fields."""
    fields = (f"{under}force", f"{under}site")
    for name, text in zip(fields, (place.force, place.site), strict=True):
        yield from text_problems(name, text, longest=LONGEST_NAME, required=False)
    yield from by.reach.place_problems(place.force, place.site, fields)


def cameras_within(session: Session, by: Actor) -> Callable[[CameraId], bool]:
    """Which cameras stand within somebody's reach: who may set up cameras sets up these."""
    if by.reach.whole_hub:
        return lambda _: True
    within = {camera for camera, place in places(session).items() if by.reach.covers(place.force, place.site)}
    return lambda camera: camera in within


def camera_to_set_up(records: HubRecords, session: Session, by: Actor, camera: CameraId) -> CameraRow | Refusal:
    """A camera that somebody may set up, or why they may not."""
    verdict = may_act(by, Action.CONFIGURE_CAMERAS, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    row = session.get(CameraRow, camera) if is_identifier(camera) else None
    if row is None or not sees_camera(records, session, by, camera):
        return NO_SUCH_CAMERA
    if cameras_within(session, by)(camera):
        return row
    return Refusal(
        RefusalCode.OUT_OF_REACH,
        f"Your rights are limited to {by.reach}, and this camera is not placed there: ask somebody with rights for the "
        "whole hub to name its place.",
    )


def node_to_set_up(records: HubRecords, session: Session, by: Actor, node: NodeId) -> NodeRow | Refusal:
    """A node at which somebody may search for cameras and add them, or why they may not. With limited rights it is one
    that runs a camera within reach already."""
    verdict = may_act(by, Action.CONFIGURE_CAMERAS, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    row = session.get(NodeRow, node) if is_identifier(node) else None
    if row is not None and by.reach.whole_hub:
        return row
    own = [CameraId(each) for each in session.scalars(select(CameraRow.id).where(CameraRow.node_id == node))]
    if row is None or not any(map(seen_cameras(records, session, by), own)):
        return NO_SUCH_NODE
    if any(map(cameras_within(session, by), own)):
        return row
    return Refusal(
        RefusalCode.OUT_OF_REACH,
        f"Your rights are limited to {by.reach}, and no camera of this node is placed there: ask somebody with rights "
        "for the whole hub to place one of its cameras.",
    )


def seen_cameras(records: HubRecords, session: Session, by: Actor) -> Callable[[CameraId], bool]:
    """Which cameras somebody sees."""
    within = cameras_within(session, by)
    if by.reach.whole_hub:
        return within
    seen = set[CameraId]()
    for each in deployments_in(records, session, by, *sorted(UNDER_AUTHORITY)):
        if each.deployment.authority is not None:
            seen.update(camera.camera for camera in each.deployment.authority.terms.cameras)
    return lambda camera: camera in seen or within(camera)


def sees_camera(records: HubRecords, session: Session, by: Actor, camera: CameraId) -> bool:
    """Whether somebody sees a camera."""
    return seen_cameras(records, session, by)(camera)


def camera_problems(records: HubRecords, session: Session, by: Actor, terms: Terms) -> Iterator[FieldProblem]:
    """What is wrong with the cameras that somebody asks for, or authorises: those beyond their reach are not theirs."""
    seen = seen_cameras(records, session, by)
    for number, each in enumerate(terms.cameras):
        if not seen(each.camera):
            sentence = f"Your rights are limited to {by.reach}: choose a camera there, or have this one placed there."
            yield FieldProblem(f"terms.cameras.{number}", sentence)
