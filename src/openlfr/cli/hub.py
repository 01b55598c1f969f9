"""`openlfr hub`: the program for people, and the configuration of a bus that runs on servers of its own."""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from fastapi import APIRouter

from openlfr.cli.hub_access import CLEAN, database_address, give_up, refusals_told, unlock, utc_now
from openlfr.cli.hub_start import MadeHubFolder, place_in, settings_of
from openlfr.cli.stopping import stopping_signals
from openlfr.hub.place import HubPlace, PlaceError, authority_of, held
from openlfr.hub.serve import BUS_PORT, BUS_STORE_BYTES, HTTPS_PORT, Listening, Running, ServeError, serve
from openlfr.hub.settings import HubSettings
from openlfr.link.bus import BusCluster, BusError, BusSettings, configuration, hub_user, node_user
from openlfr.link.connection import bus_key
from openlfr.node.memory import forbid_core_dumps
from openlfr.records.hub_records import HubRecords, open_hub_records
from openlfr.records.nodes import enrolled_nodes
from openlfr.sealing.durable import write_synced
from openlfr.sealing.vault_file import KeyPurpose

CLUSTER_PORT: Final = 6222
ENDS_WITHIN_S: Final = 2.0

app = typer.Typer(invoke_without_command=True)

Host = Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 for everywhere.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Where people and other systems reach it.")]
BusPort = Annotated[int, typer.Option(min=1, max=65535, help="Where nodes reach its bus.")]


@app.callback()
def hub(
    context: typer.Context,
    folder: MadeHubFolder = Path("hub"),
    host: Host = "127.0.0.1",
    port: Port = HTTPS_PORT,
    bus_port: BusPort = BUS_PORT,
    replicas: Annotated[int, typer.Option(min=1, max=5, help="How many servers of the bus keep each alert.")] = 1,
    bus_servers: Annotated[
        str, typer.Option(metavar="ADDRESSES", help="A cluster in place of an own bus: nats://a:4222,nats://b:4222")
    ] = "",
    plain_http: Annotated[bool, typer.Option("--plain-http", help="No TLS for people; on this machine only.")] = False,
) -> None:
    """Run the program for people, on a hub that `openlfr init` has made, until stopped.

    The address that people type is OPENLFR_HUB_ADDRESS.
    """
    if context.invoked_subcommand is not None:
        return
    servers = tuple(each.strip() for each in bus_servers.split(",") if each.strip())
    listening = Listening(host, port, plain_http, bus_port, servers, replicas)
    settings = settings_of(listening)
    place = place_in(folder)
    if not place.is_made:
        give_up(f"There is no hub in {place.folder}: make one with openlfr init, or name its folder rightly.")
    quiet_logs()
    with refusals_told():
        records = open_hub_records(database_address(place.database), place.vault, unlock(), utc_now)

        async def told(running: Running) -> None:
            typer.echo(f"The hub runs at {running.address}. Nodes reach its bus at {', '.join(running.bus)}.")

        run_until_stopped(place, records, settings, listening, lambda _stop: told)


@app.command("bus-config")
def bus_config(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The folder for this server's files.")],
    server_name: Annotated[str, typer.Option(help="What the cluster calls this server; its host in certificates.")],
    folder: MadeHubFolder = Path("hub"),
    host: Host = "0.0.0.0",  # noqa: S104 - a server of a cluster is reached from elsewhere
    bus_port: BusPort = BUS_PORT,
    cluster_port: Annotated[int, typer.Option(min=1, max=65535)] = CLUSTER_PORT,
    route: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="The other servers, as nats://host:6222; repeat.")
    ] = None,
) -> None:
    """Write what `nats-server -c OUTPUT/bus.conf` takes: this hub's users and nodes, and a certificate of its own.

    Write it anew, and send the server SIGHUP, whenever a node was enrolled or revoked.
    """
    place = place_in(folder)
    with refusals_told():
        records = open_hub_records(database_address(place.database), place.vault, unlock(), utc_now)
        try:
            output = output.absolute()
            output.mkdir(mode=0o700, parents=True, exist_ok=True)
            with records.database.reading() as session:
                nodes = enrolled_nodes(session)
            own = hub_user(bus_key(records.vault.sole_key(KeyPurpose.BUS).secret))
            hosts = (server_name, "localhost", "127.0.0.1")
            settings = BusSettings(
                folder=output,
                host=host,
                port=bus_port,
                tls=authority_of(records).issue(hosts, utc_now()).written(output),
                users=(own, *(node_user(each.nkey, node) for node, each in nodes.items())),
                store_limit_bytes=BUS_STORE_BYTES,
                server_name=server_name,
                cluster=BusCluster("openlfr", host, cluster_port, tuple(route or ())),
            )
            write_synced(output / "bus.conf", configuration(settings, bus_port))
        except OSError as error:
            give_up(f"{error.filename or output} cannot be written: {error.strerror}.")
        finally:
            records.close()
    typer.echo(f"{output / 'bus.conf'}: {len(nodes)} nodes.")


def run_until_stopped(
    place: HubPlace,
    records: HubRecords,
    settings: HubSettings,
    listening: Listening,
    beside: Callable[[asyncio.Event], Callable[[Running], Coroutine[None, None, None]]],
    ends_within_s: float | None = ENDS_WITHIN_S,
    also: Sequence[APIRouter] = (),
) -> None:
    """Run a hub until a signal says stop, or until what goes on `beside` it sets the event that it is given.

    The process is cut off where it has not ended `ends_within_s` seconds after a signal; None where what called still
    has something to do then. `also` are routes of the application beside the usual.
    """
    forbid_core_dumps()  # the vault's keys are in memory
    try:
        with held(place):
            asyncio.run(_until_stopped(place, records, settings, listening, beside, ends_within_s, also))
    except (PlaceError, ServeError, BusError) as error:
        give_up(str(error))
    finally:
        records.close()
    with contextlib.suppress(OSError):
        typer.echo("Stopped.")


def quiet_logs() -> None:
    """Warnings and errors only, on standard error."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # asyncio warns at each end of a TLS connection of the bus's client, for a return value without effect there.
    logging.getLogger("asyncio").setLevel(logging.ERROR)


async def _until_stopped(
    place: HubPlace,
    records: HubRecords,
    settings: HubSettings,
    listening: Listening,
    beside: Callable[[asyncio.Event], Callable[[Running], Coroutine[None, None, None]]],
    ends_within_s: float | None,
    also: Sequence[APIRouter],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopped() -> None:
        if ends_within_s is not None:
            # A thread in the middle of a purge or an import is cut off, as by a loss of power: the next start goes on.
            cut_off = threading.Timer(ends_within_s, os._exit, (CLEAN,))
            cut_off.daemon = True
            cut_off.start()
        if not stop.is_set():
            stop.set()
            # A terminal that was closed reads nothing any more.
            with contextlib.suppress(OSError):
                typer.echo("Ending …")

    for number in stopping_signals():
        loop.add_signal_handler(number, stopped)
    await serve(place, records, settings, listening, beside(stop), stop, also)
