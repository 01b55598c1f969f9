"""What is published, handed out or put up, made from the records: reports, annexes, notices, packs and exports.

Each is answered as one file. A disclosure is in the audit log before anything is read for it.
"""

import errno
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from openlfr.assurance.certificate import default_certificates
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.downloads import file_answer, file_answers, read_once, saved_as
from openlfr.hub.routers.watchlist_imports import OurUploads
from openlfr.hub.schemas.documents import (
    AnnualReportForm,
    DisclosureForm,
    FiguresForm,
    NoticeForm,
    NotificationForm,
    PageForm,
)
from openlfr.hub.schemas.wire import AlertPath, DeploymentPath
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.hub.uploads import Uploads
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployments import Asked
from openlfr.records.evidence import hand_out_evidence
from openlfr.records.published import deployment_figures, publish
from openlfr.records.regulator_records import disclose_to_regulator, disclosed_deployment
from openlfr.reporting.annual_report import NothingToReportError, annual_report
from openlfr.reporting.document_files import Files, annual_files, made, notice_files, page_files, record_files
from openlfr.reporting.evidence_pack import write_pack
from openlfr.reporting.from_records import publication_of, publisher_of
from openlfr.reporting.impact_annex import impact_annex
from openlfr.reporting.notices import notice_of
from openlfr.reporting.publication import NotPublishableError
from openlfr.reporting.regulator_export import use_notification, write_export
from openlfr.reporting.signed_files import signed_manifest, write_zip

router = APIRouter(tags=["documents"])

_FIGURES: Final = file_answers(".html", ".pdf", ".json", ".csv", ".zip")
_PAGE: Final = file_answers(".html", ".pdf", ".zip")
_SIGNED: Final = "signed"
_ZIP: Final = file_answers(".zip")


@router.post("/annual-report", response_class=Response, responses=_FIGURES)
def make_annual_report(caller: SignedIn, services: HubServices, uploads: OurUploads, act: AnnualReportForm) -> Response:
    """The report of a year. It is published with this, so the audit log has it as a disclosure to the public."""
    published = answered(publish(services.records, caller.actor, caller.origin))
    with _unpublishable_refused():
        report = annual_report(published, act.year, services.holds.policy, default_certificates())
        document = _Document("annual report", str(act.year), published.as_of, annual_files(report))
        return _handed_out(services, uploads, document, act.form)


@router.get("/deployments/{deployment}/record", response_class=Response, responses=_FIGURES)
def get_deployment_record(
    caller: SignedIn,
    services: HubServices,
    uploads: OurUploads,
    deployment: DeploymentPath,
    form: Annotated[FiguresForm, Query()] = FiguresForm.PDF,
) -> Response:
    """The record of a deployment in the columns that forces publish, once every alert has its class."""
    figures = answered(deployment_figures(services.records, caller.actor, DeploymentId(deployment), caller.origin))
    with _unpublishable_refused():
        files = record_files(publication_of(figures), publisher_of(figures.deployments))
        document = _Document("deployment record", deployment, figures.as_of, files)
        return _handed_out(services, uploads, document, form)


@router.get("/deployments/{deployment}/impact-annex", response_class=Response, responses=_PAGE)
def get_impact_annex(
    caller: SignedIn,
    services: HubServices,
    uploads: OurUploads,
    deployment: DeploymentPath,
    form: Annotated[PageForm, Query()] = PageForm.PDF,
) -> Response:
    """The annex to the impact assessments: what the deployment means for everybody who is not looked for."""
    record, now = _viewed(services, caller, deployment), services.records.clock()
    value = record.deployment
    terms = value.application.terms if value.authority is None else value.authority.terms
    with services.records.database.reading() as session:
        certificate = read_certificate(session, terms.certificate)
    annex = impact_annex(value, services.profiles[record.profile], services.holds.policy, certificate, now)
    document = _Document("impact annex", deployment, now, page_files("impact-annex", annex))
    return _handed_out(services, uploads, document, form)


