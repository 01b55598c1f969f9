"""One authenticated connection to a bus, kept up for ever.

Every attempt is a new client of its own, so that nothing of a lost connection lives on: what was published while there
was none is refused to the caller at once, and never sent later by surprise.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from typing import Final, TypeVar

import nats.errors
import nats.js.errors
import nkeys  # type: ignore[import-untyped]
from nats.aio.client import Client
from nats.aio.msg import Msg

from openlfr.policy.identifiers import NodeId

SEED_BYTES: Final = 32
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 10.0
_PENDING_BYTES: Final = 2 << 20
_PENDING_MESSAGES: Final = 1024
_CONNECT_TIMEOUT_S: Final = 5
_CLOSED_WITHIN_S: Final = 2.0
_PING_EVERY_S: Final = 5
_ANSWER_WITHIN_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.2
_STORE_FULL: Final = frozenset({10023, 10047, 10077})
"""JetStream's error codes: insufficient resources, storage resources exceeded, maximum bytes exceeded."""

T = TypeVar("T")
Handler = Callable[[Msg], Awaitable[None]]


class LinkLostError(Exception):
    """There is no connection to the bus now, or no answer came; nothing is known of what was just sent."""


class NotKeptError(Exception):
    """The bus is there and did not keep the message: its store is full, or its disk is."""


def bus_key(seed: bytes | bytearray) -> str:
    """The public name ("U...") of a key on the bus. `seed`: 32 random bytes, from the vault."""
    return str(nkeys.from_seed(bytearray(_seed_text(seed).encode())).public_key.decode())


def is_bus_key(text: str) -> bool:
    """Whether this is a user's public key as the bus writes it: one that is not would keep the bus from starting."""
    try:
        content = base64.b32decode(text)
    except ValueError:
        return False
    body, checksum = content[:-2], content[-2:]
    right_kind = len(body) == 1 + SEED_BYTES and body[0] == nkeys.PREFIX_BYTE_USER
    return right_kind and int(nkeys.crc16(body)).to_bytes(2, "little") == checksum


def hub_inbox() -> str:
    return "_INBOX_HUB"


def node_inbox(node: NodeId) -> str:
    """Where answers to a node come: its own, for no other node may listen there."""
    return f"_INBOX_{node}"


