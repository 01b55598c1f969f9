"""Checks of cameras in the records: who may have one made and when, and the newest report of each camera."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.records.test_cameras import added, draft
from tests.records.test_nodes import PIN, enrolled
from tests.support.database import HandClock
from tests.support.staffed_hub import TERMINAL, StaffedHub, staffed

from openlfr.policy.authority import CameraTerms
from openlfr.policy.camera_check import CheckFigures, ReasonCount, Spread
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.camera_checks import CameraChecks, KeptCheck
from openlfr.records.cameras import Camera, Cameras
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import CameraCheckRow
from openlfr.records.nodes import Nodes

FIGURES = CheckFigures(seconds=30.0, clear=4, eye_px=Spread(18.5, 22.0, 40.0), reasons=(ReasonCount("Sharpness", 2),))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


@pytest.fixture
def camera(hub: StaffedHub) -> Camera:
    node = enrolled(Nodes(hub.records, PIN), hub).node
    return added(Cameras(hub.records), hub, draft(node))


@pytest.fixture
def checks(hub: StaffedHub) -> CameraChecks:
    return CameraChecks(hub.records)


def begun(checks: CameraChecks, hub: StaffedHub, of: Camera, **changes: object) -> NodeId | Refusal:
    asked: dict[str, object] = {
        "by": hub.administrator,
        "camera": of.camera,
        "seconds": 30,
        "origin": TERMINAL,
        "people_know": True,
        "heard": {of.node},
        "running": False,
    }
    return checks.begin(**{**asked, **changes})  # type: ignore[arg-type]


def kept(hub: StaffedHub, camera: Camera) -> KeptCheck:
    now = hub.clock()
    return KeptCheck(hub.records.new_id(), camera.camera, hub.administrator.staff, now, now, FIGURES)


def refused(answer: object, code: RefusalCode) -> Refusal:
    assert isinstance(answer, Refusal), answer
    assert answer.code is code, answer
    return answer


def acts(hub: StaffedHub, camera: Camera) -> Sequence[tuple[str, str]]:
    with hub.records.database.reading() as session:
        entries = session.execute(
            select(AuditEntryRow.act, AuditEntryRow.processing)
            .where(AuditEntryRow.record_id == camera.camera)
            .order_by(AuditEntryRow.sequence)
        )
        return [(act, processing) for act, processing in entries][1:]  # without the camera's own beginning


def test_who_asks_is_in_the_audit_log_before_the_check_begins(
    checks: CameraChecks, hub: StaffedHub, camera: Camera
) -> None:
    assert begun(checks, hub, camera) == camera.node
    assert acts(hub, camera) == [("CONFIGURE_CAMERAS", "alteration")]


def test_what_may_not_be_is_refused_with_words_and_logged(
    checks: CameraChecks, hub: StaffedHub, camera: Camera
) -> None:
    wrong: list[tuple[dict[str, object], RefusalCode, str]] = [
        ({"people_know": False}, RefusalCode.INVALID_FIELDS, "Confirm that signs are up"),
        ({"seconds": 9}, RefusalCode.INVALID_FIELDS, "10 to 120 seconds"),
        ({"seconds": 121}, RefusalCode.INVALID_FIELDS, "10 to 120 seconds"),
        ({"running": True}, RefusalCode.WRONG_STATE, "being checked already"),
        ({"heard": set()}, RefusalCode.NOT_READY, "not heard now"),
    ]
    for number, (changes, code, words) in enumerate(wrong, 1):
        assert words in refused(begun(checks, hub, camera, **changes), code).sentence
        assert acts(hub, camera) == [("CONFIGURE_CAMERAS", "none")] * number
    unknown = CameraId("0196c000-0000-7000-8000-00000000dead")
    refused(begun(checks, hub, camera, camera=unknown), RefusalCode.UNKNOWN_RECORD)


def test_nobody_but_an_administrator_has_a_camera_checked_or_reads_of_it(
    checks: CameraChecks, hub: StaffedHub, camera: Camera
) -> None:
    refused(begun(checks, hub, camera, by=hub.operator), RefusalCode.WRONG_ROLE)
    assert isinstance(checks.newest(hub.operator, camera.camera), Refusal)


def test_a_camera_that_a_live_deployment_names_is_not_checked_until_the_deployment_is_over(
    checks: CameraChecks, hub: StaffedHub, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = CameraTerms(camera.camera, camera.node, camera.name, camera.zone)
    decided = hub.decision
    monkeypatch.setattr(hub, "decision", lambda **changes: decided(**{"cameras": (named,), **changes}))
    tested = hub.tested()
    assert begun(checks, hub, camera) == camera.node
    hub.take_live(tested)
    refusal = refused(begun(checks, hub, camera), RefusalCode.WRONG_STATE)
    assert "live deployment has this camera armed: check it before the deployment or after it" in refusal.sentence
    hub.deployments.pause(hub.asked(hub.operator, tested))
    refused(begun(checks, hub, camera), RefusalCode.WRONG_STATE)
    hub.deployments.end(hub.asked(hub.operator, tested))
    assert begun(checks, hub, camera) == camera.node


def test_the_newest_report_of_each_camera_is_kept_once_and_goes_with_its_camera(
    checks: CameraChecks, hub: StaffedHub, camera: Camera
) -> None:
    assert checks.newest(hub.administrator, camera.camera) is None
    first, second = kept(hub, camera), replace(kept(hub, camera), figures=replace(FIGURES, clear=9))
    checks.keep(first, "node van")
    checks.keep(first, "node van")  # the node repeats itself until it is heard
    assert checks.newest(hub.administrator, camera.camera) == first
    checks.keep(second, "node van")
    assert checks.newest(hub.administrator, camera.camera) == second
    assert acts(hub, camera) == [("CAMERA_CHECKED", "alteration")] * 2
    Cameras(hub.records).remove(hub.administrator, camera.camera, camera.version, TERMINAL)
    refused(checks.newest(hub.administrator, camera.camera), RefusalCode.UNKNOWN_RECORD)
    checks.keep(kept(hub, camera), "node van")  # comes when the camera is gone
    with hub.records.database.reading() as session:
        assert session.scalars(select(CameraCheckRow)).all() == []