@router.post("/deployments/{deployment}/notices", response_class=Response, responses=_PAGE)
def make_notices(
    caller: SignedIn, services: HubServices, uploads: OurUploads, deployment: DeploymentPath, act: NoticeForm
) -> Response:
    """Signs, the leaflet and the web notice of an authorised deployment, with a QR code to the public page."""
    value, now = _viewed(services, caller, deployment).deployment, services.records.clock()
    zone = ZoneInfo(act.time_zone)
    policy = services.holds.policy
    notice = answered(notice_of(value, policy, page=act.page, contact=act.contact, now=now, zone=zone))
    document = _Document("notices", deployment, now, notice_files(notice, now))
    return _handed_out(services, uploads, document, act.file)


@router.post("/deployments/{deployment}/use-notification", response_class=Response, responses=_PAGE)
def notify_of_use(
    caller: SignedIn, services: HubServices, uploads: OurUploads, deployment: DeploymentPath, act: NotificationForm
) -> Response:
    """The notification of one use to the authorities (Regulation (EU) 2024/1689 Art 5(4))."""
    disclosed = answered(
        disclosed_deployment(
            services.records,
            caller.actor,
            DeploymentId(deployment),
            recipient=act.recipient,
            reason=act.reason,
            origin=caller.origin,
        )
    )
    files = page_files("notification", use_notification(disclosed, act.recipient))
    document = _Document("notification of use", deployment, services.records.clock(), files)
    return _handed_out(services, uploads, document, act.form)


@router.post("/alerts/{alert}/evidence-pack", response_class=Response, responses=_ZIP)
def hand_out_evidence_pack(
    caller: SignedIn, services: HubServices, uploads: OurUploads, alert: AlertPath, act: DisclosureForm
) -> Response:
    """Everything about one alert for a court or a complaint: `openlfr evidence verify` checks it offline."""
    evidence = answered(
        hand_out_evidence(
            services.records,
            caller.actor,
            AlertId(alert),
            recipient=act.recipient,
            reason=act.reason,
            origin=caller.origin,
        )
    )
    with _folder(uploads) as folder:
        target = folder / "pack.zip"
        write_pack(target, evidence, services.records.signer)
        return file_answer(f"evidence-{alert}.zip", target.read_bytes())


@router.post("/regulator-export", response_class=StreamingResponse, responses=_ZIP)
def export_for_regulator(
    caller: SignedIn, services: HubServices, uploads: OurUploads, act: DisclosureForm
) -> StreamingResponse:
    """Everything for a regulator: the audit log whole, decisions, certificates, reports, receipts.

    `openlfr report verify` checks it offline.
    """
    disclosed = answered(
        disclose_to_regulator(
            services.records, caller.actor, recipient=act.recipient, reason=act.reason, origin=caller.origin
        )
    )
    with _folder(uploads) as folder, _unpublishable_refused():
        written = folder / "export"
        write_export(written, disclosed, services.holds.policy, default_certificates(), services.records.signer)
        packed = folder / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
            for path in sorted(each for each in written.rglob("*") if each.is_file()):
                pack.write(path, path.relative_to(written).as_posix())
        lines = read_once(packed)
    return StreamingResponse(lines, media_type="application/zip", headers=saved_as("regulator-export.zip"))


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str
    subject: str
    made_at: datetime
    files: Files


def _viewed(services: Services, caller: Caller, deployment: str) -> DeploymentRecord:
    return answered(services.deployments.view(Asked(caller.actor, DeploymentId(deployment), caller.origin)))


def _handed_out(services: Services, uploads: Uploads, document: _Document, wanted: str) -> Response:
    """The file whose name ends like this, or for `signed` all of them with their manifest."""
    if wanted != _SIGNED:
        name = next(each for each in document.files if each.endswith(wanted))
        return file_answer(name, document.files[name]())
    files = made(document.files)
    manifest = signed_manifest(document.kind, document.subject, document.made_at, files, services.records.signer)
    with _folder(uploads) as folder:
        target = folder / "signed.zip"
        write_zip(target, files, manifest)
        return file_answer(f"{document.kind.replace(' ', '-')}.zip", target.read_bytes())


@contextmanager
def _folder(uploads: Uploads) -> Iterator[Path]:
    """A folder in memory that is gone afterwards: what is packed there may be about people."""
    folder = uploads.new_folder()
    try:
        yield folder
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        answered(Refusal(RefusalCode.NOT_READY, "There is no room to pack this just now: try again later."))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _unpublishable_refused() -> Iterator[None]:
    try:
        yield
    except (NotPublishableError, NothingToReportError) as error:
        answered(Refusal(RefusalCode.WRONG_STATE, str(error)))
