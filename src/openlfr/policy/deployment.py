"""A deployment from draft to review: its states, the table of transitions, and what the clock asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openlfr.policy.application import Application
from openlfr.policy.authority import Authority
from openlfr.policy.identifiers import DeploymentId, RecognitionTestId, StaffId, WatchlistId
from openlfr.policy.roles import Action
from openlfr.policy.watchlist import Watchlist


class DeploymentState(StrEnum):
    """Where a deployment is on its way (domain reference, b2)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"
    REJECTED = "rejected"
    WATCHLIST_BUILT = "watchlist built"
    TESTED = "tested"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"
    PURGED = "purged"
    REPORTED = "reported"
    REVIEWED = "reviewed"


_S = DeploymentState
UNDER_AUTHORITY = frozenset({_S.AUTHORISED, _S.WATCHLIST_BUILT, _S.TESTED, _S.LIVE, _S.PAUSED})
"""States in which an authority holds: it can be changed and revoked, and the clock can end it."""


_ENDS: Mapping[DeploymentState, DeploymentState] = dict.fromkeys(UNDER_AUTHORITY, _S.ENDED)
_STAYS: Mapping[DeploymentState, DeploymentState] = {state: state for state in UNDER_AUTHORITY}
_OVER: Mapping[DeploymentState, DeploymentState] = {state: state for state in (_S.ENDED, _S.PURGED)}
"""What ran under an urgent authority waits for its review even when it is over: whether its results may stay."""

TRANSITIONS: Mapping[Action, Mapping[DeploymentState, DeploymentState]] = {
    Action.DRAFT_APPLICATION: {_S.DRAFT: _S.DRAFT},
    Action.SUBMIT_APPLICATION: {_S.DRAFT: _S.SUBMITTED},
    Action.WITHDRAW_APPLICATION: {_S.SUBMITTED: _S.DRAFT},
    Action.AUTHORISE_DEPLOYMENT: {_S.SUBMITTED: _S.AUTHORISED},
    Action.AUTHORISE_URGENTLY: {_S.SUBMITTED: _S.AUTHORISED},
    Action.REJECT_DEPLOYMENT: {_S.SUBMITTED: _S.REJECTED},
    Action.REVIEW_URGENT_AUTHORITY: {**_STAYS, **_OVER},
    Action.LAPSE_URGENT_AUTHORITY: {**_ENDS, **_OVER},
    Action.CHANGE_AUTHORITY: _STAYS,
    Action.REVOKE_AUTHORITY: _ENDS,
    Action.ATTACH_WATCHLIST: {**_STAYS, _S.AUTHORISED: _S.WATCHLIST_BUILT},
    Action.REMOVE_FROM_WATCHLIST: {state: state for state in UNDER_AUTHORITY if state is not _S.AUTHORISED},
    Action.RECORD_READINESS: {_S.WATCHLIST_BUILT: _S.TESTED},
    Action.GO_LIVE: {_S.TESTED: _S.LIVE},
    Action.PAUSE_DEPLOYMENT: {_S.LIVE: _S.PAUSED},
    Action.RESUME_DEPLOYMENT: {_S.PAUSED: _S.LIVE},
    Action.END_DEPLOYMENT: _ENDS,
    Action.RECORD_PURGE: {_S.ENDED: _S.PURGED},
    Action.REPORT_DEPLOYMENT: {_S.PURGED: _S.REPORTED},
    Action.REVIEW_DEPLOYMENT: {_S.REPORTED: _S.REVIEWED},
}
"""For each action the states it is legal in and the state each leads to. An urgent review that refuses, like any other
way to end, leads to "ended" all the same."""


class EndReason(StrEnum):
    """Why a deployment ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    WINDOW_OVER = "the authorised time is over"
    REVOKED = "the authority was revoked"
    URGENT_REFUSED = "the urgent authority was refused on review"
    URGENT_LAPSED = "the urgent authority was not reviewed in time"


DELETE_EVERYTHING = frozenset({EndReason.URGENT_REFUSED, EndReason.URGENT_LAPSED})
"""Ends after which all data, results and outputs go at once, alerts too (Regulation (EU) 2024/1689 Art 5(3))."""


class PauseReason(StrEnum):
    """Why a deployment is paused."""

    PERSON = "a person paused it"
    GUARD = "the false-alert guard paused it"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was checked before arming: signs up (R17), staff briefed, cameras seen working, and the blue-list test.

    `recognition_test` names the recorded test that the counts are of; without one they are what somebody typed, which
    is kept and never published.
    """

    signage_in_place: bool
    briefing_held: bool
    cameras_checked: bool
    blue_list_passages: int = 0
    blue_list_recognised: int = 0
    recognition_test: RecognitionTestId | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment. `applicants` are all who drafted or submitted; `authority` is the decision in force.

    A rehearsal is marked for life, finds consenting people only and is counted nowhere. `urgent_by` gave an urgent
    authority that still waits for its review or has had it. `watchlist_size` counts the people who were looked
    for when the list was attached, without testers; `watchlist_authority` is the number of the authority it came under,
    and `listed` the list as the rules last saw it, to be held against any new terms.
    """

    deployment: DeploymentId
    rehearsal: bool
    application: Application
    applicants: tuple[StaffId, ...]
    state: DeploymentState = DeploymentState.DRAFT
    authority: Authority | None = None
    urgent_by: StaffId | None = None
    watchlist: WatchlistId | None = None
    watchlist_hash: str | None = None
    watchlist_size: int = 0
    watchlist_authority: int = 0
    listed: Watchlist | None = None
    readiness: Readiness | None = None
    pause_reason: PauseReason | None = None
    went_live_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def urgent_review_by(self) -> datetime | None:
        """When the urgent authority lapses unless it is reviewed before; None when none waits for a review."""
        return None if self.authority is None or self.end_reason in DELETE_EVERYTHING else self.authority.review_by


def urgent_review_overdue(deployment: Deployment, now: datetime) -> bool:
    """Whether an urgent authority waited for its review until its time ran out."""
    return deployment.urgent_review_by is not None and now >= deployment.urgent_review_by


def end_due(deployment: Deployment, now: datetime) -> EndReason | None:
    """Why the clock ends the deployment now, if it does; the hub then ends it as itself, whatever its state.

    An urgent authority that was never reviewed lapses after the end as well: a short use must not outrun its review.
    """
    if urgent_review_overdue(deployment, now):
        return EndReason.URGENT_LAPSED
    under_authority = deployment.authority if deployment.state in UNDER_AUTHORITY else None
    if under_authority is not None and now >= under_authority.terms.window.end:
        return EndReason.WINDOW_OVER
    return None


def latest_moment(deployment: Deployment) -> datetime | None:
    """The moment at which the authority in force ends by itself; None without one."""
    authority = deployment.authority
    if authority is None:
        return None
    return (
        authority.terms.window.end
        if authority.review_by is None
        else min(authority.terms.window.end, authority.review_by)
    )
