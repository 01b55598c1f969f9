"""What commissioning a camera found.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "camera_checks",
        sa.Column("camera_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_camera_checks_camera_id")),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_checks")),
    )
