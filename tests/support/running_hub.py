"""A hub that is really served over HTTP, with everything that tells others; and clients for its streams of events."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import httpx
import uvicorn
from fastapi import APIRouter
from tests.support.cameras import wait_until
from tests.support.database import HandClock

from openlfr.hub.app import create_app
from openlfr.hub.csrf import token_of
from openlfr.hub.events import EventFeed
from openlfr.hub.fleet_news import FleetNews, NodeNews
from openlfr.hub.jobs import JobNews
from openlfr.hub.match_feed import MatchFeed
from openlfr.hub.metrics import CountedRequests, HubMetrics
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers import events, match_events, metrics, webhooks
from openlfr.hub.services import services_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.hub.signed_in import Standing
from openlfr.hub.telling import Telling
from openlfr.hub.tip import AuditTip
from openlfr.hub.webhook_calls import WebhookCaller, WebhookSettings
from openlfr.hub.webhooks import WebhookDeliveries
from openlfr.link.messages import Hello
from openlfr.policy.identifiers import NodeId
from openlfr.policy.roles import Actor
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.account_tables import Scope, SignInMethod
from openlfr.records.hub_records import HubRecords
from openlfr.records.sign_in_sessions import Sessions

ROUTERS: tuple[APIRouter, ...] = (events.router, match_events.router, metrics.router, webhooks.router)
_Value = TypeVar("_Value")


class FleetByHand:
    """A fleet as a test says it is."""

    def __init__(self) -> None:
        self._news = FleetNews()

    @property
    def news(self) -> Mapping[NodeId, NodeNews]:
        return self._news.newest

    def says(self, hello: Hello, now: datetime) -> None:
        """A node says something."""
        self._news.heard(hello, now)


@dataclass
class JobsByHand:
    """Jobs that fare as a test says."""

    news: dict[str, JobNews]


@dataclass(frozen=True)
class ToldEvent:
    """An event as a listener received it; `id` is empty for what has none."""

    id: str
    kind: str
    data: dict[str, Any]


@dataclass
class RunningHub:
    """Serves `records` on a free port of loopback, in a thread of its own, until `stop`; `start` begins anew."""

    records: HubRecords
    clock: HandClock
    kept_events: int = 4096
    standing_every_s: float = 0.2
    slowest_send_s: float = 1.0
    most_of_one: int = 40
    webhook_settings: WebhookSettings = field(default_factory=lambda: WebhookSettings(private_addresses=True))
    resolve: Callable[[str, int], Coroutine[Any, Any, Sequence[str]]] | None = None
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep
    routers: tuple[APIRouter, ...] = ROUTERS
    settings: HubSettings = field(
        default_factory=lambda: HubSettings(address="http://127.0.0.1", requests_a_minute=100_000)
    )
    fleet: FleetByHand = field(default_factory=FleetByHand)
    jobs: JobsByHand = field(default_factory=lambda: JobsByHand({}))

    def start(self) -> Self:
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        wait_until(lambda: self._server is not None and self._server.started)
        return self

    def stop(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    def end_streams(self) -> None:
        """What the hub's program does first when it stops."""
        self._loop.call_soon_threadsafe(self.telling.end)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        services = services_of(self.records)
        tip = AuditTip(self.records.database, look_every_s=0.02)
        self.telling = self._telling(tip)
        app = create_app(services, self.settings, parts=self.telling.parts, routers=self.routers)
        config = uvicorn.Config(
            CountedRequests(app, self.telling.metrics),
            host="127.0.0.1",
            port=0,
            lifespan="off",
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        tasks = [asyncio.create_task(tip.run()), asyncio.create_task(self.telling.run())]
        self._server = server
        await server.serve()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _telling(self, tip: AuditTip) -> Telling:
        standing = Standing(services_of(self.records).people, self.sessions, AccessTokens(self.records))
        feed = EventFeed(
            self.records,
            tip,
            standing,
            self.fleet,
            kept_events=self.kept_events,
            standing_every_s=self.standing_every_s,
            slowest_send_s=self.slowest_send_s,
            most_of_one=self.most_of_one,
        )
        caller = WebhookCaller(self.webhook_settings, resolve=self.resolve)
        deliveries = WebhookDeliveries(self.records, tip, caller, lambda: 1.0, sleep=self.sleep, look_every_s=0.05)
        matches = MatchFeed(self.records, tip, standing)
        return Telling(feed, matches, deliveries, HubMetrics(self.records, self.fleet, self.jobs, feed, deliveries))

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.records, self.settings.idle_lock, self.settings.session_end)

    @property
    def base(self) -> str:
        assert self._server is not None
        (port,) = {socket.getsockname()[1] for server in self._server.servers for socket in server.sockets}
        return f"http://127.0.0.1:{port}{PREFIX}"

    def signed_in(self, who: Actor) -> dict[str, str]:
        """The headers of a browser at which somebody has just signed in."""
        with self.records.database.writing() as session:
            token = self.sessions.start(session, who.staff, SignInMethod.PASSWORD, "a test", instead_of="")
        return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": token_of(token)}

    def session_of(self, headers: Mapping[str, str]) -> str:
        """The identifier of the session of these headers."""
        found = self.sessions.by_token(headers["Cookie"].partition("=")[2])
        assert found is not None
        return found.session

    def with_token(self, administrator: Actor, owner: Actor, scope: Scope, name: str = "Dispatch") -> dict[str, str]:
        """The headers of another system with a new access token."""
        made = AccessTokens(self.records).make(
            administrator, owner.staff, name, {scope}, self.clock() + timedelta(days=30), "a test"
        )
        assert isinstance(made, tuple), made
        return {"Authorization": f"Bearer {made[1]}"}

    @asynccontextmanager
    async def client(self, headers: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=self.base, headers=headers, limits=unlimited, timeout=60, trust_env=False
        ) as client:
            yield client

    def ask(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> httpx.Response:
        """One request and its answer."""
        with httpx.Client(base_url=self.base, headers=headers, timeout=60, trust_env=False) as client:
            return client.request(method, path, **more)


async def told(client: httpx.AsyncClient, path: str = "/events", **more: Any) -> AsyncGenerator[ToldEvent, None]:
    """The events of a stream, as a browser reads them; heartbeats are passed over."""
    async with client.stream("GET", path, **more) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        number = kind = data = ""
        async with aclosing(response.aiter_lines()) as lines:  # type: ignore[type-var]
            async for line in lines:
                name, _, value = line.partition(": ")
                if name == "id":
                    number = value
                elif name == "event":
                    kind = value
                elif name == "data":
                    data = value
                elif not line and data:
                    yield ToldEvent(number, kind, json.loads(data))
                    number = kind = data = ""


def run(story: Coroutine[Any, Any, _Value], at_most_s: float = 90) -> _Value:
    """Run a story to its end; fails the test when it does not end."""

    async def bounded() -> _Value:
        async with asyncio.timeout(at_most_s):
            return await story

    return asyncio.run(bounded())
