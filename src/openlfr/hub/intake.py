"""Alerts off the bus and into the records: each is acknowledged only once it is committed, so none is ever lost.

The queue is JetStream's; what was committed and not yet acknowledged comes again and is the same alert. What can never
be an alert is recorded as refused and taken off, so that it holds up nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from openlfr.link.bus import LARGEST_MESSAGE_BYTES
from openlfr.link.connection import Connection, LinkLostError
from openlfr.link.messages import alerts_subject
from openlfr.link.sealed_alert import open_alert
from openlfr.policy.identifiers import NodeId
from openlfr.policy.raised_alert import AlertPictures, LaterShots, RaisedAlert
from openlfr.policy.refusal import Refusal
from openlfr.records.alerts import Alerts
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import enrolled_nodes
from openlfr.sealing.errors import SealBrokenError, SealingError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import VerifyKey
from openlfr.sealing.vault_file import KeyPurpose

STREAM: Final = "OLFR_ALERTS"
AT_ONCE: Final = 16
"""Alerts in one transaction: at 50 a second three or four commits suffice, and at worst 190 MB are in memory."""
_CONSUMER: Final = "hub"
_ACK_WAIT_S: Final = 30.0
_FETCH_S: Final = 5.0
_DUPLICATES: Final = timedelta(hours=2)
_RETRY_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
_PUT_ASIDE_S: Final = 60.0

log = structlog.get_logger(__name__)


def alerts_stream(replicas: int) -> StreamConfig:
    """The queue of alerts on the hub's bus. Full, it refuses new ones, which their nodes then keep. Once everything in
    it is acknowledged the bus has cut it out of its files as well."""
    return StreamConfig(
        name=STREAM,
        subjects=[alerts_subject(NodeId("*"))],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        num_replicas=replicas,
        max_msg_size=LARGEST_MESSAGE_BYTES,
        duplicate_window=_DUPLICATES.total_seconds(),
    )


class Intake:
    """Use `run`. For one event loop; the records are used in threads of their own."""

    def __init__(
        self,
        records: HubRecords,
        alerts: Alerts,
        connection: Connection,
        replicas: int = 1,
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_taken` is called in the event loop whenever alerts were committed."""
        self._records = records
        self._alerts = alerts
        self._connection = connection
        self._replicas = replicas
        self._on_taken = on_taken
        self._key = ExchangeKey(records.vault.sole_key(KeyPurpose.EXCHANGE).secret)
        self.taken = 0
        """Alerts committed since this program started, those that came twice counted twice."""
        self.refused = 0
        self.last_taken_at: datetime | None = None
        self.fault: str | None = "Alerts are not taken in yet."
        """Why no alert is taken in now, in a sentence; None when they are."""

    async def run(self) -> None:
        """Take in alerts until cancelled, through every loss of bus or records."""
        failures = 0
        while True:
            try:
                await self._connection.wait_connected(_FETCH_S)
                client = self._connection.client
                queue = await self._queue(client.jetstream())
                self.fault, failures = None, 0
                while self._connection.client is client:  # another one knows nothing of this one's questions
                    await self._take_some(queue)
            except (LinkLostError, nats.errors.Error, OSError) as error:
                self.fault = f"Alerts wait on the bus, which cannot be read: {error or type(error).__name__}."
                log.warning("alerts wait on the bus", reason=str(error) or type(error).__name__)
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1

    async def _queue(self, stream: JetStreamContext) -> JetStreamContext.PullSubscription:
        config = alerts_stream(self._replicas)
        try:
            await stream.add_stream(config)
        except nats.js.errors.BadRequestError:
            # It is there, as another number of replicas or an earlier version had it.
            await stream.update_stream(config)
        consumer = ConsumerConfig(
            durable_name=_CONSUMER,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=AT_ONCE,
            num_replicas=self._replicas,
        )
        # One from before would wait out the time for acknowledgements that its program or connection cannot send any
        # more: half a minute without an alert. What was not acknowledged stays in the queue, and comes to the new one.
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await stream.delete_consumer(STREAM, _CONSUMER)
        await stream.add_consumer(STREAM, consumer)
        return await stream.pull_subscribe_bind(_CONSUMER, STREAM)

    async def _take_some(self, queue: JetStreamContext.PullSubscription) -> None:
        try:
            messages = await self._connection.unless_lost(queue.fetch(AT_ONCE, timeout=_FETCH_S))
        except TimeoutError:  # the client's own kind or Python's: no alert came meanwhile
            return
        await self._committed(messages)

    async def _committed(self, messages: Sequence[Msg]) -> None:
        """Keep these alerts, however long the records are away, and only then acknowledge them."""
        failures = 0
        while True:
            try:
                await asyncio.to_thread(self._take, [(each.subject, each.data) for each in messages])
                break
            except (RecordsError, SealingError) as error:
                self.fault = f"Alerts wait on the bus, as the records cannot take them: {error}"
                log.warning("alerts wait for the records", reason=str(error))
            except Exception:
                log.exception("an alert cannot be taken in")
                await self._one_by_one(messages)
                return
            for message in messages:
                await message.in_progress()
            await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1
        self.fault = None
        self._on_taken()
        for message in messages:
            await message.ack()

    async def _one_by_one(self, messages: Sequence[Msg]) -> None:
        """After a fault of our own: whatever can be kept is, and what caused it stays in the queue, put aside."""
        for message in messages:
            try:
                await asyncio.to_thread(self._take, [(message.subject, message.data)])
            except Exception:
                log.exception("this alert stays in the queue", subject=message.subject)
                await message.nak(delay=_PUT_ASIDE_S)
            else:
                await message.ack()

    def _take(self, messages: Sequence[tuple[str, bytes]]) -> None:
        with self._records.database.reading() as session:
            nodes = enrolled_nodes(session)

        def key_of(node: NodeId) -> VerifyKey | None:
            return nodes[node].keys.verify if node in nodes else None

        alerts: list[tuple[RaisedAlert, AlertPictures]] = []
        later: list[tuple[LaterShots, AlertPictures]] = []
        for subject, content in messages:
            origin = f"node {subject.rpartition('.')[2]}"
            try:
                about, pictures = open_alert(content, self._key, key_of)
            except (SealBrokenError, SignatureInvalidError) as error:
                self._alerts.refuse_unreadable(origin, str(error))
                self.refused += 1
                log.warning("what came as an alert is none", origin=origin, reason=str(error))
                continue
            if isinstance(about, RaisedAlert):
                alerts.append((about, pictures))
            else:
                later.append((about, pictures))
        if alerts:
            self._raise(alerts)
        # After the alerts, as those they belong to may be among them.
        for shots, pictures in later:
            refusal = self._alerts.add_shots(shots, pictures.probes)
            if refusal is not None:
                log.warning("later shots refused", alert=shots.alert, node=shots.node, reason=refusal.sentence)

    def _raise(self, alerts: Sequence[tuple[RaisedAlert, AlertPictures]]) -> None:
        answers = self._alerts.raise_alerts(alerts)
        for (raised, _), answer in zip(alerts, answers, strict=True):
            if isinstance(answer, Refusal):
                self.refused += 1
                log.error("alert refused", alert=raised.alert, node=raised.node, reason=answer.sentence)
        self.taken += sum(not isinstance(answer, Refusal) for answer in answers)
        self.last_taken_at = self._records.clock()
