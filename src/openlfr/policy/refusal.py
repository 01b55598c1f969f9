"""What a rule answers: allowed, refused with a reason, or the fields of a form that are wrong."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a rule said no. Programs branch on the code; people read the sentence beside it."""

    WRONG_ROLE = "wrong_role"
    SAME_PERSON = "same_person"
    NOT_COMPETENT = "not_competent"
    OUT_OF_REACH = "out_of_reach"
    ACCOUNT_CLOSED = "account_closed"
    WRONG_STATE = "wrong_state"
    INVALID_FIELDS = "invalid_fields"
    UNKNOWN_RECORD = "unknown_record"
    CHANGED_MEANWHILE = "changed_meanwhile"
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"
    AUTHORITY_MISSING = "authority_missing"
    EXTERNAL_AUTHORITY_MISSING = "external_authority_missing"
    URGENT_REVIEW_OVERDUE = "urgent_review_overdue"
    ASSESSMENT_OUT_OF_DATE = "assessment_out_of_date"
    NOT_READY = "not_ready"
    NOT_LIVE = "not_live"
    WRONG_CAMERA = "wrong_camera"
    OUTSIDE_WINDOW = "outside_window"
    PLAN_EXPIRED = "plan_expired"
    PLAN_SUPERSEDED = "plan_superseded"
    WRONG_HUB = "wrong_hub"
    NO_OFFICER = "no_officer"
    WRONG_WATCHLIST = "wrong_watchlist"
    WATCHLIST_TOO_OLD = "watchlist_too_old"
    WATCHLIST_TOO_LARGE = "watchlist_too_large"
    WATCHLIST_EMPTY = "watchlist_empty"
    WRONG_THRESHOLD = "wrong_threshold"
    WRONG_MODEL = "wrong_model"
    NOT_CERTIFIED = "not_certified"
    SECOND_PERSON_NEEDED = "second_person_needed"
    ALREADY_DECIDED = "already_decided"
    UNCLASSIFIED_ALERTS = "unclassified_alerts"
    PAUSED_BY_GUARD = "paused_by_guard"
    LEGAL_HOLD = "legal_hold"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rule has nothing against it."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of a form that cannot be accepted; `field` is its dotted path, as in `terms.window.end`."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule said no: nothing was changed. `problems` names the fields when the code is INVALID_FIELDS."""

    code: RefusalCode
    sentence: str
    problems: tuple[FieldProblem, ...] = ()


def wrong_state(action: str, state: StrEnum, legal: Container[StrEnum]) -> Refusal:
    """A refusal of what is not done to something in this state; it says in which states it is."""
    needed = " or ".join(each for each in type(state) if each in legal)
    return Refusal(RefusalCode.WRONG_STATE, f"You may not {action}: it is {state}, and must be {needed}.")


def refused_fields(what: str, problems: Sequence[FieldProblem]) -> Refusal:
    """A refusal of a form, its sentence naming the first field that is wrong and how many more there are."""
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    sentence = f"{what} cannot be accepted: {first.field}: {first.sentence}{more}"
    return Refusal(RefusalCode.INVALID_FIELDS, sentence, tuple(problems))
