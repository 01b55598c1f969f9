"""Getting in, over real HTTP: invitations, passwords with codes, passkeys, the force's directory, and staying out."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from tests.support.authenticator import SoftwareAuthenticator
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.directory_provider import CLIENT, CLIENT_SECRET, DirectoryProvider, running_provider
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

from openlfr.hub.directory import ASKED_AT_ONCE
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import DirectorySettings
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import StaffMember


@pytest.fixture
def source(sqlite_source: object) -> object:
    """What the database does with accounts is tried on both kinds in tests/records/test_accounts.py."""
    return sqlite_source


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> Iterator[HubApp]:
    with running_hub_app(records, clock, Role.OPERATOR, Role.AUDITOR) as running:
        yield running


def test_an_invitation_becomes_a_password_with_codes_and_works_once(hub: HubApp) -> None:
    browser = hub.browser()
    link = hub.invited(Role.OPERATOR, NAME).token
    shown = opened(browser, link)
    assert shown["sign_in_name"] == NAME
    assert shown["picture"].startswith("<svg")
    form = {"link": link, "password": PASSWORD, "codes": shown["codes"], "code": code_of(hub, shown["secret"])}
    assert browser.post("/set-up/password", form).status_code == 200
    assert browser.get("/session").json()["name"] == "Somebody as operator"
    assert_problem(browser.post("/set-up/password", form), 409, "too_late")
    assert_problem(browser.post("/set-up", {"link": link}), 409, "too_late")

    hub.clock.advance(timedelta(seconds=30))
    elsewhere = hub.browser()
    assert by_password(elsewhere, code_of(hub, shown["secret"])).status_code == 200
    assert elsewhere.get("/session").json()["method"] == "password and code"


def test_an_invitation_is_good_for_an_hour_and_replaced_by_the_next(hub: HubApp) -> None:
    first, second = (hub.invited(Role.OPERATOR, NAME).token for _ in range(2))
    assert_problem(hub.browser().post("/set-up", {"link": first}), 409, "too_late")
    hub.clock.advance(timedelta(minutes=59))
    opened(hub.browser(), second)
    hub.clock.advance(timedelta(minutes=1))
    assert_problem(hub.browser().post("/set-up", {"link": second}), 409, "too_late")


def test_what_is_wrong_while_setting_up_is_said_and_the_link_stays_good(hub: HubApp) -> None:
    browser, link = hub.browser(), hub.invited(Role.OPERATOR, NAME).token
    shown = opened(browser, link)
    good = {"link": link, "password": PASSWORD, "codes": shown["codes"], "code": code_of(hub, shown["secret"])}
    for change, field in (
        ({"password": "short"}, "password"),
        ({"password": "Password1234!"}, "password"),
        ({"password": "olga.operator.2026"}, "password"),
        ({"code": "000000"}, "code"),
        ({"codes": "nothing of ours"}, "codes"),
    ):
        answer = browser.post("/set-up/password", {**good, **change})
        assert_problem(answer, 422, "invalid_fields")
        assert [each["field"] for each in answer.json()["problems"]] == [field]
    assert browser.post("/set-up/password", good).status_code == 200


def test_the_link_of_one_person_does_not_take_the_codes_of_another(hub: HubApp) -> None:
    browser = hub.browser()
    others = opened(browser, hub.invited(Role.AUDITOR, "aud").token)
    link = hub.invited(Role.OPERATOR, NAME).token
    form = {"link": link, "password": PASSWORD, "codes": others["codes"], "code": code_of(hub, others["secret"])}
    assert_problem(browser.post("/set-up/password", form), 422, "invalid_fields")


def test_whatever_is_wrong_the_answer_is_the_same_and_the_audit_log_has_it(hub: HubApp) -> None:
    secret = with_password(hub, hub.browser())
    hub.clock.advance(timedelta(seconds=30))
    code, browser = code_of(hub, secret), hub.browser()
    answers = [
        by_password(browser, code, password="twelve green bottles"),
        by_password(browser, "000000"),
        by_password(browser, code, name="nobody.at.all"),
    ]
    assert {each.status_code for each in answers} == {403}
    assert len({each.text for each in answers}) == 1
    assert not browser.token
    assert by_password(browser, code).status_code == 200
    failed, done = audited(hub, "SIGN_IN_FAILED"), audited(hub, "SIGN_IN")
    staff = hub.hub.operator.staff
    assert [each.staff for each in failed] == [staff, staff, "nobody"]
    assert [each.staff for each in done] == [staff, staff]  # setting up signs in too
    assert all("127.0.0.1" in each.origin for each in failed + done)


def test_a_code_is_good_once_and_an_older_one_never(hub: HubApp) -> None:
    secret = with_password(hub, hub.browser())
    hub.clock.advance(timedelta(seconds=60))
    older, newer = (TOTP(secret).generate_otp(int(hub.clock().timestamp()) // 30 + off) for off in (-1, 0))
    assert by_password(hub.browser(), newer).status_code == 200
    assert by_password(hub.browser(), newer).status_code == 403
    assert by_password(hub.browser(), older).status_code == 403
    hub.clock.advance(timedelta(seconds=30))
    assert by_password(hub.browser(), code_of(hub, secret)).status_code == 200


def test_failing_makes_wait_longer_each_time_says_how_long_and_ends_by_itself(hub: HubApp) -> None:
    secret = with_password(hub, hub.browser())
    browser = hub.browser()
    waits = []
    for _ in range(4):
        assert by_password(browser, "000000").status_code == 403
    for _ in range(3):
        answer = by_password(browser, "000000")
        sentence = assert_problem(answer, 429, "too_many_requests")
        wait_s = int(answer.headers["retry-after"])
        assert f"wait {wait_s} s" in sentence
        waits.append(wait_s)
        hub.clock.advance(timedelta(seconds=wait_s))
        assert by_password(browser, "000000").status_code == 403
    assert waits == [2, 4, 8]
    assert_problem(by_password(browser, code_of(hub, secret)), 429, "too_many_requests")
    hub.clock.advance(timedelta(minutes=15))
    assert by_password(browser, code_of(hub, secret)).status_code == 200
    hub.clock.advance(timedelta(seconds=30))
    assert by_password(browser, "000000").status_code == 403
    assert by_password(browser, code_of(hub, secret)).status_code == 200


def test_a_name_that_nobody_has_makes_wait_as_one_that_somebody_has(hub: HubApp) -> None:
    with_password(hub, hub.browser())
    for name in (NAME, "nobody.at.all", "  NOBODY.at.all "):
        for _ in range(4):
            by_password(hub.browser(), "000000", name=name)
        assert by_password(hub.browser(), "000000", name=name).status_code == 429


def test_an_address_that_tries_many_names_waits_too(hub: HubApp) -> None:
    statuses = [by_password(hub.browser(), "0", name=f"name{number}").status_code for number in range(21)]
    assert statuses == [403] * 20 + [429]


def test_a_passkey_signs_in_without_a_name_and_only_once_for_each_question(hub: HubApp) -> None:
    device = with_passkey(hub, hub.browser())
    browser = hub.browser()
    question = browser.post("/sign-in/passkey/options").json()
    assert question["options"]["userVerification"] == "required"
    assert question["options"]["allowCredentials"] == []
    form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
    assert browser.post("/sign-in/passkey", form).status_code == 200
    assert browser.get("/session").json()["method"] == "passkey"
    assert_problem(hub.browser().post("/sign-in/passkey", form), 403, "sign_in_failed")


def test_a_passkeys_answer_that_is_not_quite_right_is_refused(hub: HubApp) -> None:
    device = with_passkey(hub, hub.browser())
    stranger = SoftwareAuthenticator(hub.settings.address, credential_id=device.credential_id, site="localhost")
    lies: tuple[dict[str, Any], ...] = (
        {"verified": False},
        {"address": "https://localhost.elsewhere.example"},
        {"site": "elsewhere.example"},
        {"credential_id": b"another credential"},
    )
    for lie in lies:
        assert_problem(by_passkey(hub.browser(), replace(device, **lie)), 403, "sign_in_failed")
    assert_problem(by_passkey(hub.browser(), stranger), 403, "sign_in_failed")
    assert by_passkey(hub.browser(), device).status_code == 200


def test_a_passkey_whose_counter_runs_back_was_copied_and_is_refused(hub: HubApp) -> None:
    device = with_passkey(hub, hub.browser())
    assert by_passkey(hub.browser(), device).status_code == 200
    device.uses = 0
    assert_problem(by_passkey(hub.browser(), device), 403, "sign_in_failed")


def test_a_passkeys_question_is_out_of_date_after_ten_minutes(hub: HubApp) -> None:
    device, browser = with_passkey(hub, hub.browser()), hub.browser()
    question = browser.post("/sign-in/passkey/options").json()
    hub.clock.advance(timedelta(minutes=10))
    form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
    assert_problem(browser.post("/sign-in/passkey", form), 403, "sign_in_failed")


def test_bytes_that_are_no_passkey_at_all_are_refused_and_nothing_breaks(hub: HubApp) -> None:
    challenge = hub.browser().post("/sign-in/passkey/options").json()["challenge"]
    for credential in ({}, {"id": "x"}, {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}):
        answer = hub.browser().post("/sign-in/passkey", {"challenge": challenge, "credential": credential})
        assert_problem(answer, 403, "sign_in_failed")
    link = hub.invited(Role.OPERATOR, NAME).token
    form = {"link": link, "name": "key", "challenge": challenge, "credential": {"response": {"x": [1]}}}
    assert_problem(hub.browser().post("/set-up/passkey", form), 422, "invalid_fields")


def test_signing_in_takes_a_new_token_and_ends_the_one_the_browser_came_with(hub: HubApp) -> None:
    secret = with_password(hub, hub.browser())
    hub.clock.advance(timedelta(seconds=30))
    browser = hub.browser(Role.AUDITOR)
    planted = browser.token
    assert by_password(browser, code_of(hub, secret)).status_code == 200
    assert browser.token not in ("", planted)
    thief = hub.browser()
    thief.cookies[COOKIE] = planted
    assert_problem(thief.get("/session"), 401, "not_signed_in")


def test_a_token_that_somebody_made_up_is_not_taken_over_by_a_sign_in(hub: HubApp) -> None:
    secret = with_password(hub, hub.browser())
    hub.clock.advance(timedelta(seconds=30))
    browser = hub.browser()
    browser.cookies[COOKIE] = "0" * 64
    assert by_password(browser, code_of(hub, secret)).status_code == 200
    assert browser.token != "0" * 64


def test_the_cookie_is_out_of_reach(hub: HubApp) -> None:
    browser = hub.browser()
    secret = with_password(hub, browser)
    hub.clock.advance(timedelta(seconds=30))
    cookie = by_password(browser, code_of(hub, secret)).headers["set-cookie"]
    assert re.match(r"__Host-openlfr-session=[0-9a-f]{64};", cookie)
    attributes = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert attributes == {"path=/", "secure", "httponly", "samesite=strict"}


def test_a_closed_account_does_not_get_in(hub: HubApp) -> None:
    device = with_passkey(hub, hub.browser())
    everybody = hub.hub.people.everybody(hub.hub.administrator, "a test")
    assert not isinstance(everybody, Refusal)
    member = next(each for each in everybody if each.staff == hub.hub.operator.staff)
    closed = hub.hub.people.close_account(hub.hub.administrator, member.staff, member.version, "a test")
    assert isinstance(closed, StaffMember)
    assert "closed" in assert_problem(by_passkey(hub.browser(), device), 403, "sign_in_failed")


@pytest.fixture
def provider(clock: HandClock) -> Iterator[DirectoryProvider]:
    with running_provider(clock) as running:
        yield running


@pytest.fixture
def directory_hub(
    records: HubRecords, clock: HandClock, provider: DirectoryProvider, tmp_path: Path
) -> Iterator[HubApp]:
    secret = tmp_path / "client-secret"
    secret.write_text(CLIENT_SECRET + "\n")
    settings = DirectorySettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret_file=secret, claim="preferred_username"
    )
    with running_hub_app(records, clock, Role.OPERATOR, directory=settings) as running:
        running.invited(Role.OPERATOR, NAME)
        named = running.door.accounts.set_directory_name(
            running.hub.administrator, running.hub.operator.staff, provider.person, "a test"
        )
        assert not isinstance(named, Refusal)
        yield running


def through_directory(browser: Browser) -> httpx.Response:
    """To the directory and back, as a browser goes; the answer of the last stop."""
    away = browser.get("/sign-in/directory")
    assert away.status_code == 303
    back = httpx.get(away.headers["location"], trust_env=False)
    return browser.visit(back.headers["location"])


def test_the_directory_signs_in_whom_an_account_names(directory_hub: HubApp) -> None:
    browser = directory_hub.browser()
    assert browser.get("/sign-in").json() == {"directory": True}
    answer = through_directory(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/session").json()["method"] == "directory"


def test_the_directorys_answer_is_good_once_and_only_in_the_browser_that_asked(
    directory_hub: HubApp,
) -> None:
    browser = directory_hub.browser()
    away = browser.get("/sign-in/directory")
    back = httpx.get(away.headers["location"], trust_env=False).headers["location"]
    victim = directory_hub.browser()
    assert victim.visit(back).headers["location"] == "/sign-in?directory=refused"
    assert not victim.token
    other = directory_hub.browser()
    other.get("/sign-in/directory")
    assert other.visit(back).headers["location"] == "/sign-in?directory=refused"
    assert browser.visit(back).headers["location"] == "/"
    assert browser.visit(back).headers["location"] == "/sign-in?directory=refused"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"iss": "https://elsewhere.example"}, id="of another issuer"),
        pytest.param({"aud": "another-client"}, id="for another client"),
        pytest.param({"aud": [CLIENT, "another"], "azp": "another"}, id="made for another party"),
        pytest.param({"nonce": "another"}, id="in answer to another request"),
        pytest.param({"nonce": None}, id="in answer to nothing"),
        pytest.param({"exp": 1_000_000_000}, id="expired"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"preferred_username": None}, id="naming nobody"),
        pytest.param({"preferred_username": ["jsmith@force.example"]}, id="naming a list"),
        pytest.param({"preferred_username": "stranger@force.example"}, id="naming a stranger"),
    ],
)
def test_a_token_is_refused(directory_hub: HubApp, provider: DirectoryProvider, lie: dict[str, Any]) -> None:
    provider.claims = lie
    browser = directory_hub.browser()
    assert through_directory(browser).headers["location"] == "/sign-in?directory=refused"
    assert not browser.token
    assert len(audited(directory_hub, "SIGN_IN_FAILED")) == 1
    provider.claims = {}
    assert through_directory(browser).headers["location"] == "/"


def test_a_token_signed_with_another_key_is_refused(directory_hub: HubApp, provider: DirectoryProvider) -> None:
    provider.published = type(provider.key).generate_key(2048, {"kid": "one", "use": "sig"})
    assert through_directory(directory_hub.browser()).headers["location"] == "/sign-in?directory=refused"


def test_an_address_of_e_mail_counts_only_when_the_directory_verified_it(
    directory_hub: HubApp, provider: DirectoryProvider
) -> None:
    by_mail = directory_hub.settings.directory.model_copy(update={"claim": "email"})
    object.__setattr__(directory_hub.door.directory, "settings", by_mail)
    for part in directory_hub.app.state.parts.values():
        if type(part) is type(directory_hub.door.directory):
            object.__setattr__(part, "settings", by_mail)
    for verified, where in ((False, "/sign-in?directory=refused"), ("true", "/sign-in?directory=refused"), (True, "/")):
        provider.claims = {"email": provider.person, "email_verified": verified}
        assert through_directory(directory_hub.browser()).headers["location"] == where


def test_a_directory_that_does_not_answer_is_said_to_be_so(directory_hub: HubApp, provider: DirectoryProvider) -> None:
    provider.broken = True
    assert directory_hub.browser().get("/sign-in/directory").headers["location"] == "/sign-in?directory=unreachable"


def test_a_directory_that_is_slow_keeps_few_of_the_hubs_threads(
    directory_hub: HubApp, provider: DirectoryProvider
) -> None:
    browsers = [directory_hub.browser() for _ in range(ASKED_AT_ONCE)]
    provider.answers.clear()
    with ThreadPoolExecutor(ASKED_AT_ONCE) as asking:
        away = [asking.submit(each.get, "/sign-in/directory") for each in browsers]
        try:
            wait_until(lambda: provider.kept_waiting == ASKED_AT_ONCE)
            one_more = directory_hub.browser().get("/sign-in/directory")
            assert one_more.headers["location"] == "/sign-in?directory=unreachable"
        finally:
            provider.answers.set()
        assert {each.result().status_code for each in away} == {303}
    assert through_directory(browsers[0]).headers["location"] == "/"


def test_a_hub_without_a_directory_says_what_to_use_instead(hub: HubApp) -> None:
    assert hub.browser().get("/sign-in").json() == {"directory": False}
    assert "passkey or password" in assert_problem(hub.browser().get("/sign-in/directory"), 404, "no_directory")
    back = hub.browser().visit(f"{PREFIX}/sign-in/directory/callback?code=x&state=y")
    assert back.headers["location"] == "/sign-in?directory=refused"
