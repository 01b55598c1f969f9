"""A virtual ONVIF camera on loopback: answers WS-Discovery, proves logins as cameras do, and misbehaves on command."""

import base64
import hashlib
import re
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from openlfr.capture.onvif_discovery import Interface

LOOPBACK: Final = Interface("lo", "127.0.0.1")
_GROUP: Final = "239.255.255.250"
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
    "<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
_NOT_AUTHORIZED: Final = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    "<s:Reason><s:Text>Sender not Authorized</s:Text></s:Reason></s:Fault>"
)


@dataclass(frozen=True, slots=True)
class Video:
    """A stream as the camera has it set up."""

    token: str
    codec: str
    width: int
    height: int
    rate: float
    address: str


@dataclass
class OnvifCamera:
    """Use as a context manager; `address` is its device service.

    With `user` it wants a login: by WS-UsernameToken, or by HTTP digest with `asks_digest`. `answer`, when it is set,
    answers everything, however wrong: it gets the request's body and gives a status, headers and a body.
    """

    streams: tuple[Video, ...] = ()
    user: str = ""
    password: str = ""
    asks_digest: bool = False
    media2: bool = True
    says_host: str = "127.0.0.1"
    clock_ahead: timedelta | None = None
    """By how much its clock differs from ours, if it takes only logins of this minute."""
    scopes: str = (
        "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/North%20End "
        "onvif://www.onvif.org/hardware/M1065 onvif://www.onvif.org/manufacturer/Acme"
    )
    matches: int = 1
    silent: bool = False
    answer: Callable[[str], tuple[int, dict[str, str], bytes]] | None = None
    asked: list[str] = field(default_factory=list)
    """Every request body and header line, as a spy on the network would have them."""

    def __enter__(self) -> Self:
        camera = self
        self._nonce = secrets.token_hex(8)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                camera.asked.append(f"{self.path}\n{self.headers}\n{body}")
                status, headers, content = camera._answered(body, self.path, self.headers.get("Authorization", ""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._web.server_port
        self.address = f"http://127.0.0.1:{self.port}/onvif/device_service"
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind(("", 0))
        membership = struct.pack("4s4s", socket.inet_aton(_GROUP), socket.inet_aton("127.0.0.1"))
        self._ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.group = (_GROUP, self._ear.getsockname()[1])
        self._threads = [
            threading.Thread(target=self._web.serve_forever, kwargs={"poll_interval": 0.02}),
            threading.Thread(target=self._listen),
        ]
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._ear.sendto(b"", ("127.0.0.1", self.group[1]))
        for each in self._threads:
            each.join()
        self._ear.close()

    def _listen(self) -> None:
        while True:
            question, sender = self._ear.recvfrom(65_535)
            if not question:
                return
            if self.silent or b"NetworkVideoTransmitter" not in question:
                continue
            for number in range(self.matches):
                self._ear.sendto(self.match(number), sender)

    def match(self, number: int) -> bytes:
        """The answer to a probe; the cameras of one machine are told apart by their paths."""
        path = "/onvif/device_service" + (f"/{number}" if number else "")
        match = (
            "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:cam</a:Address>"
            "</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types>"
            f"<d:Scopes>{self.scopes}</d:Scopes><d:XAddrs>http://{self.says_host}:{self.port}{path}</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>"
        )
        return _ENVELOPE.format(header="", body=match).encode()

    def _answered(self, body: str, path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        if self.answer is not None:
            return self.answer(body)
        if self.user and "GetSystemDateAndTime" not in body:
            if self.asks_digest and not self._digest_is_right(authorization, path):
                challenge = f'Digest realm="camera", nonce="{self._nonce}", qop="auth", algorithm=MD5'
                return 401, {"WWW-Authenticate": challenge}, b""
            if not self.asks_digest and not self._token_is_right(body):
                return 400, {}, _ENVELOPE.format(header="", body=_NOT_AUTHORIZED).encode()
        return (
            200,
            {"Content-Type": "application/soap+xml"},
            _ENVELOPE.format(header="", body=self._said(body)).encode(),
        )

    def _token_is_right(self, body: str) -> bool:
        found = {
            name: re.search(rf"<wss?[eu]:{name}(?: [^>]*)?>([^<]*)<", body)
            for name in ("Username", "Password", "Nonce", "Created")
        }
        if not all(found.values()) or "#PasswordDigest" not in body:
            return False
        said = {name: match.group(1) for name, match in found.items() if match is not None}
        if self.clock_ahead is not None:
            created = datetime.fromisoformat(said["Created"])
            if abs(created - datetime.now(UTC) - self.clock_ahead) > timedelta(minutes=1):
                return False
        content = base64.b64decode(said["Nonce"]) + said["Created"].encode() + self.password.encode()
        digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
        return said["Username"] == self.user and secrets.compare_digest(digest, said["Password"])

    def _digest_is_right(self, authorization: str, path: str) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization))
        own, act = (_md5(f"{self.user}:camera:{self.password}"), _md5(f"POST:{path}"))
        right = _md5(f"{own}:{self._nonce}:{said.get('nc')}:{said.get('cnonce')}:auth:{act}")
        return authorization.startswith("Digest ") and said.get("username") == self.user and said["response"] == right

    def _said(self, body: str) -> str:
        here = f"http://{self.says_host}:{self.port}/onvif"
        if "GetServices" in body:
            kinds = {"ver10/device/wsdl": "device_service", "ver10/media/wsdl": "media"}
            if self.media2:
                kinds["ver20/media/wsdl"] = "media2"
            services = "".join(
                f"<tds:Service><tds:Namespace>http://www.onvif.org/{kind}</tds:Namespace>"
                f"<tds:XAddr>{here}/{path}</tds:XAddr></tds:Service>"
                for kind, path in kinds.items()
            )
            return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"
        if "GetProfiles" in body:
            profiles = "".join(map(self._profile, self.streams))
            return f"<tds:GetProfilesResponse>{profiles}</tds:GetProfilesResponse>"
        if "GetStreamUri" in body:
            token = re.search(r":ProfileToken>([^<]*)<", body)
            address = next(each.address for each in self.streams if token and each.token == token.group(1))
            uri = address.replace("&", "&amp;")
            if "GetStreamUri><trt2:" in body:
                return f"<tr2:GetStreamUriResponse><tr2:Uri>{uri}</tr2:Uri></tr2:GetStreamUriResponse>"
            media = f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>"
            return f"<trt:GetStreamUriResponse>{media}</trt:GetStreamUriResponse>"
        if self.clock_ahead is None:
            return "<tds:GetSystemDateAndTimeResponse/>"
        now = datetime.now(UTC) + self.clock_ahead
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _profile(self, video: Video) -> str:
        encoder = (
            f"<tt:Name>enc</tt:Name><tt:Encoding>{video.codec}</tt:Encoding><tt:Resolution><tt:Width>{video.width}"
            f"</tt:Width><tt:Height>{video.height}</tt:Height></tt:Resolution><tt:RateControl>"
            f"<tt:FrameRateLimit>{video.rate}</tt:FrameRateLimit></tt:RateControl>"
        )
        if self.media2:
            held = f"<tr2:Configurations><tr2:VideoEncoder>{encoder}</tr2:VideoEncoder></tr2:Configurations>"
            return f'<tr2:Profiles token="{video.token}"><tr2:Name>{video.token}</tr2:Name>{held}</tr2:Profiles>'
        held = f"<tt:VideoEncoderConfiguration>{encoder}</tt:VideoEncoderConfiguration>"
        return f'<trt:Profiles token="{video.token}"><tt:Name>{video.token}</tt:Name>{held}</trt:Profiles>'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
