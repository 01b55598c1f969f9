"""Sessions over real HTTP: locking, ending, forged requests, one's own account, administrators, other systems."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from tests.support.authenticator import SoftwareAuthenticator
from tests.support.database import HandClock
from tests.support.hub_app import Browser, HubApp, assert_problem, running_hub_app
from tests.support.signing_in import (
    NAME,
    PASSWORD,
    audited,
    by_passkey,
    by_password,
    code_of,
    opened,
    with_passkey,
    with_password,
)

from openlfr.hub.app import ROUTERS
from openlfr.hub.signed_in import Caller, SignedIn, signed_in_or_token
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Competence, Role, Skill
from openlfr.records.account_tables import Scope
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import StaffMember

PROBES = APIRouter(prefix="/probes")


@PROBES.post("")
def change_something(caller: SignedIn) -> str:
    return caller.staff


@PROBES.get("/feed")
def feed(caller: Annotated[Caller, Depends(signed_in_or_token(Scope.READ_MATCH_FEED))]) -> str:
    return caller.staff


@PROBES.post("/metrics")
def metrics(caller: Annotated[Caller, Depends(signed_in_or_token(Scope.READ_METRICS))]) -> str:
    return caller.origin


@pytest.fixture
def source(sqlite_source: object) -> object:
    """What the database does with sessions is tried on both kinds in tests/records/test_accounts.py."""
    return sqlite_source


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> Iterator[HubApp]:
    roles = (Role.OPERATOR, Role.AUDITOR)
    with running_hub_app(records, clock, *roles, routers=(*ROUTERS, PROBES), idle_lock=timedelta(minutes=15)) as app:
        yield app


def member(hub: HubApp, staff: StaffId) -> StaffMember:
    everybody = hub.hub.people.everybody(hub.hub.administrator, "a test")
    assert not isinstance(everybody, Refusal)
    return next(each for each in everybody if each.staff == staff)


def test_a_session_locks_when_nobody_does_anything_and_can_then_do_nothing(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    hub.clock.advance(timedelta(minutes=14, seconds=59))
    assert browser.get("/session").json()["locked"] is False
    hub.clock.advance(timedelta(seconds=1))
    shown = browser.get("/session").json()
    assert (shown["locked"], shown["locks_at"]) == (True, None)
    assert shown["name"] == "Somebody as operator"
    for method, path in (
        ("POST", "/probes"),
        ("GET", "/account"),
        ("POST", "/session/activity"),
        ("GET", "/probes/feed"),
    ):
        assert "unlock" in assert_problem(browser.request(method, path), 423, "session_locked")


def test_reading_by_itself_does_not_keep_a_session_open_but_acting_does(hub: HubApp) -> None:
    reader, actor = hub.browser(Role.OPERATOR), hub.browser(Role.OPERATOR)
    for _ in range(4):
        hub.clock.advance(timedelta(minutes=5))
        reader.get("/account")
        assert actor.post("/session/activity").status_code == 204
    assert reader.get("/session").json()["locked"] is True
    assert actor.get("/session").json()["locked"] is False


def test_a_locked_session_keeps_its_place_and_is_unlocked_by_the_password(hub: HubApp) -> None:
    browser = hub.browser()
    with_password(hub, browser)
    before = browser.token
    assert browser.post("/session/lock").status_code == 204
    assert browser.post("/probes").status_code == 423
    wrong = browser.post("/session/unlock/password", {"password": "not the password"})
    assert_problem(wrong, 403, "sign_in_failed")
    assert browser.post("/probes").status_code == 423
    assert browser.post("/session/unlock/password", {"password": PASSWORD}).status_code == 204
    assert browser.token == before
    assert browser.post("/probes").status_code == 200
    assert [len(audited(hub, act)) for act in ("LOCK_SESSION", "SIGN_IN_FAILED", "UNLOCK_SESSION")] == [1, 1, 1]


def test_guessing_at_a_locked_session_makes_wait(hub: HubApp) -> None:
    browser = hub.browser()
    with_password(hub, browser)
    browser.post("/session/lock")
    for _ in range(4):
        assert browser.post("/session/unlock/password", {"password": "a guess of mine"}).status_code == 403
    assert browser.post("/session/unlock/password", {"password": PASSWORD}).status_code == 429


def test_nobody_else_makes_wait_who_unlocks_a_session(hub: HubApp) -> None:
    browser = hub.browser()
    device = with_passkey(hub, browser)
    other = hub.browser()
    with_password(hub, other, Role.AUDITOR, "another")
    for unlocking in (browser, other):
        unlocking.post("/session/lock")
    stranger = hub.browser()
    names = ["another"] * 5 + [f"nobody{number}" for number in range(20)]
    assert [by_password(stranger, "000000", name=name).status_code for name in names][-1] == 429
    assert other.post("/session/unlock/password", {"password": PASSWORD}).status_code == 204
    question = browser.post("/session/unlock/passkey/options").json()
    form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
    assert browser.post("/session/unlock/passkey", form).status_code == 204


def test_a_locked_session_is_unlocked_by_a_passkey_of_the_same_person_only(hub: HubApp) -> None:
    browser, other = hub.browser(), hub.browser()
    own, strangers = with_passkey(hub, browser), with_passkey(hub, other, Role.AUDITOR, "another")
    browser.post("/session/lock")
    for device, status in ((strangers, 403), (own, 204)):
        question = browser.post("/session/unlock/passkey/options").json()
        assert len(question["options"]["allowCredentials"]) == 1
        form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
        assert browser.post("/session/unlock/passkey", form).status_code == status
    assert browser.post("/probes").status_code == 200


def test_a_session_ends_for_good_after_its_hours_whatever_is_done(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    for _ in range(12 * 6 - 1):
        hub.clock.advance(timedelta(minutes=10))
        assert browser.post("/session/activity").status_code == 204
    hub.clock.advance(timedelta(minutes=10))
    assert_problem(browser.get("/session"), 401, "not_signed_in")


def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(hub: HubApp) -> None:
    browser, thief = hub.browser(Role.OPERATOR), hub.browser()
    thief.cookies = dict(browser.cookies)
    assert thief.get("/session").status_code == 200
    assert browser.delete("/session").status_code == 204
    assert not browser.token
    assert thief.get("/session").status_code == 401


def test_one_sees_where_one_is_signed_in_and_ends_it_there(hub: HubApp) -> None:
    here, there, stranger = hub.browser(Role.OPERATOR), hub.browser(Role.OPERATOR), hub.browser(Role.AUDITOR)
    places = here.get("/account/sessions").json()
    assert sorted(each["this_one"] for each in places) == [False, True]
    elsewhere = next(each["id"] for each in places if not each["this_one"])
    assert_problem(stranger.delete(f"/account/sessions/{elsewhere}"), 404, "unknown_record")
    assert there.get("/session").status_code == 200
    assert here.delete(f"/account/sessions/{elsewhere}").status_code == 204
    assert there.get("/session").status_code == 401
    assert here.get("/session").status_code == 200


def test_an_administrator_signs_anybody_out_at_once(hub: HubApp) -> None:
    administrator, browser = hub.browser(Role.ADMINISTRATOR), hub.browser(Role.OPERATOR)
    staff = hub.hub.operator.staff
    assert len(administrator.get(f"/accounts/{staff}/sessions").json()) == 1
    assert administrator.delete(f"/accounts/{staff}/sessions").json() == {"sessions": 1}
    assert browser.get("/session").status_code == 401
    for path in (f"/accounts/{staff}/sessions", "/accounts", f"/accounts/{staff}/access-tokens"):
        assert_problem(hub.browser(Role.OPERATOR).get(path), 403, "wrong_role")


def test_an_invitation_anew_takes_everything_away(hub: HubApp) -> None:
    browser = hub.browser()
    device = with_passkey(hub, browser)
    administrator = hub.browser(Role.ADMINISTRATOR)
    staff = hub.hub.operator.staff
    answer = administrator.post(f"/accounts/{staff}/invitation", {"sign_in_name": "Olga2"})
    assert answer.status_code == 201
    link = answer.json()["link"]
    assert link.startswith(f"{hub.settings.address}/set-up#")
    assert answer.json()["account"] == {
        "staff": staff,
        "sign_in_name": "olga2",
        "has_password": False,
        "passkeys": 0,
        "directory_name": None,
        "invited_until": answer.json()["expires_at"],
    }
    assert browser.get("/session").status_code == 401
    assert by_passkey(hub.browser(), device).status_code == 403
    assert opened(hub.browser(), link.partition("#")[2])["sign_in_name"] == "olga2"


def test_invitations_that_cannot_be_say_why(hub: HubApp) -> None:
    administrator = hub.browser(Role.ADMINISTRATOR)
    with_passkey(hub, hub.browser(), Role.AUDITOR, "taken")
    staff, me = hub.hub.operator.staff, hub.hub.administrator.staff
    for whom, name, status, code in (
        (staff, "x", 422, "invalid_fields"),
        (staff, "has spaces in it", 422, "invalid_fields"),
        (staff, "TAKEN", 422, "invalid_fields"),
        (me, "myself", 403, "same_person"),
        ("nobody", "somebody", 404, "unknown_record"),
        ("0198f000-0000-7000-8000-000000000000", "somebody", 404, "unknown_record"),
    ):
        assert_problem(administrator.post(f"/accounts/{whom}/invitation", {"sign_in_name": name}), status, code)
    assert_problem(
        hub.browser(Role.OPERATOR).post(f"/accounts/{staff}/invitation", {"sign_in_name": "me2"}), 403, "wrong_role"
    )


def test_what_names_nobody_is_refused_whatever_characters_it_has(hub: HubApp) -> None:
    administrator = hub.browser(Role.ADMINISTRATOR)
    for nobody in ("nobody", "%00", "%F0%9F%92%A9", "0198f000-0000-7000-8000-000000000000"):
        for method, path in (
            ("GET", f"/accounts/{nobody}/sessions"),
            ("DELETE", f"/accounts/{nobody}/sessions"),
            ("GET", f"/accounts/{nobody}/access-tokens"),
            ("DELETE", f"/accounts/{nobody}/access-tokens/{nobody}"),
            ("DELETE", f"/account/sessions/{nobody}"),
            ("DELETE", f"/account/passkeys/{nobody}"),
        ):
            assert_problem(administrator.request(method, path), 404, "unknown_record")


def test_who_never_set_an_account_up_is_told_to_ask_for_an_invitation(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    for answer in (browser.get("/account"), browser.post("/account/passkeys/options")):
        assert "invite you" in assert_problem(answer, 404, "unknown_record")


def test_what_changes_something_needs_the_sessions_own_token(hub: HubApp) -> None:
    plain, other = hub.browser(Role.OPERATOR, csrf=False), hub.browser(Role.OPERATOR)
    assert plain.get("/account/sessions").status_code == 200
    for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": other.csrf_token()}, {"X-CSRF-Token": "ü"}):
        raw = {name: value.encode() for name, value in headers.items()}
        assert_problem(plain.post("/probes", headers=raw), 403, "csrf_token_missing")
    assert_problem(plain.delete("/session"), 403, "csrf_token_missing")
    assert plain.post("/probes", headers={"X-CSRF-Token": plain.csrf_token()}).status_code == 200


def test_a_request_that_another_site_sent_is_refused_even_with_the_token(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": hub.settings.address.replace("localhost", "localhost.elsewhere.example")},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert_problem(browser.post("/probes", headers=headers), 403, "other_site")
        assert_problem(browser.post("/sign-in/password", {}, headers=headers), 403, "other_site")


def test_a_role_taken_away_is_away_at_the_next_request(hub: HubApp) -> None:
    second = hub.hub.another("Bea Boss", Role.ADMINISTRATOR)
    browser = hub.browser(second.staff)
    assert browser.get("/accounts").status_code == 200
    seen = member(hub, second.staff)
    changed = hub.hub.people.set_roles(hub.hub.administrator, second.staff, (Role.AUDITOR,), seen.version, "a test")
    assert not isinstance(changed, Refusal)
    assert browser.get("/session").json()["roles"] == ["auditor"]
    assert_problem(browser.delete(f"/accounts/{second.staff}/sessions"), 403, "wrong_role")
    closed = hub.hub.people.close_account(hub.hub.administrator, second.staff, changed.version, "a test")
    assert not isinstance(closed, Refusal)
    assert "closed" in assert_problem(browser.get("/session"), 401, "not_signed_in")


def test_training_that_ran_out_blocks_the_live_role_and_says_so(hub: HubApp) -> None:
    browser = hub.browser(Role.OPERATOR)
    assert browser.get("/session").json()["blocked"] == []
    seen = member(hub, hub.hub.operator.staff)
    over = Competence(Skill.LIVE_OPERATION, date(2026, 5, 10))
    recorded = hub.hub.people.record_competence(hub.hub.administrator, seen.staff, over, seen.version, "a test")
    assert not isinstance(recorded, Refusal)
    (blocked,) = browser.get("/session").json()["blocked"]
    assert blocked["role"] == "operator"
    assert "training for live operation is missing or has run out" in blocked["sentence"]


def test_one_adds_and_removes_passkeys_but_never_the_last_way_in(hub: HubApp) -> None:
    browser = hub.browser()
    with_passkey(hub, browser)
    second = SoftwareAuthenticator(hub.settings.address)
    question = browser.post("/account/passkeys/options").json()
    assert len(question["options"]["excludeCredentials"]) == 1
    form = {"challenge": question["challenge"], "name": "Phone", "credential": second.create(question["options"])}
    added = browser.post("/account/passkeys", form)
    assert added.status_code == 201
    assert_problem(browser.post("/account/passkeys", form), 422, "invalid_fields")
    keys = {each["name"]: each["id"] for each in browser.get("/account").json()["passkeys"]}
    assert set(keys) == {"Blue key", "Phone"}
    elsewhere = hub.browser()
    assert by_passkey(elsewhere, second).status_code == 200
    assert_problem(hub.browser(Role.AUDITOR).delete(f"/account/passkeys/{keys['Phone']}"), 404, "unknown_record")
    assert browser.delete(f"/account/passkeys/{keys['Blue key']}").status_code == 204
    assert_problem(elsewhere.get("/account"), 401, "not_signed_in")
    assert_problem(browser.delete(f"/account/passkeys/{keys['Phone']}"), 409, "not_ready")
    assert by_passkey(hub.browser(), second).status_code == 200


def test_a_session_that_was_not_confirmed_lately_changes_no_passkeys(hub: HubApp) -> None:
    browser = hub.browser()
    device = with_passkey(hub, browser)
    hub.clock.advance(timedelta(minutes=6))
    for answer in (browser.post("/account/passkeys/options"), browser.delete("/account/passkeys/x")):
        assert_problem(answer, 403, "confirm_again")
    question = browser.post("/session/unlock/passkey/options").json()
    form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
    assert browser.post("/session/unlock/passkey", form).status_code == 204
    assert browser.post("/account/passkeys/options").status_code == 200


def test_a_passkey_gets_in_while_somebody_guesses_at_the_password(hub: HubApp) -> None:
    browser = hub.browser()
    secret = with_password(hub, browser)
    device = SoftwareAuthenticator(hub.settings.address)
    question = browser.post("/account/passkeys/options").json()
    form = {"challenge": question["challenge"], "name": "Phone", "credential": device.create(question["options"])}
    assert browser.post("/account/passkeys", form).status_code == 201
    hub.clock.advance(timedelta(seconds=30))
    for _ in range(4):
        by_password(hub.browser(), "000000")
    assert by_password(hub.browser(), code_of(hub, secret)).status_code == 429
    assert by_passkey(hub.browser(), device).status_code == 200


def test_one_changes_ones_password_with_the_old_one(hub: HubApp) -> None:
    browser = hub.browser()
    secret = with_password(hub, browser)
    new = "seven purple umbrellas"
    for old, fresh, field in (
        ("not my password", new, "old_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "Passwort12345", "new_password"),
    ):
        answer = browser.put("/account/password", {"old_password": old, "new_password": fresh})
        assert_problem(answer, 422, "invalid_fields")
        assert [each["field"] for each in answer.json()["problems"]] == [field]
    elsewhere = hub.browser(Role.OPERATOR)
    assert browser.put("/account/password", {"old_password": PASSWORD, "new_password": new}).status_code == 204
    assert_problem(elsewhere.get("/account"), 401, "not_signed_in")
    assert browser.get("/account").status_code == 200
    hub.clock.advance(timedelta(seconds=30))
    assert by_password(hub.browser(), code_of(hub, secret)).status_code == 403
    assert by_password(hub.browser(), code_of(hub, secret), password=new).status_code == 200


def made_token(hub: HubApp, *scopes: Scope, days: int = 30) -> tuple[str, str]:
    """A token for the auditor's account: its identifier and secret."""
    expires_at = (hub.clock() + timedelta(days=days)).isoformat()
    form = {"name": "Command and control", "scopes": list(scopes), "expires_at": expires_at}
    answer = hub.browser(Role.ADMINISTRATOR).post(f"/accounts/{hub.hub.auditor.staff}/access-tokens", form)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]["id"], answer.json()["secret"]


