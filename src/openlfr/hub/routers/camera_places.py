"""Where cameras stand: whose they are, on a hub of several forces or sites."""

from fastapi import APIRouter

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cameras import CameraPath
from openlfr.hub.schemas.camera_places import PlaceForm, PlaceView
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import CameraId
from openlfr.records.camera_places import place_camera, place_of

router = APIRouter(prefix="/cameras", tags=["cameras"])


@router.get("/{camera}/place")
def get_camera_place(caller: SignedIn, services: HubServices, camera: CameraPath) -> PlaceView:
    """Where a camera stands."""
    return PlaceView.model_validate(answered(place_of(services.records, caller.actor, CameraId(camera), caller.origin)))


@router.put("/{camera}/place")
def set_camera_place(caller: SignedIn, services: HubServices, camera: CameraPath, form: PlaceForm) -> PlaceView:
    """Say where a camera stands; who has rights for that force and site sees it from now on."""
    placed = place_camera(services.records, caller.actor, CameraId(camera), form.place(), caller.origin)
    return PlaceView.model_validate(answered(placed))
