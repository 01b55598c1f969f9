"""Legal holds, purges under way, receipts, and the membership register.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.append_only import forbid_changes
from openlfr.records.schema import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DATA_CLASSES = (
    "no_match",
    "watchlist",
    "alert",
    "cctv",
    "membership_register",
    "deployment_record",
    "audit_log",
    "staff_record",
)


def _data_class() -> sa.Column[str]:
    kind = sa.Enum(*_DATA_CLASSES, name="data_class", native_enum=False, create_constraint=True, length=64)
    return sa.Column("data_class", kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_kind", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(128), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.String(64), nullable=False),
        sa.Column("placed_at", Moment(), nullable=False),
        sa.Column("released_by", sa.String(64), nullable=True),
        sa.Column("released_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL)", name=op.f("ck_legal_holds_release_names_a_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_legal_holds_record", "legal_holds", ["record_kind", "record_id"])
    op.create_table(
        "purge_intents",
        sa.Column("id", sa.String(36), nullable=False),
        _data_class(),
        sa.Column("record_kind", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(128), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_intents")),
        sa.UniqueConstraint("record_kind", "record_id", name=op.f("uq_purge_intents_record_kind_record_id")),
    )
    op.create_table(
        "purge_receipts",
        sa.Column("id", sa.String(36), nullable=False),
        _data_class(),
        sa.Column("record_kind", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(128), nullable=False),
        sa.Column("finished_at", Moment(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_receipts")),
    )
    op.create_index("ix_purge_receipts_record", "purge_receipts", ["record_kind", "record_id"])
    forbid_changes("purge_receipts")
    op.create_table(
        "membership_digests",
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("listed_at", Moment(), nullable=False),
        sa.Column("clock_started_at", Moment(), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_membership_digests_digest_is_whole")),
        sa.PrimaryKeyConstraint("watchlist_id", "digest", name=op.f("pk_membership_digests")),
    )
    op.create_index("ix_membership_digests_deployment_id", "membership_digests", ["deployment_id"])
