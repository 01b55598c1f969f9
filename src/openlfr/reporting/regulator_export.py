"""The regulator's export: one set of files under one signature, checked offline with one command (R23, R26).

The audit log in it proves itself against its signed head, receipts and authorities carry the hub's own signatures, and
the manifest keeps the rest together.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openlfr.assurance.certificate import IssuedCertificate
from openlfr.policy.authority import Authority
from openlfr.policy.documents import to_document
from openlfr.policy.retention import RetentionPolicy
from openlfr.records.audit_export import check_export
from openlfr.records.deployment_store import AUTHORITY_KIND
from openlfr.records.receipts import RECEIPT_KIND
from openlfr.records.regulator_records import DisclosedDeployment, RegulatorRecords
from openlfr.reporting.annual_report import annual_report, report_years
from openlfr.reporting.annual_report import to_document as annual_document
from openlfr.reporting.document import Block, Document, Heading, Listing, Paragraph, Table
from openlfr.reporting.from_records import publication_of
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.periods import ReportCalendar
from openlfr.reporting.publication import to_csv
from openlfr.reporting.signed_files import (
    Manifest,
    OpenNew,
    SignedFilesError,
    check_documents,
    check_files,
    lines_checked,
    write_signed,
)
from openlfr.reporting.statements import certificates_used
from openlfr.sealing.signature import SigningKey, VerifyKey

KIND: Final = "regulator export"
_AUDIT: Final = "audit.jsonl"
_RECEIPTS: Final = "receipts.jsonl"
_SIGNED: Final = (("authorities/", AUTHORITY_KIND), (_RECEIPTS, RECEIPT_KIND))
_TOLD_EVERY: Final = 500


@dataclass(frozen=True, slots=True)
class CheckedExport:
    """What a genuine export holds, and how many audit entries and signed documents proved themselves."""

    manifest: Manifest
    audit_entries: int
    documents: int


OnProgress = Callable[[int, int], None]
"""Called with the entries of the audit log that are written, and how many there are."""


def write_export(
    open_new: OpenNew,
    disclosed: RegulatorRecords,
    policy: RetentionPolicy,
    issued: Sequence[IssuedCertificate],
    calendar: ReportCalendar,
    key: SigningKey,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Manifest:
    """Write the export, file by file and line by line. Raises NotPublishableError, and what `open_new` raises."""
    files = _files(disclosed, policy, issued, calendar, on_progress)
    return write_signed(open_new, KIND, disclosed.recipient, disclosed.made_at, files, key)


def check_regulator_export(source: Path, trusted: VerifyKey) -> CheckedExport:
    """Verify an export offline. Raises SignedFilesError or AuditBrokenError for the first thing that is wrong."""
    manifest = check_files(source, trusted)
    if manifest.kind != KIND:
        raise SignedFilesError(f"This is no regulator export but a genuine {manifest.kind}.")
    documents = check_documents(source, manifest, trusted, _SIGNED)
    audit = check_export(lines_checked(source, manifest, _AUDIT), trusted)
    if not audit.complete:
        raise SignedFilesError("The audit log in this export is not whole.")
    return CheckedExport(manifest, audit.entries, documents)


def _files(
    disclosed: RegulatorRecords,
    policy: RetentionPolicy,
    issued: Sequence[IssuedCertificate],
    calendar: ReportCalendar,
    on_progress: OnProgress,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    published = disclosed.published()
    if published.deployments:
        yield "deployment-records.csv", (to_csv(publication_of(published, zone=calendar.zone)).encode(),)
    for year in report_years(published, calendar):
        report = annual_report(published, year, policy, issued, calendar)
        yield f"reports/{report.name}.pdf", (to_pdf(annual_document(report)),)
    for each in disclosed.deployments():
        name = each.record.deployment.deployment
        yield f"deployments/{name}.json", _json(to_document(each.record))
        if each.figures is not None:
            yield f"figures/{name}.json", _json(to_document(each.figures))
        for number, authority in enumerate(each.authorities, 1):
            yield f"authorities/{name}-{number}.json", (authority.to_bytes(),)
    for certificate in disclosed.certificates():
        yield f"certificates/{certificate.certificate}.json", _json(to_document(certificate))
    yield _RECEIPTS, (receipt.to_bytes() + b"\n" for receipt in disclosed.receipts())
    yield "retention-policy.json", _json(to_document(policy))
    yield _AUDIT, _audit_lines(disclosed, on_progress)


def _audit_lines(disclosed: RegulatorRecords, on_progress: OnProgress) -> Iterator[bytes]:
    total = disclosed.audit_size()
    for done, line in enumerate(disclosed.audit()):
        if done % _TOLD_EVERY == 0:
            on_progress(done, total)
        yield line + b"\n"


def _json(document: object) -> tuple[bytes]:
    return (json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True).encode(),)


def use_notification(disclosed: DisclosedDeployment, recipient: str, mark: str = "") -> Document:
    """The notification of one use, for the market surveillance and data protection authorities (Regulation (EU)
    2024/1689 Art 5(4)); it holds no sensitive operational data, as Art 5(6) asks of their reports."""
    deployment = disclosed.record.deployment
    return Document(
        title="Notification of a use of real-time remote biometric identification",
        publisher=deployment.application.controller,
        made_at=deployment.ended_at or deployment.application.terms.window.end,
        blocks=tuple(_notified(disclosed, recipient)),
        mark=mark,
    )


def _notified(disclosed: DisclosedDeployment, recipient: str) -> Iterator[Block]:
    deployment = disclosed.record.deployment
    application, authority = deployment.application, deployment.authority
    yield Paragraph(f"To: {recipient}. Under Article 5(4) of Regulation (EU) 2024/1689.")
    rows = [
        ("Who used it", application.controller),
        ("Aim (Article 5(1)(h))", application.aim.value if application.aim else "none was given"),
        ("Place", application.location.name),
        ("Use case", application.use_case.value),
        ("State of the use", deployment.state.value),
    ]
    if authority is not None:
        terms = authority.terms
        rows += [
            ("Authorised time", f"{terms.window.start:%Y-%m-%d %H:%M} to {terms.window.end:%Y-%m-%d %H:%M} UTC"),
            ("Judicial or independent authority", _external(authority)),
            ("Basis of the authority", authority.basis.value),
            ("System", str(terms.setup)),
            ("Threshold and certificate", f"{terms.threshold:g}, {terms.certificate}"),
            ("Reference database (SHA-256)", _in_groups(deployment.watchlist_hash or "none was attached")),
        ]
    if deployment.went_live_at is not None:
        until = f"{deployment.ended_at:%Y-%m-%d %H:%M} UTC" if deployment.ended_at else "still going on"
        rows.append(("In use", f"{deployment.went_live_at:%Y-%m-%d %H:%M} UTC to {until}"))
        rows.append(("How it ended", deployment.end_reason.value if deployment.end_reason else "still going on"))
    yield Table("The use", ("What", ""), tuple(rows), frozenset({1}))
    yield Heading("Categories of people who could be looked for")
    yield Listing(
        tuple(each.value for each in (authority.terms if authority else application.terms).categories) or ("none",)
    )
    yield Heading("Assessments")
    yield Table(
        "As registered",
        ("Assessment", "Reference", "Review by"),
        tuple((each.kind.value, each.reference, each.review_by.isoformat()) for each in application.assessments),
        frozenset({1, 2}),
    )
    figures = disclosed.figures
    if figures is not None:
        counts = figures.statistics
        yield Heading("Figures")
        yield Table(
            "Alerts on testers are in none of these figures",
            ("Figure", "Count"),
            (
                ("People on the watchlist", f"{counts.watchlist_size:,}"),
                ("Faces seen (estimate)", f"{counts.faces_seen:,}"),
                ("Alerts", f"{counts.total_alerts:,}"),
                ("False alerts", f"{counts.false_alerts:,}"),
                ("Alerts without a class yet", f"{counts.unclassified:,}"),
                *((outcome.value.capitalize(), f"{count:,}") for outcome, count in counts.outcomes.items()),
            ),
        )
        held = certificates_used([figures])
        yield Paragraph(
            f"The threshold is certified for at most {held[0].target_fpir:g} false identifications a passage."
            if held
            else "The certificate of the threshold is not held any more."
        )
    yield Paragraph(
        "No decision with an adverse legal effect can be taken on an output of the system alone: nobody is approached "
        "before a person has judged the alert."
    )


def _external(authority: Authority) -> str:
    if authority.external_reference is not None:
        return authority.external_reference
    return "urgent use: not given yet" if authority.review_by is not None else "none is named"


def _in_groups(digits: str) -> str:
    """A long hash with places where a line may end."""
    return " ".join(digits[start : start + 16] for start in range(0, len(digits), 16)) if len(digits) == 64 else digits
