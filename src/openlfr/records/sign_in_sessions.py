"""Sessions of people who signed in. The browser holds an opaque token, the database only its SHA-256.

A session locks when nobody did anything for a while, and keeps its place: it is unlocked by proving again who one is.
It ends for good after some hours, whatever happens. What a browser reads by itself (live updates, polls) is no sign
that somebody sits there: only what `acted` is told counts.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId, is_identifier
from openlfr.records.account_tables import SessionRow, SignInMethod
from openlfr.records.acting import reference
from openlfr.records.audit_entry import AuditEvent, Processing, SignInAct, Who
from openlfr.records.hub_records import HubRecords

KIND: Final = "session"
_TOKEN_BYTES: Final = 32
_NOTED_EVERY: Final = timedelta(seconds=30)
_MOST_SESSIONS: Final = 20
"""Of one person: beyond them the oldest ends."""


@dataclass(frozen=True, slots=True)
class SignInSession:
    """A session that has not ended. `locks_at` is None while it is locked."""

    session: str
    staff: StaffId
    method: SignInMethod
    origin: str
    started_at: datetime
    proved_at: datetime
    acted_at: datetime
    locks_at: datetime | None
    ends_at: datetime

    @property
    def locked(self) -> bool:
        return self.locks_at is None


@dataclass(frozen=True, slots=True)
class Sessions:
    """The service for sessions: `idle_lock` without an act locks one, after `length` it ends."""

    records: HubRecords
    idle_lock: timedelta
    length: timedelta
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def start(self, session: Session, staff: StaffId, method: SignInMethod, origin: str, *, instead_of: str) -> str:
        """Begin a session within the writing transaction that proved who it is; its token, shown this once.

        The session of the token `instead_of`, which the browser came with, ends: no token outlives a sign-in.
        """
        now = self.records.clock()
        session.execute(
            delete(SessionRow).where((SessionRow.ends_at <= now) | (SessionRow.token_hash == hashed(instead_of)))
        )
        newest = select(SessionRow.id).where(SessionRow.staff_id == staff).order_by(SessionRow.started_at.desc())
        beyond = session.scalars(newest.offset(_MOST_SESSIONS - 1)).all()
        session.execute(delete(SessionRow).where(SessionRow.id.in_(beyond)))
        token = new_token(self.random_bytes)
        row = SessionRow(
            id=self.records.new_id(),
            token_hash=hashed(token),
            staff_id=staff,
            method=method,
            origin=origin,
            started_at=now,
            proved_at=now,
            acted_at=now,
            locked_at=None,
            ends_at=now + self.length,
        )
        session.add(row)
        self._write(session, row, SignInAct.SIGN_IN, origin, f"Signed in by {method}.")
        return token

    def by_token(self, token: str) -> SignInSession | None:
        """The session of a token; None once it ended."""
        return self._found(SessionRow.token_hash == hashed(token))

    def by_id(self, session: str) -> SignInSession | None:
        """The same for what goes on after its request, as a stream of events does: ask anew every few seconds."""
        return self._found(SessionRow.id == session)

    def of(self, staff: StaffId) -> Sequence[SignInSession]:
        """Everything somebody is signed in at, the newest first."""
        now = self.records.clock()
        with self.records.database.reading() as session:
            rows = session.scalars(
                select(SessionRow)
                .where(SessionRow.staff_id == staff, SessionRow.ends_at > now)
                .order_by(SessionRow.started_at.desc(), SessionRow.id)
            )
            return [self._value(row, now) for row in rows]

    def acted(self, known: SignInSession) -> None:
        """Note that the person did something. Cheap: written down once in half a minute."""
        now = self.records.clock()
        if now - known.acted_at < _NOTED_EVERY:
            return
        with self.records.database.writing() as session:
            row = session.get(SessionRow, known.session)
            if row is not None and not self._value(row, now).locked:
                row.acted_at = now

    def lock(self, known: SignInSession, origin: str) -> None:
        """Lock a session now."""
        with self.records.database.writing() as session:
            row = session.get(SessionRow, known.session)
            if row is not None and row.locked_at is None:
                row.locked_at = self.records.clock()
                self._write(session, row, SignInAct.LOCK_SESSION, origin, "Locked by hand.")

    def unlock(self, session: Session, known: SignInSession, method: SignInMethod, origin: str) -> bool:
        """Unlock within the writing transaction that proved who it is; False when the session ended meanwhile."""
        row = session.get(SessionRow, known.session)
        now = self.records.clock()
        if row is None or row.ends_at <= now:
            return False
        row.locked_at = None
        row.acted_at = row.proved_at = now
        self._write(session, row, SignInAct.UNLOCK_SESSION, origin, f"Unlocked by {method}.")
        return True

    def sign_out(self, known: SignInSession, origin: str) -> None:
        """End one's own session."""
        with self.records.database.writing() as session:
            self._end(session, Who(known.staff, None), SessionRow.id == known.session, SignInAct.SIGN_OUT, origin)

    def end_own(self, staff: StaffId, session_id: str, origin: str) -> bool:
        """End one of one's own sessions at another browser; False when there is no such session of this person."""
        if not is_identifier(session_id):
            return False
        with self.records.database.writing() as session:
            chosen = (SessionRow.id == session_id) & (SessionRow.staff_id == staff)
            return self._end(session, Who(staff, None), chosen, SignInAct.END_SESSION, origin) > 0

    def end_others(self, session: Session, staff: StaffId, kept: str, origin: str) -> int:
        """End all of one's own sessions but one, within the caller's writing transaction; how many there were."""
        chosen = (SessionRow.staff_id == staff) & (SessionRow.id != kept)
        return self._end(session, Who(staff, None), chosen, SignInAct.END_SESSION, origin)

    def end_all(self, session: Session, staff: StaffId, by: Who, origin: str) -> int:
        """End everything somebody is signed in at, within the caller's writing transaction; how many there were."""
        return self._end(session, by, SessionRow.staff_id == staff, SignInAct.END_SESSION, origin)

    def _end(self, session: Session, by: Who, chosen: ColumnElement[bool], act: SignInAct, origin: str) -> int:
        rows = session.scalars(select(SessionRow).where(chosen)).all()
        for row in rows:
            event = AuditEvent(by, act, Processing.NONE, reference(KIND, row.id), origin, f"{act}.".capitalize())
            self.records.audit.append(session, event)
            session.delete(row)
        return len(rows)

    def _found(self, chosen: ColumnElement[bool]) -> SignInSession | None:
        now = self.records.clock()
        with self.records.database.reading() as session:
            row = session.scalars(select(SessionRow).where(chosen)).one_or_none()
            return None if row is None or row.ends_at <= now else self._value(row, now)

    def _value(self, row: SessionRow, now: datetime) -> SignInSession:
        locks_at = row.acted_at + self.idle_lock
        return SignInSession(
            session=row.id,
            staff=StaffId(row.staff_id),
            method=row.method,
            origin=row.origin,
            started_at=row.started_at,
            proved_at=row.proved_at,
            acted_at=row.acted_at,
            locks_at=locks_at if row.locked_at is None and now < locks_at else None,
            ends_at=row.ends_at,
        )

    def _write(self, session: Session, row: SessionRow, act: SignInAct, origin: str, words: str) -> None:
        who = Who(row.staff_id, None)
        self.records.audit.append(
            session, AuditEvent(who, act, Processing.NONE, reference(KIND, row.id), origin, words)
        )


def new_token(random_bytes: Callable[[int], bytes]) -> str:
    """256 random bits, in 64 hexadecimal digits."""
    return random_bytes(_TOKEN_BYTES).hex()


def hashed(token: str) -> bytes:
    """What is kept of a token. It is random and long: a plain hash says nothing, and is quick to look up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
