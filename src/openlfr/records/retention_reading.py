"""What screens read of retention: what is due, receipts of destruction, and holds in force."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Action, Actor
from openlfr.records.audit_entry import RecordReference
from openlfr.records.hub_records import HubRecords
from openlfr.records.legal_holds import LegalHold, LegalHolds
from openlfr.records.looking import may_look
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Overdue, PurgePlan, Retention
from openlfr.records.retention_tables import PurgeReceiptRow
from openlfr.sealing.signature import SignedDocument

_RETENTION = RecordReference("retention", "all")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a purge would do now, and what should long be gone."""

    plan: PurgePlan
    overdue: tuple[Overdue, ...]


def outlook(records: HubRecords, retention: Retention, by: Actor, origin: str) -> Outlook | Refusal:
    """What is due, for whoever runs purges or reads the audit log. It names records by identifiers only."""
    refusal = may_look(records, by, _RETENTION, origin, Action.RUN_PURGE, Action.READ_AUDIT)
    return refusal or Outlook(retention.plan(), retention.overdue())


def receipts_of(
    records: HubRecords, by: Actor, after: str | None, most: int, origin: str, record_id: str | None = None
) -> Sequence[PurgeReceipt] | Refusal:
    """Receipts of destruction, the newest first, of one record if it is named; each proves to be the hub's own."""
    refusal = may_look(records, by, _RETENTION, origin, Action.RUN_PURGE, Action.READ_AUDIT)
    if refusal is not None:
        return refusal
    wanted = select(PurgeReceiptRow.document).order_by(PurgeReceiptRow.id.desc()).limit(most)
    if record_id is not None:
        wanted = wanted.where(PurgeReceiptRow.record_id == record_id)
    if after is not None:
        wanted = wanted.where(PurgeReceiptRow.id < after)
    with records.database.reading() as session:
        documents = session.scalars(wanted).all()
    return [PurgeReceipt.opened(SignedDocument.from_bytes(each), records.signer.public) for each in documents]


def holds_in_force(records: HubRecords, holds: LegalHolds, by: Actor, origin: str) -> Sequence[LegalHold] | Refusal:
    """Every hold that was not released, the oldest first, without its words."""
    actions = (Action.PLACE_LEGAL_HOLD, Action.RUN_PURGE, Action.READ_AUDIT)
    refusal = may_look(records, by, _RETENTION, origin, *actions)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        return [each for each in holds.in_force(session) if holds.reached(session, by, each.record)]
