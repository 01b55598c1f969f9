"""`openlfr up`: a hub and a node on one machine, begun and enrolled by themselves."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import select

from openlfr import __version__
from openlfr.cli.hub import BusPort, Port, quiet_logs, run_until_stopped
from openlfr.cli.hub_access import origin, refusals_told, unlock
from openlfr.cli.hub_start import (
    ADMINISTRATOR,
    SIGN_IN_NAME,
    AdministratorName,
    HubFolder,
    Records,
    SignInName,
    begun,
    first_sign_in,
    place_in,
    settings_of,
)
from openlfr.cli.keys import asked_twice
from openlfr.cli.node_beside import node_beside
from openlfr.cli.watchlist_access import answered
from openlfr.hub.place import HubPlace
from openlfr.hub.serve import BUS_PORT, HTTPS_PORT, Listening, Running
from openlfr.link.enrolment import EnrolmentCode, EnrolmentError, enrol
from openlfr.node.state import NodeState, NodeStateError
from openlfr.policy.identifiers import StaffId
from openlfr.policy.roles import Role
from openlfr.records.people_tables import StaffRoleRow
from openlfr.sealing.errors import SealingError
from openlfr.sealing.unlock import Unlock, find_unlock

NODE_NAME: Final = "This machine"
_ENDS_WITHIN_S: Final = 10.0


def up(
    folder: HubFolder = Path("hub"),
    database: Records = None,
    administrator: AdministratorName = ADMINISTRATOR,
    sign_in_name: SignInName = SIGN_IN_NAME,
    port: Port = HTTPS_PORT,
    bus_port: BusPort = BUS_PORT,
    no_node: Annotated[bool, typer.Option("--no-node", help="The hub alone.")] = False,
) -> None:
    """Run a hub and a node on this machine, made when new, until stopped.

    Asks for nothing but the vault's passphrase, which may come from OPENLFR_VAULT_PASSPHRASE_FILE and the like. The
    first time it prints a one-time link with which the administrator chooses how to sign in.
    """
    listening = Listening(port=port, bus_port=bus_port)
    settings = settings_of(listening)
    place = place_in(folder, database)
    quiet_logs()
    with refusals_told():
        opener = unlock() if place.is_made else find_unlock(os.environ, asked_twice)
        records = begun(place, opener)
        first = first_sign_in(records, settings, administrator, sign_in_name, origin("up"))

        def beside(stop: asyncio.Event) -> Callable[[Running], Coroutine[None, None, None]]:
            async def told(running: Running) -> None:
                typer.echo(f"OpenLFR runs at {running.address}. Stop it with Ctrl-C.")
                typer.echo(f"Its certificate comes from the hub's own authority: {place.tls / 'authority.pem'}")
                if first is not None:
                    typer.echo(f"Set up how the administrator ({sign_in_name}) signs in, with this link, once:")
                    typer.echo(first.link)
                if not no_node:
                    await _node_beside(place, opener, running, stop)

            return told

        run_until_stopped(place, records, settings, listening, beside, _ENDS_WITHIN_S)


async def _node_beside(place: HubPlace, opener: Unlock, running: Running, stop: asyncio.Event) -> None:
    """Enrol the node of this machine where it is none yet, and keep its program running."""
    folder = place.folder / "node"
    try:
        await asyncio.to_thread(_enrolled, folder, opener, running)
    except (EnrolmentError, NodeStateError, SealingError) as error:
        typer.echo(f"The node of this machine cannot be begun: {error}", err=True)
        stop.set()
        return
    await node_beside(folder, opener)


def _enrolled(folder: Path, opener: Unlock, running: Running) -> None:
    state = NodeState.open(folder, opener) if NodeState.exists(folder) else NodeState.create(folder, opener)
    try:
        if state.hub is not None:
            return
        records = running.services.records
        with records.database.reading() as session:
            administrators = session.scalars(
                select(StaffRoleRow.staff_id)
                .where(StaffRoleRow.role == Role.ADMINISTRATOR)
                .order_by(StaffRoleRow.staff_id)
            )
            administrator = StaffId(next(iter(administrators)))
        actor = answered(running.services.people.actor(administrator))
        code = EnrolmentCode.read(answered(running.nodes.invite(actor, NODE_NAME, origin("up"))).code)
        request = state.keys.request(code.secret, NODE_NAME, __version__)
        state.enrolled(enrol(running.address, code, request, state.keys.signer))
    finally:
        state.close()