class Connection:
    """Use `connect`. Belongs to the event loop it was made in."""

    def __init__(
        self,
        servers: Sequence[str],
        seed: bytes | bytearray,
        tls: ssl.SSLContext | None,
        name: str,
        inbox: str,
        on_lost: Callable[[str], None],
        on_back: Callable[[], None],
    ) -> None:
        self._servers = list(servers)
        self._seed = _seed_text(seed)
        self._tls = tls
        self._name = name
        self._inbox = inbox
        self._on_lost = on_lost
        self._on_back = on_back
        self._handlers: list[tuple[str, Handler]] = []
        self._client: Client | None = None
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._random = Random()
        self._keeping_up = asyncio.create_task(self._keep_up(), name=f"connection {name}")
        self._why = "The bus has not answered yet"

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    @property
    def why_not(self) -> str:
        """Why there is no connection, in a sentence; empty while there is one."""
        return "" if self.connected else f"{self._why}."

    @property
    def client(self) -> Client:
        """The client of the present connection, for JetStream; another one after each loss. Raises LinkLostError."""
        if self._client is None or not self._client.is_connected:
            raise LinkLostError(f"{self._why}.")
        return self._client

    async def wait_connected(self, seconds: float) -> bool:
        """Whether there is a connection within so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._up.wait(), seconds)
        return self.connected

    async def request(self, subject: str, content: bytes, timeout_s: float = _ANSWER_WITHIN_S) -> bytes:
        """The answer to a message. Raises LinkLostError when there is no connection, nobody there, or no answer."""
        try:
            return bytes((await self.unless_lost(self.client.request(subject, content, timeout=timeout_s))).data)
        except nats.errors.NoRespondersError as error:
            raise LinkLostError("The bus is there, and nobody answers on it: the hub's program may be down.") from error
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"No answer came over the bus: {_said(error)}.") from error

    async def unless_lost(self, asking: Coroutine[object, object, T]) -> T:
        """What is asked of the present client; raises LinkLostError as soon as its connection is lost.

        The client itself would wait for an answer that cannot come any more.
        """
        asked, lost = asyncio.create_task(asking), asyncio.create_task(self._lost.wait())
        try:
            await asyncio.wait((asked, lost), return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise LinkLostError(f"{self._why}.")
            return asked.result()
        finally:
            asked.cancel()
            lost.cancel()

    async def publish(self, subject: str, content: bytes) -> None:
        """Send to whoever listens now. Raises LinkLostError."""
        try:
            await self.client.publish(subject, content)
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"The message could not be sent: {_said(error)}.") from error

    async def publish_now(self, subject: str, content: bytes) -> None:
        """Send to whoever listens, and wait until the bus has it. Raises LinkLostError."""
        await self.publish(subject, content)
        try:
            await self.unless_lost(self.client.flush(int(_ANSWER_WITHIN_S)))
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"The message may not have been sent: {_said(error)}.") from error

    async def publish_kept(
        self, subject: str, content: bytes, message_id: str, timeout_s: float = _ANSWER_WITHIN_S
    ) -> int:
        """Send to a stream of the bus; its number there, once it is kept. The same `message_id` again changes nothing.

        Raises NotKeptError when the stream is full, LinkLostError when it is not known whether it was kept: send again.
        """
        stream = self.client.jetstream()
        headers: dict[str, object] = {"Nats-Msg-Id": message_id}
        try:
            kept = await self.unless_lost(stream.publish(subject, content, timeout=timeout_s, headers=headers))
        except nats.js.errors.APIError as error:
            if error.err_code in _STORE_FULL:
                raise NotKeptError(f"The store of the bus is full ({error.description}).") from error
            raise NotKeptError(f"The bus did not keep the message ({error.description}).") from error
        except (nats.errors.Error, OSError) as error:
            raise LinkLostError(f"The bus did not say that it kept the message: {_said(error)}.") from error
        return kept.seq

    async def subscribe(self, subject: str, handler: Handler) -> None:
        """Have messages handled from now on, over every connection to come."""
        self._handlers.append((subject, handler))
        if self._client is not None and self._client.is_connected:
            await self._listen(self._client, subject, handler)

    async def close(self) -> None:
        """Give the connection up for good."""
        self._keeping_up.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping_up
        if self._client is not None:
            await _close(self._client)
            self._client = None
        self._up.clear()
        self._why = "The connection was closed"

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            self._lost = asyncio.Event()
            try:
                await self._until_lost(await self._one_connection(self._lost))
                failures = 0
            except (nats.errors.Error, OSError, ValueError) as error:
                if not isinstance(error, nats.errors.NoServersError):  # which says less than what came before it
                    self._why = _said(error)
            if self._up.is_set():
                self._up.clear()
                self._client = None
                self._on_lost(self.why_not)
            longest = min(FIRST_WAIT_S * 2**failures, LONGEST_WAIT_S)
            failures = min(failures + 1, 16)
            # Nodes that lost one hub together should not all come back in the same instant.
            await asyncio.sleep(self._random.uniform(longest / 2, longest))

    async def _until_lost(self, client: Client) -> None:
        """The client says when it is closed, but not where its last bytes could not be sent: so it is looked at too."""
        while client.is_connected and not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), _LOOK_EVERY_S)
        self._lost.set()
        # In that case it also leaves its tasks and its socket behind, unless it is closed once more.
        client._status = Client.DISCONNECTED  # noqa: SLF001
        await _close(client)

    async def _one_connection(self, lost: asyncio.Event) -> Client:
        client = Client()

        async def closed() -> None:
            lost.set()

        async def failed(error: Exception) -> None:
            self._why = _said(error)

        self._random.shuffle(self._servers)
        try:
            await client.connect(
                self._servers,
                name=self._name,
                nkeys_seed_str=self._seed,
                tls=self._tls,
                # A server that does not begin with TLS is never spoken to, whatever it says about itself.
                tls_handshake_first=self._tls is not None,
                inbox_prefix=self._inbox,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=_CONNECT_TIMEOUT_S,
                ping_interval=_PING_EVERY_S,
                max_outstanding_pings=2,
                pending_size=_PENDING_BYTES,
                closed_cb=closed,
                error_cb=failed,
            )
            for subject, handler in self._handlers:
                await self._listen(client, subject, handler)
            await client.flush()
        except BaseException:
            await _close(client)
            raise
        self._client = client
        self._why = "The connection to the bus was lost"
        self._up.set()
        self._on_back()
        return client

    async def _listen(self, client: Client, subject: str, handler: Handler) -> None:
        await client.subscribe(subject, cb=handler, pending_msgs_limit=_PENDING_MESSAGES)


async def connect(
    servers: Sequence[str],
    seed: bytes | bytearray,
    tls: ssl.SSLContext | None,
    name: str,
    *,
    inbox: str,
    on_lost: Callable[[str], None] = lambda _why: None,
    on_back: Callable[[], None] = lambda: None,
) -> Connection:
    """A connection that is being made, and made again whenever it is lost. Returns at once.

    `servers` are addresses such as "nats://hub:4222", of one bus. `seed`: the 32 bytes of the own key on the bus.
    `inbox` is where answers come (`hub_inbox`, `node_inbox`). `on_back` is called after each success, the first too;
    `on_lost` with the reason after each loss. Waits between attempts grow to ten seconds.
    """
    return Connection(servers, seed, tls, name, inbox, on_lost, on_back)


async def _close(client: Client) -> None:
    """Close a client for good. It may wait for ever for the end of a connection that was reset in its TLS handshake."""
    with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
        await asyncio.wait_for(client.close(), _CLOSED_WITHIN_S)


def _seed_text(seed: bytes | bytearray) -> str:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"The seed of a key on the bus has {SEED_BYTES} bytes.")
    return str(nkeys.encode_seed(bytes(seed), nkeys.PREFIX_BYTE_USER).decode())


def _said(error: Exception) -> str:
    """What went wrong, in words, for errors that the client gives no words to as well."""
    if "Authorization" in str(error):
        return "The bus refuses this key: it is unknown there, or was revoked"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The bus shows a certificate that this hub's authority did not issue for it ({error.verify_message})"
    return str(error).removeprefix("nats: ") or type(error).__name__
