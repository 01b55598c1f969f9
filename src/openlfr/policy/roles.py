"""Who may do what: roles, the closed list of actions, and the pairs of people that must differ."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from openlfr.policy.identifiers import StaffId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode


class Role(StrEnum):
    """The software roles; a person may hold several (domain reference, b1)."""

    APPLICANT = "applicant"
    AUTHORISING_OFFICER = "authorising officer"
    WATCHLIST_MANAGER = "watchlist manager"
    OPERATOR = "operator"
    ENGAGEMENT_OFFICER = "engagement officer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Action(StrEnum):
    """Everything that can be asked of the hub. The value completes the sentence "may not ..."."""

    DRAFT_APPLICATION = "draft an application to deploy"
    SUBMIT_APPLICATION = "submit an application to deploy"
    WITHDRAW_APPLICATION = "withdraw an application to deploy"
    AUTHORISE_DEPLOYMENT = "authorise a deployment"
    AUTHORISE_URGENTLY = "authorise a deployment urgently"
    REVIEW_URGENT_AUTHORITY = "review an urgent authority"
    LAPSE_URGENT_AUTHORITY = "let an urgent authority lapse"
    REJECT_DEPLOYMENT = "reject a deployment"
    CHANGE_AUTHORITY = "change what is authorised"
    REVOKE_AUTHORITY = "revoke an authority"
    ATTACH_WATCHLIST = "attach a frozen watchlist to a deployment"
    RECORD_READINESS = "record that a deployment is briefed and tested"
    GO_LIVE = "take a deployment live"
    PAUSE_DEPLOYMENT = "pause a deployment"
    RESUME_DEPLOYMENT = "resume a deployment"
    END_DEPLOYMENT = "end a deployment"
    RECORD_PURGE = "record that a deployment's data are destroyed"
    REPORT_DEPLOYMENT = "report a deployment"
    REVIEW_DEPLOYMENT = "review a deployment"
    CHECK_IN = "check in to a deployment"
    CHECK_OUT = "check out of a deployment"
    VIEW_DEPLOYMENT = "view a deployment"
    VIEW_STATISTICS = "view statistics"
    RUN_RECOGNITION_TEST = "run a blue-list test"
    PUBLISH_RECORDS = "publish deployment records"

    BUILD_WATCHLIST = "build a watchlist"
    REVIEW_ENTRY = "review a watchlist entry"
    GIVE_SECOND_AUTHORITY = "give the second authority for an entry"
    APPROVE_WATCHLIST = "approve a watchlist"
    FREEZE_WATCHLIST = "freeze a watchlist"
    BUNDLE_WATCHLIST = "hand a watchlist to nodes"
    REMOVE_FROM_WATCHLIST = "remove a person from a frozen watchlist"
    DESTROY_WATCHLIST = "destroy a watchlist"
    VIEW_WATCHLIST = "view a watchlist"

    RAISE_ALERT = "raise an alert"
    ADD_SHOTS = "add shots to an alert"
    VIEW_ALERT = "view an alert"
    MARK_ALERT_SEEN = "mark an alert as seen"
    ADJUDICATE_ALERT = "adjudicate an alert"
    RECORD_ENGAGEMENT = "record an engagement"
    RECORD_OUTCOME = "record an outcome"
    RECORD_LATER_RESULT = "record a later result"
    RECLASSIFY_ALERT = "re-classify an alert"
    CLOSE_ALERT = "close an alert"
    EXPIRE_ALERT = "let an alert expire"
    EXPORT_EVIDENCE = "hand out the evidence of an alert"
    VIEW_KNOWN_ANSWERS = "view how known-answer alerts were answered"

    VIEW_STAFF = "view people and roles"
    MANAGE_STAFF = "manage people and roles"
    RECORD_COMPETENCE = "record training and competence"
    CONFIGURE_CAMERAS = "configure cameras"
    ENROL_NODE = "enrol a node"
    MANAGE_WEBHOOKS = "manage webhooks"
    REVOKE_NODE = "revoke a node"
    WRITE_OFF_DELIVERY = "write off a watchlist that a lost node holds"
    VIEW_FLEET = "view nodes and cameras"
    VIEW_CAMERA = "look through a camera"
    IMPORT_CERTIFICATE = "import a threshold certificate"
    ROTATE_KEYS = "rotate keys"
    READ_AUDIT = "read the audit log"
    EXPORT_AUDIT = "export the audit log"
    PLACE_LEGAL_HOLD = "place a legal hold"
    RELEASE_LEGAL_HOLD = "release a legal hold"
    RUN_PURGE = "run the purge"
    ANSWER_RIGHTS_REQUEST = "answer a rights request"


_A, _AO, _W = Role.APPLICANT, Role.AUTHORISING_OFFICER, Role.WATCHLIST_MANAGER
_O, _E, _ADM, _AUD = Role.OPERATOR, Role.ENGAGEMENT_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR

ROLES_FOR: Mapping[Action, frozenset[Role]] = {
    Action.DRAFT_APPLICATION: frozenset({_A}),
    Action.SUBMIT_APPLICATION: frozenset({_A}),
    Action.WITHDRAW_APPLICATION: frozenset({_A}),
    Action.AUTHORISE_DEPLOYMENT: frozenset({_AO}),
    Action.AUTHORISE_URGENTLY: frozenset({_AO, _O}),
    Action.REVIEW_URGENT_AUTHORITY: frozenset({_AO}),
    Action.LAPSE_URGENT_AUTHORITY: frozenset(),
    Action.REJECT_DEPLOYMENT: frozenset({_AO}),
    Action.CHANGE_AUTHORITY: frozenset({_AO}),
    Action.REVOKE_AUTHORITY: frozenset({_AO}),
    Action.ATTACH_WATCHLIST: frozenset({_W}),
    Action.RECORD_READINESS: frozenset({_O}),
    Action.GO_LIVE: frozenset({_O}),
    Action.PAUSE_DEPLOYMENT: frozenset({_AO, _O, _E}),
    Action.RESUME_DEPLOYMENT: frozenset({_AO, _O}),
    Action.END_DEPLOYMENT: frozenset({_AO, _O, _E}),
    Action.RECORD_PURGE: frozenset(),
    Action.REPORT_DEPLOYMENT: frozenset({_O, _AO}),
    Action.REVIEW_DEPLOYMENT: frozenset({_AO}),
    Action.CHECK_IN: frozenset({_O, _E}),
    Action.CHECK_OUT: frozenset({_O, _E}),
    Action.VIEW_DEPLOYMENT: frozenset({_A, _AO, _W, _O, _E, _AUD}),
    Action.VIEW_STATISTICS: frozenset({_A, _AO, _W, _O, _E, _ADM, _AUD}),
    Action.RUN_RECOGNITION_TEST: frozenset({_O, _E}),
    # What is published, the authorising officer answers for.
    Action.PUBLISH_RECORDS: frozenset({_AO}),
    Action.BUILD_WATCHLIST: frozenset({_W}),
    Action.REVIEW_ENTRY: frozenset({_W, _AO}),
    Action.GIVE_SECOND_AUTHORITY: frozenset({_AO}),
    Action.APPROVE_WATCHLIST: frozenset({_W, _AO}),
    Action.FREEZE_WATCHLIST: frozenset({_W}),
    Action.BUNDLE_WATCHLIST: frozenset({_W}),
    Action.REMOVE_FROM_WATCHLIST: frozenset({_W, _AO, _O}),
    Action.DESTROY_WATCHLIST: frozenset({_W}),
    Action.VIEW_WATCHLIST: frozenset({_W, _AO, _O}),
    Action.RAISE_ALERT: frozenset(),
    Action.ADD_SHOTS: frozenset(),
    Action.VIEW_ALERT: frozenset({_O, _E, _AO}),
    Action.MARK_ALERT_SEEN: frozenset({_O, _E}),
    Action.ADJUDICATE_ALERT: frozenset({_O, _E}),
    Action.RECORD_ENGAGEMENT: frozenset({_E}),
    Action.RECORD_OUTCOME: frozenset({_E}),
    Action.RECORD_LATER_RESULT: frozenset({_O, _E}),
    Action.RECLASSIFY_ALERT: frozenset({_O, _AO}),
    Action.CLOSE_ALERT: frozenset({_O, _E}),
    Action.EXPIRE_ALERT: frozenset(),
    # Not those whose judgement a court or complaint will look at.
    Action.EXPORT_EVIDENCE: frozenset({_AO, _AUD}),
    Action.VIEW_KNOWN_ANSWERS: frozenset({_O, _E, _AUD}),
    Action.VIEW_STAFF: frozenset({_ADM, _AUD}),
    Action.MANAGE_STAFF: frozenset({_ADM}),
    Action.RECORD_COMPETENCE: frozenset({_ADM}),
    Action.CONFIGURE_CAMERAS: frozenset({_ADM}),
    Action.ENROL_NODE: frozenset({_ADM}),
    Action.MANAGE_WEBHOOKS: frozenset({_ADM}),
    Action.REVOKE_NODE: frozenset({_ADM}),
    Action.WRITE_OFF_DELIVERY: frozenset({_ADM, _AO}),
    Action.VIEW_FLEET: frozenset({_A, _AO, _O, _E, _ADM, _AUD}),
    Action.VIEW_CAMERA: frozenset({_AO, _O, _E, _ADM}),
    Action.IMPORT_CERTIFICATE: frozenset({_ADM}),
    Action.ROTATE_KEYS: frozenset({_ADM}),
    Action.READ_AUDIT: frozenset({_AUD}),
    Action.EXPORT_AUDIT: frozenset({_AUD}),
    Action.PLACE_LEGAL_HOLD: frozenset({_AO}),
    Action.RELEASE_LEGAL_HOLD: frozenset({_AO}),
    Action.RUN_PURGE: frozenset({_ADM, _W}),
    Action.ANSWER_RIGHTS_REQUEST: frozenset({_AUD}),
}
"""The roles that may take each action; an empty set means no person may, only the hub itself."""

AUTOMATIC: frozenset[Action] = frozenset(
    {
        Action.PAUSE_DEPLOYMENT,
        Action.END_DEPLOYMENT,
        Action.LAPSE_URGENT_AUTHORITY,
        Action.RECORD_PURGE,
        Action.BUNDLE_WATCHLIST,
        Action.RAISE_ALERT,
        Action.ADD_SHOTS,
        Action.EXPIRE_ALERT,
        Action.DESTROY_WATCHLIST,
        Action.RUN_PURGE,
    }
)
"""What the hub may do by itself: it passes on what people decided or must decide, stops and forgets. It never starts or
decides anything: a list goes to the nodes of a deployment because a watchlist manager attached it."""

FOR_THE_WHOLE_HUB: frozenset[Action] = frozenset(
    {
        Action.READ_AUDIT,
        Action.EXPORT_AUDIT,
        Action.ANSWER_RIGHTS_REQUEST,
        Action.RUN_PURGE,
        Action.WRITE_OFF_DELIVERY,
        Action.MANAGE_WEBHOOKS,
        Action.ENROL_NODE,
        Action.REVOKE_NODE,
        Action.IMPORT_CERTIFICATE,
        Action.ROTATE_KEYS,
    }
)
"""What cannot be done for one force or site alone: whoever does it must have rights for the whole hub."""

LIVE_ROLES = frozenset({Role.OPERATOR, Role.ENGAGEMENT_OFFICER})
"""Roles that meet the public; they need training that has not run out (R10)."""

MUST_DIFFER: Mapping[Action, frozenset[Action]] = {
    Action.AUTHORISE_DEPLOYMENT: frozenset({Action.DRAFT_APPLICATION, Action.SUBMIT_APPLICATION}),
    Action.AUTHORISE_URGENTLY: frozenset({Action.DRAFT_APPLICATION, Action.SUBMIT_APPLICATION}),
    Action.REVIEW_URGENT_AUTHORITY: frozenset(
        {Action.DRAFT_APPLICATION, Action.SUBMIT_APPLICATION, Action.AUTHORISE_URGENTLY}
    ),
    Action.CHANGE_AUTHORITY: frozenset({Action.DRAFT_APPLICATION, Action.SUBMIT_APPLICATION}),
    Action.APPROVE_WATCHLIST: frozenset({Action.BUILD_WATCHLIST}),
    Action.GIVE_SECOND_AUTHORITY: frozenset({Action.BUILD_WATCHLIST}),
}
"""Whoever takes the action on the left must not have taken any on the right for the same record (invariant 8)."""


class Skill(StrEnum):
    """What a competence record says a person was trained for."""

    LIVE_OPERATION = "live operation"
    URGENT_AUTHORITY = "urgent authority"


@dataclass(frozen=True, slots=True)
class Competence:
    """A training record; valid up to and including `expires_on`."""

    skill: Skill
    expires_on: date


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a member of staff with the roles and competences they hold now, or the hub itself.

    `reach` says on which deployments the roles count; to those beyond it, there is nothing there.
    """

    staff: StaffId
    roles: frozenset[Role]
    competences: tuple[Competence, ...] = ()
    automatic: bool = False
    reach: Reach = WHOLE_HUB

    def competent(self, skill: Skill, on: date) -> bool:
        return any(each.skill is skill and on <= each.expires_on for each in self.competences)


