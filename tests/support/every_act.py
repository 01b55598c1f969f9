"""Every act of people, deployments and alerts as one call each: what the role matrix and the random story try."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from tests.support.deployment_values import CERTIFICATE, READY, frozen_list
from tests.support.staffed_hub import PICTURES, TERMINAL, StaffedHub

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import (
    AdjudicationReason,
    EngagementRecord,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    PublishedClass,
    Result,
)
from openlfr.policy.identifiers import AlertId, DeploymentId, StaffId, WatchlistId
from openlfr.policy.roles import Action, Actor, Competence, Role, Skill
from openlfr.records.alerts import AlertAsked
from openlfr.records.certificates import import_certificate
from openlfr.records.presence import check_in, check_out
from openlfr.records.statistics import statistics


@dataclass(frozen=True, slots=True)
class Target:
    """What an act is tried on."""

    deployment: DeploymentId
    watchlist: WatchlistId
    alert: AlertId
    judgement: Judgement = Judgement.ENGAGE


Try = Callable[[StaffedHub, Actor, Target], object]
SOMEBODY = StaffId("0196c000-0000-7000-8000-00000000dead")
REASONS = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)


def _on_deployment(name: str, *arguments: object) -> Try:
    def attempt(hub: StaffedHub, by: Actor, target: Target) -> object:
        return getattr(hub.deployments, name)(hub.asked(by, target.deployment), *arguments)

    return attempt


def _on_alert(name: str, *arguments: object) -> Try:
    def attempt(hub: StaffedHub, by: Actor, target: Target) -> object:
        return getattr(hub.alerts, name)(AlertAsked(by, target.alert, TERMINAL), *arguments)

    return attempt


def _deciding(name: str) -> Try:
    def attempt(hub: StaffedHub, by: Actor, target: Target) -> object:
        return getattr(hub.deployments, name)(hub.asked(by, target.deployment), hub.decision())

    return attempt


def _removed(hub: StaffedHub, by: Actor, target: Target) -> object:
    smaller = frozen_list(watchlist=target.watchlist, deployment=target.deployment, size=9, content_hash="ef" * 32)
    with hub.records.database.writing() as session:
        return hub.deployments.note_removal(session, hub.asked(by, target.deployment), smaller)


def _adjudicated(hub: StaffedHub, by: Actor, target: Target) -> object:
    asked = AlertAsked(by, target.alert, TERMINAL)
    return hub.alerts.adjudicate(asked, Adjudicate(target.judgement, REASONS))


def _outcome(hub: StaffedHub, by: Actor, target: Target) -> object:
    record = EngagementRecord(
        identity=Identity.SAME,
        identity_method=IdentityMethod.DOCUMENT,
        outcome=Outcome.ARREST,
        offence_groups=(OffenceGroup.THEFT,),
        ended_at=hub.clock.now,
        information_given=True,
        powers_used="",
        force_used=False,
        fingerprints_requested=False,
        complaint_reference=None,
        note="",
    )
    return hub.alerts.record_outcome(AlertAsked(by, target.alert, TERMINAL), record)


TRIES: Mapping[Action, Try] = {
    Action.DRAFT_APPLICATION: lambda hub, by, _: hub.deployments.draft(by, hub.application(), TERMINAL),
    Action.SUBMIT_APPLICATION: _on_deployment("submit"),
    Action.WITHDRAW_APPLICATION: _on_deployment("withdraw"),
    Action.AUTHORISE_DEPLOYMENT: _deciding("authorise"),
    Action.AUTHORISE_URGENTLY: _deciding("authorise_urgently"),
    Action.REVIEW_URGENT_AUTHORITY: _deciding("confirm_urgent"),
    Action.CHANGE_AUTHORITY: _deciding("change_authority"),
    Action.REJECT_DEPLOYMENT: _on_deployment("reject", "Not necessary."),
    Action.REVOKE_AUTHORITY: _on_deployment("revoke", "New intelligence."),
    Action.ATTACH_WATCHLIST: lambda hub, by, on: hub.deployments.attach_watchlist(
        hub.asked(by, on.deployment), on.watchlist
    ),
    Action.REMOVE_FROM_WATCHLIST: _removed,
    Action.RECORD_READINESS: _on_deployment("record_readiness", READY),
    Action.GO_LIVE: _on_deployment("go_live"),
    Action.PAUSE_DEPLOYMENT: _on_deployment("pause"),
    Action.RESUME_DEPLOYMENT: _on_deployment("resume", "All clear."),
    Action.END_DEPLOYMENT: _on_deployment("end"),
    Action.REPORT_DEPLOYMENT: _on_deployment("report"),
    Action.REVIEW_DEPLOYMENT: _on_deployment("review", "Worth its cost."),
    Action.VIEW_DEPLOYMENT: _on_deployment("view"),
    Action.VIEW_STATISTICS: lambda hub, by, on: statistics(hub.records, by, on.deployment, TERMINAL),
    Action.CHECK_IN: lambda hub, by, on: check_in(hub.records, by, on.deployment, TERMINAL),
    Action.CHECK_OUT: lambda hub, by, on: check_out(hub.records, by, on.deployment, TERMINAL),
    Action.VIEW_ALERT: _on_alert("view"),
    Action.MARK_ALERT_SEEN: _on_alert("mark_seen"),
    Action.ADJUDICATE_ALERT: _adjudicated,
    Action.RECORD_ENGAGEMENT: _on_alert("engage"),
    Action.RECORD_OUTCOME: _outcome,
    Action.CLOSE_ALERT: _on_alert("close", "Left by train."),
    Action.RECORD_LATER_RESULT: _on_alert("add_later_result", Result.CHARGED, (OffenceGroup.THEFT,)),
    Action.RECLASSIFY_ALERT: _on_alert("reclassify", PublishedClass.FALSE_CONFIRMED, "Reviewed."),
    Action.MANAGE_STAFF: lambda hub, by, _: hub.people.set_roles(by, SOMEBODY, tuple(Role), 1, TERMINAL),
    Action.VIEW_STAFF: lambda hub, by, _: hub.people.everybody(by, TERMINAL),
    Action.RECORD_COMPETENCE: lambda hub, by, _: hub.people.record_competence(
        by, SOMEBODY, Competence(Skill.LIVE_OPERATION, date(2030, 1, 1)), 1, TERMINAL
    ),
    Action.IMPORT_CERTIFICATE: lambda hub, by, _: import_certificate(hub.records, by, CERTIFICATE, TERMINAL),
}

DONE_BY_THE_HUB = frozenset(
    {
        Action.RAISE_ALERT,
        Action.ADD_SHOTS,
        Action.EXPIRE_ALERT,
        Action.LAPSE_URGENT_AUTHORITY,
        Action.RECORD_PURGE,
    }
)
OF_OTHER_SERVICES = frozenset(
    {
        Action.BUILD_WATCHLIST,
        Action.REVIEW_ENTRY,
        Action.GIVE_SECOND_AUTHORITY,
        Action.APPROVE_WATCHLIST,
        Action.FREEZE_WATCHLIST,
        Action.BUNDLE_WATCHLIST,
        Action.DESTROY_WATCHLIST,
        Action.VIEW_WATCHLIST,
        Action.CONFIGURE_CAMERAS,
        Action.RUN_RECOGNITION_TEST,
        Action.PUBLISH_RECORDS,
        Action.EXPORT_EVIDENCE,
        Action.VIEW_KNOWN_ANSWERS,
        Action.ENROL_NODE,
        Action.MANAGE_WEBHOOKS,
        Action.REVOKE_NODE,
        Action.WRITE_OFF_DELIVERY,
        Action.VIEW_FLEET,
        Action.VIEW_CAMERA,
        Action.ROTATE_KEYS,
        Action.READ_AUDIT,
        Action.EXPORT_AUDIT,
        Action.PLACE_LEGAL_HOLD,
        Action.RELEASE_LEGAL_HOLD,
        Action.RUN_PURGE,
        Action.ANSWER_RIGHTS_REQUEST,
    }
)


def alerted_target(hub: StaffedHub) -> Target:
    """A live deployment with one alert."""
    deployment = hub.live()
    value = hub.value(deployment)
    assert value.watchlist is not None
    raised = hub.raised(deployment)
    hub.alerts.raise_alert(raised, PICTURES)
    return Target(deployment, value.watchlist, raised.alert)
