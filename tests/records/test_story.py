"""One whole deployment as a story, from application to reviewed, through the public functions only.

Five people on one hub: an applicant, an authorising officer, a watchlist manager, an operator, an engagement officer.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.database import HandClock, PostgresSource
from tests.support.deployment_values import NOON, READY, START
from tests.support.staffed_hub import PICTURES, SECRET_NAME, TERMINAL, StaffedHub, kept, staffed_from_records
from tests.support.watchlists import with_lists

from openlfr.link.removal_order import read_removal
from openlfr.link.signed_messages import PLAN_KIND
from openlfr.link.watchlist_bundle import BundleLog, DestructionReceipt, OpenedBundle, open_bundle, sign_receipt
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
    PublishedOutcome,
    Result,
)
from openlfr.policy.application import UseCase
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, NodeId
from openlfr.policy.plan import ArmedPlan, Loaded, Order, may_analyse
from openlfr.policy.refusal import Allowed, Refusal
from openlfr.policy.roles import Actor, Role
from openlfr.records.alert_store import AlertRecord, AlertView
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.audit_verify import verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.hub_records import HubRecords
from openlfr.records.plans import plan_in_force
from openlfr.records.presence import check_in, check_ins, check_out
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.statistics import DeploymentStatistics, report_faces_seen, statistics
from openlfr.records.watchlist_use import MadeBundle
from openlfr.sealing.signature import SignedDocument

CAMERA, NODE = CameraId("cam-1"), NodeId("node-1")


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(role for role in Role if role is not Role.ADMINISTRATOR))


def plan(hub: StaffedHub, deployment: DeploymentId) -> ArmedPlan:
    """The plan in force, its signature checked."""
    with hub.records.database.reading() as session:
        document = plan_in_force(session, deployment)
    assert document is not None
    return from_document(ArmedPlan, document.opened_by(hub.records.signer.public, PLAN_KIND))


def analysable(hub: StaffedHub, deployment: DeploymentId) -> bool:
    """What the node answers itself before each frame: the signed plan, who is there, what it has loaded."""
    with hub.records.database.reading() as session:
        present = check_ins(session, deployment)
    ordered = plan(hub, deployment)
    loaded = Loaded(ordered.watchlist_hash, ordered.threshold, ordered.setup)
    return may_analyse(ordered, hub.clock.now, CAMERA, present, loaded) == Allowed()


def done(answer: AlertRecord | Refusal) -> AlertRecord:
    assert not isinstance(answer, Refusal), answer
    return answer


def by(who: Actor, alert: AlertId) -> AlertAsked:
    return AlertAsked(who, alert, TERMINAL)


def test_a_deployment_from_application_to_review(
    hub: StaffedHub, clock: HandClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lists = with_lists(hub)
    deployments, alerts = lists.deployments, hub.alerts

    # Noon. The applicant writes, forgets the assessments, mends it; cannot authorise it; the officer can.
    draft = kept(deployments.draft(hub.applicant, hub.application(assessments=()), TERMINAL))
    deployment = draft.deployment.deployment
    incomplete = deployments.submit(hub.asked(hub.applicant, deployment))
    assert isinstance(incomplete, Refusal)
    assert "data protection impact assessment is missing" in incomplete.sentence
    kept(deployments.redraft(hub.asked(hub.applicant, deployment), hub.application()))
    kept(deployments.submit(hub.asked(hub.applicant, deployment)))
    assert isinstance(deployments.authorise(hub.asked(hub.applicant, deployment), hub.decision()), Refusal)
    kept(deployments.authorise(hub.asked(hub.authoriser, deployment), hub.decision()))

    # The list is imported, reviewed, approved by another person, frozen, attached, and sealed to the one node.
    watchlist = lists.frozen(tmp_path / "drawn", 11, deployment)
    lists.attached(watchlist, deployment)
    bundle = lists.use.bundle(lists.asked(hub.builder, watchlist), [lists.node])
    assert isinstance(bundle, MadeBundle)
    opened = open_bundle(bundle.content, NODE, lists.node_exchange, hub.records.signer.public, BundleLog(()), clock.now)
    assert isinstance(opened, OpenedBundle)
    assert len(opened.entries) == 11

    # The signs are up, everybody is briefed.
    kept(deployments.record_readiness(hub.asked(hub.operator, deployment), READY))
    early = deployments.go_live(hub.asked(hub.operator, deployment))
    assert isinstance(early, Refusal)
    assert early.sentence == "The authorised time starts at 2026-05-11 14:00 UTC."

    # Two o'clock. An officer checks in and the node may analyse, as long as somebody keeps confirming to be there.
    clock.now = START
    assert not isinstance(check_in(hub.records, hub.operator, deployment, TERMINAL), Refusal)
    assert not analysable(hub, deployment)
    kept(deployments.go_live(hub.asked(hub.operator, deployment)))
    assert analysable(hub, deployment)
    clock.advance(timedelta(minutes=31))
    assert not analysable(hub, deployment)
    assert not isinstance(check_in(hub.records, hub.engager, deployment, "phone"), Refusal)
    assert analysable(hub, deployment)

    # Somebody on the list handed himself in: he is off it at once, and the plan in force says so.
    cleared = opened.entries[0].entry.entry
    order = lists.use.remove(lists.asked(hub.operator, watchlist), cleared, "Surrendered this morning.")
    assert isinstance(order, SignedDocument)
    assert plan(hub, deployment).watchlist_hash == read_removal(order, hub.records.signer.public).hash_after
    assert analysable(hub, deployment)

    # A wanted man walks past: seen, judged, approached, arrested.
    wanted = hub.raised(deployment)
    done(alerts.raise_alert(wanted, PICTURES))
    done(alerts.raise_alert(wanted, PICTURES))
    done(alerts.mark_seen(by(hub.operator, wanted.alert)))
    seen = alerts.view(by(hub.operator, wanted.alert))
    assert isinstance(seen, AlertView)
    assert seen.raised.person.name == SECRET_NAME
    agree = Adjudicate(Judgement.ENGAGE, (AdjudicationReason.SUBJECT_FEATURES_AGREE,), "Scar on the chin.", blind=True)
    done(alerts.adjudicate(by(hub.operator, wanted.alert), agree))
    done(alerts.engage(by(hub.engager, wanted.alert)))
    clock.advance(timedelta(minutes=4))
    arrest = EngagementRecord(
        identity=Identity.SAME,
        identity_method=IdentityMethod.FINGERPRINT,
        outcome=Outcome.ARREST,
        offence_groups=(OffenceGroup.WANTED_BY_COURTS,),
        ended_at=clock.now,
        information_given=True,
        powers_used="PACE s.24",
        force_used=False,
        fingerprints_requested=True,
        complaint_reference=None,
        note="Came quietly.",
    )
    done(alerts.record_outcome(by(hub.engager, wanted.alert), arrest))

    # Another is nobody's man, a third is a tester, a fourth nobody answers.
    wrong, tester, unanswered = (
        hub.alerted(deployment),
        hub.alerted(deployment, blue_list=True),
        hub.alerted(deployment),
    )
    differ = Adjudicate(Judgement.NO_MATCH, (AdjudicationReason.SUBJECT_FEATURES_DIFFER,))
    for alert in (wrong, tester):
        done(alerts.mark_seen(by(hub.operator, alert)))
        done(alerts.adjudicate(by(hub.operator, alert), differ))
    clock.advance(timedelta(minutes=15))
    assert [each.alert.alert for each in alerts.expire_those_due()] == [unanswered]

    # A pause, and at eight the clock ends it.
    kept(deployments.pause(hub.asked(hub.engager, deployment)))
    assert not analysable(hub, deployment)
    kept(deployments.resume(hub.asked(hub.operator, deployment), "The march has passed."))
    assert report_faces_seen(hub.records, deployment, NODE, 11_871, "tracks that reached quality/1") == 11_871
    assert not isinstance(check_out(hub.records, hub.operator, deployment, TERMINAL), Refusal)
    clock.now = NOON + timedelta(hours=8)
    assert [each.deployment.deployment for each in deployments.end_those_due()] == [deployment]
    assert not analysable(hub, deployment)
    assert plan(hub, deployment).order is Order.STOP

    # The list is destroyed, here and, as its signed receipt says, on the node.
    (destroyed,) = lists.retention.purge(THE_HUB_ITSELF, "hub", "The deployment has ended.")
    assert destroyed.record.id == watchlist
    assert isinstance(deployments.record_purge(deployment), Refusal)
    receipt = DestructionReceipt(NODE, bundle.bundle, watchlist, clock.now)
    assert lists.use.take_receipt(sign_receipt(lists.node_signer, receipt), "node node-1") is None
    kept(deployments.record_purge(deployment))

    # A day later so are the alerts, and nothing of any of it is on the disk.
    clock.advance(timedelta(hours=24))
    assert len(lists.retention.purge(THE_HUB_ITSELF, "hub", "The period is over.")) == 4
    assert isinstance(alerts.view(by(hub.operator, wanted.alert)), Refusal)
    assert_nothing_is_left(hub.records, request)

    # The record: every alert classed, the arrest's result added, the columns adding up, reported and reviewed.
    unclassed = deployments.report(hub.asked(hub.operator, deployment))
    assert isinstance(unclassed, Refusal)
    done(alerts.reclassify(by(hub.operator, unanswered), PublishedClass.TRUE_UNCONFIRMED, "He boarded a bus."))
    done(alerts.add_later_result(by(hub.operator, wanted.alert), Result.CHARGED, (OffenceGroup.WANTED_BY_COURTS,)))
    kept(deployments.report(hub.asked(hub.operator, deployment)))
    reviewed = kept(deployments.review(hub.asked(hub.authoriser, deployment), "Worth it; better signs next time."))
    assert reviewed.deployment.state is DeploymentState.REVIEWED
    published = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(published, DeploymentStatistics)
    assert_published_as_it_happened(published)

    # And the log holds every step, in order, unbroken.
    report = verify_audit(hub.records.database, hub.records.signer.public, sealer=hub.records.sealer)
    assert report.intact, report.problems
    assert report.head.size > 50

    # Ten years on nothing of it is left but the log.
    clock.advance(timedelta(days=3660))
    assert {each.record.kind for each in lists.retention.purge(THE_HUB_ITSELF, "hub", "Long over.")} == {
        "deployment",
        "membership register",
    }
    assert_nothing_is_left(hub.records, request)


def assert_published_as_it_happened(published: DeploymentStatistics) -> None:
    assert (published.location, published.use_case) == ("North End", UseCase.CRIME_HOTSPOT)
    assert (published.went_live_at, published.duration) == (START, timedelta(hours=6))
    assert (published.watchlist_size, published.threshold) == (11, 0.64)
    assert (published.total_alerts, published.unclassified) == (3, 0)
    assert published.classes == {
        PublishedClass.TRUE_CONFIRMED: 1,
        PublishedClass.TRUE_UNCONFIRMED: 1,
        PublishedClass.FALSE_CONFIRMED: 0,
        PublishedClass.FALSE_UNCONFIRMED: 1,
    }
    assert published.outcomes == {PublishedOutcome.ARREST: 1, PublishedOutcome.OTHER: 0, PublishedOutcome.NO_ACTION: 0}
    assert published.arrest_results[Result.CHARGED] == 1
    assert (published.faces_seen, published.false_alert_rate) == (11_871, 1 / 11_871)


def assert_nothing_is_left(records: HubRecords, request: pytest.FixtureRequest) -> None:
    """The search of the product, and a plain one for the person's name and the pictures in every file there is."""
    report = verify_deletion(records, PURGEABLES)
    assert report.clean, report.findings
    places: list[Path] = [records.vault.folder]
    if records.database.sqlite_file is not None:
        places.append(records.database.sqlite_file.parent)
    else:
        source: PostgresSource = request.getfixturevalue("postgres_source")
        places.append(source.data_folder)
    for place in places:
        for path in place.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert SECRET_NAME.encode() not in content, path
                assert b"the passer-by" not in content, path
                assert b"Name of N/" not in content, path
