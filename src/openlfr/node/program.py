"""The node's program: asks its hub once a second what it is to do, does it, and says what it does."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from nats.aio.msg import Msg

from openlfr import __version__
from openlfr.capture.clock import Clock, SystemClock
from openlfr.capture.source import Source
from openlfr.capture.sources import open_source
from openlfr.link.bundle_pieces import NoPieceError, read_piece
from openlfr.link.connection import Connection, LinkLostError, connect, node_inbox
from openlfr.link.messages import (
    BundleWanted,
    CameraReport,
    Hello,
    bundle_subject,
    finding_subject,
    hello_subject,
    nudge_subject,
    preview_subject,
    receipt_subject,
)
from openlfr.link.outbox import STORE_LIMIT_BYTES, Outbox
from openlfr.link.signed_messages import read_receipt_kept, sign_bundle_wanted, sign_finding, sign_hello
from openlfr.link.tls import client_context
from openlfr.link.watchlist_bundle import MAX_BUNDLE_BYTES, BundleImport, DestructionReceipt, sign_receipt
from openlfr.node.camera_search import CameraSearch
from openlfr.node.deployment_work import Surroundings
from openlfr.node.hub_time import HubTime
from openlfr.node.obedience import Ears, Obeyed, Taken, held_plans, take_dismissal, take_orders, verdict
from openlfr.node.searching import Search, Searching
from openlfr.node.state import NodeState
from openlfr.node.station_keeper import StationKeeper
from openlfr.node.watchlist_in_memory import ListUnusableError
from openlfr.policy.identifiers import CameraId, DeploymentId, uuid7_source
from openlfr.policy.plan import ArmedPlan, Loaded
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.vision.models import Models, open_models

ASK_EVERY_S: Final = 1.0
LEAST_PAUSE_S: Final = 0.05
"""However often the hub nudges."""
LOOK_EVERY_S: Final = 0.25
RECEIPTS_EVERY_S: Final = 0.5
ANSWER_WITHIN_S: Final = 3.0
BUNDLE_WITHIN_S: Final = 60.0
"""Making a bundle of thousands of people takes the hub seconds."""
LONGEST_COMPLAINT: Final = 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What people on the spot want to know: whether the hub is heard and why not, every camera, alerts that have not
    reached the hub, and why the node does not do what it was last ordered."""

    at: datetime
    heard: bool
    link: str
    cameras: tuple[CameraReport, ...]
    waiting: int
    complaint: str