THE_HUB = Actor(StaffId("hub"), frozenset(), automatic=True)
"""The hub acting by itself: time ran out, the guard tripped, a node reported."""


def may_act(actor: Actor, action: Action, now: datetime) -> Allowed | Refusal:
    """Whether the actor's roles and training allow the action at all, whatever the record.

    A live role whose training ran out counts as not held; other roles of the same person stay good.
    """
    if actor.automatic:
        if action in AUTOMATIC:
            return Allowed()
        return Refusal(RefusalCode.WRONG_ROLE, f"The hub by itself may not {action}: a person must.")
    suitable = actor.roles & ROLES_FOR[action]
    if not suitable:
        needed = " or ".join(sorted(ROLES_FOR[action]))
        need = f"the role {needed} is needed" if needed else "only the hub itself does that"
        return Refusal(RefusalCode.WRONG_ROLE, f"You may not {action}: {need}.")
    if action in FOR_THE_WHOLE_HUB and not actor.reach.whole_hub:
        return Refusal(
            RefusalCode.OUT_OF_REACH,
            f"You may not {action}: your rights are limited to {actor.reach}, and this needs somebody with rights for "
            "the whole hub.",
        )
    today = now.date()
    if suitable <= LIVE_ROLES and not actor.competent(Skill.LIVE_OPERATION, today):
        return Refusal(
            RefusalCode.NOT_COMPETENT,
            f"You may not {action}: your training for live operation is missing or has run out.",
        )
    if action is Action.AUTHORISE_URGENTLY and not actor.competent(Skill.URGENT_AUTHORITY, today):
        return Refusal(
            RefusalCode.NOT_COMPETENT, f"You may not {action}: no current competence for urgent authority is recorded."
        )
    return Allowed()


def may_manage(by: Actor, reach: Reach) -> Allowed | Refusal:
    """Whether somebody may manage an account of this reach, or give this reach to one: never beyond their own."""
    if by.reach.contains(reach):
        return Allowed()
    return Refusal(
        RefusalCode.OUT_OF_REACH,
        f"Your rights are limited to {by.reach}, and this account reaches {reach}: somebody whose rights go as "
        "far must do this.",
    )


def may_follow(actor: Actor, action: Action, earlier: Mapping[Action, Collection[StaffId]]) -> Allowed | Refusal:
    """Whether the actor is a different person from those who took the earlier steps that `action` must not share."""
    for step in sorted(MUST_DIFFER.get(action, frozenset())):
        if actor.staff in earlier.get(step, ()):
            return Refusal(
                RefusalCode.SAME_PERSON,
                f"You may not {action}: you were the one to {step}, and somebody else must decide.",
            )
    return Allowed()
