"""Deployments: one function for each act, each asking the rules and writing state, plan and audit entry together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from openlfr.policy.application import Application
from openlfr.policy.authority import Terms
from openlfr.policy.deployment import (
    UNDER_AUTHORITY,
    Deployment,
    DeploymentState,
    EndReason,
    PauseReason,
    Readiness,
    end_due,
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
from openlfr.policy.identifiers import (
    AuthorityId,
    DeploymentId,
    RecognitionTestId,
    StaffId,
    WatchlistId,
    is_identifier,
)
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.lifecycle import apply_act
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.policy.watchlist import Watchlist
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import MAX_WORDS
from openlfr.records.camera_places import camera_problems
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import (
    DeploymentRecord,
    deployments_in,
    insert_deployment,
    over_after_urgent_authority,
    read_deployment,
    save_deployment,
)
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import MembershipRegister
from openlfr.records.nodes import written_off
from openlfr.records.plans import issue_plan, needs_renewal
from openlfr.records.presence import present_at
from openlfr.records.reach import reaches
from openlfr.records.recognition_tests import finished_test
from openlfr.records.statistics import guard_verdict, unclassified_alerts

KIND = "deployment"
HUB_ORIGIN = "hub"


class DeploymentLists(Protocol):
    """What deployments ask about watchlists, within their own transaction."""

    def find(self, session: Session, watchlist: WatchlistId) -> Watchlist | None:
        """The list of this identifier as the rules see it, or None."""
        ...

    def remaining(self, session: Session, deployment: DeploymentId) -> int:
        """How many lists of the deployment are not destroyed yet, here or on a node."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for an act on which deployment, and from where.

    `version` is that of the deployment they looked at: if it changed since, they must look again. None acts on
    whatever is there, as stopping must never wait for a fresh look.
    """

    by: Actor
    deployment: DeploymentId
    origin: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenDecision:
    """What an authorising officer writes: the terms that hold, why, and the outside authority where one is needed."""

    terms: Terms
    reason: str
    external_reference: str | None = None


Making = Callable[[Session, DeploymentRecord], Act | Refusal]


@dataclass(frozen=True, slots=True)
class Deployments:
    """The service for deployments. Every act gives the deployment as it is afterwards, or its refusal, logged."""

    records: HubRecords
    profiles: Mapping[str, JurisdictionProfile]
    lists: DeploymentLists

    def draft(
        self, by: Actor, application: Application, origin: str, *, profile: str = "uk", rehearsal: bool = False
    ) -> DeploymentRecord | Refusal:
        """Begin a deployment with a draft of its application."""
        deployment = Deployment(DeploymentId(self.records.new_id()), rehearsal, application, (by.staff,))
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.DRAFT_APPLICATION, self.records.clock())
            problems = (*malformed(application), *_misplaced(self.records, session, by, application))
            refusal: Refusal | None = None
            if isinstance(verdict, Refusal):
                refusal = verdict
            elif profile not in self.profiles:
                refusal = Refusal(RefusalCode.UNKNOWN_RECORD, f"There is no jurisdiction profile {profile!r} here.")
            elif problems:
                refusal = refused_fields("The draft", problems)
            record = reference(KIND, deployment.deployment)
            if refusal is not None:
                return write_refused(self.records, session, by, Action.DRAFT_APPLICATION, record, origin, refusal)
            kept = insert_deployment(self.records, session, deployment, profile)
            write_done(self.records, session, by, Action.DRAFT_APPLICATION, record, origin, "New draft.")
            return kept

    def redraft(self, asked: Asked, application: Application) -> DeploymentRecord | Refusal:
        """Rewrite the application of a draft."""

        def make(session: Session, _record: DeploymentRecord) -> Act | Refusal:
            problems = tuple(_misplaced(self.records, session, asked.by, application))
            return refused_fields("The draft", problems) if problems else Draft(application)

        return self._act(asked, Action.DRAFT_APPLICATION, make, "Redrafted.")

    def submit(self, asked: Asked) -> DeploymentRecord | Refusal:
        """Hand in the application."""

        def make(session: Session, record: DeploymentRecord) -> Act:
            terms = record.deployment.application.terms
            certificate = read_certificate(session, terms.certificate)
            return Submit(self.profiles[record.profile], certificate)

        return self._act(asked, Action.SUBMIT_APPLICATION, make, "Submitted.")

    def withdraw(self, asked: Asked) -> DeploymentRecord | Refusal:
        """Take a submitted application back."""
        return self._act(asked, Action.WITHDRAW_APPLICATION, lambda _s, _r: Withdraw(), "Withdrawn.")

    def authorise(self, asked: Asked, decision: WrittenDecision) -> DeploymentRecord | Refusal:
        """Give the authority, signed by the hub's key."""
        making = self._deciding(asked.by, decision, Authorise)
        return self._act(asked, Action.AUTHORISE_DEPLOYMENT, making, decision.reason)

    def authorise_urgently(self, asked: Asked, decision: WrittenDecision) -> DeploymentRecord | Refusal:
        """Give an authority that ends by itself, and deletes everything, unless it is confirmed in time."""
        making = self._deciding(asked.by, decision, AuthoriseUrgently)
        return self._act(asked, Action.AUTHORISE_URGENTLY, making, decision.reason)

    def confirm_urgent(self, asked: Asked, decision: WrittenDecision) -> DeploymentRecord | Refusal:
        """Confirm an urgent authority by a written one."""
        making = self._deciding(asked.by, decision, lambda made: ReviewUrgent(decision.reason, made))
        return self._act(asked, Action.REVIEW_URGENT_AUTHORITY, making, decision.reason)

    def refuse_urgent(self, asked: Asked, reason: str) -> DeploymentRecord | Refusal:
        """Refuse an urgent authority: the deployment stops, and everything of it is to be deleted."""
        return self._act(asked, Action.REVIEW_URGENT_AUTHORITY, lambda _s, _r: ReviewUrgent(reason, None), reason)

    def change_authority(self, asked: Asked, decision: WrittenDecision) -> DeploymentRecord | Refusal:
        """Replace the terms by a new signed decision; nodes get a new plan at once."""
        making = self._deciding(asked.by, decision, ChangeAuthority)
        return self._act(asked, Action.CHANGE_AUTHORITY, making, decision.reason)

    def reject(self, asked: Asked, reason: str) -> DeploymentRecord | Refusal:
        """Refuse the application."""
        return self._act(asked, Action.REJECT_DEPLOYMENT, lambda _s, _r: Reject(reason), reason)

    def revoke(self, asked: Asked, reason: str) -> DeploymentRecord | Refusal:
        """Take the authority back: the deployment ends."""
        return self._act(asked, Action.REVOKE_AUTHORITY, lambda _s, _r: Revoke(reason), reason)

    def attach_watchlist(self, asked: Asked, watchlist: WatchlistId) -> DeploymentRecord | Refusal:
        """Bind a frozen list to the deployment."""

        def make(session: Session, record: DeploymentRecord) -> Act | Refusal:
            found = self.lists.find(session, watchlist) if is_identifier(watchlist) else None
            if found is None or not reaches(self.records, session, asked.by, found.deployment):
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such watchlist.")
            return AttachWatchlist(found, self.profiles[record.profile])

        return self._act(asked, Action.ATTACH_WATCHLIST, make, "Attached a frozen watchlist.")

    def note_removal(self, session: Session, asked: Asked, watchlist: Watchlist) -> DeploymentRecord | Refusal:
        """Tell the nodes the hash that the list in use has after a removal, in the transaction of the removal."""
        words = "A person was removed from the watchlist in use."
        return self._act_in(session, asked, Action.REMOVE_FROM_WATCHLIST, lambda _s, _r: NoteRemoval(watchlist), words)

    def record_readiness(
        self, asked: Asked, readiness: Readiness, test: RecognitionTestId | None = None
    ) -> DeploymentRecord | Refusal:
        """Record that signs, briefing, cameras and the test are done; `test` is the finished blue-list test."""

        def make(session: Session, _: DeploymentRecord) -> Act | Refusal:
            if test is None:
                return RecordReadiness(readiness)
            tested = finished_test(self.records, session, test, asked.by)
            return tested if isinstance(tested, Refusal) else RecordReadiness(readiness, tested)

        words = "Ready." if test is None else f"Ready, after the blue-list test {test}."
        return self._act(asked, Action.RECORD_READINESS, make, words[:MAX_WORDS])

    def go_live(self, asked: Asked) -> DeploymentRecord | Refusal:
        """Start: nodes get the order to analyse."""

        return self._act(asked, Action.GO_LIVE, lambda s, r: GoLive(self._start(s, r)), "Live.")

    def pause(self, asked: Asked) -> DeploymentRecord | Refusal:
        """Stop analysing for now."""
        return self._act(asked, Action.PAUSE_DEPLOYMENT, lambda _s, _r: Pause(), "Paused.")

    def pause_for_guard(self, session: Session, deployment: DeploymentId, sentence: str) -> DeploymentRecord | Refusal:
        """Let the false-alert guard pause, in the transaction of the decision that tripped it."""
        asked = Asked(THE_HUB, deployment, HUB_ORIGIN)
        return self._act_in(session, asked, Action.PAUSE_DEPLOYMENT, lambda _s, _r: Pause(PauseReason.GUARD), sentence)

    def resume(self, asked: Asked, reason: str) -> DeploymentRecord | Refusal:
        """Go on after a pause."""

        def make(session: Session, record: DeploymentRecord) -> Act:
            guard = guard_verdict(session, asked.deployment, self.profiles[record.profile])
            return Resume(reason, self._start(session, record), guard.level)

        return self._act(asked, Action.RESUME_DEPLOYMENT, make, reason)

    def _start(self, session: Session, record: DeploymentRecord) -> Start:
        profile, authority = self.profiles[record.profile], record.deployment.authority
        certificate = None if authority is None else read_certificate(session, authority.terms.certificate)
        return Start(profile, certificate, present_at(session, record.deployment, profile, self.records.clock()))

    def end(self, asked: Asked, reason: EndReason = EndReason.COMPLETED) -> DeploymentRecord | Refusal:
        """End the deployment: nodes get the order to stop for good."""
        return self._act(asked, Action.END_DEPLOYMENT, lambda _s, _r: End(reason), f"Ended: {reason}.")

    def record_purge(self, deployment: DeploymentId) -> DeploymentRecord | Refusal:
        """Note, as the hub, that no watchlist of the deployment is left anywhere."""

        def make(session: Session, record: DeploymentRecord) -> Act | Refusal:
            remaining = self.lists.remaining(session, record.deployment.deployment)
            if remaining:
                return Refusal(
                    RefusalCode.NOT_READY, f"{remaining} watchlists of this deployment are not destroyed yet."
                )
            return RecordPurge()

        asked = Asked(THE_HUB, deployment, HUB_ORIGIN)
        with self.records.database.reading() as session:
            lost = len(written_off(session, deployment))
        words = "No watchlist of this deployment is left."
        if lost:
            words += f" {lost} bundles on lost nodes were written off: nobody can say that they are destroyed."
        return self._act(asked, Action.RECORD_PURGE, make, words)

    def report(self, asked: Asked) -> DeploymentRecord | Refusal:
        """Close the deployment record; every alert that counts must have its published class."""
        return self._act(
            asked,
            Action.REPORT_DEPLOYMENT,
            lambda session, record: Report(unclassified_alerts(session, record.deployment.deployment)),
            "Reported.",
        )

    def review(self, asked: Asked, finding: str) -> DeploymentRecord | Refusal:
        """Record what the deployment was worth."""
        return self._act(asked, Action.REVIEW_DEPLOYMENT, lambda _s, _r: Review(finding), finding)

    def view(self, asked: Asked) -> DeploymentRecord | Refusal:
        """The deployment with everything written in it; the look is in the audit log first."""
        with self.records.database.writing() as session:
            record = reference(KIND, asked.deployment)
            verdict = may_act(asked.by, Action.VIEW_DEPLOYMENT, self.records.clock())
            found: DeploymentRecord | Refusal = (
                verdict
                if isinstance(verdict, Refusal)
                else read_deployment(self.records, session, asked.deployment, asked.by) or _unknown()
            )
            if isinstance(found, Refusal):
                return write_refused(
                    self.records, session, asked.by, Action.VIEW_DEPLOYMENT, record, asked.origin, found
                )
            write_done(self.records, session, asked.by, Action.VIEW_DEPLOYMENT, record, asked.origin, "Looked at.")
            return found

    def end_those_due(self) -> Sequence[DeploymentRecord]:
        """End, as the hub, every deployment whose time or urgent authority ran out; the hub calls this all the time."""
        ended = []
        with self.records.database.writing() as session:
            under_authority = deployments_in(self.records, session, THE_HUB, *sorted(UNDER_AUTHORITY))
            for record in (*under_authority, *over_after_urgent_authority(self.records, session)):
                reason = end_due(record.deployment, self.records.clock())
                if reason is not None:
                    done = self._end_by_clock(session, record.deployment.deployment, reason)
                    ended.append(done)
        return [each for each in ended if isinstance(each, DeploymentRecord)]

    def renew_plans(self) -> Sequence[DeploymentId]:
        """Extend the leases of plans that have used up half of theirs; the hub calls this all the time."""
        now = self.records.clock()
        renewed = []
        with self.records.database.writing() as session:
            for record in deployments_in(self.records, session, THE_HUB, *sorted(UNDER_AUTHORITY)):
                if needs_renewal(session, record, now):
                    issue_plan(self.records, session, record, self.profiles[record.profile], now)
                    renewed.append(record.deployment.deployment)
        return renewed

    def _end_by_clock(
        self, session: Session, deployment: DeploymentId, reason: EndReason
    ) -> DeploymentRecord | Refusal:
        asked = Asked(THE_HUB, deployment, HUB_ORIGIN)
        act: Act = LapseUrgent() if reason is EndReason.URGENT_LAPSED else End(reason)
        return self._act_in(session, asked, act.action, lambda _s, _r: act, f"Ended: {reason}.")

    def _deciding(self, by: Actor, written: WrittenDecision, act: Callable[[Decision], Act]) -> Making:
        def make(session: Session, record: DeploymentRecord) -> Act | Refusal:
            problems = tuple(camera_problems(self.records, session, by, written.terms))
            if problems:
                return refused_fields("The authority", problems)
            return act(
                Decision(
                    authority=AuthorityId(self.records.new_id()),
                    terms=written.terms,
                    reason=written.reason,
                    profile=self.profiles[record.profile],
                    certificate=read_certificate(session, written.terms.certificate),
                    external_reference=written.external_reference,
                )
            )

        return make

    def _act(self, asked: Asked, action: Action, make: Making, words: str) -> DeploymentRecord | Refusal:
        with self.records.database.writing() as session:
            return self._act_in(session, asked, action, make, words)

    def _act_in(
        self, session: Session, asked: Asked, action: Action, make: Making, words: str
    ) -> DeploymentRecord | Refusal:
        """The one way an act is carried out: rules, rows, plan and audit entry, all kept or none."""
        now = self.records.clock()
        log = reference(KIND, asked.deployment)
        done = self._changed(session, asked, action, make)
        if isinstance(done, Refusal):
            return write_refused(self.records, session, asked.by, action, log, asked.origin, done)
        before, after = done
        submitted_by: StaffId | None = asked.by.staff if action is Action.SUBMIT_APPLICATION else None
        kept = save_deployment(self.records, session, before, after, submitted_by)
        issue_plan(self.records, session, kept, self.profiles[kept.profile], now)
        if after.state is DeploymentState.ENDED and after.ended_at is not None:
            MembershipRegister(self.records).start_clock(session, asked.deployment, after.ended_at)
        write_done(self.records, session, asked.by, action, log, asked.origin, words)
        return kept

    def _changed(
        self, session: Session, asked: Asked, action: Action, make: Making
    ) -> tuple[DeploymentRecord, Deployment] | Refusal:
        now = self.records.clock()
        # Whoever may not take the action at all, or not here, does not learn whether the deployment exists.
        verdict = may_act(asked.by, action, now)
        if isinstance(verdict, Refusal):
            return verdict
        before = read_deployment(self.records, session, asked.deployment, asked.by)
        if before is None:
            return _unknown()
        if asked.version is not None and asked.version != before.version:
            return Refusal(
                RefusalCode.CHANGED_MEANWHILE,
                "Somebody changed this deployment meanwhile: look at it again, then decide.",
            )
        act = make(session, before)
        if isinstance(act, Refusal):
            return act
        after = apply_act(before.deployment, act, asked.by, now)
        return after if isinstance(after, Refusal) else (before, after)


def _misplaced(records: HubRecords, session: Session, by: Actor, application: Application) -> Iterator[FieldProblem]:
    """What of an application lies beyond the reach of who writes it: it would be gone for them, or look through cameras
    of others."""
    yield from by.reach.place_problems(application.controller, application.location.name)
    yield from camera_problems(records, session, by, application.terms)


def _unknown() -> Refusal:
    return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such deployment.")
