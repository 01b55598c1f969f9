"""Cameras: what they are, how they fare, and a blurred look through them."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from openlfr.hub.fleet import Fleet
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.pagination import AskedPage, Listed, page_of
from openlfr.hub.parts import HubServices, part
from openlfr.hub.preview import PICTURE_WITHIN_S
from openlfr.hub.problems import ProblemError, answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.nodes import OurFleet
from openlfr.hub.routers.pictures import JPEG_ANSWER, JpegResponse, jpeg
from openlfr.hub.schemas.fleet import CameraChange, CameraView, NewCamera, camera_view
from openlfr.hub.schemas.wire import LARGEST_COUNT, Identifier
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, may_act
from openlfr.records.cameras import Camera, Cameras

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceOnly)

OurCameras = Annotated[Cameras, Depends(part(Cameras))]
CameraPath = Annotated[Identifier, Path(description="The camera's identifier.")]


@router.get("")
def list_cameras(
    caller: SignedIn, services: HubServices, cameras: OurCameras, fleet: OurFleet, page: AskedPage
) -> Listed[CameraView]:
    """Every camera, the oldest first, with what its node last said of it."""
    now, news = services.records.clock(), fleet.news
    everybody = answered(cameras.everybody(caller.actor, caller.origin))
    return page_of(everybody, page, lambda each: each.camera, lambda each: camera_view(each, news.get(each.node), now))


@router.post("", status_code=HTTPStatus.CREATED)
def add_camera(
    caller: SignedIn, services: HubServices, cameras: OurCameras, fleet: OurFleet, form: NewCamera, response: Response
) -> CameraView:
    """Add a camera to a node; the node is told at once."""
    camera = answered(cameras.add(caller.actor, form.draft(), caller.origin, form.place.place()))
    response.headers["Location"] = f"{PREFIX}/cameras/{camera.camera}"
    return _view(services, fleet, camera)


@router.get("/{camera}")
def get_camera(
    caller: SignedIn, services: HubServices, cameras: OurCameras, fleet: OurFleet, camera: CameraPath
) -> CameraView:
    """One camera, with what its node last said of it."""
    everybody = answered(cameras.everybody(caller.actor, caller.origin))
    found: Camera | Refusal = next(
        (each for each in everybody if each.camera == camera),
        Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such camera."),
    )
    return _view(services, fleet, answered(found))


@router.put("/{camera}")
def change_camera(
    caller: SignedIn,
    services: HubServices,
    cameras: OurCameras,
    fleet: OurFleet,
    camera: CameraPath,
    change: CameraChange,
) -> CameraView:
    """Replace everything about a camera; an address that is left out stays as it is."""
    done = cameras.change(caller.actor, CameraId(camera), change.draft(), change.version, caller.origin)
    return _view(services, fleet, answered(done))


@router.delete("/{camera}")
def remove_camera(
    caller: SignedIn,
    services: HubServices,
    cameras: OurCameras,
    fleet: OurFleet,
    camera: CameraPath,
    version: Annotated[int, Query(ge=1, le=LARGEST_COUNT, description="The version that was looked at.")],
) -> CameraView:
    """Forget a camera, with its login; answers it as it was."""
    return _view(services, fleet, answered(cameras.remove(caller.actor, CameraId(camera), version, caller.origin)))


@router.get("/{camera}/picture", response_class=JpegResponse, responses=JPEG_ANSWER)
async def look_through_camera(
    caller: SignedIn, services: HubServices, cameras: OurCameras, fleet: OurFleet, camera: CameraPath
) -> Response:
    """The next picture of a camera, every face in it blurred. Ask again whenever one came: the node sends pictures only
    while somebody asks. The look is in the audit log before its first picture."""
    whose = CameraId(camera)
    node = await run_in_threadpool(_looked_through, caller, services, cameras, fleet, whose)
    picture = await fleet.previews.next_picture(node, whose)
    if picture is None:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "no_picture",
            f"No picture came from this camera within {PICTURE_WITHIN_S:.0f} seconds: see what its node says of it.",
            headers={"Retry-After": "2"},
        )
    return jpeg(picture)


def _looked_through(caller: Caller, services: HubServices, cameras: Cameras, fleet: Fleet, camera: CameraId) -> NodeId:
    """The node that shows the camera, once the look is in the audit log."""
    looker = caller.session.session if caller.session is not None else caller.staff
    answered(may_act(caller.actor, Action.VIEW_CAMERA, services.records.clock()))
    node = fleet.previews.at_look(looker, camera)
    if node is None or not cameras.sees(caller.actor, camera):
        node = answered(cameras.look(caller.actor, camera, caller.origin))
        fleet.previews.begun(looker, camera, node)
    return node


def _view(services: HubServices, fleet: Fleet, camera: Camera) -> CameraView:
    return camera_view(camera, fleet.news.get(camera.node), services.records.clock())