class NodeProgram:
    """One node, from `run` to `stop`. Belongs to the event loop that `run` is called in."""

    def __init__(
        self,
        state: NodeState,
        clock: Clock | None = None,
        *,
        models: Callable[[], Models] = lambda: open_models(second_opinion=True),
        source: Callable[[str], str | Source] = lambda address: open_source(address, loop=True),
        search: Search = CameraSearch(),  # noqa: B008
        store_limit_bytes: int = STORE_LIMIT_BYTES,
        on_status: Callable[[NodeStatus], None] = lambda _status: None,
    ) -> None:
        """`models` opens them when first needed; `source` makes a source of a camera's address, recordings in a loop;
        `search` looks for cameras in this node's network; `on_status` is called about once a second. Raises
        NodeStateError when the node belongs to no hub."""
        self._state = state
        self._clock = HubTime(clock or SystemClock())
        self._models = models
        self._source = source
        self._store_limit_bytes = store_limit_bytes
        self._on_status = on_status
        enrolment = state.enrolment
        self._searching = Searching(enrolment.node, state.keys.exchange, search)
        self._ears = Ears(
            node=enrolment.node,
            hub=enrolment.hub,
            hub_key=state.hub_key,
            exchange=state.keys.exchange,
            boot=secrets.token_hex(16),
        )
        self._obeyed = Obeyed()
        self._number = 0
        self._complaints: tuple[str, ...] = ()
        self._heard = False
        self._not_heard = "The hub has not been heard yet."
        self._not_noted: list[ArmedPlan] = []
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._nudged = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`. Raises BusError when the outbox cannot run; then nothing was begun."""
        enrolment, keys, loop = self._state.enrolment, self._state.keys, asyncio.get_running_loop()
        self._forget_lists_of_before()
        link = await connect(
            enrolment.bus,
            keys.bus_seed,
            client_context(enrolment.authority.encode()),
            enrolment.node,
            inbox=node_inbox(enrolment.node),
            on_back=self._nudged.set,
        )
        outbox = Outbox(self._state.outbox_folder, enrolment.node, link, self._store_limit_bytes)
        try:
            await outbox.start()
        except BaseException:
            await link.close()
            raise

        def answer(deployment: DeploymentId, camera: CameraId, loaded: Loaded) -> Allowed | Refusal:
            if not outbox.has_room:
                return Refusal(RefusalCode.NOT_READY, f"No alert could be kept now. {outbox.trouble}")
            return verdict(self._obeyed, deployment, camera, loaded, self._clock.utc())

        def deliver(message: str, sealed: bytes) -> None:
            loop.call_soon_threadsafe(outbox.put, message, sealed)

        def show(camera: CameraId, picture: bytes) -> None:
            loop.call_soon_threadsafe(self._send_preview, link, camera, picture)

        around = Surroundings(
            node=enrolment.node,
            signer=keys.signer,
            hub_exchange_key=self._state.hub_exchange_key,
            clock=self._clock,
            new_id=uuid7_source(self._clock.utc, secrets.token_bytes),
            open_source=self._source,
            verdict=answer,
            deliver=deliver,
        )
        keeper = StationKeeper(
            self._state, lambda: self._obeyed, around, lambda plan: self._fetched(link, plan), self._models, show
        )
        await link.subscribe(nudge_subject(enrolment.node), self._on_nudge)
        work = [
            asyncio.create_task(self._keep_asking(link, keeper, outbox), name="hello"),
            asyncio.create_task(self._keep_to_plans(keeper), name="plans"),
            asyncio.create_task(self._keep_sending_receipts(link), name="receipts"),
            asyncio.create_task(self._stopping.wait(), name="stop"),
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a fault of ours ends the program, and is not swallowed
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await asyncio.gather(keeper.close(), self._searching.close())
            if link.connected:
                await self._send_receipts(link, within_s=0.5)
            await asyncio.gather(outbox.stop(), link.close())

    def stop(self) -> None:
        """Have `run` end: cameras closed, lists destroyed, alerts kept. Called in the program's own event loop."""
        self._stopping.set()

    def _forget_lists_of_before(self) -> None:
        """Lists that were in memory when the program last ended, however it ended, are gone: a receipt is owed."""
        now = self._clock.utc()
        for bundle in [each.bundle for each in self._state.seen.bundles.imports if each.destroyed_at is None]:
            self._state.note(lambda seen, gone=bundle: seen.destroyed(gone, now))  # type: ignore[misc]

    async def _on_nudge(self, message: Msg) -> None:
        if message.data:
            taken = take_dismissal(self._obeyed, message.data, self._ears)
            self._obeyed, self._complaints = taken.obeyed, taken.complaints
            log.warning("dismissal", taken=" ".join(taken.complaints))
        self._nudged.set()

    async def _keep_asking(self, link: Connection, keeper: StationKeeper, outbox: Outbox) -> None:
        while True:
            self._nudged.clear()
            await self._ask(link, keeper, outbox)
            await keeper.keep_to_plans()
            self._tell_findings(link, keeper)
            self._on_status(self._status(keeper, outbox))
            await asyncio.sleep(LEAST_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), ASK_EVERY_S - LEAST_PAUSE_S)

    async def _keep_to_plans(self, keeper: StationKeeper) -> None:
        """Beside the asking, which waits for answers that may not come."""
        while True:
            await keeper.keep_to_plans()
            self._searching.keep_to(self._obeyed.searches, self._clock.utc())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _ask(self, link: Connection, keeper: StationKeeper, outbox: Outbox) -> None:
        self._number += 1
        hello = Hello(
            node=self._ears.node,
            boot=self._ears.boot,
            number=self._number,
            at=self._clock.own.utc(),
            software=__version__,
            plans=held_plans(self._obeyed, self._state.seen),
            lists=keeper.lists,
            cameras=keeper.reports(outbox.trouble),
            tallies=keeper.tallies,
            waiting=outbox.waiting,
            settings=self._obeyed.settings.version,
            complaint=self._complaint(keeper),
        )
        signed = sign_hello(self._state.keys.signer, hello)
        try:
            content = await link.request(hello_subject(self._ears.node), signed, ANSWER_WITHIN_S)
        except LinkLostError as error:
            self._heard, self._not_heard = False, str(error)
            return
        now = self._clock.own.utc()
        self._take(take_orders(self._obeyed, content, self._number, self._ears, self._state.seen, now), keeper)

    def _take(self, taken: Taken, keeper: StationKeeper) -> None:
        complaints = list(taken.complaints)
        # Only a plan that allows something can do harm when it is forgotten; and even that is not taken from an old
        # answer. So a full disk delays the note and not the obedience.
        self._not_noted.extend(taken.plans)
        try:
            while self._not_noted:
                self._state.note(lambda seen: seen.with_plan(self._not_noted[0]))
                self._not_noted.pop(0)
            keeper.account_for(taken.owed)
        except OSError as error:
            complaints.append(f"Plans cannot be noted, for this node's disk cannot be written: {error.strerror}.")
        for plan in taken.plans:
            log.info("plan taken", deployment=plan.deployment, number=plan.sequence, order=plan.order.value)
        self._heard = taken.hub_at is not None
        if taken.hub_at is not None:
            self._clock.heard(taken.hub_at)
        self._not_heard = "" if self._heard else "What the hub answers is not taken."
        self._obeyed = taken.obeyed
        for order in taken.removals:
            refusal = keeper.obey(order)
            if refusal is not None:
                complaints.append(f"A removal was refused: {refusal.sentence}")
        self._complaints = tuple(complaints)

    def _complaint(self, keeper: StationKeeper) -> str:
        return " ".join((*self._complaints, *keeper.troubles))[:LONGEST_COMPLAINT]

    def _status(self, keeper: StationKeeper, outbox: Outbox) -> NodeStatus:
        return NodeStatus(
            at=self._clock.utc(),
            heard=self._heard,
            link=self._not_heard,
            cameras=keeper.reports(outbox.trouble),
            waiting=outbox.waiting,
            complaint=self._complaint(keeper),
        )

    async def _fetched(self, link: Connection, plan: ArmedPlan) -> bytes:
        """The bundle of a deployment's list, whole. Raises LinkLostError, ListUnusableError."""
        content = bytearray()
        bundle, total = "", 1
        while len(content) < total:
            wanted = BundleWanted(self._ears.node, plan.deployment, plan.watchlist_hash, bundle, len(content))
            message = sign_bundle_wanted(self._state.keys.signer, wanted)
            try:
                piece = read_piece(await link.request(bundle_subject(self._ears.node), message, BUNDLE_WITHIN_S))
            except NoPieceError as error:
                raise ListUnusableError(str(error)) from error
            if piece.refusal:
                raise ListUnusableError(piece.refusal)
            first = not bundle
            fits = piece.offset == len(content) and bool(piece.content) and piece.total <= MAX_BUNDLE_BYTES
            if not fits or (not first and (piece.bundle, piece.total) != (bundle, total)):
                raise ListUnusableError("The hub sent another piece of the list than was asked for.")
            bundle, total = piece.bundle, piece.total
            content += piece.content
        return bytes(content)

    async def _keep_sending_receipts(self, link: Connection) -> None:
        while True:
            if link.connected:
                await self._send_receipts(link, ANSWER_WITHIN_S)
            await asyncio.sleep(RECEIPTS_EVERY_S)

    async def _send_receipts(self, link: Connection, within_s: float) -> None:
        """Send every receipt that is owed; those the hub keeps are owed no longer."""
        for gone in self._state.seen.unanswered:
            try:
                await self._send_receipt(link, gone, within_s)
            except (LinkLostError, SignatureInvalidError, OSError) as error:
                log.debug("a receipt is sent again later", bundle=gone.bundle, why=str(error))
                return

    async def _send_receipt(self, link: Connection, gone: BundleImport, within_s: float) -> None:
        if gone.destroyed_at is None:
            return
        receipt = DestructionReceipt(self._ears.node, gone.bundle, gone.watchlist, gone.destroyed_at)
        signed = sign_receipt(self._state.keys.signer, receipt).to_bytes()
        answer = await link.request(receipt_subject(self._ears.node), signed, within_s)
        kept = read_receipt_kept(answer, self._ears.hub_key)
        if (kept.node, kept.bundle) == (self._ears.node, gone.bundle):
            self._state.note(lambda seen: seen.with_answered(gone.bundle))

    def _tell_findings(self, link: Connection, keeper: StationKeeper) -> None:
        subject, signer = finding_subject(self._ears.node), self._state.keys.signer
        for search in self._searching.findings:
            self._send_newest(link, f"search {search.search}", subject, sign_finding(signer, search))
        for check in keeper.findings:
            self._send_newest(link, f"check {check.check}", subject, sign_finding(signer, check))

    def _send_preview(self, link: Connection, camera: CameraId, picture: bytes) -> None:
        self._send_newest(link, f"preview {camera}", preview_subject(self._ears.node, camera), picture)

    def _send_newest(self, link: Connection, what: str, subject: str, content: bytes) -> None:
        """Send it, unless the one before is still on its way: a poor link shows fewer, and queues none."""
        before = self._sending.get(what)
        if link.connected and (before is None or before.done()):
            self._sending = {other: task for other, task in self._sending.items() if not task.done()}
            self._sending[what] = asyncio.create_task(_sent(link, subject, content))


async def _sent(link: Connection, subject: str, content: bytes) -> None:
    with contextlib.suppress(LinkLostError):
        await link.publish(subject, content)
