"""Connections of the hub's server: how many there may be, and how long each may keep the hub waiting.

uvicorn waits for ever for a request that was begun, for the rest of its body, and for a client that does not read. So
a few thousand idle sockets, from one machine without any account, would leave none for consoles.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog
from pydantic import IPvAnyNetwork
from uvicorn.protocols.http.h11_impl import H11Protocol

_IPV6_SITE_BITS: Final = 64  # one subscriber has at least so many addresses
_FILES: Final = 16_384

log = structlog.get_logger(__name__)


class Owed(Enum):
    """What a client owes the hub, while the hub waits for it."""

    REQUEST = "the whole head of a request"
    BODY = "more of a request's body"
    READING = "room for more of the answer"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the whole head of a request, for the next piece of a body, for room to send on."""

    request_s: float = 15.0
    body_s: float = 30.0
    reading_s: float = 60.0

    def seconds(self, owed: Owed) -> float:
        """How long a client may owe this."""
        return {Owed.REQUEST: self.request_s, Owed.BODY: self.body_s, Owed.READING: self.reading_s}[owed]


@dataclass(slots=True)
class Connections:
    """The connections of one server: at most `most`, and `most_of_one` from one address (IPv6: one network of 64 bits).

    Trusted proxies stand for many people, and count only in all.
    """

    trusted_proxies: Sequence[IPvAnyNetwork] = ()
    most: int = 4096
    most_of_one: int = 512
    patience: Patience = field(default_factory=Patience)
    _held: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many there are now."""
        return self._held.total()

    def admitted(self, address: str) -> str | None:
        """Under whose name a connection counts until `ended`; None when there are too many."""
        whose = self._whose(address)
        if self.count >= self.most or (whose and self._held[whose] >= self.most_of_one):
            return None
        self._held[whose] += 1
        if self.count == self.most or (whose and self._held[whose] == self.most_of_one):
            log.warning("no_further_connections", address=address, of_it=self._held[whose], of_all=self.count)
        return whose

    def ended(self, whose: str) -> None:
        """A connection that was admitted under this name is no more."""
        self._held[whose] -= 1
        if not self._held[whose]:
            del self._held[whose]

    def _whose(self, address: str) -> str:
        try:
            ip = ip_address(address)
        except ValueError:
            return address
        if any(ip in network for network in self.trusted_proxies):
            return ""
        return f"{int(ip) >> _IPV6_SITE_BITS:x}::/64" if isinstance(ip, IPv6Address) else str(ip)


def protocol_of(connections: Connections) -> type[H11Protocol]:
    """uvicorn's own protocol, for one server, within these bounds."""

    class Bounded(H11Protocol):
        _whose: str | None = None
        _owed: Owed | None = None
        _until: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._whose = connections.admitted(self.client[0] if self.client else "")
            if self._whose is None:
                transport.abort()
            else:
                self._look()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._wait_for(None)
            if self._whose is not None:
                connections.ended(self._whose)
                self._whose = None

        def data_received(self, data: bytes) -> None:
            if self._owed is Owed.BODY:
                self._wait_for(None)  # a piece came: the next may take as long
            super().data_received(data)
            self._look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._look()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._look()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._look()

        def _look(self) -> None:
            """Begin to count when it became the client's turn, and stop when it is the hub's."""
            owed = self._owed_now()
            if owed is not self._owed and self._whose is not None:
                self._wait_for(owed)

        def _owed_now(self) -> Owed | None:
            if self.flow.write_paused:
                return Owed.READING
            if self.cycle is None or self.cycle.response_complete:
                return Owed.REQUEST
            return Owed.BODY if self.cycle.more_body else None

        def _wait_for(self, owed: Owed | None) -> None:
            self._owed = owed
            if self._until is not None:
                self._until.cancel()
            self._until = None if owed is None else self.loop.call_later(connections.patience.seconds(owed), self._late)

        def _late(self) -> None:
            if self._owed is Owed.BODY and self.flow.read_paused:
                self._wait_for(Owed.BODY)  # it is the hub that does not read on
            else:
                self.transport.abort()

    return Bounded


def room_for_connections() -> None:
    """Let this process have as many files open as its connections and its own work need, where the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
