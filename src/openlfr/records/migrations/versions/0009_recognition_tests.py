"""Blue-list tests with their passages, known-answer alerts, and the categories of alerts.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recognition_tests",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("begun_by", sa.String(64), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("ended_by", sa.String(64), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_recognition_tests_ended_by_somebody")
        ),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_recognition_tests_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_tests")),
    )
    op.create_index("ix_recognition_tests_deployment_id", "recognition_tests", ["deployment_id"])
    op.create_table(
        "test_passages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("test_id", sa.String(36), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("tester", sa.String(36), nullable=False),
        sa.Column("passed_at", Moment(), nullable=False),
        sa.Column("counted_by", sa.String(64), nullable=False),
        sa.Column("counted_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_test_passages_deployment_id")),
        sa.ForeignKeyConstraint(["test_id"], ["recognition_tests.id"], name=op.f("fk_test_passages_test_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_passages")),
        sa.UniqueConstraint("test_id", "tester", "passed_at", name=op.f("uq_test_passages_test_id_tester_passed_at")),
    )
    op.create_index("ix_test_passages_deployment_id", "test_passages", ["deployment_id"])
    op.create_table(
        "known_answers",
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("same_person", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_known_answers_alert_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_known_answers_deployment_id")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_known_answers")),
        sa.UniqueConstraint("deployment_id", "due_at", name=op.f("uq_known_answers_deployment_id_due_at")),
    )
    op.create_table(
        "alert_categories",
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("deployment_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_categories_alert_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_alert_categories_deployment_id")),
        sa.PrimaryKeyConstraint("alert_id", "category", name=op.f("pk_alert_categories")),
    )
    op.create_index("ix_alert_categories_deployment_id", "alert_categories", ["deployment_id"])
