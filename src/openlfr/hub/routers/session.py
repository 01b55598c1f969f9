"""The session of this browser: who it is, locking, unlocking and signing out."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from openlfr.hub.csrf import token_of
from openlfr.hub.parts import HubServices, Settings
from openlfr.hub.routers.people import reach_view
from openlfr.hub.routers.sign_in import (
    OurSignIn,
    PasskeyAnswer,
    PasskeyOptions,
    Password,
    answer_of,
    door,
    options_of,
    refused_sign_in,
)
from openlfr.hub.schemas.people import ReachView
from openlfr.hub.session_cookie import clear_session_cookie, session_cookie
from openlfr.hub.signed_in import OurSessions, SignedIn, SignedInThoughLocked
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import LIVE_ROLES, Action, Actor, Role, may_act
from openlfr.records.account_tables import SignInMethod
from openlfr.records.sign_in import SignInRefused

router = APIRouter(prefix="/session", tags=["session"])


class BlockedRole(BaseModel):
    """A role that is held, and does not count for now."""

    role: Role
    sentence: str = Field(description="Why, and so what to do.")


class SessionView(BaseModel):
    """Who is signed in at this browser."""

    staff: str
    name: str
    roles: list[Role]
    reach: ReachView = Field(description="Where the roles count: which forces and sites.")
    blocked: list[BlockedRole] = Field(description="Roles that do not count, as when training ran out.")
    method: SignInMethod
    locked: bool
    locks_at: datetime | None = Field(description="When the session locks if nobody does anything; null while locked.")
    ends_at: datetime = Field(description="When it ends, whatever happens.")
    idle_lock_s: int = Field(description="How long nobody may do nothing.")
    csrf_token: str = Field(description="To be sent as X-CSRF-Token with whatever changes something.")


class UnlockPassword(BaseModel):
    """The password of who is signed in."""

    password: Password


@router.get("")
def show(caller: SignedInThoughLocked, request: Request, services: HubServices, settings: Settings) -> SessionView:
    """Who is signed in here, with what roles, and until when. Asking is no sign that somebody sits here."""
    session = caller.session
    return SessionView(
        staff=caller.staff,
        name=services.people.own_name(caller.staff),
        roles=sorted(caller.actor.roles),
        reach=reach_view(caller.actor.reach),
        blocked=_blocked(caller.actor, services.records.clock()),
        method=session.method,
        locked=session.locked,
        locks_at=session.locks_at,
        ends_at=session.ends_at,
        idle_lock_s=int(settings.idle_lock.total_seconds()),
        csrf_token=token_of(session_cookie(request)),
    )


@router.delete("", status_code=HTTPStatus.NO_CONTENT)
def sign_out(caller: SignedInThoughLocked, response: Response, sessions: OurSessions) -> None:
    """Sign out."""
    sessions.sign_out(caller.session, caller.origin)
    clear_session_cookie(response)


@router.post("/lock", status_code=HTTPStatus.NO_CONTENT)
def lock(caller: SignedIn, sessions: OurSessions) -> None:
    """Lock the session now; it keeps its place."""
    sessions.lock(caller.session, caller.origin)


@router.post("/activity", status_code=HTTPStatus.NO_CONTENT)
def activity(_caller: SignedIn) -> None:
    """Say that somebody does something here, so that the session does not lock. Once a minute is enough."""


@router.post("/unlock/password", status_code=HTTPStatus.NO_CONTENT)
def unlock_by_password(
    form: UnlockPassword, caller: SignedInThoughLocked, request: Request, sign_in: OurSignIn
) -> None:
    """Unlock by password; in an open session, confirm that it is still oneself."""
    _unlocked(sign_in.unlock_by_password(caller.session, form.password, door(request)))


@router.post("/unlock/passkey/options")
def unlock_options(caller: SignedInThoughLocked, sign_in: OurSignIn) -> PasskeyOptions:
    """Begin to unlock by passkey."""
    return options_of(sign_in.unlock_question(caller.session))


@router.post("/unlock/passkey", status_code=HTTPStatus.NO_CONTENT)
def unlock_by_passkey(form: PasskeyAnswer, caller: SignedInThoughLocked, request: Request, sign_in: OurSignIn) -> None:
    """Unlock by passkey; in an open session, confirm that it is still oneself."""
    answer = answer_of(form.credential)
    _unlocked(sign_in.unlock_by_passkey(caller.session, form.challenge, answer, door(request)))


def _unlocked(refused: SignInRefused | None) -> None:
    if refused is not None:
        raise refused_sign_in(refused)


def _blocked(actor: Actor, now: datetime) -> list[BlockedRole]:
    """Each live role that does not count now, with the policy's own sentence."""
    verdicts = (
        (role, may_act(replace(actor, roles=frozenset({role})), Action.CHECK_IN, now))
        for role in sorted(actor.roles & LIVE_ROLES)
    )
    return [
        BlockedRole(role=role, sentence=verdict.sentence) for role, verdict in verdicts if isinstance(verdict, Refusal)
    ]
