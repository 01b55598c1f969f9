"""Every route of cameras and nodes, for an administrator of every kind of reach: what is theirs, seen, or not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import delete
from tests.hub.test_camera_searches_api import ABSENT, GATE, LOGIN, Site, site, source
from tests.hub.test_every_route import OPERATIONS
from tests.records.test_reach import looking_through
from tests.support.hub_app import Browser
from tests.support.staffed_hub import TERMINAL, kept

from openlfr.hub import preview
from openlfr.link.messages import CheckFound
from openlfr.policy.camera_check import CheckFigures
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.camera_places import NOWHERE, CameraPlace, place_camera
from openlfr.records.cameras import Camera, CameraDraft, Cameras
from openlfr.records.people_tables import ReachPart, StaffReachRow

__all__ = ["site", "source"]

FORCE, SITE = "Borough Police", "North End"
HERE: Final = CameraPlace(FORCE, SITE)

SEEN: Final = (
    "GET /cameras/{camera}",
    "GET /cameras/{camera}/place",
    "GET /cameras/{camera}/picture",
    "GET /nodes/{node}",
)
"""Who sees the camera, sees what these tell."""
SET_UP: Final = (
    "POST /cameras", "PUT /cameras/{camera}", "PUT /cameras/{camera}/place", "POST /cameras/{camera}/checks",
    "GET /cameras/{camera}/checks/newest", "POST /cameras/{camera}/checks/newest/end",
    "GET /cameras/{camera}/checks/newest/report", "POST /nodes/{node}/camera-searches",
    "GET /nodes/{node}/camera-searches/{search}", "POST /nodes/{node}/camera-searches/{search}/streams",
    "DELETE /cameras/{camera}",
)  # fmt: skip
"""Who has the camera within reach may do these, in this order."""
OF_THE_WHOLE_HUB: Final = (
    "POST /nodes", "GET /nodes/owed-receipts", "POST /nodes/{node}/revoke", "POST /nodes/{node}/write-offs",
)  # fmt: skip
LISTS: Final = ("GET /cameras", "GET /nodes")

WITHIN: Final = (
    WHOLE_HUB,
    Reach(frozenset({"borough  POLICE"})),
    Reach(sites=frozenset({SITE, "South End"})),
    Reach(frozenset({FORCE}), frozenset({SITE})),
)
BEYOND: Final = (
    Reach(frozenset({"Kent Police"})),
    Reach(sites=frozenset({"South End"})),
    Reach(frozenset({FORCE}), frozenset({"South End"})),
)


@dataclass
class Attempts:
    """The requests of an administrator about one camera and its node."""

    site: Site
    browser: Browser
    camera: CameraId
    node: NodeId
    search: str = ABSENT

    def limited_to(self, reach: Reach) -> None:
        named = [(ReachPart.FORCE, each) for each in reach.forces] + [(ReachPart.SITE, each) for each in reach.sites]
        staff = self.site.app.hub.administrator.staff
        with self.site.app.records.database.writing() as session:
            session.execute(delete(StaffReachRow))
            session.add_all(
                StaffReachRow(staff_id=staff, part=part, name=name, set_by="hub", set_at=self.site.app.clock.now)
                for part, name in named
            )

    def asked(self, name: str, **instead: str) -> httpx.Response:
        """One request; `instead` are other identifiers than those of this camera and node."""
        ids = {"camera": self.camera, "node": self.node, "search": self.search, **instead}
        method, path = name.split(" ")
        place = {"force": FORCE, "site": SITE}
        settings = {"node": ids["node"], "name": "Gate", "address": "synthetic:", "smallest_face_px": 40, "zone": []}
        bodies: Mapping[str, object] = {
            "POST /cameras": {**settings, "place": place},
            "PUT /cameras/{camera}": {**settings, "address": "", "version": 1},
            "PUT /cameras/{camera}/place": place,
            "POST /cameras/{camera}/checks": {"seconds": 30, "people_know": True},
            "POST /nodes/{node}/camera-searches/{search}/streams": LOGIN,
            "POST /nodes": {"name": "Van 2"},
            "POST /nodes/{node}/revoke": {"reason": "Stolen."},
            "POST /nodes/{node}/write-offs": {"bundle": ABSENT, "reason": "Burnt."},
        }
        query = {"version": "2"} if method == "DELETE" else {}
        answer = self.browser.request(method, path.format(**ids), json=bodies.get(name), params=query)
        if name == "POST /cameras/{camera}/checks" and answer.is_success:
            (wanted,) = self.site.fleet.questions.checks.wanted_of(self.node)
            measured = CheckFigures(seconds=12.0, passages=4, clear=4)
            self.site.fleet.questions.came(CheckFound(self.node, wanted.check, measured))
        if name == "POST /nodes/{node}/camera-searches" and answer.is_success:
            self.search = answer.json()["search"]
            self.site.finds(self.search, GATE)
        return answer

    def listed(self) -> list[int]:
        return [len(self.asked(name).json()["items"]) for name in LISTS]


@pytest.fixture
def attempts(site: Site, monkeypatch: pytest.MonkeyPatch) -> Attempts:
    monkeypatch.setattr(preview, "PICTURE_WITHIN_S", 0.01)
    return Attempts(site, site.app.browser(Role.ADMINISTRATOR), camera_at(site, HERE).camera, site.node)


def camera_at(site: Site, place: CameraPlace) -> Camera:
    hub = site.app.hub
    draft = CameraDraft(site.node, "Gate", "synthetic:", 40)
    camera = Cameras(hub.records).add(hub.administrator, draft, TERMINAL, place)
    assert not isinstance(camera, Refusal), camera
    return camera


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code >= HTTPStatus.BAD_REQUEST, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_every_route_of_cameras_and_nodes_is_in_these_tables() -> None:
    routes = {name for name in OPERATIONS if name.split("/")[1] in ("cameras", "nodes")}
    assert routes == {*SEEN, *SET_UP, *OF_THE_WHOLE_HUB, *LISTS}


@pytest.mark.parametrize("reach", WITHIN, ids=str)
def test_an_administrator_sets_up_what_stands_within_reach(attempts: Attempts, reach: Reach) -> None:
    attempts.limited_to(reach)
    assert attempts.listed() == [1, 1]
    for name in (*SEEN, *SET_UP):
        answer = attempts.asked(name)
        no_picture = name.endswith("/picture") and answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert answer.is_success or no_picture, (name, answer.text)
    assert attempts.listed() == [1, 1]  # one was forgotten, and one added
    for name in OF_THE_WHOLE_HUB:
        code = "" if (answer := attempts.asked(name)).is_success else answer.json()["code"]
        assert (code == "out_of_reach") is not reach.whole_hub, (name, code)
    elsewhere = {"force": "Kent Police", "site": "Dover"}
    moved = attempts.browser.post(
        "/cameras",
        {"node": attempts.node, "name": "Gate", "address": "0", "place": elsewhere},
    )
    if not reach.whole_hub:
        wrong = {each["field"]: each["sentence"] for each in problem_of(moved)["problems"]}
        named = {"place.force": reach.forces, "place.site": reach.sites}
        assert wrong.keys() == {field for field, names in named.items() if names}
        assert all(each.startswith(f"Your rights are limited to {reach}: name a") for each in wrong.values())


@pytest.mark.parametrize("reach", BEYOND, ids=str)
def test_to_an_administrator_of_another_place_it_is_not_there(attempts: Attempts, reach: Reach) -> None:
    assert attempts.asked("POST /nodes/{node}/camera-searches").is_success
    attempts.limited_to(reach)
    assert attempts.listed() == [0, 0]
    for name in (*SEEN, *SET_UP):
        there, absent = attempts.asked(name), attempts.asked(name, camera=ABSENT, node=ABSENT, search=ABSENT)
        assert there.status_code == absent.status_code, name
        assert problem_of(there) == problem_of(absent), name
        if name != "POST /cameras":
            assert problem_of(there)["code"] == "unknown_record", name
    for name in OF_THE_WHOLE_HUB:
        assert problem_of(attempts.asked(name))["code"] == "out_of_reach", name
    attempts.limited_to(WHOLE_HUB)
    assert attempts.listed() == [1, 1]
    assert attempts.asked("GET /cameras/{camera}").json()["version"] == 1


def test_what_is_seen_at_a_deployment_only_is_not_set_up(attempts: Attempts) -> None:
    site, hub = attempts.site, attempts.site.app.hub
    assert not isinstance(place_camera(hub.records, hub.administrator, attempts.camera, NOWHERE, TERMINAL), Refusal)
    deployment = hub.drafted()
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), looking_through(hub, attempts.camera)))
    attempts.limited_to(WITHIN[-1])
    assert attempts.listed() == [1, 1]
    for name in SEEN:
        assert attempts.asked(name).status_code in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE), name
    assert attempts.asked("GET /cameras/{camera}").json()["may_set_up"] is False
    for name in SET_UP:
        said = problem_of(attempts.asked(name))
        assert said["code"] == "out_of_reach", (name, said)
        assert "ask somebody with rights for the whole hub" in said["detail"], name
    assert site.wanted() == ()
    assert site.fleet.questions.checks.wanted_of(site.node) == ()
    assert attempts.asked("GET /cameras/{camera}").json()["version"] == 1
