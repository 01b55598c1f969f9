"""A real RTSP server on loopback that plays an H.264 clip round and round, and misbehaves on command.

RTSP 1.0 (RFC 2326) with digest or basic authentication, RTP over TCP (interleaved) and UDP, H.264 packetised by
RFC 6184 (single NAL unit packets and FU-A). A clip is cut into packets once; sending one costs its header only, so that
one process can play many cameras.
"""

import asyncio
import base64
import contextlib
import hashlib
import random
import re
import secrets
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import av
from av.bitstream import BitStreamFilterContext

RTP_CLOCK_HZ = 90_000
# Payload of an RTP packet: what an Ethernet frame carries, less the IP, UDP and RTP headers.
_MAX_PAYLOAD = 1400
_PAYLOAD_TYPE = 96
# A client that reads slower than the clip plays loses whole frames, as with a camera, and the server's memory is safe.
_MAX_UNSENT_BYTES = 8_000_000

_SPS, _PPS, _AUD, _FU_A = 7, 8, 9, 28


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """One coded picture: its times in RTP ticks from the start of the clip, and its RTP payloads."""

    decode_ticks: int
    presentation_ticks: int
    payloads: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """An H.264 recording cut into RTP payloads."""

    frames: tuple[ClipFrame, ...]
    duration_ticks: int
    sps: bytes
    pps: bytes

    @classmethod
    def load(cls, path: Path) -> "Clip":
        """Read the first video stream of a file, which must be H.264."""
        coded: list[tuple[int, int, list[bytes]]] = []
        sps = pps = b""
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264", f"{path} is {stream.codec_context.name}, not h264"
            assert stream.time_base is not None
            ticks = stream.time_base * RTP_CLOCK_HZ
            annex_b = BitStreamFilterContext("h264_mp4toannexb", stream)
            for packet in container.demux(stream):
                if packet.size == 0:
                    continue
                for converted in annex_b.filter(packet):
                    units = _nal_units(bytes(converted))
                    sps = next((unit for unit in units if unit[0] & 31 == _SPS), sps)
                    pps = next((unit for unit in units if unit[0] & 31 == _PPS), pps)
                    assert converted.dts is not None
                    assert converted.pts is not None
                    payloads = [payload for unit in units if unit[0] & 31 != _AUD for payload in _payloads(unit)]
                    coded.append((int(converted.dts * ticks), int(converted.pts * ticks), payloads))
        assert sps, f"{path} has no sequence parameter set"
        assert pps, f"{path} has no picture parameter set"
        start = coded[0][0]
        step = (coded[-1][0] - start) // max(1, len(coded) - 1)
        return cls(
            frames=tuple(ClipFrame(dts - start, pts - start, tuple(payloads)) for dts, pts, payloads in coded),
            duration_ticks=coded[-1][0] - start + step,
            sps=sps,
            pps=pps,
        )


@dataclass(slots=True)
class Faults:
    """What the server does wrong from now on. May be set from any thread."""

    hangs_on_connect: bool = False  # accepts connections, then says nothing
    stalled: bool = False  # keeps connections, sends no more video
    skips_frames: int = 0  # begins each session this many frames into the clip
    drop_share: float = 0.0  # of the RTP packets, left out
    corrupt_share: float = 0.0  # of the RTP packets, with bytes in the middle turned over


@dataclass(slots=True)
class _Session:
    """One client's playing."""

    send: Callable[[list[bytes]], None]
    task: asyncio.Task[None] | None = None
    udp: asyncio.DatagramTransport | None = None


