"""Alerts in the database: once each, sealed, decided by people, expiring by themselves, and gone when due."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from tests.support.database import HandClock
from tests.support.deployment_values import END, START, actor
from tests.support.staffed_hub import PICTURES, SECRET_NAME, TERMINAL, StaffedHub, kept, staffed

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import (
    AdjudicationReason,
    AlertState,
    EngagementRecord,
    Identity,
    IdentityMethod,
    Judgement,
    OffenceGroup,
    Outcome,
    PublishedClass,
    PublishedOutcome,
    Result,
)
from openlfr.policy.authority import Conditions
from openlfr.policy.deployment import DeploymentState, PauseReason
from openlfr.policy.direction import Direction
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, NodeId, PlanId
from openlfr.policy.raised_alert import (
    LARGEST_FURTHER_PICTURE_BYTES,
    LARGEST_PICTURE_BYTES,
    MOST_PICTURES,
    AlertPictures,
    FacePlace,
    LaterShots,
    RaisedAlert,
)
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import THE_HUB, Actor, Role
from openlfr.records.alert_purge import PurgeableAlerts, destroy_refused_results
from openlfr.records.alert_reading import alert_picture, further_pictures
from openlfr.records.alert_store import AlertRecord, AlertView
from openlfr.records.alert_tables import AlertContentRow, AlertPicture, AlertPictureRow, AlertRow
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.audit_reading import open_entry
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention
from openlfr.records.statistics import DeploymentStatistics, report_faces_seen, statistics
from openlfr.sealing.vault_file import KeyPurpose

AGREE = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def done(answer: AlertRecord | Refusal) -> AlertRecord:
    assert not isinstance(answer, Refusal), answer
    return answer


def refused(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def by(who: Actor, alert: AlertId, version: int | None = None) -> AlertAsked:
    return AlertAsked(who, alert, TERMINAL, version)


def judged(hub: StaffedHub, alert: AlertId, judgement: Judgement, note: str = "") -> AlertRecord:
    done(hub.alerts.mark_seen(by(hub.operator, alert)))
    return done(hub.alerts.adjudicate(by(hub.operator, alert), Adjudicate(judgement, AGREE, note)))


def record(hub: StaffedHub, identity: Identity, outcome: Outcome, **changes: object) -> EngagementRecord:
    complete = EngagementRecord(
        identity=identity,
        identity_method=IdentityMethod.DOCUMENT,
        outcome=outcome,
        offence_groups=(OffenceGroup.WANTED_BY_COURTS,) if outcome is Outcome.ARREST else (),
        ended_at=hub.clock.now,
        information_given=True,
        powers_used="PACE s.24",
        force_used=False,
        fingerprints_requested=False,
        complaint_reference=None,
        note="",
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def engaged(hub: StaffedHub, alert: AlertId, identity: Identity, outcome: Outcome) -> AlertRecord:
    judged(hub, alert, Judgement.ENGAGE)
    done(hub.alerts.engage(by(hub.engager, alert)))
    hub.clock.advance(MINUTE)
    return done(hub.alerts.record_outcome(by(hub.engager, alert), record(hub, identity, outcome)))


def counted(hub: StaffedHub, deployment: DeploymentId) -> DeploymentStatistics:
    found = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert not isinstance(found, Refusal)
    return found


def acts(hub: StaffedHub, record_id: str) -> list[tuple[str, str, str]]:
    with hub.records.database.reading() as session:
        rows = session.scalars(
            select(AuditEntryRow).where(AuditEntryRow.record_id == record_id).order_by(AuditEntryRow.sequence)
        )
        return [(row.act, row.staff, row.processing) for row in rows]


def test_an_alert_delivered_twice_is_one_alert_and_one_entry(hub: StaffedHub) -> None:
    raised = hub.raised(hub.live())
    first = hub.alerts.raise_alert(raised, PICTURES)
    assert hub.alerts.raise_alert(raised, PICTURES) == first
    assert acts(hub, raised.alert) == [("RAISE_ALERT", "hub", "collection")]


def test_a_late_copy_of_an_alert_does_not_undo_what_people_decided(hub: StaffedHub) -> None:
    raised = hub.raised(hub.live())
    done(hub.alerts.raise_alert(raised, PICTURES))
    judged(hub, raised.alert, Judgement.NO_MATCH)
    assert done(hub.alerts.raise_alert(raised, PICTURES)).alert.state is AlertState.CLOSED


def test_an_officer_sees_everything_and_the_look_is_in_the_log(hub: StaffedHub) -> None:
    raised = hub.raised(hub.live())
    done(hub.alerts.raise_alert(raised, PICTURES))
    seen = hub.alerts.view(by(hub.engager, raised.alert))
    assert isinstance(seen, AlertView)
    assert seen.raised == raised
    assert acts(hub, raised.alert)[-1] == ("VIEW_ALERT", hub.engager.staff, "consultation")


def test_every_look_at_pictures_is_in_the_log_the_further_ones_as_one(hub: StaffedHub) -> None:
    asked = by(hub.engager, hub.alerted(hub.live()))
    seen = [alert_picture(hub.alerts, asked, each) for each in AlertPicture]
    assert seen == [PICTURES.probe, PICTURES.candidate]
    assert further_pictures(hub.alerts, asked) == AlertPictures(PICTURES.probes[1:], PICTURES.candidates[1:])
    assert acts(hub, asked.alert)[-3:] == [("VIEW_ALERT", hub.engager.staff, "consultation")] * 3
    nosy = replace(asked, by=hub.administrator)
    assert refused(further_pictures(hub.alerts, nosy)).code is RefusalCode.WRONG_ROLE


def test_who_may_not_look_sees_nothing_and_the_attempt_is_in_the_log(hub: StaffedHub) -> None:
    alert = hub.alerted(hub.live())
    for nosy in (hub.administrator, hub.applicant, hub.builder, hub.auditor):
        assert refused(hub.alerts.view(by(nosy, alert))).code is RefusalCode.WRONG_ROLE
        assert acts(hub, alert)[-1] == ("VIEW_ALERT", nosy.staff, "none")


def test_nothing_about_the_person_is_in_clear(hub: StaffedHub) -> None:
    alert = hub.alerted(hub.live())
    judged(hub, alert, Judgement.POSSIBLE, note=f"Looks like {SECRET_NAME}.")
    with hub.records.database.reading() as session:
        pictures = session.scalars(select(AlertPictureRow).where(AlertPictureRow.alert_id == alert)).all()
        assert len(pictures) == 4
        rows = [session.get_one(AlertRow, alert), session.get_one(AlertContentRow, alert), *pictures]
        values = [getattr(row, column.key) for row in rows for column in row.__table__.columns]
    for secret in (SECRET_NAME, "N/4711", "Burglary", "passer-by"):
        assert not any(secret.encode() in (each if isinstance(each, bytes) else str(each).encode()) for each in values)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"score": 0.63}, RefusalCode.WRONG_THRESHOLD),
        ({"score": 0.63, "threshold": 0.6}, RefusalCode.WRONG_THRESHOLD),
        ({"camera": CameraId("cam-2")}, RefusalCode.WRONG_CAMERA),
        ({"node": NodeId("node-2")}, RefusalCode.WRONG_CAMERA),
        ({"plan": PlanId("0196c000-0000-7000-8000-00000000dead")}, RefusalCode.NOT_LIVE),
        ({"captured_at": START - MINUTE}, RefusalCode.OUTSIDE_WINDOW),
        ({"captured_at": END + MINUTE}, RefusalCode.OUTSIDE_WINDOW),
        ({"watchlist_hash": "00" * 32}, RefusalCode.WRONG_WATCHLIST),
        ({"deployment": DeploymentId("0196c000-0000-7000-8000-00000000dead")}, RefusalCode.UNKNOWN_RECORD),
        ({"alert": AlertId("7")}, RefusalCode.INVALID_FIELDS),
        ({"quality": float("nan")}, RefusalCode.INVALID_FIELDS),
    ],
)
def test_an_alert_that_no_plan_of_the_hub_covers_is_refused(
    hub: StaffedHub, changes: dict[str, object], code: RefusalCode
) -> None:
    raised = hub.raised(hub.live(), **changes)
    assert refused(hub.alerts.raise_alert(raised, PICTURES)).code is code
    with hub.records.database.reading() as session:
        assert session.execute(select(func.count()).select_from(AlertRow)).scalar_one() == 0


def test_pictures_that_are_too_large_too_many_or_too_few_are_refused(hub: StaffedHub) -> None:
    raised = hub.raised(hub.live())
    first, other = PICTURES.probes
    too_many = replace(raised, probes=raised.probes[:1] * (MOST_PICTURES + 1))
    no_place = replace(raised.probes[0], face=FacePlace(0.5, 0.5, 1e-9))
    for told, probes, words in (
        (raised, (b"p" * (LARGEST_PICTURE_BYTES + 1), other), "A picture has more than 5000000 bytes."),
        (raised, (first, b"p" * (LARGEST_FURTHER_PICTURE_BYTES + 1)), "A further picture has more than 400000 bytes."),
        (raised, (first,), "The alert tells of 2 pictures and comes with 1."),
        (too_many, (first,) * 5, "An alert carries 1 to 4 pictures of each person; this one has 5."),
        (replace(raised, probes=()), (), "An alert carries 1 to 4 pictures of each person; this one has 0."),
        (replace(raised, probes=(no_place,)), (first,), "The place of a face lies outside its picture."),
    ):
        refusal = refused(hub.alerts.raise_alert(told, AlertPictures(probes, PICTURES.candidates)))
        assert (refusal.code, refusal.sentence) == (RefusalCode.INVALID_FIELDS, words)


def test_later_shots_and_the_direction_join_their_alert_once_and_go_with_it(hub: StaffedHub) -> None:
    raised = replace(hub.raised(hub.live()), direction=None)
    before = done(hub.alerts.raise_alert(raised, PICTURES)).version
    shot = replace(raised.probes[1], captured_at=hub.clock.now + timedelta(seconds=1))
    later = LaterShots(raised.alert, raised.deployment, raised.node, Direction.AWAY, (shot,))
    for _ in range(2):
        assert hub.alerts.add_shots(later, [b"a later shot"]) is None
    seen = hub.alerts.view(by(hub.engager, raised.alert))
    assert isinstance(seen, AlertView)
    assert seen.raised == replace(raised, direction=Direction.AWAY, probes=(*raised.probes, shot))
    assert seen.version == before
    further = further_pictures(hub.alerts, by(hub.engager, raised.alert))
    assert isinstance(further, AlertPictures)
    assert further.probes == (PICTURES.probes[1], b"a later shot")
    assert acts(hub, raised.alert)[1:-2] == [("ADD_SHOTS", "hub", "collection")]
    for changes, files, words in (
        ({"node": NodeId("node-2")}, [b"1"], "another node"),
        ({"probes": (replace(shot, quality=1.0), replace(shot, quality=2.0))}, [b"1", b"2"], "at most 4 pictures"),
        ({"direction": Direction.LEFT}, [], "tells of 1 pictures and comes with 0"),
        ({"alert": AlertId(hub.records.new_id())}, [b"1"], "no such alert"),
        ({"direction": Direction.LEFT}, [b"1" * (LARGEST_FURTHER_PICTURE_BYTES + 1)], "more than 400000 bytes"),
    ):
        refusal = hub.alerts.add_shots(replace(later, **changes), files)
        assert refusal is not None
        assert words in refusal.sentence


def test_an_alert_that_was_held_up_by_a_lost_link_is_taken_in_after_the_end(hub: StaffedHub) -> None:
    deployment = hub.live()
    raised = hub.raised(deployment)
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.clock.advance(timedelta(hours=5))
    assert done(hub.alerts.raise_alert(raised, PICTURES)).alert.raised_at == hub.clock.now


def test_two_officers_cannot_both_decide(hub: StaffedHub) -> None:
    alert = hub.alerted(hub.live())
    seen = done(hub.alerts.mark_seen(by(hub.operator, alert))).version
    done(hub.alerts.adjudicate(by(hub.operator, alert, seen), Adjudicate(Judgement.ENGAGE, AGREE)))
    late = hub.alerts.adjudicate(by(hub.engager, alert, seen), Adjudicate(Judgement.NO_MATCH, AGREE))
    assert refused(late).code is RefusalCode.CHANGED_MEANWHILE
    again = hub.alerts.adjudicate(by(hub.engager, alert), Adjudicate(Judgement.NO_MATCH, AGREE))
    assert refused(again).code is RefusalCode.ALREADY_DECIDED


def test_a_judgement_that_reaches_the_hub_after_the_alert_expired_counts_if_it_was_given_in_time(
    hub: StaffedHub,
) -> None:
    alert = hub.alerted(hub.live())
    seen = done(hub.alerts.mark_seen(by(hub.engager, alert))).version
    hub.clock.advance(MINUTE)
    given = Adjudicate(Judgement.NO_MATCH, AGREE, acted_at=hub.clock.now)
    hub.clock.advance(timedelta(hours=1))
    (expired,) = hub.alerts.expire_those_due()
    in_vain = replace(given, acted_at=None)
    assert refused(hub.alerts.adjudicate(by(hub.engager, alert, seen), in_vain)).code is RefusalCode.CHANGED_MEANWHILE
    # Nobody but the clock did anything since it was looked at.
    closed = done(hub.alerts.adjudicate(by(hub.engager, alert, seen), given))
    assert (closed.alert.state, closed.version) == (AlertState.CLOSED, expired.version + 1)
    assert closed.alert.adjudications[0].at == given.acted_at
    with hub.records.database.reading() as session:
        last = session.scalars(select(func.max(AuditEntryRow.sequence)).where(AuditEntryRow.record_id == alert)).one()
    opened = open_entry(hub.records, hub.auditor, last, TERMINAL)
    assert not isinstance(opened, Refusal)
    times = f"On the phone at {given.acted_at:%H:%M:%S}, arrived {hub.clock.now:%H:%M:%S} UTC."
    assert opened.justification == f"no match: {AGREE[0]}. {times}"


def test_an_alert_that_was_closed_on_a_phone_without_a_network_was_closed_then(hub: StaffedHub) -> None:
    alert = hub.alerted(hub.live())
    judged(hub, alert, Judgement.ENGAGE)
    hub.clock.advance(MINUTE)
    at = hub.clock.now
    hub.clock.advance(timedelta(hours=1))
    closed = done(hub.alerts.close(by(hub.engager, alert), "Left by train.", at))
    assert (closed.alert.state, closed.alert.closed_at) == (AlertState.CLOSED, at)
    with hub.records.database.reading() as session:
        last = session.scalars(select(func.max(AuditEntryRow.sequence)).where(AuditEntryRow.record_id == alert)).one()
    opened = open_entry(hub.records, hub.auditor, last, TERMINAL)
    assert not isinstance(opened, Refusal)
    assert opened.justification == (
        f"Left by train. On the phone at {at:%H:%M:%S}, arrived {hub.clock.now:%H:%M:%S} UTC."
    )


def test_where_the_authority_asks_for_two_one_is_not_enough(hub: StaffedHub) -> None:
    deployment = hub.live()
    strict = hub.decision(conditions=Conditions(two_person_verification=True))
    kept(hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), strict))
    alert = hub.alerted(deployment)
    judged(hub, alert, Judgement.ENGAGE)
    assert refused(hub.alerts.engage(by(hub.engager, alert))).code is RefusalCode.SECOND_PERSON_NEEDED
    done(hub.alerts.adjudicate(by(hub.engager, alert), Adjudicate(Judgement.ENGAGE, AGREE)))
    assert done(hub.alerts.engage(by(hub.engager, alert))).alert.state is AlertState.ENGAGED


def test_an_arrest_is_counted_with_its_later_result_and_history(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    engaged(hub, alert, Identity.SAME, Outcome.ARREST)
    groups = (OffenceGroup.VIOLENCE_AGAINST_WOMEN_AND_GIRLS, OffenceGroup.BREACH_OF_COURT_CONDITIONS)
    done(hub.alerts.add_later_result(by(hub.operator, alert), Result.BAILED, groups))
    done(hub.alerts.add_later_result(by(hub.operator, alert), Result.CHARGED, groups))
    found = counted(hub, deployment)
    assert (found.classes[PublishedClass.TRUE_CONFIRMED], found.outcomes[PublishedOutcome.ARREST]) == (1, 1)
    assert (found.arrest_results[Result.BAILED], found.arrest_results[Result.CHARGED]) == (0, 1)
    assert {group for group, number in found.offence_groups.items() if number} == set(groups)


def test_the_published_columns_add_up_and_leave_testers_out(hub: StaffedHub) -> None:
    deployment = hub.live()
    assert report_faces_seen(hub.records, deployment, NodeId("node-1"), 12_000, "tracks/1") == 12_000
    engaged(hub, hub.alerted(deployment), Identity.SAME, Outcome.VOLUNTARY_INTERVIEW)
    engaged(hub, hub.alerted(deployment), Identity.DIFFERENT, Outcome.NO_ACTION)
    judged(hub, hub.alerted(deployment), Judgement.NO_MATCH)
    left = hub.alerted(deployment)
    judged(hub, left, Judgement.POSSIBLE)
    done(hub.alerts.close(by(hub.operator, left), "Left by train."))
    hub.alerted(deployment)
    judged(hub, hub.alerted(deployment, blue_list=True), Judgement.NO_MATCH)
    found = counted(hub, deployment)
    assert found.total_alerts == 5
    assert sum(found.classes.values()) + found.unclassified == found.total_alerts
    assert found.classes == dict.fromkeys(PublishedClass, 1)
    assert found.unclassified == 1
    assert found.outcomes == {PublishedOutcome.ARREST: 0, PublishedOutcome.OTHER: 1, PublishedOutcome.NO_ACTION: 1}
    assert (found.faces_seen, found.false_alerts, found.false_alert_rate) == (12_000, 2, 2 / 12_000)
    assert (found.location, found.watchlist_size, found.threshold) == ("North End", 10, 0.64)
    assert found.went_live_at == START
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    assert counted(hub, deployment).duration == hub.clock.now - START


def test_a_count_of_faces_never_goes_down(hub: StaffedHub) -> None:
    deployment = hub.live()
    node = NodeId("node-1")
    assert report_faces_seen(hub.records, deployment, node, 500, "tracks/1") == 500
    assert report_faces_seen(hub.records, deployment, node, 400, "tracks/1") == 500
    assert report_faces_seen(hub.records, deployment, NodeId("node-2"), 70, "tracks/1") == 70
    assert counted(hub, deployment).faces_seen == 570
    assert counted(hub, deployment).faces_seen_method == "tracks/1"
    assert isinstance(report_faces_seen(hub.records, deployment, node, -1, "tracks/1"), Refusal)
    assert (
        "methods do not add up" in refused(report_faces_seen(hub.records, deployment, node, 9, "detections/1")).sentence
    )


def test_a_rehearsal_is_counted_nowhere(hub: StaffedHub) -> None:
    draft = hub.deployments.draft(hub.applicant, hub.application(), TERMINAL, rehearsal=True)
    deployment = kept(draft).deployment.deployment
    answer = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert refused(answer).sentence == "A rehearsal is counted nowhere and has no statistics."


def test_an_alert_of_a_rehearsal_is_marked_as_a_test_whoever_it_finds(hub: StaffedHub) -> None:
    nobody_sought = hub.decision(categories=())
    application = hub.application(terms=nobody_sought.terms)
    draft = hub.deployments.draft(hub.applicant, application, TERMINAL, rehearsal=True)
    deployment = kept(draft).deployment.deployment
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), nobody_sought))
    hub.make_ready(deployment)
    hub.take_live(deployment)
    hub.alerted(deployment)
    (raised,) = hub.alerts.open_alerts(deployment)
    assert raised.alert.test


def test_too_many_false_alerts_pause_the_deployment_and_say_why(hub: StaffedHub) -> None:
    deployment = hub.live()
    report_faces_seen(hub.records, deployment, NodeId("node-1"), 1000, "tracks/1")
    for number in range(4):
        assert hub.value(deployment).state is DeploymentState.LIVE, number
        judged(hub, hub.alerted(deployment), Judgement.NO_MATCH)
    paused = hub.value(deployment)
    assert (paused.state, paused.pause_reason) == (DeploymentState.PAUSED, PauseReason.GUARD)
    assert ("PAUSE_DEPLOYMENT", "hub", "alteration") in acts(hub, deployment)


def test_false_alerts_found_out_during_a_pause_keep_the_operator_from_going_on(hub: StaffedHub) -> None:
    deployment = hub.live()
    alerts = [hub.alerted(deployment) for _ in range(4)]
    kept(hub.deployments.pause(hub.asked(hub.operator, deployment)))
    for alert in alerts:
        judged(hub, alert, Judgement.NO_MATCH)
    again = hub.deployments.resume(hub.asked(hub.operator, deployment), "All clear.")
    assert refused(again).code is RefusalCode.PAUSED_BY_GUARD
    kept(hub.deployments.resume(hub.asked(hub.authoriser, deployment), "The lens was cleaned."))


def test_false_alerts_of_testers_do_not_pause_anything(hub: StaffedHub) -> None:
    deployment = hub.live()
    report_faces_seen(hub.records, deployment, NodeId("node-1"), 1000, "tracks/1")
    for _ in range(4):
        judged(hub, hub.alerted(deployment, blue_list=True), Judgement.NO_MATCH)
    assert hub.value(deployment).state is DeploymentState.LIVE


def test_an_unanswered_alert_expires_and_blocks_the_report_until_it_is_classified(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    hub.clock.advance(15 * MINUTE - timedelta(seconds=1))
    assert hub.alerts.expire_those_due() == []
    hub.clock.advance(timedelta(seconds=1))
    (expired,) = hub.alerts.expire_those_due()
    assert expired.alert.state is AlertState.EXPIRED
    assert acts(hub, alert)[-1] == ("EXPIRE_ALERT", "hub", "alteration")
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    hub.lists.lists.clear()
    kept(hub.deployments.record_purge(deployment))
    blocked = hub.deployments.report(hub.asked(hub.operator, deployment))
    assert refused(blocked).code is RefusalCode.UNCLASSIFIED_ALERTS
    done(hub.alerts.reclassify(by(hub.operator, alert), PublishedClass.FALSE_UNCONFIRMED, "Two different men."))
    kept(hub.deployments.report(hub.asked(hub.operator, deployment)))


RETENTION = packaged_retention_policy()


def test_when_its_day_is_over_an_alerts_contents_are_destroyed_and_its_decisions_stay(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    engaged(hub, alert, Identity.SAME, Outcome.ARREST)
    still_open = hub.alerted(deployment)
    retention = Retention(hub.records, RETENTION, [PurgeableAlerts()])
    hub.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert retention.purge(THE_HUB_ITSELF, "hub", "Due.") == ()
    hub.clock.advance(timedelta(seconds=1))
    (receipt,) = retention.purge(THE_HUB_ITSELF, "hub", "Due.")
    assert (receipt.record.id, dict(receipt.rows)) == (alert, {"alert_contents": 1, "alert_pictures": 4})
    assert not set(receipt.keys) & hub.records.vault.key_ids(KeyPurpose.ALERT)
    assert refused(hub.alerts.view(by(hub.operator, alert))).code is RefusalCode.UNKNOWN_RECORD
    assert isinstance(hub.alerts.view(by(hub.operator, still_open)), AlertView)
    later = hub.alerts.add_later_result(by(hub.operator, alert), Result.CHARGED, (OffenceGroup.THEFT,))
    assert done(later).alert.later_results[-1].result is Result.CHARGED
    done(hub.alerts.reclassify(by(hub.operator, alert), PublishedClass.TRUE_UNCONFIRMED, "Not certain after all."))
    assert counted(hub, deployment).classes[PublishedClass.TRUE_UNCONFIRMED] == 1


def test_a_refused_urgent_authority_takes_all_its_alerts_along_at_once(hub: StaffedHub) -> None:
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise_urgently(hub.asked(hub.operator, deployment), hub.decision()))
    hub.make_ready(deployment)
    hub.take_live(deployment)
    raised = hub.raised(deployment)
    done(hub.alerts.raise_alert(raised, PICTURES))
    other = hub.alerted(hub.live())
    retention = Retention(hub.records, RETENTION, [PurgeableAlerts()])
    assert destroy_refused_results(hub.records, retention, hub.value(deployment)) == []
    kept(hub.deployments.refuse_urgent(hub.asked(hub.authoriser, deployment), "Not urgent."))
    (receipt,) = destroy_refused_results(hub.records, retention, hub.value(deployment))
    assert isinstance(receipt, PurgeReceipt)
    assert receipt.record.id == raised.alert
    another = replace(raised, alert=AlertId(hub.records.new_id()))
    assert refused(hub.alerts.raise_alert(another, PICTURES)).code is RefusalCode.TOO_LATE
    assert isinstance(hub.alerts.view(by(hub.operator, other)), AlertView)


def test_every_alert_has_a_key_of_its_own(hub: StaffedHub) -> None:
    deployment = hub.live()
    for _ in range(70):  # more than are made at once
        hub.alerted(deployment)
    with hub.records.database.reading() as session:
        keys = session.scalars(select(AlertContentRow.key_id)).all()
    assert len(set(keys)) == 70
    assert set(keys) <= hub.records.vault.key_ids(KeyPurpose.ALERT)


def test_a_step_that_fails_midway_keeps_neither_alert_nor_key_nor_entry(
    hub: StaffedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = hub.live()
    hub.alerted(deployment)
    raised = hub.raised(deployment)

    def full(*_arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("openlfr.records.alerts.write_done", full)
    with pytest.raises(OSError, match="no space left"):
        hub.alerts.raise_alert(raised, PICTURES)
    monkeypatch.undo()
    assert acts(hub, raised.alert) == []
    assert done(hub.alerts.raise_alert(raised, PICTURES)).version == 1


def test_long_texts_in_any_script_come_back_as_written(hub: StaffedHub) -> None:
    note = "'; DELETE FROM alerts; -- =HYPERLINK() 李小龍 \u202e محمد " + "n" * 10_000
    alert = hub.alerted(hub.live())
    judged(hub, alert, Judgement.POSSIBLE, note=note)
    seen = hub.alerts.view(by(hub.operator, alert))
    assert isinstance(seen, AlertView)
    assert seen.alert.adjudications[0].note == note


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE alerts SET score = 0.1", "score_reaches_the_threshold"),
        ("UPDATE alerts SET state = 'closed'", "closed_at_a_moment"),
        ("UPDATE alerts SET state = 'engaged'", "engaged_by_somebody"),
        ("UPDATE alerts SET outcome = 'arrest'", "outcome_of_an_engagement"),
        ("UPDATE alerts SET published_class = 'true alert confirmed'", "classed_when_closed"),
        ("UPDATE alerts SET outcome = 'telling off'", "outcome"),
        ("UPDATE alerts SET plan_id = 'none'", "(?i)foreign key"),
    ],
)
def test_the_database_itself_refuses_forbidden_alerts(hub: StaffedHub, statement: str, check: str) -> None:
    hub.alerted(hub.live())
    with pytest.raises(DBAPIError, match=check), hub.records.database.writing() as session:
        session.execute(text(statement))


def test_open_alerts_are_listed_without_anything_about_the_person(hub: StaffedHub) -> None:
    deployment = hub.live()
    first, second = hub.alerted(deployment), hub.alerted(deployment)
    judged(hub, first, Judgement.NO_MATCH)
    (waiting,) = hub.alerts.open_alerts(deployment)
    assert waiting.alert.alert == second
    assert SECRET_NAME not in repr(waiting)


def test_only_the_officer_who_engaged_records_the_outcome(hub: StaffedHub) -> None:
    alert = hub.alerted(hub.live())
    judged(hub, alert, Judgement.ENGAGE)
    done(hub.alerts.engage(by(hub.engager, alert)))
    colleague = actor("zoe", Role.ENGAGEMENT_OFFICER)
    answer = hub.alerts.record_outcome(by(colleague, alert), record(hub, Identity.SAME, Outcome.ARREST))
    assert "Only the officer who engaged" in refused(answer).sentence


def test_an_alert_cannot_move_to_another_deployment(hub: StaffedHub) -> None:
    raised: RaisedAlert = hub.raised(hub.live())
    done(hub.alerts.raise_alert(raised, PICTURES))
    with hub.records.database.reading() as session:
        assert read_deployment(hub.records, session, raised.deployment, THE_HUB) is not None
    elsewhere = hub.raised(hub.live(), alert=raised.alert)
    assert refused(hub.alerts.raise_alert(elsewhere, PICTURES)).code is RefusalCode.ALREADY_DECIDED