def with_token(hub: HubApp, secret: str, method: str, path: str) -> httpx.Response:
    return hub.browser().client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})


def test_an_access_token_is_good_for_its_scopes_only(hub: HubApp) -> None:
    _, secret = made_token(hub, Scope.READ_METRICS)
    assert "access token" in with_token(hub, secret, "POST", "/probes/metrics").json()
    assert_problem(with_token(hub, secret, "GET", "/probes/feed"), 403, "wrong_scope")
    for path in ("/session", "/account", "/accounts"):
        assert_problem(with_token(hub, secret, "GET", path), 401, "not_signed_in")
    assert hub.browser(Role.OPERATOR).get("/probes/feed").status_code == 200


def test_an_access_token_ends_when_it_is_revoked_runs_out_or_its_account_is_closed(hub: HubApp) -> None:
    administrator = hub.browser(Role.ADMINISTRATOR)
    tokens = f"/accounts/{hub.hub.auditor.staff}/access-tokens"
    (revoked, first), (_, second), (_, third) = (
        made_token(hub, Scope.READ_MATCH_FEED, days=days) for days in (30, 1, 365)
    )
    assert with_token(hub, first, "GET", "/probes/feed").status_code == 200
    listed = administrator.get(tokens)
    assert len(listed.json()) == 3
    assert first not in listed.text
    assert administrator.delete(f"{tokens}/{revoked}").status_code == 204
    assert_problem(administrator.delete(f"{tokens}/{revoked}"), 404, "unknown_record")
    assert_problem(with_token(hub, first, "GET", "/probes/feed"), 401, "not_signed_in")
    hub.clock.advance(timedelta(days=1))
    assert_problem(with_token(hub, second, "GET", "/probes/feed"), 401, "not_signed_in")
    assert with_token(hub, third, "GET", "/probes/feed").status_code == 200
    seen = member(hub, hub.hub.auditor.staff)
    assert not isinstance(
        hub.hub.people.close_account(hub.hub.administrator, seen.staff, seen.version, "a test"), Refusal
    )
    assert_problem(with_token(hub, third, "GET", "/probes/feed"), 401, "not_signed_in")


