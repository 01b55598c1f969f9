"""The tables of staff: names sealed, roles, reach and competences in clear."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.policy.roles import Role, Skill
from openlfr.policy.text import LONGEST_NAME
from openlfr.records.audit_entry import MAX_STAFF
from openlfr.records.schema import Identifier, Sealed, Table, choice


class StaffRow(Table):
    """One member of staff. `version` counts changes; the account ends at `closed_at` and is never opened again."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts_from_1"),
        CheckConstraint("closed_at IS NULL OR closed_at >= added_at", name="closed_after_added"),
    )

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[Sealed]
    added_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class StaffRoleRow(Table):
    """A role that a member of staff holds now. Nobody gives one to themselves."""

    __tablename__ = "staff_roles"
    __table_args__ = (CheckConstraint("given_by <> staff_id", name="given_by_somebody_else"),)

    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"), primary_key=True)
    given_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    given_at: Mapped[datetime]


class ReachPart(StrEnum):
    """What a name limits somebody's rights to."""

    FORCE = "force"
    SITE = "site"


class StaffReachRow(Table):
    """A force or site to which somebody's rights are limited now; without rows they have the whole hub."""

    __tablename__ = "staff_reach"
    __table_args__ = (CheckConstraint("set_by <> staff_id", name="set_by_somebody_else"),)

    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    part: Mapped[ReachPart] = mapped_column(choice(ReachPart, "part"), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    set_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    set_at: Mapped[datetime]


class CompetenceRow(Table):
    """A training record, numbered by the version of the account it made. Of each skill the highest number holds, so a
    competence can also be taken away."""

    __tablename__ = "staff_competences"
    __table_args__ = (CheckConstraint("recorded_by <> staff_id", name="recorded_by_somebody_else"),)

    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    skill: Mapped[Skill] = mapped_column(choice(Skill, "skill"))
    expires_on: Mapped[date] = mapped_column(Date)
    recorded_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    recorded_at: Mapped[datetime]
