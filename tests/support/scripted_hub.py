"""A scripted hub on a real bus, and nodes that are enrolled with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import nats.errors
import numpy as np
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig
from tests.support.bus import AUTHORITY, HUB_SEED, NODE, AheadClock, until
from tests.support.bus import settings as bus_settings
from tests.support.deployment_values import entry
from tests.support.faces import astronaut, grace_hopper, models
from tests.support.street import COLLINS, HOPPER, portrait_template, street

from openlfr.capture.clock import SystemClock
from openlfr.capture.synthetic import SyntheticStreetSource
from openlfr.link.bundle_pieces import piece_of, refused_piece
from openlfr.link.bus import BusServer, BusUser, hub_user, node_user
from openlfr.link.connection import LinkLostError, bus_key, connect, hub_inbox
from openlfr.link.enrolment import EnrolmentAnswer, sign_answer
from openlfr.link.messages import (
    CameraSettings,
    CheckedIn,
    CheckWanted,
    Finding,
    Hello,
    NodeSettings,
    Orders,
    OwedReceipt,
    PreviewWanted,
    ReceiptKept,
    SearchWanted,
    nudge_subject,
)
from openlfr.link.removal_order import RemovalOrder, sign_removal
from openlfr.link.sealed_alert import open_alert
from openlfr.link.signed_messages import (
    PLAN_KIND,
    read_bundle_wanted,
    read_finding,
    read_hello,
    seal_settings,
    sign_orders,
    sign_receipt_kept,
)
from openlfr.link.tls import client_context
from openlfr.link.watchlist_bundle import DestructionReceipt, Manifest, NodeKeys, make_bundle, read_receipt
from openlfr.link.watchlist_content import ListedEntry, ListedPicture, ListIdentity, list_hash
from openlfr.node.camera_search import CameraSearch
from openlfr.node.program import NodeProgram, NodeStatus
from openlfr.node.recognition import fusion_rule
from openlfr.node.searching import Search
from openlfr.node.state import NodeState
from openlfr.policy.authority import CameraTerms, Window
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import (
    AuthorityId,
    CameraId,
    CertificateId,
    DeploymentId,
    EntryId,
    HubId,
    NodeId,
    PersonReference,
    PictureId,
    PlanId,
    StaffId,
    WatchlistId,
)
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.policy.raised_alert import AlertPictures, LaterShots, RaisedAlert
from openlfr.policy.watchlist import Picture, PictureSource
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SignedDocument, SigningKey
from openlfr.sealing.unlock import KeyFile

DEPLOYMENT = DeploymentId("0196c000-0000-7000-8000-000000000001")
WATCHLIST = WatchlistId("0196c000-0000-7000-8000-000000000011")
CAMERA = CameraId("0196c000-0000-7000-8000-0000000000c1")
OFFICER = StaffId("0196c000-0000-7000-8000-0000000000f1")
UNLOCK = KeyFile(b"\x5a" * 32)
STORE_BYTES = 1 << 26
NOWHERE = CameraSearch(interfaces=tuple)
"""A search that asks nothing of the network that the tests run in."""
_STREAM = "ALERTS"
_SETTINGS = NodeSettings(1, (CameraSettings(CAMERA, "North End", "synthetic:", 32),))


def quiet_street() -> SyntheticStreetSource:
    """The street at few frames a second, so that a test leaves some of the processor to others."""
    return SyntheticStreetSource(street(frames_per_s=8.0))


def street_setup() -> MatchingSetup:
    """What the models of tests make, without a second opinion."""
    made = models()
    return MatchingSetup(made.identity, made.execution.precision.value, fusion_rule(made))


def listed(*names: str) -> tuple[ListedEntry, ...]:
    """People of the synthetic street as a frozen list has them."""
    portraits = {HOPPER: grace_hopper(), COLLINS: astronaut()}
    people = []
    for number, name in enumerate(names, 1):
        _, jpeg = cv2.imencode(".jpg", portraits[name])
        picture = PictureId(f"0196c000-0000-7000-8000-0000000001{number:02}")
        template = portrait_template(portraits[name]).astype("<f4").tobytes()
        people.append(
            ListedEntry(
                entry(
                    entry=EntryId(f"0196c000-0000-7000-8000-0000000002{number:02}"),
                    person=PersonReference(f"NOMINAL/{number}"),
                    name=name,
                    pictures=(Picture(picture, PictureSource.CUSTODY, datetime(2025, 2, 3, tzinfo=UTC).date()),),
                ),
                (ListedPicture(picture, f"{number:064x}", 70.0, template, np.asarray(jpeg).tobytes()),),
            )
        )
    return tuple(people)


def plan(clock: SystemClock, people: tuple[ListedEntry, ...], **changes: object) -> ArmedPlan:
    """A live deployment of one camera, from an hour ago for twelve hours, varied by keyword."""
    now = clock.utc()
    complete = ArmedPlan(
        plan=PlanId("0196c000-0000-7000-8000-0000000000b1"),
        hub=HubId("hub-1"),
        deployment=DEPLOYMENT,
        authority=AuthorityId("0196c000-0000-7000-8000-0000000000aa"),
        sequence=1,
        order=Order.ANALYSE,
        rehearsal=False,
        issued_at=now,
        stop_by=now + timedelta(hours=8),
        window=Window(now - timedelta(hours=1), now + timedelta(hours=11)),
        cameras=(CameraTerms(CAMERA, NODE, "North End", ()),),
        threshold=0.45,
        setup=street_setup(),
        certificate=CertificateId("certificate"),
        watchlist_hash=hash_of(people),
        officers=(OFFICER,),
        presence=timedelta(minutes=15),
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def hash_of(people: tuple[ListedEntry, ...]) -> str:
    return list_hash(identity(), {each.entry.entry: each.digest for each in people})


def identity() -> ListIdentity:
    setup = street_setup()
    return ListIdentity(WATCHLIST, DEPLOYMENT, setup.model_pack, setup.precision)


@dataclass
class KeptAlert:
    """An alert that the hub has committed, under the id that the bus knows it by."""

    message_id: str
    raised: RaisedAlert
    pictures: AlertPictures


@dataclass
class ScriptedHub:
    """Answers as a hub does, with documents really signed; what it answers is set by the test.

    `twist` may replace the answer to a hello by other bytes, given the orders that would be right.
    """

    folder: Path
    clock: AheadClock
    hub_id: HubId = field(default_factory=lambda: HubId("hub-1"))
    signer: SigningKey = field(default_factory=lambda: SigningKey(b"\x01" * 32))
    exchange: ExchangeKey = field(default_factory=lambda: ExchangeKey(b"\x02" * 32))
    plans: list[tuple[ArmedPlan, bytes]] = field(default_factory=list)
    people: tuple[ListedEntry, ...] = ()
    removals: list[SignedDocument] = field(default_factory=list)
    checked_in: bool = True
    settings: NodeSettings = field(default_factory=lambda: _SETTINGS)
    previews: tuple[PreviewWanted, ...] = ()
    searches: tuple[SearchWanted, ...] = ()
    checks: tuple[CheckWanted, ...] = ()
    owed: tuple[OwedReceipt, ...] = ()
    twist: Callable[[Orders], bytes] | None = None
    deaf: bool = False
    hellos: list[Hello] = field(default_factory=list)
    alerts: list[KeptAlert] = field(default_factory=list)
    later: list[tuple[LaterShots, tuple[bytes, ...]]] = field(default_factory=list)
    receipts: list[DestructionReceipt] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    bundles_made: int = 0
    states: dict[NodeId, NodeState] = field(default_factory=dict)
    nkeys: dict[NodeId, str] = field(default_factory=dict)
    _bundles: dict[str, bytes] = field(default_factory=dict)

    async def start(self) -> None:
        self.bus = BusServer(bus_settings(self.folder))
        await self.bus.start()
        self.link = await connect([self.bus.url], HUB_SEED, client_context(AUTHORITY.pem), "hub", inbox=hub_inbox())
        for subject, handler in (
            ("olfr.hello.*", self._hello),
            ("olfr.bundle.*", self._bundle),
            ("olfr.receipt.*", self._receipt),
            ("olfr.preview.*.*", self._preview),
            ("olfr.finding.*", self._finding),
        ):
            await self.link.subscribe(subject, handler)
        assert await self.link.wait_connected(20)
        await self.link.client.jetstream().add_stream(
            StreamConfig(name=_STREAM, subjects=["olfr.alerts.*"], retention=RetentionPolicy.WORK_QUEUE)
        )
        self._taking = asyncio.create_task(self._take_alerts())

    async def cut(self) -> None:
        """The link is gone: nothing answers at the bus's address any more."""
        self._port = int(self.bus.url.rpartition(":")[2])
        await self.bus.stop()

    async def restore(self) -> None:
        """The link is back, at the same address."""
        self.bus = BusServer(replace(bus_settings(self.folder, port=self._port), users=self.users))
        await self.bus.start()
        assert await self.link.wait_connected(30)

    async def stop(self) -> None:
        self._taking.cancel()
        await asyncio.gather(self._taking, return_exceptions=True)
        await self.link.close()
        await self.bus.stop()

    @property
    def users(self) -> tuple[BusUser, ...]:
        nodes = (node_user(nkey, node) for node, nkey in self.nkeys.items())
        return (hub_user(bus_key(HUB_SEED)), *nodes)

    async def enrol(self, folder: Path, node: NodeId = NODE) -> NodeState:
        """A new node of this hub, as if it had shown a code."""
        state = NodeState.create(folder, UNLOCK)
        state.enrolled(sign_answer(self.signer, self.answer(node)))
        self.states[node] = state
        self.nkeys[node] = bus_key(state.keys.bus_seed)
        await self.bus.reload(self.users)
        return state

    def reopened(self, folder: Path, node: NodeId = NODE) -> NodeState:
        """The folder of a node as its program finds it when it is started anew."""
        self.states[node].close()
        self.states[node] = NodeState.open(folder, UNLOCK)
        return self.states[node]

    def answer(self, node: NodeId) -> EnrolmentAnswer:
        return EnrolmentAnswer(
            node=node,
            hub=self.hub_id,
            hub_name="Scripted",
            hub_verify_key=self.signer.public.raw.hex(),
            hub_exchange_key=self.exchange.public.raw.hex(),
            authority=AUTHORITY.pem.decode(),
            bus=(self.bus.url,),
        )

    def order(self, plan: ArmedPlan, signer: SigningKey | None = None) -> None:
        """From now on this is the newest plan."""
        self.plans = [(plan, self.signed(plan, signer))]

    def signed(self, plan: ArmedPlan, signer: SigningKey | None = None) -> bytes:
        return (signer or self.signer).sign_document(PLAN_KIND, to_document(plan)).to_bytes()

    def remove(self, name: str) -> None:
        """Take a person off; the plan that names the new hash is for the test to order."""
        before = hash_of(self.people)
        (gone,) = (each.entry.entry for each in self.people if each.entry.name == name)
        self.people = tuple(each for each in self.people if each.entry.entry != gone)
        number = len(self.removals) + 1
        order = RemovalOrder(WATCHLIST, number, gone, self.clock.utc(), before, hash_of(self.people))
        self.removals.append(sign_removal(self.signer, order))

    async def nudge(self, node: NodeId = NODE) -> None:
        await self.link.publish(nudge_subject(node), b"")

    @property
    def last(self) -> Hello:
        return self.hellos[-1]

    async def hears(self, what: Callable[[Hello], object], *, at_most_s: float = 120.0) -> None:
        """Wait until a hello says something, asking for hellos more often than they would come by themselves."""
        asking = asyncio.create_task(self._keep_nudging())
        try:
            await until(lambda: self.hellos and what(self.hellos[-1]), at_most_s=at_most_s)
        finally:
            asking.cancel()

    async def _keep_nudging(self) -> None:
        while True:
            with contextlib.suppress(LinkLostError):
                await asyncio.gather(*(self.nudge(node) for node in self.states))
            await asyncio.sleep(0.2)

    def orders(self, hello: Hello, state: NodeState) -> Orders:
        removals_held = max((each.removals for each in hello.lists), default=len(self.removals))
        held = {each.deployment: each.sequence for each in hello.plans}
        news = [content.decode() for each, content in self.plans if each.sequence > held.get(each.deployment, 0)]
        new_settings = self.settings.version > hello.settings
        return Orders(
            hub=self.hub_id,
            node=hello.node,
            boot=hello.boot,
            number=hello.number,
            at=self.clock.utc(),
            plans=tuple(news),
            removals=tuple(each.to_bytes().decode() for each in self.removals[removals_held:]),
            check_ins=(CheckedIn(DEPLOYMENT, OFFICER, self.clock.utc()),) if self.checked_in else (),
            settings=seal_settings(self.settings, state.keys.exchange.public) if new_settings else "",
            previews=self.previews,
            searches=self.searches,
            checks=self.checks,
            owed=self.owed,
        )

    async def _hello(self, message: Msg) -> None:
        if self.deaf:
            return
        node = NodeId(message.subject.rpartition(".")[2])
        state = self.states[node]
        hello = read_hello(message.data, state.keys.signer.public)
        orders = self.orders(hello, state)
        self.hellos.append(hello)
        await message.respond(self.twist(orders) if self.twist else sign_orders(self.signer, orders))

    async def _bundle(self, message: Msg) -> None:
        state = self.states[NodeId(message.subject.rpartition(".")[2])]
        wanted = read_bundle_wanted(message.data, state.keys.signer.public)
        if wanted.watchlist_hash != hash_of(self.people):
            await message.respond(refused_piece("This hub has no such list.").to_bytes())
            return
        name = wanted.bundle or self._made(state, wanted.node)
        await message.respond(piece_of(name, self._bundles[name], wanted.offset).to_bytes())

    def _made(self, state: NodeState, node: NodeId) -> str:
        self.bundles_made += 1
        now = self.clock.utc()
        manifest = Manifest(
            bundle=f"0196c000-0000-7000-8000-0000000003{self.bundles_made:02}",
            identity=identity(),
            content_hash=hash_of(self.people),
            removals=len(self.removals),
            people=len(self.people),
            made_at=now,
            open_until=now + timedelta(hours=11),
            recipients=(),
            sealed_sha256="",
        )
        keys = NodeKeys(node, state.keys.exchange.public, state.keys.signer.public)
        self._bundles[manifest.bundle] = make_bundle(self.signer, manifest, self.people, [keys])
        return manifest.bundle

    async def _receipt(self, message: Msg) -> None:
        node = NodeId(message.subject.rpartition(".")[2])
        receipt = read_receipt(SignedDocument.from_bytes(message.data), self.states[node].keys.signer.public)
        self.receipts.append(receipt)
        await message.respond(sign_receipt_kept(self.signer, ReceiptKept(node, receipt.bundle)))

    async def _preview(self, message: Msg) -> None:
        self.pictures.append(bytes(message.data))

    async def _finding(self, message: Msg) -> None:
        state = self.states[NodeId(message.subject.rpartition(".")[2])]
        self.findings.append(read_finding(message.data, state.keys.signer.public))

    async def _take_alerts(self) -> None:
        """As the hub does: opened, committed, and only then acknowledged."""
        while True:
            try:
                stream = self.link.client.jetstream()
                queue = await stream.pull_subscribe(
                    "olfr.alerts.*", durable="hub", stream=_STREAM, config=ConsumerConfig(max_ack_pending=1)
                )
                while True:
                    for message in await queue.fetch(1, timeout=1):
                        raised, pictures = open_alert(
                            message.data, self.exchange, lambda node: self.states[node].keys.signer.public
                        )
                        if isinstance(raised, LaterShots):
                            self.later.append((raised, pictures.probes))
                        else:
                            self.alerts.append(KeptAlert((message.headers or {})["Nats-Msg-Id"], raised, pictures))
                        await message.ack()
            except (nats.errors.Error, LinkLostError, OSError):
                await asyncio.sleep(0.05)


