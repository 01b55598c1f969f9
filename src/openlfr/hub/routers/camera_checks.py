"""Checks of cameras before they are relied on: whether faces can be recognised through them, and what to mend."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from openlfr.hub.fleet import Fleet
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cameras import CameraPath, OurCameras
from openlfr.hub.routers.downloads import file_answer, file_answers
from openlfr.hub.routers.nodes import OurFleet
from openlfr.hub.schemas.camera_checks import CameraCheckView, CheckForm, ReportForm, check_view
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.camera_checks import CameraChecks
from openlfr.reporting.camera_check_page import camera_check_page
from openlfr.reporting.document_files import page_files

router = APIRouter(prefix="/cameras/{camera}/checks", tags=["cameras"], route_class=OnceOnly)

_NO_REPORT: Final = Refusal(RefusalCode.UNKNOWN_RECORD, "This camera has no report yet: check it first.")


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def check_camera(
    caller: SignedIn, services: HubServices, fleet: OurFleet, camera: CameraPath, form: CheckForm, response: Response
) -> CameraCheckView:
    """Have the camera's node measure the faces before it for a while. No template is made and no picture kept; it ends
    by itself, and is refused while a live deployment has the camera armed."""
    whose = CameraId(camera)
    node = answered(await run_in_threadpool(_begin, caller, services, fleet, whose, form))
    fleet.questions.check(node, whose, form.seconds, caller.staff)
    response.headers["Location"] = f"{PREFIX}/cameras/{camera}/checks/newest"
    return await run_in_threadpool(_view, caller, services, fleet, whose)


@router.get("/newest")
def get_newest_check(caller: SignedIn, services: HubServices, fleet: OurFleet, camera: CameraPath) -> CameraCheckView:
    """How the camera's newest check fares, and the report of the last one that gave one."""
    return _view(caller, services, fleet, CameraId(camera))


@router.get("/newest/report", response_class=Response, responses=file_answers(".html", ".pdf"))
def get_check_report(
    caller: SignedIn,
    services: HubServices,
    cameras: OurCameras,
    camera: CameraPath,
    form: Annotated[ReportForm, Query()] = ReportForm.PDF,
) -> Response:
    """The report of the camera's newest check, to be printed."""
    whose = CameraId(camera)
    kept = answered(answered(CameraChecks(services.records).newest(caller.actor, whose)) or _NO_REPORT)
    known = answered(cameras.everybody(caller.actor, caller.origin))
    name = next((each.name for each in known if each.camera == whose), camera)
    page = camera_check_page(name, kept.asked_at, kept.figures, services.records.clock())
    file = f"camera-check.{form}"
    return file_answer(file, page_files("camera-check", page)[file]())


def _begin(caller: Caller, services: Services, fleet: Fleet, camera: CameraId, form: CheckForm) -> NodeId | Refusal:
    now = services.records.clock()
    asked = fleet.questions.checks.newest_about(camera)
    return CameraChecks(services.records).begin(
        caller.actor,
        camera,
        form.seconds,
        caller.origin,
        people_know=form.people_know,
        heard=fleet.heard,
        running=asked is not None and asked.stands(now),
    )


def _view(caller: Caller, services: Services, fleet: Fleet, camera: CameraId) -> CameraCheckView:
    kept = answered(CameraChecks(services.records).newest(caller.actor, camera))
    return check_view(camera, fleet.questions.checks.newest_about(camera), kept, services.records.clock())
