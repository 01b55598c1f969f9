"""The tables of retention: holds, destruction under way, and the receipts of what was destroyed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.policy.retention import DataClass
from openlfr.records.audit_entry import MAX_RECORD_ID, MAX_RECORD_KIND, MAX_STAFF
from openlfr.records.schema import Identifier, Sealed, Table, choice


class LegalHoldRow(Table):
    """A record, and everything that belongs to it, is kept beyond its period until the hold is released."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="release_names_a_person"),
        Index("ix_legal_holds_record", "record_kind", "record_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    record_kind: Mapped[str] = mapped_column(String(MAX_RECORD_KIND))
    record_id: Mapped[str] = mapped_column(String(MAX_RECORD_ID))
    words: Mapped[Sealed]
    placed_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    placed_at: Mapped[datetime]
    released_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    released_at: Mapped[datetime | None]


class PurgeIntentRow(Table):
    """Destruction that has begun: it is finished by the next purge, however this one ends. Holds come too late."""

    __tablename__ = "purge_intents"
    __table_args__ = (UniqueConstraint("record_kind", "record_id"),)

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    data_class: Mapped[DataClass] = mapped_column(choice(DataClass, "data_class"))
    record_kind: Mapped[str] = mapped_column(String(MAX_RECORD_KIND))
    record_id: Mapped[str] = mapped_column(String(MAX_RECORD_ID))
    content: Mapped[bytes]
    begun_at: Mapped[datetime]


class PurgeReceiptRow(Table):
    """The signed receipt of one record's destruction. Never changed."""

    __tablename__ = "purge_receipts"
    __table_args__ = (Index("ix_purge_receipts_record", "record_kind", "record_id"),)

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    data_class: Mapped[DataClass] = mapped_column(choice(DataClass, "data_class"))
    record_kind: Mapped[str] = mapped_column(String(MAX_RECORD_KIND))
    record_id: Mapped[str] = mapped_column(String(MAX_RECORD_ID))
    finished_at: Mapped[datetime]
    document: Mapped[bytes]
