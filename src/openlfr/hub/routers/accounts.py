"""Accounts of other people, for administrators: invitations, sessions, directory names, access tokens."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from openlfr.hub.pagination import AskedPage, Listed, page_of
from openlfr.hub.parts import Settings, part
from openlfr.hub.problems import answered
from openlfr.hub.routers.own_account import SessionPlace
from openlfr.hub.signed_in import OurAccessTokens, SignedIn
from openlfr.policy.identifiers import StaffId
from openlfr.records.access_tokens import AccessToken
from openlfr.records.account_tables import Scope
from openlfr.records.accounts import Account, Accounts

router = APIRouter(prefix="/accounts", tags=["accounts"])

OurAccounts = Annotated[Accounts, Depends(part(Accounts))]

SET_UP_PAGE = "/set-up"
"""Where the console opens an invitation; the link's secret follows after #, which no server ever sees."""


class AccountView(BaseModel):
    """How somebody signs in."""

    staff: str
    sign_in_name: str
    has_password: bool
    passkeys: int
    directory_name: str | None
    invited_until: datetime | None = Field(description="When an invitation that nobody used yet is out of date.")

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        return cls(
            staff=account.staff,
            sign_in_name=account.sign_in_name,
            has_password=account.has_password,
            passkeys=account.passkeys,
            directory_name=account.directory_name,
            invited_until=account.invited_until,
        )


class Invite(BaseModel):
    """The name to sign in with: 3 to 64 letters (a to z), digits, and . _ @ - between them."""

    sign_in_name: str = Field(max_length=200, examples=["jsmith"])


class InvitationView(BaseModel):
    """A one-time link: hand it over yourself, it is not shown again."""

    account: AccountView
    link: str = Field(examples=["https://hub.force.example/set-up#5f0c…"])
    expires_at: datetime


class DirectoryName(BaseModel):
    """Who somebody is in the force's directory; null for nobody."""

    directory_name: str | None = Field(max_length=1000)


class MakeAccessToken(BaseModel):
    """What another system may do for this account, and until when: at most a year."""

    name: str = Field(max_length=500, examples=["Command and control"])
    scopes: list[Scope] = Field(max_length=len(Scope))
    expires_at: AwareDatetime


class AccessTokenView(BaseModel):
    """An access token without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    made_by: str
    made_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, token: AccessToken) -> "AccessTokenView":
        return cls(
            id=token.token,
            name=token.name,
            scopes=sorted(token.scopes),
            made_by=token.made_by,
            made_at=token.made_at,
            expires_at=token.expires_at,
        )


class MadeAccessToken(BaseModel):
    """A new access token. Its secret is shown this once: send it as `Authorization: Bearer …`."""

    token: AccessTokenView
    secret: str


class Ended(BaseModel):
    """How many sessions ended."""

    sessions: int


@router.get("")
def all_accounts(caller: SignedIn, accounts: OurAccounts, page: AskedPage) -> Listed[AccountView]:
    """All accounts."""
    found: Sequence[Account] = answered(accounts.all(caller.actor, caller.origin))
    return page_of(found, page, lambda account: account.staff, AccountView.of)


@router.post("/{staff}/invitation", status_code=HTTPStatus.CREATED)
def invite(staff: str, form: Invite, caller: SignedIn, accounts: OurAccounts, settings: Settings) -> InvitationView:
    """Invite somebody to set up how they sign in. Anew, it takes away what they had and signs them out everywhere."""
    invitation = answered(accounts.invite(caller.actor, StaffId(staff), form.sign_in_name, caller.origin))
    return InvitationView(
        account=AccountView.of(invitation.account),
        link=invitation_link(settings.address, invitation.token),
        expires_at=invitation.expires_at,
    )


@router.put("/{staff}/directory-name")
def set_directory_name(staff: str, form: DirectoryName, caller: SignedIn, accounts: OurAccounts) -> AccountView:
    """Say who somebody is in the force's directory."""
    account = accounts.set_directory_name(caller.actor, StaffId(staff), form.directory_name, caller.origin)
    return AccountView.of(answered(account))


@router.get("/{staff}/sessions")
def sessions_of(staff: str, caller: SignedIn, accounts: OurAccounts) -> list[SessionPlace]:
    """Where somebody is signed in."""
    found = answered(accounts.sessions_of(caller.actor, StaffId(staff), caller.origin))
    return [SessionPlace.of(each, caller.session) for each in found]


@router.delete("/{staff}/sessions")
def end_sessions(staff: str, caller: SignedIn, accounts: OurAccounts) -> Ended:
    """Sign somebody out everywhere, from their next request on."""
    return Ended(sessions=answered(accounts.end_sessions(caller.actor, StaffId(staff), caller.origin)))


@router.get("/{staff}/access-tokens")
def access_tokens_of(staff: str, caller: SignedIn, tokens: OurAccessTokens) -> list[AccessTokenView]:
    """The access tokens with which other systems act for this account."""
    return [AccessTokenView.of(each) for each in answered(tokens.of(caller.actor, StaffId(staff), caller.origin))]


@router.post("/{staff}/access-tokens", status_code=HTTPStatus.CREATED)
def make_access_token(staff: str, form: MakeAccessToken, caller: SignedIn, tokens: OurAccessTokens) -> MadeAccessToken:
    """Make an access token for another system."""
    token, secret = answered(
        tokens.make(caller.actor, StaffId(staff), form.name, form.scopes, form.expires_at, caller.origin)
    )
    return MadeAccessToken(token=AccessTokenView.of(token), secret=secret)


@router.delete("/{staff}/access-tokens/{token}", status_code=HTTPStatus.NO_CONTENT)
def revoke_access_token(staff: str, token: str, caller: SignedIn, tokens: OurAccessTokens) -> None:
    """Revoke an access token, from its next request on."""
    answered(tokens.revoke(caller.actor, StaffId(staff), token, caller.origin))


def invitation_link(hub_address: str, token: str) -> str:
    """The address to hand to who is invited."""
    return f"{hub_address}{SET_UP_PAGE}#{token}"
