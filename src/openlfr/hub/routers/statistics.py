"""Figures over many deployments, for reports: the published columns of each."""

from fastapi import APIRouter

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cursors import identifier_cursor
from openlfr.hub.schemas.deployments import PastDeployment, StatisticsView
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import DeploymentId
from openlfr.records.deployment_reading import past_deployments
from openlfr.records.statistics import statistics

router = APIRouter(prefix="/statistics", tags=["records"])


@router.get("/deployments")
def list_deployment_statistics(caller: SignedIn, services: HubServices, page: AskedPage) -> Listed[PastDeployment]:
    """Deployments that were live and have ended, the newest first, with their published counts."""
    after = identifier_cursor(page)
    found = answered(
        past_deployments(
            services.records,
            caller.actor,
            None if after is None else DeploymentId(after),
            page.limit + 1,
            caller.origin,
        )
    )
    shown = []
    for each in found[: page.limit]:
        deployment = each.deployment.deployment
        counted = answered(statistics(services.records, caller.actor, deployment, caller.origin))
        shown.append(
            PastDeployment(
                deployment=deployment,
                state=each.deployment.state,
                statistics=StatisticsView.model_validate(counted),
            )
        )
    return Listed(items=shown, next=shown[-1].deployment if len(found) > page.limit else None)
