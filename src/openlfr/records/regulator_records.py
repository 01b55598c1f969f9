"""What a regulator gets: the audit log with its proofs, every deployment's decisions, certificates and receipts.

For the Information Commissioner, an oversight board or, under the AI Act, the market surveillance and data protection
authorities. It holds no picture and nothing of a watchlist; the words of the log are in clear, and may name people. The
disclosure is in the log, and in the export.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import Deployment, DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.acting import reference, write_refused
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_export import proven_entries
from openlfr.records.audit_head import TreeHead
from openlfr.records.deployment_store import DeploymentRecord, deployments_in, read_deployment, signed_authorities
from openlfr.records.deployment_tables import CertificateRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.published import (
    PublishedDeployment,
    PublishedRecords,
    newest_head,
    published_deployment,
    read_published,
)
from openlfr.records.retention_tables import PurgeReceiptRow
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.signature import SignedDocument

_NEVER_AUTHORISED = (DeploymentState.DRAFT, DeploymentState.SUBMITTED, DeploymentState.REJECTED)
_EVERYTHING = RecordReference("audit log", "all")


@dataclass(frozen=True, slots=True)
class DisclosedDeployment:
    """A deployment with every authority under the hub's signature; `figures` once it went live, None before, and for a
    rehearsal."""

    record: DeploymentRecord
    authorities: Sequence[SignedDocument]
    figures: PublishedDeployment | None


@dataclass(frozen=True, slots=True)
class RegulatorRecords:
    """Everything of one export, disclosed at `made_at`. What there may be years of is read bit by bit, when asked for:
    call each only once, in a thread that may wait."""

    made_at: datetime
    recipient: str
    reason: str
    _records: HubRecords
    _by: Actor

    def audit(self) -> Iterator[bytes]:
        """The lines of an export of the whole log, this disclosure included."""
        with self._records.database.reading() as session:
            yield from proven_entries(self._records, session)

    def audit_size(self) -> int:
        """How many entries that is."""
        with self._records.database.reading() as session:
            return TreeHead.opened(newest_head(session), self._records.signer.public).size

    def deployments(self) -> Iterator[DisclosedDeployment]:
        """Every deployment within reach that was ever authorised, oldest first."""
        with self._records.database.reading() as session:
            for each in deployments_in(self._records, session, self._by):
                if each.deployment.state not in _NEVER_AUTHORISED:
                    yield _disclosed(self._records, session, each)

    def certificates(self) -> Iterator[ThresholdCertificate]:
        """Every certificate that the hub holds."""
        with self._records.database.reading() as session:
            for document in session.scalars(select(CertificateRow.document).order_by(CertificateRow.id)):
                yield from_document(ThresholdCertificate, parse_canonical(document))

    def receipts(self) -> Iterator[SignedDocument]:
        """Every receipt of a destruction, oldest first."""
        wanted = select(PurgeReceiptRow.document).order_by(PurgeReceiptRow.finished_at, PurgeReceiptRow.id)
        with self._records.database.reading() as session:
            for document in session.scalars(wanted.execution_options(yield_per=1000)):
                yield SignedDocument.from_bytes(document)

    def published(self) -> PublishedRecords:
        """What the public may see."""
        return read_published(self._records, self._by)


def disclose_to_regulator(
    records: HubRecords, by: Actor, *, recipient: str, reason: str, origin: str
) -> RegulatorRecords | Refusal:
    """Everything for a regulator; refused without the role, the recipient or the reason. The disclosure is in the log
    when this returns, before anything is read."""
    with records.database.writing() as session:
        refusal = _refused(records, by, recipient, reason)
        if refusal is not None:
            return write_refused(records, session, by, Action.EXPORT_AUDIT, _EVERYTHING, origin, refusal)
        who = Who.acting(by, Action.EXPORT_AUDIT)
        event = AuditEvent(who, Action.EXPORT_AUDIT, Processing.DISCLOSURE, _EVERYTHING, origin, reason, recipient)
        records.audit.append(session, event)
    return RegulatorRecords(records.clock(), recipient, reason, records, by)


def disclosed_deployment(
    records: HubRecords, by: Actor, deployment: DeploymentId, *, recipient: str, reason: str, origin: str
) -> DisclosedDeployment | Refusal:
    """One deployment, for the notification of a single use that the AI Act asks for (Art 5(4))."""
    log = reference("deployment", deployment)
    with records.database.writing() as session:
        refusal = _refused(records, by, recipient, reason)
        found = read_deployment(records, session, deployment, by) if refusal is None else refusal
        if found is None or (isinstance(found, DeploymentRecord) and found.deployment.state in _NEVER_AUTHORISED):
            found = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no authorised deployment of this identifier.")
        if isinstance(found, Refusal):
            return write_refused(records, session, by, Action.EXPORT_AUDIT, log, origin, found)
        who = Who.acting(by, Action.EXPORT_AUDIT)
        event = AuditEvent(who, Action.EXPORT_AUDIT, Processing.DISCLOSURE, log, origin, reason, recipient)
        records.audit.append(session, event)
        return _disclosed(records, session, found)


def _refused(records: HubRecords, by: Actor, recipient: str, reason: str) -> Refusal | None:
    verdict = may_act(by, Action.EXPORT_AUDIT, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    if not recipient.strip() or not reason.strip():
        return Refusal(RefusalCode.AUTHORITY_MISSING, "An export needs its recipient and the reason: give both.")
    return None


def _disclosed(records: HubRecords, session: Session, record: DeploymentRecord) -> DisclosedDeployment:
    value: Deployment = record.deployment
    counted = value.went_live_at is not None and not value.rehearsal
    return DisclosedDeployment(
        record=record,
        authorities=signed_authorities(records, session, value.deployment),
        figures=published_deployment(session, value) if counted else None,
    )
