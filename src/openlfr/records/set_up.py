"""Setting an account up with the one-time link of an invitation: by a passkey, or by a password with codes.

The link is good until one of the two is done, which signs the person in; before, the account opens to nobody.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.records.account_store import open_column
from openlfr.records.account_tables import AccountRow, SignInLinkRow, SignInMethod
from openlfr.records.challenges import ChallengePurpose
from openlfr.records.credentials import Credentials
from openlfr.records.hub_records import HubRecords
from openlfr.records.one_time_codes import new_secret, phone_address
from openlfr.records.passwords import password_problems
from openlfr.records.people_tables import StaffRow
from openlfr.records.sign_in import Door, PasskeyQuestion
from openlfr.records.sign_in_sessions import Sessions, hashed


@dataclass(frozen=True, slots=True)
class Invited:
    """What an opened link offers. `phone` is the address that a phone's picture holds, `secret` the same in letters."""

    staff: StaffId
    sign_in_name: str
    passkey: PasskeyQuestion
    secret: str
    phone: str
    codes: str
    """The challenge that carries the secret back."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The service for those who hold a link. What it returns at the end is the token of the new session."""

    records: HubRecords
    sessions: Sessions
    credentials: Credentials
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def open(self, link: str) -> Invited | Refusal:
        """What can be set up; the link stays good."""
        with self.records.database.reading() as session:
            found = self._account(session, link)
            if isinstance(found, Refusal):
                return found
            staff = StaffId(found.staff_id)
            name = open_column(self.records, AccountRow, "sign_in_name", staff, found.sign_in_name)
        passkey = self.credentials.passkey_question(staff)
        if isinstance(passkey, Refusal):
            return passkey
        secret = new_secret(self.random_bytes)
        return Invited(
            staff=staff,
            sign_in_name=name,
            passkey=passkey,
            secret=secret,
            phone=phone_address(secret, name, self.credentials.site.host),
            codes=self.credentials.challenges.issue(ChallengePurpose.SET_UP_CODES, secret, staff),
        )

    def by_password(self, link: str, password: str, codes: str, code: str, door: Door) -> str | Refusal:
        """Set a password with codes; `codes` is the challenge of the opened link, `code` what the phone shows."""
        with self.records.database.reading() as session:
            found = self._account(session, link)
            if isinstance(found, Refusal):
                return found
            name = open_column(self.records, AccountRow, "sign_in_name", found.staff_id, found.sign_in_name)
        problems = tuple(password_problems("password", password, name))
        if problems:
            return refused_fields("The password", problems)
        password_hash = self.credentials.passwords.hashed(password)
        return self._used(
            link,
            SignInMethod.PASSWORD,
            door,
            lambda session, account: self._password(session, account, password_hash, codes, code, door),
        )

    def by_passkey(self, link: str, name: str, challenge: str, answer: str, door: Door) -> str | Refusal:
        """Set a passkey up; `challenge` is that of the opened link's question."""

        def added(session: Session, account: AccountRow) -> Refusal | None:
            staff = StaffId(account.staff_id)
            passkey = self.credentials.add_passkey(session, staff, name, challenge, answer, door.origin)
            return passkey if isinstance(passkey, Refusal) else None

        return self._used(link, SignInMethod.PASSKEY, door, added)

    def _password(
        self, session: Session, account: AccountRow, password_hash: str, codes: str, code: str, door: Door
    ) -> Refusal | None:
        challenges = self.credentials.challenges
        secret = challenges.look(ChallengePurpose.SET_UP_CODES, codes, account.staff_id)
        if secret is None:
            old = FieldProblem("codes", "Too much time went by: open the link again, and scan the new picture.")
            return refused_fields("The password", [old])
        return self.credentials.set_password(session, account, password_hash, secret, code, door.origin)

    def _used(
        self,
        link: str,
        method: SignInMethod,
        door: Door,
        set_up: Callable[[Session, AccountRow], Refusal | None],
    ) -> str | Refusal:
        """Use a link up: all of it is kept, or, when something is refused, the link is as good as before."""
        with self.records.database.writing() as session:
            account = self._account(session, link)
            if isinstance(account, Refusal):
                return account
            refusal = set_up(session, account)
            if refusal is not None:
                return refusal
            session.delete(session.get_one(SignInLinkRow, account.staff_id))
            return self.sessions.start(
                session, StaffId(account.staff_id), method, door.origin, instead_of=door.old_session
            )

    def _account(self, session: Session, link: str) -> AccountRow | Refusal:
        found = session.execute(
            select(SignInLinkRow, StaffRow)
            .join(StaffRow, StaffRow.id == SignInLinkRow.staff_id)
            .where(SignInLinkRow.token_hash == hashed(link))
        ).one_or_none()
        if found is None or found[0].expires_at <= self.records.clock() or found[1].closed_at is not None:
            return Refusal(
                RefusalCode.TOO_LATE,
                "This link was used, replaced or is out of date: ask an administrator for another.",
            )
        return session.get_one(AccountRow, found[0].staff_id)
