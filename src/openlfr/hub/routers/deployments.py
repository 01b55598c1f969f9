"""Deployments: lists, one with all that surrounds it, live figures, statistics, and what happened when."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cursors import entry_page, identifier_cursor, number_cursor
from openlfr.hub.schemas.audit import EntryView
from openlfr.hub.schemas.deployment_views import figures_of, summary_of, view_of
from openlfr.hub.schemas.deployments import (
    AuthorityView,
    DeploymentSummary,
    DeploymentView,
    FiguresView,
    NewDraft,
    StatisticsView,
)
from openlfr.hub.schemas.wire import DeploymentPath, Moment, Name
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.application import Application
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.identifiers import DeploymentId
from openlfr.records.deployment_reading import (
    DeploymentsWanted,
    authorities,
    deployment_record,
    find_deployments,
    live_figures,
    overview,
    timeline,
)
from openlfr.records.deployments import Asked
from openlfr.records.statistics import statistics

router = APIRouter(prefix="/deployments", tags=["deployments"], route_class=OnceOnly)


def summary_path(deployment: str) -> str:
    """Where the summary of a deployment is read."""
    return f"{PREFIX}/deployments/{deployment}/summary"


@router.post("", status_code=HTTPStatus.CREATED)
def draft_deployment(caller: SignedIn, services: HubServices, response: Response, new: NewDraft) -> DeploymentSummary:
    """Begin a deployment with a draft of its application, which may be incomplete."""
    application = new.application.as_value(Application)
    drafted = answered(
        services.deployments.draft(
            caller.actor, application, caller.origin, profile=new.profile, rehearsal=new.rehearsal
        )
    )
    response.headers["Location"] = summary_path(drafted.deployment.deployment)
    return summary_of(drafted)


@router.get("")
def list_deployments(
    caller: SignedIn,
    services: HubServices,
    page: AskedPage,
    state: Annotated[list[DeploymentState] | None, Query(description="Any of these states.")] = None,
    since: Annotated[Moment | None, Query(description="Whose time ends after this.")] = None,
    until: Annotated[Moment | None, Query(description="Whose time begins before this.")] = None,
    site: Annotated[Name, Query(description="Part of the site's name.")] = "",
) -> Listed[DeploymentSummary]:
    """Deployments, the newest first. A search by site may answer an empty page with a cursor: ask on."""
    wanted = DeploymentsWanted(tuple(state or ()), since, until, site)
    after = identifier_cursor(page)
    found = answered(
        find_deployments(
            services.records,
            caller.actor,
            wanted,
            None if after is None else DeploymentId(after),
            page.limit,
            caller.origin,
        )
    )
    return Listed(items=[summary_of(each) for each in found.records], next=found.further)


@router.get("/{deployment}")
def get_deployment(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> DeploymentView:
    """Everything about a deployment. The look is in the audit log."""
    asked = Asked(caller.actor, DeploymentId(deployment), caller.origin)
    found = answered(overview(services.deployments, asked))
    return view_of(found, services.profiles[found.record.profile], caller.actor, services.records.clock())


@router.get("/{deployment}/summary")
def get_deployment_summary(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> DeploymentSummary:
    """How a deployment stands, as every act on it answers: cheap, and ask again on every event."""
    asked = Asked(caller.actor, DeploymentId(deployment), caller.origin)
    return summary_of(answered(deployment_record(services.records, asked)))


@router.get("/{deployment}/authorities")
def list_authorities(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> list[AuthorityView]:
    """Every decision on a deployment, in their order; the last one holds. The look is in the audit log."""
    asked = Asked(caller.actor, DeploymentId(deployment), caller.origin)
    return [AuthorityView.model_validate(each) for each in answered(authorities(services.deployments, asked))]


@router.get("/{deployment}/figures")
def get_figures(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> FiguresView:
    """The counts of a deployment at this moment, of rehearsals too. Cheap: ask again on every event."""
    asked = Asked(caller.actor, DeploymentId(deployment), caller.origin)
    found = answered(live_figures(services.records, services.profiles, asked))
    return figures_of(found, services.profiles[found.record.profile], services.records.clock())


@router.get("/{deployment}/statistics")
def get_statistics(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> StatisticsView:
    """The published counts of a deployment as they stand now. A rehearsal has none."""
    found = answered(statistics(services.records, caller.actor, DeploymentId(deployment), caller.origin))
    return StatisticsView.model_validate(found)


@router.get("/{deployment}/timeline")
def get_timeline(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath, page: AskedPage
) -> Listed[EntryView]:
    """What was done with a deployment and its watchlists, the newest first: who, what, when; refused acts too."""
    asked = Asked(caller.actor, DeploymentId(deployment), caller.origin)
    entries = answered(timeline(services.records, asked, number_cursor(page), page.limit + 1))
    return entry_page(entries, page)
