"""What is published, handed out or put up, made from the records: reports, annexes, notices, packs and exports.

Each is answered as one file; the export for a regulator, of which there may be years, is made as a job and fetched. A
disclosure is in the audit log before anything is read for it.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import IO, Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse

from openlfr.assurance.certificate import default_certificates
from openlfr.hub.kept_exports import KeptExports
from openlfr.hub.parts import HubServices, Settings, part
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.downloads import file_answer, file_answers, saved_as
from openlfr.hub.routers.jobs import HubWork, view_of
from openlfr.hub.routers.watchlist_imports import OurUploads
from openlfr.hub.schemas.documents import (
    AnnualReportForm,
    DisclosureForm,
    FiguresForm,
    NoticeForm,
    NotificationForm,
    PageForm,
    ReportYearView,
)
from openlfr.hub.schemas.jobs import ExportResult, JobView
from openlfr.hub.schemas.wire import AlertPath, DeploymentPath, Identifier
from openlfr.hub.services import Services
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.hub.uploads import Uploads
from openlfr.hub.work import JobKind, OnProgress
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action
from openlfr.records.audit_reading import THE_LOG
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployments import Asked
from openlfr.records.evidence import hand_out_evidence
from openlfr.records.looking import may_look
from openlfr.records.published import deployment_figures, publish, read_published
from openlfr.records.regulator_records import disclose_to_regulator, disclosed_deployment
from openlfr.reporting.annual_report import NothingToReportError, annual_report, report_years
from openlfr.reporting.document_files import Files, annual_files, made, notice_files, page_files, record_files
from openlfr.reporting.evidence_pack import write_pack
from openlfr.reporting.from_records import publication_of, publisher_of
from openlfr.reporting.impact_annex import impact_annex
from openlfr.reporting.notices import notice_of
from openlfr.reporting.people_groups import untold
from openlfr.reporting.publication import NotPublishableError
from openlfr.reporting.regulator_export import use_notification, write_export
from openlfr.reporting.signed_files import new_zip, signed_manifest, write_zip

router = APIRouter(tags=["documents"])

_FIGURES: Final = file_answers(".html", ".pdf", ".json", ".csv", ".zip")
_PAGE: Final = file_answers(".html", ".pdf", ".zip")
_SIGNED: Final = "signed"
_ZIP: Final = file_answers(".zip")
_NO_SUCH_EXPORT: Final = Refusal(
    RefusalCode.UNKNOWN_RECORD, "There is no such export of yours, or its hour is over: have it made again."
)
_NO_ROOM: Final = Refusal(RefusalCode.NOT_READY, "There is no room to pack this just now: try again later.")

OurExports = Annotated[KeptExports, Depends(part(KeptExports))]


@router.get("/annual-report/years")
def list_report_years(caller: SignedIn, services: HubServices, settings: Settings) -> list[ReportYearView]:
    """The report years of which there is something to report, the newest first, as the hub's calendar has them."""
    published = read_published(services.records, caller.actor)
    calendar = settings.public.calendar
    return [
        ReportYearView(
            name=str(each),
            first=each.first,
            last=each.last,
            groups_are_told=untold(published, each, calendar) is None,
        )
        for each in reversed(report_years(published, calendar))
    ]


@router.post("/annual-report", response_class=Response, responses=_FIGURES)
def make_annual_report(
    caller: SignedIn, services: HubServices, settings: Settings, uploads: OurUploads, act: AnnualReportForm
) -> Response:
    """The report of a year, or of any other days. It is published with this, so the audit log has it as a disclosure to
    the public. Groups of people are told in those of whole report years only."""
    calendar = settings.public.calendar
    published = answered(publish(services.records, caller.actor, caller.origin))
    with _unpublishable_refused():
        report = annual_report(published, act.period(calendar), services.holds.policy, default_certificates(), calendar)
        document = _Document("annual report", str(report.period), published.as_of, annual_files(report))
        return _handed_out(services, uploads, document, act.form)


@router.get("/deployments/{deployment}/record", response_class=Response, responses=_FIGURES)
def get_deployment_record(
    caller: SignedIn,
    services: HubServices,
    settings: Settings,
    uploads: OurUploads,
    deployment: DeploymentPath,
    form: Annotated[FiguresForm, Query()] = FiguresForm.PDF,
) -> Response:
    """The record of a deployment in the columns that forces publish, once every alert has its class."""
    figures = answered(deployment_figures(services.records, caller.actor, DeploymentId(deployment), caller.origin))
    with _unpublishable_refused():
        files = record_files(
            publication_of(figures, zone=settings.public.calendar.zone), publisher_of(figures.deployments)
        )
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


@router.post("/regulator-export", status_code=HTTPStatus.ACCEPTED)
def export_for_regulator(
    caller: SignedIn,
    services: HubServices,
    settings: Settings,
    uploads: OurUploads,
    exports: OurExports,
    work: HubWork,
    response: Response,
    act: DisclosureForm,
) -> JobView:
    """Have everything for a regulator put together, as a job: the audit log whole, decisions, certificates, reports,
    receipts. Fetch it once the job is done; `openlfr report verify` checks it offline."""
    records, calendar = services.records, settings.public.calendar
    disclosed = answered(
        disclose_to_regulator(records, caller.actor, recipient=act.recipient, reason=act.reason, origin=caller.origin)
    )

    def task(progress: OnProgress) -> ExportResult | Refusal:
        file = _nameless_file(uploads)
        try:
            with new_zip(file) as pack:
                manifest = write_export(
                    pack,
                    disclosed,
                    services.holds.policy,
                    default_certificates(),
                    calendar,
                    records.signer,
                    progress,
                )
        except NotPublishableError as error:
            return Refusal(RefusalCode.WRONG_STATE, str(error))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return _NO_ROOM
        size, export = file.tell(), records.new_id()
        kept_until = exports.keep(export, caller.staff, file)
        return ExportResult(export=export, files=len(manifest.files), size_bytes=size, kept_until=kept_until)

    shown = view_of(answered(work.begin(JobKind.REGULATOR_EXPORT, caller.staff, "all", task)))
    response.headers["Location"] = f"{PREFIX}/jobs/{shown.job}"
    return shown


@router.get("/regulator-export/{export}", response_class=StreamingResponse, responses=_ZIP)
def fetch_regulator_export(
    caller: SignedIn, services: HubServices, exports: OurExports, export: Annotated[Identifier, Path()]
) -> StreamingResponse:
    """The export that you had made, as often as you like within the hour."""
    # The role may be gone since it was made.
    refusal = may_look(services.records, caller.actor, THE_LOG, caller.origin, Action.EXPORT_AUDIT)
    content = answered(refusal or exports.content(export, caller.staff) or _NO_SUCH_EXPORT)
    return StreamingResponse(content, media_type="application/zip", headers=saved_as("regulator-export.zip"))


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
def _folder(uploads: Uploads) -> Iterator[FilePath]:
    """A folder in memory that is gone afterwards: what is packed there may be about people."""
    folder = uploads.new_folder()
    try:
        yield folder
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        answered(_NO_ROOM)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _nameless_file(uploads: Uploads) -> IO[bytes]:
    """A file in memory that no folder knows: it is gone once nobody has it open, however the hub ends."""
    folder = uploads.new_folder()
    try:
        return (folder / "export").open("xb+")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _unpublishable_refused() -> Iterator[None]:
    try:
        yield
    except (NotPublishableError, NothingToReportError) as error:
        answered(Refusal(RefusalCode.WRONG_STATE, str(error)))
