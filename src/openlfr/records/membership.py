"""The membership register: after a watchlist is destroyed, was this person on it?

It holds keyed digests (HMAC-SHA256, with a key in the vault) of identifiers that were normalised first, each bound to
its watchlist: without the key nobody can try names against it, and nobody can see that two lists share a person.
"""

import hmac
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.retention import DataClass
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import write_refused
from openlfr.records.audit_entry import MAX_WORDS, AuditEvent, Processing, RecordReference, Who
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership_tables import MembershipRow
from openlfr.records.purgeable import Candidate
from openlfr.sealing.canonical import canonical_bytes
from openlfr.sealing.vault_file import KeyPurpose

RECORD_KIND: Final = "membership register"
_LONGEST_REASON: Final = MAX_WORDS - 3 * LONGEST_NAME
"""Characters: in the audit log stand the authority, the reason, and who was asked about."""


@dataclass(frozen=True, slots=True)
class PersonIdentifier:
    """One way of naming a person, normalised so that spellings of the same name meet. Never stored.

    `born_on` says who asks and is for the audit log: watchlists hold no day of birth, so whoever has the same name is
    found too, and whoever answers looks again. To find nobody by a name would be a false answer.
    """

    kind: str
    normal_form: str
    born_on: date | None = None

    @classmethod
    def reference(cls, text: str) -> "PersonIdentifier":
        """The force's own reference number: letters and digits only, in one case."""
        return cls("reference", "".join(_words(text)))

    @classmethod
    def name(cls, text: str, born_on: date | None = None) -> "PersonIdentifier":
        """A name in any script and order; accents, case and punctuation do not count."""
        return cls("name", " ".join(sorted(_words(text))), born_on)

    def __str__(self) -> str:
        born = "" if self.born_on is None else f", born on {self.born_on:%Y-%m-%d}"
        return f"{self.kind} {self.normal_form}{born}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A watchlist that the person was on, and its deployment."""

    watchlist_id: str
    deployment_id: str
    listed_at: datetime


@dataclass(frozen=True, slots=True)
class MembershipRegister:
    """Enters people when a watchlist is built, and answers about them when only the register is left."""

    records: HubRecords

    def enter(
        self, session: Session, watchlist_id: str, deployment_id: str, people: Iterable[PersonIdentifier]
    ) -> None:
        """Enter every way of naming each person of a watchlist, within the caller's writing transaction."""
        now = self.records.clock()
        digests = {self._digest(watchlist_id, person) for person in people}
        if digests:
            session.execute(
                insert(MembershipRow),
                [
                    {
                        "watchlist_id": watchlist_id,
                        "digest": digest,
                        "deployment_id": deployment_id,
                        "listed_at": now,
                        "clock_started_at": None,
                    }
                    for digest in sorted(digests)
                ],
            )

    def start_clock(self, session: Session, deployment_id: str, ended_at: datetime) -> None:
        """The deployment ended: the register's period for its watchlists begins."""
        session.execute(
            update(MembershipRow)
            .where(MembershipRow.deployment_id == deployment_id, MembershipRow.clock_started_at.is_(None))
            .values(clock_started_at=ended_at)
        )

    def answer(
        self, by: Actor, person: PersonIdentifier, authority: str, reason: str, origin: str
    ) -> Sequence[Membership] | Refusal:
        """The watchlists this person was on, oldest first.

        Needs the role, the authority under which it is asked, and the reason; the question and who was asked about
        are in the audit log before the answer is returned.
        """
        register = RecordReference(RECORD_KIND, "all")
        with self.records.database.writing() as session:
            refusal = self._refusal(by, authority, reason)
            if refusal is not None:
                return write_refused(self.records, session, by, Action.ANSWER_RIGHTS_REQUEST, register, origin, refusal)
            self.records.audit.append(
                session,
                AuditEvent(
                    Who.acting(by, Action.ANSWER_RIGHTS_REQUEST),
                    Action.ANSWER_RIGHTS_REQUEST,
                    Processing.CONSULTATION,
                    register,
                    origin,
                    f"{authority}: {reason} (asked about {person})",
                ),
            )
            lists = session.execute(select(MembershipRow.watchlist_id).distinct()).scalars()
            wanted = [(watchlist_id, self._digest(watchlist_id, person)) for watchlist_id in lists]
            rows = [row for key in wanted if (row := session.get(MembershipRow, key)) is not None]
        return [
            Membership(row.watchlist_id, row.deployment_id, row.listed_at)
            for row in sorted(rows, key=lambda row: row.listed_at)
        ]

    def _refusal(self, by: Actor, authority: str, reason: str) -> Refusal | None:
        allowed = may_act(by, Action.ANSWER_RIGHTS_REQUEST, self.records.clock())
        if isinstance(allowed, Refusal):
            return allowed
        if not authority.strip() or not reason.strip():
            return Refusal(
                RefusalCode.AUTHORITY_MISSING,
                "A rights request is answered under an authority and for a reason: name both.",
            )
        problems = (
            *text_problems("authority", authority, longest=LONGEST_NAME),
            *text_problems("reason", reason, longest=_LONGEST_REASON),
        )
        return refused_fields("The rights request", problems) if problems else None

    def _digest(self, watchlist_id: str, person: PersonIdentifier) -> bytes:
        secret = self.records.vault.sole_key(KeyPurpose.REGISTER).secret
        return hmac.digest(secret, canonical_bytes([watchlist_id, person.kind, person.normal_form]), "sha256")


