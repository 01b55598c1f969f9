"""Legal holds, and what people may ask about themselves."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.retention import HoldForm, HoldView, MembershipView, ReleaseForm, RightsRequest
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.audit_entry import RecordReference
from openlfr.records.legal_holds import LegalHold
from openlfr.records.membership import PersonIdentifier
from openlfr.records.retention_reading import holds_in_force

router = APIRouter(tags=["records"])
making = APIRouter(tags=["records"], route_class=OnceOnly)

HoldPath = Annotated[Identifier, Path(description="The hold's identifier.")]


@router.get("/legal-holds")
def list_legal_holds(caller: SignedIn, services: HubServices) -> list[HoldView]:
    """Every legal hold in force, the oldest first, without its words."""
    found = answered(holds_in_force(services.records, services.holds, caller.actor, caller.origin))
    return [_hold(each) for each in found]


@router.get("/legal-holds/{hold}")
def get_legal_hold(caller: SignedIn, services: HubServices, hold: HoldPath) -> HoldView:
    """One legal hold in force."""
    found = answered(holds_in_force(services.records, services.holds, caller.actor, caller.origin))
    unknown = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such legal hold in force.")
    return _hold(answered(next((each for each in found if each.id == hold), unknown)))


@making.post("/legal-holds", status_code=HTTPStatus.CREATED)
def place_legal_hold(caller: SignedIn, services: HubServices, response: Response, act: HoldForm) -> HoldView:
    """Keep a record, and all that belongs to it, beyond its period, by an authority's order."""
    record = RecordReference(act.record_kind, act.record_id)
    placed = answered(services.holds.place(caller.actor, record, act.authority, act.reason, caller.origin))
    response.headers["Location"] = f"{PREFIX}/legal-holds/{placed.id}"
    return _hold(placed)


@router.post("/legal-holds/{hold}/release")
def release_legal_hold(caller: SignedIn, services: HubServices, hold: HoldPath, act: ReleaseForm) -> HoldView:
    """End a hold: what it kept is destroyed by the next purge if its period is over."""
    return _hold(answered(services.holds.release(caller.actor, hold, act.authority, act.reason, caller.origin)))


@router.post("/rights-requests")
def answer_rights_request(caller: SignedIn, services: HubServices, act: RightsRequest) -> list[MembershipView]:
    """Was this person on a watchlist, and on which? The question is in the audit log before it is answered."""
    person = (
        PersonIdentifier.reference(act.text) if act.born_on is None else PersonIdentifier.name(act.text, act.born_on)
    )
    found = answered(services.membership.answer(caller.actor, person, act.authority, act.reason, caller.origin))
    return [
        MembershipView(watchlist=each.watchlist_id, deployment=each.deployment_id, listed_at=each.listed_at)
        for each in found
    ]


def _hold(hold: LegalHold) -> HoldView:
    return HoldView(
        hold=hold.id,
        record_kind=hold.record.kind,
        record_id=hold.record.id,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
    )
