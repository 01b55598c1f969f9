"""The pictures of alerts in a table of their own: several of the passage, and several of the person on the list.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_pictures",
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column(
            "picture",
            sa.Enum("probe", "candidate", name="picture", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_alert_pictures_number_counts_from_0")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_pictures_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "picture", "number", name=op.f("pk_alert_pictures")),
    )
    # Sealed for their old place, pictures open nowhere else; no hub that was released has any.
    op.drop_column("alert_contents", "probe")
    op.drop_column("alert_contents", "candidate")
