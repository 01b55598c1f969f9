"""The tables of the audit log. Triggers forbid changing or deleting rows; if it is done anyway, the tree shows it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_ORIGIN, MAX_RECORD_ID, MAX_RECORD_KIND, MAX_STAFF, Processing
from openlfr.records.schema import Sealed, Table, choice


class AuditEntryRow(Table):
    """One entry. `leaf` repeats the hash of the other columns, so that proofs need not compute it anew."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("sequence >= 0", name="sequence_counts_from_0"),
        CheckConstraint("length(leaf) = 32 AND length(words_commitment) = 32", name="hashes_are_whole"),
        Index("ix_audit_entries_record", "record_kind", "record_id"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    staff: Mapped[str] = mapped_column(String(MAX_STAFF), index=True)
    role: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    processing: Mapped[Processing] = mapped_column(choice(Processing, "processing"))
    record_kind: Mapped[str] = mapped_column(String(MAX_RECORD_KIND))
    record_id: Mapped[str] = mapped_column(String(MAX_RECORD_ID))
    origin: Mapped[str] = mapped_column(String(MAX_ORIGIN))
    words_commitment: Mapped[bytes]
    words: Mapped[Sealed]
    leaf: Mapped[bytes]


class AuditHeadRow(Table):
    """A signed tree head: one for each time something was appended."""

    __tablename__ = "audit_heads"
    __table_args__ = (CheckConstraint("size > 0", name="size_is_positive"),)

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[bytes]


class AuditTipRow(Table):
    """The single row that says where the log stands, what is needed to append to it, and which vault it belongs to."""

    __tablename__ = "audit_tip"
    __table_args__ = (CheckConstraint("id = 1", name="there_is_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vault_id: Mapped[str] = mapped_column(String(32))
    vault_generation: Mapped[int]
    size: Mapped[int]
    frontier: Mapped[bytes]
    last_recorded_at: Mapped[datetime]
