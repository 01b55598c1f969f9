"""Driver errors turned into the few that a caller can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from openlfr.records.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseUnreachableError,
    DiskFullError,
    ReadOnlyError,
    RecordsError,
)

_FULL = DiskFullError("The disk of the database is full. Nothing of this step was kept: make room, then try again.")
_READ_ONLY = ReadOnlyError(
    "The database cannot be written to: its disk, file or account is read-only. Nothing changed."
)
_BUSY = DatabaseBusyError("Another program holds the database. Nothing of this step was kept: try again in a moment.")
_DAMAGED = DatabaseDamagedError(
    "The database is damaged, or its file is not a database. Restore it from its newest backup."
)
_UNREACHABLE = DatabaseUnreachableError(
    "The database cannot be opened or does not answer. Check its address, its folder or its server."
)

_BY_SQLITE_NAME = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR_WRITE": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CANTOPEN": _UNREACHABLE,
    "SQLITE_IOERR": _UNREACHABLE,
}
_BY_SQLSTATE = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "55P03": _BUSY,
    "57014": _BUSY,
    "53300": _BUSY,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}


def fault_of(error: BaseException) -> RecordsError | None:
    """The error to raise instead of a driver's; None when it is not about the database's health."""
    if isinstance(error, PoolTimeoutError):
        return _BUSY
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        # Extended names add a detail (SQLITE_BUSY_SNAPSHOT): the longest one we know decides.
        known = [each for each in _BY_SQLITE_NAME if name == each or name.startswith(each + "_")]
        return _BY_SQLITE_NAME[max(known, key=len)] if known else None
    if isinstance(cause, psycopg.OperationalError | psycopg.InternalError | psycopg.ProgrammingError):
        if cause.sqlstate in _BY_SQLSTATE:
            return _BY_SQLSTATE[cause.sqlstate]
        return _UNREACHABLE if isinstance(cause, psycopg.OperationalError) else None
    return None


@contextmanager
def clear_faults() -> Iterator[None]:
    """Raise our own error in place of a driver's, where we have a better sentence."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, sqlite3.Error, psycopg.Error) as error:
        fault = fault_of(error)
        if fault is None:
            raise
        raise type(fault)(*fault.args) from error
