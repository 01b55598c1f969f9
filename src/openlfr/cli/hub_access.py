"""What every command on a hub's records shares: where they are, how the vault is opened, and how refusals are told."""

import getpass
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from openlfr.policy.documents import DocumentError
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords, open_hub_records
from openlfr.sealing.errors import SealingError
from openlfr.sealing.unlock import Unlock, find_unlock

CLEAN: Final = 0
FINDINGS: Final = 1
UNUSABLE: Final = 2

DatabaseAddress = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="OPENLFR_DATABASE",
        metavar="ADDRESS",
        help="sqlite:////folder/hub.db or postgresql://user@host/name",
    ),
]
VaultFolder = Annotated[
    Path, typer.Option("--vault", envvar="OPENLFR_VAULT", metavar="FOLDER", help="The folder of the vault.")
]

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def database_address(text: str) -> str:
    """The address with `${NAME}` replaced from the environment, so that no password stands on a command line."""

    def replaced(variable: re.Match[str]) -> str:
        if variable[1] not in os.environ:
            give_up(f"The database's address names the variable {variable[1]}, which is not set.")
        return quote(os.environ[variable[1]], safe="")

    return _VARIABLE.sub(replaced, text)


def unlock() -> Unlock:
    """The vault's opener, from the environment or asked for."""
    return find_unlock(os.environ, lambda: getpass.getpass("Passphrase of the vault: "))


def utc_now() -> datetime:
    return datetime.now(UTC)


def origin(command: str) -> str:
    """From where a command acts, as the audit log has it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        user = f"user {os.getuid()}"
    return f"openlfr {command}, {user} on {socket.gethostname()}"


@contextmanager
def refusals_told() -> Iterator[None]:
    """End the command with a sentence, not a traceback, when the records or the vault refuse."""
    try:
        yield
    except (RecordsError, SealingError, DocumentError) as error:
        give_up(str(error))


@contextmanager
def opened(database: str, vault: Path) -> Iterator[HubRecords]:
    """The hub's records, for one command."""
    with refusals_told():
        records = open_hub_records(database_address(database), vault, unlock(), utc_now)
        try:
            yield records
        finally:
            records.close()


def give_up(sentence: str) -> NoReturn:
    """Say why the command cannot do its work, and end it."""
    Console(stderr=True).print(Text(sentence))
    raise typer.Exit(UNUSABLE)
