"""The table of requests that were answered, for those that are sent twice."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.schema import Table

MAX_LOCATION = 512


class AnsweredRequestRow(Table):
    """A request that creates something, known by the key its sender gave it; forgotten after a day.

    Nothing of the request or its answer is kept but digests under a key of the vault, the status and where the thing
    that was made is found: whatever is destroyed within the day leaves no copy here. `status` is None while it is
    carried out, and stays so when the hub was stopped in the middle.
    """

    __tablename__ = "answered_requests"
    __table_args__ = (
        CheckConstraint("length(key_digest) = 32 AND length(request_digest) = 32", name="digests_are_whole"),
        CheckConstraint("location IS NULL OR status IS NOT NULL", name="located_once_answered"),
        Index("ix_answered_requests_begun_at", "begun_at"),
    )

    staff_id: Mapped[str] = mapped_column(String(MAX_STAFF), primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(primary_key=True)
    request_digest: Mapped[bytes]
    begun_at: Mapped[datetime]
    status: Mapped[int | None]
    location: Mapped[str | None] = mapped_column(String(MAX_LOCATION))