@dataclass(slots=True)
class RtspServer:
    """Serves `clip` at `url` from a thread of its own, between `with RtspServer(clip) as server` and its end."""

    clip: Clip
    username: str | None = None
    password: str | None = None
    authentication: Literal["digest", "basic"] = "digest"
    transports: frozenset[str] = frozenset({"tcp", "udp"})
    path: str = "/street"
    port: int = 0
    seed: int = 0
    faults: Faults = field(default_factory=Faults)
    connections: int = 0
    bytes_sent: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def __enter__(self) -> Self:
        self._random = random.Random(self.seed)
        self._thread = threading.Thread(target=self._loop.run_forever, name="rtsp-server", daemon=True)
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        self._call(self._wind_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    _random: random.Random = field(init=False)
    _thread: threading.Thread = field(init=False)

    @property
    def url(self) -> str:
        """The address, with the right credentials if any are needed."""
        if self.username is None:
            return self.url_with(None, None)
        return self.url_with(self.username, self.password)

    def url_with(self, username: str | None, password: str | None) -> str:
        """The address with other credentials, or none."""
        credentials = "" if username is None else f"{username}:{password}@"
        return f"rtsp://{credentials}127.0.0.1:{self.port}{self.path}"

    def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._call(self._listen())

    def stop_listening(self) -> None:
        """Refuse further connections; those there are go on."""
        self._call(self._stop_listening())

    def cut(self) -> None:
        """Break off every connection now."""
        self._call(self._cut())

    def switch_to(self, clip: Clip) -> None:
        """Go on with another clip, in the middle of every session, as a camera whose settings are changed."""
        self.clip = clip

    def _call(self, work: Coroutine[None, None, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(timeout=10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _wind_up(self) -> None:
        await self._cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        session: _Session | None = None
        try:
            while True:
                if self.faults.hangs_on_connect:
                    await asyncio.sleep(3600)
                request = await _read_request(reader)
                if request is None:
                    continue
                method, uri, headers = request
                if not self._is_authorised(method, headers):
                    _reply(writer, headers, 401, "Unauthorized", {"WWW-Authenticate": self._challenge()})
                elif method != "OPTIONS" and not _is_under(uri, self.path):
                    _reply(writer, headers, 404, "Not Found", {})
                elif method == "OPTIONS":
                    methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
                    _reply(writer, headers, 200, "OK", {"Public": methods})
                elif method == "DESCRIBE":
                    kind = {"Content-Type": "application/sdp", "Content-Base": uri.rstrip("/") + "/"}
                    _reply(writer, headers, 200, "OK", kind, self._sdp())
                elif method == "SETUP":
                    session, transport = await self._set_up(headers.get("transport", ""), writer)
                    if session is None:
                        _reply(writer, headers, 461, "Unsupported Transport", {})
                    else:
                        _reply(writer, headers, 200, "OK", {"Transport": transport, "Session": "1;timeout=60"})
                elif method == "PLAY" and session is not None:
                    _reply(writer, headers, 200, "OK", {"Session": "1", "Range": "npt=0.000-"})
                    session.task = session.task or asyncio.create_task(self._play(session))
                elif method == "GET_PARAMETER":
                    _reply(writer, headers, 200, "OK", {"Session": "1"})
                elif method == "TEARDOWN":
                    _reply(writer, headers, 200, "OK", {})
                    return
                else:
                    _reply(writer, headers, 455, "Method Not Valid in This State", {})
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            if session is not None and session.task is not None:
                session.task.cancel()
            if session is not None and session.udp is not None:
                session.udp.close()
            with contextlib.suppress(ConnectionError):
                writer.close()

    def _challenge(self) -> str:
        if self.authentication == "basic":
            return 'Basic realm="street"'
        return f'Digest realm="street", nonce="{self._nonce}"'

    def _is_authorised(self, method: str, headers: dict[str, str]) -> bool:
        if self.username is None:
            return True
        given = headers.get("authorization", "")
        if self.authentication == "basic":
            expected = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            return given == f"Basic {expected}"
        fields = dict(re.findall(r'(\w+)="([^"]*)"', given))
        secret = _md5(f"{self.username}:street:{self.password}")
        request = _md5(f"{method}:{fields.get('uri')}")
        return (
            fields.get("username") == self.username
            and fields.get("nonce") == self._nonce
            and fields.get("response") == _md5(f"{secret}:{self._nonce}:{request}")
        )

    def _sdp(self) -> str:
        profile = self.clip.sps[1:4].hex()
        sets = ",".join(base64.b64encode(unit).decode() for unit in (self.clip.sps, self.clip.pps))
        return "\r\n".join(
            [
                "v=0",
                "o=- 0 0 IN IP4 127.0.0.1",
                "s=street",
                "c=IN IP4 0.0.0.0",
                "t=0 0",
                f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}",
                f"a=rtpmap:{_PAYLOAD_TYPE} H264/{RTP_CLOCK_HZ}",
                f"a=fmtp:{_PAYLOAD_TYPE} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}",
                "a=control:video",
                "",
            ]
        )

    async def _set_up(self, wanted: str, writer: asyncio.StreamWriter) -> tuple[_Session | None, str]:
        if "/TCP" in wanted and "tcp" in self.transports:

            def send_interleaved(packets: list[bytes]) -> None:
                if writer.transport.get_write_buffer_size() < _MAX_UNSENT_BYTES and not writer.transport.is_closing():
                    data = b"".join(
                        part for packet in packets for part in (struct.pack(">cBH", b"$", 0, len(packet)), packet)
                    )
                    self.bytes_sent += len(data)
                    writer.write(data)

            return _Session(send_interleaved), "RTP/AVP/TCP;unicast;interleaved=0-1"
        ports = re.search(r"client_port=(\d+)-(\d+)", wanted)
        if ports is None or "/TCP" in wanted or "udp" not in self.transports:
            return None, ""
        transport, _ = await self._loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", int(ports.group(1)))
        )
        own_port = transport.get_extra_info("sockname")[1]

        def send_datagrams(packets: list[bytes]) -> None:
            for packet in packets:
                self.bytes_sent += len(packet)
                transport.sendto(packet)

        reply = f"RTP/AVP;unicast;client_port={ports.group(1)}-{ports.group(2)};server_port={own_port}-{own_port + 1}"
        return _Session(send_datagrams, udp=transport), reply

    async def _play(self, session: _Session) -> None:
        """Send the clip's frames when they are due, again and again, until cancelled."""
        began_s = self._loop.time()
        round_began_ticks = 0
        sequence = 0
        sent_frames = 0
        while True:
            clip = self.clip
            for frame in clip.frames:
                due_s = began_s + (round_began_ticks + frame.decode_ticks) / RTP_CLOCK_HZ
                await asyncio.sleep(max(0.0, due_s - self._loop.time()))
                if self.clip is not clip:
                    # Go on at once with the other, from its first key frame.
                    clip = self.clip
                    round_began_ticks += frame.decode_ticks - clip.duration_ticks
                    break
                if sent_frames < self.faults.skips_frames:
                    sent_frames += 1
                    continue
                timestamp = (round_began_ticks + frame.presentation_ticks) & 0xFFFFFFFF
                packets = _rtp_packets(frame.payloads, sequence, timestamp)
                sequence += len(packets)
                if not self.faults.stalled:
                    session.send(self._damaged(packets))
            round_began_ticks += clip.duration_ticks

    def _damaged(self, packets: list[bytes]) -> list[bytes]:
        faults = self.faults
        if not faults.drop_share and not faults.corrupt_share:
            return packets
        damaged = []
        for packet in packets:
            if self._random.random() < faults.drop_share:
                continue
            if self._random.random() < faults.corrupt_share:
                middle = 12 + (len(packet) - 12) // 2
                packet = packet[:middle] + bytes(byte ^ 0xFF for byte in packet[middle:])
            damaged.append(packet)
        return damaged


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    """The next request; None for a piece of interleaved data (a receiver's report), which is skipped."""
    first = await reader.readexactly(1)
    if first == b"$":
        _, length = struct.unpack(">BH", await reader.readexactly(3))
        await reader.readexactly(length)
        return None
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, uri, _ = lines[0].split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return method, uri, headers


def _reply(
    writer: asyncio.StreamWriter,
    request: dict[str, str],
    status: int,
    reason: str,
    headers: dict[str, str],
    body: str = "",
) -> None:
    lines = [f"RTSP/1.0 {status} {reason}", f"CSeq: {request.get('cseq', '0')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def _is_under(uri: str, path: str) -> bool:
    own = "/" + uri.split("://", 1)[-1].partition("/")[2]
    return own.rstrip("/") in (path, f"{path}/video")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _nal_units(annex_b: bytes) -> list[bytes]:
    """Split at the start codes (H.264, annex B)."""
    return [unit for unit in (part.rstrip(b"\x00") for part in annex_b.split(b"\x00\x00\x01")) if unit]


def _payloads(unit: bytes) -> list[bytes]:
    """A NAL unit as RTP payloads: itself if it fits, else fragments (RFC 6184, 5.6 and 5.8)."""
    if len(unit) <= _MAX_PAYLOAD:
        return [unit]
    indicator = bytes([(unit[0] & 0xE0) | _FU_A])
    kind = unit[0] & 31
    pieces = [unit[start : start + _MAX_PAYLOAD - 2] for start in range(1, len(unit), _MAX_PAYLOAD - 2)]
    last = len(pieces) - 1
    return [
        indicator + bytes([(0x80 if number == 0 else 0) | (0x40 if number == last else 0) | kind]) + piece
        for number, piece in enumerate(pieces)
    ]


def _rtp_packets(payloads: tuple[bytes, ...], sequence: int, timestamp: int) -> list[bytes]:
    """RTP packets of one picture (RFC 3550, 5.1); the last carries the marker."""
    last = len(payloads) - 1
    return [
        struct.pack(
            ">BBHII",
            0x80,
            _PAYLOAD_TYPE | (0x80 if number == last else 0),
            (sequence + number) & 0xFFFF,
            timestamp,
            0x5712EE70,
        )
        + payload
        for number, payload in enumerate(payloads)
    ]
