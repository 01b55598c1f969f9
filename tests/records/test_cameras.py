"""Cameras: kept with their logins sealed, told to their own node only, and seen by people without the login."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.records.test_nodes import PIN, enrolled, keys, refused
from tests.support.database import HandClock
from tests.support.staffed_hub import TERMINAL, StaffedHub, staffed

from openlfr.link.messages import NodeSettings
from openlfr.policy.authority import Point
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.refusal import RefusalCode
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.cameras import MOST_CAMERAS_OF_A_NODE, Camera, CameraDraft, Cameras, settings_for
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import CameraRow
from openlfr.records.nodes import Nodes

ADDRESS = "rtsp://viewer:hunter-two@10.0.0.7/stream1"


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


@pytest.fixture
def node(hub: StaffedHub) -> NodeId:
    return enrolled(Nodes(hub.records, PIN), hub).node


@pytest.fixture
def cameras(hub: StaffedHub) -> Cameras:
    return Cameras(hub.records)


def draft(node: NodeId, name: str = "North End", address: str = ADDRESS, smallest_face_px: int = 40) -> CameraDraft:
    return CameraDraft(node, name, address, smallest_face_px, (Point(0, 0), Point(1, 0), Point(1, 1)))


def added(cameras: Cameras, hub: StaffedHub, wanted: CameraDraft) -> Camera:
    camera = cameras.add(hub.administrator, wanted, TERMINAL)
    assert isinstance(camera, Camera), camera
    return camera


def settings(hub: StaffedHub, node: NodeId) -> NodeSettings:
    with hub.records.database.reading() as session:
        return settings_for(hub.records, session, node)


def test_people_see_no_login_and_the_node_gets_all_of_it(cameras: Cameras, hub: StaffedHub, node: NodeId) -> None:
    camera = added(cameras, hub, draft(node))
    assert camera.shown_address == "rtsp://***@10.0.0.7/stream1"
    assert cameras.everybody(hub.administrator, TERMINAL) == [camera]
    assert cameras.everybody(hub.operator, TERMINAL) == [replace(camera, may_set_up=False)]
    (told,) = settings(hub, node).cameras
    assert (told.camera, told.address, told.zone) == (camera.camera, ADDRESS, draft(node).zone)
    with hub.records.database.reading() as session:
        assert b"hunter" not in session.scalars(select(CameraRow.address)).one()
        words = session.scalars(select(AuditEntryRow.act).where(AuditEntryRow.record_id == camera.camera)).all()
    assert list(words) == ["CONFIGURE_CAMERAS"]


def test_every_change_raises_the_version_of_each_node_it_concerns(
    cameras: Cameras, hub: StaffedHub, node: NodeId
) -> None:
    other = enrolled(Nodes(hub.records, PIN), hub, keys(8)).node
    camera = added(cameras, hub, draft(node))
    assert (settings(hub, node).version, settings(hub, other).version) == (1, 0)
    moved = cameras.change(hub.administrator, camera.camera, draft(other, address=""), camera.version, TERMINAL)
    assert isinstance(moved, Camera)
    assert (settings(hub, node).version, settings(hub, other).version) == (2, 1)
    assert settings(hub, node).cameras == ()
    assert settings(hub, other).cameras[0].address == ADDRESS  # left out, it stayed
    stale = cameras.remove(hub.administrator, camera.camera, camera.version, TERMINAL)
    assert refused(stale).code is RefusalCode.CHANGED_MEANWHILE
    assert isinstance(cameras.remove(hub.administrator, camera.camera, moved.version, TERMINAL), Camera)
    assert settings(hub, other) == NodeSettings(2, ())


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (CameraDraft(NodeId(""), "", ADDRESS, 40), "name"),
        (CameraDraft(NodeId(""), "North", "", 40), "address"),
        (CameraDraft(NodeId(""), "North", "rtsp://viewer:half/of@it", 40), "address"),
        # Without its beginning it would be a file's name, and be shown to everybody, password and all.
        (CameraDraft(NodeId(""), "North", "viewer:hunter-two@10.0.0.7/stream1", 40), "address"),
        (CameraDraft(NodeId(""), "North", "rtsp:/viewer:hunter-two@10.0.0.7/stream1", 40), "address"),
        (CameraDraft(NodeId(""), "North", "10.0.0.7/stream1", 40), "address"),
        (CameraDraft(NodeId(""), "North", "onvif://10.0.0.7/hunter-two", 40), "address"),
        (CameraDraft(NodeId(""), "North", ADDRESS, 2), "smallest_face_px"),
        (CameraDraft(NodeId(""), "North", ADDRESS, 40, (Point(0, 0), Point(1, 1))), "zone"),
    ],
)
def test_what_is_wrong_with_a_camera_is_named(
    cameras: Cameras, hub: StaffedHub, wanted: CameraDraft, field: str
) -> None:
    answer = refused(cameras.add(hub.administrator, wanted, TERMINAL))
    assert [each.field for each in answer.problems] == [field]
    assert "hunter" not in answer.sentence


def test_only_administrators_configure_and_nobody_gives_cameras_to_strangers(
    cameras: Cameras, hub: StaffedHub, node: NodeId
) -> None:
    assert refused(cameras.add(hub.operator, draft(node), TERMINAL)).code is RefusalCode.WRONG_ROLE
    unknown = NodeId("0196c000-0000-7000-8000-00000000dead")
    assert refused(cameras.add(hub.administrator, draft(unknown), TERMINAL)).code is RefusalCode.UNKNOWN_RECORD
    Nodes(hub.records, PIN).revoke(hub.administrator, node, "Stolen.", TERMINAL)
    assert refused(cameras.add(hub.administrator, draft(node), TERMINAL)).code is RefusalCode.WRONG_STATE


def test_a_node_has_a_bounded_number_of_cameras(cameras: Cameras, hub: StaffedHub, node: NodeId) -> None:
    for number in range(MOST_CAMERAS_OF_A_NODE):
        added(cameras, hub, draft(node, f"Camera {number}"))
    assert refused(cameras.add(hub.administrator, draft(node), TERMINAL)).code is RefusalCode.WRONG_STATE


def test_a_look_through_a_camera_is_in_the_log_before_its_node_is_told(
    cameras: Cameras, hub: StaffedHub, node: NodeId
) -> None:
    camera = added(cameras, hub, draft(node))
    assert cameras.look(hub.operator, camera.camera, TERMINAL) == node
    assert refused(cameras.look(hub.auditor, camera.camera, TERMINAL)).code is RefusalCode.WRONG_ROLE
    assert refused(cameras.look(hub.operator, CameraId("none"), TERMINAL)).code is RefusalCode.UNKNOWN_RECORD
    with hub.records.database.reading() as session:
        looks = session.execute(
            select(AuditEntryRow.staff, AuditEntryRow.processing)
            .where(AuditEntryRow.act == "VIEW_CAMERA")
            .order_by(AuditEntryRow.sequence)
        ).all()
    assert [(staff, processing.value) for staff, processing in looks] == [
        (hub.operator.staff, "consultation"),
        (hub.auditor.staff, "none"),
        (hub.operator.staff, "none"),
    ]
