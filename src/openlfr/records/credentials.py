"""How a person signs in, changed by themselves: a password with codes, and passkeys; never fewer than one way."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId, is_identifier
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.text import text_problems
from openlfr.records.account_store import open_column, passkeys_of, seal_column, write_sign_in
from openlfr.records.account_tables import AccountRow, PasskeyRow
from openlfr.records.audit_entry import SignInAct
from openlfr.records.challenges import ChallengePurpose, Challenges
from openlfr.records.hub_records import HubRecords
from openlfr.records.one_time_codes import step_of
from openlfr.records.passkeys import HubSite
from openlfr.records.passwords import PasswordStore, password_problems
from openlfr.records.people import People
from openlfr.records.sign_in import PasskeyQuestion, too_soon
from openlfr.records.sign_in_delay import Attempt, SignInDelay
from openlfr.records.sign_in_sessions import Sessions, SignInSession

LONGEST_PASSKEY_NAME: Final = 100
_MOST_PASSKEYS: Final = 20
_CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    passkey: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnCredentials:
    """All the ways in which somebody signs in."""

    sign_in_name: str
    has_password: bool
    passkeys: tuple[Passkey, ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The service for one's own credentials. Whoever calls has made sure that it is really them, just now."""

    records: HubRecords
    sessions: Sessions
    challenges: Challenges
    site: HubSite
    passwords: PasswordStore
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def of(self, staff: StaffId) -> OwnCredentials | Refusal:
        """What somebody signs in with."""
        with self.records.database.reading() as session:
            row = session.get(AccountRow, staff)
            if row is None:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "You have no account: ask an administrator to invite you.")
            return OwnCredentials(
                sign_in_name=open_column(self.records, AccountRow, "sign_in_name", staff, row.sign_in_name),
                has_password=row.password_hash is not None,
                passkeys=tuple(self._value(each) for each in passkeys_of(session, staff)),
            )

    def change_password(self, at: SignInSession, old: str, new: str, origin: str) -> Refusal | None:
        """Replace one's password; the codes stay, and every session but `at` ends, as somebody else may sit there.
        None when it is done."""
        staff = at.staff
        own = self.of(staff)
        if isinstance(own, Refusal):
            return own
        problems = tuple(password_problems("new_password", new, own.sign_in_name))
        if problems:
            return refused_fields("The new password", problems)
        attempts = (Attempt.on_account(own.sign_in_name),)
        delay = SignInDelay(self.records)
        wait_s = delay.begin(attempts)
        if wait_s:
            return Refusal(RefusalCode.NOT_YET, too_soon(wait_s).sentence)
        with self.records.database.reading() as session:
            row = session.get(AccountRow, staff)
            kept = None if row is None else row.password_hash
        if not self.passwords.matches(kept, old):
            with self.records.database.writing() as session:
                words = "The old password was wrong: it was not changed."
                write_sign_in(self.records, session, staff, SignInAct.SIGN_IN_FAILED, origin, words)
            return refused_fields("The new password", [FieldProblem("old_password", "This is not your password.")])
        fresh = self.passwords.hashed(new)
        with self.records.database.writing() as session:
            row = session.get(AccountRow, staff)
            if row is None or row.password_hash != kept:
                return Refusal(RefusalCode.CHANGED_MEANWHILE, "The password was changed meanwhile: try again.")
            row.password_hash = fresh
            delay.succeeded(session, attempts)
            self.sessions.end_others(session, staff, at.session, origin)
            self._write(session, staff, origin, "Password changed.")
        return None

    def passkey_question(self, staff: StaffId) -> PasskeyQuestion | Refusal:
        """Have the browser make one more passkey."""
        own = self.of(staff)
        if isinstance(own, Refusal):
            return own
        with self.records.database.reading() as session:
            known = [each.credential_id for each in passkeys_of(session, staff)]
        asked = self.random_bytes(_CHALLENGE_BYTES)
        name = People(self.records).own_name(staff)
        options = self.site.making(asked, staff.encode(), own.sign_in_name, name, known)
        return PasskeyQuestion(options, self.challenges.issue(ChallengePurpose.ADD_PASSKEY, asked.hex(), staff))

    def add_passkey(
        self, session: Session, staff: StaffId, name: str, challenge: str, answer: str, origin: str
    ) -> Passkey | Refusal:
        """Keep the passkey that the browser made, within the caller's writing transaction."""
        problems = tuple(text_problems("name", name, longest=LONGEST_PASSKEY_NAME))
        if problems:
            return refused_fields("This passkey", problems)
        known = passkeys_of(session, staff)
        if len(known) >= _MOST_PASSKEYS:
            return Refusal(RefusalCode.NOT_READY, f"You have {_MOST_PASSKEYS} passkeys: remove one first.")
        asked = self.challenges.spend(session, ChallengePurpose.ADD_PASSKEY, challenge, staff)
        made = None if asked is None else self.site.made(answer, bytes.fromhex(asked))
        if made is None:
            wrong = FieldProblem(
                "credential", "This passkey was not accepted: begin again, and confirm at your device."
            )
            return refused_fields("This passkey", [wrong])
        taken = select(PasskeyRow.id).where(PasskeyRow.credential_id == made.credential_id)
        if session.execute(taken).first() is not None:
            return Refusal(RefusalCode.ALREADY_DECIDED, "This passkey is in use already: take another one.")
        passkey_id = self.records.new_id()
        row = PasskeyRow(
            id=passkey_id,
            staff_id=staff,
            credential_id=made.credential_id,
            public_key=made.public_key,
            uses=made.uses,
            name=seal_column(self.records, PasskeyRow, "name", passkey_id, name),
            added_at=self.records.clock(),
            used_at=None,
        )
        session.add(row)
        session.flush()
        self._write(session, staff, origin, "Passkey added.")
        return self._value(row)

    def remove_passkey(self, at: SignInSession, passkey: str, origin: str) -> Passkey | Refusal:
        """Remove one of one's passkeys, but never the last way to sign in. Every session but `at` ends: the device that
        held the passkey may be lost."""
        staff = at.staff
        with self.records.database.writing() as session:
            account = session.get(AccountRow, staff)
            row = session.get(PasskeyRow, passkey) if is_identifier(passkey) else None
            if account is None or row is None or row.staff_id != staff:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "You have no such passkey.")
            if account.password_hash is None and len(passkeys_of(session, staff)) == 1:
                return Refusal(RefusalCode.NOT_READY, "This is your only way to sign in: add another passkey first.")
            was = self._value(row)
            session.delete(row)
            self.sessions.end_others(session, staff, at.session, origin)
            self._write(session, staff, origin, "Passkey removed.")
            return was

    def set_password(
        self, session: Session, account: AccountRow, password_hash: str, secret: str, code: str, origin: str
    ) -> Refusal | None:
        """Give an account a password with codes, within the caller's writing transaction, once a code was shown."""
        step = step_of(secret, code, self.records.clock())
        if step is None:
            wrong = FieldProblem("code", "This code is wrong: type the newest one, and check the phone's clock.")
            return refused_fields("The password", [wrong])
        account.password_hash = password_hash
        account.totp_secret = seal_column(self.records, AccountRow, "totp_secret", account.staff_id, secret)
        account.totp_step = step
        self._write(session, StaffId(account.staff_id), origin, "Password and codes set.")
        return None

    def _value(self, row: PasskeyRow) -> Passkey:
        name = open_column(self.records, PasskeyRow, "name", row.id, row.name)
        return Passkey(row.id, name, row.added_at, row.used_at)

    def _write(self, session: Session, staff: StaffId, origin: str, words: str) -> None:
        write_sign_in(self.records, session, staff, SignInAct.CHANGE_CREDENTIALS, origin, words)


def take_credentials_away(session: Session, account: AccountRow) -> None:
    """Leave an account without any way to sign in, within the caller's writing transaction."""
    for each in passkeys_of(session, StaffId(account.staff_id)):
        session.delete(each)
    account.password_hash = account.totp_secret = None
