"""Every table, imported so that migrations and tests see all of them."""

from openlfr.records import audit_tables, membership_tables, retention_tables
from openlfr.records.schema import Table

__all__ = ["Table", "audit_tables", "membership_tables", "retention_tables"]
