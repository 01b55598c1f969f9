"""The tables of alerts: decisions and counts, which stay, apart from whatever is about a person, which goes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.policy.alert import AlertState, Outcome, PublishedClass
from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.schema import Identifier, KeyId, Sealed, Table, choice


class AlertRow(Table):
    """One alert without anything about the person. `document` is its value with every free text left out.

    `test` marks alerts of the blue list and of rehearsals, which no statistic counts.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts_from_1"),
        CheckConstraint("threshold > 0 AND score >= threshold", name="score_reaches_the_threshold"),
        CheckConstraint("(closed_at IS NOT NULL) = (state IN ('closed', 'expired'))", name="closed_at_a_moment"),
        CheckConstraint("state <> 'engaged' OR engaged_by IS NOT NULL", name="engaged_by_somebody"),
        CheckConstraint("outcome IS NULL OR engaged_by IS NOT NULL", name="outcome_of_an_engagement"),
        CheckConstraint("published_class IS NULL OR closed_at IS NOT NULL", name="classed_when_closed"),
        Index("ix_alerts_deployment_id_state", "deployment_id", "state"),
        Index("ix_alerts_closed_at", "closed_at"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    version: Mapped[int]
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    plan_id: Mapped[Identifier] = mapped_column(ForeignKey("plans.plan_id"))
    node_id: Mapped[str] = mapped_column(String(MAX_NAME))
    camera_id: Mapped[str] = mapped_column(String(MAX_NAME))
    state: Mapped[AlertState] = mapped_column(choice(AlertState, "state"))
    test: Mapped[bool]
    under_18: Mapped[bool]
    captured_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    score: Mapped[float]
    second_score: Mapped[float | None]
    threshold: Mapped[float]
    engaged_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    closed_at: Mapped[datetime | None]
    published_class: Mapped[PublishedClass | None] = mapped_column(choice(PublishedClass, "published_class"))
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome, "outcome"))
    document: Mapped[bytes]


class AlertContentRow(Table):
    """What an alert holds about people, each column sealed with the alert's own key; gone when its period is over."""

    __tablename__ = "alert_contents"

    alert_id: Mapped[Identifier] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    key_id: Mapped[KeyId]
    raised: Mapped[Sealed]
    value: Mapped[Sealed]


class AlertPicture(StrEnum):
    """Whom a picture of an alert shows: the passer-by, or the person on the list."""

    PROBE = "probe"
    CANDIDATE = "candidate"


class AlertPictureRow(Table):
    """One picture of an alert, sealed with the alert's own key; it goes with the rest of the content. Number 0 is the
    best shot, or the reference picture that was found."""

    __tablename__ = "alert_pictures"
    __table_args__ = (CheckConstraint("number >= 0", name="number_counts_from_0"),)

    alert_id: Mapped[Identifier] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    picture: Mapped[AlertPicture] = mapped_column(choice(AlertPicture, "picture"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Sealed]


class SpareAlertKeyRow(Table):
    """A key of the vault that no alert has used yet. Alerts must not wait for the vault to be rewritten each time."""

    __tablename__ = "spare_alert_keys"

    key_id: Mapped[KeyId] = mapped_column(primary_key=True)