def test_access_tokens_that_cannot_be_say_why(hub: HubApp) -> None:
    administrator, now = hub.browser(Role.ADMINISTRATOR), hub.clock()
    tokens = f"/accounts/{hub.hub.auditor.staff}/access-tokens"
    good = {"name": "C2", "scopes": ["read metrics"], "expires_at": (now + timedelta(days=1)).isoformat()}
    for change, field in (
        ({"expires_at": (now + timedelta(days=366)).isoformat()}, "expires_at"),
        ({"expires_at": now.isoformat()}, "expires_at"),
        ({"expires_at": "2026-06-01T00:00:00"}, "expires_at"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"name": ""}, "name"),
    ):
        answer = administrator.post(tokens, {**good, **change})
        assert_problem(answer, 422, "invalid_fields")
        assert [each["field"] for each in answer.json()["problems"]] == [field]
    assert_problem(hub.browser(Role.AUDITOR).post(tokens, good), 403, "wrong_role")
    assert administrator.get(tokens).json() == []


def test_the_list_of_accounts_comes_in_pages(hub: HubApp) -> None:
    for role, name in ((Role.OPERATOR, NAME), (Role.AUDITOR, "aud")):
        hub.invited(role, name)
    administrator = hub.browser(Role.ADMINISTRATOR)
    first = administrator.get("/accounts?limit=1").json()
    second = administrator.get(f"/accounts?limit=1&cursor={first['next']}").json()
    assert {each["sign_in_name"] for each in first["items"] + second["items"]} == {NAME, "aud"}
    assert second["next"] is None
    for query in ("limit=0", "limit=201", "limit=many", f"cursor={'x' * 201}"):
        assert_problem(administrator.get(f"/accounts?{query}"), 422, "invalid_fields")


def test_what_goes_on_after_its_request_is_told_when_its_caller_is_shut_out(hub: HubApp) -> None:
    def caller_at(browser: Browser) -> Caller:
        session = hub.door.sessions.by_token(browser.token)
        assert session is not None
        return Caller(hub.hub.operator, "a test", session, None)

    locked, signed_out = hub.browser(Role.OPERATOR), hub.browser(Role.OPERATOR)
    callers = [caller_at(locked), caller_at(signed_out)]
    _, secret = made_token(hub, Scope.READ_MATCH_FEED)
    token = hub.door.tokens.by_secret(secret)
    assert token is not None
    callers.append(Caller(replace(hub.hub.auditor), "a test", None, token))
    assert all(hub.door.standing.now(each) is not None for each in callers)
    locked.post("/session/lock")
    signed_out.delete("/session")
    hub.browser(Role.ADMINISTRATOR).delete(f"/accounts/{token.staff}/access-tokens/{token.token}")
    assert [hub.door.standing.now(each) for each in callers] == [None, None, None]
