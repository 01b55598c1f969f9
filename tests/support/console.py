"""The console in Chromium: a browser per person, everything that goes wrong in it written down, and every screen.

A whole hub is beside it, as `openlfr hub --plain-http` runs it: its own bus, its own clock, its own models.
"""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from tests.support.faces import grace_hopper_file
from tests.support.living_hub import NODE_UNLOCK, TERMINAL, administrator_of, free_port, new_place
from tests.support.programs import wait_for
from tests.support.staffed_hub import CANDIDATE_FACE, PROBE_FACE
from tests.support.watchlists import QuickEnroller

from openlfr import __version__
from openlfr.assurance.certificate import default_certificates
from openlfr.hub.console_files import CONSOLE_FOLDER
from openlfr.hub.csrf import HEADER
from openlfr.hub.demonstration import Tester, prepare_demonstration
from openlfr.hub.place import HubPlace, authority_of, held, import_default_certificates
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.reception import Reception
from openlfr.hub.serve import Listening, Running, serve
from openlfr.hub.services import Services
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.link.enrolment import EnrolmentCode, sign_request
from openlfr.node.state import NodeState
from openlfr.policy.direction import Direction
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import AlertId, DeploymentId, EntryId, NodeId, PersonReference
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.raised_alert import AlertPictures, CandidatePicture, ListedPerson, ProbePicture, RaisedAlert
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.policy.watchlist import Category
from openlfr.records.account_tables import SignInMethod
from openlfr.records.cameras import CameraDraft, Cameras
from openlfr.records.hub_records import HubRecords
from openlfr.records.plans import plan_in_force
from openlfr.records.sign_in_sessions import Sessions
from openlfr.records.watchlist_import import TemplateMaker
from openlfr.sealing.canonical import parse_canonical

