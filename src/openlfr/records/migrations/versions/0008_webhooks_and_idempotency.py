"""Webhooks with what was delivered, and answers kept for requests that are sent twice.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OUTCOMES = ("delivered", "refused", "unreachable", "timed out", "forbidden address")
_DISABLED = ("by an administrator", "the receiver took nothing for a day")


def _choice(name: str, options: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.LargeBinary(), nullable=False),
        sa.Column("with_matches", sa.Boolean(), nullable=False),
        sa.Column("registered_by", sa.String(64), nullable=False),
        sa.Column("registered_at", Moment(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("next_attempt_at", Moment(), nullable=True),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.Column("disabled_because", _choice("disabled_because", _DISABLED), nullable=True),
        sa.CheckConstraint("cursor >= -1", name=op.f("ck_webhooks_cursor_is_a_sequence")),
        sa.CheckConstraint(
            "(failures > 0) = (failing_since IS NOT NULL)", name=op.f("ck_webhooks_fails_since_a_moment")
        ),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_because IS NULL)", name=op.f("ck_webhooks_disabled_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.Column("attempted_at", Moment(), nullable=False),
        sa.Column("outcome", _choice("outcome", _OUTCOMES), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_webhook_attempts_number_counts_from_1")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_attempts_webhook_id")),
        sa.PrimaryKeyConstraint("webhook_id", "number", name=op.f("pk_webhook_attempts")),
    )
    op.create_table(
        "answered_requests",
        sa.Column("staff_id", sa.String(64), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("location", sa.String(512), nullable=True),
        sa.CheckConstraint(
            "length(key_digest) = 32 AND length(request_digest) = 32",
            name=op.f("ck_answered_requests_digests_are_whole"),
        ),
        sa.CheckConstraint(
            "location IS NULL OR status IS NOT NULL", name=op.f("ck_answered_requests_located_once_answered")
        ),
        sa.PrimaryKeyConstraint("staff_id", "key_digest", name=op.f("pk_answered_requests")),
    )
    op.create_index("ix_answered_requests_begun_at", "answered_requests", ["begun_at"])
