"""Who asks: what every route takes that is not for everybody.

`SignedIn` is for people at a browser: a session that is not locked, with the CSRF token where something changes.
`signed_in_or_token(scope)` also lets another system in, with an access token made for that. Roles and training are
read anew for each request, so what was taken away is away at once; what they allow is the services' question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request

from openlfr.hub.client_address import client_address
from openlfr.hub.csrf import SAFE_METHODS, refuse_forged
from openlfr.hub.parts import HubServices, part
from openlfr.hub.problems import ProblemError
from openlfr.hub.request_limits import SessionAllowance
from openlfr.hub.services import Services
from openlfr.hub.session_cookie import session_cookie
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor
from openlfr.records.access_tokens import AccessToken, AccessTokens
from openlfr.records.account_tables import Scope
from openlfr.records.people import People
from openlfr.records.sign_in_sessions import Sessions, SignInSession

_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by a session or by an access token. `origin` is for the audit log."""

    actor: Actor
    origin: str
    session: SignInSession | None
    token: AccessToken | None

    @property
    def staff(self) -> StaffId:
        return self.actor.staff


@dataclass(frozen=True, slots=True)
class PersonAtBrowser(Caller):
    """A person, by their session."""

    session: SignInSession
    token: None


OurSessions = Annotated[Sessions, Depends(part(Sessions))]
OurAccessTokens = Annotated[AccessTokens, Depends(part(AccessTokens))]
Allowance = Annotated[SessionAllowance, Depends(part(SessionAllowance))]


def signed_in_though_locked(
    request: Request, services: HubServices, sessions: OurSessions, allowance: Allowance
) -> PersonAtBrowser:
    """Who is signed in at this browser, even while the session is locked: only for what a locked session may do."""
    token = session_cookie(request)
    session = sessions.by_token(token) if token else None
    if session is None:
        raise _not_signed_in()
    refuse_forged(request, token)
    allowance.take(session.session)
    origin = f"console at {client_address(request)}, session {session.session}"
    return PersonAtBrowser(_actor(services, session.staff), origin, session, None)


def signed_in(
    request: Request, sessions: OurSessions, caller: Annotated[PersonAtBrowser, Depends(signed_in_though_locked)]
) -> PersonAtBrowser:
    """Who is signed in at this browser."""
    if caller.session.locked:
        raise ProblemError(
            HTTPStatus.LOCKED, "session_locked", "The session is locked, and keeps its place: unlock it to go on."
        )
    if request.method not in SAFE_METHODS:
        sessions.acted(caller.session)
    return caller


SignedIn = Annotated[PersonAtBrowser, Depends(signed_in)]
SignedInThoughLocked = Annotated[PersonAtBrowser, Depends(signed_in_though_locked)]


def caller_of(request: Request) -> PersonAtBrowser:
    """The same for what must know it before the framework reads the body. Raises ProblemError."""
    sessions = part(Sessions)(request)
    allowance = part(SessionAllowance)(request)
    return signed_in(request, sessions, signed_in_though_locked(request, part(Services)(request), sessions, allowance))


@dataclass(frozen=True, slots=True)
class SignedInOrToken:
    """Lets in who is signed in, and another system with an access token of this scope. Use `signed_in_or_token`."""

    scope: Scope

    def __call__(
        self,
        request: Request,
        services: HubServices,
        sessions: OurSessions,
        tokens: OurAccessTokens,
        allowance: Allowance,
    ) -> Caller:
        secret = _bearer(request)
        if secret is None:
            return signed_in(request, sessions, signed_in_though_locked(request, services, sessions, allowance))
        token = tokens.by_secret(secret)
        if token is None:
            raise _not_signed_in("The access token is unknown, revoked or out of date: ask an administrator for one.")
        if self.scope not in token.scopes:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "wrong_scope",
                f"This access token is not made to {self.scope}: ask an administrator for one that is.",
            )
        allowance.take(token.token)
        origin = f"access token {token.token} at {client_address(request)}"
        return Caller(_actor(services, token.staff), origin, None, token)


def signed_in_or_token(scope: Scope) -> Callable[..., Caller]:
    """A dependency for what other systems may use: `Annotated[Caller, Depends(signed_in_or_token(Scope.X))]`."""
    return SignedInOrToken(scope)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether callers whose requests go on, as streams of events do, would be let in again: ask every few seconds."""

    people: People
    sessions: Sessions
    tokens: AccessTokens

    def now(self, caller: Caller) -> Actor | None:
        """The caller as they are now; None once they signed out, locked the session, or were shut out."""
        if caller.session is not None:
            session = self.sessions.by_id(caller.session.session)
            standing = session is not None and not session.locked
        else:
            standing = caller.token is not None and self.tokens.by_id(caller.token.token) is not None
        actor = self.people.actor(caller.staff) if standing else None
        return actor if isinstance(actor, Actor) else None


OurStanding = Annotated[Standing, Depends(part(Standing))]


def _actor(services: HubServices, staff: StaffId) -> Actor:
    actor = services.people.actor(staff)
    if isinstance(actor, Refusal):
        raise _not_signed_in(actor.sentence)
    return actor


def _bearer(request: Request) -> str | None:
    given = request.headers.get("authorization")
    return given[len(_BEARER) :].strip() if given is not None and given.lower().startswith(_BEARER) else None


def _not_signed_in(sentence: str = "Nobody is signed in here, or the session has ended: sign in.") -> ProblemError:
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, "not_signed_in", sentence, headers={"WWW-Authenticate": 'Bearer realm="openlfr"'}
    )
