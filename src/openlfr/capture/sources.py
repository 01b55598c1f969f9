"""From what a user types to a source."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from openlfr.capture.address import NETWORK_SCHEMES, AddressError, CameraAddress
from openlfr.capture.looped import Looped
from openlfr.capture.picture_files import PictureFiles, picture_folder
from openlfr.capture.pictures import PICTURE_SUFFIXES
from openlfr.capture.source import Source, UnusableSourceError
from openlfr.capture.video import DecodeOptions, NetworkCamera, UsbCamera, VideoFile

_DEVICE = re.compile(r"^(?:/dev/video)?([0-9]{1,3})$", re.ASCII)
_TRANSPORTS = ("tcp", "udp")


def open_source(
    spec: str,
    *,
    environment: Mapping[str, str] | None = None,
    loop: bool = False,
    decode: DecodeOptions | None = None,
) -> Source:
    """The source that `spec` names; nothing is connected to yet.

    An address (rtsp, rtsps, http, https), a USB camera (`0` or `/dev/video0`), a video file or GIF, a picture, or a
    folder of pictures. `environment` (the process's own unless given) fills ``${NAME}`` in an address's credentials;
    `loop` starts a recording again at its end. Raises UnusableSourceError with one sentence for the user.
    """
    decode = decode or DecodeOptions()
    if "://" in spec:
        return _network_camera(spec, os.environ if environment is None else environment, decode)
    if device := _DEVICE.match(spec):
        return UsbCamera(Path(f"/dev/video{device.group(1)}"), decode=decode)
    source = _from_disk(Path(spec), decode)
    return Looped(source) if loop else source


def _network_camera(spec: str, environment: Mapping[str, str], decode: DecodeOptions) -> NetworkCamera:
    try:
        address = CameraAddress.parse(spec, environment)
    except AddressError as error:
        raise UnusableSourceError(str(error)) from None
    if address.scheme not in NETWORK_SCHEMES:
        raise UnusableSourceError(
            f"Addresses that begin with {address.scheme}:// are not supported: use {', '.join(NETWORK_SCHEMES)}."
        )
    transport: str | None = None
    if address.scheme.startswith("rtsp"):
        fields = parse_qsl(address.query, keep_blank_values=True)
        wanted = [value for name, value in fields if name == "transport"]
        if wanted:
            transport = wanted[-1].lower()
            if transport not in _TRANSPORTS:
                raise UnusableSourceError("The transport of an RTSP camera is tcp or udp: write ?transport=udp.")
            rest = urlencode([(name, value) for name, value in fields if name != "transport"])
            address = CameraAddress(
                address.scheme, address.host, address.path, rest, address.username, address.password
            )
    return NetworkCamera(address, transport=transport, decode=decode)


def _from_disk(path: Path, decode: DecodeOptions) -> Source:
    try:
        if path.is_dir():
            return picture_folder(path)
        if not path.exists():
            raise UnusableSourceError(f"There is no file, folder or camera called {path}: check the name.")
    except OSError as error:
        raise UnusableSourceError(f"{path} can't be read ({error.strerror}): check the name and the rights.") from None
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES and suffix != ".gif":  # a GIF by itself is a recording
        return PictureFiles(str(path), [path])
    return VideoFile(path, decode=decode)
