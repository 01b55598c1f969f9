"""The tables of webhooks: where events go, how far each got, and what became of the last attempts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.schema import Identifier, KeyId, Sealed, Table, choice


class AttemptOutcome(StrEnum):
    """What became of one attempt to deliver an event."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The receiver answered, but with no 2xx status; a redirect is one of these, for none is followed."""
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    FORBIDDEN = "forbidden address"
    """The name led to an address that webhooks may not go to; nothing was sent."""


class DisabledReason(StrEnum):
    """Why nothing is delivered to a webhook any more."""

    BY_AN_ADMINISTRATOR = "by an administrator"
    GAVE_UP = "the receiver took nothing for a day"


class WebhookRow(Table):
    """One receiver of events. Its address and secret are sealed; `kinds` is a canonical document.

    `cursor` is the audit sequence up to which everything is delivered or not wanted, -1 for nothing yet. While the next
    event fails, `failing_since` says since when, `failures` how often, and `next_attempt_at` when it is tried again.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("cursor >= -1", name="cursor_is_a_sequence"),
        CheckConstraint("(failures > 0) = (failing_since IS NOT NULL)", name="fails_since_a_moment"),
        CheckConstraint("(disabled_at IS NULL) = (disabled_because IS NULL)", name="disabled_for_a_reason"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    key_id: Mapped[KeyId]
    address: Mapped[Sealed]
    secret: Mapped[Sealed]
    kinds: Mapped[bytes]
    with_matches: Mapped[bool]
    registered_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    registered_at: Mapped[datetime]
    cursor: Mapped[int]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[DisabledReason | None] = mapped_column(choice(DisabledReason, "disabled_because"))


class WebhookAttemptRow(Table):
    """One attempt to deliver; only the newest of each webhook are kept. `event` is None for a test delivery."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (CheckConstraint("number >= 1", name="number_counts_from_1"),)

    webhook_id: Mapped[Identifier] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[int | None]
    attempted_at: Mapped[datetime]
    outcome: Mapped[AttemptOutcome] = mapped_column(choice(AttemptOutcome, "outcome"))
    status: Mapped[int | None]
    took_ms: Mapped[int]
