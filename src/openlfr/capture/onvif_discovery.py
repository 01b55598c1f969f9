"""Finding ONVIF cameras in the networks of this machine: WS-Discovery (OASIS, 2005/04) as ONVIF's core specification
uses it, over IPv4 multicast.

Whatever answers is a stranger. Its words are cut to a length and shown as its own, its answer counts for the machine
that sent it and for no other, and no machine can fill the list.
"""

import asyncio
import contextlib
import re
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import psutil
from onveef.wsdiscovery import DiscoveredDevice, build_probe, parse_probe_matches

GROUP: Final = ("239.255.255.250", 3702)
"""The multicast group and port of WS-Discovery."""
MOST_CAMERAS: Final = 200
MOST_OF_ONE_MACHINE: Final = 8
"""A video encoder or recorder may answer once for each of its channels."""
LONGEST_NAME: Final = 100
LONGEST_ADDRESS: Final = 300

_KINDS: Final = ("dn:NetworkVideoTransmitter", "tds:Device", "dn:NetworkVideoTransmitter")
"""What is asked for, one probe after another: a camera answers one that names everything it must be, and cameras know
themselves by either name. A datagram may be lost, so cameras of the first kind are asked twice."""
_LARGEST_ANSWER_BYTES: Final = 16 << 10
_MOST_ANSWERS: Final = 2000
_MOST_ANSWERS_OF_ONE_MACHINE: Final = MOST_OF_ONE_MACHINE * len(_KINDS)
_MOST_INTERFACES: Final = 16
_SCOPE: Final = "onvif://www.onvif.org/"
_PATH: Final = re.compile(r"/[\x21-\x7e]*", re.ASCII)


class NoNetworkError(Exception):
    """No network can be searched from here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of this machine, and its own IPv4 address there."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class DiscoveredCamera:
    """A device that says it is an ONVIF camera. `address` is that of its device service, on the machine that answered;
    `name` and `model` are its own words, empty where it said none."""

    address: str
    name: str
    model: str


def own_interfaces() -> tuple[Interface, ...]:
    """The interfaces of this machine that carry multicast now, at most sixteen; loopback is none of them."""
    found = []
    addresses = psutil.net_if_addrs()
    for name, state in sorted(psutil.net_if_stats().items()):
        flags = state.flags.split(",")
        if not state.isup or "multicast" not in flags or "loopback" in flags:
            continue
        found += [Interface(name, each.address) for each in addresses.get(name, ()) if each.family == socket.AF_INET]
    return tuple(found[:_MOST_INTERFACES])


async def find_cameras(
    interfaces: Sequence[Interface], for_s: float, new_id: Callable[[], UUID], group: tuple[str, int] = GROUP
) -> tuple[DiscoveredCamera, ...]:
    """Ask on every interface and listen for that long; the cameras that answered, in the order of their addresses.

    `new_id` names each question, as the protocol wants. Raises NoNetworkError when no interface could carry it.
    """
    answers = _Answers()
    sockets = [each for each in map(_socket_on, interfaces) if each is not None]
    if not sockets:
        raise NoNetworkError(
            "No network interface of this node carries multicast, so it cannot ask which cameras there are. "
            "Connect it to the cameras' network, or type the camera's address."
        )
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        ears = []
        for each in sockets:
            ear, _ = await loop.create_datagram_endpoint(lambda: _Ear(answers), sock=each)
            stack.callback(ear.close)
            ears.append(ear)
        for kind in _KINDS:
            question = build_probe(message_id=f"urn:uuid:{new_id()}", types=kind).encode()
            for ear in ears:
                ear.sendto(question, group)
            await asyncio.sleep(for_s / len(_KINDS))
    return answers.cameras


def _socket_on(interface: Interface) -> socket.socket | None:
    """A socket that asks on one interface; None when the interface has just gone."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface.address))
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        opened.bind((interface.address, 0))
    except OSError:
        opened.close()
        return None
    return opened


class _Ear(asyncio.DatagramProtocol):
    """Hears on one socket. A question that could not be sent is like one that was lost."""

    def __init__(self, answers: "_Answers") -> None:
        self._answers = answers

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._answers.heard(data, addr[0])


class _Answers:
    """What was heard, however much is said: so many answers, and so many cameras, of one machine and of all."""

    def __init__(self) -> None:
        self._heard: Counter[str] = Counter()
        self._cameras: dict[str, DiscoveredCamera] = {}
        self._of: Counter[str] = Counter()

    @property
    def cameras(self) -> tuple[DiscoveredCamera, ...]:
        return tuple(sorted(self._cameras.values(), key=lambda each: each.address))

    def heard(self, answer: bytes, sender: str) -> None:
        if (
            len(answer) > _LARGEST_ANSWER_BYTES
            or self._heard.total() >= _MOST_ANSWERS
            or self._heard[sender] >= _MOST_ANSWERS_OF_ONE_MACHINE
        ):
            return
        self._heard[sender] += 1
        for device in parse_probe_matches(answer.decode(errors="replace")):
            camera = _camera(device, sender)
            if camera is None or camera.address in self._cameras:
                continue
            if self._of[sender] >= MOST_OF_ONE_MACHINE or len(self._cameras) >= MOST_CAMERAS:
                return
            self._of[sender] += 1
            self._cameras[camera.address] = camera


def _camera(device: DiscoveredDevice, sender: str) -> DiscoveredCamera | None:
    """What one match says; None for what is no ONVIF device, as a printer that answers everybody."""
    if not any(each.startswith(_SCOPE) for each in device.scopes):
        return None
    maker, model = _said(device.scopes, "manufacturer", "mfr"), _said(device.scopes, "hardware", "model")
    address = _address(device.xaddrs, sender)
    if address is None:
        return None
    if maker and not model.lower().startswith(maker.lower()):
        model = f"{maker} {model}".strip()[:LONGEST_NAME]
    return DiscoveredCamera(address, _said(device.scopes, "name"), model)


def _address(said: Sequence[str], sender: str) -> str | None:
    """The address of the device service, on the machine that answered: a camera that names another machine has moved,
    stands behind another address, or would have us ask that machine. Without one, where ONVIF says that it is."""
    own = []
    for each in said:
        with contextlib.suppress(ValueError):
            parts = urlsplit(each)
            port = parts.port
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.scheme in ("http", "https") and _PATH.fullmatch(path) and len(path) < LONGEST_ADDRESS - 50:
                here = f"{parts.scheme}://{sender}" + (f":{port}" if port else "") + path
                own.append((parts.hostname != sender, here))
    if own:
        return min(own, key=lambda each: each[0])[1]
    return None if said else f"http://{sender}/onvif/device_service"


def _said(scopes: Sequence[str], *kinds: str) -> str:
    """What the scopes say of the first of these kinds, fit to be shown: one line, not too long."""
    for kind in kinds:
        for scope in scopes:
            if scope.startswith(f"{_SCOPE}{kind}/"):
                words = unquote(scope.removeprefix(f"{_SCOPE}{kind}/"), errors="replace")
                return shown(words)
    return ""


def shown(words: str) -> str:
    """A stranger's words, without whatever would move a cursor or turn the direction of writing, cut to a length."""
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())[:LONGEST_NAME]
