"""Every route against every role: who may, may; who may not is told so, changes nothing, and stands in the log."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock, SqliteSource

from openlfr.hub.app import described
from openlfr.hub.event_kinds import Event, event_of
from openlfr.hub.openapi import example_of
from openlfr.hub.public_routes import PREFIX, PUBLIC
from openlfr.policy.roles import ROLES_FOR, Action, Role
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.changes import changes_after, newest_change
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.people_tables import ReachPart, StaffReachRow, StaffRow
from openlfr.records.retention_tables import LegalHoldRow, PurgeIntentRow
from openlfr.records.watchlist_tables import WatchlistEntryRow, WatchlistRow

EVERYBODY: tuple[Action, ...] = ()
A = Action
RECEIPTS = (A.RUN_PURGE, A.READ_AUDIT)

NEEDED: Mapping[str, tuple[Action, ...]] = {
    "POST /deployments": (A.DRAFT_APPLICATION,),
    "GET /deployments": (A.VIEW_DEPLOYMENT,),
    "GET /deployments/{deployment}": (A.VIEW_DEPLOYMENT,),
    "GET /deployments/{deployment}/summary": (A.VIEW_DEPLOYMENT,),
    "GET /deployments/{deployment}/authorities": (A.VIEW_DEPLOYMENT,),
    "GET /deployments/{deployment}/timeline": (A.VIEW_DEPLOYMENT,),
    "GET /deployments/{deployment}/figures": (A.VIEW_STATISTICS,),
    "GET /deployments/{deployment}/statistics": (A.VIEW_STATISTICS,),
    "POST /deployments/{deployment}/redraft": (A.DRAFT_APPLICATION,),
    "POST /deployments/{deployment}/submit": (A.SUBMIT_APPLICATION,),
    "POST /deployments/{deployment}/withdraw": (A.WITHDRAW_APPLICATION,),
    "POST /deployments/{deployment}/authorise": (A.AUTHORISE_DEPLOYMENT,),
    "POST /deployments/{deployment}/authorise-urgently": (A.AUTHORISE_URGENTLY,),
    "POST /deployments/{deployment}/confirm-urgent": (A.REVIEW_URGENT_AUTHORITY,),
    "POST /deployments/{deployment}/refuse-urgent": (A.REVIEW_URGENT_AUTHORITY,),
    "POST /deployments/{deployment}/change-authority": (A.CHANGE_AUTHORITY,),
    "POST /deployments/{deployment}/reject": (A.REJECT_DEPLOYMENT,),
    "POST /deployments/{deployment}/revoke": (A.REVOKE_AUTHORITY,),
    "POST /deployments/{deployment}/attach-watchlist": (A.ATTACH_WATCHLIST,),
    "POST /deployments/{deployment}/record-readiness": (A.RECORD_READINESS,),
    "POST /deployments/{deployment}/go-live": (A.GO_LIVE,),
    "POST /deployments/{deployment}/pause": (A.PAUSE_DEPLOYMENT,),
    "POST /deployments/{deployment}/resume": (A.RESUME_DEPLOYMENT,),
    "POST /deployments/{deployment}/end": (A.END_DEPLOYMENT,),
    "POST /deployments/{deployment}/report": (A.REPORT_DEPLOYMENT,),
    "POST /deployments/{deployment}/review": (A.REVIEW_DEPLOYMENT,),
    "POST /deployments/{deployment}/check-in": (A.CHECK_IN,),
    "POST /deployments/{deployment}/check-out": (A.CHECK_OUT,),
    "GET /deployments/{deployment}/alerts": (A.VIEW_ALERT,),
    "GET /deployments/{deployment}/alerts/open": (A.VIEW_ALERT,),
    "GET /alerts/{alert}": (A.VIEW_ALERT,),
    "GET /alerts/{alert}/summary": (A.VIEW_ALERT,),
    "GET /alerts/{alert}/pictures/{picture}": (A.VIEW_ALERT,),
    "GET /alerts/{alert}/further-pictures": (A.VIEW_ALERT,),
    "GET /alerts/{alert}/history": (A.VIEW_ALERT,),
    "POST /alerts/{alert}/mark-seen": (A.MARK_ALERT_SEEN,),
    "POST /alerts/{alert}/adjudicate": (A.ADJUDICATE_ALERT,),
    "POST /alerts/{alert}/engage": (A.RECORD_ENGAGEMENT,),
    "POST /alerts/{alert}/record-outcome": (A.RECORD_OUTCOME,),
    "POST /alerts/{alert}/close": (A.CLOSE_ALERT,),
    "POST /alerts/{alert}/add-later-result": (A.RECORD_LATER_RESULT,),
    "POST /alerts/{alert}/reclassify": (A.RECLASSIFY_ALERT,),
    "GET /deployments/{deployment}/watchlists": (A.VIEW_WATCHLIST,),
    "POST /deployments/{deployment}/watchlists": (A.BUILD_WATCHLIST,),
    "GET /watchlists/{watchlist}": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/entries": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/entries/{entry}": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/pictures/{picture}": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/pairs": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/deliveries": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/composition": (A.VIEW_STATISTICS,),
    "GET /watchlists/{watchlist}/imports": (A.VIEW_WATCHLIST,),
    "POST /watchlists/{watchlist}/imports": (A.BUILD_WATCHLIST,),
    "GET /watchlists/{watchlist}/imports/{import}/rows": (A.VIEW_WATCHLIST,),
    "GET /watchlists/{watchlist}/imports/{import}/rows.csv": (A.VIEW_WATCHLIST,),
    "POST /watchlists/{watchlist}/entries/{entry}/review": (A.REVIEW_ENTRY,),
    "POST /watchlists/{watchlist}/entries/{entry}/give-second-authority": (A.GIVE_SECOND_AUTHORITY,),
    "POST /watchlists/{watchlist}/entries/{entry}/remove": (A.REMOVE_FROM_WATCHLIST,),
    "POST /watchlists/{watchlist}/accept-clean": (A.REVIEW_ENTRY,),
    "POST /watchlists/{watchlist}/approve": (A.APPROVE_WATCHLIST,),
    "POST /watchlists/{watchlist}/freeze": (A.FREEZE_WATCHLIST,),
    "POST /watchlists/{watchlist}/destroy": (A.DESTROY_WATCHLIST,),
    "GET /people": (A.VIEW_STAFF,),
    "GET /people/colleagues": (A.VIEW_STAFF, A.VIEW_DEPLOYMENT),
    "GET /people/places": (A.MANAGE_STAFF,),
    "GET /people/{staff}": (A.VIEW_STAFF,),
    "POST /people": (A.MANAGE_STAFF,),
    "POST /people/{staff}/set-roles": (A.MANAGE_STAFF,),
    "POST /people/{staff}/set-reach": (A.MANAGE_STAFF,),
    "POST /people/{staff}/record-competence": (A.RECORD_COMPETENCE,),
    "POST /people/{staff}/close-account": (A.MANAGE_STAFF,),
    "GET /audit/entries": (A.READ_AUDIT,),
    "GET /audit/entries/{sequence}": (A.READ_AUDIT,),
    "GET /audit/entries/{sequence}/proof": (A.READ_AUDIT,),
    "POST /audit/verify": (A.READ_AUDIT,),
    "POST /audit/export": (A.EXPORT_AUDIT,),
    "GET /retention/policy": EVERYBODY,
    "GET /retention/due": RECEIPTS,
    "GET /retention/receipts": RECEIPTS,
    "POST /retention/purge": (A.RUN_PURGE,),
    "POST /retention/verify-deletion": RECEIPTS,
    "GET /legal-holds": (A.PLACE_LEGAL_HOLD, *RECEIPTS),
    "GET /legal-holds/{hold}": (A.PLACE_LEGAL_HOLD, *RECEIPTS),
    "POST /legal-holds": (A.PLACE_LEGAL_HOLD,),
    "POST /legal-holds/{hold}/release": (A.RELEASE_LEGAL_HOLD,),
    "POST /rights-requests": (A.ANSWER_RIGHTS_REQUEST,),
    "GET /certificates": EVERYBODY,
    "GET /certificates/{certificate}": EVERYBODY,
    "POST /certificates": (A.IMPORT_CERTIFICATE,),
    "POST /certificates/import-packaged": (A.IMPORT_CERTIFICATE,),
    "GET /deployments/{deployment}/recognition-tests": (A.VIEW_STATISTICS,),
    "POST /deployments/{deployment}/recognition-tests": (A.RUN_RECOGNITION_TEST,),
    "GET /recognition-tests/{test}": (A.VIEW_STATISTICS,),
    "POST /recognition-tests/{test}/count-passage": (A.RUN_RECOGNITION_TEST,),
    "POST /recognition-tests/{test}/import-passages": (A.RUN_RECOGNITION_TEST,),
    "POST /recognition-tests/{test}/end": (A.RUN_RECOGNITION_TEST,),
    "GET /known-answers/scores": (A.VIEW_KNOWN_ANSWERS,),
    "POST /annual-report": (A.PUBLISH_RECORDS,),
    "GET /deployments/{deployment}/record": (A.VIEW_STATISTICS,),
    "GET /deployments/{deployment}/impact-annex": (A.VIEW_DEPLOYMENT,),
    "POST /deployments/{deployment}/notices": (A.VIEW_DEPLOYMENT,),
    "POST /deployments/{deployment}/use-notification": (A.EXPORT_AUDIT,),
    "POST /alerts/{alert}/evidence-pack": (A.EXPORT_EVIDENCE,),
    "POST /regulator-export": (A.EXPORT_AUDIT,),
    "GET /regulator-export/{export}": (A.EXPORT_AUDIT,),
    "GET /annual-report/years": EVERYBODY,
    "GET /statistics/deployments": (A.VIEW_STATISTICS,),
    "GET /vocabulary": EVERYBODY,
    "GET /profiles": EVERYBODY,
    "GET /jobs": EVERYBODY,
    "GET /jobs/{job}": EVERYBODY,
}
"""What a caller must be allowed to do, one of several where several are named. A route that is not here fails."""

TRIED_BY_THEIR_OWN_TESTS = (
    "access-tokens", "account", "accounts", "cameras", "enrolment", "events", "health", "match-events", "metrics",
    "nodes", "reports", "session", "set-up", "sign-in", "webhooks",
)  # fmt: skip
"""The first parts of paths whose tests, with the parts they work with, try every role themselves."""

WITHIN_REACH = ("{deployment}", "{alert}", "{watchlist}", "{test}")
"""Parts of paths that name what lies at a force and a site."""

DESTRUCTIVE = ("/destroy", "/purge", "/end", "/revoke", "/close-account", "/remove")
KEPT = (DeploymentRow, AlertRow, WatchlistRow, WatchlistEntryRow, StaffRow, LegalHoldRow, PurgeIntentRow)
ABSENT = "0196c000-0000-7000-8000-00000000dead"


def operations() -> dict[str, dict[str, Any]]:
    """Every operation of the API, by its method and path."""
    document = described().openapi()
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}": {**operation, "schemas": document["components"]["schemas"]}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


OPERATIONS = operations()


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("memory")


@pytest.fixture
def source(sqlite_source: SqliteSource) -> SqliteSource:
    """Roles are the same on every database."""
    return sqlite_source


@pytest.fixture
def api(records: HubRecords, clock: HandClock, memory: Path) -> Iterator[ApiHub]:
    with running_api(records, clock, memory) as running:
        yield running


def asked(api: ApiHub, role: Role, name: str, target: Mapping[str, str]) -> httpx.Response:
    """The request of one operation, with its own example as the body."""
    method, path = name.split(" ")
    operation = OPERATIONS[name]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            value = "probe" if path.startswith("/alerts") and parameter["name"] == "picture" else None
            path = path.replace(f"{{{parameter['name']}}}", value or target.get(parameter["name"], ABSENT))
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        of_passages = b"tester,time\nBLUE/1,2026-05-11T14:00:00+01:00\n"
        rows = of_passages if "{test}" in name else b"person_id,image\nN/1,1.png\n"
        files = {"table": ("table.csv", rows, "text/csv")}
        return api.browsers[role].request(method, path, files=files)
    schema = content.get("application/json", {}).get("schema")
    body = None if schema is None else example_of(schema, operation["schemas"])
    return api.browsers[role].request(method, path, json=body)


def may(role: Role, name: str) -> bool:
    needed = NEEDED[name]
    return not needed or any(role in ROLES_FOR[action] for action in needed)


def test_every_route_is_in_the_table_and_nothing_else_is() -> None:
    of_others = {name for name in OPERATIONS if name.split("/")[1] in TRIED_BY_THEIR_OWN_TESTS}
    public = {f"{method} {path.removeprefix(PREFIX)}" for method, path in PUBLIC}
    assert set(OPERATIONS) - of_others - public == set(NEEDED)


def test_nobody_who_is_not_signed_in_is_told_anything(api: ApiHub) -> None:
    stranger = api.hub.browser()
    for name in NEEDED:
        method, path = name.split(" ")
        answer = stranger.request(method, re.sub(r"\{\w+\}", ABSENT, path.replace("{sequence}", "1")))
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, name
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.slow
def test_no_role_gets_away_with_a_route_that_is_not_its_own(api: ApiHub, tmp_path: Path) -> None:
    target = api.target(tmp_path / "drawn")
    before, logged_before = rows(api.records), refusals(api.records)
    attempts = 0
    for name in NEEDED:
        for role in Role:
            if may(role, name):
                continue
            answer = asked(api, role, name, target)
            attempts += 1
            assert answer.status_code == HTTPStatus.FORBIDDEN, (role, name, answer.text)
            assert answer.json()["code"] == "wrong_role", (role, name, answer.text)
            assert answer.json()["detail"].startswith("You may not "), (role, name)
    assert attempts > 300
    assert rows(api.records) == before
    assert refusals(api.records) - logged_before == attempts


@pytest.mark.slow
def test_who_has_rights_elsewhere_only_finds_nothing_here(api: ApiHub, tmp_path: Path) -> None:
    """What is beyond reach answers exactly as what never was, to whatever is asked of it, and is in no list."""
    target = api.target(tmp_path / "drawn")
    path = f"/deployments/{target['deployment']}"
    target["test"] = api.post(Role.OPERATOR, f"{path}/recognition-tests", status=HTTPStatus.CREATED)["test"]
    with api.records.database.writing() as session:
        for role in Role:
            elsewhere = {"staff_id": api.staff(role), "set_by": "hub", "set_at": api.clock.now}
            session.add(StaffReachRow(**elsewhere, part=ReachPart.FORCE, name="Kent Police"))
    before = rows(api.records)
    attempts = 0
    for name in NEEDED:
        if not any(part in name for part in WITHIN_REACH):
            continue
        whole_hub = NEEDED[name] == (A.EXPORT_AUDIT,)
        allowed = [role for role in Role if may(role, name)]
        absent = asked(api, allowed[0], name, {})
        assert absent.json()["code"] == ("out_of_reach" if whole_hub else "unknown_record"), name
        for role in allowed:
            answer = asked(api, role, name, target)
            assert (answer.status_code, answer.json()) == (absent.status_code, absent.json()), (role, name)
            attempts += 1
    assert attempts > 100
    assert rows(api.records) == before
    for role, there in (
        (Role.OPERATOR, "/deployments"),
        (Role.OPERATOR, "/statistics/deployments"),
        (Role.ADMINISTRATOR, "/statistics/deployments"),
    ):
        assert api.get(role, there)["items"] == []
    assert api.get(Role.ADMINISTRATOR, "/people/places") == {"forces": ["Kent Police"], "sites": []}


@pytest.mark.slow
def test_every_role_is_let_through_to_its_own_routes_and_a_look_tells_nobody_of_a_change(
    api: ApiHub, tmp_path: Path
) -> None:
    target = api.target(tmp_path / "drawn")
    for name in sorted(NEEDED, key=lambda name: (name.endswith(DESTRUCTIVE), name)):
        for role in Role:
            if may(role, name):
                before = newest(api.records)
                answer = asked(api, role, name, target)
                # A screen reads again what it is told has changed: a look that is told as a change would never end.
                assert not name.startswith("GET ") or events_since(api.records, before) == [], (role, name)
                assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (role, name, answer.text)
                assert answer.status_code != HTTPStatus.UNAUTHORIZED, (role, name)
                if answer.status_code >= HTTPStatus.BAD_REQUEST:
                    assert answer.json()["code"] not in ("wrong_role", "not_competent"), (role, name, answer.text)


def newest(records: HubRecords) -> int:
    with records.database.reading() as session:
        return newest_change(session)


def events_since(records: HubRecords, place: int) -> list[Event]:
    with records.database.reading() as session:
        return [event for change in changes_after(session, place, 500) if (event := event_of(change)) is not None]


def rows(records: HubRecords) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is kept, as it stands in the tables."""
    with records.database.reading() as session:
        return {
            kind.__tablename__: sorted(
                (tuple(row) for row in session.execute(select(*kind.__table__.columns))), key=repr
            )
            for kind in KEPT
        }


def refusals(records: HubRecords) -> int:
    with records.database.reading() as session:
        return session.execute(
            select(func.count()).where(AuditEntryRow.processing == "none", AuditEntryRow.act.in_(Action.__members__))
        ).scalar_one()