@dataclass
class RunningNode:
    """A node's program at work in this process, and what it last said of itself."""

    state: NodeState
    program: NodeProgram
    statuses: list[NodeStatus]

    @property
    def status(self) -> NodeStatus:
        return self.statuses[-1]

    @property
    def situation(self) -> str:
        cameras = self.status.cameras if self.statuses else ()
        return cameras[0].situation.value if cameras else ""


@asynccontextmanager
async def running_node(
    state: NodeState, clock: SystemClock, *, store_limit_bytes: int = STORE_BYTES, search: Search = NOWHERE
) -> AsyncIterator[RunningNode]:
    """A node whose only camera is the synthetic street, with the models of tests."""
    statuses: list[NodeStatus] = []
    program = NodeProgram(
        state,
        clock,
        models=models,
        source=lambda _address: quiet_street(),
        search=search,
        store_limit_bytes=store_limit_bytes,
        on_status=statuses.append,
    )
    running = asyncio.create_task(program.run())
    try:
        yield RunningNode(state, program, statuses)
    finally:
        program.stop()
        await running


@asynccontextmanager
async def scripted_hub(folder: Path, clock: AheadClock | None = None) -> AsyncIterator[ScriptedHub]:
    hub = ScriptedHub(folder, clock or AheadClock())
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
