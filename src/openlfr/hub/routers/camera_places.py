"""Where cameras stand: whose they are, on a hub of several forces or sites."""

from fastapi import APIRouter
from pydantic import Field

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cameras import CameraPath
from openlfr.hub.schemas.wire import Answering, Asking, Name
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import CameraId
from openlfr.records.camera_places import CameraPlace, place_camera, place_of

router = APIRouter(prefix="/cameras", tags=["cameras"])


class PlaceView(Answering):
    """The force that a camera belongs to and the site where it stands; empty where nobody named them."""

    force: str
    site: str


class PlaceForm(Asking):
    """Where a camera stands. Left empty, limited rights see it only at a deployment that may use it."""

    force: Name = Field("", description="As applications call the controller.", examples=["Kent Police"])
    site: Name = Field("", description="As applications call the location.", examples=["Dover, ferry terminal"])


@router.get("/{camera}/place")
def get_camera_place(caller: SignedIn, services: HubServices, camera: CameraPath) -> PlaceView:
    """Where a camera stands."""
    return PlaceView.model_validate(answered(place_of(services.records, caller.actor, CameraId(camera), caller.origin)))


@router.put("/{camera}/place")
def set_camera_place(caller: SignedIn, services: HubServices, camera: CameraPath, form: PlaceForm) -> PlaceView:
    """Say where a camera stands; who has rights for that force and site sees it from now on."""
    place = CameraPlace(form.force.strip(), form.site.strip())
    placed = place_camera(services.records, caller.actor, CameraId(camera), place, caller.origin)
    return PlaceView.model_validate(answered(placed))
