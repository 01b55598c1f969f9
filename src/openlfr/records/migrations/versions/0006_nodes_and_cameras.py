"""Nodes with their public keys and one-time codes, cameras, what nodes counted, and what lost nodes never gave back.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNTS = ("frames", "passages", "faces_seen", "failures_to_acquire", "suppressed", "created", "destroyed", "carried")


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("invited_at", Moment(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_valid_until", Moment(), nullable=False),
        sa.Column("verify_key", sa.LargeBinary(), nullable=True),
        sa.Column("exchange_key", sa.LargeBinary(), nullable=True),
        sa.Column("bus_key", sa.String(56), nullable=True),
        sa.Column("enrolled_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("doubled_at", Moment(), nullable=True),
        sa.Column("settings_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(code_digest) = 32", name=op.f("ck_nodes_code_digest_is_whole")),
        sa.CheckConstraint(
            "length(verify_key) = 32 AND length(exchange_key) = 32", name=op.f("ck_nodes_keys_are_whole")
        ),
        sa.CheckConstraint(
            "(enrolled_at IS NULL) = (verify_key IS NULL) AND (enrolled_at IS NULL) = (exchange_key IS NULL) "
            "AND (enrolled_at IS NULL) = (bus_key IS NULL)",
            name=op.f("ck_nodes_enrolled_with_its_keys"),
        ),
        sa.CheckConstraint("settings_version >= 0", name=op.f("ck_nodes_settings_count_from_0")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
        *(
            sa.UniqueConstraint(column, name=op.f(f"uq_nodes_{column}"))
            for column in ("code_digest", "verify_key", "exchange_key", "bus_key")
        ),
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("smallest_face_px", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("smallest_face_px > 0", name=op.f("ck_cameras_faces_have_a_size")),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name=op.f("fk_cameras_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
    )
    op.create_index(op.f("ix_cameras_node_id"), "cameras", ["node_id"])
    op.create_table(
        "node_tallies",
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(36), nullable=False),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("method", sa.String(128), nullable=False),
        *(sa.Column(count, sa.BigInteger(), nullable=False) for count in _COUNTS),
        sa.Column("reported_at", Moment(), nullable=False),
        sa.CheckConstraint(
            " AND ".join(f"{count} >= 0" for count in _COUNTS), name=op.f("ck_node_tallies_counts_from_0")
        ),
        sa.CheckConstraint("destroyed + carried <= created", name=op.f("ck_node_tallies_ledger_balances")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_node_tallies_deployment_id")),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name=op.f("fk_node_tallies_node_id")),
        sa.PrimaryKeyConstraint("deployment_id", "node_id", "boot", name=op.f("pk_node_tallies")),
    )
    op.create_table(
        "watchlist_write_offs",
        sa.Column("bundle_id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(128), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("written_off_at", Moment(), nullable=False),
        sa.Column("written_off_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id", "node_id"],
            ["watchlist_deliveries.bundle_id", "watchlist_deliveries.node_id"],
            name=op.f("fk_watchlist_write_offs_bundle_id_node_id"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_watchlist_write_offs_deployment_id")
        ),
        sa.PrimaryKeyConstraint("bundle_id", "node_id", name=op.f("pk_watchlist_write_offs")),
    )
    op.create_index("ix_watchlist_write_offs_deployment_id", "watchlist_write_offs", ["deployment_id"])
    op.add_column("watchlist_deliveries", sa.Column("handed_over_at", Moment(), nullable=True))
    op.execute("UPDATE watchlist_deliveries SET handed_over_at = made_at")
