"""Retention: how long each kind of data is kept, what is due, destroying it, and proof that it is gone."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cursors import identifier_cursor
from openlfr.hub.routers.jobs import HubWork, view_of
from openlfr.hub.schemas.jobs import DeletionResult, JobView, PurgeResult
from openlfr.hub.schemas.retention import DueRecord, DueView, OverdueRecord, PolicyView, PurgeForm, RuleView
from openlfr.hub.schemas.watchlist_views import receipt_of
from openlfr.hub.schemas.watchlists import ReceiptView
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.hub.work import JobFailedError, JobKind, OnProgress
from openlfr.policy.roles import Action
from openlfr.records.audit_entry import RecordReference, Who
from openlfr.records.deletion import verify_deletion
from openlfr.records.errors import RetentionError
from openlfr.records.looking import may_look
from openlfr.records.purgeable import Candidate
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention_reading import outlook, receipts_of

router = APIRouter(prefix="/retention", tags=["retention"])

_EVERYTHING: Final = RecordReference("retention", "all")
_MOST_NAMED: Final = 200


@router.get("/policy")
def get_retention_policy(_caller: SignedIn, services: HubServices) -> PolicyView:
    """How long each kind of data is kept: the file that every purge follows."""
    policy = services.holds.policy
    return PolicyView(
        version=policy.version,
        rules=[
            RuleView(
                data_class=kind,
                what=rule.what,
                period=rule.period,
                maximum=rule.maximum,
                clock=rule.clock,
                legal_hold=rule.legal_hold,
                personal=rule.personal,
                source=rule.source,
            )
            for kind, rule in policy.classes.items()
        ],
    )


@router.get("/due")
def get_due_records(caller: SignedIn, services: HubServices) -> DueView:
    """What a purge would destroy now, what is held back, and what should long be gone."""
    found = answered(outlook(services.records, services.retention, caller.actor, caller.origin))
    plan = found.plan
    return DueView(
        begun=len(plan.begun),
        due=[_due(each, None) for each in plan.due[:_MOST_NAMED]],
        due_count=len(plan.due),
        held=[_due(each.candidate, each.hold.id) for each in plan.held[:_MOST_NAMED]],
        overdue=[
            OverdueRecord(record_kind=each.record.kind, record_id=each.record.id, since=each.since)
            for each in found.overdue[:_MOST_NAMED]
        ],
    )


@router.post("/purge", status_code=HTTPStatus.ACCEPTED)
def run_purge(caller: SignedIn, services: HubServices, work: HubWork, response: Response, act: PurgeForm) -> JobView:
    """Destroy everything that is due and not held, as a job: keys first, then rows, then their traces. Final."""
    refused = may_look(services.records, caller.actor, _EVERYTHING, caller.origin, Action.RUN_PURGE)
    answered(refused or True)
    who = Who.acting(caller.actor, Action.RUN_PURGE)

    def task(_progress: OnProgress) -> PurgeResult:
        try:
            receipts = services.retention.purge(who, caller.origin, act.reason)
        except RetentionError as error:
            raise JobFailedError(str(error)) from error
        return PurgeResult(receipts=[receipt_of(each) for each in receipts])

    shown = view_of(answered(work.begin(JobKind.PURGE, caller.staff, "all", task)))
    response.headers["Location"] = f"{PREFIX}/jobs/{shown.job}"
    return shown


@router.get("/receipts")
def list_receipts(
    caller: SignedIn,
    services: HubServices,
    page: AskedPage,
    record: Annotated[Identifier | None, Query(description="Only those of this record.")] = None,
) -> Listed[ReceiptView]:
    """The hub's signed receipts of destruction, the newest first."""
    after = identifier_cursor(page)
    found = answered(receipts_of(services.records, caller.actor, after, page.limit + 1, caller.origin, record))
    shown = [receipt_of(each) for each in found[: page.limit]]
    return Listed(items=shown, next=shown[-1].id if len(found) > page.limit else None)


@router.post("/verify-deletion", status_code=HTTPStatus.ACCEPTED)
def verify_deletions(caller: SignedIn, services: HubServices, work: HubWork, response: Response) -> JobView:
    """Look for remains of everything that was ever destroyed, in the vault, the database and its files, as a job."""
    actions = (Action.READ_AUDIT, Action.RUN_PURGE)
    answered(may_look(services.records, caller.actor, _EVERYTHING, caller.origin, *actions) or True)

    def task(_progress: OnProgress) -> DeletionResult:
        return DeletionResult.model_validate(verify_deletion(services.records, PURGEABLES))

    shown = view_of(answered(work.begin(JobKind.DELETION_VERIFICATION, caller.staff, "all", task)))
    response.headers["Location"] = f"{PREFIX}/jobs/{shown.job}"
    return shown


def _due(candidate: Candidate, held_by: str | None) -> DueRecord:
    return DueRecord(
        record_kind=candidate.record.kind,
        record_id=candidate.record.id,
        clock_started_at=candidate.clock_started_at,
        held_by=held_by,
    )
