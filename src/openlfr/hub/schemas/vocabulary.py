"""The closed lists of the field, generated from the enums of the rules: no screen types one by hand."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from openlfr.capture.pictures import MAX_PICTURE_BYTES
from openlfr.enrolment.duplicates import PairKind
from openlfr.hub.pagination import LARGEST_PAGE
from openlfr.hub.schemas.wire import Answering
from openlfr.policy.alert import (
    ALERT_TRANSITIONS,
    AdjudicationReason,
    AlertState,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    PublishedClass,
    PublishedOutcome,
    Result,
)
from openlfr.policy.application import LARGEST_FOOTFALL, USE_CASES, LocationGround, UseCase
from openlfr.policy.authority import MOST_CAMERAS, MOST_OFFICERS, AuthorityBasis
from openlfr.policy.deployment import TRANSITIONS, DeploymentState, EndReason, PauseReason
from openlfr.policy.guard import GuardLevel
from openlfr.policy.jurisdiction import Aim, AssessmentKind
from openlfr.policy.plan import Order
from openlfr.policy.refusal import RefusalCode
from openlfr.policy.retention import ClockStart, DataClass
from openlfr.policy.roles import LIVE_ROLES, MUST_DIFFER, ROLES_FOR, Action, Role, Skill
from openlfr.policy.text import LONGEST_NAME, LONGEST_TEXT
from openlfr.policy.watchlist import (
    MOST_MARKERS,
    MOST_PICTURES,
    WATCHLIST_TRANSITIONS,
    Category,
    LegalBasis,
    PictureSource,
    WatchlistState,
)
from openlfr.records.audit_entry import Processing
from openlfr.records.watchlist_findings import Verdict
from openlfr.records.watchlist_tables import Outcome as RowOutcome
from openlfr.records.watchlist_tables import Review

_LISTS: Final[Mapping[str, type[StrEnum]]] = {
    "roles": Role,
    "skills": Skill,
    "use_cases": UseCase,
    "location_grounds": LocationGround,
    "aims": Aim,
    "assessment_kinds": AssessmentKind,
    "deployment_states": DeploymentState,
    "authority_bases": AuthorityBasis,
    "end_reasons": EndReason,
    "pause_reasons": PauseReason,
    "node_orders": Order,
    "guard_levels": GuardLevel,
    "categories": Category,
    "legal_bases": LegalBasis,
    "picture_sources": PictureSource,
    "watchlist_states": WatchlistState,
    "reviews": Review,
    "verdicts": Verdict,
    "row_outcomes": RowOutcome,
    "pair_kinds": PairKind,
    "alert_states": AlertState,
    "judgements": Judgement,
    "adjudication_reasons": AdjudicationReason,
    "published_classes": PublishedClass,
    "identities": Identity,
    "identity_methods": IdentityMethod,
    "outcomes": Outcome,
    "published_outcomes": PublishedOutcome,
    "results": Result,
    "offence_groups": OffenceGroup,
    "data_classes": DataClass,
    "clock_starts": ClockStart,
    "processing": Processing,
    "refusal_codes": RefusalCode,
}
_LIMITS: Final[Mapping[str, int]] = {
    "longest_text": LONGEST_TEXT,
    "longest_name": LONGEST_NAME,
    "largest_footfall": LARGEST_FOOTFALL,
    "most_cameras": MOST_CAMERAS,
    "most_officers": MOST_OFFICERS,
    "most_pictures_of_a_person": MOST_PICTURES,
    "most_markers": MOST_MARKERS,
    "largest_picture_bytes": MAX_PICTURE_BYTES,
    "largest_page": LARGEST_PAGE,
}


class Choice(Answering):
    """One choice of a closed list. Requests and answers carry `value`; files of watchlists take `name` as well."""

    name: str = Field(examples=["wanted_by_courts"])
    value: str = Field(examples=["wanted by the courts"])


class ActView(Answering):
    """One act: who may take it, in which states of the record, and what the same person must not have done before."""

    name: str = Field(description="As in the audit log.", examples=["GO_LIVE"])
    words: str = Field(description='Completes the sentence "may not ...".', examples=["take a deployment live"])
    roles: list[Role] = Field(description="Empty: only the hub itself.")
    states: list[str] = Field(description="Empty where no state of a record matters.")
    others_must_have: list[str] = Field(description="Acts on the same record that the same person may not have taken.")


class UseCaseView(Answering):
    """A use case as it is published: its number, the section of the policy, and the ground it implies."""

    value: UseCase
    number: int
    section: str
    ground: LocationGround


Closed: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "ClosedLists",
    __doc__="Every closed list, in the order in which its choices are offered.",
    **dict.fromkeys(_LISTS, (list[Choice], ...)),
)
Limits: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "Limits", __doc__="What forms may hold at most.", **dict.fromkeys(_LIMITS, (int, ...))
)


class Vocabulary(BaseModel):
    """The words and limits of the field, as the rules have them."""

    lists: Closed  # type: ignore[valid-type]
    acts: list[ActView]
    use_cases: list[UseCaseView]
    live_roles: list[Role] = Field(description="Roles that need training that has not run out.")
    limits: Limits  # type: ignore[valid-type]


def vocabulary() -> Vocabulary:
    """Everything above, out of the rules."""
    return Vocabulary(
        lists=Closed(**{name: [_choice(each) for each in kind] for name, kind in _LISTS.items()}),
        acts=[_act(action) for action in Action],
        use_cases=[
            UseCaseView(value=case, number=each.number, section=each.section, ground=each.ground)
            for case, each in USE_CASES.items()
        ],
        live_roles=sorted(LIVE_ROLES),
        limits=Limits(**_LIMITS),
    )


def _choice(member: StrEnum) -> Choice:
    return Choice(name=member.name.lower(), value=member.value)


def _act(action: Action) -> ActView:
    states: Mapping[Action, Any] = {
        **{each: table for each, (table, _) in WATCHLIST_TRANSITIONS.items()},
        **TRANSITIONS,
        **ALERT_TRANSITIONS,
    }
    return ActView(
        name=action.name,
        words=action.value,
        roles=sorted(ROLES_FOR[action]),
        states=sorted(states.get(action, ())),
        others_must_have=sorted(each.name for each in MUST_DIFFER.get(action, ())),
    )
