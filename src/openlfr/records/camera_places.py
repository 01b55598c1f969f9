"""Where cameras stand, for those whose rights are limited to some forces and sites.

They see the cameras that stand within their reach, those through which a deployment there is authorised to look, the
nodes that run these, and nothing else of the fleet. Otherwise a camera whose place nobody named is within no limited
reach: on a hub of one force it makes no difference, on one of several it stays hidden until somebody says whose it is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.authority import Terms
from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.identifiers import CameraId, is_identifier
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.camera_place_tables import CameraPlaceRow
from openlfr.records.deployment_store import deployments_in
from openlfr.records.hub_records import HubRecords
from openlfr.records.looking import may_look
from openlfr.records.node_tables import CameraRow

_KIND = "camera"


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """The force that a camera belongs to and the site where it stands; empty where nobody named them."""

    force: str = ""
    site: str = ""


def place_camera(
    records: HubRecords, by: Actor, camera: CameraId, place: CameraPlace, origin: str
) -> CameraPlace | Refusal:
    """Say where a camera stands; it holds at once for who may see it."""
    with records.database.writing() as session:
        log = reference(_KIND, camera)
        refusal = _placing_refused(records, session, by, camera, place)
        if refusal is not None:
            return write_refused(records, session, by, Action.CONFIGURE_CAMERAS, log, origin, refusal)
        session.merge(CameraPlaceRow(camera_id=camera, force=place.force, site=place.site))
        words = f"Belongs to {place.force or 'nobody named'}, at {place.site or 'no site named'}."
        write_done(records, session, by, Action.CONFIGURE_CAMERAS, log, origin, words)
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
            return _UNKNOWN
        return places(session).get(camera, CameraPlace())


def places(session: Session) -> Mapping[CameraId, CameraPlace]:
    """Where each camera stands whose place somebody named."""
    rows = session.execute(select(CameraPlaceRow.camera_id, CameraPlaceRow.force, CameraPlaceRow.site))
    return {CameraId(camera): CameraPlace(force, site) for camera, force, site in rows}


def seen_cameras(records: HubRecords, session: Session, by: Actor) -> Callable[[CameraId], bool]:
    """Which cameras somebody sees."""
    if by.reach.whole_hub:
        return lambda _: True
    seen = {camera for camera, place in places(session).items() if by.reach.covers(place.force, place.site)}
    for each in deployments_in(records, session, by, *sorted(UNDER_AUTHORITY)):
        if each.deployment.authority is not None:
            seen.update(camera.camera for camera in each.deployment.authority.terms.cameras)
    return lambda camera: camera in seen


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


def _placing_refused(
    records: HubRecords, session: Session, by: Actor, camera: CameraId, place: CameraPlace
) -> Refusal | None:
    verdict = may_act(by, Action.CONFIGURE_CAMERAS, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    if not is_identifier(camera) or session.get(CameraRow, camera) is None:
        return _UNKNOWN
    problems = (
        *text_problems("force", place.force, longest=LONGEST_NAME, required=False),
        *text_problems("site", place.site, longest=LONGEST_NAME, required=False),
    )
    return refused_fields("The place", problems) if problems else None


_UNKNOWN = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such camera.")
