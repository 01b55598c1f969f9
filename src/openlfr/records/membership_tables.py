"""The table of the membership register: keyed digests, and nothing else about a person."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.schema import Identifier, Table


class MembershipRow(Table):
    """One way of naming one person on one watchlist. `clock_started_at`: when its deployment ended, once it has."""

    __tablename__ = "membership_digests"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_is_whole"),
        Index("ix_membership_digests_deployment_id", "deployment_id"),
    )

    watchlist_id: Mapped[Identifier] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    deployment_id: Mapped[Identifier]
    listed_at: Mapped[datetime]
    clock_started_at: Mapped[datetime | None]
