"""Tests of the whole system that take `source` run on both databases."""

from tests.records.conftest import postgres_source, source, sqlite_source

__all__ = ["postgres_source", "source", "sqlite_source"]
