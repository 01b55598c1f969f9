"""Setting accounts up and signing in through the API, as a person at a browser does."""

from typing import Any

import httpx
from pyotp import TOTP
from sqlalchemy import select
from tests.support.authenticator import SoftwareAuthenticator
from tests.support.hub_app import Browser, HubApp

from openlfr.policy.roles import Role
from openlfr.records.audit_tables import AuditEntryRow

PASSWORD = "eleven green bottles"
NAME = "olga.operator"


def code_of(hub: HubApp, secret: str) -> str:
    return TOTP(secret).generate_otp(int(hub.clock().timestamp()) // 30)


def opened(browser: Browser, link: str) -> dict[str, Any]:
    answer = browser.post("/set-up", {"link": link})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def with_password(hub: HubApp, browser: Browser, who: Role = Role.OPERATOR, name: str = NAME) -> str:
    """Set an account up with a password, at this browser; the secret of its codes."""
    link = hub.invited(who, name).token
    shown = opened(browser, link)
    secret: str = shown["secret"]
    form = {"link": link, "password": PASSWORD, "codes": shown["codes"], "code": code_of(hub, secret)}
    answer = browser.post("/set-up/password", form)
    assert answer.status_code == 200, answer.text
    return secret


def with_passkey(hub: HubApp, browser: Browser, who: Role = Role.OPERATOR, name: str = NAME) -> SoftwareAuthenticator:
    """Set an account up with a passkey, at this browser."""
    link = hub.invited(who, name).token
    question = opened(browser, link)["passkey"]
    device = SoftwareAuthenticator(hub.settings.address)
    form = {
        "link": link,
        "name": "Blue key",
        "challenge": question["challenge"],
        "credential": device.create(question["options"]),
    }
    answer = browser.post("/set-up/passkey", form)
    assert answer.status_code == 200, answer.text
    return device


def by_password(browser: Browser, code: str, password: str = PASSWORD, name: str = NAME) -> httpx.Response:
    return browser.post("/sign-in/password", {"name": name, "password": password, "code": code})


def by_passkey(browser: Browser, device: SoftwareAuthenticator) -> httpx.Response:
    question = browser.post("/sign-in/passkey/options").json()
    form = {"challenge": question["challenge"], "credential": device.get(question["options"])}
    return browser.post("/sign-in/passkey", form)


def audited(hub: HubApp, act: str) -> list[AuditEntryRow]:
    with hub.records.database.reading() as session:
        return list(session.scalars(select(AuditEntryRow).where(AuditEntryRow.act == act)))
