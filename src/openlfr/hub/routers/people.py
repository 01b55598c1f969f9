"""People and roles: who is on the staff, what they may do, what they were trained for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.pagination import AskedPage, Listed, page_of
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.people import (
    ColleagueView,
    CompetenceForm,
    CompetenceView,
    MemberView,
    NewMember,
    PlacesView,
    ReachForm,
    ReachGiven,
    ReachView,
    RolesForm,
)
from openlfr.hub.schemas.wire import Identifier, Seen
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import StaffId
from openlfr.policy.reach import Reach
from openlfr.policy.roles import Competence, Skill
from openlfr.records.people import StaffMember
from openlfr.records.places import places_in_use

router = APIRouter(prefix="/people", tags=["people"], route_class=OnceOnly)

StaffPath = Annotated[Identifier, Path(description="The person's identifier.")]


def _found_at(response: Response, staff: StaffPath) -> None:
    """Where the person stands afterwards, as the act answers it."""
    response.headers["Location"] = f"{PREFIX}/people/{staff}"


@router.get("")
def list_people(caller: SignedIn, services: HubServices, page: AskedPage) -> Listed[MemberView]:
    """Everybody on the staff, with roles and training. The look is in the audit log."""
    everybody = answered(services.people.everybody(caller.actor, caller.origin))
    return page_of(everybody, page, lambda each: str(each.staff), _member)


@router.get("/colleagues")
def list_colleagues(caller: SignedIn, services: HubServices) -> list[ColleagueView]:
    """The names behind the identifiers on every screen, and who may be put on duty. The look is in the audit log."""
    found = answered(services.people.colleagues(caller.actor, caller.origin))
    return [_colleague(each) for each in found]


@router.get("/places")
def list_places(caller: SignedIn, services: HubServices) -> PlacesView:
    """The forces and sites named so far, to choose from when rights are limited to some of them."""
    return PlacesView.model_validate(answered(places_in_use(services.records, caller.actor, caller.origin)))


@router.get("/{staff}")
def get_person(caller: SignedIn, services: HubServices, staff: StaffPath) -> MemberView:
    """One member of staff. The look is in the audit log."""
    return _member(answered(services.people.member(caller.actor, StaffId(staff), caller.origin)))


@router.post("", status_code=HTTPStatus.CREATED)
def add_person(caller: SignedIn, services: HubServices, response: Response, new: NewMember) -> MemberView:
    """Add a member of staff. How they sign in is set up separately."""
    added = answered(services.people.add(caller.actor, new.name, new.roles, caller.origin, _given(new.reach)))
    response.headers["Location"] = f"{PREFIX}/people/{added.staff}"
    return _member(added)


@router.post("/{staff}/set-roles", dependencies=[Depends(_found_at)])
def set_roles(caller: SignedIn, services: HubServices, staff: StaffPath, act: RolesForm) -> MemberView:
    """Replace the roles somebody holds. Nobody changes their own, and one administrator always stays."""
    changed = services.people.set_roles(caller.actor, StaffId(staff), act.roles, act.version, caller.origin)
    return _member(answered(changed))


@router.post("/{staff}/set-reach", dependencies=[Depends(_found_at)])
def set_reach(caller: SignedIn, services: HubServices, staff: StaffPath, act: ReachForm) -> MemberView:
    """Limit somebody's rights to some forces and sites, or lift the limit. Nobody gives more than they have."""
    changed = services.people.set_reach(caller.actor, StaffId(staff), _given(act.reach), act.version, caller.origin)
    return _member(answered(changed))


@router.post("/{staff}/record-competence", dependencies=[Depends(_found_at)])
def record_competence(caller: SignedIn, services: HubServices, staff: StaffPath, act: CompetenceForm) -> MemberView:
    """Record training. Live roles count only while it is current."""
    competence = Competence(act.skill, act.expires_on)
    changed = services.people.record_competence(caller.actor, StaffId(staff), competence, act.version, caller.origin)
    return _member(answered(changed))


@router.post("/{staff}/close-account", dependencies=[Depends(_found_at)])
def close_account(caller: SignedIn, services: HubServices, staff: StaffPath, act: Seen) -> MemberView:
    """End an account for good; what the person decided stays theirs."""
    closed = services.people.close_account(caller.actor, StaffId(staff), act.version, caller.origin)
    return _member(answered(closed))


def reach_view(reach: Reach) -> ReachView:
    """A reach as it is answered."""
    return ReachView(forces=sorted(reach.forces), sites=sorted(reach.sites))


def _given(reach: ReachGiven) -> Reach:
    return Reach(frozenset(each.strip() for each in reach.forces), frozenset(each.strip() for each in reach.sites))


def _member(member: StaffMember) -> MemberView:
    return MemberView(
        staff=member.staff,
        version=member.version,
        name=member.name,
        roles=sorted(member.roles),
        reach=reach_view(member.reach),
        competences=[CompetenceView.model_validate(each) for each in member.competences],
        closed_at=member.closed_at,
    )


def _colleague(member: StaffMember) -> ColleagueView:
    live = [each.expires_on for each in member.competences if each.skill is Skill.LIVE_OPERATION]
    return ColleagueView(
        staff=member.staff,
        name=member.name,
        roles=sorted(member.roles),
        live_until=live[0] if live else None,
        closed=member.closed_at is not None,
    )
