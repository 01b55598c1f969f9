"""The one function that applies an act to a deployment."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from openlfr.policy.application import aim_problems, application_problems, assessment_problems
from openlfr.policy.authority import Authority, AuthorityBasis, Terms, list_limits, terms_problems
from openlfr.policy.certificates import threshold_allowed
from openlfr.policy.deployment import (
    TRANSITIONS,
    Deployment,
    DeploymentState,
    EndReason,
    PauseReason,
    end_due,
    latest_moment,
    urgent_review_overdue,
)
from openlfr.policy.deployment_acts import (
    Act,
    AttachWatchlist,
    Authorise,
    AuthoriseUrgently,
    ChangeAuthority,
    Decision,
    Draft,
    End,
    GoLive,
    LapseUrgent,
    NoteRemoval,
    Pause,
    RecordPurge,
    RecordReadiness,
    Reject,
    Report,
    Resume,
    Review,
    ReviewUrgent,
    Revoke,
    Start,
    Submit,
    Withdraw,
)
from openlfr.policy.documents import malformed
from openlfr.policy.guard import GuardLevel
from openlfr.policy.identifiers import StaffId
from openlfr.policy.recognition_test import test_speaks_for
from openlfr.policy.refusal import Allowed, FieldProblem, Refusal, RefusalCode, refused_fields, wrong_state
from openlfr.policy.roles import Action, Actor, Role, may_act, may_follow
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.policy.watchlist import Watchlist, WatchlistState, list_refusal


def apply_act(deployment: Deployment, act: Act, by: Actor, now: datetime) -> Deployment | Refusal:
    """The deployment after the act, or why the act is refused; the only way a deployment ever changes.

    Asked in this order: role and training, different people, state, what the act itself needs.
    """
    verdict = may_act(by, act.action, now)
    if isinstance(verdict, Refusal):
        return verdict
    verdict = may_follow(by, act.action, _earlier_steps(deployment))
    if isinstance(verdict, Refusal):
        return verdict
    targets = TRANSITIONS[act.action]
    if deployment.state not in targets:
        return wrong_state(act.action, deployment.state, targets)
    changed = _outcome(deployment, act, by, now)
    if isinstance(changed, Refusal) or changed.state is not deployment.state:
        return changed
    return replace(changed, state=targets[deployment.state])


def _earlier_steps(deployment: Deployment) -> Mapping[Action, tuple[StaffId, ...]]:
    urgent = () if deployment.urgent_by is None else (deployment.urgent_by,)
    return {
        Action.DRAFT_APPLICATION: deployment.applicants,
        Action.SUBMIT_APPLICATION: deployment.applicants,
        Action.AUTHORISE_URGENTLY: urgent,
    }


def _outcome(deployment: Deployment, act: Act, by: Actor, now: datetime) -> Deployment | Refusal:
    match act:
        case Draft(application):
            problems = tuple(malformed(application))
            if problems:
                return refused_fields("The draft", problems)
            applicants = tuple(sorted({*deployment.applicants, by.staff}))
            return replace(deployment, application=application, applicants=applicants)
        case Submit():
            return _submitted(deployment, act, by, now)
        case Withdraw():
            return deployment
        case Authorise(decision):
            return _authorised(deployment, decision, AuthorityBasis.WRITTEN, by, now)
        case AuthoriseUrgently(decision):
            return _authorised(deployment, decision, AuthorityBasis.URGENT, by, now)
        case ReviewUrgent():
            return _urgent_reviewed(deployment, act, by, now)
        case LapseUrgent():
            if not urgent_review_overdue(deployment, now):
                return Refusal(RefusalCode.NOT_YET, "No urgent authority of this deployment is overdue for its review.")
            return _ended(deployment, EndReason.URGENT_LAPSED, now)
        case ChangeAuthority(decision):
            return _authorised(deployment, decision, AuthorityBasis.CHANGE, by, now)
        case Reject(reason):
            return _with_text(deployment, "reason", reason)
        case Revoke(reason):
            return _with_text(_ended(deployment, EndReason.REVOKED, now), "reason", reason)
        case AttachWatchlist():
            return _watchlist_attached(deployment, act)
        case NoteRemoval(watchlist):
            return _removal_noted(deployment, watchlist)
        case RecordReadiness():
            return _ready(deployment, act, now)
        case GoLive(start):
            verdict = _may_run(deployment, start, now)
            return verdict if isinstance(verdict, Refusal) else replace(deployment, went_live_at=now)
        case Pause(reason):
            if by.automatic is not (reason is PauseReason.GUARD):
                return Refusal(
                    RefusalCode.WRONG_ROLE, "Only the false-alert guard may give itself as the reason of a pause."
                )
            return replace(deployment, pause_reason=reason)
        case Resume():
            return _resumed(deployment, act, by, now)
        case End(reason):
            return _end_asked(deployment, reason, by, now)
        case RecordPurge():
            return deployment
        case Report(unclassified_alerts):
            if unclassified_alerts:
                return Refusal(
                    RefusalCode.UNCLASSIFIED_ALERTS,
                    f"{unclassified_alerts} alerts have no class yet: review and classify each before reporting.",
                )
            if deployment.urgent_review_by is not None:
                return Refusal(
                    RefusalCode.NOT_READY,
                    "The urgent authority waits for its review: an authorising officer must confirm or refuse it.",
                )
            return deployment
        case Review(finding):
            return _with_text(deployment, "finding", finding)


def _with_text(deployment: Deployment, field: str, text: str) -> Deployment | Refusal:
    problems = tuple(text_problems(field, text))
    return refused_fields("This decision", problems) if problems else deployment


def _end_asked(deployment: Deployment, reason: EndReason, by: Actor, now: datetime) -> Deployment | Refusal:
    """A person ends when they see fit; the hub by itself only when the clock demands it, and for that reason."""
    over = end_due(deployment, now) is EndReason.WINDOW_OVER and reason is EndReason.WINDOW_OVER
    if by.automatic and not over:
        return Refusal(RefusalCode.NOT_YET, "Nothing ends this deployment yet: its authority still holds.")
    if not by.automatic and reason not in (EndReason.COMPLETED, EndReason.STOPPED):
        return Refusal(RefusalCode.INVALID_FIELDS, "A person ends a deployment as completed or as stopped.")
    return _ended(deployment, reason, now)


def _ended(deployment: Deployment, reason: EndReason, now: datetime) -> Deployment:
    """The deployment over for this reason, since when its authority ran out at the latest, whenever that is noticed.

    A hub that was off for a week must neither publish a week's duration nor keep people's data a week longer.
    """
    if deployment.ended_at is not None:
        return replace(deployment, end_reason=reason)
    ended_at = min(now, latest_moment(deployment) or now)
    return replace(deployment, state=DeploymentState.ENDED, end_reason=reason, ended_at=ended_at)


def _submitted(deployment: Deployment, act: Submit, by: Actor, now: datetime) -> Deployment | Refusal:
    problems = application_problems(deployment.application, act.profile, act.certificate, deployment.rehearsal, now)
    if problems:
        return refused_fields("The application", problems)
    return replace(deployment, applicants=tuple(sorted({*deployment.applicants, by.staff})))


def _authorised(
    deployment: Deployment, decision: Decision, basis: AuthorityBasis, by: Actor, now: datetime
) -> Deployment | Refusal:
    """A new decision in force. One rule for all four ways an authority comes about, so none is laxer than another."""
    profile = decision.profile
    problems: list[FieldProblem] = list(text_problems("reason", decision.reason))
    problems += malformed(decision.terms, "terms")
    previous = deployment.authority
    if previous is not None and deployment.ended_at is not None:
        if decision.terms != previous.terms:
            problems.append(FieldProblem("terms", "This deployment is over: its terms can only stay as they were."))
    else:
        problems += assessment_problems(deployment.application, profile, deployment.rehearsal, now.date())
        problems += terms_problems(decision.terms, profile, decision.certificate, deployment.rehearsal, now)
        problems += aim_problems(deployment.application.aim, decision.terms)
        if deployment.went_live_at is not None and decision.terms.window.start > deployment.went_live_at:
            problems.append(
                FieldProblem("terms.window.start", "This deployment is live already; its start cannot be moved.")
            )
    if problems:
        return refused_fields("The authority", problems)
    urgent = basis is AuthorityBasis.URGENT
    external = decision.external_reference or (previous.external_reference if previous else None)
    if urgent and not profile.urgent_authority:
        return Refusal(
            RefusalCode.AUTHORITY_MISSING, "This profile knows no urgent authority; apply for a written one."
        )
    if external is not None:
        problems = list(text_problems("external_reference", external, longest=LONGEST_NAME))
        if problems:
            return refused_fields("The authority", problems)
    review_by = now + profile.urgent_review if urgent else None
    if basis is AuthorityBasis.CHANGE and previous is not None:
        # A change of terms is not the review that an urgent authority waits for: the clock goes on.
        review_by = previous.review_by
    if profile.external_authority and external is None and review_by is None and not deployment.rehearsal:
        return Refusal(
            RefusalCode.EXTERNAL_AUTHORITY_MISSING,
            "Under this profile a judge or an independent body must have authorised: give its decision's reference.",
        )
    if previous is not None and previous.profile != profile.name:
        return Refusal(RefusalCode.AUTHORITY_MISSING, f"This deployment is under the profile {previous.profile}.")
    authority = Authority(
        authority=decision.authority,
        deployment=deployment.deployment,
        sequence=_sequence(deployment) + 1,
        basis=basis,
        decided_by=by.staff,
        decided_at=now,
        reason=decision.reason,
        terms=decision.terms,
        profile=profile.name,
        policy_version=profile.version,
        external_reference=external,
        review_by=review_by,
    )
    decided = replace(deployment, authority=authority, urgent_by=by.staff if urgent else deployment.urgent_by)
    return decided if previous is None else _still_prepared(decided, previous.terms, decision)


def _still_prepared(decided: Deployment, before: Terms, decision: Decision) -> Deployment | Refusal:
    """The deployment under other terms than before, without what was prepared for those and does not fit these.

    Nobody stays on a list that is too old, expired, or not covered because a deployment was moved to another day or
    its terms were narrowed (R7); what was tested and confirmed is what goes live (R8, R17). While people are looked for
    with the list, such a decision is refused instead; nobody is once everybody was taken off it.
    """
    after, live = decision.terms, decided.went_live_at is not None
    if decided.listed is None or decided.ended_at is not None or (live and decided.listed.size == 0):
        return decided
    unfit = list_refusal(decided.listed, list_limits(after, decision.profile))
    if unfit is not None and live:
        return Refusal(unfit.code, f"The watchlist in use does not fit these terms. {unfit.sentence}")
    if unfit is not None:
        return replace(
            decided,
            state=DeploymentState.AUTHORISED,
            watchlist=None,
            watchlist_hash=None,
            watchlist_size=0,
            listed=None,
            readiness=None,
        )
    if decided.state is DeploymentState.TESTED and _tested_as(before) != _tested_as(after):
        return replace(decided, state=DeploymentState.WATCHLIST_BUILT, readiness=None)
    return decided


def _tested_as(terms: Terms) -> tuple[object, ...]:
    """What readiness was recorded of."""
    return terms.cameras, terms.setup, terms.threshold, terms.window.start, terms.conditions.blue_list_test


def _urgent_reviewed(deployment: Deployment, act: ReviewUrgent, by: Actor, now: datetime) -> Deployment | Refusal:
    if deployment.urgent_review_by is None:
        return Refusal(RefusalCode.ALREADY_DECIDED, "No urgent authority of this deployment waits for a review.")
    problems = tuple(text_problems("reason", act.reason))
    if problems:
        return refused_fields("The review", problems)
    if act.decision is None:
        return _ended(deployment, EndReason.URGENT_REFUSED, now)
    if urgent_review_overdue(deployment, now):
        return Refusal(
            RefusalCode.URGENT_REVIEW_OVERDUE, "The time for the review is over: this deployment stops and is deleted."
        )
    return _authorised(deployment, act.decision, AuthorityBasis.WRITTEN, by, now)


def _watchlist_attached(deployment: Deployment, act: AttachWatchlist) -> Deployment | Refusal:
    terms = _terms_in_force(deployment)
    watchlist = act.watchlist
    if isinstance(terms, Refusal):
        return terms
    if watchlist.deployment != deployment.deployment or watchlist.content_hash is None:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "This watchlist was not built and frozen for this deployment.")
    if watchlist.state is not WatchlistState.FROZEN:
        return Refusal(RefusalCode.WRONG_STATE, f"The watchlist is {watchlist.state}: approve and freeze it first.")
    sequence = _sequence(deployment)
    if deployment.watchlist_hash is not None and sequence <= deployment.watchlist_authority:
        return Refusal(
            RefusalCode.AUTHORITY_MISSING, "This deployment has its watchlist: another one needs a new authority first."
        )
    refusal = list_refusal(watchlist, list_limits(terms, act.profile))
    return refusal or replace(
        deployment,
        watchlist=watchlist.watchlist,
        watchlist_hash=watchlist.content_hash,
        watchlist_size=watchlist.size - watchlist.testers,
        watchlist_authority=sequence,
        listed=watchlist,
    )


def _removal_noted(deployment: Deployment, watchlist: Watchlist) -> Deployment | Refusal:
    if watchlist.watchlist != deployment.watchlist or watchlist.state is not WatchlistState.FROZEN:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "This is not the watchlist in use at this deployment.")
    return replace(deployment, watchlist_hash=watchlist.content_hash, listed=watchlist)


def _sequence(deployment: Deployment) -> int:
    return 0 if deployment.authority is None else deployment.authority.sequence


def _ready(deployment: Deployment, act: RecordReadiness, now: datetime) -> Deployment | Refusal:
    readiness, terms = act.readiness, _terms_in_force(deployment)
    if isinstance(terms, Refusal):
        return terms
    missing = [
        what
        for what, there in (
            ("the signs are up", readiness.signage_in_place),
            ("the staff are briefed", readiness.briefing_held),
            ("the cameras are checked", readiness.cameras_checked),
        )
        if not there
    ]
    if missing:
        return Refusal(
            RefusalCode.NOT_READY, f"The deployment is not ready: confirm first that {' and '.join(missing)}."
        )
    if not 0 <= readiness.blue_list_recognised <= readiness.blue_list_passages:
        return Refusal(
            RefusalCode.INVALID_FIELDS, "Testers recognised cannot be more than their passages, nor below 0."
        )
    if act.tested is not None or terms.conditions.blue_list_test:
        verdict = test_speaks_for(act.tested, deployment, terms, now)
        if isinstance(verdict, Refusal):
            return verdict
    if act.tested is None:
        return replace(deployment, readiness=replace(readiness, recognition_test=None))
    recorded = replace(
        readiness,
        blue_list_passages=act.tested.rate.passages,
        blue_list_recognised=act.tested.rate.recognised,
        recognition_test=act.tested.test,
    )
    return replace(deployment, readiness=recorded)


def _resumed(deployment: Deployment, act: Resume, by: Actor, now: datetime) -> Deployment | Refusal:
    # False alerts that were found out while a person had it paused count as much as those that pause it.
    if deployment.pause_reason is PauseReason.GUARD or act.guard is GuardLevel.PAUSE:
        if Role.AUTHORISING_OFFICER not in by.roles:
            return Refusal(
                RefusalCode.PAUSED_BY_GUARD,
                "There were too many false alerts: only an authorising officer may let this deployment go on.",
            )
        problems = tuple(text_problems("reason", act.reason))
        if problems:
            return refused_fields("The decision to resume", problems)
    verdict = _may_run(deployment, act.start, now)
    return verdict if isinstance(verdict, Refusal) else replace(deployment, pause_reason=None)


def _may_run(deployment: Deployment, start: Start, now: datetime) -> Allowed | Refusal:
    """Whether people may be looked for from now on, for the first time or again after a pause."""
    problems = tuple(assessment_problems(deployment.application, start.profile, deployment.rehearsal, now.date()))
    if problems:
        return Refusal(RefusalCode.ASSESSMENT_OUT_OF_DATE, problems[0].sentence, problems)
    terms = _terms_in_force(deployment)
    if isinstance(terms, Refusal):
        return terms
    if now < terms.window.start:
        return Refusal(RefusalCode.NOT_YET, f"The authorised time starts at {terms.window.start:%Y-%m-%d %H:%M %Z}.")
    if now >= terms.window.end:
        return Refusal(RefusalCode.TOO_LATE, "The authorised time is over.")
    if urgent_review_overdue(deployment, now):
        return Refusal(RefusalCode.URGENT_REVIEW_OVERDUE, "The urgent authority was not reviewed in time.")
    if not set(start.present) & set(terms.officers):
        return Refusal(RefusalCode.NO_OFFICER, "No officer on duty has checked in: check in at the site first.")
    if start.certificate is None or start.certificate.certificate != terms.certificate:
        return Refusal(RefusalCode.NOT_CERTIFIED, "The threshold's certificate is not here any more.")
    return threshold_allowed(start.certificate, terms.setup, terms.largest_watchlist, terms.threshold, now)


def _terms_in_force(deployment: Deployment) -> Terms | Refusal:
    if deployment.authority is None:
        return Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")
    return deployment.authority.terms
