"""Watchlists: entries, pictures, imports, pairs of alike pictures, removals, and deliveries to nodes.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    op.create_table(
        "watchlists",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("state", _choice("state", "building", "approved", "frozen", "destroyed"), nullable=False),
        sa.Column("model_pack", sa.String(128), nullable=True),
        sa.Column("precision", sa.String(32), nullable=True),
        sa.Column("drawn_at", Moment(), nullable=False),
        sa.Column("built_by", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=True),
        sa.Column("frozen_at", Moment(), nullable=True),
        sa.Column("content_hash", sa.String(64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("testers", sa.BigInteger(), nullable=False),
        sa.Column("removals", sa.BigInteger(), nullable=False),
        sa.Column("composition", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.CheckConstraint("approved_by <> built_by", name=op.f("ck_watchlists_approved_by_another")),
        sa.CheckConstraint(
            "state <> 'approved' OR approved_by IS NOT NULL",
            name=op.f("ck_watchlists_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'frozen' OR (approved_by IS NOT NULL AND frozen_at IS NOT NULL AND content_hash IS NOT NULL)",
            name=op.f("ck_watchlists_frozen_after_approval"),
        ),
        sa.CheckConstraint(
            "(frozen_at IS NULL) = (content_hash IS NULL)", name=op.f("ck_watchlists_frozen_under_a_hash")
        ),
        sa.CheckConstraint(
            "content_hash IS NULL OR length(content_hash) = 64", name=op.f("ck_watchlists_hash_is_whole")
        ),
        sa.CheckConstraint(
            "(model_pack IS NULL) = (precision IS NULL)",
            name=op.f("ck_watchlists_templates_of_one_model"),
        ),
        sa.CheckConstraint(
            "size >= 0 AND testers >= 0 AND testers <= size",
            name=op.f("ck_watchlists_testers_are_among_the_people"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_watchlists_version_counts_from_1")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_watchlists_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlists")),
    )
    op.create_index(op.f("ix_watchlists_deployment_id"), "watchlists", ["deployment_id"])
    op.create_table(
        "watchlist_builders",
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("staff_id", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_builders_watchlist_id")),
        sa.PrimaryKeyConstraint("watchlist_id", "staff_id", name=op.f("pk_watchlist_builders")),
    )
    op.create_table(
        "watchlist_deliveries",
        sa.Column("bundle_id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(128), nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("verify_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("destroyed_at", Moment(), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(destroyed_at IS NULL) = (receipt IS NULL)",
            name=op.f("ck_watchlist_deliveries_destroyed_with_a_receipt"),
        ),
        sa.CheckConstraint("length(verify_key) = 32", name=op.f("ck_watchlist_deliveries_verify_key_is_whole")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_deliveries_watchlist_id")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_watchlist_deliveries_deployment_id")
        ),
        sa.PrimaryKeyConstraint("bundle_id", "node_id", name=op.f("pk_watchlist_deliveries")),
    )
    op.create_index(op.f("ix_watchlist_deliveries_watchlist_id"), "watchlist_deliveries", ["watchlist_id"])
    op.create_table(
        "watchlist_entries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "review",
            _choice("review", "pending", "accepted", "accepted against advice", "rejected", "removed"),
            nullable=False,
        ),
        sa.Column("blue_list", sa.Boolean(), nullable=False),
        sa.Column("seen_in", sa.String(36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "digest IS NULL OR length(digest) = 32",
            name=op.f("ck_watchlist_entries_digest_is_whole"),
        ),
        sa.CheckConstraint("length(person_digest) = 32", name=op.f("ck_watchlist_entries_person_digest_is_whole")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_entries_watchlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_entries")),
        sa.UniqueConstraint(
            "watchlist_id", "person_digest", name=op.f("uq_watchlist_entries_watchlist_id_person_digest")
        ),
    )
    op.create_index(op.f("ix_watchlist_entries_review"), "watchlist_entries", ["watchlist_id", "review", "blue_list"])
    op.create_table(
        "watchlist_imports",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.CheckConstraint("length(source_digest) = 32", name=op.f("ck_watchlist_imports_source_digest_is_whole")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_imports_watchlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_imports")),
    )
    op.create_index(op.f("ix_watchlist_imports_watchlist_id"), "watchlist_imports", ["watchlist_id"])
    op.create_table(
        "watchlist_removals",
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_watchlist_removals_sequence_counts_from_1")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_removals_watchlist_id")),
        sa.PrimaryKeyConstraint("watchlist_id", "sequence", name=op.f("pk_watchlist_removals")),
    )
    op.create_table(
        "watchlist_import_lines",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column(
            "outcome",
            _choice("outcome", "imported", "poor quality", "incomplete", "updated", "duplicate", "refused"),
            nullable=False,
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_import_lines_watchlist_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["watchlist_imports.id"], name=op.f("fk_watchlist_import_lines_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_watchlist_import_lines")),
    )
    op.create_index(op.f("ix_watchlist_import_lines_watchlist_id"), "watchlist_import_lines", ["watchlist_id"])
    op.create_table(
        "watchlist_pictures",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(), nullable=False),
        sa.Column("poor", sa.Boolean(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.Column("portrait", sa.LargeBinary(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(file_digest) = 32", name=op.f("ck_watchlist_pictures_file_digest_is_whole")),
        sa.ForeignKeyConstraint(["entry_id"], ["watchlist_entries.id"], name=op.f("fk_watchlist_pictures_entry_id")),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_pictures_watchlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_pictures")),
        sa.UniqueConstraint("entry_id", "file_digest", name=op.f("uq_watchlist_pictures_entry_id_file_digest")),
    )
    op.create_index(op.f("ix_watchlist_pictures_watchlist_id"), "watchlist_pictures", ["watchlist_id"])
    op.create_table(
        "watchlist_pairs",
        sa.Column("first_picture", sa.String(36), nullable=False),
        sa.Column("second_picture", sa.String(36), nullable=False),
        sa.Column("watchlist_id", sa.String(36), nullable=False),
        sa.Column("first_entry", sa.String(36), nullable=False),
        sa.Column("second_entry", sa.String(36), nullable=False),
        sa.Column(
            "kind",
            _choice(
                "kind", "same_file_two_people", "same_person_two_names", "look_alikes", "same_file", "near_identical"
            ),
            nullable=False,
        ),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_pairs_watchlist_id")),
        sa.ForeignKeyConstraint(
            ["first_picture"], ["watchlist_pictures.id"], name=op.f("fk_watchlist_pairs_first_picture")
        ),
        sa.ForeignKeyConstraint(
            ["second_picture"], ["watchlist_pictures.id"], name=op.f("fk_watchlist_pairs_second_picture")
        ),
        sa.PrimaryKeyConstraint("first_picture", "second_picture", name=op.f("pk_watchlist_pairs")),
    )
    op.create_index(op.f("ix_watchlist_pairs_watchlist_id"), "watchlist_pairs", ["watchlist_id"])
