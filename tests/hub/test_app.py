"""The application as a whole: one form of answers, headers on all of them, limits, and nothing open by mistake."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.hub_app import HubApp, assert_problem, quick_passwords, running_hub_app

from openlfr.hub.app import ROUTERS, create_app
from openlfr.hub.console_files import Console
from openlfr.hub.headers import CONTENT_SECURITY
from openlfr.hub.problems import MEDIA_TYPE, answered
from openlfr.hub.public_routes import PREFIX, PUBLIC
from openlfr.hub.settings import HubSettings
from openlfr.hub.signed_in import SignedIn, SignedInOrToken, signed_in, signed_in_though_locked
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Role
from openlfr.records.errors import DatabaseBusyError, DiskFullError
from openlfr.records.hub_records import HubRecords

FAULTS = APIRouter(prefix="/faults")


class Form(BaseModel):
    threshold: float
    name: str


@FAULTS.get("/unexpected")
def unexpected(_caller: SignedIn) -> None:
    raise RuntimeError("Zbigniew Quibbleworth was on the list")


@FAULTS.get("/cut-short")
def cut_short(_caller: SignedIn) -> StreamingResponse:
    def parts() -> Iterator[bytes]:
        yield b"the beginning"
        raise RuntimeError("Zbigniew Quibbleworth was on the list")

    return StreamingResponse(parts())


@FAULTS.get("/busy")
def busy(_caller: SignedIn) -> None:
    raise DatabaseBusyError("/var/lib/secret/hub.db is busy")


@FAULTS.get("/full")
def full(_caller: SignedIn) -> None:
    raise DiskFullError("/var/lib/secret is full")


@FAULTS.get("/refused/{code}")
def refused(code: RefusalCode, _caller: SignedIn) -> None:
    answered(Refusal(code, "No, for a reason."))


@FAULTS.post("/form")
def form(_form: Form, _caller: SignedIn) -> None:
    return None


@FAULTS.post("/large", max_body_size=3_000_000)
async def large(request: Request, _caller: SignedIn) -> int:
    return len(await request.body())


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> Iterator[HubApp]:
    with running_hub_app(records, clock, Role.OPERATOR, routers=(*ROUTERS, FAULTS)) as running:
        yield running


@pytest.fixture
def source(sqlite_source: object) -> object:
    """Nothing here asks the database anything of its own: one of the two is enough."""
    return sqlite_source


def needs_somebody(dependant: Dependant) -> bool:
    """Whether a route asks who is signed in, itself or through what it depends on."""
    asked = dependant.call
    return (
        asked in (signed_in, signed_in_though_locked)
        or isinstance(asked, SignedInOrToken)
        or any(needs_somebody(each) for each in dependant.dependencies)
    )


def test_every_route_asks_who_is_signed_in_or_is_on_the_list_of_public_ones(hub: HubApp) -> None:
    found = set()
    for context in iter_route_contexts(hub.app.routes):
        for method in (context.methods or set()) - {"HEAD"}:
            route = context.original_route
            asks = isinstance(route, APIRoute) and needs_somebody(route.dependant)
            public = (method, context.path) in PUBLIC
            assert asks != public, f"{method} {context.path} must ask for a session, or stand in PUBLIC, not both"
            found.add((method, context.path))
    assert found >= PUBLIC
    assert len(found) > len(PUBLIC) + 10


def test_a_route_without_a_session_is_refused_over_the_wire_too(hub: HubApp) -> None:
    nobody = hub.browser()
    for method, path in (("GET", "/session"), ("GET", "/accounts"), ("POST", "/session/lock"), ("GET", "/account")):
        answer = nobody.request(method, path)
        assert_problem(answer, 401, "not_signed_in")
        assert "WWW-Authenticate" in answer.headers


def test_every_kind_of_answer_carries_the_headers(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    answers = [
        browser.get("/health/live"),
        browser.get("/session"),
        browser.get("/openapi.json"),
        browser.get("/nowhere"),
        browser.request("DELETE", "/health/live"),
        browser.get("/faults/unexpected"),
        browser.get("/faults/busy"),
        browser.post("/faults/form", {}),
        browser.post("/faults/large", content=b"x" * 4_000_000),
        browser.get("/health/live", headers={"Host": "elsewhere.example"}),
        browser.post("/session/lock", headers={"Origin": "https://elsewhere.example"}),
        hub.browser().get("/session"),
        browser.get("//"),
        browser.get("//assets/none.js"),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY, answer.request.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        if answer.request.url.path.startswith(PREFIX):
            assert answer.headers["cache-control"] == "no-store"
    assert [answer.status_code for answer in answers[3:12]] == [404, 405, 500, 503, 422, 413, 421, 403, 401]


def test_the_content_security_policy_names_no_other_host_and_nothing_unsafe() -> None:
    assert CONTENT_SECURITY.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in CONTENT_SECURITY
    assert not any(word in CONTENT_SECURITY for word in ("unsafe", "http", "*"))


def test_only_a_hub_on_tls_tells_browsers_to_stay_on_it(hub: HubApp) -> None:
    async def asked(address: str) -> httpx.Response:
        app = create_app(hub.services, HubSettings(address=address), passwords=quick_passwords())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
            return await client.get(f"{PREFIX}/health/live")

    assert "strict-transport-security" not in asyncio.run(asked("http://localhost")).headers
    assert asyncio.run(asked("https://localhost")).headers["strict-transport-security"] == "max-age=63072000"


def test_an_unexpected_error_says_nothing_of_itself_but_a_number(hub: HubApp, caplog: pytest.LogCaptureFixture) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = hub.browser(Role.OPERATOR).get("/faults/unexpected")
    sentence = assert_problem(answer, 500, "fault")
    (entry,) = [each for each in logged if each["event"] == "request_failed"]
    assert entry["number"] in sentence
    assert any("test_app.py" in frame for frame in entry["where"])
    assert "Quibbleworth" not in answer.text + str(logged) + caplog.text


def test_an_error_in_the_middle_of_an_answer_ends_it_and_is_logged_without_its_words(
    hub: HubApp, caplog: pytest.LogCaptureFixture
) -> None:
    browser = hub.browser(Role.OPERATOR)
    with structlog.testing.capture_logs() as logged, pytest.raises(httpx.RemoteProtocolError):
        browser.get("/faults/cut-short")
    wait_until(lambda: "AnswerCutShortError" in caplog.text)
    assert [each["kind"] for each in logged if each["event"] == "request_failed"] == ["RuntimeError"]
    assert "Quibbleworth" not in str(logged) + caplog.text


def test_what_the_records_say_of_folders_stays_in_the_log(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    busy, full = browser.get("/faults/busy"), browser.get("/faults/full")
    assert_problem(busy, 503, "records_busy")
    assert int(busy.headers["retry-after"]) > 0
    assert_problem(full, 507, "disk_full")
    assert "secret" not in busy.text + full.text


def test_refusals_have_the_status_that_says_what_kind_they_are(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    for code, status in (
        (RefusalCode.WRONG_ROLE, 403),
        (RefusalCode.NOT_COMPETENT, 403),
        (RefusalCode.UNKNOWN_RECORD, 404),
        (RefusalCode.INVALID_FIELDS, 422),
        (RefusalCode.CHANGED_MEANWHILE, 409),
        (RefusalCode.WRONG_STATE, 409),
    ):
        assert assert_problem(browser.get(f"/faults/refused/{code}"), status, code) == "No, for a reason."


def test_fields_that_are_wrong_are_named(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    answer = browser.post("/faults/form", {"threshold": "high"})
    assert_problem(answer, 422, "invalid_fields")
    assert {each["field"] for each in answer.json()["problems"]} == {"threshold", "name"}
    no_json = browser.post("/faults/form", content=b"{no json", headers={"Content-Type": "application/json"})
    assert_problem(no_json, 422, "invalid_json")
    assert_problem(browser.get("/faults/refused/no_such_code"), 422, "invalid_fields")


def test_what_was_typed_into_a_field_is_not_repeated(hub: HubApp) -> None:
    answer = hub.browser().post("/sign-in/password", {"name": "x", "password": ["hunter2hunter2"], "code": "1"})
    assert_problem(answer, 422, "invalid_fields")
    assert "hunter2" not in answer.text


def test_a_body_may_be_as_large_as_its_route_says_and_no_larger(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    assert browser.post("/faults/large", content=b"x" * 2_000_000).json() == 2_000_000
    for body in (b"x" * 3_000_001, iter([b"x" * 1_000_000] * 4)):
        assert_problem(browser.post("/faults/large", content=body), 413, "too_large")
    assert_problem(browser.post("/faults/form", content=b"x" * 1_100_000), 413, "too_large")


def test_unknown_paths_and_methods_say_what_to_do(hub: HubApp) -> None:
    nobody = hub.browser()
    assert "openapi.json" in assert_problem(nobody.get("/nowhere"), 404, "unknown_path")
    wrong = nobody.request("DELETE", "/health/live")
    assert_problem(wrong, 405, "wrong_method")
    assert wrong.headers["allow"] == "GET"
    assert_problem(nobody.get("/sign-in/password"), 405, "wrong_method")
    assert_problem(nobody.post("//somewhere", {}), 404, "unknown_path")


def test_a_request_for_another_host_is_refused(hub: HubApp) -> None:
    for host in ("elsewhere.example", "", "localhost.elsewhere.example", "[::1]"):
        assert_problem(hub.browser().get("/health/live", headers={"Host": host}), 421, "wrong_host")


def test_too_many_requests_of_one_session_wait_while_others_go_on(records: HubRecords, clock: HandClock) -> None:
    with running_hub_app(records, clock, Role.OPERATOR, requests_a_minute=10) as hub:
        greedy, modest = hub.browser(Role.OPERATOR), hub.browser(Role.OPERATOR)
        answers = [greedy.get("/session") for _ in range(11)]
        assert [each.status_code for each in answers] == [200] * 10 + [429]
        assert_problem(answers[-1], 429, "too_many_requests")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
        assert modest.get("/session").status_code == 200


def test_too_many_requests_of_one_address_wait_too(records: HubRecords, clock: HandClock) -> None:
    with running_hub_app(records, clock, requests_a_minute=10) as hub:
        nobody = hub.browser()
        statuses = [nobody.get("/health/live").status_code for _ in range(201)]
        assert statuses == [200] * 200 + [429]


@pytest.mark.parametrize(
    ("trusted", "known_as"), [((), "127.0.0.1"), (("10.1.0.0/16",), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")]
)
def test_only_a_proxy_that_it_trusts_says_for_whom_it_asks(
    records: HubRecords, clock: HandClock, trusted: tuple[str, ...], known_as: str
) -> None:
    asked = APIRouter(prefix="/asked")

    @asked.get("")
    def origin(caller: SignedIn) -> str:
        return caller.origin

    with running_hub_app(records, clock, Role.OPERATOR, routers=(asked,), trusted_proxies=trusted) as hub:
        answer = hub.browser(Role.OPERATOR).get("/asked", headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"})
        assert answer.json().startswith(f"console at {known_as}, session ")


def test_health_says_no_detail_but_to_administrators(records: HubRecords, clock: HandClock) -> None:
    faults: dict[str, str | None] = {"bus": None}

    def jobs() -> str | None:
        raise OSError("/var/run/jobs is gone")

    readiness = {"bus": lambda: faults["bus"]}
    with running_hub_app(records, clock, Role.OPERATOR, readiness=readiness) as hub:
        assert hub.browser().get("/health/ready").json() == {"status": "ok"}
        faults["bus"] = "No server answers at 10.0.0.7."
        answer = hub.browser().get("/health/ready")
        assert_problem(answer, 503, "not_ready")
        assert "10.0.0.7" not in answer.text
        assert_problem(hub.browser(Role.OPERATOR).get("/health/detail"), 403, "wrong_role")
        detail = hub.browser(Role.ADMINISTRATOR).get("/health/detail").json()
        assert detail["ready"] is False
        assert {"name": "bus", "fault": "No server answers at 10.0.0.7."} in detail["parts"]
        assert {"name": "database", "fault": None} in detail["parts"]


def test_a_part_that_cannot_even_be_asked_is_not_ready(records: HubRecords, clock: HandClock) -> None:
    def jobs() -> str | None:
        raise OSError("/var/run/jobs is gone")

    with running_hub_app(records, clock, readiness={"jobs": jobs}) as hub:
        assert hub.browser().get("/health/ready").status_code == 503
        assert hub.browser().get("/health/live").status_code == 200
        assert "/var/run" not in hub.browser(Role.ADMINISTRATOR).get("/health/detail").text


def test_the_log_of_requests_holds_neither_queries_nor_identifiers_nor_secrets(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    with structlog.testing.capture_logs() as logged:
        browser.get("/account/sessions?name=Quibbleworth")
        browser.delete("/account/sessions/0f0f-secret-id")
        browser.get("/Quibbleworth")
    lines = [each for each in logged if each["event"] == "request"]
    assert len(lines) >= 3
    assert {each["status"] for each in lines} >= {200, 404}
    text = str(lines)
    assert "Quibbleworth" not in text
    assert "secret-id" not in text
    assert browser.token not in text


def test_the_console_is_served_beside_the_api(records: HubRecords, clock: HandClock, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>console</title>")
    (tmp_path / "assets" / "main-abc123.js").write_text("let x")
    (tmp_path / "sw.js").write_text("let y")
    (tmp_path.parent / "secret.txt").write_text("secret")
    with running_hub_app(records, clock) as hub:
        hub.app.router.default = Console(tmp_path)
        nobody = hub.browser()
        for path in ("//", "//deployments/7", "//set-up"):
            page = nobody.get(path)
            assert page.status_code == 200
            assert "console" in page.text
            assert page.headers["cache-control"] == "no-store"
        assert nobody.get("//sw.js").headers["cache-control"] == "no-cache"
        script = nobody.get("//assets/main-abc123.js")
        assert "immutable" in script.headers["cache-control"]
        assert_problem(nobody.get("//assets/gone.js"), 404, "unknown_path")
        assert_problem(nobody.get("/unknown"), 404, "unknown_path")
        again = nobody.get("//assets/main-abc123.js", headers={"If-None-Match": script.headers["etag"]})
        assert again.status_code == 304
        for way_out in ("//../secret.txt", "//%2e%2e/secret.txt", "//assets/..%2f..%2fsecret.txt"):
            assert "secret" not in nobody.get(way_out).text


def test_a_hub_without_a_console_says_so(records: HubRecords, clock: HandClock, tmp_path: Path) -> None:
    with running_hub_app(records, clock) as hub:
        hub.app.router.default = Console(tmp_path)
        page = hub.browser().get("//")
        assert page.status_code == 503
        assert "The console was not built" in page.text


def test_a_browsers_reports_are_counted_and_not_read(hub: HubApp) -> None:
    report = b'{"csp-report": {"document-uri": "https://hub/Quibbleworth"}}'
    sent = hub.browser().post(
        "/reports/content-security", content=report, headers={"Content-Type": "application/csp-report"}
    )
    assert sent.status_code == 204
    assert hub.browser(Role.ADMINISTRATOR).get("/health/detail").json()["policy_violations"] == 1


def test_the_api_describes_itself_with_examples_and_problems(hub: HubApp) -> None:
    described = hub.browser().get("/openapi.json").json()
    operations = [
        operation for path in described["paths"].values() for operation in path.values() if "responses" in operation
    ]
    assert all(MEDIA_TYPE in each["responses"]["default"]["content"] for each in operations)
    assert len({each["operationId"] for each in operations}) == len(operations)
