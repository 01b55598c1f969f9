"""A walk through every screen of the console, in the states in which people meet them.

Two people go: one who is signed in and holds every role, and a newcomer, who is invited on the way, authorises what
the other applied for, and shows what is seen by whoever is not signed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, Route, expect
from pyotp import TOTP
from tests.support.console import LAPTOP, WAIT_MS, Desk, desk, settled
from tests.support.faces import astronaut, grace_hopper_file
from tests.support.watchlists import row, write_csv

from openlfr.hub.schemas.camera_checks import check_view
from openlfr.policy.camera_check import CheckFigures, ReasonCount, Spread
from openlfr.policy.identifiers import CameraId, StaffId
from openlfr.records.camera_checks import KeptCheck
from openlfr.sealing.canonical import JsonValue

NEWCOMER: Final = "Nia Newcomer"
ROLES: Final = ("authorising officer", "engagement officer", "auditor")
SITE: Final = "Station Square"
PASSWORD: Final = "eleven green bottles"
_IMPORTED_WITHIN_MS: Final = 4 * WAIT_MS

_FOUND: Final = {
    "search": "0196c000-0000-7000-8000-000000000001",
    "node": "0196c000-0000-7000-8000-000000000002",
    "state": "done",
    "problem": "",
    "cameras": [
        {
            "address": "http://10.0.0.7/onvif/device_service",
            "name": "North End",
            "model": "Acme M1065",
            "streams": [
                {
                    "name": name,
                    "address": f"rtsp://10.0.0.7:554/{name}?channel=1",
                    "codec": "H264",
                    "width_px": width,
                    "height_px": height,
                    "frames_per_s": 25.0,
                }
                for name, width, height in (("main", 1920, 1080), ("sub", 640, 360))
            ],
        }
    ],
}
"""What a node finds that runs, in a network with a camera."""


def _checked(camera: str) -> JsonValue:
    """What the API says of a camera that was checked."""
    measured = CheckFigures(
        seconds=30.0,
        width=1280,
        height=720,
        decoded=740,
        smallest_face_px=40,
        faces=130,
        in_zone=120,
        passages=17,
        clear=12,
        too_small=2,
        passed=7,
        eye_px=Spread(14.0, 22.0, 34.0),
        sharpness=Spread(70.0, 95.0, 99.0),
        pitch=Spread(-12.0, -7.0, -2.0),
        yaw=Spread(1.0, 4.0, 11.0),
        eye_px_bins=(0, 1, 2, 1, 4, 2, 2, 0, 0, 0, 0),
        reasons=(ReasonCount("InterEyeDistance", 4), ReasonCount("Sharpness", 1)),
    )
    at = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    kept = KeptCheck("check", CameraId(camera), StaffId("hub"), at, at, measured)
    view: JsonValue = check_view(camera, None, kept, at).model_dump(mode="json")
    return view


Seen = tuple[str, Page]
"""A screen by a name of its own, and the page that shows it now, as wide as a laptop."""


def walk(browser: Browser, at: Desk, deployment: str) -> Iterator[Seen]:
    """Every screen there is; `at` is the desk of somebody who holds every role, `deployment` live with a list and
    an alert that nobody has judged yet. Whoever looks may resize the page, and leaves it as it was otherwise.
    """
    path = Walk(at, deployment)
    with desk(browser, at.address, size=LAPTOP, reduced_motion="reduce") as newcomer:
        yield from path.live()
        yield from path.phone()
        yield from path.alone(newcomer)
        yield from path.deployments(newcomer)
        yield from path.watchlists()
        yield from path.records()
        yield from path.machines()
        yield from path.people()
        yield from path.audit()
        yield from path.settings()
        yield from path.locked(newcomer)
        assert not newcomer.complaints.found, "\n".join(newcomer.complaints.found)


@dataclass
class Walk:
    """The way of somebody who holds every role."""

    at: Desk
    deployment: str
    applied: str = ""
    """The second deployment: applied for on the way, authorised, its watchlist begun."""

    def live(self) -> Iterator[Seen]:
        site = f"/live/{self.deployment}"
        yield "live", self.go("/live")
        yield "live-deployment", self.go(site)
        page = self.page
        page.get_by_role("button", name="Keys and choices").click()
        yield "live-keys", self.dialog()
        page = self.go(f"{site}/alerts/{self.unjudged()}")
        expect(page.get_by_role("button", name="Same person")).to_be_visible(timeout=WAIT_MS)
        yield "live-alert", page
        page.keyboard.press("1")
        expect(page.get_by_text("Why?")).to_be_visible(timeout=WAIT_MS)
        yield "live-alert-reasons", page

    def phone(self) -> Iterator[Seen]:
        # What nobody has taken yet would open by itself.
        for each in self.at.ask(f"/deployments/{self.deployment}/alerts?state=raised")["items"]:
            self.at.tell(f"/alerts/{each['alert']}/mark-seen", {"version": each["version"]})
        page = self.go("/phone")
        yield "phone", page
        alert = self.unjudged()
        page = self.go(f"/phone/alerts/{alert}")
        yield "phone-alert", page
        page.get_by_text("Same person", exact=True).click()
        page.get_by_text("Features agree", exact=False).first.click()
        yield "phone-judge", page
        page.locator(".phone-send").get_by_role("button").click()
        engaging = page.get_by_role("button", name="I am engaging")
        expect(engaging).to_be_visible(timeout=WAIT_MS)
        yield "phone-engage", page
        engaging.click()
        recorded = page.get_by_role("button", name="Record the outcome")
        expect(recorded).to_be_visible(timeout=WAIT_MS)
        yield "live-alert-engaged", self.go(f"/live/{self.deployment}/alerts/{alert}")
        page = self.go(f"/phone/alerts/{alert}")
        for choice in ("could not be established", "not checked", "no action"):
            page.get_by_text(choice, exact=False).first.click()
        yield "phone-outcome", page
        recorded.click()
        expect(page.get_by_text("wiped from this phone")).to_be_visible(timeout=WAIT_MS)
        yield "phone-over", page

    def alone(self, newcomer: Desk) -> Iterator[Seen]:
        """What is seen by whoever is not signed in: the newcomer sets their sign-in up, and is signed in then."""
        yield "sign-in", newcomer.go("/")
        staff = self.at.tell("/people", {"name": NEWCOMER, "roles": ROLES})
        invited = self.at.tell(f"/accounts/{staff['staff']}/invitation", {"sign_in_name": "nia.newcomer"})
        page = newcomer.go(invited["link"].removeprefix(newcomer.address))
        page.get_by_label("New password").fill("short")
        page.get_by_label("Code", exact=True).fill("123456")
        page.get_by_role("button", name="Set the password").click()
        expect(page.locator(".wrong").first).to_be_visible(timeout=WAIT_MS)
        yield "set-up", page
        secret = page.get_by_text("Or type this into the app:").locator(".mono").inner_text()
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("Code", exact=True).fill(TOTP(secret).at(datetime.now(UTC)))
        page.get_by_role("button", name="Set the password").click()
        expect(page.get_by_role("navigation", name="Screens")).to_be_visible(timeout=WAIT_MS)
        settled(page)
        yield "phone-nowhere", newcomer.go("/phone")

    def deployments(self, newcomer: Desk) -> Iterator[Seen]:
        yield "deployments", self.go("/deployments")
        self.page.get_by_label("Site", exact=True).fill("nowhere")
        expect(self.page.get_by_text("No deployment here")).to_be_visible(timeout=WAIT_MS)
        yield "deployments-empty", self.page
        page = self.go("/deployments/new")
        page.get_by_label("People expected to pass").fill("-5")
        page.get_by_label("Purpose").fill("Find people whom the courts want, near the station.")
        page.get_by_label("Area: its corners in order").fill("the station")
        page.get_by_role("button", name="Keep the draft").click()
        expect(page.locator(".notice.bad")).to_be_visible(timeout=WAIT_MS)
        yield "application", page
        self.applied = self.application()
        yield "deployment-draft", self.go(f"/deployments/{self.applied}")
        self.at.tell(f"/deployments/{self.applied}/submit", {"version": 1})
        page = newcomer.go(f"/deployments/{self.applied}")
        page.get_by_role("button", name="Authorise", exact=True).click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_be_visible(timeout=WAIT_MS)
        yield "deployment-authorise", page
        dialog.get_by_label("Reason").fill("Necessary and proportionate.")
        dialog.get_by_role("button", name="Authorise", exact=True).click()
        expect(dialog).to_have_count(0, timeout=WAIT_MS)
        page = self.go(f"/deployments/{self.deployment}")
        for tab in ("Figures", "Application", "Decisions", "Officers", "Recognition test", "Timeline"):
            yield f"deployment-{tab.lower().replace(' ', '-')}", self.tab(tab)
        for act in ("End", "Revoke"):
            page.get_by_role("button", name=act, exact=True).click()
            yield f"deployment-{act.lower()}", self.dialog()
            page.keyboard.press("Escape")
        page = self.go(f"/deployments/{self.applied}")
        page.get_by_role("button", name="Attach a watchlist").click()
        yield "deployment-attach", self.dialog()

    def watchlists(self) -> Iterator[Seen]:
        yield "watchlists-none-chosen", self.go("/watchlists")
        yield "watchlists-empty", self.go(f"/watchlists?deployment={self.applied}")
        self.page.get_by_role("button", name="Begin a watchlist").click()
        with TemporaryDirectory() as folder, self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose files").click()
            chooser.value.set_files(list_with_mistakes(Path(folder)))
            expect(self.page.get_by_text("finished", exact=True)).to_be_visible(timeout=_IMPORTED_WITHIN_MS)
        self.page.get_by_role("button", name="Show rows").click()
        expect(self.page.get_by_text("lost.png", exact=True)).to_be_visible(timeout=WAIT_MS)
        yield "watchlist-import", self.page
        self.page.reload()
        settled(self.page)
        self.tab("People")
        expect(self.page.get_by_text("Eileen Collins")).to_be_visible(timeout=WAIT_MS)
        yield "watchlist-review", self.page
        yield "watchlist-look-alikes", self.tab("Look-alikes")
        self.page.get_by_role("button", name="Destroy").click()
        yield "watchlist-destroy", self.dialog()
        yield "watchlists", self.go(f"/watchlists?deployment={self.deployment}")
        (listed,) = self.at.ask(f"/deployments/{self.deployment}/watchlists")
        self.go(f"/watchlists/{listed['watchlist']}")
        for tab in ("People", "Composition", "Copies"):
            yield f"watchlist-{tab.lower()}", self.tab(tab)

    def records(self) -> Iterator[Seen]:
        yield "records-empty", self.go(f"/records?deployment={self.applied}")
        page = self.go(f"/records?deployment={self.deployment}")
        yield "records", page
        page.get_by_role("table", name="Alerts").get_by_role("button").last.click()
        yield "record", self.dialog()
        self.go("/reports")
        self.choose("Deployment", "Station Square")
        for tab in ("Deployments", "Annual report", "Evidence", "Regulator", "Known answers"):
            yield f"reports-{tab.lower().replace(' ', '-')}", self.tab(tab)

    def machines(self) -> Iterator[Seen]:
        yield "cameras", self.go("/cameras")
        page = self.go("/cameras/new")
        yield "camera-new", page
        page.route("**/camera-searches**", lambda route: route.fulfill(json=_FOUND))
        page.get_by_role("button", name="Node").click()
        page.get_by_role("option").first.click()
        page.get_by_role("button", name="Find cameras near this node").click()
        page.get_by_role("button", name="Choose North End").click()
        page.get_by_label("User name at North End").fill("viewer")
        page.get_by_role("button", name="Ask for its streams").click()
        page.get_by_role("button", name="Use main").click()
        yield "camera-found", page
        page.unroute("**/camera-searches**")
        camera = self.at.ask("/cameras")["items"][0]["camera"]
        yield "camera", self.go(f"/cameras/{camera}")
        page.route("**/checks/newest", lambda route: route.fulfill(json=_checked(camera)))
        yield "camera-checked", self.go(f"/cameras/{camera}")
        page.unroute("**/checks/newest")
        page = self.go("/nodes")
        yield "nodes", page
        page.get_by_role("button", name="Enrol a node").click()
        dialog = self.dialog().get_by_role("alertdialog")
        dialog.get_by_label("Name").fill("Van 2")
        dialog.get_by_role("button", name="Make a code").click()
        expect(dialog.locator(".command")).to_be_visible(timeout=WAIT_MS)
        yield "node-enrol", page
        dialog.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="Revoke").last.click()
        yield "node-revoke", self.dialog()

        def refused(route: Route) -> None:
            route.fulfill(status=403, json={"detail": "You may not look at cameras: ask an administrator."})

        page.route("**/api/v1/cameras?*", refused)
        yield "cameras-error", self.go("/cameras")
        page.unroute("**/api/v1/cameras?*")

    def people(self) -> Iterator[Seen]:
        page = self.go("/people")
        yield "people", page
        page.get_by_role("button", name="Ann Applicant", exact=True).first.click()
        yield "person", self.dialog()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Add somebody").click()
        yield "person-new", self.dialog()

    def audit(self) -> Iterator[Seen]:
        page = self.go("/audit")
        yield "audit-log", page
        page.get_by_role("table", name="Audit log").get_by_role("button").first.click()
        yield "audit-entry", self.dialog()
        page.keyboard.press("Escape")
        self.tab("Verify")
        page.get_by_role("button", name="Verify the log").click()
        expect(page.get_by_text("The log is whole.")).to_be_visible(timeout=WAIT_MS)
        yield "audit-verify", page
        for tab in ("Deletion receipts", "Rights requests", "Export"):
            yield f"audit-{tab.split()[0].lower()}", self.tab(tab)

    def settings(self) -> Iterator[Seen]:
        page = self.go("/settings")
        for tab in ("My sign-in", "Retention", "Certificates", "Jurisdiction", "Webhooks"):
            yield f"settings-{tab.split()[-1].lower()}", self.tab(tab)
        page.get_by_role("button", name="Add a webhook").click()
        yield "webhook-new", self.dialog()

    def locked(self, newcomer: Desk) -> Iterator[Seen]:
        page = newcomer.go("/deployments")
        page.get_by_role("button", name="Lock the console").click()
        expect(page.get_by_text("The console is locked")).to_be_visible(timeout=WAIT_MS)
        yield "locked", page

    @property
    def page(self) -> Page:
        return self.at.page

    def go(self, path: str) -> Page:
        return self.at.go(path)

    def tab(self, title: str) -> Page:
        self.page.get_by_role("tab", name=title, exact=True).click()
        settled(self.page)
        return self.page

    def dialog(self) -> Page:
        """The page once the dialog that was asked for is there."""
        expect(self.page.locator("[role=dialog], [role=alertdialog]")).to_be_visible(timeout=WAIT_MS)
        settled(self.page)
        return self.page

    def choose(self, label: str, option: str) -> None:
        self.page.locator(".field", has=self.page.get_by_text(label, exact=True)).get_by_role("button").click()
        self.page.get_by_role("option", name=option).first.click()

    def unjudged(self) -> str:
        """The newest alert that waits for a judgement."""
        found = self.at.ask(f"/deployments/{self.deployment}/alerts?state=raised&state=seen")["items"]
        return str(found[0]["alert"])

    def application(self) -> str:
        """The draft of a deployment that is no rehearsal, with the place, camera and certificate of the live one."""
        form: dict[str, Any] = self.at.ask(f"/deployments/{self.deployment}")["application"]
        begins = datetime.now(UTC) + timedelta(hours=2)
        window = {"start": begins.isoformat(), "end": (begins + timedelta(hours=6)).isoformat()}
        form["terms"] |= {"window": window, "categories": ["wanted by the courts"]}
        form["location"] |= {"name": SITE, "evidence": "Robberies have doubled since March."}
        form |= {
            "controller": "Borough Police",
            "purpose": "Find people whom the courts want, near the station.",
            "necessity": "Warrants were not served at known addresses.",
            "proportionality": "Six hours, one camera, a short list.",
            "less_intrusive_alternatives": "Patrols found nobody in four weeks.",
        }
        draft = self.at.tell("/deployments", {"application": form, "profile": "uk", "rehearsal": False})
        return str(draft["deployment"])


def list_with_mistakes(folder: Path) -> list[Path]:
    """A CSV file and its pictures: three people, two of whom share a picture, and two rows that cannot be used."""
    expires = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    cv2.imwrite(str(folder / "collins.png"), astronaut())
    cv2.imwrite(str(folder / "wall.png"), np.full((400, 400, 3), 90, np.uint8))
    hopper = folder / "hopper.jpg"
    hopper.write_bytes(grace_hopper_file().read_bytes())
    markers = {"warning_markers": "violent", "under_18": "yes"}
    rows = [
        row("N/1", "hopper.jpg", name="Grace Hopper", expires_on=expires, **markers),
        row("N/2", "collins.png", name="Eileen Collins", expires_on=expires, reason=""),
        row("N/3", "hopper.jpg", name="Gail Hopper", expires_on=expires),
        row("N/4", "wall.png", name="Nobody Atall", expires_on=expires),
        row("N/5", "lost.png", name="Lost Picture", expires_on=expires),
    ]
    return [write_csv(folder / "people.csv", rows), hopper, folder / "collins.png", folder / "wall.png"]
