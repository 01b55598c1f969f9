"""One entry of the audit log: who did what to which record, when, from where and why (DPA 2018 s.62).

What identifies a person never stands in an entry: people and records are named by their identifiers, and the words of
a justification and the name of a recipient are sealed. The entry carries only their salted hash, so that the words
can be shown to match, or be forgotten, without touching the log.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from openlfr.policy.roles import ROLES_FOR, Action, Actor, Role
from openlfr.records.merkle import leaf_hash
from openlfr.records.schema import microseconds
from openlfr.sealing.canonical import canonical_bytes, parse_canonical

_FORMAT: Final = 1
SALT_BYTES: Final = 16
MAX_WORDS: Final = 4000
MAX_STAFF: Final = 64
MAX_RECORD_KIND: Final = 64
MAX_RECORD_ID: Final = 128
MAX_ORIGIN: Final = 256


class Processing(StrEnum):
    """The six kinds of processing that s.62 wants logged, and what is none of them."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    NONE = "none"


class SystemAct(StrEnum):
    """What the hub records of itself, beside the actions of people."""

    RECORDS_CREATED = "create the records"
    CLOCK_SET_BACK = "notice that the clock was set back"
    RESTORE_ACCEPTED = "go on from a restored backup"
    PURGE_BEGUN = "begin a purge"
    RETENTION_OVERDUE = "notice that data are kept too long"
    NODE_DOUBLED = "notice that two programs run with one node's keys"
    CAMERA_CHECKED = "keep what the check of a camera found"
    MATCH_DISCLOSED = "tell another system of a match"
    WEBHOOK_DISABLED = "disable a webhook whose receiver takes nothing"


class SignInAct(StrEnum):
    """What people do at the door, before any role counts."""

    SIGN_IN = "sign in"
    SIGN_IN_FAILED = "fail to sign in"
    SIGN_OUT = "sign out"
    LOCK_SESSION = "lock a session"
    UNLOCK_SESSION = "unlock a session"
    END_SESSION = "end a session"
    CHANGE_CREDENTIALS = "change how they sign in"


Act = Action | SystemAct | SignInAct


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted: the identifier of a member of staff and the role they acted in; None for the hub by itself, and for
    acts that need no role."""

    staff: str
    role: Role | None

    @classmethod
    def acting(cls, actor: Actor, action: Action) -> Self:
        """Who takes this action, in the first of their roles that allows it."""
        return cls(actor.staff, min(actor.roles & ROLES_FOR[action], default=None))


THE_HUB_ITSELF: Final = Who("hub", None)


@dataclass(frozen=True, slots=True)
class RecordReference:
    """Which record: its kind ("alert", "watchlist", ...) and identifier."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What a caller asks to have recorded.

    `origin` says from where: a terminal, an address, a command. `justification` and `recipient` (of a disclosure) may
    name people: they are sealed.
    """

    who: Who
    act: Act
    processing: Processing
    record: RecordReference
    origin: str
    justification: str
    recipient: str = ""

    def __post_init__(self) -> None:
        if self.processing is Processing.DISCLOSURE and not self.recipient:
            raise ValueError("A disclosure is recorded with its recipient (DPA 2018 s.62(3)).")
        for text, longest in (
            (self.justification, MAX_WORDS),
            (self.recipient, MAX_WORDS),
            (self.who.staff, MAX_STAFF),
            (self.record.kind, MAX_RECORD_KIND),
            (self.record.id, MAX_RECORD_ID),
            (self.origin, MAX_ORIGIN),
        ):
            if len(text) > longest:
                raise ValueError(f"A text for the audit log is too long: {len(text)} characters, at most {longest}.")


@dataclass(frozen=True, slots=True)
class Words:
    """The sealed part of an entry, with the salt that makes its hash say nothing to who does not know the words."""

    justification: str
    recipient: str
    salt: bytes

    def to_bytes(self) -> bytes:
        return canonical_bytes(
            {"justification": self.justification, "recipient": self.recipient, "salt": self.salt.hex()}
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        match parse_canonical(content):
            case {"justification": str(justification), "recipient": str(recipient), "salt": str(salt)}:
                return cls(justification, recipient, bytes.fromhex(salt))
            case _:
                raise ValueError("These are not the words of an audit entry.")

    @property
    def commitment(self) -> bytes:
        """SHA-256 over the words and their salt."""
        return hashlib.sha256(self.to_bytes()).digest()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry as it stands in the log. `sequence` counts from 0 and orders entries, whatever the clock did."""

    sequence: int
    recorded_at: datetime
    staff: str
    role: str
    act: str
    processing: str
    record_kind: str
    record_id: str
    origin: str
    words_commitment: bytes

    @classmethod
    def of(cls, event: AuditEvent, sequence: int, recorded_at: datetime, words: Words) -> Self:
        """The entry that records an event. Acts are named as in code, roles as in the policy; no role means the hub."""
        return cls(
            sequence=sequence,
            recorded_at=recorded_at,
            staff=event.who.staff,
            role=event.who.role.value if event.who.role else "",
            act=event.act.name,
            processing=event.processing.value,
            record_kind=event.record.kind,
            record_id=event.record.id,
            origin=event.origin,
            words_commitment=words.commitment,
        )

    def to_bytes(self) -> bytes:
        """The bytes whose hash is the leaf of the tree."""
        return canonical_bytes(
            {
                "act": self.act,
                "format": _FORMAT,
                "origin": self.origin,
                "processing": self.processing,
                "record_id": self.record_id,
                "record_kind": self.record_kind,
                "recorded_at_us": microseconds(self.recorded_at),
                "role": self.role,
                "sequence": self.sequence,
                "staff": self.staff,
                "words_commitment": self.words_commitment.hex(),
            }
        )

    @property
    def leaf(self) -> bytes:
        """The entry's leaf hash."""
        return leaf_hash(self.to_bytes())