@dataclass(frozen=True, slots=True)
class PurgeableMembership:
    """How the register's part for one deployment goes when its own period is over."""

    data_class: DataClass = DataClass.MEMBERSHIP_REGISTER
    record_kind: str = RECORD_KIND
    tables: tuple[str, ...] = (MembershipRow.__tablename__,)

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        rows = session.execute(
            select(MembershipRow.deployment_id, MembershipRow.clock_started_at)
            .where(MembershipRow.clock_started_at <= started_by)
            .distinct()
            .order_by(MembershipRow.clock_started_at)
        )
        return [_candidate(deployment_id, started_at) for deployment_id, started_at in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.execute(
            select(MembershipRow.deployment_id, MembershipRow.clock_started_at)
            .where(MembershipRow.deployment_id == record_id)
            .limit(1)
        ).one_or_none()
        return None if row is None else _candidate(*row)

    def delete_some(self, session: Session, record_id: str, limit: int) -> dict[str, int]:
        doomed = session.execute(
            select(MembershipRow.watchlist_id, MembershipRow.digest)
            .where(MembershipRow.deployment_id == record_id)
            .limit(limit)
        ).all()
        for watchlist_id, digest in doomed:
            session.execute(
                delete(MembershipRow).where(MembershipRow.watchlist_id == watchlist_id, MembershipRow.digest == digest)
            )
        return {MembershipRow.__tablename__: len(doomed)} if doomed else {}


def _candidate(deployment_id: str, started_at: datetime | None) -> Candidate:
    return Candidate(
        RecordReference(RECORD_KIND, deployment_id),
        started_at,
        within=(RecordReference("deployment", deployment_id),),
    )


def _words(text: str) -> list[str]:
    """The words of a text without case, accents and punctuation: "O'Neill-Müller" gives oneill and muller.

    Apostrophes join and every other sign parts, as in "al-Amin", spelt with and without its hyphen.
    """
    joined = text.replace("'", "").replace("’", "")
    bare = "".join(char for char in unicodedata.normalize("NFKD", joined) if not unicodedata.combining(char))
    # Vowel signs of Indic scripts are marks, and part of the word.
    parted = "".join(
        char if char.isalnum() or unicodedata.category(char).startswith("M") else " " for char in bare.casefold()
    )
    return unicodedata.normalize("NFKC", parted).split()
