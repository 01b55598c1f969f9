"""Signing in at the console: passwords with codes, passkeys, the lock, and what is left when somebody signs out."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP
from tests.support.console import WAIT_MS, Desk, WholeHub, desk, settled, whole_hub
from tests.support.living_hub import TERMINAL, administrator_of

from openlfr.hub.sign_in_services import sign_in_services
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role

PASSWORD = "eleven green bottles"
PURPOSE = "Find people whom the courts want, near the station."
IDLE_MINUTES = 16


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHub]:
    with whole_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def invited(hub: WholeHub, name: str, *roles: Role) -> str:
    """The link of somebody new; its part after # is what lets them in."""
    staff = hub.hire(name, *roles).staff
    accounts = sign_in_services(hub.services, hub.settings).accounts
    made = accounts.invite(administrator_of(hub.services), staff, sign_in_name(name), TERMINAL)
    assert not isinstance(made, Refusal), made
    return f"/set-up#{made.token}"


def sign_in_name(name: str) -> str:
    return name.lower().replace(" ", ".")


def code(hub: WholeHub, secret: str) -> str:
    """What the authenticator app shows; each is good once, so time passes first."""
    hub.clock.later(seconds=31)
    return TOTP(secret).at(hub.clock())


def set_up_with_password(hub: WholeHub, at: Desk, link: str) -> str:
    """Set an account up; the secret of its codes."""
    page = at.go(link)
    secret = page.get_by_text("Or type this into the app:").locator(".mono").inner_text()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(code(hub, secret))
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("navigation", name="Screens")).to_be_visible(timeout=WAIT_MS)
    return secret


def signed_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=WAIT_MS)


def sign_in(page: Page, name: str, password: str, shown: str) -> None:
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Code").fill(shown)
    page.get_by_role("button", name="Sign in with password and code").click()


def test_a_password_and_a_code_let_in_and_wrong_ones_are_told_in_words(hub: WholeHub, browser: Browser) -> None:
    with desk(browser, hub.address) as at:
        link = invited(hub, "Paula Password", Role.OPERATOR)
        page = at.go(link)
        assert not re.search("#", page.url), "the link stays in the address bar"
        page.get_by_label("New password").fill("short")
        page.get_by_label("Code", exact=True).fill("123456")
        page.get_by_role("button", name="Set the password").click()
        expect(page.locator(".wrong")).to_contain_text("This has 5 characters; take 12 or more", timeout=WAIT_MS)
        expect(page.get_by_label("Code", exact=True)).to_have_value("123456")
        at.page.goto("about:blank")
        secret = set_up_with_password(hub, at, link)
        signed_out(page)
        sign_in(page, "paula.password", "not her password", code(hub, secret))
        expect(page.get_by_role("alert")).to_contain_text("The name, the password or the code is wrong")
        expect(page.get_by_label("Sign-in name")).to_have_value("paula.password")
        hub.clock.later(minutes=1)
        sign_in(page, "paula.password", PASSWORD, code(hub, secret))
        expect(page.get_by_text("Paula Password")).to_be_visible(timeout=WAIT_MS)
        assert at.complaints.found == []


def test_a_passkey_is_made_lets_in_and_unlocks(hub: WholeHub, browser: Browser) -> None:
    with desk(browser, hub.address) as at:
        device = at.context.new_cdp_session(at.page)
        device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        added = device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "isUserVerified": True}})[
            "authenticatorId"
        ]
        page = at.go(invited(hub, "Keith Key", Role.OPERATOR))
        page.get_by_role("button", name="Make a passkey").click()
        expect(page.get_by_role("navigation", name="Screens")).to_be_visible(timeout=WAIT_MS)
        signed_out(page)
        device.send("WebAuthn.setUserVerified", {"authenticatorId": added, "isUserVerified": False})
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("alert")).to_contain_text("passkey", timeout=WAIT_MS)
        device.send("WebAuthn.setUserVerified", {"authenticatorId": added, "isUserVerified": True})
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("Keith Key")).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("button", name="Lock the console").click()
        expect(page.get_by_role("heading", name="The console is locked")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_role("navigation", name="Screens")).to_be_hidden()
        page.get_by_role("button", name="Unlock with a passkey").click()
        expect(page.get_by_role("navigation", name="Screens")).to_be_visible(timeout=WAIT_MS)
        assert at.complaints.found == []


def test_who_does_nothing_is_locked_out_and_finds_what_they_typed_after_unlocking(
    hub: WholeHub, browser: Browser
) -> None:
    with desk(browser, hub.address) as at:
        set_up_with_password(hub, at, invited(hub, "Ivan Idle", Role.APPLICANT))
        at.page.clock.install(time=hub.clock())
        page = at.go("/deployments/new")
        page.get_by_label("Purpose").fill(PURPOSE)
        hub.clock.later(minutes=IDLE_MINUTES)
        page.clock.fast_forward(f"{IDLE_MINUTES}:00")
        expect(page.get_by_role("heading", name="The console is locked")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_label("Purpose")).to_be_hidden()
        page.get_by_label("Password", exact=True).fill("not his password")
        page.get_by_role("button", name="Unlock", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("The password is wrong: the session stays locked.")
        hub.clock.later(minutes=1)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Unlock", exact=True).click()
        expect(page.get_by_label("Purpose")).to_have_value(PURPOSE, timeout=WAIT_MS)
        assert at.complaints.found == []


def test_signing_out_leaves_nothing_to_see(hub: WholeHub, browser: Browser) -> None:
    with hub.at_desk(browser, Role.ADMINISTRATOR) as at:
        at.go("/people")
        page = at.go("/nodes")
        expect(page.get_by_text("No node yet")).to_be_visible()
        signed_out(page)
        page.go_back()
        settled(page)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_text("Ada Auditor")).to_have_count(0)
        kept = page.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage })")
        assert "Auditor" not in kept
