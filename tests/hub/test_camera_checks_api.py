"""Checks of cameras over HTTP: who may, what the node is asked, how the check fares, and the report to be saved."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from tests.hub.test_camera_searches_api import ABSENT, OTHERS, Site, site, source
from tests.support.hub_app import Browser, assert_problem
from tests.support.staffed_hub import TERMINAL

from openlfr.hub.node_questions import LAST_WORD, OPENING
from openlfr.link.messages import CheckFound, CheckWanted
from openlfr.policy.camera_check import CheckFigures, ReasonCount, Spread
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.camera_checks import CameraChecks, KeptCheck
from openlfr.records.cameras import CameraDraft, Cameras

__all__ = ["site", "source"]

FIGURES = CheckFigures(
    seconds=30.0,
    width=1920,
    height=1080,
    decoded=700,
    smallest_face_px=40,
    faces=90,
    in_zone=90,
    passages=5,
    clear=4,
    passed=1,
    eye_px=Spread(18.0, 22.0, 34.0),
    sharpness=Spread(90.0, 95.0, 99.0),
    eye_px_bins=(0, 0, 0, 1, 2, 0, 1, 0, 0, 0, 0),
    reasons=(ReasonCount("Sharpness", 3),),
)
ASKED = {"seconds": 30, "people_know": True}


@pytest.fixture
def administrator(site: Site) -> Browser:
    return site.app.browser(Role.ADMINISTRATOR)


@pytest.fixture
def path(site: Site) -> str:
    cameras = Cameras(site.app.hub.records)
    camera = cameras.add(site.app.hub.administrator, CameraDraft(site.node, "Gate", "synthetic:", 40), TERMINAL)
    assert not isinstance(camera, Refusal), camera
    return f"/cameras/{camera.camera}/checks"


def begun(site: Site, browser: Browser, path: str) -> CheckWanted:
    answer = browser.post(path, ASKED)
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    assert answer.headers["location"].endswith(f"{path}/newest")
    assert answer.json()["running"]["seconds"] == 30
    (wanted,) = site.fleet.questions.checks.wanted_of(site.node)
    return wanted


def newest(browser: Browser, path: str) -> dict[str, Any]:
    answer = browser.get(f"{path}/newest")
    assert answer.status_code == HTTPStatus.OK, answer.text
    view: dict[str, Any] = answer.json()
    return view


def kept(site: Site, wanted: CheckWanted) -> None:
    """As the link keeps the node's last word."""
    now = site.app.clock.now
    check = KeptCheck(wanted.check, wanted.camera, site.app.hub.administrator.staff, now, now, FIGURES)
    CameraChecks(site.app.hub.records).keep(check, "node van")
    site.fleet.questions.came(CheckFound(site.node, wanted.check, FIGURES, done=True))


def test_a_check_is_begun_followed_and_reported(site: Site, administrator: Browser, path: str) -> None:
    assert newest(administrator, path) == {
        "camera": path.split("/")[2],
        "running": None,
        "problem": "",
        "report": None,
    }
    wanted = begun(site, administrator, path)
    assert (wanted.seconds, wanted.until - site.app.clock.now) == (30, OPENING * 2.5)
    again = assert_problem(administrator.post(path, ASKED), HTTPStatus.CONFLICT, "wrong_state")
    assert "being checked already" in again
    site.fleet.questions.came(CheckFound(site.node, wanted.check, CheckFigures(seconds=12.4, passages=3, clear=2)))
    running = newest(administrator, path)["running"]
    assert (running["measured_s"], running["faces"], running["clear"]) == (12.4, 3, 2)
    kept(site, wanted)
    view = newest(administrator, path)
    assert (view["running"], view["problem"]) == (None, "")
    report = view["report"]
    assert report["asked_by"] == site.app.hub.administrator.staff
    assert report["verdict"] == "poor"
    (size,) = (row for row in report["rows"] if row["subject"] == "Face size")
    assert "Faces are 22 px between the eyes at the median; 32 wanted" in size["advice"]
    assert report["useless"] == [{"measure": "Sharpness", "words": "blurred", "faces": 3}]
    assert report["eye_distances"][3] == {"from_px": 16, "to_px": 20, "faces": 1}
    assert report["eye_distances"][-1] == {"from_px": 96, "to_px": None, "faces": 0}


