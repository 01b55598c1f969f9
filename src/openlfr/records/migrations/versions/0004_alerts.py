"""Alerts: decisions that stay, contents that go, and spare keys.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    op.create_table(
        "spare_alert_keys",
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_spare_alert_keys")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("plan_id", sa.String(36), nullable=False),
        sa.Column("node_id", sa.String(128), nullable=False),
        sa.Column("camera_id", sa.String(128), nullable=False),
        sa.Column(
            "state", _choice("state", "raised", "seen", "adjudicated", "engaged", "closed", "expired"), nullable=False
        ),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("under_18", sa.Boolean(), nullable=False),
        sa.Column("captured_at", Moment(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("second_score", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("engaged_by", sa.String(64), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column(
            "published_class",
            _choice(
                "published_class",
                "true alert confirmed",
                "true alert unconfirmed",
                "false alert confirmed",
                "false alert unconfirmed",
            ),
            nullable=True,
        ),
        sa.Column(
            "outcome",
            _choice("outcome", "no action", "arrest", "voluntary interview", "other action", "disclosure made"),
            nullable=True,
        ),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('closed', 'expired'))", name=op.f("ck_alerts_closed_at_a_moment")
        ),
        sa.CheckConstraint("state <> 'engaged' OR engaged_by IS NOT NULL", name=op.f("ck_alerts_engaged_by_somebody")),
        sa.CheckConstraint(
            "outcome IS NULL OR engaged_by IS NOT NULL", name=op.f("ck_alerts_outcome_of_an_engagement")
        ),
        sa.CheckConstraint(
            "published_class IS NULL OR closed_at IS NOT NULL", name=op.f("ck_alerts_classed_when_closed")
        ),
        sa.CheckConstraint("threshold > 0 AND score >= threshold", name=op.f("ck_alerts_score_reaches_the_threshold")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_alerts_version_counts_from_1")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_alerts_deployment_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_alerts_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_closed_at", "alerts", ["closed_at"])
    op.create_index("ix_alerts_deployment_id_state", "alerts", ["deployment_id", "state"])
    op.create_table(
        "alert_contents",
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("raised", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("probe", sa.LargeBinary(), nullable=False),
        sa.Column("candidate", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_contents_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_contents")),
    )
