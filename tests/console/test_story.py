"""A deployment from its application to its audit by people at browsers of their own, who click and type."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pyotp import TOTP
from tests.support.clips import write_clip
from tests.support.console import LISTED_NAME, NAMES, WAIT_MS, WholeHub, raise_alert, settled, whole_hub
from tests.support.faces import astronaut, grace_hopper_file, models
from tests.support.living_hub import NODE_UNLOCK
from tests.support.onvif_camera import LOOPBACK, OnvifCamera, Video
from tests.support.programs import wait_for
from tests.support.rtsp_server import Clip, RtspServer
from tests.support.watchlists import row, write_csv

from openlfr.hub import node_questions
from openlfr.node.camera_search import CameraSearch
from openlfr.node.program import NodeProgram
from openlfr.node.state import NodeState
from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.roles import Role

CAMERA: Final = "Station, north door"
PURPOSE: Final = "Find people whom the courts want, near the station."
AREA: Final = "51.3731, -0.1009\n51.3731, -0.0991\n51.3743, -0.0991\n51.3743, -0.1009"
PASSWORD: Final = "eleven green bottles"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHub]:
    with whole_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def field(page: Page | Locator, label: str) -> Locator:
    return page.locator(".field", has=page.get_by_text(label, exact=True))


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    field(page, label).get_by_role("button").click()
    page.get_by_role("option", name=option).first.click()


def tick(page: Page | Locator, name: str) -> None:
    page.get_by_role("checkbox", name=name).locator("xpath=ancestor::label").click()


def do(page: Page, act: str) -> Locator:
    """Begin an act; its dialog."""
    page.get_by_role("button", name=act, exact=True).first.click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_visible(timeout=WAIT_MS)
    return dialog


def confirm(dialog: Locator, act: str) -> None:
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_have_count(0, timeout=WAIT_MS)


def table_with_mistakes(folder: Path, hub: WholeHub) -> list[Path]:
    """A CSV file and its pictures: two people, one whose reason is missing, one whose picture shows nobody."""
    expires = (hub.clock().date() + timedelta(days=30)).isoformat()
    cv2.imwrite(str(folder / "collins.png"), astronaut())
    cv2.imwrite(str(folder / "wall.png"), np.full((400, 400, 3), 90, np.uint8))
    hopper = folder / "hopper.jpg"
    hopper.write_bytes(grace_hopper_file().read_bytes())
    rows = [
        row("N/1", "hopper.jpg", name="Grace Hopper", expires_on=expires),
        row("N/2", "collins.png", name="Eileen Collins", expires_on=expires),
        row("N/3", "wall.png", name="Nobody Atall", expires_on=expires),
        row("N/4", "lost.png", name="Lost Picture", expires_on=expires),
    ]
    return [write_csv(folder / "people.csv", rows), hopper, folder / "collins.png", folder / "wall.png"]


def test_a_deployment_is_carried_through_by_people_at_their_browsers(
    hub: WholeHub, browser: Browser, tmp_path: Path
) -> None:
    node = hub.enrolled_node(tmp_path / "node", "Van 1")
    with hub.at_desk(browser, Role.ADMINISTRATOR) as at:
        at.complaints.expected = ("/picture",)
        page = at.go("/cameras/new")
        choose(page, "Node", "Van 1")
        page.get_by_label("Name").fill(CAMERA)
        page.get_by_role("button", name="Find cameras near this node").click()
        expect(page.get_by_text("This node is not heard now")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_label("Name")).to_have_value(CAMERA)
        page.get_by_label("Address").fill("rtsp://")
        page.get_by_label("Smallest face looked for, in pixels").fill("4")
        page.get_by_role("button", name="Add the camera").click()
        expect(page.locator(".wrong").first).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_label("Name")).to_have_value(CAMERA)
        page.get_by_label("Address").fill("rtsp://viewer:secret@10.0.0.7/stream")
        page.get_by_label("Smallest face looked for, in pixels").fill("40")
        page.get_by_role("button", name="Add the camera").click()
        expect(page.get_by_role("heading", name=CAMERA)).to_be_visible(timeout=WAIT_MS)
        assert "secret" not in page.content()
        surface = page.locator(".zone-surface")
        for x, y in ((20, 20), (200, 30), (120, 120)):
            surface.click(position={"x": x, "y": y})
        page.get_by_role("button", name="Keep the changes").click()
        expect(page.get_by_text("Kept; the node is told at once.")).to_be_visible(timeout=WAIT_MS)
        (camera,) = at.ask("/cameras")["items"]
        assert len(camera["zone"]) == 3
        page.get_by_role("button", name="Check this camera").click()
        expect(page.get_by_text("Confirm that signs are up").first).to_be_visible(timeout=WAIT_MS)
        tick(page, "Signs are up, or only people who agreed to it are in front of the camera")
        page.get_by_role("button", name="Check this camera").click()
        expect(page.get_by_text("This camera's node is not heard now")).to_be_visible(timeout=WAIT_MS)

    with hub.at_desk(browser, Role.APPLICANT) as at:
        page = at.go("/deployments/new")
        page.get_by_label("Purpose").fill(PURPOSE)
        page.get_by_label("Force that answers for the data").fill("Borough Police")
        page.get_by_label("Area: its corners in order").fill("the station")
        expect(page.get_by_text("Each line is a latitude and a longitude")).to_be_visible()
        page.get_by_label("Area: its corners in order").fill(AREA)
        page.get_by_label("Site").fill("Station Square")
        page.get_by_label("People expected to pass").fill("-5")
        page.get_by_role("button", name="Keep the draft").click()
        expect(page.locator(".wrong").first).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_label("Purpose")).to_have_value(PURPOSE)
        page.get_by_label("People expected to pass").fill("12000")
        page.get_by_label("Why it is necessary").fill("Warrants were not served at known addresses.")
        page.get_by_label("Why it is proportionate").fill("Six hours, one camera, a short list.")
        page.get_by_label("Less intrusive ways that were considered").fill("Patrols found nobody in four weeks.")
        page.get_by_label(re.compile("Evidence for this place")).fill("Robberies have doubled since March.")
        now = hub.clock()
        page.get_by_label("From").fill((now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"))
        page.get_by_label("To", exact=True).fill((now + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M"))
        tick(page, CAMERA)
        tick(page, "Wanted by the courts")
        choose(page, "Threshold certificate", re.compile("up to 1000 people"))
        for role in (Role.OPERATOR, Role.ENGAGEMENT_OFFICER):
            tick(page, NAMES[role])
        for reference in page.get_by_label(re.compile("reference")).all():
            reference.fill("REF/2026/7")
        page.get_by_role("button", name="Keep the draft").click()
        expect(page.get_by_role("heading", name="Station Square")).to_be_visible(timeout=WAIT_MS)
        deployment = DeploymentId(page.url.rpartition("/")[2])
        confirm(do(page, "Submit"), "Submit")
        expect(page.get_by_text("submitted", exact=True).first).to_be_visible(timeout=WAIT_MS)

    with hub.at_desk(browser, Role.AUTHORISING_OFFICER) as at:
        page = at.go(f"/deployments/{deployment}")
        dialog = do(page, "Authorise")
        expect(dialog.get_by_role("button", name="Authorise", exact=True)).to_be_disabled()
        dialog.get_by_label("Reason").fill("Necessary and proportionate.")
        confirm(dialog, "Authorise")
        expect(page.get_by_text("authorised", exact=True).first).to_be_visible(timeout=WAIT_MS)

    with (
        hub.at_desk(browser, Role.WATCHLIST_MANAGER) as builder,
        hub.at_desk(browser, Role.AUTHORISING_OFFICER) as approver,
    ):
        page = builder.go(f"/watchlists?deployment={deployment}")
        page.get_by_role("button", name="Begin a watchlist").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files(table_with_mistakes(tmp_path, hub))
        expect(page.get_by_text("2 imported").first).to_be_visible(timeout=4 * WAIT_MS)
        page.get_by_role("button", name="Show rows").click()
        rows = page.get_by_role("table", name="Rows of the import")
        expect(rows.get_by_role("row").filter(has_text="wall.png")).to_contain_text("face")
        expect(rows.get_by_role("row").filter(has_text="lost.png")).to_contain_text("lost.png")
        listed = page.url.removeprefix(hub.address)
        confirm_clean = do(page, "Accept the clean ones")
        confirm(confirm_clean, "Accept what nothing is said against")
        review = approver.go(listed)
        confirm(do(review, "Approve"), "Approve")
        expect(page.get_by_role("button", name="Freeze")).to_be_visible(timeout=WAIT_MS)
        confirm(do(page, "Freeze"), "Freeze")
        page = builder.go(f"/deployments/{deployment}")
        dialog = do(page, "Attach a watchlist")
        choose(page, "Frozen watchlist", re.compile("2 people"))
        confirm(dialog, "Attach a watchlist")

    with hub.at_desk(browser, Role.OPERATOR) as at:
        page = at.go(f"/deployments/{deployment}")
        dialog = do(page, "Record readiness")
        for words in ("Signs stand", "Everybody on duty", "Every camera was checked"):
            tick(dialog, words)
        confirm(dialog, "Record readiness")
        confirm(do(page, "Check in"), "Check in")
        confirm(do(page, "Go live"), "Go live")
        expect(page.get_by_text("live", exact=True).first).to_be_visible(timeout=WAIT_MS)
        raise_alert(hub, deployment)
        at.complaints.expected = ("/picture",)
        page = at.go(f"/records?deployment={deployment}")
        page.get_by_role("table", name="Alerts").get_by_role("button").first.click()
        expect(page.get_by_role("dialog")).to_contain_text(LISTED_NAME, timeout=WAIT_MS)
        page.keyboard.press("Escape")
        page = at.go(f"/deployments/{deployment}")
        confirm(do(page, "End"), "End")
        expect(page.get_by_text("ended", exact=True).first).to_be_visible(timeout=WAIT_MS)

    with hub.at_desk(browser, Role.WATCHLIST_MANAGER) as at:
        page = at.go("/settings")
        page.get_by_role("tab", name="Retention").click()
        dialog = do(page, "Purge now")
        dialog.get_by_label("Reason").fill("The deployment has ended.")
        confirm(dialog, "Destroy what is due")
        expect(page.get_by_text(re.compile("records? (was|were) destroyed"))).to_be_visible(timeout=2 * WAIT_MS)

    with hub.at_desk(browser, Role.AUDITOR) as at:
        page = at.go("/audit")
        field(page, "Record").get_by_role("searchbox").fill(deployment)
        log = page.get_by_role("table", name="Audit log")
        expect(log.get_by_text("take a deployment live")).to_have_count(1, timeout=WAIT_MS)
        page.get_by_role("tab", name="Verify").click()
        page.get_by_role("button", name="Verify the log").click()
        expect(page.get_by_text("The log is whole.")).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("tab", name="Deletion receipts").click()
        expect(page.get_by_role("table", name="Deletion receipts")).to_be_visible(timeout=2 * WAIT_MS)

    with hub.at_desk(browser, Role.ADMINISTRATOR) as at:
        page = at.go("/nodes")
        dialog = do(page, "Revoke")
        dialog.get_by_label("Reason").fill("Stolen from the van.")
        confirm(dialog, "Revoke")
        expect(page.get_by_text("revoked").first).to_be_visible(timeout=WAIT_MS)
        assert [each["node"] for each in at.ask("/nodes")["items"] if each["revoked_at"]] == [node]


@contextmanager
def node_at_work(hub: WholeHub, folder: Path, name: str, search: CameraSearch) -> Iterator[NodeId]:
    """A node of the hub whose program runs, in a thread."""
    node = hub.enrolled_node(folder, name)
    state = NodeState.open(folder, NODE_UNLOCK)
    begun: list[tuple[asyncio.AbstractEventLoop, NodeProgram]] = []

    async def work() -> None:
        program = NodeProgram(state, models=models, search=search)
        begun.append((asyncio.get_running_loop(), program))
        await program.run()

    thread = threading.Thread(target=lambda: asyncio.run(work()), name="node", daemon=True)
    thread.start()
    try:
        yield node
    finally:
        for loop, program in begun:
            loop.call_soon_threadsafe(program.stop)
        thread.join(60)
        assert not thread.is_alive()
        state.close()


def test_a_camera_is_found_added_and_checked_through_its_node(
    hub: WholeHub, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_questions, "SHORTEST_CHECK_S", 2)
    clip = Clip.load(write_clip(tmp_path / "street.mp4", 25, width=640, height=480))
    secret = "7@secret/word"
    with (
        RtspServer(clip, "viewer", secret) as video,
        OnvifCamera((Video("main", "H264", 640, 480, 25, video.url_with(None, None)),), "viewer", secret) as camera,
        node_at_work(hub, tmp_path / "node", "Van 2", CameraSearch(lambda: [LOOPBACK], camera.group, 0.5)) as node,
        hub.at_desk(browser, Role.ADMINISTRATOR) as at,
    ):
        at.complaints.expected = ("/picture",)
        wait_for(lambda: node in hub.running.fleet.heard)
        page = at.go("/cameras/new")
        choose(page, "Node", "Van 2")
        page.get_by_role("button", name="Find cameras near this node").click()
        page.get_by_role("button", name="Choose North End").click(timeout=2 * WAIT_MS)
        page.get_by_label("User name at North End").fill("viewer")
        for word, said in (("wrong", "does not take this user name and password"), (secret, "640 × 480")):
            page.get_by_label("Its password").fill(word)
            page.get_by_role("button", name="Ask for its streams").click()
            expect(page.get_by_text(said)).to_be_visible(timeout=2 * WAIT_MS)
        page.get_by_role("button", name="Use main").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("North End", timeout=WAIT_MS)
        # What was masked while it was typed is not shown in another field.
        expect(page.get_by_label("Address", exact=True)).to_have_value(video.url_with(None, None))
        page.get_by_role("button", name="Add the camera").click()
        expect(page.get_by_role("heading", name="North End")).to_be_visible(timeout=WAIT_MS)

        tick(page, "Signs are up, or only people who agreed to it are in front of the camera")
        page.get_by_label("For how many seconds").fill("120")
        page.get_by_role("button", name="Check this camera").click()
        long_enough = re.compile(r"Measured for ([3-9]|\d{2,}) of 120 seconds")
        expect(page.get_by_text(long_enough)).to_be_visible(timeout=4 * WAIT_MS)
        expect(page.get_by_text("checking", exact=True)).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("button", name="End the check now").click()
        expect(page.get_by_role("region", name="Report on North End")).to_contain_text("640 × 480", timeout=WAIT_MS)
        expect(page.get_by_text("checking", exact=True)).to_have_count(0, timeout=2 * WAIT_MS)
        video.password = "changed"
        video.cut()
        expect(page.get_by_text("refused the user name or password")).to_be_visible(timeout=4 * WAIT_MS)
        for shown in (page.content(), str(at.ask("/cameras")), "".join(camera.asked)):
            assert secret not in shown
            assert quote(secret, safe="") not in shown
        page.get_by_role("button", name="Forget this camera").click()
        confirm(page.get_by_role("alertdialog"), "Forget")


def test_somebody_new_is_invited_once_and_sets_their_sign_in_up(hub: WholeHub, browser: Browser) -> None:
    with (
        hub.at_desk(browser, Role.ADMINISTRATOR) as at,
        hub.at_desk(browser, None, permissions=[]) as new,
    ):
        page = at.go("/people")
        page.get_by_role("button", name="Add somebody").click()
        dialog = page.get_by_role("alertdialog")
        dialog.get_by_label("Name", exact=True).fill("Nia Newcomer")
        dialog.get_by_label("Sign-in name").fill("Nia!")
        tick(dialog, "Auditor")
        dialog.get_by_role("button", name="Add and invite").click()
        expect(dialog.locator(".wrong, .notice.bad").first).to_be_visible(timeout=WAIT_MS)
        dialog.get_by_label("Sign-in name").fill("nia.newcomer")
        dialog.get_by_role("button", name="Add and invite").click()
        link = dialog.locator(".command").inner_text(timeout=WAIT_MS)
        dialog.get_by_role("button", name="Done").click()
        expect(page.get_by_role("button", name="Nia Newcomer")).to_have_count(1, timeout=WAIT_MS)
        assert link not in page.content()
        theirs = new.go(link.removeprefix(hub.address))
        secret = theirs.get_by_text("Or type this into the app:").locator(".mono").inner_text()
        theirs.get_by_label("New password").fill(PASSWORD)
        theirs.get_by_label("Code", exact=True).fill(TOTP(secret).at(hub.clock()))
        theirs.get_by_role("button", name="Set the password").click()
        expect(theirs.get_by_role("link", name="Audit")).to_be_visible(timeout=WAIT_MS)
        expect(theirs.get_by_role("link", name="Cameras")).to_have_count(0)
        again = new.go(link.removeprefix(hub.address))
        expect(again.get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
        settled(again)
