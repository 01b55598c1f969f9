"""Every test that takes `database` or `records` runs twice: on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.database import (
    DatabaseSource,
    HandClock,
    PostgresSource,
    SqliteSource,
    new_hub_records,
    running_postgres,
)

from openlfr.records.database import Database, open_database
from openlfr.records.hub_records import HubRecords


@pytest.fixture(scope="session")
def sqlite_source(tmp_path_factory: pytest.TempPathFactory) -> SqliteSource:
    return SqliteSource(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_source() -> Iterator[PostgresSource]:
    with running_postgres() as source:
        yield source


@pytest.fixture(params=["sqlite", "postgresql"])
def source(request: pytest.FixtureRequest) -> DatabaseSource:
    chosen: DatabaseSource = request.getfixturevalue(
        "sqlite_source" if request.param == "sqlite" else "postgres_source"
    )
    return chosen


@pytest.fixture
def database_url(source: DatabaseSource) -> str:
    return source.fresh()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def vault_folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def records(database_url: str, vault_folder: Path, clock: HandClock) -> Iterator[HubRecords]:
    opened = new_hub_records(database_url, vault_folder, clock)
    yield opened
    opened.close()
