"""Threshold certificates: which thresholds were shown to be safe, for which setup and size of list."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from openlfr.assurance.certificate import CertificateError, default_certificates, open_certificate
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.profiles import CertificateFile, CertificateView
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.identifiers import CertificateId
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action
from openlfr.records.audit_entry import RecordReference
from openlfr.records.certificates import all_certificates, import_certificate, read_certificate
from openlfr.records.looking import may_look
from openlfr.sealing.signature import VerifyKey

router = APIRouter(prefix="/certificates", tags=["certificates"])
making = APIRouter(prefix="/certificates", tags=["certificates"], route_class=OnceOnly)

CertificatePath = Annotated[str, Path(max_length=128, pattern=r"^[\x21-\x7e]+$", description="Its identifier.")]


@router.get("")
def list_certificates(_caller: SignedIn, services: HubServices) -> list[CertificateView]:
    """The certificates that this hub holds: what authorities may name."""
    with services.records.database.reading() as session:
        return [CertificateView.model_validate(each) for each in all_certificates(session)]


@router.get("/{certificate}")
def get_certificate(_caller: SignedIn, services: HubServices, certificate: CertificatePath) -> CertificateView:
    """One certificate that this hub holds."""
    with services.records.database.reading() as session:
        found = read_certificate(session, CertificateId(certificate))
    unknown = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such certificate here: import it first.")
    return CertificateView.model_validate(answered(found or unknown))


@making.post("", status_code=HTTPStatus.CREATED)
def import_certificate_file(
    caller: SignedIn, services: HubServices, response: Response, act: CertificateFile
) -> CertificateView:
    """Take in a certificate whose signature proves to be the named key's. The same one twice is one."""
    log = RecordReference("certificate", "not opened yet")
    answered(may_look(services.records, caller.actor, log, caller.origin, Action.IMPORT_CERTIFICATE) or True)
    opened = answered(_opened(act))
    kept = answered(import_certificate(services.records, caller.actor, opened, caller.origin))
    response.headers["Location"] = f"{PREFIX}/certificates/{kept.certificate}"
    return CertificateView.model_validate(kept)


@router.post("/import-packaged")
def import_packaged_certificates(caller: SignedIn, services: HubServices) -> list[CertificateView]:
    """Take in the certificates that come with OpenLFR for its own model pack."""
    return [
        CertificateView.model_validate(
            answered(import_certificate(services.records, caller.actor, each.certificate, caller.origin))
        )
        for each in default_certificates()
    ]


def _opened(act: CertificateFile) -> ThresholdCertificate | Refusal:
    try:
        trusted = VerifyKey(bytes.fromhex(act.signer))
        return open_certificate(act.document.encode(), trusted).certificate
    except CertificateError as error:
        return refused_fields("The certificate", [FieldProblem("document", str(error))])
