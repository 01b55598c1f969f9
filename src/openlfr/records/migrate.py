"""Bringing the tables up to date with Alembic, run from here: there is no alembic.ini and no command to remember.

All steps run in one transaction under the write lock: two programs that start at once do not both do it, and one that
is killed leaves the tables as they were.
"""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from openlfr.records.errors import (
    DatabaseDamagedError,
    DatabaseMissingError,
    DatabaseTooNewError,
    ForeignDatabaseError,
)

_SCRIPTS: Final = "openlfr.records:migrations"


def scripts() -> Config:
    """Alembic's configuration for the migrations carried in this package."""
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    return config


def newest_revision() -> str:
    """The revision that this program's tables have. Raises when the history has two ends."""
    head = ScriptDirectory.from_config(scripts()).get_current_head()
    if head is None:
        raise AssertionError("The package carries no migrations.")
    return head


def bring_up_to_date(engine: Engine, *, create: bool) -> None:
    """Run the migrations that the database lacks. `engine` must begin its transactions with the write lock held.

    Raises ForeignDatabaseError, DatabaseTooNewError, and DatabaseMissingError when it has none and `create` is false.
    """
    known = {script.revision for script in ScriptDirectory.from_config(scripts()).walk_revisions()}
    with engine.begin() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        tables = inspect(connection).get_table_names()
        if revision is None and tables:
            raise ForeignDatabaseError(
                "The database holds tables that are not OpenLFR's. Give it an empty one, so that nothing is mixed up."
            )
        if revision is None and not create:
            raise DatabaseMissingError("The database is empty. Name the right one, or make a new one.")
        if revision is not None and revision not in known:
            raise DatabaseTooNewError(
                f"A newer OpenLFR has changed this database (its tables are at {revision}, this program knows up to "
                f"{newest_revision()}). Start the newer program, or restore the backup made before it."
            )
        if revision != newest_revision():
            config = scripts()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _refuse_broken_references(connection)


def _refuse_broken_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise DatabaseDamagedError("After the migration some rows refer to others that are gone; it was undone.")
