"""Where cameras stand, over HTTP: said by administrators, seen by who has rights there."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.records.test_nodes import PIN
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock, SqliteSource
from tests.support.hub_app import assert_problem
from tests.support.staffed_hub import TERMINAL

from openlfr.policy.reach import Reach
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.cameras import Camera, CameraDraft, Cameras
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Invitation, Nodes


@pytest.fixture
def source(sqlite_source: SqliteSource) -> SqliteSource:
    """Places are the same on every database."""
    return sqlite_source


@pytest.fixture
def api(records: HubRecords, clock: HandClock, tmp_path: Path) -> Iterator[ApiHub]:
    with running_api(records, clock, tmp_path) as running:
        yield running


def test_a_camera_is_placed_by_administrators_and_seen_by_who_has_rights_there(api: ApiHub) -> None:
    administrator = api.hub.hub.administrator
    invited = Nodes(api.records, PIN).invite(administrator, "Van 1", TERMINAL)
    assert isinstance(invited, Invitation)
    draft = CameraDraft(invited.node.node, "North", "synthetic:", 40)
    camera = Cameras(api.records).add(administrator, draft, TERMINAL)
    assert isinstance(camera, Camera)
    path = f"/cameras/{camera.camera}/place"
    assert api.get(Role.OPERATOR, path) == {"force": "", "site": ""}

    kent = {"force": "Kent Police", "site": "Dover, ferry terminal"}
    put = api.browsers[Role.ADMINISTRATOR].put(path, {"force": " Kent Police ", "site": kent["site"]})
    assert (put.status_code, put.json()) == (HTTPStatus.OK, kent)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert_problem(api.browsers[role].put(path, kent), HTTPStatus.FORBIDDEN, "wrong_role")
    long = api.browsers[Role.ADMINISTRATOR].put(path, {"force": "x" * 501})
    assert_problem(long, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_fields")
    nowhere = "/cameras/0196c000-0000-7000-8000-00000000dead/place"
    assert_problem(api.browsers[Role.ADMINISTRATOR].put(nowhere, kent), HTTPStatus.NOT_FOUND, "unknown_record")

    people = api.hub.hub.people
    member = people.member(administrator, api.hub.hub.operator.staff, TERMINAL)
    assert not isinstance(member, Refusal)
    for force, status in (("KENT police", HTTPStatus.OK), ("Essex Police", HTTPStatus.NOT_FOUND)):
        member = people.set_reach(administrator, member.staff, Reach(frozenset({force})), member.version, TERMINAL)
        assert not isinstance(member, Refusal)
        assert api.browsers[Role.OPERATOR].get(path).status_code == status
