"""Looking for cameras near a node, over HTTP: who may, what the node is asked, and that no login stays anywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from tests.records.test_nodes import PIN, enrolled, keys
from tests.support.database import HandClock, SqliteSource
from tests.support.hub_app import Browser, HubApp, assert_problem, running_hub_app

from openlfr.hub.fleet import Fleet
from openlfr.hub.node_questions import LAST_WORD
from openlfr.hub.routers.camera_searches import GIVE_UP
from openlfr.hub.services import services_of
from openlfr.hub.tip import AuditTip
from openlfr.link.connection import Connection, LinkLostError
from openlfr.link.messages import CameraLogin, FoundCamera, FoundStream, Hello, SearchFound, SearchWanted
from openlfr.link.signed_messages import open_login
from openlfr.policy.identifiers import NodeId
from openlfr.policy.roles import Role
from openlfr.records.cameras import Cameras
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import EnrolledNode, Nodes
from openlfr.sealing.exchange import ExchangeKey

GATE = FoundCamera("http://10.0.0.7/onvif/device_service", "Gate", "Acme M1")
STREAM = FoundStream("main", "rtsp://10.0.0.7/main", "H264", 1920, 1080, 25.0)
LOGIN = {"camera": GATE.address, "user": "viewer", "password": "hunter-two"}
OTHERS = [role for role in Role if role is not Role.ADMINISTRATOR]
ABSENT = "0196c000-0000-7000-8000-00000000dead"


class NoBus(Connection):
    """A connection that is lost: nodes are asked as soon as they ask."""

    def __init__(self) -> None:
        pass

    async def publish(self, subject: str, content: bytes) -> None:
        raise LinkLostError("There is no bus.")


@dataclass
class Site:
    """A hub with one node, whose words a test gives."""

    app: HubApp
    fleet: Fleet
    node: NodeId

    @property
    def path(self) -> str:
        return f"/nodes/{self.node}/camera-searches"

    def heard(self) -> None:
        now = self.app.clock.now
        self.fleet._news.heard(Hello(self.node, "boot", 1, now, "0.1"), now)

    def wanted(self) -> tuple[SearchWanted, ...]:
        return self.fleet.questions.searches.wanted_of(self.node)

    def finds(self, search: str, *cameras: FoundCamera, problem: str = "") -> None:
        self.fleet.questions.came(SearchFound(self.node, search, cameras, problem, done=True))


@pytest.fixture
def source(sqlite_source: SqliteSource) -> SqliteSource:
    """Nothing here is of one database."""
    return sqlite_source


@pytest.fixture
def site(records: HubRecords, clock: HandClock) -> Iterator[Site]:
    async def no_members(_members: Mapping[NodeId, EnrolledNode]) -> None:
        pass

    nodes = Nodes(records, PIN)
    fleet = Fleet(services_of(records), nodes, NoBus(), AuditTip(records.database), no_members)
    with running_hub_app(records, clock, *OTHERS, parts=(fleet, nodes, Cameras(records))) as app:
        site = Site(app, fleet, enrolled(nodes, app.hub).node)
        site.heard()
        yield site


@pytest.fixture
def administrator(site: Site) -> Browser:
    return site.app.browser(Role.ADMINISTRATOR)


def begun(browser: Browser, path: str, body: object = None) -> dict[str, Any]:
    answer = browser.post(path, body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    view: dict[str, Any] = answer.json()
    assert answer.headers["location"].endswith(f"camera-searches/{view['search']}")
    assert view["state"] == "under way"
    return view


def test_an_administrator_finds_a_camera_and_its_streams_and_only_the_node_reads_the_login(
    site: Site, administrator: Browser
) -> None:
    search = begun(administrator, site.path)["search"]
    assert [(each.search, each.camera) for each in site.wanted()] == [(search, "")]
    site.finds(search, GATE)
    view = administrator.get(f"{site.path}/{search}").json()
    assert (view["state"], view["problem"]) == ("done", "")
    assert view["cameras"] == [{"address": GATE.address, "name": "Gate", "model": "Acme M1", "streams": []}]

    asked = begun(administrator, f"{site.path}/{search}/streams", LOGIN)["search"]
    (wanted,) = site.wanted()
    assert open_login(wanted.camera, ExchangeKey(bytes([9]) * 32)) == CameraLogin(GATE.address, "viewer", "hunter-two")
    assert keys().exchange == ExchangeKey(bytes([9]) * 32).public
    site.finds(asked, FoundCamera(GATE.address, "", "", (STREAM,)))
    answer = administrator.get(f"{site.path}/{asked}")
    (camera,) = answer.json()["cameras"]
    assert camera["streams"] == [
        {
            "name": "main",
            "address": STREAM.address,
            "codec": "H264",
            "width_px": 1920,
            "height_px": 1080,
            "frames_per_s": 25.0,
        }
    ]
    assert "hunter" not in answer.text
    assert "hunter" not in repr(site.fleet.questions.searches.__dict__)
    auditor = site.app.browser(Role.AUDITOR)
    entries = auditor.get("/audit/entries", params={"act": "CONFIGURE_CAMERAS"}).json()["items"]
    whole = [auditor.get(f"/audit/entries/{each['sequence']}").text for each in entries]
    assert any("Searched for cameras near it." in each for each in whole)
    assert any("Asked the camera at 10.0.0.7 near it for its streams." in each for each in whole)
    assert not any("hunter" in each for each in whole)


def test_nobody_else_has_a_node_look(site: Site, administrator: Browser) -> None:
    search = begun(administrator, site.path)["search"]
    site.finds(search, GATE)
    for role in OTHERS:
        other = site.app.browser(role)
        for answer in (
            other.post(site.path),
            other.get(f"{site.path}/{search}"),
            other.post(f"{site.path}/{search}/streams", LOGIN),
        ):
            said = assert_problem(answer, HTTPStatus.FORBIDDEN, "wrong_role")
            assert said.startswith("You may not configure cameras"), role
    assert site.wanted() == ()


def test_what_cannot_be_found_is_told_in_a_sentence(site: Site, administrator: Browser) -> None:
    first = begun(administrator, site.path)["search"]
    site.finds(first, GATE)
    streams = f"{site.path}/{first}/streams"
    said = assert_problem(
        administrator.post(streams, {**LOGIN, "camera": "http://10.0.0.1/"}), HTTPStatus.NOT_FOUND, "unknown_record"
    )
    assert said == "The node did not find this camera: search again."
    assert administrator.post(streams, {**LOGIN, "password": "\x00"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    unknown = f"/nodes/{ABSENT}/camera-searches"
    for answer in (
        administrator.get(f"{site.path}/{ABSENT}"),
        administrator.get(f"{unknown}/{first}"),
        administrator.post(f"{unknown}/{first}/streams", LOGIN),
        administrator.post(unknown),
    ):
        assert_problem(answer, HTTPStatus.NOT_FOUND, "unknown_record")
    site.app.clock.advance(timedelta(seconds=30))
    for path, body in ((site.path, None), (streams, LOGIN)):
        assert "not heard now" in assert_problem(administrator.post(path, body), HTTPStatus.CONFLICT, "not_ready")
    assert site.wanted() == ()

    site.heard()
    search = begun(administrator, site.path)["search"]
    site.app.clock.advance(GIVE_UP + LAST_WORD)
    view = administrator.get(f"{site.path}/{search}").json()
    assert view["state"] == "unanswered"
    assert view["problem"].startswith("The node did not answer in time.")
    site.heard()
    again = begun(administrator, site.path)["search"]
    site.finds(again, problem="No network interface of this node carries multicast.")
    view = administrator.get(f"{site.path}/{again}").json()
    assert (view["state"], view["problem"]) == ("done", "No network interface of this node carries multicast.")
    assert_problem(administrator.get(f"{site.path}/{search}"), HTTPStatus.NOT_FOUND, "unknown_record")
