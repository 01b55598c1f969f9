"""Signing in and unlocking: the proof, its entry in the audit log and the session are kept together or not at all."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId
from openlfr.records.account_store import account_named, directory_digest, normal_name, open_column, write_sign_in
from openlfr.records.account_tables import AccountRow, PasskeyRow, SignInMethod
from openlfr.records.audit_entry import SignInAct
from openlfr.records.challenges import ChallengePurpose, Challenges
from openlfr.records.hub_records import HubRecords
from openlfr.records.one_time_codes import step_of
from openlfr.records.passkeys import HubSite, credential_of
from openlfr.records.passwords import PasswordStore
from openlfr.records.people_tables import StaffRow
from openlfr.records.sign_in_delay import Attempt, SignInDelay
from openlfr.records.sign_in_sessions import Sessions, SignInSession
from openlfr.sealing.canonical import JsonValue

_CHALLENGE_BYTES: Final = 32


class NotSignedIn(StrEnum):
    """Why nobody was signed in. The sentences are the same whether an account exists or not."""

    WRONG_PASSWORD = "The name, the password or the code is wrong. Check all three; each code is good only once."  # noqa: S105
    WRONG_UNLOCK = "The password is wrong: the session stays locked."
    WRONG_PASSKEY = (
        "This passkey was not accepted: use one that was added to your account, or ask an administrator to invite you "
        "anew."
    )
    WRONG_DIRECTORY = (
        "The directory's answer was not accepted, or names nobody here: begin again, or ask an administrator to enter "
        "your directory name."
    )
    CLOSED = "This account was closed; an administrator can add a new one."
    SESSION_ENDED = "The session has ended: sign in."


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Nobody was signed in. With `wait_s` nothing was tried: too much failed before, and that long is to be waited."""

    sentence: str
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody stands who wants in: their address, how the audit log names it, and the session they came with."""

    address: str
    origin: str
    old_session: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyQuestion:
    """What the browser asks a passkey, and the challenge to send back with its answer."""

    options: Mapping[str, JsonValue]
    challenge: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """The service at the door. What it returns for a sign-in is the token of the new session."""

    records: HubRecords
    sessions: Sessions
    challenges: Challenges
    site: HubSite
    passwords: PasswordStore
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    @property
    def _delay(self) -> SignInDelay:
        return SignInDelay(self.records)

    def by_password(self, name: str, password: str, code: str, door: Door) -> str | SignInRefused:
        """Sign in by name, password and code, all in one step: nobody learns which of them was wrong."""
        attempts = (Attempt.on_account(normal_name(name)), Attempt.from_address(door.address))
        wait_s = self._delay.begin(attempts)
        if wait_s:
            return too_soon(wait_s)
        with self.records.database.reading() as session:
            account = account_named(self.records, session, name)
            kept = account.password_hash if account is not None else None
        right_password = self.passwords.matches(kept, password)
        with self.records.database.writing() as session:
            account = account_named(self.records, session, name)
            step = None if account is None else self._unused_step(account, code)
            # The password may have been changed while it was compared.
            if account is None or step is None or not right_password or account.password_hash != kept:
                staff = None if account is None else StaffId(account.staff_id)
                return self._failed(session, staff, SignInMethod.PASSWORD, NotSignedIn.WRONG_PASSWORD, door)
            account.totp_step = step
            self._delay.succeeded(session, attempts)
            return self._let_in(session, StaffId(account.staff_id), SignInMethod.PASSWORD, door)

    def passkey_question(self) -> PasskeyQuestion:
        """Ask whatever passkey of this hub the person chooses."""
        return self._question(())

    def by_passkey(self, challenge: str, answer: str, door: Door) -> str | SignInRefused:
        """Sign in by the answer to `passkey_question`."""
        attempts = (Attempt.from_address(door.address),)
        wait_s = self._delay.begin(attempts)
        if wait_s:
            return too_soon(wait_s)
        with self.records.database.writing() as session:
            row = self._proved(session, challenge, answer)
            if row is None:
                return self._failed(session, None, SignInMethod.PASSKEY, NotSignedIn.WRONG_PASSKEY, door)
            self._delay.succeeded(session, attempts)
            return self._let_in(session, StaffId(row.staff_id), SignInMethod.PASSKEY, door)

    def by_directory(self, directory_name: str | None, door: Door) -> str | SignInRefused:
        """Sign in whom the directory named, after its answer was verified; None when it was not accepted."""
        attempts = (Attempt.from_address(door.address),)
        wait_s = self._delay.begin(attempts)
        if wait_s:
            return too_soon(wait_s)
        with self.records.database.writing() as session:
            account = None
            if directory_name is not None:
                digest = directory_digest(self.records, directory_name)
                account = session.scalars(select(AccountRow).where(AccountRow.directory_digest == digest)).one_or_none()
            if account is None:
                return self._failed(session, None, SignInMethod.DIRECTORY, NotSignedIn.WRONG_DIRECTORY, door)
            self._delay.succeeded(session, attempts)
            return self._let_in(session, StaffId(account.staff_id), SignInMethod.DIRECTORY, door)

    def unlock_by_password(self, known: SignInSession, password: str, door: Door) -> SignInRefused | None:
        """Unlock one's session, or confirm in an open one that it is still oneself; None when it is done."""
        with self.records.database.reading() as session:
            account = session.get(AccountRow, known.staff)
            if account is None:
                return SignInRefused(NotSignedIn.SESSION_ENDED)
            kept = account.password_hash
        attempts = (Attempt.at_session(known.session),)
        wait_s = self._delay.begin(attempts)
        if wait_s:
            return too_soon(wait_s)
        right = self.passwords.matches(kept, password)
        with self.records.database.writing() as session:
            account = session.get(AccountRow, known.staff)
            if account is None or not right or account.password_hash != kept:
                return self._failed(session, known.staff, SignInMethod.PASSWORD, NotSignedIn.WRONG_UNLOCK, door)
            self._delay.succeeded(session, attempts)
            return self._unlocked(session, known, SignInMethod.PASSWORD, door)

    def unlock_question(self, known: SignInSession) -> PasskeyQuestion:
        """Ask one of the person's own passkeys."""
        with self.records.database.reading() as session:
            rows = session.scalars(select(PasskeyRow.credential_id).where(PasskeyRow.staff_id == known.staff)).all()
        return self._question(rows)

    def unlock_by_passkey(self, known: SignInSession, challenge: str, answer: str, door: Door) -> SignInRefused | None:
        """Unlock by the answer to `unlock_question`; None when it is done."""
        attempts = (Attempt.at_session(known.session),)
        wait_s = self._delay.begin(attempts)
        if wait_s:
            return too_soon(wait_s)
        with self.records.database.writing() as session:
            row = self._proved(session, challenge, answer)
            if row is None or row.staff_id != known.staff:
                return self._failed(session, known.staff, SignInMethod.PASSKEY, NotSignedIn.WRONG_PASSKEY, door)
            self._delay.succeeded(session, attempts)
            return self._unlocked(session, known, SignInMethod.PASSKEY, door)

    def _unused_step(self, account: AccountRow, code: str) -> int | None:
        if account.totp_secret is None:
            return None
        secret = open_column(self.records, AccountRow, "totp_secret", account.staff_id, account.totp_secret)
        step = step_of(secret, code, self.records.clock())
        return None if step is None or step <= account.totp_step else step

    def _question(self, known: Sequence[bytes]) -> PasskeyQuestion:
        asked = self.random_bytes(_CHALLENGE_BYTES)
        challenge = self.challenges.issue(ChallengePurpose.SIGN_IN_BY_PASSKEY, asked.hex())
        return PasskeyQuestion(self.site.using(asked, known), challenge)

    def _proved(self, session: Session, challenge: str, answer: str) -> PasskeyRow | None:
        """The passkey that gave this answer, with the use counted; None for a false one."""
        asked = self.challenges.spend(session, ChallengePurpose.SIGN_IN_BY_PASSKEY, challenge)
        credential = credential_of(answer)
        if asked is None or credential is None:
            return None
        row = session.scalars(select(PasskeyRow).where(PasskeyRow.credential_id == credential)).one_or_none()
        uses = None if row is None else self.site.used(answer, bytes.fromhex(asked), row.public_key, row.uses)
        if row is None or uses is None:
            return None
        row.uses = uses
        row.used_at = self.records.clock()
        return row

    def _let_in(self, session: Session, staff: StaffId, method: SignInMethod, door: Door) -> str | SignInRefused:
        member = session.get(StaffRow, staff)
        if member is None or member.closed_at is not None:
            return self._failed(session, staff, method, NotSignedIn.CLOSED, door)
        return self.sessions.start(session, staff, method, door.origin, instead_of=door.old_session)

    def _unlocked(
        self, session: Session, known: SignInSession, method: SignInMethod, door: Door
    ) -> SignInRefused | None:
        if self.sessions.unlock(session, known, method, door.origin):
            return None
        return SignInRefused(NotSignedIn.SESSION_ENDED)

    def _failed(
        self, session: Session, staff: StaffId | None, method: SignInMethod, why: NotSignedIn, door: Door
    ) -> SignInRefused:
        words = f"By {method}: {why.name.lower().replace('_', ' ')}."
        write_sign_in(self.records, session, staff, SignInAct.SIGN_IN_FAILED, door.origin, words)
        return SignInRefused(why)


def too_soon(wait_s: int) -> SignInRefused:
    """The refusal of an attempt that comes before its time."""
    return SignInRefused(f"Too many attempts failed: wait {wait_s} s, then try again. Nothing was tried.", wait_s)
