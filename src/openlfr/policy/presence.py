"""Officers on the spot: who may check in, and whether anybody is there at all."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from openlfr.policy.deployment import UNDER_AUTHORITY, Deployment
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act

CLOCK_TOLERANCE = timedelta(seconds=30)
"""How far a check-in may lie in the future of the node's clock and still count."""


def officers_present(
    officers: Collection[StaffId], check_ins: Mapping[StaffId, datetime], presence: timedelta, now: datetime
) -> tuple[StaffId, ...]:
    """Those of `officers` who checked in within `presence`; a check-in from the future (a wrong clock) is none.

    `check_ins` holds, for everybody who is checked in and has not checked out, when they last confirmed it.
    """
    return tuple(
        officer
        for officer in sorted(officers)
        if officer in check_ins and -CLOCK_TOLERANCE <= now - check_ins[officer] <= presence
    )


def may_check_in(deployment: Deployment, by: Actor, now: datetime) -> Allowed | Refusal:
    """Whether this person may check in: on duty by the authority in force, and not longer than it holds."""
    verdict = may_act(by, Action.CHECK_IN, now)
    if isinstance(verdict, Refusal):
        return verdict
    if deployment.authority is None or deployment.state not in UNDER_AUTHORITY:
        return Refusal(RefusalCode.WRONG_STATE, f"You may not check in to a deployment that is {deployment.state}.")
    if by.staff not in deployment.authority.terms.officers:
        return Refusal(RefusalCode.NO_OFFICER, "You are not among the officers on duty at this deployment.")
    return Allowed()
