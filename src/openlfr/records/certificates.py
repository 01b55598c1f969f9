"""Threshold certificates that the hub holds: what authorities may name."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.documents import from_document, malformed, to_document
from openlfr.policy.identifiers import CertificateId
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.deployment_tables import MAX_NAME, CertificateRow
from openlfr.records.hub_records import HubRecords
from openlfr.sealing.canonical import canonical_bytes, parse_canonical


def import_certificate(
    records: HubRecords, by: Actor, certificate: ThresholdCertificate, origin: str
) -> ThresholdCertificate | Refusal:
    """Take in a certificate whose signature the caller has checked. The same one twice is one; another under the same
    identifier is refused."""
    with records.database.writing() as session:
        log = reference("certificate", certificate.certificate)
        refusal = _refusal(records, session, by, certificate)
        if refusal is not None:
            return write_refused(records, session, by, Action.IMPORT_CERTIFICATE, log, origin, refusal)
        if read_certificate(session, certificate.certificate) is None:
            session.add(
                CertificateRow(
                    id=certificate.certificate,
                    document=canonical_bytes(to_document(certificate)),
                    imported_by=by.staff,
                    imported_at=records.clock(),
                )
            )
            words = f"Certificate {certificate.certificate} for {certificate.setup}."
            write_done(records, session, by, Action.IMPORT_CERTIFICATE, log, origin, words)
        return certificate


def read_certificate(session: Session, certificate: CertificateId) -> ThresholdCertificate | None:
    """The certificate of this identifier, or None."""
    if any(text_problems("certificate", certificate, longest=MAX_NAME)):
        return None
    document = session.scalars(select(CertificateRow.document).where(CertificateRow.id == certificate)).one_or_none()
    return None if document is None else from_document(ThresholdCertificate, parse_canonical(document))


def all_certificates(session: Session) -> list[ThresholdCertificate]:
    """Every certificate, in the order in which they were imported."""
    documents = session.scalars(select(CertificateRow.document).order_by(CertificateRow.imported_at, CertificateRow.id))
    return [from_document(ThresholdCertificate, parse_canonical(each)) for each in documents]


def _refusal(records: HubRecords, session: Session, by: Actor, certificate: ThresholdCertificate) -> Refusal | None:
    verdict = may_act(by, Action.IMPORT_CERTIFICATE, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    problems = (
        *malformed(certificate),
        *text_problems("certificate", certificate.certificate, longest=MAX_NAME),
    )
    if problems:
        return refused_fields("The certificate", problems)
    held = read_certificate(session, certificate.certificate)
    if held is not None and held != certificate:
        return Refusal(RefusalCode.ALREADY_DECIDED, "Another certificate of this identifier is here already.")
    return None
