"""Setting an account up with the one-time link of an invitation. Open to everybody who has a link."""

from io import BytesIO
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from openlfr.hub.parts import part
from openlfr.hub.problems import answered
from openlfr.hub.routers.sign_in import (
    ChallengeText,
    Code,
    Credential,
    LetIn,
    PasskeyOptions,
    Password,
    answer_of,
    door,
    let_in,
    options_of,
)
from openlfr.records.set_up import SetUp

router = APIRouter(prefix="/set-up", tags=["set up"])

OurSetUp = Annotated[SetUp, Depends(part(SetUp))]
Link = Annotated[str, Field(max_length=200, description="What stands after the # of the invitation's address.")]


class OpenLink(BaseModel):
    """The link of an invitation."""

    link: Link


class SetUpView(BaseModel):
    """What the link offers: choose a passkey, or a password with codes."""

    sign_in_name: str
    passkey: PasskeyOptions
    secret: str = Field(description="For a phone that cannot read the picture.")
    picture: str = Field(description="The same as a QR code, in SVG.")
    codes: str = Field(description="To be sent back with the password.")


class SetUpPassword(BaseModel):
    """A password, and the first code that the phone shows."""

    link: Link
    password: Password
    codes: ChallengeText
    code: Code


class SetUpPasskey(BaseModel):
    """The passkey that the browser made."""

    link: Link
    name: str = Field(max_length=500, description="What to call this passkey.", examples=["Blue security key"])
    challenge: ChallengeText
    credential: Credential


@router.post("")
def open_link(form: OpenLink, set_up: OurSetUp) -> SetUpView:
    """Look at an invitation; it stays good."""
    invited = answered(set_up.open(form.link))
    picture = BytesIO()
    segno.make(invited.phone, micro=False).save(picture, kind="svg", scale=4, xmldecl=False)
    return SetUpView(
        sign_in_name=invited.sign_in_name,
        passkey=options_of(invited.passkey),
        secret=invited.secret,
        picture=picture.getvalue().decode(),
        codes=invited.codes,
    )


@router.post("/password")
def set_password(form: SetUpPassword, request: Request, response: Response, set_up: OurSetUp) -> LetIn:
    """Set a password with codes, and sign in. The link is used up."""
    return let_in(
        response, answered(set_up.by_password(form.link, form.password, form.codes, form.code, door(request)))
    )


@router.post("/passkey")
def set_passkey(form: SetUpPasskey, request: Request, response: Response, set_up: OurSetUp) -> LetIn:
    """Set a passkey up, and sign in. The link is used up."""
    answer = answer_of(form.credential)
    return let_in(response, answered(set_up.by_passkey(form.link, form.name, form.challenge, answer, door(request))))
