"""Deployments in the database: acts, versions, plans, check-ins, and what the audit log says of each."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from tests.support.database import HandClock
from tests.support.deployment_values import CERTIFICATE, END, NOON, READY, START, UK, actor
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept, staffed

from openlfr.link.signed_messages import PLAN_KIND
from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, Judgement
from openlfr.policy.authority import Authority, Conditions, Window
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import DeploymentState, EndReason, PauseReason
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import CameraId, DeploymentId, StaffId, WatchlistId
from openlfr.policy.jurisdiction import Aim
from openlfr.policy.plan import ArmedPlan, Loaded, Order, may_analyse
from openlfr.policy.presence import CLOCK_TOLERANCE
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Role
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.certificates import import_certificate
from openlfr.records.deployment_store import AUTHORITY_KIND, signed_authorities
from openlfr.records.deployment_tables import DeploymentRow, PlanRow
from openlfr.records.deployments import Asked, WrittenDecision
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import StaffMember
from openlfr.records.plans import LEASE, plan_in_force
from openlfr.records.presence import CheckIn, check_in, check_ins, check_out
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def entries(hub: StaffedHub, act: str) -> list[AuditEntryRow]:
    with hub.records.database.reading() as session:
        return list(session.scalars(select(AuditEntryRow).where(AuditEntryRow.act == act)))


def plan(hub: StaffedHub, deployment: DeploymentId) -> ArmedPlan:
    """The plan in force, its signature checked."""
    with hub.records.database.reading() as session:
        document = plan_in_force(session, deployment)
    assert document is not None
    return from_document(ArmedPlan, document.opened_by(hub.records.signer.public, PLAN_KIND))


def test_an_act_is_kept_with_its_audit_entry_naming_who_what_and_which(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    (entry,) = entries(hub, "AUTHORISE_DEPLOYMENT")
    assert (entry.staff, entry.role, entry.processing) == (hub.authoriser.staff, "authorising officer", "alteration")
    assert (entry.record_kind, entry.record_id, entry.origin) == ("deployment", deployment, TERMINAL)
    assert hub.value(deployment).state is DeploymentState.AUTHORISED


def test_a_refused_act_changes_nothing_and_is_in_the_log_as_refused(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    before = hub.value(deployment)
    refused = hub.deployments.authorise(hub.asked(hub.operator, deployment), hub.decision())
    assert isinstance(refused, Refusal)
    assert refused.sentence == "You may not authorise a deployment: the role authorising officer is needed."
    assert hub.value(deployment) == before
    (entry,) = entries(hub, "AUTHORISE_DEPLOYMENT")
    assert (entry.staff, entry.role, entry.processing, entry.record_id) == (
        hub.operator.staff,
        "",
        "none",
        deployment,
    )


def test_the_authority_is_signed_by_the_hubs_key_and_numbered(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    stricter = hub.decision(threshold=0.7)
    kept(hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), stricter))
    with hub.records.database.reading() as session:
        documents = signed_authorities(hub.records, session, deployment)
    opened = [from_document(Authority, each.opened_by(hub.records.signer.public, AUTHORITY_KIND)) for each in documents]
    assert [(each.sequence, each.terms.threshold) for each in opened] == [(1, 0.64), (2, 0.7)]
    assert opened[-1] == hub.value(deployment).authority


def test_two_officers_cannot_both_decide(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    seen = kept(hub.deployments.submit(hub.asked(hub.applicant, deployment))).version
    second = actor("bea", Role.AUTHORISING_OFFICER)
    kept(hub.deployments.authorise(Asked(hub.authoriser, deployment, TERMINAL, seen), hub.decision()))
    late = hub.deployments.reject(Asked(second, deployment, TERMINAL, seen), "Not necessary.")
    assert isinstance(late, Refusal)
    assert late.code is RefusalCode.CHANGED_MEANWHILE
    assert hub.value(deployment).state is DeploymentState.AUTHORISED


def test_what_people_wrote_is_sealed_and_comes_back_as_written(hub: StaffedHub) -> None:
    purpose = "'; DROP TABLE deployments; -- =1+1 \u202eمحمد 北京 <script>alert(1)</script> " + "Quibbleworth " * 800
    assert len(purpose) > 10_000
    deployment = hub.drafted(purpose=purpose, necessity=purpose)
    assert hub.value(deployment).application.purpose == purpose
    with hub.records.database.reading() as session:
        row = session.get_one(DeploymentRow, deployment)
        clear = [str(getattr(row, column.key)) for column in DeploymentRow.__table__.columns]
    assert not any("Quibbleworth" in each for each in clear)


@pytest.mark.parametrize(
    "deployment", ["", "' OR '1'='1", "../../etc/passwd", "0196c000-0000-7000-8000-00000000dead", "x" * 9000]
)
def test_a_deployment_that_is_not_there_is_refused_and_its_name_not_repeated(hub: StaffedHub, deployment: str) -> None:
    refused = hub.deployments.submit(hub.asked(hub.applicant, DeploymentId(deployment)))
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.UNKNOWN_RECORD
    (entry,) = entries(hub, "SUBMIT_APPLICATION")
    assert len(entry.record_id) <= 36


def test_whoever_may_not_act_does_not_learn_whether_a_deployment_exists(hub: StaffedHub) -> None:
    nowhere = DeploymentId("0196c000-0000-7000-8000-00000000dead")
    there, not_there = (
        hub.deployments.authorise(hub.asked(hub.operator, each), hub.decision()) for each in (hub.drafted(), nowhere)
    )
    assert there == not_there


def test_going_live_signs_a_plan_that_lets_exactly_its_camera_be_analysed(hub: StaffedHub) -> None:
    deployment = hub.live()
    ordered = plan(hub, deployment)
    assert (ordered.order, ordered.sequence) == (Order.ANALYSE, 2)
    with hub.records.database.reading() as session:
        present = check_ins(session, deployment)
    loaded = Loaded(ordered.watchlist_hash, ordered.threshold, ordered.setup)
    assert may_analyse(ordered, START, CameraId("cam-1"), present, loaded) == Allowed()
    assert isinstance(may_analyse(ordered, START, CameraId("cam-2"), present, loaded), Refusal)


def test_every_change_of_state_is_a_new_plan_with_a_higher_number(hub: StaffedHub) -> None:
    deployment = hub.live()
    kept(hub.deployments.pause(hub.asked(hub.engager, deployment)))
    kept(hub.deployments.resume(hub.asked(hub.operator, deployment), "All clear."))
    kept(hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), hub.decision(threshold=0.7)))
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    with hub.records.database.reading() as session:
        orders = session.scalars(select(PlanRow.node_order).order_by(PlanRow.sequence)).all()
    assert orders == [Order.HOLD, Order.ANALYSE, Order.HOLD, Order.ANALYSE, Order.ANALYSE, Order.STOP]
    assert plan(hub, deployment).threshold == 0.7


def test_a_removal_from_the_list_gives_the_nodes_its_new_hash(hub: StaffedHub) -> None:
    deployment = hub.live()
    (watchlist,) = hub.lists.lists
    smaller = hub.frozen_list(deployment, size=9, content_hash="ef" * 32)
    changed = type(smaller)(**{**{f: getattr(smaller, f) for f in smaller.__slots__}, "watchlist": watchlist})
    with hub.records.database.writing() as session:
        kept(hub.deployments.note_removal(session, hub.asked(hub.operator, deployment), changed))
    assert plan(hub, deployment).watchlist_hash == "ef" * 32


def test_the_lease_of_a_plan_is_extended_at_half_time_and_never_past_the_window(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    long = hub.decision(window=Window(START, START + timedelta(hours=20)))
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), long))
    listed = hub.frozen_list(deployment)
    kept(hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), listed.watchlist))
    kept(hub.deployments.record_readiness(hub.asked(hub.operator, deployment), READY))
    assert plan(hub, deployment).stop_by == NOON + LEASE
    hub.clock.now = NOON + LEASE / 2 - timedelta(seconds=1)
    assert hub.deployments.renew_plans() == []
    hub.clock.advance(timedelta(seconds=1))
    assert hub.deployments.renew_plans() == [deployment]
    assert plan(hub, deployment).stop_by == hub.clock.now + LEASE
    hub.clock.now = START + timedelta(hours=16)
    assert hub.deployments.renew_plans() == [deployment]
    assert plan(hub, deployment).stop_by == START + timedelta(hours=20)
    hub.clock.advance(timedelta(hours=3))
    assert hub.deployments.renew_plans() == []


def test_the_clock_ends_a_deployment_and_orders_the_nodes_to_stop(hub: StaffedHub) -> None:
    deployment = hub.live()
    hub.clock.now = END - timedelta(seconds=1)
    assert hub.deployments.end_those_due() == []
    hub.clock.now = END
    (ended,) = hub.deployments.end_those_due()
    assert (ended.deployment.end_reason, ended.deployment.ended_at) == (EndReason.WINDOW_OVER, END)
    assert plan(hub, deployment).order is Order.STOP
    (entry,) = entries(hub, "END_DEPLOYMENT")
    assert (entry.staff, entry.role) == ("hub", "")


def test_an_urgent_authority_that_nobody_reviews_ends_by_itself(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    late = hub.decision(window=Window(NOON + timedelta(hours=20), NOON + timedelta(hours=40)))
    kept(hub.deployments.authorise_urgently(hub.asked(hub.operator, deployment), late))
    hub.clock.advance(timedelta(hours=24))
    (ended,) = hub.deployments.end_those_due()
    assert ended.deployment.end_reason is EndReason.URGENT_LAPSED
    refused = hub.deployments.confirm_urgent(hub.asked(hub.authoriser, deployment), late)
    assert isinstance(refused, Refusal)


def test_an_urgent_authority_is_confirmed_or_refused_by_somebody_else(hub: StaffedHub) -> None:
    for confirmed in (True, False):
        deployment = hub.drafted()
        kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
        kept(hub.deployments.authorise_urgently(hub.asked(hub.operator, deployment), hub.decision()))
        asked = hub.asked(hub.authoriser, deployment)
        if confirmed:
            record = kept(hub.deployments.confirm_urgent(asked, hub.decision()))
            assert record.deployment.urgent_review_by is None
        else:
            record = kept(hub.deployments.refuse_urgent(asked, "Not urgent."))
            assert record.deployment.end_reason is EndReason.URGENT_REFUSED


def test_an_urgent_use_that_nobody_reviewed_lapses_even_after_its_end(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise_urgently(hub.asked(hub.operator, deployment), hub.decision()))
    hub.make_ready(deployment)
    hub.take_live(deployment)
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.lists.lists.clear()
    kept(hub.deployments.record_purge(deployment))
    unreviewed = hub.deployments.report(hub.asked(hub.operator, deployment))
    assert isinstance(unreviewed, Refusal)
    hub.clock.now = NOON + timedelta(hours=24)
    (lapsed,) = hub.deployments.end_those_due()
    assert (lapsed.deployment.state, lapsed.deployment.end_reason) == (DeploymentState.PURGED, EndReason.URGENT_LAPSED)
    assert hub.deployments.end_those_due() == []
    (entry,) = entries(hub, "LAPSE_URGENT_AUTHORITY")
    assert (entry.staff, entry.role) == ("hub", "")
    assert plan(hub, deployment).order is Order.STOP


def test_a_hub_that_was_off_for_a_week_neither_counts_the_week_nor_keeps_anything_for_it(hub: StaffedHub) -> None:
    deployment = hub.live()
    unanswered = hub.alerted(deployment)
    hub.clock.now = END + timedelta(days=7)
    (ended,) = hub.deployments.end_those_due()
    assert ended.deployment.ended_at == END
    (expired,) = hub.alerts.expire_those_due()
    assert expired.alert.closed_at == START + UK.alert_answer
    retention = Retention(hub.records, packaged_retention_policy(), PURGEABLES)
    (receipt,) = retention.purge(THE_HUB_ITSELF, "hub", "Hourly purge.")
    assert receipt.record.id == unanswered


def test_under_the_european_profile_a_judge_comes_first_and_two_people_verify(hub: StaffedHub) -> None:
    asked_for = hub.application(aim=Aim.SERIOUS_OFFENCE_SUSPECTS)
    draft = kept(hub.deployments.draft(hub.applicant, asked_for, TERMINAL, profile="eu"))
    deployment = draft.deployment.deployment
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    alone = hub.deployments.authorise(hub.asked(hub.authoriser, deployment), hub.decision())
    assert isinstance(alone, Refusal)
    assert alone.code is RefusalCode.EXTERNAL_AUTHORITY_MISSING
    judged = WrittenDecision(hub.decision().terms, "As the court allowed.", "Court of Ghent 2026/44")
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), judged))
    hub.make_ready(deployment)
    hub.take_live(deployment)
    alert = AlertAsked(hub.operator, hub.alerted(deployment), TERMINAL)
    hub.alerts.mark_seen(alert)
    hub.alerts.adjudicate(alert, Adjudicate(Judgement.ENGAGE, (AdjudicationReason.SUBJECT_FEATURES_AGREE,)))
    early = hub.alerts.engage(AlertAsked(hub.engager, alert.alert, TERMINAL))
    assert isinstance(early, Refusal)
    assert early.code is RefusalCode.SECOND_PERSON_NEEDED


def test_nobody_goes_live_before_an_officer_on_duty_checked_in(hub: StaffedHub) -> None:
    deployment = hub.tested()
    hub.clock.now = START
    for by in (hub.applicant, actor("stranger", Role.OPERATOR)):
        assert isinstance(check_in(hub.records, by, deployment, TERMINAL), Refusal)
    refused = hub.deployments.go_live(hub.asked(hub.operator, deployment))
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.NO_OFFICER
    assert check_in(hub.records, hub.engager, deployment, TERMINAL) == CheckIn(deployment, hub.engager.staff, START)
    kept(hub.deployments.go_live(hub.asked(hub.operator, deployment)))


def test_a_check_in_is_confirmed_and_ended(hub: StaffedHub) -> None:
    deployment = hub.live()
    hub.clock.advance(timedelta(minutes=10))
    confirmed = check_in(hub.records, hub.operator, deployment, TERMINAL)
    assert isinstance(confirmed, CheckIn)
    assert not isinstance(check_out(hub.records, hub.operator, deployment, TERMINAL), Refusal)
    with hub.records.database.reading() as session:
        assert check_ins(session, deployment) == {}
    again = check_out(hub.records, hub.operator, deployment, TERMINAL)
    assert isinstance(again, Refusal)
    assert again.sentence == "You are not checked in to this deployment."
    assert timedelta(minutes=1) > CLOCK_TOLERANCE


def test_who_has_no_account_any_more_is_not_there(hub: StaffedHub) -> None:
    leaver = hub.another("Les Leaver", Role.OPERATOR)
    deployment = hub.authorised()
    kept(
        hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), hub.decision(officers=(leaver.staff,)))
    )
    assert isinstance(check_in(hub.records, leaver, deployment, TERMINAL), CheckIn)
    with hub.records.database.reading() as session:
        assert list(check_ins(session, deployment)) == [leaver.staff]
    member = hub.people.member(hub.administrator, leaver.staff, TERMINAL)
    assert isinstance(member, StaffMember)
    closed = hub.people.close_account(hub.administrator, member.staff, member.version, TERMINAL)
    assert isinstance(closed, StaffMember)
    with hub.records.database.reading() as session:
        assert check_ins(session, deployment) == {}


def test_no_purge_is_recorded_while_a_list_is_left(hub: StaffedHub) -> None:
    deployment = hub.live()
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    refused = hub.deployments.record_purge(deployment)
    assert isinstance(refused, Refusal)
    assert refused.sentence == "1 watchlists of this deployment are not destroyed yet."
    hub.lists.lists.clear()
    assert kept(hub.deployments.record_purge(deployment)).deployment.state is DeploymentState.PURGED
    (_, entry) = entries(hub, "RECORD_PURGE")
    assert entry.processing == "erasure"


def test_an_unknown_list_profile_or_certificate_is_refused(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    nowhere = hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), WatchlistId("none"))
    assert isinstance(nowhere, Refusal)
    assert nowhere.sentence == "There is no such watchlist."
    elsewhere = hub.deployments.draft(hub.applicant, hub.application(), TERMINAL, profile="moon")
    assert isinstance(elsewhere, Refusal)
    uncertified = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, uncertified)))
    other = hub.decision(certificate="none")
    assert isinstance(hub.deployments.authorise(hub.asked(hub.authoriser, uncertified), other), Refusal)


def test_a_certificate_is_taken_in_once_and_never_exchanged(hub: StaffedHub) -> None:
    assert import_certificate(hub.records, hub.administrator, CERTIFICATE, TERMINAL) == CERTIFICATE
    laxer = ThresholdCertificate(
        **{**{each: getattr(CERTIFICATE, each) for each in CERTIFICATE.__slots__}, "lowest_threshold": 0.1}
    )
    for by in (hub.administrator, hub.operator):
        assert isinstance(import_certificate(hub.records, by, laxer, TERMINAL), Refusal)


def test_conditions_and_reasons_survive_the_database(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    strict = hub.decision(conditions=Conditions(blue_list_test=True, two_person_verification=True))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), strict))
    authority = hub.value(deployment).authority
    assert authority is not None
    assert authority.terms == strict.terms
    assert authority.reason == strict.reason


def test_after_the_guards_pause_an_operator_cannot_go_on(hub: StaffedHub) -> None:
    deployment = hub.live()
    with hub.records.database.writing() as session:
        kept(hub.deployments.pause_for_guard(session, deployment, "4 false alerts in 1000 faces."))
    assert hub.value(deployment).pause_reason is PauseReason.GUARD
    refused = hub.deployments.resume(hub.asked(hub.operator, deployment), "Go on.")
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.PAUSED_BY_GUARD
    kept(hub.deployments.resume(hub.asked(hub.authoriser, deployment), "Camera 2 is off."))


FORBIDDEN: Mapping[str, str] = {
    "UPDATE deployments SET authorised_by = submitted_by": "authorised_by_another",
    "UPDATE deployments SET state = 'live', went_live_at = NULL": "live_since_a_moment",
    "UPDATE deployments SET watchlist_hash = NULL": "listed_before_tested",
    "UPDATE deployments SET authorised_by = NULL": "authorised_by_somebody",
    "UPDATE deployments SET state = 'forgotten'": "state",
    "UPDATE deployments SET window_end = window_start": "window",
    "UPDATE deployments SET threshold = 0": "threshold_in_range",
    "UPDATE deployments SET ended_at = 1": "ended",
    "UPDATE deployments SET version = 0": "version_counts_from_1",
    "UPDATE plans SET stop_by = 0": "analyses_only_before_it_stops",
    "UPDATE faces_seen SET faces = -1": "faces_count_from_0",
}


def test_the_database_itself_refuses_forbidden_states(hub: StaffedHub) -> None:
    deployment = hub.live()
    with hub.records.database.writing() as session:
        session.execute(
            text("INSERT INTO faces_seen VALUES (:deployment, 'node-1', 'tracks/1', 1, 0)"), {"deployment": deployment}
        )
    for statement, check in FORBIDDEN.items():
        with pytest.raises(DBAPIError, match=check), hub.records.database.writing() as session:
            session.execute(text(statement))
    assert hub.value(deployment).state is DeploymentState.LIVE


def test_a_rejected_application_is_kept_with_its_reason_in_the_log(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.withdraw(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.redraft(hub.asked(hub.applicant, deployment), hub.application(purpose="Shorter.")))
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    rejected = kept(hub.deployments.reject(hub.asked(hub.authoriser, deployment), "Not necessary."))
    assert rejected.deployment.state is DeploymentState.REJECTED
    assert rejected.deployment.application.purpose == "Shorter."
    assert len(entries(hub, "REJECT_DEPLOYMENT")) == 1


def test_a_decision_with_a_malformed_text_is_refused_and_nothing_is_kept(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    bad = WrittenDecision(hub.decision(officers=(StaffId("a\x00b"),)).terms, "Fine.")
    refused = hub.deployments.authorise(hub.asked(hub.authoriser, deployment), bad)
    assert isinstance(refused, Refusal)
    assert refused.problems[0].field == "terms.officers.0"
    assert isinstance(hub.deployments.reject(hub.asked(hub.authoriser, deployment), "\ud800"), Refusal)
    assert hub.value(deployment).state is DeploymentState.SUBMITTED
