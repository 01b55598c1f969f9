"""The application: every router under /api/v1, behind the same safeguards, and the console beside it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.formparsers import MultiPartParser
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from openlfr import __version__
from openlfr.hub.console_files import CONSOLE_FOLDER, Console
from openlfr.hub.headers import Safeguards
from openlfr.hub.kept_exports import KeptExports
from openlfr.hub.large_bodies import BodiesUnderWay
from openlfr.hub.openapi import describe
from openlfr.hub.parts import hand_over
from openlfr.hub.problems import answer_with_problems, documented_problems
from openlfr.hub.public_page import PublicPage
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.request_limits import SessionAllowance
from openlfr.hub.request_log import RequestLog
from openlfr.hub.routers import (
    accounts,
    alert_acts,
    alerts,
    audit,
    camera_checks,
    camera_places,
    camera_searches,
    cameras,
    certificates,
    deployment_acts,
    deployments,
    documents,
    enrolment,
    events,
    health,
    jobs,
    known_answers,
    match_events,
    metrics,
    nodes,
    own_account,
    people,
    presence,
    profiles,
    public_page,
    recognition_tests,
    records,
    reports,
    retention,
    session,
    set_up,
    sign_in,
    statistics,
    watchlist_imports,
    watchlists,
    webhooks,
)
from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings
from openlfr.hub.sign_in_services import sign_in_services
from openlfr.records.passwords import PasswordStore

ROUTERS: tuple[APIRouter, ...] = (
    accounts.router,
    alert_acts.router,
    alerts.router,
    audit.router,
    camera_checks.router,
    camera_searches.router,
    cameras.router,
    camera_places.router,
    certificates.making,
    certificates.router,
    deployment_acts.router,
    deployments.router,
    documents.router,
    enrolment.router,
    events.router,
    health.router,
    jobs.router,
    known_answers.router,
    match_events.router,
    metrics.router,
    nodes.router,
    own_account.router,
    people.router,
    presence.router,
    profiles.router,
    recognition_tests.router,
    records.making,
    records.router,
    reports.router,
    retention.router,
    session.router,
    set_up.router,
    sign_in.router,
    statistics.router,
    watchlist_imports.router,
    watchlists.router,
    webhooks.router,
)
"""Every router of the API; a module adds its own here."""


def create_app(
    services: Services,
    settings: HubSettings,
    *,
    parts: Sequence[object] = (),
    readiness: Mapping[str, Callable[[], str | None]] | None = None,
    routers: Sequence[APIRouter] = ROUTERS,
    passwords: PasswordStore | None = None,
    console: Path = CONSOLE_FOLDER,
) -> FastAPI:
    """The hub's application.

    `parts` are what further routers ask for (`parts.part(Fleet)`), one of each type. `readiness` names what the hub
    cannot work without, beside its records: each a question that returns a fault in a sentence, or None. `passwords`
    replaces the store that takes as long as it should, for tests. It may be made several times in one process.
    """
    app = described(routers, settings.largest_body)
    allowance = SessionAllowance(settings.requests_a_minute)
    hand_over(
        app,
        (
            services,
            settings,
            allowance,
            BodiesUnderWay(),
            reports.Violations(),
            PublicPage(services.records, settings.public, services.holds.policy),
            KeptExports(services.records.clock),
            *sign_in_services(services, settings, passwords).parts(),
            health.Readiness({**_records_ready(services), **(readiness or {})}),
            *parts,
        ),
    )
    answer_with_problems(app)
    app.router.default = Console(console)
    app.add_middleware(Safeguards, settings=settings, allowance=allowance)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=[str(each) for each in settings.trusted_proxies])
    app.add_middleware(RequestLog)  # the last one added is the first one asked
    return app


def described(routers: Sequence[APIRouter] = ROUTERS, largest_body: int | None = None) -> FastAPI:
    """An application with its routes and their description, and nothing that they work with yet."""
    app = FastAPI(
        title="OpenLFR",
        version=__version__,
        description="Live facial recognition whose safeguards are its architecture: the hub's API.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its pages load from another host
        redoc_url=None,
        strict_content_type=True,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
    )
    for router in routers:
        app.include_router(router, prefix=PREFIX, responses=documented_problems(), max_body_size=largest_body)
    app.include_router(public_page.router)
    describe(app)
    return app


def _operation(route: APIRoute) -> str:
    """What generated clients call a route: its router's tag and the function's name."""
    return "_".join([*(str(tag).replace(" ", "_") for tag in route.tags[:1]), route.name])


def _records_ready(services: Services) -> Mapping[str, Callable[[], str | None]]:
    def database() -> str | None:
        with services.records.database.reading():
            return None

    def vault() -> str | None:
        return None if services.records.vault.generation else "The vault has no content."

    return {"database": database, "vault": vault}


# What is uploaded are pictures of people: they stay in memory, and are never spooled to a temporary file.
MultiPartParser.spool_max_size = 1 << 40
