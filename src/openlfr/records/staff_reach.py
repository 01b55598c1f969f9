"""How far the rights of staff reach, and who may therefore see and manage whose account.

Somebody whose own rights are limited sees those colleagues whose rights meet theirs, and manages only accounts that
reach no further than their own: else they could open for themselves, through another, what is closed to them.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId, is_identifier
from openlfr.policy.reach import Reach
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Actor, may_manage
from openlfr.records.people_tables import ReachPart, StaffReachRow, StaffRow


def reach_of(session: Session, staff: StaffId) -> Reach:
    """The forces and sites within which somebody's roles count."""
    rows = session.execute(select(StaffReachRow.part, StaffReachRow.name).where(StaffReachRow.staff_id == staff)).all()
    return Reach(
        frozenset(name for part, name in rows if part is ReachPart.FORCE),
        frozenset(name for part, name in rows if part is ReachPart.SITE),
    )


def give_reach(session: Session, by: Actor, staff: StaffId, reach: Reach, now: datetime) -> None:
    """Replace the forces and sites within which somebody's roles count."""
    session.execute(delete(StaffReachRow).where(StaffReachRow.staff_id == staff))
    session.add_all(
        StaffReachRow(staff_id=staff, part=part, name=name, set_by=by.staff, set_at=now)
        for part, names in ((ReachPart.FORCE, reach.forces), (ReachPart.SITE, reach.sites))
        for name in names
    )
    session.flush()


def unknown_staff(session: Session, by: Actor, staff: StaffId) -> Refusal | None:
    """The refusal of an identifier that is nobody's, or of somebody whose rights meet nothing of one's own."""
    there = is_identifier(staff) and session.get(StaffRow, staff) is not None
    if there and by.reach.meets(reach_of(session, staff)):
        return None
    return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such member of staff.")


def unmanageable_staff(session: Session, by: Actor, staff: StaffId) -> Refusal | None:
    """The same, and the refusal of an account that reaches further than one's own."""
    unknown = unknown_staff(session, by, staff)
    if unknown is not None:
        return unknown
    verdict = may_manage(by, reach_of(session, staff))
    return verdict if isinstance(verdict, Refusal) else None


def closed_staff(session: Session, by: Actor, staff: StaffId) -> Refusal | None:
    """The same, and the refusal of somebody whose account was closed."""
    refusal = unmanageable_staff(session, by, staff)
    if refusal is None and session.get_one(StaffRow, staff).closed_at is not None:
        return Refusal(RefusalCode.ACCOUNT_CLOSED, "This account was closed and stays closed.")
    return refusal