LAPTOP: Final = (1366, 768)
PHONE: Final = (390, 844)
WAIT_MS: Final = 30_000
LISTED_NAME: Final = "Zbigniew Quibbleworth"
_INSTALLED: Final = Path("/usr/bin/chromium")
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TRAINED_FOR: Final = timedelta(days=30)
_Answer = TypeVar("_Answer")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """The browser that Debian has, or else Playwright's own; without either the test is skipped, or fails in CI."""
    with sync_playwright() as playwright:
        installed = _INSTALLED if _INSTALLED.exists() else None
        if installed is None and not Path(playwright.chromium.executable_path).exists():
            needed("Chromium is not installed: apt-get install chromium, or playwright install chromium")
        browser = playwright.chromium.launch(executable_path=installed, args=[*_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


def needs_the_console() -> None:
    """Skip the test where the console is not built, or fail in CI."""
    if not (CONSOLE_FOLDER / "index.html").exists():
        needed("the console is not built: make console")


def needed(sentence: str) -> NoReturn:
    """What a test cannot do without is missing here: it is skipped, but never in CI, where it would go unseen."""
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


_WITHOUT_A_WORKER: Final = "Service Worker registration blocked by Playwright"
"""What a browser notes that a test has told to do without service workers."""


@dataclass
class Complaints:
    """What a browser finds wrong: errors of scripts, violations of the page's policy, failures, foreign requests."""

    host: str
    found: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What a test brings about itself, by a part of its words."""

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._note(f"error: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)
        page.on("requestfailed", self._failed)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self._note(f"asked another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # Whoever leaves a screen breaks off what it was asking for.
        if request.failure != "net::ERR_ABORTED":
            self._note(f"failed: {request.url} {request.failure}")

    def _note(self, sentence: str) -> None:
        # A refusal is an answer: the browser's note of it says nothing that the page does not show.
        refused = "Failed to load resource" in sentence and "status of 4" in sentence
        if not refused and not any(each in sentence for each in (_WITHOUT_A_WORKER, *self.expected)):
            self.found.append(sentence)


@dataclass
class Desk:
    """One person's browser."""

    context: BrowserContext
    page: Page
    complaints: Complaints
    address: str

    def go(self, path: str) -> Page:
        """Open a screen and wait until it is there."""
        self.page.goto(f"{self.address}{path}")
        settled(self.page)
        return self.page

    def ask(self, path: str) -> Any:
        """What the hub's API answers this browser, read from JSON."""
        answer = self.context.request.get(f"{self.address}{PREFIX}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def tell(self, path: str, form: Mapping[str, Any]) -> Any:
        """Have the hub do something for whoever is signed in here; what it answers, read from JSON."""
        headers = {HEADER: self.ask("/session")["csrf_token"]}
        answer = self.context.request.post(f"{self.address}{PREFIX}{path}", data=form, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()


def settled(page: Page) -> None:
    """Wait until nothing of a screen is on its way any more."""
    expect(page.locator("main:visible").first).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".spinner")).to_have_count(0, timeout=WAIT_MS)


@contextmanager
def desk(
    browser: Browser, address: str, token: str = "", size: tuple[int, int] = LAPTOP, **options: Any
) -> Iterator[Desk]:
    """A browser of one's own; with a session's token somebody is signed in at it already."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB", **options)
    try:
        if token:
            # Browsers take localhost for safe, and so this cookie, which they send over nothing else that is plain.
            context.add_cookies([{"name": COOKIE, "value": token, "url": "https://localhost", "httpOnly": True}])
        complaints = Complaints(urlsplit(address).netloc)
        context.on("page", complaints.watch)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield Desk(context, page, complaints, address)
    finally:
        context.close()


@dataclass
class PassingClock:
    """The time, which a test can have pass more quickly."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **passed: float) -> None:
        """So many seconds or minutes pass."""
        self.ahead += timedelta(**passed)


@dataclass
class WholeHub:
    """A hub's folder with its people, and its program while it runs: as `openlfr hub --plain-http`, in a thread."""

    place: HubPlace
    records: HubRecords
    settings: HubSettings
    listening: Listening
    clock: PassingClock
    staff: dict[Role, Actor] = field(default_factory=dict)
    _running: Running | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return self.settings.address

    @property
    def running(self) -> Running:
        assert self._running is not None
        return self._running

    @property
    def services(self) -> Services:
        return self.running.services

    def start(self) -> None:
        self._running = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="hub", daemon=True)
        self._thread.start()
        thread = self._thread
        wait_for(lambda: self._running is not None or not thread.is_alive())
        assert self._running is not None, "the hub did not start"

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        async def beside(running: Running) -> None:
            self._running = running

        with held(self.place):
            await serve(self.place, self.records, self.settings, self.listening, beside, self._stop)

    def stop(self) -> None:
        """End the program; fails the test when it does not end."""
        self.end()
        assert self._thread is not None
        assert not self._thread.is_alive()

    def end(self) -> None:
        """Tell the program to end and give it some time. As a process it would be cut off then; a thread cannot be."""
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(30)

    def hire(self, name: str, *roles: Role) -> Actor:
        """One more member of staff, with training of every kind."""
        administrator = administrator_of(self.services)
        member = _kept(self.services.people.add(administrator, name, roles, TERMINAL))
        until = self.records.clock().date() + _TRAINED_FOR
        for skill in Skill:
            trained = self.services.people.record_competence(
                administrator, member.staff, Competence(skill, until), member.version, TERMINAL
            )
            member = _kept(trained)
        return _kept(self.services.people.actor(member.staff))

    def session(self, who: Role | Actor) -> str:
        """The token of a new session."""
        sessions = Sessions(self.records, self.settings.idle_lock, self.settings.session_end)
        staff = (self.staff[who] if isinstance(who, Role) else who).staff
        with self.records.database.writing() as session:
            return sessions.start(session, staff, SignInMethod.PASSKEY, TERMINAL, instead_of="")

    @contextmanager
    def at_desk(
        self, browser: Browser, who: Role | Actor | None, size: tuple[int, int] = LAPTOP, **options: Any
    ) -> Iterator[Desk]:
        """A browser at which somebody is signed in, or nobody; it must have found nothing wrong when it is closed."""
        token = "" if who is None else self.session(who)
        with desk(browser, self.address, token, size, **options) as opened:
            yield opened
            assert not opened.complaints.found, "\n".join(opened.complaints.found)

    def enrolled_node(self, folder: Path, name: str) -> NodeId:
        """A machine that brought its code to the hub; its program does not run."""
        authority = authority_of(self.records)
        running = self.running
        reception = Reception(self.records, running.nodes, self.settings.host, authority.pem, running.bus)
        invited = _kept(running.nodes.invite(administrator_of(self.services), name, TERMINAL))
        code = EnrolmentCode.read(invited.code)
        state = NodeState.create(folder, NODE_UNLOCK)
        try:
            request = state.keys.request(code.secret, name, __version__)
            answer = _kept(reception.enrol(sign_request(state.keys.signer, request).to_bytes(), TERMINAL))
            return state.enrolled(answer).node
        finally:
            state.close()


@contextmanager
def whole_hub(folder: Path, **settings: Any) -> Iterator[WholeHub]:
    """A hub that runs, with one person for each role; `settings` are those of `HubSettings`, but for the address."""
    needs_the_console()
    clock = PassingClock()
    place, records = new_place(folder, clock=clock)
    port = free_port()
    chosen = HubSettings(**{"address": f"http://localhost:{port}", "requests_a_minute": 100_000, **settings})
    listening = Listening(port=port, plain_http=True, bus_port=free_port())
    hub = WholeHub(place, records, chosen, listening, clock)
    hub.start()
    try:
        administrator = administrator_of(hub.services)
        import_default_certificates(records, administrator, TERMINAL)
        hub.staff[Role.ADMINISTRATOR] = administrator
        for role, name in NAMES.items():
            hub.staff[role] = hub.hire(name, role)
        yield hub
    finally:
        hub.end()
        records.close()


NAMES: Final[Mapping[Role, str]] = {
    Role.APPLICANT: "Ann Applicant",
    Role.AUTHORISING_OFFICER: "Osei Authoriser",
    Role.WATCHLIST_MANAGER: "Wim Listkeeper",
    Role.OPERATOR: "Olu Operator",
    Role.ENGAGEMENT_OFFICER: "Eve Engager",
    Role.AUDITOR: "Ada Auditor",
}


def _kept(answer: _Answer | Refusal) -> _Answer:
    assert not isinstance(answer, Refusal), answer
    return answer


def demonstrated(hub: WholeHub, folder: Path) -> tuple[DeploymentId, Actor]:
    """The deployment of a demonstration, live, with a list of one and an alert; and who holds every role at it.

    Its node is enrolled and does not run: the alert is put into the records as the node's would be.
    """
    administrator = administrator_of(hub.services)
    issued = default_certificates()[0].certificate
    node = hub.enrolled_node(folder / "node", "Van 1")
    draft = CameraDraft(node, "North End, facing south", "rtsp://10.0.0.7/stream", 40)
    camera = _kept(Cameras(hub.records).add(administrator, draft, TERMINAL))
    made = prepare_demonstration(
        hub.services,
        administrator,
        (camera,),
        (Tester("DEMO/1", "Grace Hopper", grace_hopper_file(), date(1984, 1, 1)),),
        issued,
        TemplateMaker(QuickEnroller(), issued.setup.model_pack, issued.setup.precision),
    )
    onlooker = _kept(hub.services.people.actor(made.onlooker))
    raise_alert(hub, made.deployment)
    return made.deployment, onlooker


def raise_alert(hub: WholeHub, deployment: DeploymentId) -> AlertId:
    """An alert under the plan in force, as a node's comes in."""
    with hub.records.database.reading() as session:
        document = plan_in_force(session, deployment)
    assert document is not None
    plan = from_document(ArmedPlan, parse_canonical(document.body))
    person = ListedPerson(
        entry=EntryId(hub.records.new_id()),
        person=PersonReference("N/4711"),
        name=LISTED_NAME,
        categories=(Category.WANTED_BY_COURTS,),
        offence="Burglary",
        reason="Failed to appear.",
        warning_markers=("violent",),
        look_alikes=("his brother",),
        picture_taken_on=date(2019, 2, 3),
        under_18=False,
        vulnerable=False,
        blue_list=False,
    )
    raised = RaisedAlert(
        alert=AlertId(hub.records.new_id()),
        deployment=deployment,
        plan=plan.plan,
        node=plan.cameras[0].node,
        camera=plan.cameras[0].camera,
        captured_at=hub.records.clock(),
        score=0.81,
        second_score=0.77,
        threshold=plan.threshold,
        setup=plan.setup,
        watchlist_hash=plan.watchlist_hash,
        shots=4,
        quality=71.0,
        direction=Direction.TOWARDS_LEFT,
        probes=tuple(ProbePicture(hub.records.clock(), 71.0 - number, PROBE_FACE) for number in range(3)),
        candidates=(CandidatePicture(person.picture_taken_on, 80.0, CANDIDATE_FACE),),
        person=person,
    )
    picture = grace_hopper_file().read_bytes()
    return _kept(hub.services.alerts.raise_alert(raised, AlertPictures((picture,) * 3, (picture,)))).alert.alert