def test_a_report_is_saved_as_a_page_and_as_pdf(site: Site, administrator: Browser, path: str) -> None:
    none_yet = assert_problem(administrator.get(f"{path}/newest/report"), HTTPStatus.NOT_FOUND, "unknown_record")
    assert "check it first" in none_yet
    kept(site, begun(site, administrator, path))
    page = administrator.get(f"{path}/newest/report?form=html")
    assert "Camera check: Gate" in page.text
    assert "32 wanted: bring the camera closer" in page.text
    assert administrator.get(f"{path}/newest/report").content.startswith(b"%PDF-")


def test_a_check_is_ended_early_and_reports_what_it_measured_if_that_was_long_enough(
    site: Site, administrator: Browser, path: str
) -> None:
    nothing = assert_problem(administrator.post(f"{path}/newest/end"), HTTPStatus.CONFLICT, "wrong_state")
    assert nothing == "This camera is not being checked: there is nothing to end."
    for seconds, problem in ((9.4, "ended after 9 seconds, and nothing of it is recorded"), (12.4, "")):
        wanted = begun(site, administrator, path)
        site.fleet.questions.came(CheckFound(site.node, wanted.check, replace(FIGURES, seconds=seconds)))
        view = administrator.post(f"{path}/newest/end").json()
        assert view == newest(administrator, path)
        assert view["running"] is None
        assert problem in view["problem"]
        assert bool(problem) == bool(view["problem"])
        assert site.fleet.questions.checks.wanted_of(site.node) == ()
        # What the node says before it hears of it changes nothing.
        site.fleet.questions.came(CheckFound(site.node, wanted.check, FIGURES, done=True))
        assert newest(administrator, path) == view
    assert view["report"]["measured_s"] == 12.4
    auditor = site.app.browser(Role.AUDITOR)
    entries = auditor.get("/audit/entries", params={"act": "CONFIGURE_CAMERAS"}).json()["items"]
    whole = [auditor.get(f"/audit/entries/{each['sequence']}").text for each in entries]
    assert any("Ended its check after 12 seconds." in each for each in whole)


def test_a_check_that_gives_no_report_says_why_and_leaves_the_one_before(
    site: Site, administrator: Browser, path: str
) -> None:
    kept(site, begun(site, administrator, path))
    wanted = begun(site, administrator, path)
    site.fleet.questions.came(CheckFound(site.node, wanted.check, problem="No picture came.", done=True))
    view = newest(administrator, path)
    assert (view["problem"], view["report"]["faces"]) == ("No picture came.", 4)
    unanswered = begun(site, administrator, path)
    site.app.clock.now = unanswered.until + LAST_WORD
    assert "did not say in time" in newest(administrator, path)["problem"]


def test_what_cannot_be_accepted_says_which_field(site: Site, administrator: Browser, path: str) -> None:
    for body, field in (
        ({"seconds": 30}, "people_know"),
        ({"seconds": 3, "people_know": True}, "seconds"),
        ({"seconds": "long", "people_know": True}, "seconds"),
        ({"seconds": 30, "people_know": True, "camera": "other"}, "camera"),
    ):
        answer = administrator.post(path, body)
        assert_problem(answer, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_fields")
        assert [each["field"] for each in answer.json()["problems"]] == [field]
    unknown = administrator.post(f"/cameras/{ABSENT}/checks", ASKED)
    assert_problem(unknown, HTTPStatus.NOT_FOUND, "unknown_record")
    assert site.fleet.questions.checks.wanted_of(site.node) == ()


def test_nobody_but_an_administrator_checks_cameras_or_reads_their_reports(site: Site, path: str) -> None:
    for role in OTHERS:
        browser = site.app.browser(role)
        for answer in (
            browser.post(path, ASKED),
            browser.post(f"{path}/newest/end"),
            browser.get(f"{path}/newest"),
            browser.get(f"{path}/newest/report"),
        ):
            assert "configure cameras" in assert_problem(answer, HTTPStatus.FORBIDDEN, "wrong_role"), role
