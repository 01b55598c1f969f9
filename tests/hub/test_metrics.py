"""Metrics count, and name nobody and nothing."""

import re
from collections.abc import Iterator, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.running_hub import RunningHub
from tests.support.staffed_hub import SECRET_NAME, TERMINAL, StaffedHub, staffed_from_records

from openlfr.hub.event_kinds import EventKind
from openlfr.hub.jobs import JobNews
from openlfr.link.messages import CameraReport, CameraSituation, Hello
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.reach import Reach
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.account_tables import Scope
from openlfr.records.hub_records import HubRecords

IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}")


@pytest.fixture
def staff(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock, staff: StaffedHub) -> Iterator[RunningHub]:
    with RunningHub(records, clock) as running:
        yield running


@pytest.fixture
def prometheus(hub: RunningHub, staff: StaffedHub) -> dict[str, str]:
    return hub.with_token(staff.administrator, staff.auditor, Scope.READ_METRICS)


def exposed(hub: RunningHub, headers: Mapping[str, str]) -> str:
    answer = hub.ask("GET", "/metrics", headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_numbers_of_the_whole_hub_are_not_for_limited_rights(
    hub: RunningHub, staff: StaffedHub, prometheus: dict[str, str]
) -> None:
    known = staff.people.member(staff.administrator, staff.auditor.staff, TERMINAL)
    assert not isinstance(known, Refusal)
    kent = Reach(frozenset({"Kent Police"}))
    staff.people.set_reach(staff.administrator, known.staff, kent, known.version, TERMINAL)
    answer = hub.ask("GET", "/metrics", prometheus)
    assert (answer.status_code, answer.json()["code"]) == (403, "out_of_reach")
    assert "limited to Kent Police" in answer.json()["detail"]


def test_everything_that_is_worth_an_alarm_is_counted(
    hub: RunningHub, staff: StaffedHub, prometheus: dict[str, str], clock: HandClock
) -> None:
    deployment = staff.live()
    for _ in range(3):
        staff.alerted(deployment)
    cameras = (
        CameraReport(CameraId("cam-1"), CameraSituation.ARMED, ""),
        CameraReport(CameraId("cam-2"), CameraSituation.LOST, "No picture comes."),
    )
    hub.fleet.says(Hello(NodeId("van-1"), "b", 1, clock.now, "0.1.0", cameras=cameras, waiting=7), clock.now)
    administrator = hub.signed_in(staff.administrator)
    wanted = {"name": "Dispatch", "address": "https://dispatch.example/", "kinds": ["people.changed"]}
    webhook = hub.ask("POST", "/webhooks", administrator, json=wanted).json()["id"]
    hub.ask("GET", f"/webhooks/{webhook}", administrator)
    hub.ask("GET", "/no/such/path", administrator)
    wait_until(lambda: hub.telling.events.published[EventKind.ALERT_RAISED] == 3)
    hub.jobs.news["purge"] = JobNews("purge", clock.now, "The disk is full.")
    found = samples(exposed(hub, prometheus))

    def value(name: str, **labels: str) -> float:
        return found[name, tuple(sorted(labels.items()))]

    assert value("openlfr_alerts", state="raised") == 3
    assert value("openlfr_alerts", state="closed") == 0
    assert value("openlfr_events_total", kind="alert.raised") == 3
    assert value("openlfr_event_listeners") == 0
    assert value("openlfr_nodes", situation="working") == 1
    assert value("openlfr_cameras", situation="armed") == 1
    assert value("openlfr_cameras", situation="lost") == 1
    assert value("openlfr_alerts_waiting_at_nodes") == 7
    assert value("openlfr_job_failing", job="purge") == 1
    assert value("openlfr_job_done_timestamp_seconds", job="purge") == clock.now.timestamp()
    assert value("openlfr_webhooks", state="enabled") == 1
    assert value("openlfr_webhook_attempts_total", outcome="delivered") == 0
    assert value("openlfr_http_requests_total", method="POST", route="/webhooks", status="201") == 1
    assert value("openlfr_http_requests_total", method="GET", route="/webhooks/{webhook}", status="200") == 1
    assert value("openlfr_http_requests_total", method="GET", route="none", status="404") == 1


def test_a_node_that_is_silent_is_counted_as_such_and_its_cameras_as_unknown(
    hub: RunningHub, prometheus: dict[str, str], clock: HandClock
) -> None:
    cameras = (CameraReport(CameraId("cam-1"), CameraSituation.ARMED, ""),)
    hub.fleet.says(Hello(NodeId("van-1"), "b", 1, clock.now, "0.1.0", cameras=cameras), clock.now)
    clock.now = clock.now.replace(minute=clock.now.minute + 1)
    found = samples(exposed(hub, prometheus))
    assert found["openlfr_nodes", (("situation", "silent"),)] == 1
    assert found["openlfr_cameras", (("situation", "unknown"),)] == 1
    assert found["openlfr_cameras", (("situation", "armed"),)] == 0


def test_no_label_and_no_value_names_a_person_an_alert_or_a_camera(
    hub: RunningHub, staff: StaffedHub, prometheus: dict[str, str], clock: HandClock
) -> None:
    deployment = staff.live()
    alert = staff.alerted(deployment)
    camera = CameraReport(CameraId("north-end-camera"), CameraSituation.LOST, "North End is dark.")
    hub.fleet.says(
        Hello(NodeId("van-1"), "b", 1, clock.now, "0.1.0", cameras=(camera,), complaint="Not this hub's."), clock.now
    )
    operator = hub.signed_in(staff.operator)
    for path in (f"/webhooks/{alert}", f"/alerts/{alert}?name={SECRET_NAME}", f"/{SECRET_NAME}"):
        hub.ask("GET", path, operator)
    hub.ask(SECRET_NAME.split()[0].upper(), "/webhooks", operator)
    text = exposed(hub, prometheus)
    assert not IDENTIFIER.search(text)
    names = (*SECRET_NAME.split(), "North End", "north-end", "van-1", "N/4711", "ZBIGNIEW", alert, deployment)
    for name in (*names, *(each.staff for each in staff.staff.values())):
        assert name not in text
    allowed = {"method", "route", "status", "le", "kind", "outcome", "situation", "state", "job"}
    assert {label for _, labels in samples(text) for label, _ in labels} <= allowed


def test_numbers_are_for_who_is_let_in(hub: RunningHub, staff: StaffedHub) -> None:
    assert hub.ask("GET", "/metrics", {}).status_code == 401
    wrong = hub.with_token(staff.administrator, staff.auditor, Scope.READ_MATCH_FEED)
    assert hub.ask("GET", "/metrics", wrong).status_code == 403
