"""How far people's rights reach: their forces and sites, digests of those of deployments, and where cameras stand.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from openlfr.records.schema import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("force_digest", "site_digest"):
        # No digest is empty: a deployment from before is within nobody's limited reach, which is the safe side.
        op.add_column("deployments", sa.Column(column, sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "staff_reach",
        sa.Column("staff_id", sa.String(36), nullable=False),
        sa.Column(
            "part",
            sa.Enum("force", "site", name="part", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.CheckConstraint("set_by <> staff_id", name=op.f("ck_staff_reach_set_by_somebody_else")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_reach_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "part", "name", name=op.f("pk_staff_reach")),
    )
    op.create_table(
        "camera_places",
        sa.Column("camera_id", sa.String(36), nullable=False),
        sa.Column("force", sa.String(500), nullable=False),
        sa.Column("site", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_camera_places_camera_id")),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_places")),
    )
