"""Access tokens: another system acts for an account, for a few named things and for at most a year."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId, is_identifier
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.account_tables import LONGEST_TOKEN_NAME, AccessTokenRow, AccessTokenScopeRow, Scope
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.hub_records import HubRecords
from openlfr.records.sign_in_sessions import hashed, new_token
from openlfr.records.staff_reach import closed_staff, unknown_staff, unmanageable_staff

KIND: Final = "access token"
LONGEST_LIFE: Final = timedelta(days=365)
_MOST_TOKENS: Final = 50
"""Of one account."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token without its secret."""

    token: str
    staff: StaffId
    name: str
    scopes: frozenset[Scope]
    made_by: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """The service for access tokens; administrators make and revoke them."""

    records: HubRecords
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def make(
        self, by: Actor, staff: StaffId, name: str, scopes: Collection[Scope], expires_at: datetime, origin: str
    ) -> tuple[AccessToken, str] | Refusal:
        """Make a token for an account; with its secret, which is shown this once."""
        with self.records.database.writing() as session:
            refusal = self._refusal(session, by, staff, name, scopes, expires_at)
            if refusal is not None:
                return self._refused(session, by, staff, origin, refusal)
            secret = new_token(self.random_bytes)
            row = AccessTokenRow(
                id=self.records.new_id(),
                token_hash=hashed(secret),
                staff_id=staff,
                name=name,
                made_by=by.staff,
                made_at=self.records.clock(),
                expires_at=expires_at,
            )
            session.add(row)
            session.flush()
            session.add_all(AccessTokenScopeRow(token_id=row.id, scope=scope) for scope in set(scopes))
            session.flush()
            words = f"Access token until {expires_at:%Y-%m-%d} to {', '.join(sorted(scopes))}."
            write_done(self.records, session, by, Action.MANAGE_STAFF, reference(KIND, row.id), origin, words)
            return _value(session, row), secret

    def revoke(self, by: Actor, staff: StaffId, token: str, origin: str) -> AccessToken | Refusal:
        """End a token of an account at once."""
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.MANAGE_STAFF, self.records.clock())
            if not isinstance(verdict, Refusal):
                verdict = unmanageable_staff(session, by, staff) or verdict
            if isinstance(verdict, Refusal):
                return self._refused(session, by, staff, origin, verdict)
            row = session.get(AccessTokenRow, token) if is_identifier(token) else None
            if row is None or row.staff_id != staff:
                refusal = Refusal(RefusalCode.UNKNOWN_RECORD, "This account has no such access token.")
                return self._refused(session, by, staff, origin, refusal)
            was = _value(session, row)
            session.execute(delete(AccessTokenScopeRow).where(AccessTokenScopeRow.token_id == token))
            session.delete(row)
            write_done(self.records, session, by, Action.MANAGE_STAFF, reference(KIND, token), origin, "Revoked.")
            return was

    def of(self, by: Actor, staff: StaffId, origin: str) -> Sequence[AccessToken] | Refusal:
        """The tokens of an account, oldest first."""
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.VIEW_STAFF, self.records.clock())
            if not isinstance(verdict, Refusal):
                verdict = unknown_staff(session, by, staff) or verdict
            record = reference(KIND, staff)
            if isinstance(verdict, Refusal):
                return write_refused(self.records, session, by, Action.VIEW_STAFF, record, origin, verdict)
            write_done(self.records, session, by, Action.VIEW_STAFF, record, origin, "Looked at access tokens.")
            rows = session.scalars(_of(staff)).all()
            return [_value(session, row) for row in rows]

    def by_secret(self, secret: str) -> AccessToken | None:
        """The token of a secret; None for an unknown, revoked or expired one."""
        return self._standing(AccessTokenRow.token_hash == hashed(secret))

    def by_id(self, token: str) -> AccessToken | None:
        """The same for what goes on after its request, as a stream of events does: ask anew every few seconds."""
        return self._standing(AccessTokenRow.id == token)

    def _standing(self, chosen: ColumnElement[bool]) -> AccessToken | None:
        with self.records.database.reading() as session:
            row = session.scalars(select(AccessTokenRow).where(chosen)).one_or_none()
            return None if row is None or row.expires_at <= self.records.clock() else _value(session, row)

    def _refusal(
        self,
        session: Session,
        by: Actor,
        staff: StaffId,
        name: str,
        scopes: Collection[Scope],
        expires_at: datetime,
    ) -> Refusal | None:
        now = self.records.clock()
        verdict = may_act(by, Action.MANAGE_STAFF, now)
        if isinstance(verdict, Refusal):
            return verdict
        refusal = closed_staff(session, by, staff)
        if refusal is not None:
            return refusal
        problems = list(text_problems("name", name, longest=LONGEST_TOKEN_NAME))
        if not scopes:
            problems.append(FieldProblem("scopes", "Name at least one thing that the token is good for."))
        if not now < expires_at <= now + LONGEST_LIFE:
            problems.append(FieldProblem("expires_at", "Choose a time from now on, at most a year ahead."))
        if problems:
            return refused_fields("This access token", problems)
        if len(session.scalars(_of(staff)).all()) >= _MOST_TOKENS:
            return Refusal(RefusalCode.NOT_READY, f"This account has {_MOST_TOKENS} access tokens: revoke one first.")
        return None

    def _refused(self, session: Session, by: Actor, staff: StaffId, origin: str, refusal: Refusal) -> Refusal:
        record = reference(KIND, staff)
        return write_refused(self.records, session, by, Action.MANAGE_STAFF, record, origin, refusal)


def _of(staff: StaffId) -> Select[AccessTokenRow]:
    return select(AccessTokenRow).where(AccessTokenRow.staff_id == staff).order_by(AccessTokenRow.id)


def _value(session: Session, row: AccessTokenRow) -> AccessToken:
    scopes = session.scalars(select(AccessTokenScopeRow.scope).where(AccessTokenScopeRow.token_id == row.id))
    return AccessToken(
        token=row.id,
        staff=StaffId(row.staff_id),
        name=row.name,
        scopes=frozenset(scopes),
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
    )
