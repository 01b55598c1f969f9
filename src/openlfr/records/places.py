"""The forces and sites that are named here already, for whoever says how far somebody's rights reach."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from openlfr.policy.reach import same_name
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Action, Actor
from openlfr.records.acting import reference
from openlfr.records.deployment_store import deployments_page
from openlfr.records.hub_records import HubRecords
from openlfr.records.looking import may_look
from openlfr.records.people_tables import ReachPart, StaffReachRow

_NEWEST: Final = 1000
"""Deployments, whose places are sealed and must be opened: those of long ago are not looked through."""


@dataclass(frozen=True, slots=True)
class Places:
    """Names, each in one spelling, in the order of the alphabet."""

    forces: tuple[str, ...]
    sites: tuple[str, ...]


def places_in_use(records: HubRecords, by: Actor, origin: str) -> Places | Refusal:
    """The forces and sites of the newest deployments, and those to which anybody's rights are limited, within reach."""
    refusal = may_look(records, by, reference("staff", ""), origin, Action.MANAGE_STAFF)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        applications = [
            each.deployment.application for each in deployments_page(records, session, by, (), None, _NEWEST)
        ]
        named = session.execute(select(StaffReachRow.part, StaffReachRow.name).distinct()).all()
    forces = [each.controller for each in applications]
    forces += [name for part, name in named if part is ReachPart.FORCE and by.reach.covers_force(name)]
    sites = [each.location.name for each in applications]
    sites += [name for part, name in named if part is ReachPart.SITE and by.reach.covers_site(name)]
    return Places(_once_each(forces), _once_each(sites))


def _once_each(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted({same_name(each): each.strip() for each in reversed(names) if each.strip()}.values()))
