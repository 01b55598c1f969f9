"""The history of the tables: one line, the same tables as the program's, and nothing half when it is cut short."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from tests.support.database import DatabaseSource, SqliteSource

from openlfr.records.database import Database, open_database
from openlfr.records.errors import DatabaseMissingError, DatabaseTooNewError, ForeignDatabaseError
from openlfr.records.migrate import newest_revision, scripts
from openlfr.records.tables import Table


@pytest.fixture
def plain(source: DatabaseSource) -> Iterator[Engine]:
    """An engine without our rules, on an empty database."""
    engine = create_engine(source.empty().replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def schema(engine: Engine) -> dict[str, object]:
    """Columns, keys, indexes and CHECKs of every table, in a form that can be compared."""
    inspector = inspect(engine)
    return {
        table: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)},
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted((str(index["name"]), tuple(index["column_names"])) for index in inspector.get_indexes(table)),
            sorted(str(unique["name"]) for unique in inspector.get_unique_constraints(table)),
            sorted(
                (str(key["name"]), tuple(key["constrained_columns"]), key["referred_table"])
                for key in inspector.get_foreign_keys(table)
            ),
            sorted(
                (str(check["name"]), re.sub(r"\s+", " ", str(check["sqltext"])))
                for check in inspector.get_check_constraints(table)
            ),
        )
        for table in sorted(inspector.get_table_names())
        if table != "alembic_version"
    }


def test_the_migrations_form_one_line_numbered_in_order() -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(scripts()).walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_the_migrated_tables_are_exactly_the_programs(database: Database, plain: Engine) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    Table.metadata.create_all(plain)
    assert schema(database.engine) == schema(plain)


def test_a_migration_that_fails_in_the_middle_leaves_nothing_and_the_next_start_does_it(
    source: DatabaseSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = source.empty()
    upgrade = command.upgrade

    def cut_short(config: Config, revision: str) -> None:
        upgrade(config, "0001")
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", cut_short)
    with pytest.raises(KeyboardInterrupt):
        open_database(url, create=True)
    monkeypatch.undo()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    open_database(url, create=True).close()


def test_an_older_database_is_brought_up_to_date_when_opened(source: DatabaseSource, plain: Engine) -> None:
    with plain.begin() as connection:
        config = scripts()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database = open_database(address(plain))
    with database.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest_revision()
    database.close()


def test_a_database_changed_by_a_newer_program_is_refused_and_left_alone(database_url: str) -> None:
    database = open_database(database_url)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseTooNewError, match="A newer OpenLFR has changed this database"):
        open_database(database_url)


def test_somebody_elses_database_is_refused_and_left_alone(plain: Engine) -> None:
    with plain.begin() as connection:
        connection.execute(text("CREATE TABLE parish_newsletter (id integer)"))
    for create in (True, False):
        with pytest.raises(ForeignDatabaseError, match="not OpenLFR's"):
            open_database(address(plain), create=create)
    assert inspect(plain).get_table_names() == ["parish_newsletter"]


def test_a_missing_database_is_not_made_in_passing(source: DatabaseSource, tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        open_database(source.empty())
    with pytest.raises(DatabaseMissingError, match="There is no database at"):
        open_database(f"sqlite:///{tmp_path}/absent.db")
    assert list(tmp_path.iterdir()) == []


def test_a_new_sqlite_file_is_readable_by_its_owner_only(sqlite_source: SqliteSource) -> None:
    database = open_database(sqlite_source.empty(), create=True)
    assert database.sqlite_file is not None
    assert database.sqlite_file.stat().st_mode & 0o077 == 0
    database.close()
