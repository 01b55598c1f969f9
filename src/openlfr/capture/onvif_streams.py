"""Asking one ONVIF camera which video streams it has (ONVIF Media2, or Media where it has no other).

The camera is a stranger with our login at stake. The password itself is never sent: only digests of it (WS-Security
UsernameToken, HTTP digest). Only the machine that was asked is ever asked, whatever addresses it names; redirects and
proxies are not followed; and answers are bounded in size, depth of reading, number and time.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import httpx
from onveef import (
    AsyncOnvifClient,
    OnvifAuthError,
    OnvifEndpoint,
    OnvifError,
    OnvifTimeoutError,
    OnvifTransportError,
    envelopes,
)
from onveef.parsers import child_local, child_text, find_local, parse_stream_uri, parse_xml

from openlfr.capture.onvif_discovery import shown

WITHIN_S: Final = 15.0
MOST_STREAMS: Final = 16
LONGEST_ADDRESS: Final = 300

_ANSWER_WITHIN_S: Final = 5.0
_LARGEST_ANSWER_BYTES: Final = 1 << 20
_LARGEST_NUMBER: Final = 100_000
_PATH: Final = re.compile(r"[\x21-\x7e]*", re.ASCII)


class StreamsUnknownError(Exception):
    """The camera did not say what streams it has; the message says why and what to do, and repeats no login."""


@dataclass(frozen=True, slots=True)
class CameraStream:
    """A video stream of a camera. `address` is an RTSP address without a login; `name` and `codec` are the camera's own
    words; numbers it did not give are 0."""

    name: str
    address: str
    codec: str
    width_px: int
    height_px: int
    frames_per_s: float


async def streams_of(address: str, user: str, password: str, within_s: float = WITHIN_S) -> tuple[CameraStream, ...]:
    """The video streams of the camera with this device service, the largest pictures first; at least one.

    `user` may be empty, for a camera that anybody may ask. Raises StreamsUnknownError.
    """
    host = _host(address)
    unreadable = (
        f"What the camera at {host} answers could not be read as ONVIF. Type its address instead; its manual names it."
    )
    try:
        async with asyncio.timeout(within_s), _web() as web:
            camera = AsyncOnvifClient(
                address,
                username=user,
                password=password,
                http_client=web,
                http_auth="digest",
                retries=0,
                max_response_bytes=_LARGEST_ANSWER_BYTES,
            )
            services = await camera.discover_services()
            camera.set_endpoint(OnvifEndpoint(address, services))
            found = await _streams(camera, host, use_media2="media2" in services)
    except OnvifAuthError as error:
        raise StreamsUnknownError(
            f"The camera at {host} does not take this user name and password. Type those of an account that may watch; "
            "some cameras have accounts for ONVIF of their own, and some want them switched on first."
            if user
            else f"The camera at {host} wants a user name and a password: type them."
        ) from error
    except (TimeoutError, OnvifTimeoutError) as error:
        raise StreamsUnknownError(
            f"The camera at {host} did not answer in time. Try again, or type its address instead."
        ) from error
    except OnvifTransportError as error:
        unreachable = f"The camera at {host} cannot be reached any more: see whether it is still on, and search again."
        gone = isinstance(error.__cause__, httpx.NetworkError)
        raise StreamsUnknownError(unreachable if gone else unreadable) from error
    except Exception as error:
        # Libraries raise all sorts of things at what a hostile answer makes of them, and it is the camera's doing.
        raise StreamsUnknownError(unreadable) from error
    if not found:
        raise StreamsUnknownError(f"The camera at {host} says that it has no video stream: set one up in it first.")
    return tuple(sorted(found, key=lambda each: -each.width_px * each.height_px))


async def _streams(camera: AsyncOnvifClient, host: str, *, use_media2: bool) -> list[CameraStream]:
    service = "media2" if use_media2 else "media"
    answer = await camera.call(
        service=service, operation="GetProfiles", body_inner=envelopes.media_get_profiles(use_media2=use_media2)
    )
    found: dict[str, CameraStream] = {}
    for profile in _profiles(answer):
        try:
            said = await camera.call(
                service=service,
                operation="GetStreamUri",
                body_inner=envelopes.media_get_stream_uri(profile_token=profile.token, use_media2=use_media2),
            )
        except (OnvifAuthError, OnvifTransportError):
            raise
        except OnvifError:
            continue  # a profile that is set up but gives no stream is no stream
        address = _on_host(parse_stream_uri(said), host)
        if address is not None:
            found.setdefault(address, profile.stream(address))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Profile:
    token: str
    name: str
    codec: str
    width_px: int
    height_px: int
    frames_per_s: float

    def stream(self, address: str) -> CameraStream:
        return CameraStream(self.name, address, self.codec, self.width_px, self.height_px, self.frames_per_s)


def _profiles(answer: str) -> list[_Profile]:
    """The first profiles that have video. Only the places where the schema has them are looked at, so that a document
    of any depth is read in one pass."""
    root = parse_xml(answer)
    response = None if root is None else find_local(root, "GetProfilesResponse")
    if response is None:
        raise ValueError("This answers no question for profiles.")
    profiles = []
    for each in response:
        if each.tag.rpartition("}")[2] != "Profiles":
            continue
        held = child_local(each, "Configurations")
        encoder = child_local(each, "VideoEncoderConfiguration") if held is None else child_local(held, "VideoEncoder")
        if encoder is not None:
            profiles.append(_profile(each, encoder))
        if len(profiles) == MOST_STREAMS:
            break
    return profiles


def _profile(profile: Element, encoder: Element) -> _Profile:
    size, rate = child_local(encoder, "Resolution"), child_local(encoder, "RateControl")
    return _Profile(
        token=profile.attrib.get("token", ""),
        name=shown(child_text(profile, "Name")),
        codec=shown(child_text(encoder, "Encoding")),
        width_px=int(_number(size, "Width")),
        height_px=int(_number(size, "Height")),
        frames_per_s=_number(rate, "FrameRateLimit"),
    )


def _number(parent: Element | None, name: str) -> float:
    try:
        value = float(child_text(parent, name)) if parent is not None else 0.0
    except ValueError:
        return 0.0
    return value if 0 <= value <= _LARGEST_NUMBER else 0.0


def _host(address: str) -> str:
    """The host of a device service. Raises StreamsUnknownError for what is no address of one."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        usable = None
    if not usable or not parts.hostname:
        raise StreamsUnknownError("This is not the address of an ONVIF camera: search again, and choose one.")
    return parts.hostname


def _on_host(said: str, host: str) -> str | None:
    """A stream's address at the camera itself, without any login in it: cameras behind another address name the one
    they know, and a login must reach nobody but the camera it was typed for. None for what is no RTSP."""
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in ("rtsp", "rtsps") or not _PATH.fullmatch(path):
        return None
    address = f"{parts.scheme}://{host}" + (f":{port}" if port else "") + path
    return address if len(address) <= LONGEST_ADDRESS else None


def _web() -> httpx.AsyncClient:
    # Cameras sign their own certificates, and what is sent would be safe to send in the clear.
    return httpx.AsyncClient(
        timeout=_ANSWER_WITHIN_S,
        verify=False,  # noqa: S501
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_refuse_compressed]},
    )


async def _refuse_compressed(response: httpx.Response) -> None:
    """It was not asked for, and a small answer could unpack to any size."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ValueError("The answer is compressed.")
