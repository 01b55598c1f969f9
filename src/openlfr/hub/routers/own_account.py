"""One's own account: passkeys, the password, and where one is signed in."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from openlfr.hub.parts import HubServices, part
from openlfr.hub.problems import ProblemError, answered
from openlfr.hub.routers.sign_in import (
    ChallengeText,
    Credential,
    PasskeyOptions,
    Password,
    answer_of,
    options_of,
)
from openlfr.hub.signed_in import OurSessions, PersonAtBrowser, SignedIn
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.account_tables import SignInMethod
from openlfr.records.credentials import Credentials, Passkey
from openlfr.records.sign_in_sessions import SignInSession

router = APIRouter(prefix="/account", tags=["own account"])

OurCredentials = Annotated[Credentials, Depends(part(Credentials))]

_CONFIRMED_WITHIN: Final = timedelta(minutes=5)


class PasskeyView(BaseModel):
    """One of your passkeys."""

    id: str
    name: str
    added_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, passkey: Passkey) -> "PasskeyView":
        return cls(id=passkey.passkey, name=passkey.name, added_at=passkey.added_at, used_at=passkey.used_at)


class OwnAccountView(BaseModel):
    """How you sign in."""

    sign_in_name: str
    has_password: bool
    passkeys: list[PasskeyView]


class SessionPlace(BaseModel):
    """Somewhere that somebody is signed in."""

    id: str
    method: SignInMethod
    origin: str
    started_at: datetime
    acted_at: datetime
    ends_at: datetime
    locked: bool
    this_one: bool = Field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, session: SignInSession, asking: SignInSession) -> "SessionPlace":
        return cls(
            id=session.session,
            method=session.method,
            origin=session.origin,
            started_at=session.started_at,
            acted_at=session.acted_at,
            ends_at=session.ends_at,
            locked=session.locked,
            this_one=session.session == asking.session,
        )


class AddPasskey(BaseModel):
    """The passkey that the browser made."""

    name: str = Field(max_length=500, examples=["Blue security key"])
    challenge: ChallengeText
    credential: Credential


class ChangePassword(BaseModel):
    """The password you have, and the one you want."""

    old_password: Password
    new_password: Password


@router.get("")
def show(caller: SignedIn, credentials: OurCredentials) -> OwnAccountView:
    """How you sign in."""
    own = answered(credentials.of(caller.staff))
    return OwnAccountView(
        sign_in_name=own.sign_in_name,
        has_password=own.has_password,
        passkeys=[PasskeyView.of(each) for each in own.passkeys],
    )


@router.put("/password", status_code=HTTPStatus.NO_CONTENT)
def change_password(form: ChangePassword, caller: SignedIn, credentials: OurCredentials) -> None:
    """Change your password; the codes stay as they are."""
    refusal = credentials.change_password(caller.session, form.old_password, form.new_password, caller.origin)
    if isinstance(refusal, Refusal):
        answered(refusal)


@router.post("/passkeys/options")
def passkey_options(caller: SignedIn, services: HubServices, credentials: OurCredentials) -> PasskeyOptions:
    """Begin to add a passkey. You signed in or confirmed who you are within the last minutes."""
    _confirmed_lately(caller, services)
    return options_of(answered(credentials.passkey_question(caller.staff)))


@router.post("/passkeys", status_code=HTTPStatus.CREATED)
def add_passkey(form: AddPasskey, caller: SignedIn, services: HubServices, credentials: OurCredentials) -> PasskeyView:
    """Add the passkey that the browser made."""
    _confirmed_lately(caller, services)
    with services.records.database.writing() as session:
        passkey = credentials.add_passkey(
            session, caller.staff, form.name, form.challenge, answer_of(form.credential), caller.origin
        )
    return PasskeyView.of(answered(passkey))


@router.delete("/passkeys/{passkey}", status_code=HTTPStatus.NO_CONTENT)
def remove_passkey(passkey: str, caller: SignedIn, services: HubServices, credentials: OurCredentials) -> None:
    """Remove a passkey; never the only way to sign in."""
    _confirmed_lately(caller, services)
    answered(credentials.remove_passkey(caller.session, passkey, caller.origin))


@router.get("/sessions")
def sessions_of_mine(caller: SignedIn, sessions: OurSessions) -> list[SessionPlace]:
    """Where you are signed in, the newest first."""
    return [SessionPlace.of(each, caller.session) for each in sessions.of(caller.staff)]


@router.delete("/sessions/{session}", status_code=HTTPStatus.NO_CONTENT)
def end_session(session: str, caller: SignedIn, sessions: OurSessions) -> None:
    """Sign out somewhere else."""
    if not sessions.end_own(caller.staff, session, caller.origin):
        raise ProblemError(HTTPStatus.NOT_FOUND, RefusalCode.UNKNOWN_RECORD, "You are not signed in there.")


def _confirmed_lately(caller: PersonAtBrowser, services: HubServices) -> None:
    if services.records.clock() - caller.session.proved_at > _CONFIRMED_WITHIN:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "confirm_again",
            "Confirm that it is you, by password or passkey as for a locked session; then do this again.",
        )
