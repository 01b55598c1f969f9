"""The outbox of a node: sealed alerts in a `nats-server` of its own, until the hub has them.

An alert is put into the store at once, link or no link. A forwarder takes the oldest, sends it to the hub's own store
and removes it here only once the hub's has said that it keeps it; so alerts arrive in order, and a crash between the
two sends one again under the same id, which the hub's store and its database both notice.
"""

import asyncio
import contextlib
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from openlfr.link.bus import ANY_FREE_PORT, BusServer, BusSettings, hub_user
from openlfr.link.connection import SEED_BYTES, Connection, LinkLostError, NotKeptError, bus_key, connect
from openlfr.link.messages import alerts_subject
from openlfr.policy.identifiers import NodeId

STORE_LIMIT_BYTES: Final = 1 << 30
"""Room for ten thousand alerts."""
MOST_WAITING: Final = 100
MOST_WAITING_BYTES: Final = 64 << 20
"""What may wait in memory while the store takes nothing. When it does, nothing more may be looked at: no alert that is
raised is ever dropped."""

_STREAM: Final = "OUTBOX"
_SUBJECT: Final = "outbox.alerts"
_SEEN_AGAIN_WITHIN_S: Final = 3600.0
_AGAIN_AFTER_S: Final = 0.5
_LOOK_EVERY_S: Final = 5.0
_STORE_DEAD_AFTER_S: Final = 10.0
_SLACK_BYTES: Final = 64 << 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: str
    sealed: bytes


