"""Looking for cameras near a node: only the node is in their network, so it looks, and the hub asks it to."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool

from openlfr.hub.fleet import Fleet
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.node_questions import Asked
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.nodes import NodePath, OurFleet
from openlfr.hub.schemas.camera_searches import CameraSearchView, CameraToAsk, search_view
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.services import Services
from openlfr.hub.signed_in import SignedIn
from openlfr.link.messages import CameraLogin, SearchFound, SearchWanted
from openlfr.link.signed_messages import seal_login
from openlfr.policy.identifiers import NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.camera_searches import CameraSearches

GIVE_UP: Final = timedelta(seconds=45)
"""A node takes fifteen seconds at the most, and its clock may differ from ours by thirty."""

router = APIRouter(prefix="/nodes/{node}/camera-searches", tags=["cameras"], route_class=OnceOnly)

SearchPath = Annotated[Identifier, Path(description="The search's identifier.")]


@router.post("", status_code=HTTPStatus.CREATED)
async def search_for_cameras(
    caller: SignedIn, services: HubServices, fleet: OurFleet, node: NodePath, response: Response
) -> CameraSearchView:
    """Have a node look which ONVIF cameras there are in its networks, in place of its search before."""
    heard, searches = NodeId(node) in fleet.heard, CameraSearches(services.records)
    answered(await run_in_threadpool(searches.begin, caller.actor, NodeId(node), caller.origin, heard=heard))
    return _begun(services, fleet, fleet.questions.search(NodeId(node), GIVE_UP), response)


@router.get("/{search}")
def get_camera_search(
    caller: SignedIn, services: HubServices, fleet: OurFleet, node: NodePath, search: SearchPath
) -> CameraSearchView:
    """A search, with what its node found by now."""
    refusal = CameraSearches(services.records).refusal(caller.actor, NodeId(node))
    found = answered(refusal or _search(fleet, node, search))
    return search_view(search, found, services.records.clock())


@router.post("/{search}/streams", status_code=HTTPStatus.CREATED)
async def ask_for_streams(
    caller: SignedIn,
    services: HubServices,
    fleet: OurFleet,
    node: NodePath,
    search: SearchPath,
    wanted: CameraToAsk,
    response: Response,
) -> CameraSearchView:
    """Have a node ask a camera that it found for its streams: a search of its own, that finds this camera alone."""
    heard, camera = NodeId(node) in fleet.heard, _camera(fleet, node, search, wanted.camera)
    enrolled = answered(
        await run_in_threadpool(
            CameraSearches(services.records).ask, caller.actor, NodeId(node), camera, caller.origin, heard=heard
        )
    )
    login = CameraLogin(wanted.camera, wanted.user, wanted.password)
    sealed = seal_login(login, enrolled.keys.exchange)
    return _begun(services, fleet, fleet.questions.search(NodeId(node), GIVE_UP, sealed), response)


def _begun(services: Services, fleet: Fleet, search: str, response: Response) -> CameraSearchView:
    asked = fleet.questions.searches.newest(search)
    if asked is None:
        raise LookupError("A question that was just put is known.")
    response.headers["Location"] = f"{PREFIX}/nodes/{asked.node}/camera-searches/{search}"
    return search_view(search, asked, services.records.clock())


def _search(fleet: Fleet, node: str, search: str) -> Asked[SearchWanted, SearchFound] | Refusal:
    asked = fleet.questions.searches.newest(search)
    if asked is None or asked.node != node:
        return Refusal(
            RefusalCode.UNKNOWN_RECORD,
            "There is no such search: it is over, or another has taken its place. Search again.",
        )
    return asked


def _camera(fleet: Fleet, node: str, search: str, camera: str) -> str | Refusal:
    """The address of a camera, if the node found it: no node is made to ask anything else."""
    asked = _search(fleet, node, search)
    if isinstance(asked, Refusal):
        return asked
    if asked.found is None or camera not in {each.address for each in asked.found.cameras}:
        return Refusal(RefusalCode.UNKNOWN_RECORD, "The node did not find this camera: search again.")
    return camera
