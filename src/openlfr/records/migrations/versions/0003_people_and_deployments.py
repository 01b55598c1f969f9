"""Staff, deployments with their authorities and plans, certificates, and counts of faces.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.String(64), nullable=False),
        sa.Column("imported_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            _choice(
                "state",
                "draft",
                "submitted",
                "authorised",
                "rejected",
                "watchlist built",
                "tested",
                "live",
                "paused",
                "ended",
                "purged",
                "reported",
                "reviewed",
            ),
            nullable=False,
        ),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.String(32), nullable=False),
        sa.Column(
            "use_case",
            _choice(
                "use_case",
                "Crime Hotspot",
                "Missing Person Hotspot",
                "CNI PSO",
                "Event PSO",
                "Specific intelligence on location of Sought Persons",
            ),
            nullable=False,
        ),
        sa.Column("window_start", Moment(), nullable=False),
        sa.Column("window_end", Moment(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("drafted_at", Moment(), nullable=False),
        sa.Column("submitted_by", sa.String(64), nullable=True),
        sa.Column("authorised_by", sa.String(64), nullable=True),
        sa.Column("watchlist_hash", sa.String(64), nullable=True),
        sa.Column("went_live_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column(
            "end_reason",
            _choice(
                "end_reason",
                "completed",
                "stopped",
                "the authorised time is over",
                "the authority was revoked",
                "the urgent authority was refused on review",
                "the urgent authority was not reviewed in time",
            ),
            nullable=True,
        ),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('ended', 'purged', 'reported', 'reviewed'))",
            name=op.f("ck_deployments_ended_at_a_moment"),
        ),
        sa.CheckConstraint(
            "state = 'draft' OR (threshold > 0 AND threshold <= 1)", name=op.f("ck_deployments_threshold_in_range")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR submitted_by IS NOT NULL", name=op.f("ck_deployments_submitted_by_somebody")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR window_start < window_end", name=op.f("ck_deployments_window_has_length")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'rejected') OR authorised_by IS NOT NULL",
            name=op.f("ck_deployments_authorised_by_somebody"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('live', 'paused') OR went_live_at IS NOT NULL",
            name=op.f("ck_deployments_live_since_a_moment"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('watchlist built', 'tested', 'live', 'paused') OR watchlist_hash IS NOT NULL",
            name=op.f("ck_deployments_listed_before_tested"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_deployments_ended_for_a_reason")),
        sa.CheckConstraint("authorised_by <> submitted_by", name=op.f("ck_deployments_authorised_by_another")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_deployments_version_counts_from_1")),
        sa.CheckConstraint(
            "went_live_at >= window_start AND went_live_at < window_end",
            name=op.f("ck_deployments_live_within_the_window"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.create_index(op.f("ix_deployments_state"), "deployments", ["state"])
    op.create_table(
        "staff",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= added_at", name=op.f("ck_staff_closed_after_added")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_staff_version_counts_from_1")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_table(
        "authorities",
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authority_id", sa.String(36), nullable=False),
        sa.Column("basis", _choice("basis", "written", "urgent", "change"), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_authorities_sequence_counts_from_1")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_authorities_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "sequence", name=op.f("pk_authorities")),
        sa.UniqueConstraint("authority_id", name=op.f("uq_authorities_authority_id")),
    )
    op.create_table(
        "check_ins",
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("staff_id", sa.String(64), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=False),
        sa.Column("checked_out_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_check_ins_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "staff_id", name=op.f("pk_check_ins")),
    )
    op.create_table(
        "faces_seen",
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(128), nullable=False),
        sa.Column("method", sa.String(128), nullable=False),
        sa.Column("faces", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", Moment(), nullable=False),
        sa.CheckConstraint("faces >= 0", name=op.f("ck_faces_seen_faces_count_from_0")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_faces_seen_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "node_id", name=op.f("pk_faces_seen")),
    )
    op.create_table(
        "plans",
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.String(36), nullable=False),
        sa.Column("node_order", _choice("node_order", "analyse", "hold", "stop"), nullable=False),
        sa.Column("issued_at", Moment(), nullable=False),
        sa.Column("stop_by", Moment(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "node_order <> 'analyse' OR stop_by > issued_at", name=op.f("ck_plans_analyses_only_before_it_stops")
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_plans_sequence_counts_from_1")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_plans_deployment_id")),
        sa.PrimaryKeyConstraint("deployment_id", "sequence", name=op.f("pk_plans")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_plans_plan_id")),
    )
    op.create_table(
        "staff_competences",
        sa.Column("staff_id", sa.String(36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("skill", _choice("skill", "live operation", "urgent authority"), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.CheckConstraint("recorded_by <> staff_id", name=op.f("ck_staff_competences_recorded_by_somebody_else")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_competences_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "number", name=op.f("pk_staff_competences")),
    )
    op.create_table(
        "staff_roles",
        sa.Column("staff_id", sa.String(36), nullable=False),
        sa.Column(
            "role",
            _choice(
                "role",
                "applicant",
                "authorising officer",
                "watchlist manager",
                "operator",
                "engagement officer",
                "administrator",
                "auditor",
            ),
            nullable=False,
        ),
        sa.Column("given_by", sa.String(64), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.CheckConstraint("given_by <> staff_id", name=op.f("ck_staff_roles_given_by_somebody_else")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_roles_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_roles")),
    )
