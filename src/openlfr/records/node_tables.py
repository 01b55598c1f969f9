"""The tables of nodes: who they are, their cameras and checks of those, what they counted, and lists that a lost node
never gave back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.schema import Identifier, Sealed, Table

BUS_KEY_CHARACTERS = 56
"""A public nkey: one letter for its kind and 55 of base 32."""


class NodeRow(Table):
    """One node, from its one-time code on. Rows stay: alerts and receipts name nodes that are long gone.

    `code_digest` is a hash of the code's secret, which itself is told once and kept nowhere. At `doubled_at` two
    programs were seen with this node's keys. `settings_version` counts changes
    to the node's cameras.
    """

    __tablename__ = "nodes"
    __table_args__ = (
        CheckConstraint("length(code_digest) = 32", name="code_digest_is_whole"),
        CheckConstraint("length(verify_key) = 32 AND length(exchange_key) = 32", name="keys_are_whole"),
        CheckConstraint(
            "(enrolled_at IS NULL) = (verify_key IS NULL) AND (enrolled_at IS NULL) = (exchange_key IS NULL) "
            "AND (enrolled_at IS NULL) = (bus_key IS NULL)",
            name="enrolled_with_its_keys",
        ),
        CheckConstraint("settings_version >= 0", name="settings_count_from_0"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    invited_at: Mapped[datetime]
    code_digest: Mapped[bytes] = mapped_column(unique=True)
    code_valid_until: Mapped[datetime]
    verify_key: Mapped[bytes | None] = mapped_column(unique=True)
    exchange_key: Mapped[bytes | None] = mapped_column(unique=True)
    bus_key: Mapped[str | None] = mapped_column(String(BUS_KEY_CHARACTERS), unique=True)
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    doubled_at: Mapped[datetime | None]
    settings_version: Mapped[int]


class CameraRow(Table):
    """A camera of a node. `zone` is the document of its zone of recognition; `address` may hold a login."""

    __tablename__ = "cameras"
    __table_args__ = (CheckConstraint("smallest_face_px > 0", name="faces_have_a_size"),)

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    node_id: Mapped[Identifier] = mapped_column(ForeignKey("nodes.id"), index=True)
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    smallest_face_px: Mapped[int]
    zone: Mapped[bytes]
    address: Mapped[Sealed]


class CameraCheckRow(Table):
    """The newest check of a camera that gave figures: their document, about nobody, and who asked for it."""

    __tablename__ = "camera_checks"

    camera_id: Mapped[Identifier] = mapped_column(ForeignKey("cameras.id"), primary_key=True)
    id: Mapped[Identifier]
    asked_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    asked_at: Mapped[datetime]
    kept_at: Mapped[datetime]
    figures: Mapped[bytes]


class TallyRow(Table):
    """What a node counted for a deployment between two of its starts. Every number only ever grows."""

    __tablename__ = "node_tallies"
    __table_args__ = (
        CheckConstraint(
            "frames >= 0 AND passages >= 0 AND faces_seen >= 0 AND failures_to_acquire >= 0 AND suppressed >= 0 "
            "AND created >= 0 AND destroyed >= 0 AND carried >= 0",
            name="counts_from_0",
        ),
        CheckConstraint("destroyed + carried <= created", name="ledger_balances"),
    )

    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    node_id: Mapped[Identifier] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(String(64), primary_key=True)
    method: Mapped[str] = mapped_column(String(MAX_NAME))
    frames: Mapped[int]
    passages: Mapped[int]
    faces_seen: Mapped[int]
    failures_to_acquire: Mapped[int]
    suppressed: Mapped[int]
    created: Mapped[int]
    destroyed: Mapped[int]
    carried: Mapped[int]
    reported_at: Mapped[datetime]


class WriteOffRow(Table):
    """A bundle whose receipt will never come, as its node is lost; who took that upon themselves, and why."""

    __tablename__ = "watchlist_write_offs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bundle_id", "node_id"], ["watchlist_deliveries.bundle_id", "watchlist_deliveries.node_id"]
        ),
        Index("ix_watchlist_write_offs_deployment_id", "deployment_id"),
    )

    bundle_id: Mapped[Identifier] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(String(MAX_NAME), primary_key=True)
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    written_off_at: Mapped[datetime]
    written_off_by: Mapped[str] = mapped_column(String(MAX_STAFF))