class Outbox:
    """From `start` to `stop`; belongs to one event loop."""

    def __init__(self, folder: Path, node: NodeId, hub: Connection, limit_bytes: int = STORE_LIMIT_BYTES) -> None:
        self._subject = alerts_subject(node)
        self._hub = hub
        self._limit_bytes = limit_bytes
        # Only this program is let in, with a key that nobody else ever has: it is in no file.
        self._seed = os.urandom(SEED_BYTES)
        user = hub_user(bus_key(self._seed))
        settings = BusSettings(
            folder, "127.0.0.1", ANY_FREE_PORT, None, (user,), limit_bytes + _SLACK_BYTES, f"outbox-{node}"
        )
        self.bus = BusServer(settings)
        self._store: Connection | None = None
        self._ready: Client | None = None
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        # Numbers in the store: the newest that is there, and the newest that the hub keeps.
        self._stored_to = 0
        self._sent_to = 0
        self._removal_owed = False
        self._news = asyncio.Event()
        self._stored_something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.trouble = ""
        """Why alerts are not being stored, in a sentence; empty while they are."""

    @property
    def waiting(self) -> int:
        """Alerts that the hub has not got yet."""
        return self._stored + len(self._waiting)

    @property
    def _stored(self) -> int:
        return self._stored_to - self._sent_to

    @property
    def has_room(self) -> bool:
        """Whether another alert can be taken in without losing it."""
        return len(self._waiting) < MOST_WAITING and self._waiting_bytes < MOST_WAITING_BYTES

    async def start(self) -> None:
        """Raises BusError when the store cannot run."""
        await self.bus.start()
        self._store = await connect([self.bus.url], self._seed, None, "outbox", inbox="_INBOX", on_back=self._news.set)
        self._tasks = [
            asyncio.create_task(self._keep_storing(self._store), name="outbox in"),
            asyncio.create_task(self._keep_forwarding(self._store), name="outbox out"),
        ]

    async def stop(self) -> None:
        """End; what is in the store stays there. What still waits for the store gets a last chance."""
        if self._store is not None and self._waiting:
            with contextlib.suppress(LinkLostError, NotKeptError):
                while self._waiting:
                    await self._put(self._store, self._waiting[0], timeout_s=0.5)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._store is not None:
            await self._store.close()
            self._store = None
        await self.bus.stop()

    def put(self, message: str, sealed: bytes) -> None:
        """Take an alert in, or what was seen after one; `message` makes it the same when it comes again. Whoever raises
        alerts asks `has_room` first; those under way by then are still taken."""
        self._waiting.append(_Waiting(message, sealed))
        self._waiting_bytes += len(sealed)
        self._news.set()

    async def _keep_storing(self, store: Connection) -> None:
        """Move what waits in memory to the store, in order, and say what is wrong while that fails."""
        loop = asyncio.get_running_loop()
        failing_since: float | None = None
        while True:
            self._news.clear()
            await store.wait_connected(_LOOK_EVERY_S)
            try:
                while self._waiting:
                    await self._put(store, self._waiting[0])
                self.trouble, failing_since = "", None
                await self._news.wait()
                continue
            except NotKeptError as error:
                self.trouble = f"The alerts' store takes no more: {error}"
            except LinkLostError as error:
                self.trouble = f"The alerts' store does not answer: {error}"
                failing_since = loop.time() if failing_since is None else failing_since
                if loop.time() - failing_since > _STORE_DEAD_AFTER_S and store.connected:
                    # A server whose disk was full for a moment gives its store up until it is started anew.
                    failing_since = None
                    self.bus.kill()
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _put(self, store: Connection, first: _Waiting, timeout_s: float = 5.0) -> None:
        await self._made(store)
        number = await store.publish_kept(_SUBJECT, first.sealed, first.message, timeout_s)
        self._waiting.popleft()
        self._waiting_bytes -= len(first.sealed)
        self._stored_to = max(self._stored_to, number)
        self._stored_something.set()

    async def _made(self, store: Connection) -> None:
        """The stream, made if it is not there. Raises LinkLostError or NotKeptError."""
        client = store.client
        if client is self._ready:
            return
        config = StreamConfig(
            name=_STREAM,
            subjects=[_SUBJECT],
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=self._limit_bytes,
            duplicate_window=_SEEN_AGAIN_WITHIN_S,
            allow_direct=True,
        )
        stream = client.jetstream()
        try:
            # A stream that is there is not made again: the server would find no room for a second one of its size.
            try:
                await store.unless_lost(stream.update_stream(config))
            except nats.js.errors.NotFoundError:
                await store.unless_lost(stream.add_stream(config))
        except nats.js.errors.APIError as error:
            raise NotKeptError(f"The store cannot be opened ({error.description}).") from error
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"The store cannot be opened: {error}.") from error
        self._ready = client

    async def _keep_forwarding(self, store: Connection) -> None:
        while True:
            try:
                await store.wait_connected(_LOOK_EVERY_S)
                await self._made(store)
                self._stored_something.clear()
                await self._forward_all(store)
                if not self._stored:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stored_something.wait(), _LOOK_EVERY_S)
                    continue
            except (LinkLostError, NotKeptError) as error:
                log.debug("alerts wait", why=str(error), waiting=self.waiting)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _forward_all(self, store: Connection) -> None:
        """Send what is stored, oldest first, and remove each once the hub keeps it.

        Raises LinkLostError, NotKeptError.
        """
        try:
            stream = store.client.jetstream()
            state = (await store.unless_lost(stream.stream_info(_STREAM))).state
            if state.last_seq < self._sent_to:  # the store was lost with its disk, and numbers from 1 again
                self._stored_to = self._sent_to = 0
            self._sent_to = max(self._sent_to, state.first_seq - 1, 0)
            self._stored_to = max(self._stored_to, state.last_seq)
            while self._stored > 0:
                if not await self._hub.wait_connected(_LOOK_EVERY_S):
                    raise LinkLostError(self._hub.why_not)
                oldest = await store.unless_lost(
                    stream.get_msg(_STREAM, seq=self._sent_to + 1, subject=_SUBJECT, direct=True, next=True)
                )
                message_id = (oldest.headers or {}).get("Nats-Msg-Id")
                if oldest.data is None or oldest.seq is None or message_id is None:
                    raise NotKeptError("The store holds something that is no alert.")
                await self._hub.publish_kept(self._subject, oldest.data, message_id)
                self._sent_to = oldest.seq
                await self._removed(store, stream, oldest.seq)
            if self._removal_owed and self._stored <= 0:
                await store.unless_lost(stream.purge_stream(_STREAM, seq=self._sent_to + 1))
                self._removal_owed = False
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"The store does not answer: {error}.") from error

    async def _removed(self, store: Connection, stream: JetStreamContext, number: int) -> None:
        """Remove an alert that the hub keeps. Where the store does not answer, or its disk is so full that even this
        cannot be written, the others go out first, and then all of them at once."""
        try:
            await store.unless_lost(stream.delete_msg(_STREAM, number))
        except nats.js.errors.APIError as error:
            self._removal_owed = True
            log.debug("an alert that was sent is removed later", why=error.description)
        except (LinkLostError, nats.errors.Error, OSError):
            self._removal_owed = True
            raise
