"""`openlfr node`: the program at the cameras of a hub."""

import asyncio
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.text import Text

from openlfr import __version__
from openlfr.capture.source import Source
from openlfr.capture.sources import open_source
from openlfr.cli.demo_street import SYNTHETIC, street_source
from openlfr.cli.hub_access import FINDINGS, give_up, unlock
from openlfr.cli.stopping import stopping_signals
from openlfr.link.bus import BusError, is_running
from openlfr.link.enrolment import EnrolmentCode, EnrolmentError, enrol
from openlfr.node.memory import forbid_core_dumps
from openlfr.node.program import NodeProgram, NodeStatus
from openlfr.node.state import NodeState, NodeStateError
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.sealing.canonical import canonical_bytes, parse_canonical
from openlfr.sealing.durable import ReplacedWhole
from openlfr.sealing.errors import SealingError

STATUS_FILE: Final = "status.json"

NodeFolder = Annotated[
    Path,
    typer.Option("--folder", envvar="OPENLFR_NODE", metavar="FOLDER", help="Where the node keeps its keys and alerts."),
]

app = typer.Typer(help="The program at the cameras of a hub.", no_args_is_help=True)


@app.command("enrol")
def enrol_command(
    folder: NodeFolder,
    hub: Annotated[str, typer.Option(metavar="ADDRESS", help="https://host:port, as the hub shows it.")],
    code: Annotated[
        str | None,
        typer.Option(envvar="OPENLFR_ENROLMENT_CODE", help="The one-time code the hub shows; asked for if left out."),
    ] = None,
    name: Annotated[str, typer.Option(help="What people call this machine.")] = socket.gethostname(),
) -> None:
    """Make this machine a node of a hub, with the one-time code that the hub's administrator has made."""
    with _told():
        read = EnrolmentCode.read(code or typer.prompt("Code"))
        state = NodeState.open(folder, unlock()) if NodeState.exists(folder) else NodeState.create(folder, unlock())
        try:
            state.refuse_enrolled()
            request = state.keys.request(read.secret, name, __version__)
            answer = state.enrolled(enrol(hub, read, request, state.keys.signer))
        finally:
            state.close()
    typer.echo(f"This machine is the node {answer.node} of the hub {answer.hub_name}.")
    typer.echo(f"Start it with: openlfr node run --folder {folder}")


@app.command("run")
def run_command(folder: NodeFolder) -> None:
    """Do what the hub's signed plans say, until stopped. Says on standard error what it does, and why not."""
    console = Console(stderr=True, highlight=False)
    quiet_logs()
    with _told():
        forbid_core_dumps()
        _refuse_none(folder)
        state = NodeState.open(folder, unlock())
        try:
            enrolment = state.enrolment
            console.print(Text(f"Node {enrolment.node} of the hub {enrolment.hub_name}."))
            teller = _Teller(console, folder)
            asyncio.run(_until_stopped(NodeProgram(state, source=camera_source, on_status=teller.tell)))
        finally:
            state.close()
    console.print("Stopped: cameras are closed, lists destroyed, alerts kept.")


@app.command("status")
def status_command(folder: NodeFolder) -> None:
    """Whether the node runs, and what it last did. Needs no passphrase. Exit status 1 when it does not run."""
    _refuse_none(folder)
    running = is_running(folder / "outbox")
    typer.echo("The node is running." if running else "The node is not running.")
    try:
        status = from_document(NodeStatus, parse_canonical((folder / STATUS_FILE).read_bytes()))
    except FileNotFoundError:
        status = None
    except (DocumentError, ValueError):
        give_up(f"{folder / STATUS_FILE} is not a status that this version writes.")
    if status is not None:
        typer.echo(f"As of {status.at:%Y-%m-%d %H:%M:%S %Z}:")
        for line in lines_of(status):
            typer.echo(f"  {line}")
    if not running:
        raise typer.Exit(FINDINGS)


def _refuse_none(folder: Path) -> None:
    if not NodeState.exists(folder):
        give_up(f"There is no node in {folder}: make one with openlfr node enrol, or name its folder rightly.")


def camera_source(address: str) -> str | Source:
    """The source of a camera's address: as `openlfr watch` takes it, recordings in a loop, or the made-up street."""
    if address == SYNTHETIC:
        return street_source()
    return open_source(address, loop=True)


def lines_of(status: NodeStatus) -> tuple[str, ...]:
    """What people on the spot read: the link, each camera, what waits, and what was refused."""
    lines = ["The hub is heard." if status.heard else f"The hub is not heard: {status.link}"]
    lines += [f"Camera {each.camera}: {each.situation}. {each.reason}".rstrip() for each in status.cameras]
    if not status.cameras and status.heard:
        lines.append("The hub has given this node no camera yet.")
    if status.waiting:
        lines.append(f"Alerts that have not reached the hub: {status.waiting}.")
    if status.complaint:
        lines.append(status.complaint)
    return tuple(lines)


def quiet_logs() -> None:
    """Warnings only, on standard error; what the node does is told in its own lines."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # asyncio warns at each end of a TLS connection of the bus's client, for a return value without effect there.
    logging.getLogger("asyncio").setLevel(logging.ERROR)


class _Teller:
    """Prints what has changed, and keeps the newest status for `openlfr node status`."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._file = ReplacedWhole(folder / STATUS_FILE)
        self._said: tuple[str, ...] = ()

    def tell(self, status: NodeStatus) -> None:
        lines = lines_of(status)
        if lines == self._said:
            return
        for line in lines:
            if line not in self._said:
                self._console.print(Text(f"{status.at:%H:%M:%S} {line}"), soft_wrap=True)
        self._said = lines
        try:
            self._file.replace(canonical_bytes(to_document(status)))
        except OSError as error:
            self._console.print(Text(f"The status cannot be written: {error.strerror}."))


@contextmanager
def _told() -> Iterator[None]:
    """End the command with a sentence, not a traceback, when the node cannot do its work."""
    try:
        yield
    except (NodeStateError, EnrolmentError, BusError, SealingError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or 'The node'} cannot be used: {error.strerror}.")


async def _until_stopped(program: NodeProgram) -> None:
    loop = asyncio.get_running_loop()
    for number in stopping_signals():
        loop.add_signal_handler(number, program.stop)
    await program.run()
