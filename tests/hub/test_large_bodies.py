"""A large body is read of nobody who is not signed in, and of few people at once."""

import socket
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter, File, UploadFile
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.hub_app import Browser, HubApp, assert_problem, running_hub_app

from openlfr.hub.app import ROUTERS
from openlfr.hub.large_bodies import BodiesUnderWay, LargeBody
from openlfr.hub.routers import watchlist_imports
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.roles import Role
from openlfr.records.hub_records import HubRecords

LARGE = APIRouter(prefix="/large", route_class=LargeBody)


@LARGE.post("", max_body_size=64 << 20)
def take(_caller: SignedIn, file: Annotated[UploadFile, File()]) -> int:
    return len(file.file.read())


@pytest.fixture
def source(sqlite_source: object) -> object:
    return sqlite_source


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> Iterator[HubApp]:
    with running_hub_app(records, clock, Role.OPERATOR, Role.AUDITOR, routers=(*ROUTERS, LARGE)) as app:
        yield app


def begun(hub: HubApp, *headers: str) -> socket.socket:
    """A request of 32 MiB of which nothing but the head is sent."""
    port = urlsplit(hub.settings.address).port
    assert port is not None
    sending = socket.create_connection(("127.0.0.1", port), timeout=60)
    lines = ("POST /api/v1/large HTTP/1.1", f"Host: localhost:{port}", f"Content-Length: {32 << 20}", *headers)
    sending.sendall("\r\n".join([*lines, "Content-Type: multipart/form-data; boundary=b", "", ""]).encode())
    return sending


def headers_of(browser: Browser) -> tuple[str, ...]:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return f"Cookie: {cookies}", f"X-CSRF-Token: {browser.csrf_token()}"


def test_who_is_not_signed_in_is_refused_before_the_body_comes(hub: HubApp) -> None:
    cookie, _ = headers_of(hub.browser(Role.OPERATOR))
    for headers, status in (((), b" 401 "), ((cookie,), b" 403 ")):
        with begun(hub, *headers) as sending:
            assert status in sending.recv(1000).partition(b"\r\n")[0]


def test_one_person_sends_one_at_a_time_and_others_go_on(hub: HubApp) -> None:
    operator, auditor = hub.browser(Role.OPERATOR), hub.browser(Role.AUDITOR)
    under_way: BodiesUnderWay = hub.app.state.parts[BodiesUnderWay]
    with begun(hub, *headers_of(operator)):
        wait_until(lambda: under_way.count == 1)
        assert_problem(operator.post("/large", files={"file": b"mine"}), 503, "uploads_under_way")
        assert auditor.post("/large", files={"file": b"hers"}).json() == 4
    wait_until(lambda: under_way.count == 0)
    assert operator.post("/large", files={"file": b"mine"}).json() == 4


def test_imports_into_watchlists_are_such_routes() -> None:
    (upload,) = [each for each in watchlist_imports.router.routes if "POST" in getattr(each, "methods", ())]
    assert isinstance(upload, LargeBody)
