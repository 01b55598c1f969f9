"""Signing in: by password and code, by passkey, or by the force's own directory. Open to everybody, with delays."""

import json
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, JsonValue

from openlfr.hub.client_address import client_address
from openlfr.hub.directory import Directory, DirectoryAnswerError, DirectoryUnusableError
from openlfr.hub.parts import part
from openlfr.hub.problems import ProblemError, too_many
from openlfr.hub.session_cookie import session_cookie, set_session_cookie
from openlfr.records.sign_in import Door, PasskeyQuestion, SignIn, SignInRefused

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/sign-in", tags=["sign in"])

OurSignIn = Annotated[SignIn, Depends(part(SignIn))]
OurDirectory = Annotated[Directory, Depends(part(Directory))]

_DIRECTORY_COOKIE = "__Host-openlfr-directory"
_DIRECTORY_MINUTES = 10
_SIGN_IN_PAGE = "/sign-in"
_LONGEST = 10_000

Name = Annotated[str, Field(max_length=200, examples=["jsmith"])]
Password = Annotated[str, Field(max_length=_LONGEST, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(max_length=20, description="What the phone shows.", examples=["123456"])]
ChallengeText = Annotated[str, Field(max_length=_LONGEST, description="As the hub gave it.")]
Credential = Annotated[
    dict[str, JsonValue],
    Field(description="What the browser's `navigator.credentials` returned, as its `toJSON()` has it."),
]


class Ways(BaseModel):
    """How people sign in to this hub. Password and passkey always do."""

    directory: bool = Field(description="Whether the force's own directory is in use.")


class PasswordSignIn(BaseModel):
    """Name, password and code, all at once."""

    name: Name
    password: Password
    code: Code


class PasskeyOptions(BaseModel):
    """What to give the browser, and the challenge to send back with its answer."""

    options: dict[str, JsonValue] = Field(description="The `publicKey` of `navigator.credentials`, in JSON form.")
    challenge: str


class PasskeyAnswer(BaseModel):
    """The browser's answer to the options."""

    challenge: ChallengeText
    credential: Credential


class LetIn(BaseModel):
    """Somebody is signed in here now: `GET /api/v1/session` says who."""

    signed_in: bool = True


@router.get("")
def ways(directory: OurDirectory) -> Ways:
    """How people sign in to this hub."""
    return Ways(directory=directory.in_use)


@router.post("/password")
def by_password(form: PasswordSignIn, request: Request, response: Response, sign_in: OurSignIn) -> LetIn:
    """Sign in by name, password and code. Whatever was wrong, the answer is the same."""
    token = sign_in.by_password(form.name, form.password, form.code, door(request))
    return let_in(response, token)


@router.post("/passkey/options")
def passkey_options(sign_in: OurSignIn) -> PasskeyOptions:
    """Begin a sign-in by passkey; no name is needed."""
    return options_of(sign_in.passkey_question())


@router.post("/passkey")
def by_passkey(form: PasskeyAnswer, request: Request, response: Response, sign_in: OurSignIn) -> LetIn:
    """Sign in by passkey."""
    return let_in(response, sign_in.by_passkey(form.challenge, answer_of(form.credential), door(request)))


@router.get("/directory", status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def to_directory(directory: OurDirectory) -> RedirectResponse:
    """Send the browser to the force's directory."""
    if not directory.in_use:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "no_directory", "No directory is in use here: sign in by passkey or password."
        )
    try:
        sent = directory.begin()
    except DirectoryUnusableError as error:
        return _back_to_sign_in("unreachable", error)
    answer = RedirectResponse(sent.url, HTTPStatus.SEE_OTHER)
    # Lax: the browser comes back from another site, and must bring it.
    answer.set_cookie(
        _DIRECTORY_COOKIE,
        sent.challenge,
        max_age=_DIRECTORY_MINUTES * 60,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/directory/callback", status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def from_directory(
    request: Request,
    directory: OurDirectory,
    sign_in: OurSignIn,
    state: Annotated[str, Query(max_length=_LONGEST)] = "",
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> RedirectResponse:
    """Where the directory sends the browser back to: on to the console, or to the sign-in page that says why not."""
    try:
        named = directory.named(request.cookies.get(_DIRECTORY_COOKIE, ""), state, code) if directory.in_use else None
    except DirectoryUnusableError as error:
        return _back_to_sign_in("unreachable", error)
    except DirectoryAnswerError as error:
        log.warning("directory_sign_in_refused", why=str(error))
        named = None
    token = sign_in.by_directory(named, door(request))
    if isinstance(token, SignInRefused):
        return _back_to_sign_in("refused", None)
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(_DIRECTORY_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    set_session_cookie(answer, token)
    return answer


def _back_to_sign_in(why: str, error: DirectoryUnusableError | None) -> RedirectResponse:
    if error is not None:
        log.warning("directory_unusable", why=str(error))
    answer = RedirectResponse(f"{_SIGN_IN_PAGE}?{urlencode({'directory': why})}", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(_DIRECTORY_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def door(request: Request) -> Door:
    """Where the request stands."""
    address = client_address(request)
    return Door(address=address, origin=f"console at {address}", old_session=session_cookie(request))


def let_in(response: Response, token: str | SignInRefused) -> LetIn:
    """Hand the browser its session; ends the request with a problem document when there is none."""
    if isinstance(token, SignInRefused):
        raise refused_sign_in(token)
    set_session_cookie(response, token)
    return LetIn()


def refused_sign_in(refused: SignInRefused) -> ProblemError:
    """The problem document of a refused proof of who somebody is."""
    if refused.wait_s:
        return too_many(refused.sentence, refused.wait_s)
    # Not 401, which says that a session is missing or has ended.
    return ProblemError(HTTPStatus.FORBIDDEN, "sign_in_failed", refused.sentence)


def options_of(question: PasskeyQuestion) -> PasskeyOptions:
    return PasskeyOptions.model_validate({"options": question.options, "challenge": question.challenge})


def answer_of(credential: dict[str, JsonValue]) -> str:
    """The browser's answer as the text that the checks read."""
    return json.dumps(credential)
