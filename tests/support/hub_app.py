"""The hub's application on real HTTP, and browsers at which people are signed in, for tests of routes."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.staffed_hub import StaffedHub, staffed_from_records

from openlfr.hub.app import ROUTERS, create_app
from openlfr.hub.problems import MEDIA_TYPE
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.services import Services, services_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.hub.sign_in_services import SignInServices, sign_in_services
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.account_tables import SignInMethod
from openlfr.records.accounts import Invitation
from openlfr.records.hub_records import HubRecords
from openlfr.records.passwords import PasswordStore

BROWSER = "a browser in a test"
_TIMEOUT_S = 60
_SAFE = ("GET", "HEAD", "OPTIONS")


def quick_passwords() -> PasswordStore:
    """Argon2id at its cheapest: the tests do not guard anything."""
    return PasswordStore(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@contextmanager
def served(app: FastAPI, port_socket: socket.socket) -> Iterator[None]:
    """An application on a bound socket of loopback, until the block ends."""
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_level="error", proxy_headers=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [port_socket]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(_TIMEOUT_S)
        assert not thread.is_alive()


@contextmanager
def loopback_socket() -> Iterator[tuple[socket.socket, int]]:
    """A socket on a free port of loopback, and the port."""
    # asyncio sends small answers at once (TCP_NODELAY) only on sockets that say they are TCP's.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound, bound.getsockname()[1]


class Browser:
    """What a browser sends by itself: its cookies (over loopback, secure ones too), and where a request comes from.

    With `csrf`, as the console does it, what changes something carries the session's token.
    """

    def __init__(self, address: str, *, csrf: bool = True) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self._csrf = csrf
        self.client = httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False)

    @property
    def token(self) -> str:
        """The session's token in its cookie; empty for none."""
        return self.cookies.get(COOKIE, "")

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; `path` is below /api/v1, or the whole of one that begins with //."""
        headers = dict(more.pop("headers", None) or {})
        if method not in _SAFE:
            headers = {"Origin": self.address, "Sec-Fetch-Site": "same-origin", **headers}
            if self._csrf and self.token:
                headers.setdefault("X-CSRF-Token", self.csrf_token())
        where = path.removeprefix("/") if path.startswith("//") else f"{PREFIX}{path}"
        return self.visit(where, method, headers=headers, **more)

    def visit(self, address: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Go to a whole address of the hub, as a link or a redirection has it."""
        if self.cookies:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            more["headers"] = {"Cookie": cookie, **(more.get("headers") or {})}
        answer = self.client.request(method, address, **more)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
        return answer

    def csrf_token(self) -> str:
        """As the console reads it; empty when the session has ended."""
        answer = self.get("/session")
        return str(answer.json()["csrf_token"]) if answer.status_code == httpx.codes.OK else ""

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, json: object = None, **more: Any) -> httpx.Response:
        return self.request("POST", path, json=json, **more)

    def put(self, path: str, json: object = None, **more: Any) -> httpx.Response:
        return self.request("PUT", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)


def assert_problem(answer: httpx.Response, status: int, code: str) -> str:
    """The answer is a problem document; its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    document = answer.json()
    assert document["status"] == status
    assert document["code"] == code
    assert document["type"] == f"urn:openlfr:problem:{code}"
    assert str(document["detail"]).endswith((".", ")"))
    return str(document["detail"])


@dataclass
class HubApp:
    """A served hub with its people."""

    hub: StaffedHub
    services: Services
    settings: HubSettings
    app: FastAPI
    door: SignInServices
    browsers: list[Browser] = field(default_factory=list)

    @property
    def records(self) -> HubRecords:
        return self.hub.records

    @property
    def clock(self) -> HandClock:
        return self.hub.clock

    def browser(self, who: Role | StaffId | None = None, *, csrf: bool = True) -> Browser:
        """A browser of its own; at it somebody (or who has that role) is signed in already, or nobody."""
        browser = Browser(self.settings.address, csrf=csrf)
        self.browsers.append(browser)
        if who is not None:
            staff = self.hub.staff[who].staff if isinstance(who, Role) else who
            with self.records.database.writing() as session:
                browser.cookies[COOKIE] = self.door.sessions.start(
                    session, staff, SignInMethod.PASSKEY, BROWSER, instead_of=""
                )
        return browser

    def invited(self, who: Role | StaffId, sign_in_name: str) -> Invitation:
        """Somebody whom the administrator has just invited."""
        staff = self.hub.staff[who].staff if isinstance(who, Role) else who
        invitation = self.door.accounts.invite(self.hub.administrator, staff, sign_in_name, BROWSER)
        assert not isinstance(invitation, Refusal), invitation
        return invitation


@contextmanager
def running_hub_app(
    records: HubRecords,
    clock: HandClock,
    *roles: Role,
    parts: Sequence[object] = (),
    readiness: Mapping[str, Callable[[], str | None]] | None = None,
    routers: Sequence[APIRouter] = ROUTERS,
    **settings: Any,
) -> Iterator[HubApp]:
    """Serve the hub of these records on http://localhost, with one person for each role, and an administrator.

    `settings` are those of `HubSettings`, but for the address.
    """
    hub = staffed_from_records(records, clock, *roles)
    with loopback_socket() as (bound, port):
        chosen = HubSettings(**{"address": f"http://localhost:{port}", "requests_a_minute": 100_000, **settings})
        services, passwords = services_of(records), quick_passwords()
        app = create_app(services, chosen, parts=parts, readiness=readiness, routers=routers, passwords=passwords)
        running = HubApp(hub, services, chosen, app, sign_in_services(services, chosen, passwords))
        with served(app, bound):
            try:
                yield running
            finally:
                for browser in running.browsers:
                    browser.client.close()
