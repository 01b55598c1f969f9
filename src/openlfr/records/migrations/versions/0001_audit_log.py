"""The audit log, and the triggers that make its rows unchangeable.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.append_only import forbid_changes
from openlfr.records.schema import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PROCESSING = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure", "none")


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("staff", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column(
            "processing",
            sa.Enum(*_PROCESSING, name="processing", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("record_kind", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(128), nullable=False),
        sa.Column("origin", sa.String(256), nullable=False),
        sa.Column("words_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_audit_entries_sequence_counts_from_0")),
        sa.CheckConstraint(
            "length(leaf) = 32 AND length(words_commitment) = 32", name=op.f("ck_audit_entries_hashes_are_whole")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_record", "audit_entries", ["record_kind", "record_id"])
    op.create_index(op.f("ix_audit_entries_staff"), "audit_entries", ["staff"])
    op.create_table(
        "audit_heads",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_audit_heads_size_is_positive")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_tip",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("vault_generation", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("last_recorded_at", Moment(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_tip_there_is_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tip")),
    )
    for table in ("audit_entries", "audit_heads"):
        forbid_changes(table)
