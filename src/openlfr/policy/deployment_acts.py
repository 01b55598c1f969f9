"""The acts of a deployment's life, as values: who applies them, and when they are allowed, is in `lifecycle`."""

from dataclasses import dataclass
from typing import ClassVar

from openlfr.policy.application import Application
from openlfr.policy.authority import Terms
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import EndReason, PauseReason, Readiness
from openlfr.policy.guard import GuardLevel
from openlfr.policy.identifiers import AuthorityId, StaffId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.recognition_test import FinishedTest
from openlfr.policy.roles import Action
from openlfr.policy.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Draft:
    """Write or rewrite the application."""

    action: ClassVar[Action] = Action.DRAFT_APPLICATION
    application: Application


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand the application in; it must be complete. `certificate` is the one its terms name, if the hub holds it."""

    action: ClassVar[Action] = Action.SUBMIT_APPLICATION
    profile: JurisdictionProfile
    certificate: ThresholdCertificate | None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a submitted application back to work on it."""

    action: ClassVar[Action] = Action.WITHDRAW_APPLICATION


@dataclass(frozen=True, slots=True)
class Decision:
    """What an authorising officer writes: the terms that hold from now on and the reason.

    `external_reference` names the decision of the judge or body that the profile may ask for.
    """

    authority: AuthorityId
    terms: Terms
    reason: str
    profile: JurisdictionProfile
    certificate: ThresholdCertificate | None
    external_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Authorise:
    """Give a written authority on the terms of the decision, whatever was applied for."""

    action: ClassVar[Action] = Action.AUTHORISE_DEPLOYMENT
    decision: Decision


@dataclass(frozen=True, slots=True)
class AuthoriseUrgently:
    """Give an authority that stops by itself unless an authorising officer confirms it in time."""

    action: ClassVar[Action] = Action.AUTHORISE_URGENTLY
    decision: Decision


@dataclass(frozen=True, slots=True)
class ReviewUrgent:
    """Confirm an urgent authority by a decision of one's own, or refuse it (`decision` None): stop and delete.

    It is asked for even when the deployment is over; then its terms can only be confirmed as they were.
    """

    action: ClassVar[Action] = Action.REVIEW_URGENT_AUTHORITY
    reason: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class LapseUrgent:
    """Let the clock end an urgent authority that nobody reviewed in time: stop, if it runs, and delete."""

    action: ClassVar[Action] = Action.LAPSE_URGENT_AUTHORITY


@dataclass(frozen=True, slots=True)
class ChangeAuthority:
    """Replace the terms by a new decision: the only way to extend or alter anything."""

    action: ClassVar[Action] = Action.CHANGE_AUTHORITY
    decision: Decision


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the application."""

    action: ClassVar[Action] = Action.REJECT_DEPLOYMENT
    reason: str


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take the authority back: the deployment ends."""

    action: ClassVar[Action] = Action.REVOKE_AUTHORITY
    reason: str


@dataclass(frozen=True, slots=True)
class AttachWatchlist:
    """Bind a frozen list to the deployment; its hash is what the plan will say.

    Another list, as for adding people, needs a new authority decided after the one the present list came under.
    """

    action: ClassVar[Action] = Action.ATTACH_WATCHLIST
    watchlist: Watchlist
    profile: JurisdictionProfile


@dataclass(frozen=True, slots=True)
class NoteRemoval:
    """Take over the hash that the list has after a person was removed from it."""

    action: ClassVar[Action] = Action.REMOVE_FROM_WATCHLIST
    watchlist: Watchlist


@dataclass(frozen=True, slots=True)
class RecordReadiness:
    """Record that everything is in place to go live. `tested` is the finished blue-list test that was named, if any."""

    action: ClassVar[Action] = Action.RECORD_READINESS
    readiness: Readiness
    tested: FinishedTest | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """What looking for people begins and goes on with: `present` are officers checked in within the presence time,
    `certificate` is the one that the terms name."""

    profile: JurisdictionProfile
    certificate: ThresholdCertificate | None
    present: tuple[StaffId, ...]


@dataclass(frozen=True, slots=True)
class GoLive:
    """Start."""

    action: ClassVar[Action] = Action.GO_LIVE
    start: Start


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop analysing for now."""

    action: ClassVar[Action] = Action.PAUSE_DEPLOYMENT
    reason: PauseReason = PauseReason.PERSON


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause. `guard` is what the false-alert guard says now: where it asks for a pause, or made it, only
    an authorising officer may, with a reason."""

    action: ClassVar[Action] = Action.RESUME_DEPLOYMENT
    reason: str
    start: Start
    guard: GuardLevel


@dataclass(frozen=True, slots=True)
class End:
    """End the deployment for good."""

    action: ClassVar[Action] = Action.END_DEPLOYMENT
    reason: EndReason = EndReason.COMPLETED


@dataclass(frozen=True, slots=True)
class RecordPurge:
    """Record that the watchlist is destroyed on hub and nodes, and that its receipts are there."""

    action: ClassVar[Action] = Action.RECORD_PURGE


@dataclass(frozen=True, slots=True)
class Report:
    """Record that the deployment record is made; every counted alert must have one of the four published classes."""

    action: ClassVar[Action] = Action.REPORT_DEPLOYMENT
    unclassified_alerts: int


@dataclass(frozen=True, slots=True)
class Review:
    """Close the circle: the authorising officer's finding on what it was worth."""

    action: ClassVar[Action] = Action.REVIEW_DEPLOYMENT
    finding: str


Act = (
    Draft
    | Submit
    | Withdraw
    | Authorise
    | AuthoriseUrgently
    | ReviewUrgent
    | LapseUrgent
    | ChangeAuthority
    | Reject
    | Revoke
    | AttachWatchlist
    | NoteRemoval
    | RecordReadiness
    | GoLive
    | Pause
    | Resume
    | End
    | RecordPurge
    | Report
    | Review
)
