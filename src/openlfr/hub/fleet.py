"""The hub's side of the link: answers nodes, hands lists out, takes receipts and counts in, and nudges.

Everything a node is told comes from the records, and everything it says is checked against its registered key. When the
records are out of reach the hub says nothing, and nodes go on within the authority they have.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from typing import Final

import structlog
from nats.aio.msg import Msg

from openlfr.hub.fleet_bundles import FleetBundles
from openlfr.hub.fleet_news import FleetNews, NodeNews
from openlfr.hub.fleet_orders import AskedOf, OrderBook, Standing
from openlfr.hub.node_questions import NodeQuestions, check_to_keep
from openlfr.hub.preview import Previews
from openlfr.hub.services import Services
from openlfr.hub.tip import AuditTip
from openlfr.link.connection import Connection, LinkLostError, node_inbox
from openlfr.link.messages import (
    CheckFound,
    Dismissal,
    ReceiptKept,
    Tally,
    bundle_subject,
    finding_subject,
    hello_subject,
    nudge_subject,
    preview_subject,
    receipt_subject,
)
from openlfr.link.signed_messages import (
    read_bundle_wanted,
    read_finding,
    read_hello,
    sign_dismissal,
    sign_orders,
    sign_receipt_kept,
)
from openlfr.link.watchlist_bundle import read_receipt
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.refusal import Refusal
from openlfr.records.camera_checks import CameraChecks
from openlfr.records.errors import RecordsError
from openlfr.records.nodes import EnrolledNode, Nodes
from openlfr.records.tallies import keep_tallies
from openlfr.sealing.errors import SealingError, SignatureInvalidError
from openlfr.sealing.signature import SignedDocument

REFRESH_S: Final = 5.0
"""Renewed plans are in no audit entry: what nodes are told is read at least so often."""
TALLIES_EVERY_S: Final = 10.0
DOUBLED: Final = (
    "Two programs run with this node's keys, so somebody may have copied its folder: neither gets orders any more. "
    "Revoke this node, and enrol the machine anew."
)
_ANY_NODE: Final = NodeId("*")
_ANY_CAMERA: Final = CameraId("*")

_Handling = Callable[[EnrolledNode, Standing, Msg], Awaitable[None]]

log = structlog.get_logger(__name__)


class Fleet:
    """Use `run`. For one event loop; the records are used in threads of their own."""

    def __init__(
        self,
        services: Services,
        nodes: Nodes,
        connection: Connection,
        tip: AuditTip,
        on_members: Callable[[Mapping[NodeId, EnrolledNode]], Awaitable[None]],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_members` hears of the nodes that belong to this hub whenever they change, to let them on the bus."""
        self._services = services
        self._records = services.records
        self._nodes = nodes
        self._connection = connection
        self._tip = tip
        self._on_members = on_members
        self._book = OrderBook(services.records)
        self._standing: Standing | None = None
        self._news = FleetNews()
        self._bundles = FleetBundles(services.in_use, elapsed)
        self._tallies: dict[NodeId, tuple[str, tuple[Tally, ...]]] = {}
        self._kept_tallies: dict[NodeId, tuple[str, tuple[Tally, ...]]] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self.previews = Previews(services.records.clock, self.nudge)
        self.questions = NodeQuestions(services.records.clock, services.records.new_id, self.nudge)

    @property
    def news(self) -> Mapping[NodeId, NodeNews]:
        """What each node last said, since this program started; of one that runs twice, what that means."""
        standing = self._standing
        return {
            node: replace(news, hello=replace(news.hello, complaint=DOUBLED))
            if standing is not None and node in standing.nodes and standing.nodes[node].doubled
            else news
            for node, news in self._news.newest.items()
        }

    @property
    def heard(self) -> frozenset[NodeId]:
        """The nodes that said hello lately: those that can be asked something."""
        now = self._records.clock()
        return frozenset(node for node, news in self._news.newest.items() if not news.silent(now))

    @property
    def fault(self) -> str | None:
        """Why nodes get no answer now, in a sentence, for the hub's health."""
        if not self._connection.connected:
            return self._connection.why_not or "There is no connection to the bus."
        return "The records are out of reach: nodes get no answer." if self._standing is None else None

    async def run(self) -> None:
        """Serve nodes until cancelled; what they counted last is kept on the way out."""
        await self._connection.subscribe(hello_subject(_ANY_NODE), self._one_by_one(self._hello))
        await self._connection.subscribe(bundle_subject(_ANY_NODE), self._beside(self._bundle))
        await self._connection.subscribe(receipt_subject(_ANY_NODE), self._one_by_one(self._receipt))
        await self._connection.subscribe(finding_subject(_ANY_NODE), self._one_by_one(self._finding))
        await self._connection.subscribe(preview_subject(_ANY_NODE, _ANY_CAMERA), self._preview)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_standing())
                tasks.create_task(self._keep_counts())
        finally:
            for task in self._at_work:
                task.cancel()
            await asyncio.gather(*self._at_work, return_exceptions=True)
            await self._write_tallies()

    def nudge(self, node: NodeId) -> None:
        """Have a node ask at once; when that does not reach it, it asks within a second anyway."""
        self._start(self._nudged(node))

    async def _nudged(self, node: NodeId) -> None:
        with contextlib.suppress(LinkLostError):
            await self._connection.publish(nudge_subject(node), b"")

    async def _keep_standing(self) -> None:
        """Read what nodes are to be told whenever something happened, and nudge those whom it concerns."""
        while True:
            size = self._tip.size
            await self._read_standing()
            self._bundles.forget_abandoned()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._tip.changed(size), REFRESH_S)

    async def _read_standing(self) -> None:
        before = self._standing
        try:
            standing = await asyncio.to_thread(self._book.read)
        except (RecordsError, SealingError) as error:
            if before is not None:
                log.warning("nodes get no answer while the records are out of reach", reason=str(error))
            self._standing = None
            return
        # First of all: a node that the bus lets in is answered, and one that is dismissed is not.
        self._standing = standing
        if before is not None:
            await self._dismiss(_dismissed(before, standing))
        if before is None or before.nodes.keys() != standing.nodes.keys():
            await self._on_members(standing.nodes)
        for node in standing.nodes:
            if before is None or before.concern_of(node) != standing.concern_of(node):
                self.nudge(node)

    async def _dismiss(self, nodes: Collection[NodeId]) -> None:
        """Tell nodes to stop that get no orders any more: after this they may not be reached."""
        for node in nodes:
            dismissal = Dismissal(self._book.hub, node, self._records.clock())
            with contextlib.suppress(LinkLostError):
                signed = sign_dismissal(self._records.signer, dismissal)
                await self._connection.publish_now(nudge_subject(node), signed)

    async def _keep_counts(self) -> None:
        while True:
            await asyncio.sleep(TALLIES_EVERY_S)
            await self._write_tallies()

    async def _write_tallies(self) -> None:
        for node, (boot, tallies) in list(self._tallies.items()):
            if self._kept_tallies.get(node) == (boot, tallies):
                continue
            try:
                await asyncio.to_thread(self._keep, node, boot, tallies)
            except (RecordsError, SealingError) as error:
                log.warning("counts of a node are not kept yet", node=node, reason=str(error))
                return
            self._kept_tallies[node] = (boot, tallies)

    def _keep(self, node: NodeId, boot: str, tallies: tuple[Tally, ...]) -> None:
        for deployment, refusal in keep_tallies(self._records, node, boot, tallies).items():
            log.warning("counts refused", node=node, deployment=deployment, reason=refusal.sentence)

    async def _hello(self, enrolled: EnrolledNode, standing: Standing, message: Msg) -> None:
        node = enrolled.keys.node
        asked = AskedOf(
            previews=self.previews.wanted_of(node),
            searches=self.questions.searches.wanted_of(node),
            checks=self.questions.checks.wanted_of(node),
        )
        answer = await asyncio.to_thread(self._orders, enrolled, standing, message.data, asked)
        await message.respond(answer)

    def _orders(self, enrolled: EnrolledNode, standing: Standing, content: bytes, asked: AskedOf) -> bytes:
        node = enrolled.keys.node
        hello = read_hello(content, enrolled.keys.verify)
        if hello.node != node:
            raise SignatureInvalidError("The hello names another node than the one that signed it.")
        now = self._records.clock()
        last = self._tallies.get(node)
        if last is not None and last[0] != hello.boot and self._kept_tallies.get(node) != last:
            self._keep(node, *last)
        if self._news.heard(hello, now) and not enrolled.doubled:
            log.error("two programs run with one node's keys: it gets no more orders", node=node)
            self._nodes.note_doubled(node, "Two programs with this node's keys took turns to say hello.")
            enrolled = replace(enrolled, doubled=True)
        self._tallies[node] = (hello.boot, hello.tallies)
        orders = self._book.answer(standing, enrolled, hello, asked, now)
        return sign_orders(self._records.signer, orders)

    async def _bundle(self, enrolled: EnrolledNode, standing: Standing, message: Msg) -> None:
        wanted = read_bundle_wanted(message.data, enrolled.keys.verify)
        if wanted.node != enrolled.keys.node or enrolled.doubled:
            return
        orders = standing.deployments.get(wanted.deployment)
        piece = await self._bundles.piece(wanted, enrolled.keys, orders)
        if piece.refusal:
            log.info("no watchlist for a node", node=wanted.node, reason=piece.refusal)
        await message.respond(piece.to_bytes())

    async def _receipt(self, enrolled: EnrolledNode, _standing: Standing, message: Msg) -> None:
        node = enrolled.keys.node
        document = SignedDocument.from_bytes(message.data)
        receipt = read_receipt(document, enrolled.keys.verify)
        refusal = await asyncio.to_thread(self._services.in_use.take_receipt, document, f"node {node}")
        if isinstance(refusal, Refusal):
            # Nobody waits for it here, so the node need not keep it: a hub put back from a backup knows less.
            log.warning("receipt of no delivery", node=node, bundle=receipt.bundle, reason=refusal.sentence)
        await message.respond(sign_receipt_kept(self._records.signer, ReceiptKept(node, receipt.bundle)))

    async def _finding(self, enrolled: EnrolledNode, _standing: Standing, message: Msg) -> None:
        finding = read_finding(message.data, enrolled.keys.verify)
        if finding.node != enrolled.keys.node or enrolled.doubled:
            return
        if isinstance(finding, CheckFound) and finding.done:
            # Kept first: while that fails, the question stands, and the node says it again.
            await self._keep_check(finding)
        self.questions.came(finding)

    async def _keep_check(self, finding: CheckFound) -> None:
        asked = self.questions.checks.standing(finding.node, finding.check)
        check = None if asked is None else check_to_keep(asked, finding, self._records.clock())
        if check is not None:
            await asyncio.to_thread(CameraChecks(self._records).keep, check, f"node {finding.node}")

    async def _preview(self, message: Msg) -> None:
        _, _, node, camera = message.subject.split(".")
        self.previews.came(NodeId(node), CameraId(camera), message.data)

    def _one_by_one(self, handle: _Handling) -> Callable[[Msg], Coroutine[None, None, None]]:
        """A handler for messages of nodes that belong to this hub; what others say gets no answer."""

        async def handled(message: Msg) -> None:
            standing = self._standing
            node = NodeId(message.subject.rpartition(".")[2])
            enrolled = None if standing is None else standing.nodes.get(node)
            if standing is None or enrolled is None:
                return
            if message.reply and not message.reply.startswith(f"{node_inbox(node)}."):
                # The bus asks who may publish, but not where answers go: the hub's own rights are for nobody's use.
                log.warning("a node wants its answer elsewhere", node=node, subject=message.subject)
                return
            try:
                await handle(enrolled, standing, message)
            except (SignatureInvalidError, ValueError) as error:
                log.warning("a message not of this node", node=node, subject=message.subject, reason=str(error))
            except (RecordsError, SealingError) as error:
                log.warning("a node gets no answer", node=node, subject=message.subject, reason=str(error))

        return handled

    def _beside(self, handle: _Handling) -> Callable[[Msg], Coroutine[None, None, None]]:
        """As `_one_by_one`, without making the next message wait: for what takes seconds."""
        handled = self._one_by_one(handle)

        async def started(message: Msg) -> None:
            self._start(handled(message))

        return started

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)


def _dismissed(before: Standing, now: Standing) -> set[NodeId]:
    """Nodes that were revoked since, or were noticed to run twice."""
    return {
        node
        for node, was in before.nodes.items()
        if node not in now.nodes or (now.nodes[node].doubled and not was.doubled)
    }
