"""Checks of cameras before they are relied on: whether faces can be recognised through them, and what to mend."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from openlfr.hub.fleet import Fleet
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.node_questions import Asked, check_to_keep, measured_s
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cameras import CameraPath, OurCameras
from openlfr.hub.routers.downloads import file_answer, file_answers
from openlfr.hub.routers.nodes import OurFleet
from openlfr.hub.schemas.camera_checks import CameraCheckView, CheckForm, ReportForm, check_view
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.link.messages import CheckFound, CheckWanted
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


@router.post("/newest/end")
async def end_check(caller: SignedIn, services: HubServices, fleet: OurFleet, camera: CameraPath) -> CameraCheckView:
    """Have the camera's check end now. What it measured is its report, if that was as long as the shortest check;
    otherwise nothing of it is recorded."""
    whose = CameraId(camera)
    await run_in_threadpool(_end, caller, services, fleet, whose)
    withdrawn = fleet.questions.checks.withdraw(whose)
    if withdrawn is not None:
        await run_in_threadpool(_keep_what_was_measured, services, withdrawn, caller.origin)
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
    return CameraChecks(services.records).begin(
        caller.actor,
        camera,
        form.seconds,
        caller.origin,
        people_know=form.people_know,
        heard=fleet.heard,
        running=fleet.questions.checks.standing_about(camera) is not None,
    )


def _end(caller: Caller, services: Services, fleet: Fleet, camera: CameraId) -> None:
    asked = fleet.questions.checks.standing_about(camera)
    measured = None if asked is None else measured_s(asked)
    refusal = CameraChecks(services.records).end(caller.actor, camera, measured, caller.origin)
    if refusal is not None:
        answered(refusal)


def _keep_what_was_measured(services: Services, asked: Asked[CheckWanted, CheckFound], origin: str) -> None:
    check = check_to_keep(asked, asked.found, services.records.clock())
    if check is not None:
        CameraChecks(services.records).keep(check, origin)


def _view(caller: Caller, services: Services, fleet: Fleet, camera: CameraId) -> CameraCheckView:
    kept = answered(CameraChecks(services.records).newest(caller.actor, camera))
    return check_view(camera, fleet.questions.checks.newest_about(camera), kept, services.records.clock())
