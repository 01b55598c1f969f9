"""What the commands of staff share: who acts, the services, and how a refusal ends a command."""

from typing import Annotated, TypeVar

import typer

from openlfr.cli.hub_access import give_up
from openlfr.policy.identifiers import StaffId
from openlfr.policy.jurisdiction import PACKAGED_PROFILES, packaged_profile
from openlfr.policy.refusal import Refusal
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Actor
from openlfr.records.deployments import Deployments
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import People
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention
from openlfr.records.watchlist_store import ListDirectory
from openlfr.records.watchlist_use import WatchlistsInUse
from openlfr.records.watchlists import Watchlists

ActingAs = Annotated[
    str,
    typer.Option("--as", envvar="OPENLFR_AS", metavar="PERSON", help="The member of staff who acts: their identifier."),
]
ListOption = Annotated[str, typer.Option("--list", metavar="ID", help="The watchlist: its identifier.")]

_Answer = TypeVar("_Answer")


def acting(records: HubRecords, staff: str) -> Actor:
    """The member of staff a command acts for, with the roles they hold now."""
    return answered(People(records).actor(StaffId(staff)))


def answered(answer: _Answer | Refusal) -> _Answer:
    """The answer, or the end of the command with the refusal's sentence, and a line for each further wrong field."""
    if isinstance(answer, Refusal):
        give_up("\n".join([answer.sentence, *(f"{each.field}: {each.sentence}" for each in answer.problems[1:])]))
    return answer


def lists_service(records: HubRecords) -> Watchlists:
    return Watchlists(records, {name: packaged_profile(name) for name in PACKAGED_PROFILES})


def deployments_service(records: HubRecords) -> Deployments:
    return Deployments(records, {name: packaged_profile(name) for name in PACKAGED_PROFILES}, ListDirectory())


def use_service(records: HubRecords) -> WatchlistsInUse:
    return WatchlistsInUse(
        records, deployments_service(records), Retention(records, packaged_retention_policy(), PURGEABLES)
    )
