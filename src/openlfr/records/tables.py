"""Every table, imported so that migrations and tests see all of them."""

from openlfr.records import (
    account_tables,
    alert_tables,
    audit_tables,
    camera_place_tables,
    deployment_tables,
    idempotency_tables,
    membership_tables,
    node_tables,
    people_tables,
    recognition_test_tables,
    retention_tables,
    watchlist_tables,
    webhook_tables,
)
from openlfr.records.schema import Table

__all__ = [
    "Table",
    "account_tables",
    "alert_tables",
    "audit_tables",
    "camera_place_tables",
    "deployment_tables",
    "idempotency_tables",
    "membership_tables",
    "node_tables",
    "people_tables",
    "recognition_test_tables",
    "retention_tables",
    "watchlist_tables",
    "webhook_tables",
]
