"""What every service writes about an act, done or refused, in the transaction of the act itself."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from openlfr.policy.identifiers import is_identifier
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Action, Actor
from openlfr.records.audit_entry import MAX_WORDS, AuditEvent, Processing, RecordReference, Who
from openlfr.records.hub_records import HubRecords

PROCESSING: Final[Mapping[Action, Processing]] = {
    Action.DRAFT_APPLICATION: Processing.COLLECTION,
    Action.BUILD_WATCHLIST: Processing.COLLECTION,
    Action.RAISE_ALERT: Processing.COLLECTION,
    Action.ADD_SHOTS: Processing.COLLECTION,
    Action.VIEW_ALERT: Processing.CONSULTATION,
    Action.VIEW_CAMERA: Processing.CONSULTATION,
    Action.VIEW_DEPLOYMENT: Processing.CONSULTATION,
    Action.VIEW_FLEET: Processing.CONSULTATION,
    Action.VIEW_STAFF: Processing.CONSULTATION,
    Action.VIEW_STATISTICS: Processing.CONSULTATION,
    Action.VIEW_WATCHLIST: Processing.CONSULTATION,
    Action.VIEW_KNOWN_ANSWERS: Processing.CONSULTATION,
    Action.RECORD_PURGE: Processing.ERASURE,
    Action.REMOVE_FROM_WATCHLIST: Processing.ERASURE,
    Action.DESTROY_WATCHLIST: Processing.ERASURE,
}
"""The kind of processing (DPA 2018 s.62) of each act; every other act of these services alters records."""


def reference(kind: str, record_id: str) -> RecordReference:
    """The record as the log names it; whatever else somebody typed in place of an identifier is not repeated."""
    return RecordReference(kind, record_id if is_identifier(record_id) else "not an identifier")


def write_done(
    records: HubRecords, session: Session, by: Actor, action: Action, record: RecordReference, origin: str, words: str
) -> None:
    """Record an act that was carried out; `words` is its justification, shortened to what the log takes."""
    kind = PROCESSING.get(action, Processing.ALTERATION)
    records.audit.append(session, AuditEvent(Who.acting(by, action), action, kind, record, origin, _short(words)))


def write_refused(
    records: HubRecords,
    session: Session,
    by: Actor,
    action: Action,
    record: RecordReference,
    origin: str,
    refusal: Refusal,
) -> Refusal:
    """Record an act that was refused, and give the refusal back.

    In the log, an action of a person whose processing is "none" is one that was refused: nothing was processed.
    """
    words = _short(f"Refused ({refusal.code}): {refusal.sentence}")
    records.audit.append(session, AuditEvent(Who.acting(by, action), action, Processing.NONE, record, origin, words))
    return refusal


def _short(words: str) -> str:
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"
