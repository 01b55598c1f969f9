"""The database: one SQLite file on one box, or PostgreSQL for many hubs, with the same promises.

Whoever writes, writes alone: a writing transaction holds the one write lock from its beginning (SQLite: BEGIN
IMMEDIATE; PostgreSQL: one advisory lock), so a rule that was checked still holds when its result is written, and no
transaction ever fails for having run beside another. Keep writing transactions short.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Final

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from openlfr.records.errors import DatabaseBusyError, DatabaseMissingError, DatabaseUnreachableError
from openlfr.records.faults import clear_faults
from openlfr.records.migrate import bring_up_to_date

_LOCK_WAIT_MS: Final = 15_000
_WRITER_LOCK: Final = 0x4F4C4652  # "OLFR": the number of PostgreSQL's advisory lock
_MODE: Final = "openlfr_mode"
_AFTER_COMMIT: Final = "openlfr_after_commit"
_CONNECT_ATTEMPT_S: Final = 10


class Database:
    """An open database whose tables are those of this program. Safe for several threads and several processes."""

    def __init__(self, engine: Engine) -> None:
        """Use `open_database`."""
        self.engine = engine
        self._readers = engine.execution_options(**{_MODE: "reading"})
        self._writers = engine.execution_options(**{_MODE: "writing"})

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent, read-only view of everything committed. Raises RecordsError."""
        with clear_faults(), Session(self._readers, expire_on_commit=False) as session, session.begin():
            session.connection()  # the view is of now, not of the first question
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write alone; all of it is kept when the block ends, and none of it when the block raises.

        Raises RecordsError (busy, disk full, read-only, ...), always with nothing kept. May not be nested.
        """
        with clear_faults(), Session(self._writers, expire_on_commit=False) as session:
            with session.begin():
                session.connection()  # takes the write lock here, and not at the first statement
                yield session
            if after_commit := session.info.get(_AFTER_COMMIT):
                after_commit()

    @contextmanager
    def maintaining(self) -> Iterator[Connection]:
        """A connection outside any transaction, for VACUUM and checkpoints. Raises RecordsError."""
        options = {_MODE: "maintaining"} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with clear_faults(), self.engine.execution_options(**options).connect() as connection:
            yield connection

    def scrub(self, tables: Collection[str], is_clean: Callable[[], bool]) -> None:
        """Overwrite or rewrite what deleted rows of these tables left in the database's files.

        SQLite zeroes what it deletes (secure_delete), but seldom some copy that moving rows between pages left behind
        stays: once the write-ahead log is emptied and cut, `is_clean` looks at the file, and only if it says no is the
        whole file rewritten, as writers wait meanwhile (8 s for 500 MB on two cores). PostgreSQL rewrites the tables
        without their dead rows and ends the use of its write-ahead log so far, where the account may do that; with
        `wal_recycle = off` in the server's settings the old log's files go too.
        Raises DatabaseBusyError when a long reader stands in the way: nothing is lost by trying again.
        """
        with self.maintaining() as connection:
            if self.is_sqlite:
                _empty_log(connection)
                if not is_clean():
                    connection.exec_driver_sql("VACUUM")
                    _empty_log(connection)
                return
            quote = connection.dialect.identifier_preparer.quote
            for table in sorted(tables):
                connection.exec_driver_sql(f"VACUUM (FULL) {quote(table)}")
            for step in ("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"):
                try:
                    connection.exec_driver_sql(step)
                except ProgrammingError as error:
                    if not isinstance(error.orig, InsufficientPrivilege):
                        raise

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _empty_log(connection: Connection) -> None:
    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise DatabaseBusyError(
            "Another program reads the database, so its write-ahead log cannot be emptied yet. Try again."
        )


def once_committed(session: Session, act: Callable[[], None]) -> None:
    """Have `act` done when the writing block that gave this session is committed, in place of an earlier one."""
    session.info[_AFTER_COMMIT] = act


def open_database(url: str, *, create: bool = False) -> Database:
    """Open the database at a SQLAlchemy address (`sqlite:////var/lib/openlfr/hub.db`, `postgresql://user@host/name`).

    Its tables are brought up to date in one transaction: a migration cut short leaves nothing behind, and the next
    opening does it. `create` makes a new SQLite file, or the tables in an empty PostgreSQL database, where there are
    none; without it a missing database is an error, as it more likely has another address than never existed.

    Raises DatabaseMissingError, ForeignDatabaseError (something else's tables), DatabaseTooNewError and the other
    RecordsErrors.
    """
    engine = _engine(url)
    try:
        if engine.dialect.name == "sqlite":
            _prepare_file(Path(engine.url.database or ""), create=create)
        with clear_faults():
            bring_up_to_date(engine.execution_options(**{_MODE: "migrating"}), create=create)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine)


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnreachableError(
            "The database's address cannot be read. Write sqlite:////folder/file.db or postgresql://user@host/name."
        ) from error
    match address.get_backend_name():
        case "sqlite":
            if not address.database or address.database == ":memory:":
                raise DatabaseUnreachableError("The database needs a file: write sqlite:////folder/file.db.")
            engine = create_engine(address, connect_args={"timeout": _LOCK_WAIT_MS / 1000}, pool_timeout=30)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        case "postgresql":
            engine = create_engine(
                address.set(drivername="postgresql+psycopg"),
                connect_args={
                    "options": f"-c lock_timeout={_LOCK_WAIT_MS} -c timezone=UTC",
                    "connect_timeout": _CONNECT_ATTEMPT_S,
                },
                pool_pre_ping=True,
                pool_timeout=30,
            )
            event.listen(engine, "begin", _begin_postgresql)
        case other:
            raise DatabaseUnreachableError(f"{other} is not a database we use: choose sqlite or postgresql.")
    return engine


def _prepare_file(path: Path, *, create: bool) -> None:
    """Make the file beforehand, so that only its owner can ever read it."""
    if path.exists():
        return
    if not create:
        raise DatabaseMissingError(f"There is no database at {path}. Name its file rightly, or make a new one.")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseUnreachableError(f"No database could be made at {path}: {error.strerror}.") from error


def _prepare_sqlite(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    # SQLAlchemy's begin event below says BEGIN; the driver's own guess at it would come too late for reads and DDL.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_LOCK_WAIT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
        "cell_size_check = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    match connection.get_execution_options().get(_MODE):
        case "maintaining":
            connection.exec_driver_sql("PRAGMA query_only = OFF")
        case "migrating":
            # Changing a table copies and drops it, which must not set off its foreign keys; migrate.py checks them.
            connection.exec_driver_sql("PRAGMA query_only = OFF")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        case "writing":
            connection.exec_driver_sql("PRAGMA query_only = OFF")
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        case _:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.exec_driver_sql("BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    match connection.get_execution_options().get(_MODE):
        case "writing" | "migrating":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
        case "reading":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        case _:
            pass
