"""The tables of tests: blue-list tests with their passages, known-answer alerts, and the categories alerts fell under.

None of them holds anything about a person: a tester is the identifier of an entry that goes with its watchlist.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.schema import Identifier, Table


class RecognitionTestRow(Table):
    """One blue-list test of a deployment or rehearsal; open until `ended_at`."""

    __tablename__ = "recognition_tests"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
        Index("ix_recognition_tests_deployment_id", "deployment_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    begun_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    begun_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(MAX_STAFF))
    ended_at: Mapped[datetime | None]


class PassageRow(Table):
    """One counted walk of a tester past a camera, whether or not it raised an alert."""

    __tablename__ = "test_passages"
    __table_args__ = (
        UniqueConstraint("test_id", "tester", "passed_at"),
        Index("ix_test_passages_deployment_id", "deployment_id"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    test_id: Mapped[Identifier] = mapped_column(ForeignKey("recognition_tests.id"))
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    tester: Mapped[Identifier]
    passed_at: Mapped[datetime]
    counted_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    counted_at: Mapped[datetime]


class KnownAnswerRow(Table):
    """What is known of a known-answer alert, from the beginning; `due_at` is the turn it took."""

    __tablename__ = "known_answers"
    __table_args__ = (UniqueConstraint("deployment_id", "due_at"),)

    alert_id: Mapped[Identifier] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
    due_at: Mapped[datetime]
    same_person: Mapped[bool]


class AlertCategoryRow(Table):
    """A category under which the person of an alert was listed: counted for publication after the alert is emptied.

    Kept under its name in the code, since the College's words are longer than a column of choices.
    """

    __tablename__ = "alert_categories"
    __table_args__ = (Index("ix_alert_categories_deployment_id", "deployment_id"),)

    alert_id: Mapped[Identifier] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    deployment_id: Mapped[Identifier] = mapped_column(ForeignKey("deployments.id"))
