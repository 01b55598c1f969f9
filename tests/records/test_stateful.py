"""Random people try random acts at random moments on real databases: forbidden states stay out of reach."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from tests.support.database import DatabaseSource, HandClock, new_hub_records
from tests.support.deployment_values import APPLICANT, EVERYBODY, NOON, START, actor
from tests.support.every_act import TRIES, Target, alerted_target
from tests.support.staffed_hub import PICTURES, StaffedHub, staffed

from openlfr.link.signed_messages import PLAN_KIND
from openlfr.policy.alert import AlertState, Judgement
from openlfr.policy.deployment import UNDER_AUTHORITY, DeploymentState, latest_moment
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import AlertId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import THE_HUB, Action, Actor, Role
from openlfr.records.alert_store import alerts_of, read_alert
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import verify_audit
from openlfr.records.deployment_store import DeploymentRecord, read_deployment
from openlfr.records.plans import plan_in_force
from openlfr.records.presence import check_in

APPLICANT_WITH_EVERY_ROLE = actor(str(APPLICANT.staff), *Role)
PEOPLE = [*EVERYBODY, actor("bea", Role.AUTHORISING_OFFICER), actor("max", *Role), APPLICANT_WITH_EVERY_ROLE]
WHO_DOES_THE_NEXT_THING = [None, None, None, APPLICANT_WITH_EVERY_ROLE, *EVERYBODY]
JUDGEMENTS = [*[Judgement.ENGAGE] * 4, *Judgement]
NEXT = {
    DeploymentState.DRAFT: (Action.SUBMIT_APPLICATION, Role.APPLICANT),
    DeploymentState.SUBMITTED: (Action.AUTHORISE_DEPLOYMENT, Role.AUTHORISING_OFFICER),
    DeploymentState.AUTHORISED: (Action.ATTACH_WATCHLIST, Role.WATCHLIST_MANAGER),
    DeploymentState.WATCHLIST_BUILT: (Action.RECORD_READINESS, Role.OPERATOR),
    DeploymentState.TESTED: (Action.GO_LIVE, Role.OPERATOR),
    DeploymentState.PAUSED: (Action.RESUME_DEPLOYMENT, Role.AUTHORISING_OFFICER),
    DeploymentState.PURGED: (Action.REPORT_DEPLOYMENT, Role.OPERATOR),
    DeploymentState.REPORTED: (Action.REVIEW_DEPLOYMENT, Role.AUTHORISING_OFFICER),
}
NEXT_OF_ALERT = {
    AlertState.RAISED: (Action.MARK_ALERT_SEEN, Role.OPERATOR),
    AlertState.SEEN: (Action.ADJUDICATE_ALERT, Role.OPERATOR),
    AlertState.ADJUDICATED: (Action.RECORD_ENGAGEMENT, Role.ENGAGEMENT_OFFICER),
    AlertState.ENGAGED: (Action.RECORD_OUTCOME, Role.ENGAGEMENT_OFFICER),
}
reached: set[DeploymentState] = set()
engaged: set[AlertId] = set()


class RandomStory(RuleBasedStateMachine):
    """One deployment on one hub; the rules of hypothesis are what happens to it."""

    source: DatabaseSource
    folder: Path
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock(NOON)
        vault = self.folder / f"vault {next(self.numbers)}"
        self.records = new_hub_records(self.source.fresh(), vault, self.clock)
        self.hub: StaffedHub = staffed(self.records, self.clock)

    @initialize(begun=st.sampled_from(["submitted", "live", "live", "draft"]))
    def a_deployment_and_a_list_are_there(self, begun: str) -> None:
        if begun == "live":
            self.target = alerted_target(self.hub)
            return
        deployment = self.hub.drafted()
        self.target = Target(deployment, self.hub.frozen_list(deployment).watchlist, AlertId("none"))
        if begun == "submitted":
            TRIES[Action.SUBMIT_APPLICATION](self.hub, self.hub.applicant, self.target)

    @rule(people=st.lists(st.sampled_from(WHO_DOES_THE_NEXT_THING), min_size=1, max_size=4))
    def the_deployment_goes_on(self, people: list[Actor | None]) -> None:
        """Step by step, by the right person (None) or by somebody who should not."""
        for by in people:
            state = self.record().deployment.state
            if state is DeploymentState.TESTED:
                self.clock.now = max(self.clock.now, START)
                check_in(self.records, self.hub.operator, self.target.deployment, "gate")
            if state in NEXT:
                action, role = NEXT[state]
                TRIES[action](self.hub, by or self.hub.staff[role], self.target)
            if state is DeploymentState.ENDED:
                self.hub.lists.lists.clear()
                self.hub.deployments.record_purge(self.target.deployment)

    @rule(
        people=st.lists(st.sampled_from(WHO_DOES_THE_NEXT_THING), min_size=2, max_size=5),
        judgement=st.sampled_from(JUDGEMENTS),
    )
    def the_alert_goes_on(self, people: list[Actor | None], judgement: Judgement) -> None:
        """Step by step, by the right person (None) or by somebody who should not; a new one follows a closed one."""
        target = replace(self.target, judgement=judgement)
        for by in people:
            with self.records.database.reading() as session:
                known = read_alert(self.records, session, target.alert, THE_HUB)
            if known is None or known.alert.state not in NEXT_OF_ALERT:
                break
            action, role = NEXT_OF_ALERT[known.alert.state]
            TRIES[action](self.hub, by or self.hub.staff[role], target)
        else:
            return
        if self.record().deployment.state is DeploymentState.LIVE:
            raised = self.hub.raised(self.target.deployment)
            if not isinstance(self.hub.alerts.raise_alert(raised, PICTURES), Refusal):
                self.target = replace(self.target, alert=raised.alert)

    @rule(action=st.sampled_from(sorted(TRIES)), by=st.sampled_from(PEOPLE), judgement=st.sampled_from(Judgement))
    def somebody_tries_something(self, action: Action, by: Actor, judgement: Judgement) -> None:
        before = self.logged()
        TRIES[action](self.hub, by, replace(self.target, judgement=judgement))
        if action is not Action.VIEW_STATISTICS:  # counts are not personal data: only their refusal is logged
            assert self.logged() > before or action is Action.IMPORT_CERTIFICATE

    @rule(minutes=st.sampled_from([1, 1, 1, 2, 5, 20, 90, 400]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.hub.deployments.end_those_due()
        self.hub.alerts.expire_those_due()
        self.hub.deployments.renew_plans()

    @invariant()
    def an_authority_of_somebody_else_holds(self) -> None:
        value = self.record().deployment
        reached.add(value.state)
        if value.state in UNDER_AUTHORITY:
            assert value.authority is not None
            assert value.authority.decided_by not in value.applicants
        if value.state is DeploymentState.LIVE:
            moment = latest_moment(value)
            assert moment is not None
            assert value.readiness is not None
            assert self.clock.now < moment

    @invariant()
    def nodes_analyse_only_what_is_live(self) -> None:
        value = self.record().deployment
        with self.records.database.reading() as session:
            document = plan_in_force(session, value.deployment)
        if document is None:
            assert value.went_live_at is None
            return
        plan = from_document(ArmedPlan, document.opened_by(self.records.signer.public, PLAN_KIND))
        assert (plan.order is Order.ANALYSE) == (value.state is DeploymentState.LIVE)
        if value.ended_at is not None:
            assert plan.order is Order.STOP
        elif value.state is DeploymentState.LIVE:
            assert plan.watchlist_hash == value.watchlist_hash
            assert value.authority is not None
            assert plan.authority == value.authority.authority

    @invariant()
    def nobody_is_engaged_whom_nobody_judged(self) -> None:
        with self.records.database.reading() as session:
            alerts = alerts_of(session, self.target.deployment)
        for each in alerts:
            if each.alert.engaged_by is not None:
                engaged.add(each.alert.alert)
                assert Judgement.ENGAGE in {given.judgement for given in each.alert.adjudications}
            assert (each.alert.closed_at is None) == (each.alert.state not in (AlertState.CLOSED, AlertState.EXPIRED))

    def teardown(self) -> None:
        report = verify_audit(self.records.database, self.records.signer.public, sealer=self.records.sealer)
        assert report.intact, report.problems
        self.records.close()

    def record(self) -> DeploymentRecord:
        with self.records.database.reading() as session:
            found = read_deployment(self.records, session, self.target.deployment, THE_HUB)
        assert found is not None
        return found

    def logged(self) -> int:
        with self.records.database.reading() as session:
            return session.execute(select(func.count()).select_from(AuditEntryRow)).scalar_one()


@pytest.mark.slow
def test_no_sequence_of_acts_reaches_a_forbidden_state(source: DatabaseSource, tmp_path: Path) -> None:
    kind = type("RandomStoryHere", (RandomStory,), {"source": source, "folder": tmp_path})
    reached.clear()
    engaged.clear()
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a failure is told as it was found: shrinking it on a database takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {DeploymentState.LIVE, DeploymentState.ENDED} <= reached, "no deployment got far enough to mean anything"
    assert engaged, "no alert got far enough to mean anything"
