"""Several forces on one hub: each sees and does only what lies within its own forces and sites."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from tests.records.test_nodes import PIN
from tests.support.database import HandClock
from tests.support.staffed_hub import TERMINAL, StaffedHub, acting, kept, staffed_from_records

from openlfr.policy.identifiers import CameraId, DeploymentId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Actor, Role
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.account_tables import Scope
from openlfr.records.accounts import Accounts
from openlfr.records.alert_purge import PurgeableAlerts
from openlfr.records.alert_reading import list_alerts, open_queue
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import RecordReference
from openlfr.records.camera_places import CameraPlace, place_camera, place_of
from openlfr.records.cameras import Camera, CameraDraft, Cameras
from openlfr.records.deployment_reading import DeploymentsWanted, find_deployments, live_figures, timeline
from openlfr.records.deployments import WrittenDecision
from openlfr.records.hub_records import HubRecords
from openlfr.records.legal_holds import LegalHolds
from openlfr.records.match_events import Recipient, disclose_matches
from openlfr.records.nodes import Nodes
from openlfr.records.people import StaffMember
from openlfr.records.places import Places, places_in_use
from openlfr.records.presence import check_in
from openlfr.records.published import publish
from openlfr.records.retention_reading import holds_in_force
from openlfr.records.sign_in_sessions import Sessions

KENT = Reach(frozenset({"Kent Police"}))
HERE = Reach(frozenset({"borough POLICE "}), frozenset({"North End"}))
"""As the values of tests have it, spelt by somebody in a hurry."""

_Answer = TypeVar("_Answer")


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))


def limited(hub: StaffedHub, reach: Reach, *roles: Role) -> Actor:
    """Somebody new with these roles, whose rights are limited."""
    actor = hub.another(f"Somebody for {reach}", *roles)
    member = ok(hub.people.member(hub.administrator, actor.staff, TERMINAL))
    ok(hub.people.set_reach(hub.administrator, actor.staff, reach, member.version, TERMINAL))
    return acting(hub.people, actor.staff)


def ok(answer: _Answer | Refusal) -> _Answer:
    assert not isinstance(answer, Refusal), answer
    return answer


def code(answer: object) -> RefusalCode:
    assert isinstance(answer, Refusal), answer
    return answer.code


def placed(hub: StaffedHub, place: CameraPlace) -> Camera:
    """A camera that stands somewhere, of a node of its own."""
    node = ok(Nodes(hub.records, PIN).invite(hub.administrator, "Van 1", TERMINAL)).node.node
    camera = ok(Cameras(hub.records).add(hub.administrator, CameraDraft(node, "North", "synthetic:", 40), TERMINAL))
    ok(place_camera(hub.records, hub.administrator, camera.camera, place, TERMINAL))
    return camera


def looking_through(hub: StaffedHub, camera: CameraId) -> WrittenDecision:
    """Terms of tests, with another camera."""
    terms = hub.decision().terms
    return hub.decision(cameras=(replace(terms.cameras[0], camera=camera),))


def found(hub: StaffedHub, by: Actor) -> Sequence[DeploymentId]:
    answer = ok(find_deployments(hub.records, by, DeploymentsWanted(), None, 10, TERMINAL))
    return [each.deployment.deployment for each in answer.records]


def test_a_limited_operator_works_here_and_one_of_another_force_finds_nothing(hub: StaffedHub) -> None:
    deployment = hub.live()
    alert = hub.alerted(deployment)
    kent_only = kept(hub.deployments.draft(hub.applicant, hub.application(controller="Kent Police"), TERMINAL))
    near, far = limited(hub, HERE, Role.OPERATOR), limited(hub, KENT, Role.OPERATOR)

    assert found(hub, near) == [deployment]
    assert found(hub, far) == [kent_only.deployment.deployment]
    assert len(found(hub, hub.operator)) == 2
    for by, count in ((near, 1), (far, 0), (hub.operator, 1)):
        assert len(ok(list_alerts(hub.records, by, deployment, (), None, 10, TERMINAL))) == count
        assert len(ok(open_queue(hub.records, by, deployment, 10, TERMINAL))) == count
        assert len(disclose_matches(hub.records, by, [alert], Recipient("Dispatch", TERMINAL))) == count
    ok(hub.deployments.pause(hub.asked(near, deployment)))
    ok(hub.alerts.view(AlertAsked(near, alert, TERMINAL)))
    ok(hub.alerts.mark_seen(AlertAsked(near, alert, TERMINAL)))
    unknown = hub.deployments.view(hub.asked(far, DeploymentId(hub.records.new_id())))
    assert hub.deployments.view(hub.asked(far, deployment)) == unknown
    for refused in (
        hub.deployments.resume(hub.asked(far, deployment), "Again."),
        hub.alerts.view(AlertAsked(far, alert, TERMINAL)),
        hub.alerts.mark_seen(AlertAsked(far, alert, TERMINAL)),
        live_figures(hub.records, hub.deployments.profiles, hub.asked(far, deployment)),
        timeline(hub.records, hub.asked(far, deployment), None, 10),
        check_in(hub.records, far, deployment, TERMINAL),
    ):
        assert code(refused) is RefusalCode.UNKNOWN_RECORD


def test_an_applicant_applies_within_reach_only_and_an_officer_authorises_there_only(hub: StaffedHub) -> None:
    applicant = limited(hub, HERE, Role.APPLICANT)
    camera = placed(hub, CameraPlace("Borough Police", "north end")).camera
    decision = looking_through(hub, camera)
    application = hub.application(terms=decision.terms)
    draft = kept(hub.deployments.draft(applicant, application, TERMINAL)).deployment.deployment
    elsewhere = replace(application, controller="Kent Police")
    south = replace(application, location=replace(application.location, name="South End"))
    others = replace(application, terms=looking_through(hub, CameraId("cam-of-others")).terms)
    for answer, field in (
        (hub.deployments.draft(applicant, elsewhere, TERMINAL), "controller"),
        (hub.deployments.redraft(hub.asked(applicant, draft), elsewhere), "controller"),
        (hub.deployments.draft(applicant, south, TERMINAL), "location.name"),
        (hub.deployments.draft(applicant, others, TERMINAL), "terms.cameras.0"),
    ):
        assert isinstance(answer, Refusal)
        assert [each.field for each in answer.problems] == [field]
        assert "Your rights are limited to borough POLICE" in answer.sentence
    kept(hub.deployments.submit(hub.asked(applicant, draft)))
    asked = hub.asked(limited(hub, KENT, Role.AUTHORISING_OFFICER), draft)
    assert code(hub.deployments.authorise(asked, decision)) is RefusalCode.UNKNOWN_RECORD
    asked = hub.asked(limited(hub, HERE, Role.AUTHORISING_OFFICER), draft)
    assert code(hub.deployments.authorise(asked, hub.decision())) is RefusalCode.INVALID_FIELDS
    kept(hub.deployments.authorise(asked, decision))


def test_limited_rights_see_the_cameras_within_reach_and_the_nodes_that_run_them(hub: StaffedHub) -> None:
    near, far = limited(hub, HERE, Role.OPERATOR), limited(hub, KENT, Role.OPERATOR)
    cameras, nodes = Cameras(hub.records), Nodes(hub.records, PIN)
    camera = placed(hub, CameraPlace())
    for by, count in ((near, 0), (far, 0), (hub.operator, 1)):
        assert len(ok(cameras.everybody(by, TERMINAL))) == len(ok(nodes.everybody(by, TERMINAL))) == count
    place = CameraPlace("Borough Police", "North End")
    ok(place_camera(hub.records, hub.administrator, camera.camera, place, TERMINAL))
    assert ok(place_of(hub.records, near, camera.camera, TERMINAL)) == place
    for by, count in ((near, 1), (far, 0)):
        assert len(ok(cameras.everybody(by, TERMINAL))) == len(ok(nodes.everybody(by, TERMINAL))) == count
    assert ok(cameras.look(near, camera.camera, TERMINAL)) == camera.node
    for unknown in (
        cameras.look(far, camera.camera, TERMINAL),
        place_of(hub.records, far, camera.camera, TERMINAL),
    ):
        assert code(unknown) is RefusalCode.UNKNOWN_RECORD
    moved = place_camera(hub.records, limited(hub, HERE, Role.ADMINISTRATOR), camera.camera, CameraPlace(), TERMINAL)
    assert isinstance(moved, Refusal)
    assert [each.field for each in moved.problems] == ["force", "site"]
    ok(place_camera(hub.records, hub.administrator, camera.camera, CameraPlace(), TERMINAL))
    assert ok(cameras.everybody(near, TERMINAL)) == []
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    authorised = looking_through(hub, camera.camera)
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), authorised))
    # Who works at a deployment sees what it looks through, also where nobody said whose camera it is.
    assert ok(cameras.everybody(near, TERMINAL)) == [replace(camera, may_set_up=False)]
    assert ok(cameras.everybody(far, TERMINAL)) == []
    ok(cameras.remove(hub.administrator, camera.camera, camera.version, TERMINAL))


def test_a_legal_hold_is_placed_seen_and_released_within_reach(hub: StaffedHub) -> None:
    holds = LegalHolds(hub.records, packaged_retention_policy(), (PurgeableAlerts(),))
    record = RecordReference("alert", hub.alerted(hub.live()))
    near, far = (limited(hub, each, Role.AUTHORISING_OFFICER) for each in (HERE, KENT))
    assert code(holds.place(far, record, "Court", "Appeal.", TERMINAL)) is RefusalCode.UNKNOWN_RECORD
    hold = ok(holds.place(near, record, "Court", "Appeal.", TERMINAL))
    assert ok(holds_in_force(hub.records, holds, near, TERMINAL)) == [hold]
    assert ok(holds_in_force(hub.records, holds, far, TERMINAL)) == []
    assert code(holds.release(far, hold.id, "Court", "Over.", TERMINAL)) is RefusalCode.UNKNOWN_RECORD
    ok(holds.release(near, hold.id, "Court", "Over.", TERMINAL))


def test_a_limited_administrator_manages_who_reaches_no_further(hub: StaffedHub) -> None:
    administrator, people = limited(hub, KENT, Role.ADMINISTRATOR), hub.people
    sessions = Sessions(hub.records, timedelta(minutes=15), timedelta(hours=12))
    accounts, tokens = Accounts(hub.records, sessions), AccessTokens(hub.records)
    colleague = ok(people.add(administrator, "Kay", (Role.OPERATOR,), TERMINAL, KENT))
    stranger = ok(people.add(hub.administrator, "Ed", (Role.OPERATOR,), TERMINAL, HERE))
    whole = ok(people.member(administrator, hub.operator.staff, TERMINAL))

    seen = {each.staff for each in ok(people.everybody(administrator, TERMINAL))}
    assert {colleague.staff, whole.staff} <= seen
    assert stranger.staff not in seen
    for widened in (
        people.add(administrator, "Bo", (), TERMINAL),
        people.set_reach(administrator, colleague.staff, WHOLE_HUB, colleague.version, TERMINAL),
        people.set_roles(administrator, whole.staff, tuple(Role), whole.version, TERMINAL),
        people.close_account(administrator, whole.staff, whole.version, TERMINAL),
        accounts.invite(administrator, whole.staff, "whole.hub", TERMINAL),
        accounts.end_sessions(administrator, whole.staff, TERMINAL),
        tokens.make(administrator, whole.staff, "VMS", (Scope.READ_MATCH_FEED,), hub.clock.now, TERMINAL),
    ):
        assert code(widened) is RefusalCode.OUT_OF_REACH
    for unknown in (
        people.member(administrator, stranger.staff, TERMINAL),
        people.set_roles(administrator, stranger.staff, (), stranger.version, TERMINAL),
        accounts.invite(administrator, stranger.staff, "ed", TERMINAL),
        accounts.sessions_of(administrator, stranger.staff, TERMINAL),
    ):
        assert code(unknown) is RefusalCode.UNKNOWN_RECORD
    narrowed = Reach(KENT.forces, frozenset({"Dover"}))
    changed = ok(people.set_reach(administrator, colleague.staff, narrowed, colleague.version, TERMINAL))
    assert isinstance(changed, StaffMember)
    assert changed.reach == narrowed
    assert acting(people, colleague.staff).reach == narrowed
    ok(accounts.invite(administrator, colleague.staff, "kay", TERMINAL))


def test_the_names_to_choose_from_are_those_in_use_within_reach(hub: StaffedHub) -> None:
    hub.drafted()
    hub.drafted(controller="BOROUGH police")
    limited(hub, Reach(KENT.forces, frozenset({"Dover"})), Role.OPERATOR)
    everything = Places(("Borough Police", "Kent Police"), ("Dover", "North End"))
    places = ok(places_in_use(hub.records, hub.administrator, TERMINAL))
    assert [each.casefold() for each in places.forces] == [each.casefold() for each in everything.forces]
    assert places.sites == everything.sites
    kent = ok(places_in_use(hub.records, limited(hub, KENT, Role.ADMINISTRATOR), TERMINAL))
    assert kent.forces == ("Kent Police",)


def test_an_annual_report_counts_what_lies_within_reach(hub: StaffedHub) -> None:
    far = limited(hub, KENT, Role.AUTHORISING_OFFICER)
    published = ok(publish(hub.records, far, TERMINAL))
    assert published.deployments == ()
    assert published.limited_to == KENT
