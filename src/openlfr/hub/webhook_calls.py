"""The calls that webhooks make: to addresses on the public network only, unless the hub is told otherwise.

Whoever may register a webhook could else make the hub call its own bus, its database or a machine beside it. So the
address is looked at when the connection is made, and the connection goes to the very address that was looked at: a
name that leads elsewhere a moment later (DNS rebinding) gains nothing. No redirect is followed, no proxy is used.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import httpcore
from pydantic_settings import BaseSettings, SettingsConfigDict

from openlfr.records.webhook_tables import AttemptOutcome

LONGEST_CALL_S: Final = 15.0
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_INSIDE: Final = tuple(map(IPv6Network, ("::/96", "64:ff9b:1::/48", "fec0::/10")))
"""Python takes these for public: a network's own translation (RFC 8215), and forms that are no longer given out."""
_IpAddress = IPv4Address | IPv6Address

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name; passed in, so that tests decide where names lead."""


class WebhookSettings(BaseSettings):
    """Where webhooks may go (OPENLFR_HUB_WEBHOOKS_...)."""

    model_config = SettingsConfigDict(env_prefix="OPENLFR_HUB_WEBHOOKS_", frozen=True, extra="ignore")

    private_addresses: bool = False
    """Whether receivers may be on the hub's own machine or network; what they are told stays encrypted off it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call, and how long it took."""

    outcome: AttemptOutcome
    status: int | None
    took_ms: int


def address_problem(address: str) -> str | None:
    """What is wrong with the address of a receiver as written, in a sentence; None when nothing is.

    It is https, but for a receiver on the hub's own machine. Where its name leads is seen at each call.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http") or not _is_plain(address):
        return "Write the receiver's address as in https://receiver.example/openlfr."
    if parts.username or parts.password or parts.fragment:
        return "Leave user names, passwords and fragments out: the signature says who calls."
    if parts.scheme == "http" and not _is_loopback_name(host):
        return "Use https: without it anybody on the way can read along."
    return None


class WebhookCaller:
    """Makes the calls. Safe for many at once."""

    def __init__(
        self, settings: WebhookSettings, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` decides which certificates are trusted: those of the system, unless given."""
        self._settings = settings
        self._resolve = resolve or _resolved
        self._tls = tls or ssl.create_default_context()

    async def post(
        self, address: str, headers: Mapping[str, str], body: bytes, longest_s: float = LONGEST_CALL_S
    ) -> Answer:
        """Send a body; anything but a 2xx status, in time, is a failure. The answer's own body is not read."""
        began = time.monotonic()
        outcome, status = await self._called(address, headers, body, longest_s)
        return Answer(outcome, status, round((time.monotonic() - began) * 1000))

    async def _called(
        self, address: str, headers: Mapping[str, str], body: bytes, longest_s: float
    ) -> tuple[AttemptOutcome, int | None]:
        network = _LookedAt(self._resolve, self._allowed(urlsplit(address).scheme))
        try:
            async with (
                asyncio.timeout(longest_s),
                httpcore.AsyncConnectionPool(self._tls, network_backend=network) as pool,
                pool.stream("POST", address, headers=list(headers.items()), content=body) as response,
            ):
                accepted = 200 <= response.status < 300
                return AttemptOutcome.DELIVERED if accepted else AttemptOutcome.REFUSED, response.status
        except _ForbiddenAddressError:
            return AttemptOutcome.FORBIDDEN, None
        except (TimeoutError, httpcore.TimeoutException):
            return AttemptOutcome.TIMED_OUT, None
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            return AttemptOutcome.UNREACHABLE, None

    def _allowed(self, scheme: str) -> Callable[[_IpAddress], bool]:
        def allowed(address: _IpAddress) -> bool:
            if scheme == "http" and not address.is_loopback:
                return False
            return self._settings.private_addresses or is_public(address)

        return allowed


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public network; an IPv4 address inside an IPv6 one is looked at itself."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in _INSIDE):
            return False
        if address in _TRANSLATED:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class _ForbiddenAddressError(Exception):
    """The name led to an address that webhooks may not go to."""


class _LookedAt(httpcore.AsyncNetworkBackend):
    """Connections to addresses that were looked at. TLS still asks for the certificate of the name."""

    def __init__(self, resolve: Resolve, allowed: Callable[[_IpAddress], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = [ip_address(each) for each in await self._resolve(host.strip("[]"), port)]
        if not addresses or not all(map(self._allowed, addresses)):
            raise _ForbiddenAddressError
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(str(addresses[-1]), port, timeout, local_address, socket_options)


async def _resolved(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]).partition("%")[0] for *_, address in found]


def _is_plain(address: str) -> bool:
    return address.isascii() and address.isprintable() and " " not in address


def _is_loopback_name(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
