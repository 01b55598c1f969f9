"""Every test that takes `records` runs on both databases, as those of the records do."""

from tests.records.conftest import (
    clock,
    database,
    database_url,
    postgres_source,
    records,
    source,
    sqlite_source,
    vault_folder,
)

__all__ = [
    "clock",
    "database",
    "database_url",
    "postgres_source",
    "records",
    "source",
    "sqlite_source",
    "vault_folder",
]
