"""Webhooks with what was delivered, and answers kept for requests that are sent twice.

Revision ID: 0008
Revises: 0007
"""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table yet."""
