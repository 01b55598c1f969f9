"""The tables of deployments. What people wrote is sealed; what SQL searches and checks is not."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.policy.application import UseCase
from openlfr.policy.authority import AuthorityBasis
from openlfr.policy.deployment import DeploymentState, EndReason
from openlfr.policy.plan import Order
from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.schema import Identifier, KeyId, Sealed, Table, choice

MAX_NAME = 128


class DeploymentRow(Table):
    """One deployment. `content` is the whole value, sealed; the other columns repeat what is searched and checked.

    `version` counts changes, so that nobody decides on what they have not seen. `force_digest` and `site_digest` are
    keyed: they find the deployments of a force or site, and say nothing.
    """

    __tablename__ = "deployments"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts_from_1"),
        CheckConstraint("state = 'draft' OR submitted_by IS NOT NULL", name="submitted_by_somebody"),
        CheckConstraint("state = 'draft' OR window_start < window_end", name="window_has_length"),
        CheckConstraint("state = 'draft' OR (threshold > 0 AND threshold <= 1)", name="threshold_in_range"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'rejected') OR authorised_by IS NOT NULL", name="authorised_by_somebody"
        ),
        CheckConstraint("authorised_by <> submitted_by", name="authorised_by_another"),
        CheckConstraint(
            "state NOT IN ('watchlist built', 'tested', 'live', 'paused') OR watchlist_hash IS NOT NULL",
            name="listed_before_tested",
        ),
        CheckConstraint("state NOT IN ('live', 'paused') OR went_live_at IS NOT NULL", name="live_since_a_moment"),
        CheckConstraint("went_live_at >= window_start AND went_live_at < window_end", name="live_within_the_window"),
        CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('ended', 'purged', 'reported', 'reviewed'))", name="ended_at_a_moment"
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_for_a_reason"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[DeploymentState] = mapped_column(choice(DeploymentState, "state"), index=True)
    rehearsal: Mapped[bool]
    profile: Mapped[str] = mapped_column(String(32))
    use_case: Mapped[UseCase] = mapped_column(choice(UseCase, "use_case"))
    force_digest: Mapped[bytes]
    site_digest: Mapped[bytes]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    threshold: Mapped[float]
    drafted_at: Mapped[datetime]
    submitted_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    authorised_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    watchlist_hash: Mapped[str | None] = mapped_column(String(64))
    went_live_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(choice(EndReason, "end_reason"))
    key_id: Mapped[KeyId]
    content: Mapped[Sealed]


class AuthorityRow(Table):
    """One authority of a deployment, signed by the hub's key and sealed. Rows are added and never changed."""

    __tablename__ = "authorities"
    __table_args__ = (
        CheckConstraint("sequence >= 1", name="sequence_counts_from_1"),
        UniqueConstraint("authority_id"),
    )

    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    authority_id: Mapped[Identifier]
    basis: Mapped[AuthorityBasis] = mapped_column(choice(AuthorityBasis, "basis"))
    decided_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    decided_at: Mapped[datetime]
    document: Mapped[Sealed]


class PlanRow(Table):
    """One plan, as signed for the nodes; it holds identifiers and no personal data. The highest is in force."""

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("sequence >= 1", name="sequence_counts_from_1"),
        CheckConstraint("node_order <> 'analyse' OR stop_by > issued_at", name="analyses_only_before_it_stops"),
        UniqueConstraint("plan_id"),
    )

    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    plan_id: Mapped[Identifier]
    node_order: Mapped[Order] = mapped_column(choice(Order, "node_order"))
    issued_at: Mapped[datetime]
    stop_by: Mapped[datetime]
    document: Mapped[bytes]


class CheckInRow(Table):
    """When an officer last confirmed being at a deployment; gone again at `checked_out_at`."""

    __tablename__ = "check_ins"

    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(MAX_STAFF), primary_key=True)
    confirmed_at: Mapped[datetime]
    checked_out_at: Mapped[datetime | None]


class FacesSeenRow(Table):
    """How many faces a node has seen so far, counted by a named and versioned method. Only ever grows."""

    __tablename__ = "faces_seen"
    __table_args__ = (CheckConstraint("faces >= 0", name="faces_count_from_0"),)

    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(MAX_NAME), primary_key=True)
    method: Mapped[str] = mapped_column(String(MAX_NAME))
    faces: Mapped[int]
    reported_at: Mapped[datetime]


class CertificateRow(Table):
    """A threshold certificate, as its canonical document."""

    __tablename__ = "certificates"

    id: Mapped[str] = mapped_column(String(MAX_NAME), primary_key=True)
    document: Mapped[bytes]
    imported_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    imported_at: Mapped[datetime]
