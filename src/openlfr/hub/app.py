"""The application: every router under /api/v1, behind the same safeguards, and the console beside it."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.formparsers import MultiPartParser

from openlfr import __version__
from openlfr.hub.headers import Safeguards
from openlfr.hub.parts import hand_over
from openlfr.hub.problems import answer_with_problems, documented_problems
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.request_limits import SessionAllowance
from openlfr.hub.routers import alerts, deployment_acts, deployments, health, profiles
from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings
from openlfr.hub.signed_in import Standing
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.sign_in_sessions import Sessions

ROUTERS: tuple[APIRouter, ...] = (
    alerts.router,
    deployment_acts.router,
    deployments.router,
    health.router,
    profiles.router,
)
"""Every router of the API; a module adds its own here."""


def create_app(
    services: Services,
    settings: HubSettings,
    *,
    parts: Sequence[object] = (),
    readiness: Mapping[str, Callable[[], str | None]] | None = None,
    routers: Sequence[APIRouter] = ROUTERS,
) -> FastAPI:
    """The hub's application.

    `parts` are what further routers ask for (`parts.part(Fleet)`), one of each type. `readiness` names what the hub
    cannot work without, beside its records: each a question that returns a fault in a sentence, or None. It may be
    made and run several times in one process, as tests do.
    """
    app = FastAPI(
        title="OpenLFR",
        version=__version__,
        description="Live facial recognition whose safeguards are its architecture: the hub's API.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its pages load from another host
        redoc_url=None,
        max_body_size=settings.largest_body,
        strict_content_type=True,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
    )
    sessions = Sessions(services.records, settings.idle_lock, settings.session_end)
    tokens = AccessTokens(services.records)
    allowance = SessionAllowance(settings.requests_a_minute)
    hand_over(
        app,
        (
            services,
            settings,
            sessions,
            tokens,
            allowance,
            Standing(services.people, sessions, tokens),
            health.Readiness({**_records_ready(services), **(readiness or {})}),
            *parts,
        ),
    )
    answer_with_problems(app)
    for router in routers:
        app.include_router(router, prefix=PREFIX, responses=documented_problems())
    app.add_middleware(Safeguards, settings=settings, allowance=allowance)
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
