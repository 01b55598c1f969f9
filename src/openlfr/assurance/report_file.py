"""A report's file: the report, a digest over it and its page, and the check that nothing was altered."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import pydantic

from openlfr.assurance.report import CalibrationReport, EvaluationReport
from openlfr.assurance.video_report import VideoReport
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.sealing.canonical import canonical_bytes
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

MAX_REPORT_BYTES = 32 * 1024 * 1024


class ReportError(Exception):
    """A report cannot be trusted or read; the message is one sentence that says why."""


Report = EvaluationReport | CalibrationReport | VideoReport


class ReportKind(StrEnum):
    EVALUATION = "evaluation report"
    CALIBRATION = "calibration report"
    VIDEO = "video evaluation report"


_TYPES: dict[ReportKind, type[Report]] = {
    ReportKind.EVALUATION: EvaluationReport,
    ReportKind.CALIBRATION: CalibrationReport,
    ReportKind.VIDEO: VideoReport,
}


class _Envelope(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    kind: ReportKind
    report: pydantic.JsonValue
    page_sha256: Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    sha256: Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    signed: str | None


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report whose digest fits; `signer` is whose signature it carries, if any."""

    report: Report
    page_sha256: str
    sha256: str
    signer: VerifyKey | None


def seal_report(report: Report, page: bytes, key: SigningKey | None = None) -> bytes:
    """The JSON file of a report and its page: the report, the page's SHA-256, a digest over both, and a signature over
    that digest when a key is given. The digest finds damage and careless edits; only a signature proves an author."""
    kind = next(kind for kind, kept in _TYPES.items() if isinstance(report, kept))
    document = to_document(report)
    page_sha256 = hashlib.sha256(page).hexdigest()
    digest = _digest(kind, document, page_sha256)
    signed = None if key is None else key.sign_document(kind, digest).to_bytes().decode()
    envelope = {"kind": kind, "report": document, "page_sha256": page_sha256, "sha256": digest, "signed": signed}
    return (json.dumps(envelope, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def check_report(content: bytes, *, page: bytes | None = None, trusted: VerifyKey | None = None) -> CheckedReport:
    """The report, once its digest fits, its page is the one it was made with (where given), and its signature is
    `trusted`'s (where given; else any signature it carries must at least be whole). Raises ReportError."""
    if len(content) > MAX_REPORT_BYTES:
        raise ReportError(f"The file has over {MAX_REPORT_BYTES // 2**20} MiB, and no report is that long.")
    try:
        envelope = _Envelope.model_validate_json(content)
        digest = _digest(envelope.kind, envelope.report, envelope.page_sha256)
    except (pydantic.ValidationError, ValueError) as error:
        raise ReportError("This is no report of an evaluation or calibration, or it was cut short.") from error
    if digest != envelope.sha256:
        raise ReportError("The report was altered after it was made: its digest does not fit its content.")
    if page is not None and hashlib.sha256(page).hexdigest() != envelope.page_sha256:
        raise ReportError("The page is not the one that was made with this report: it was altered or exchanged.")
    signer = None
    if envelope.signed is not None:
        signer = _signer(envelope.kind, envelope.signed, digest, trusted)
    elif trusted is not None:
        raise ReportError("The report is not signed, so nothing shows that it comes from the key you trust.")
    try:
        report = from_document(_TYPES[envelope.kind], envelope.report)
    except DocumentError as error:
        raise ReportError(str(error)) from error
    return CheckedReport(report, envelope.page_sha256, digest, signer)


def _digest(kind: ReportKind, document: pydantic.JsonValue, page_sha256: str) -> str:
    return hashlib.sha256(canonical_bytes([kind, document, page_sha256])).hexdigest()


def _signer(kind: ReportKind, signed: str, digest: str, trusted: VerifyKey | None) -> VerifyKey:
    try:
        document = SignedDocument.from_bytes(signed.encode())
        content = document.opened_by(trusted or document.signer, kind)
    except SignatureInvalidError as error:
        raise ReportError(str(error)) from error
    if content != digest:
        raise ReportError("The signature belongs to another report.")
    return trusted or document.signer
