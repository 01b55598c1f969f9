"""Accounts as administrators see them: invitations, whom the directory means, and ending everything at once."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.account_store import (
    KIND,
    account_named,
    directory_digest,
    name_digest,
    normal_name,
    open_column,
    passkeys_of,
    seal_column,
)
from openlfr.records.account_tables import AccountRow, SignInLinkRow
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import Who
from openlfr.records.credentials import take_credentials_away
from openlfr.records.hub_records import HubRecords
from openlfr.records.sign_in_sessions import Sessions, SignInSession, hashed, new_token
from openlfr.records.staff_reach import closed_staff, reach_of, unknown_staff, unmanageable_staff

_LINK_LIFE: Final = timedelta(hours=1)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]")
_LONGEST_DIRECTORY_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class Account:
    """How somebody signs in, as an administrator sees it. `invited_until` is when an unused link expires."""

    staff: StaffId
    sign_in_name: str
    has_password: bool
    passkeys: int
    directory_name: str | None
    invited_until: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link, shown this once: whoever has `token` sets the account up, until `expires_at`."""

    account: Account
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Accounts:
    """The service for accounts. Every member of staff may have one, bound to their identifier for good."""

    records: HubRecords
    sessions: Sessions
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def invite(self, by: Actor, staff: StaffId, sign_in_name: str, origin: str) -> Invitation | Refusal:
        """Invite somebody to set their account up, for the first time or anew.

        Anew takes away every credential they had and ends all their sessions, at once: for lost phones and for
        accounts that somebody else got into. The sign-in name may be another one.
        """
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.MANAGE_STAFF, self.records.clock())
            if isinstance(verdict, Refusal):
                return self._refused(session, by, staff, origin, verdict)
            if by.staff == staff:
                refusal = Refusal(
                    RefusalCode.SAME_PERSON, "You may not invite yourself anew: another administrator must."
                )
                return self._refused(session, by, staff, origin, refusal)
            return self._invited(session, by, staff, sign_in_name, origin)

    def invite_from_the_machine(self, staff: StaffId, sign_in_name: str, origin: str) -> Invitation | Refusal:
        """The same for a command at the hub's own machine: its first administrator, or the only one, locked out.

        Whoever can open the vault needs no account to read everything; the audit log says what was done from where.
        """
        with self.records.database.writing() as session:
            return self._invited(session, THE_HUB, staff, sign_in_name, origin)

    def all(self, by: Actor, origin: str) -> Sequence[Account] | Refusal:
        """All accounts; the look is in the audit log before they are returned."""
        with self.records.database.writing() as session:
            refusal = self._look(session, by, None, origin, "Looked at all accounts.")
            if refusal is not None:
                return refusal
            return [
                self._value(session, row)
                for row in session.scalars(select(AccountRow).order_by(AccountRow.staff_id))
                if by.reach.meets(reach_of(session, StaffId(row.staff_id)))
            ]

    def sessions_of(self, by: Actor, staff: StaffId, origin: str) -> Sequence[SignInSession] | Refusal:
        """Where somebody is signed in."""
        with self.records.database.writing() as session:
            refusal = self._look(session, by, staff, origin, "Looked at sessions.")
        return refusal if refusal is not None else self.sessions.of(staff)

    def end_sessions(self, by: Actor, staff: StaffId, origin: str) -> int | Refusal:
        """Sign somebody out everywhere, from their next request on; how many sessions ended."""
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.MANAGE_STAFF, self.records.clock())
            if not isinstance(verdict, Refusal):
                verdict = unmanageable_staff(session, by, staff) or verdict
            if isinstance(verdict, Refusal):
                return self._refused(session, by, staff, origin, verdict)
            ended = self.sessions.end_all(session, staff, Who.acting(by, Action.MANAGE_STAFF), origin)
            self._done(session, by, staff, origin, f"Signed out everywhere: {ended} sessions.")
            return ended

    def set_directory_name(self, by: Actor, staff: StaffId, name: str | None, origin: str) -> Account | Refusal:
        """Say who somebody is in the force's directory, exactly as its claim has it; None: they are nobody there."""
        with self.records.database.writing() as session:
            row = self._account_to_name(session, by, staff, name)
            if isinstance(row, Refusal):
                return self._refused(session, by, staff, origin, row)
            row.directory_digest = row.directory_name = None
            if name is not None:
                row.directory_digest = directory_digest(self.records, name)
                row.directory_name = seal_column(self.records, AccountRow, "directory_name", staff, name)
            session.flush()
            self._done(session, by, staff, origin, "Directory name set." if name else "Directory name removed.")
            return self._value(session, row)

    def _invited(
        self, session: Session, by: Actor, staff: StaffId, sign_in_name: str, origin: str
    ) -> Invitation | Refusal:
        name = normal_name(sign_in_name)
        refusal = self._invitation_refusal(session, by, staff, name)
        if refusal is not None:
            return self._refused(session, by, staff, origin, refusal)
        row = session.get(AccountRow, staff)
        if row is None:
            row = AccountRow(staff_id=staff, totp_step=0)
            session.add(row)
        row.name_digest = name_digest(self.records, name)
        row.sign_in_name = seal_column(self.records, AccountRow, "sign_in_name", staff, name)
        take_credentials_away(session, row)
        ended = self.sessions.end_all(session, staff, Who.acting(by, Action.MANAGE_STAFF), origin)
        token, expires_at = new_token(self.random_bytes), self.records.clock() + _LINK_LIFE
        session.merge(SignInLinkRow(staff_id=staff, token_hash=hashed(token), expires_at=expires_at))
        session.flush()
        self._done(session, by, staff, origin, f"Invited to set up how they sign in; {ended} sessions ended.")
        return Invitation(self._value(session, row), token, expires_at)

    def _invitation_refusal(self, session: Session, by: Actor, staff: StaffId, name: str) -> Refusal | None:
        refusal = closed_staff(session, by, staff)
        if refusal is not None:
            return refusal
        if not _NAME.fullmatch(name):
            rule = "Take 3 to 64 letters (a to z), digits, and . _ @ - between them."
            return refused_fields("The sign-in name", [FieldProblem("sign_in_name", rule)])
        other = account_named(self.records, session, name)
        if other is not None and other.staff_id != staff:
            taken = FieldProblem("sign_in_name", "Somebody else signs in with this name: choose another.")
            return refused_fields("The sign-in name", [taken])
        return None

    def _account_to_name(
        self, session: Session, by: Actor, staff: StaffId, directory_name: str | None
    ) -> AccountRow | Refusal:
        verdict = may_act(by, Action.MANAGE_STAFF, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        if by.staff == staff:
            return Refusal(RefusalCode.SAME_PERSON, "You may not change your own account: another administrator must.")
        refusal = unmanageable_staff(session, by, staff)
        if refusal is not None:
            return refusal
        row = session.get(AccountRow, staff)
        if row is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "This person has no account yet: invite them first.")
        if directory_name is None:
            return row
        problems = list(text_problems("directory_name", directory_name, longest=_LONGEST_DIRECTORY_NAME))
        digest = directory_digest(self.records, directory_name)
        taken = select(AccountRow).where(AccountRow.directory_digest == digest, AccountRow.staff_id != staff)
        if session.execute(taken).first() is not None:
            problems.append(FieldProblem("directory_name", "Another account has this directory name already."))
        return refused_fields("The directory name", problems) if problems else row

    def _look(self, session: Session, by: Actor, staff: StaffId | None, origin: str, words: str) -> Refusal | None:
        """Write a look at somebody (None: at everybody) into the audit log, or refuse it."""
        record = reference(KIND, staff or "")
        verdict = may_act(by, Action.VIEW_STAFF, self.records.clock())
        if not isinstance(verdict, Refusal) and staff is not None:
            verdict = unknown_staff(session, by, staff) or verdict
        if isinstance(verdict, Refusal):
            return write_refused(self.records, session, by, Action.VIEW_STAFF, record, origin, verdict)
        write_done(self.records, session, by, Action.VIEW_STAFF, record, origin, words)
        return None

    def _refused(self, session: Session, by: Actor, staff: StaffId, origin: str, refusal: Refusal) -> Refusal:
        return write_refused(self.records, session, by, Action.MANAGE_STAFF, reference(KIND, staff), origin, refusal)

    def _done(self, session: Session, by: Actor, staff: StaffId, origin: str, words: str) -> None:
        write_done(self.records, session, by, Action.MANAGE_STAFF, reference(KIND, staff), origin, words)

    def _value(self, session: Session, row: AccountRow) -> Account:
        staff = StaffId(row.staff_id)
        link = session.get(SignInLinkRow, staff)
        directory = None
        if row.directory_name is not None:
            directory = open_column(self.records, AccountRow, "directory_name", staff, row.directory_name)
        return Account(
            staff=staff,
            sign_in_name=open_column(self.records, AccountRow, "sign_in_name", staff, row.sign_in_name),
            has_password=row.password_hash is not None,
            passkeys=len(passkeys_of(session, staff)),
            directory_name=directory,
            invited_until=link.expires_at if link is not None and link.expires_at > self.records.clock() else None,
        )
