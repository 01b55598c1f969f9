"""A hub that serves the console, with a deployment that is live, and browsers at which its people are signed in."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from tests.support.cameras import wait_until
from tests.support.console import LAPTOP, needs_the_console
from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.faces import astronaut, grace_hopper, main_face
from tests.support.hub_app import loopback_socket, quick_passwords
from tests.support.running_hub import FleetByHand, JobsByHand
from tests.support.staffed_hub import StaffedHub, staffed_from_records

from openlfr.hub.app import create_app
from openlfr.hub.metrics import CountedRequests
from openlfr.hub.services import services_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.hub.telling import telling_of
from openlfr.hub.tip import AuditTip
from openlfr.policy.alert import Alert
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.raised_alert import AlertPictures
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor, Role
from openlfr.records.account_tables import SignInMethod
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import Processing
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.sign_in_sessions import Sessions
from openlfr.vision.face import BGRImage

_TERMINAL = "a test"
_CHANGES = (Processing.COLLECTION, Processing.ALTERATION)


class RunningClock(HandClock):
    """A clock that goes on from whatever it was set to, as a browser's does."""

    def __init__(self) -> None:
        super().__init__()
        self._set_at = time.monotonic()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "now":
            super().__setattr__("_set_at", time.monotonic())

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self._set_at)


@dataclass
class ConsoleHub:
    """A served hub with its people and one live deployment, at which operator and engagement officer are there."""

    hub: StaffedHub
    deployment: DeploymentId
    settings: HubSettings
    fleet: FleetByHand
    browser: Browser
    pictures: AlertPictures
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def records(self) -> HubRecords:
        return self.hub.records

    def screen(self, who: Actor, path: str, size: tuple[int, int] = LAPTOP, **options: Any) -> Page:
        """A screen of the console, in a browser of their own, at which somebody is signed in."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB", **options)
        self.contexts.append(context)
        sessions = Sessions(self.records, self.settings.idle_lock, self.settings.session_end)
        with self.records.database.writing() as session:
            token = sessions.start(session, who.staff, SignInMethod.PASSKEY, _TERMINAL, instead_of="")
        # Browsers take localhost for safe, and so this cookie, which they send over nothing else that is plain.
        context.add_cookies([{"name": COOKIE, "value": token, "url": "https://localhost", "httpOnly": True}])
        page = context.new_page()
        page.clock.install(time=self.hub.clock())
        page.clock.resume()
        page.goto(f"{self.settings.address}{path}")
        return page

    def raised(self, times: int = 1) -> list[AlertId]:
        """So many new alerts, of a person with a name that is easily searched for."""
        delivered = [(self.hub.raised(self.deployment), self.pictures) for _ in range(times)]
        return [_kept(each) for each in self.hub.alerts.raise_alerts(delivered)]

    def alert(self, alert: AlertId) -> Alert:
        """An alert as it stands in the records, with everything that was said of it."""
        found = self.hub.alerts.view(AlertAsked(self.hub.authoriser, alert, _TERMINAL))
        assert not isinstance(found, Refusal), found
        return found.alert

    def done(self, alert: AlertId) -> Sequence[str]:
        """The acts on an alert that were carried out, in their order, without the looks."""
        with self.records.database.reading() as session:
            entries = session.scalars(
                select(AuditEntryRow)
                .where(AuditEntryRow.record_id == alert, AuditEntryRow.processing.in_(_CHANGES))
                .order_by(AuditEntryRow.sequence)
            )
            return [each.act for each in entries]


def _kept(record: object) -> AlertId:
    assert not isinstance(record, Refusal), record
    return record.alert.alert  # type: ignore[attr-defined,no-any-return]


def _face(picture: BGRImage, sides: float) -> bytes:
    """A JPEG of the face in a picture, with so many of its widths around it."""
    height, width = picture.shape[:2]
    left, top, right, bottom = main_face(picture).box.grown(sides).pixels(width, height)
    written, jpeg = cv2.imencode(".jpg", picture[top:bottom, left:right])
    assert written
    return bytes(jpeg.tobytes())


@contextmanager
def console_hub(folder: Path, browser: Browser, **terms: object) -> Iterator[ConsoleHub]:
    """The hub, until the block ends; `terms` are varied as in `StaffedHub.decision`."""
    needs_the_console()
    clock = RunningClock()
    records = new_hub_records(SqliteSource(folder).fresh(), folder / "vault", clock)
    hub = staffed_from_records(records, clock, *Role)
    decided = hub.decision
    hub.decision = lambda **changes: decided(**{**terms, **changes})  # type: ignore[method-assign]
    deployment = hub.live()
    fleet = FleetByHand()
    pictures = AlertPictures(
        probes=(_face(astronaut(), 2.4), _face(astronaut()[:, ::-1], 2.4)),
        candidates=(_face(grace_hopper(), 1.8), _face(grace_hopper()[:, ::-1], 1.8)),
    )
    with loopback_socket() as (bound, port):
        settings = HubSettings(address=f"http://localhost:{port}", requests_a_minute=1200)
        running = ConsoleHub(hub, deployment, settings, fleet, browser, pictures)
        server: list[uvicorn.Server] = []

        async def serve() -> None:
            services = services_of(records)
            tip = AuditTip(records.database, look_every_s=0.02)
            telling = telling_of(services, settings, tip, fleet, JobsByHand({}))
            app = create_app(services, settings, parts=telling.parts, passwords=quick_passwords())
            told = CountedRequests(app, telling.metrics)
            server.append(uvicorn.Server(uvicorn.Config(told, lifespan="off", log_level="error")))
            server[0].config.timeout_graceful_shutdown = 1
            always = [asyncio.create_task(each) for each in (tip.run(), telling.run())]
            await server[0].serve(sockets=[bound])
            for task in always:
                task.cancel()
            await asyncio.gather(*always, return_exceptions=True)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            wait_until(lambda: bool(server) and server[0].started)
            yield running
        finally:
            for context in running.contexts:
                context.close()
            server[0].should_exit = True
            thread.join(60)
            assert not thread.is_alive()
