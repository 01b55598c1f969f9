"""What the commands that begin and run a hub share: its folder, its address, and the first administrator's link."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError
from sqlalchemy import select

from openlfr.cli.hub_access import database_address, give_up, utc_now
from openlfr.cli.watchlist_access import answered
from openlfr.hub.place import (
    HubPlace,
    PlaceError,
    first_administrator,
    hub_place,
    import_default_certificates,
    made_records,
)
from openlfr.hub.routers.accounts import invitation_link
from openlfr.hub.serve import Listening, is_loopback
from openlfr.hub.services import services_of
from openlfr.hub.settings import HubSettings
from openlfr.hub.sign_in_services import sign_in_services
from openlfr.policy.identifiers import StaffId
from openlfr.records.hub_records import HubRecords
from openlfr.records.people_tables import StaffRow
from openlfr.sealing.unlock import Unlock

HubFolder = Annotated[
    Path,
    typer.Option("--folder", envvar="OPENLFR_HUB", metavar="FOLDER", help="The hub's own folder; made when new."),
]
MadeHubFolder = Annotated[
    Path,
    typer.Option("--folder", envvar="OPENLFR_HUB", metavar="FOLDER", help="The folder that `openlfr init` has made."),
]
Records = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="ADDRESS",
        help="Where the records are if not in the folder: postgresql://user@host/name. Said once, it is remembered.",
    ),
]
AdministratorName = Annotated[
    str, typer.Option("--administrator", metavar="NAME", help="The first administrator; the name is kept sealed.")
]
SignInName = Annotated[str, typer.Option("--sign-in-name", help="What the first administrator types to sign in.")]
ADMINISTRATOR: Final = "Administrator"
SIGN_IN_NAME: Final = "admin"
ADDRESS_VARIABLE: Final = "OPENLFR_HUB_ADDRESS"


@dataclass(frozen=True, slots=True)
class FirstSignIn:
    """The first administrator, and the link with which they set up how they sign in."""

    staff: StaffId
    link: str


def place_in(folder: Path, database: str | None = None) -> HubPlace:
    """The hub's place; ends the command with a sentence when it cannot be one."""
    try:
        return hub_place(folder, database)
    except PlaceError as error:
        give_up(str(error))


def begun(place: HubPlace, opener: Unlock) -> HubRecords:
    """The records of a place, made when they are new."""
    try:
        return made_records(place, database_address(place.database), opener, utc_now)
    except PlaceError as error:
        give_up(str(error))


def settings_of(listening: Listening) -> HubSettings:
    """The hub's settings from the environment; where it says no address, people on this machine reach it."""
    name = "localhost" if is_loopback(listening.host) else None
    if ADDRESS_VARIABLE not in os.environ and name is None:
        give_up(
            f"Say under which address people and nodes reach this hub, as in {ADDRESS_VARIABLE}=https://hub.force.example:8443."
        )
    scheme = "http" if listening.plain_http else "https"
    address = os.environ.get(ADDRESS_VARIABLE, f"{scheme}://{name}:{listening.port}")
    try:
        settings = HubSettings(address=address)
        # The hub's own machine asks itself by these names: health checks, and the node beside it.
        own = tuple(dict.fromkeys((*settings.other_hosts, "localhost", "127.0.0.1", "::1")))
        return settings.model_copy(update={"other_hosts": own})
    except ValidationError as error:
        give_up(f"A setting of the hub cannot be used: {error.errors()[0]['msg']}")


def first_sign_in(
    records: HubRecords, settings: HubSettings, name: str, sign_in_name: str, origin: str
) -> FirstSignIn | None:
    """A one-time link with which the first administrator sets their account up; None once somebody can sign in.

    Appoints them and imports the package's certificates where that was not done yet.
    """
    services = services_of(records)
    with records.database.reading() as session:
        staff = [StaffId(each) for each in session.scalars(select(StaffRow.id).limit(2))]
    if not staff:
        staff = [answered(first_administrator(records, name, origin)).staff]
    if len(staff) > 1:
        return None
    (administrator,) = staff
    actor = answered(services.people.actor(administrator))
    import_default_certificates(records, actor, origin)
    accounts = sign_in_services(services, settings).accounts
    known = answered(accounts.all(actor, origin))
    if any(each.has_password or each.passkeys or each.directory_name for each in known):
        return None
    invitation = answered(accounts.invite_from_the_machine(administrator, sign_in_name, origin))
    return FirstSignIn(administrator, invitation_link(settings.address, invitation.token))
