"""Threshold certificates as documents: signed, with what they were made of and what they do not cover.

`policy.certificates` says what a certificate allows; this is how one is issued, opened and found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from openlfr.assurance.report import DataUsed, SizeThreshold
from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

CERTIFICATE_KIND = "threshold certificate"

DEFAULT_SIGNER = VerifyKey(bytes.fromhex("dbf299ab28aeb1d9be65e2461a463fa1d598a2a136561d881e10dbc1f9091e58"))
"""Whose signature the certificates that come with the package carry: a key made for their runs of `openlfr calibrate`,
and not kept. With the certificates it is replaced as a whole."""


class CertificateError(Exception):
    """A certificate cannot be trusted or used; the message is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate with its grounds: how its threshold was measured, on what data, for whom, and what is not covered.

    `certificate.lowest_threshold` is the upper end of `measured`'s interval, or `measured.for_every_group` where the
    certificate was asked to hold for the worst of the groups. `findings` are sentences for whoever authorises.
    """

    certificate: ThresholdCertificate
    measured: SizeThreshold
    made_of: str
    data: tuple[DataUsed, ...]
    findings: tuple[str, ...]
    not_covered: tuple[str, ...]


def sign_certificate(issued: IssuedCertificate, key: SigningKey) -> bytes:
    """The certificate's file: one line of JSON."""
    return key.sign_document(CERTIFICATE_KIND, to_document(issued)).to_bytes() + b"\n"


def open_certificate(content: bytes, trusted: VerifyKey) -> IssuedCertificate:
    """A certificate out of its file, once its signature proves to be `trusted`'s. Raises CertificateError."""
    try:
        document = SignedDocument.from_bytes(content).opened_by(trusted, CERTIFICATE_KIND)
        return from_document(IssuedCertificate, document)
    except (SignatureInvalidError, DocumentError) as error:
        raise CertificateError(f"The certificate cannot be used: {error}") from error


def default_certificates() -> tuple[IssuedCertificate, ...]:
    """Those that come with the package, smallest watchlist first. Raises CertificateError when one was altered."""
    folder = resources.files("openlfr.assurance") / "certificates"
    issued = [
        open_certificate(file.read_bytes(), DEFAULT_SIGNER) for file in folder.iterdir() if file.name.endswith(".json")
    ]
    return tuple(sorted(issued, key=lambda each: each.certificate.largest_watchlist))


def certificate_for(
    certificates: Iterable[IssuedCertificate], setup: MatchingSetup, watchlist_size: int, now: datetime
) -> IssuedCertificate | None:
    """The valid one for this setup with the lowest threshold that covers the size; None where there is none, and then
    no threshold may be used."""
    fitting = [
        each
        for each in certificates
        if each.certificate.setup == setup
        and watchlist_size <= each.certificate.largest_watchlist
        and each.certificate.issued_at <= now < each.certificate.expires_at
    ]
    return min(fitting, key=lambda each: each.certificate.lowest_threshold, default=None)
