"""The audit log: searching it, opening an entry, proving it, verifying the whole, and handing it out."""

import shutil
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cursors import entry_page, number_cursor
from openlfr.hub.routers.downloads import read_once, saved_as
from openlfr.hub.routers.jobs import HubWork, view_of
from openlfr.hub.routers.watchlist_imports import OurUploads
from openlfr.hub.schemas.audit import EntryView, ExportForm, NotedHeads, OpenedEntryView, ProofView
from openlfr.hub.schemas.jobs import AuditResult, JobView
from openlfr.hub.schemas.wire import Identifier, Moment, Name
from openlfr.hub.signed_in import SignedIn
from openlfr.hub.work import JobKind, OnProgress
from openlfr.policy.refusal import FieldProblem, Refusal, refused_fields
from openlfr.records.audit_entry import RecordReference
from openlfr.records.audit_export import export_audit
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_reading import EntriesWanted, may_read_log, open_entry, prove_entry, search_audit
from openlfr.records.audit_verify import NotedHead, verify_audit

router = APIRouter(prefix="/audit", tags=["audit"])

Sequence = Annotated[int, Path(ge=0, lt=1 << 62, description="The entry's number, counted from 0.")]
ActName = Annotated[str, Query(pattern="^[A-Z_]{1,64}$")]


@router.get("/entries")
def search_audit_log(
    caller: SignedIn,
    services: HubServices,
    page: AskedPage,
    record_kind: Annotated[Name | None, Query(description='Such as "deployment".')] = None,
    record: Annotated[Identifier | None, Query(description="About this record.")] = None,
    staff: Annotated[Name | None, Query(description='By this person; "hub" for the hub itself.')] = None,
    act: Annotated[list[ActName] | None, Query(description="Any of these acts, as the vocabulary names them.")] = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Listed[EntryView]:
    """Entries of the log without their words, the newest first. The search is itself in the log."""
    wanted = EntriesWanted(record_kind, record, staff, tuple(act or ()), since, until)
    found = search_audit(services.records, caller.actor, wanted, number_cursor(page), page.limit + 1, caller.origin)
    return entry_page(answered(found), page)


@router.get("/entries/{sequence}")
def get_audit_entry(caller: SignedIn, services: HubServices, sequence: Sequence) -> OpenedEntryView:
    """One entry with its words, which may name people. That it was opened is itself in the log."""
    return OpenedEntryView.model_validate(answered(open_entry(services.records, caller.actor, sequence, caller.origin)))


@router.get("/entries/{sequence}/proof")
def prove_audit_entry(caller: SignedIn, services: HubServices, sequence: Sequence) -> ProofView:
    """What proves, without this hub, that an entry is in the log that the hub signed."""
    proof = answered(prove_entry(services.records, caller.actor, sequence, caller.origin))
    return ProofView(
        sequence=proof.sequence,
        content=proof.content.decode(),
        leaf=proof.leaf.hex(),
        path=[each.hex() for each in proof.path],
        size=proof.size,
        head=proof.head.to_bytes().decode(),
        signer=services.records.signer.public.raw.hex(),
    )


@router.post("/verify", status_code=HTTPStatus.ACCEPTED)
def verify_audit_log(
    caller: SignedIn, services: HubServices, work: HubWork, response: Response, act: NotedHeads
) -> JobView:
    """Read the whole log and check it, as a job, also against heads that were noted elsewhere."""
    noted = answered(_noted(act.heads))
    answered(may_read_log(services.records, caller.actor, caller.origin, "Had the audit log verified.") or True)
    records = services.records

    def task(_progress: OnProgress) -> AuditResult:
        document = HeadNote(records.vault.folder).read()
        beside = None if document is None else TreeHead.opened(document, records.signer.public)
        kept = [] if beside is None else [NotedHead(beside.size, beside.root)]
        report = verify_audit(records.database, records.signer.public, [*noted, *kept], records.sealer)
        return AuditResult(
            intact=report.intact,
            head=str(report.head),
            problems=list(report.problems),
            problem_count=report.problem_count,
        )

    shown = view_of(answered(work.begin(JobKind.AUDIT_VERIFICATION, caller.staff, "all", task)))
    response.headers["Location"] = f"{PREFIX}/jobs/{shown.job}"
    return shown


@router.post(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Lines of JSON that prove themselves: `openlfr verify export` checks them.",
            "content": {"application/jsonl": {"schema": {"type": "string"}}},
        }
    },
)
def export_audit_log(
    caller: SignedIn, services: HubServices, uploads: OurUploads, act: ExportForm
) -> StreamingResponse:
    """Hand out the log, or the entries about one record, with their words in clear. The disclosure is in the log."""
    answered(_whole_record(act))
    record = None if act.record_kind is None else RecordReference(act.record_kind, act.record_id or "")
    folder = uploads.new_folder()
    try:
        target = folder / "audit.jsonl"
        answered(
            export_audit(
                services.records,
                caller.actor,
                target,
                recipient=act.recipient,
                reason=act.reason,
                origin=caller.origin,
                record=record,
            )
        )
        lines = read_once(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return StreamingResponse(lines, media_type="application/jsonl", headers=saved_as("audit.jsonl"))


def _noted(heads: list[str]) -> list[NotedHead] | Refusal:
    noted = []
    for number, text in enumerate(heads):
        try:
            noted.append(NotedHead.parse(text))
        except ValueError as error:
            return refused_fields("The verification", [FieldProblem(f"heads.{number}", str(error))])
    return noted


def _whole_record(act: ExportForm) -> bool | Refusal:
    if (act.record_kind is None) == (act.record_id is None):
        return True
    missing = "record_id" if act.record_id is None else "record_kind"
    return refused_fields("The export", [FieldProblem(missing, "Name both kind and identifier of a record.")])
