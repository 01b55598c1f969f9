"""Officers at a deployment: saying "I am here" and "I am leaving", as often as one likes."""

from fastapi import APIRouter

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.schemas.deployments import CheckInView
from openlfr.hub.schemas.wire import DeploymentPath
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import DeploymentId
from openlfr.records.presence import check_in, check_out

router = APIRouter(prefix="/deployments/{deployment}", tags=["deployments"])


@router.post("/check-in")
def check_in_to_deployment(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> CheckInView:
    """Say "I am here", or confirm it: cameras run only while an officer on duty has said so lately."""
    here = check_in(services.records, caller.actor, DeploymentId(deployment), caller.origin)
    return CheckInView.model_validate(answered(here))


@router.post("/check-out")
def check_out_of_deployment(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> CheckInView:
    """Say "I am leaving"; answers the check-in that ends."""
    left = check_out(services.records, caller.actor, DeploymentId(deployment), caller.origin)
    return CheckInView.model_validate(answered(left))
