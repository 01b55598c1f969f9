"""Video through libav: network cameras, USB cameras, files and animated GIFs."""

import contextlib
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container.input import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from openlfr.capture.address import CameraAddress
from openlfr.capture.images import VideoFrameImage
from openlfr.capture.lag import LagWatch
from openlfr.capture.source import (
    Connection,
    Dropped,
    DropReason,
    LostSourceError,
    Picture,
    RefusedSourceError,
    SourceError,
    Timing,
    UnusableSourceError,
)

# A camera that says nothing for this long, while connecting or afterwards, is taken for lost. The wait for the stream's
# first pictures has the same limit again.
OPEN_TIMEOUT_S = 4.0
READ_TIMEOUT_S = 4.0

_RTSP_SCHEMES = ("rtsp", "rtsps")

# Enough to learn the format of a camera's stream; libav's own defaults (5 s, 5 MB) are meant for files. Never
# fflags=nobuffer: it throws away the first key frame, and with it up to a whole group of pictures.
_RTSP_PROBE = {"analyzeduration": "200000", "probesize": "50000"}
_HTTP_PROBE = {"analyzeduration": "1000000"}
# What a stream or a file may make libav open in turn: a playlist must not read files, nor a file the network.
_HTTP_PROTOCOLS = "http,https,httpproxy,tcp,tls,crypto,data"
_FILE_PROTOCOLS = "file,crypto,data"

# Without a time stamp a frame is taken to follow the one before it at this rate.
_ASSUMED_FRAMES_PER_S = 25.0

_NOT_VIDEO = "holds no video that can be read"


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How a stream is decoded.

    `without_loop_filter` leaves H.264's deblocking out: measured a fifth cheaper, but errors grow until the next key
    frame, so it is only for machines that can't keep up otherwise.
    """

    without_loop_filter: bool = False


class NetworkCamera:
    """A camera reached by an address: RTSP(S), or MJPEG and HLS over HTTP(S).

    RTSP asks for TCP first and takes UDP if the camera insists; `?transport=udp` or `?transport=tcp` at the end of the
    address decides it, and is not sent to the camera.
    """

    timing = Timing.LIVE

    def __init__(self, address: CameraAddress, *, transport: str | None = None, decode: DecodeOptions) -> None:
        self._address = address
        self._decode = decode
        if address.scheme in _RTSP_SCHEMES:
            how = {"rtsp_flags": "prefer_tcp"} if transport is None else {"rtsp_transport": transport}
            self._options = {**_RTSP_PROBE, **how, "allowed_media_types": "video"}
        else:
            self._options = {**_HTTP_PROBE, "protocol_whitelist": _HTTP_PROTOCOLS}

    @property
    def description(self) -> str:
        return str(self._address)

    def open(self) -> Connection:
        return _open(
            self._address.secret_url(),
            f"The camera {self._address}",
            options=self._options,
            # MJPEG over HTTP carries no times, and HLS comes a segment at a time.
            has_camera_clock=self._address.scheme in _RTSP_SCHEMES,
            decode=self._decode,
            timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S),
        )


class UsbCamera:
    """A camera at a video device of this machine, such as /dev/video0, through Video4Linux."""

    timing = Timing.LIVE

    def __init__(self, device: Path, *, decode: DecodeOptions) -> None:
        self._device = device
        self._decode = decode

    @property
    def description(self) -> str:
        return str(self._device)

    def open(self) -> Connection:
        if not self._device.exists():
            found = ", ".join(str(device) for device in usb_devices()) or "none"
            raise UnusableSourceError(
                f"There is no camera at {self._device} (found: {found}): plug it in or name another one."
            )
        try:
            # Most cameras give more than 640 x 480 at full rate only as MJPEG.
            return self._opened({"input_format": "mjpeg", "video_size": "1280x720"})
        except SourceError:
            return self._opened({})

    def _opened(self, wishes: dict[str, str]) -> Connection:
        return _open(
            str(self._device),
            f"The camera {self._device}",
            container_format="v4l2",
            has_camera_clock=True,
            options=wishes,
            decode=self._decode,
            timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S),
        )


def usb_devices() -> list[Path]:
    """The video devices of this machine, in order. Some are a camera's second, pictureless device."""
    return sorted(Path("/dev").glob("video[0-9]*"), key=lambda device: int(device.name[len("video") :]))


class VideoFile:
    """A recording or an animated GIF."""

    timing = Timing.RECORDED

    def __init__(self, path: Path, *, decode: DecodeOptions) -> None:
        self._path = path
        self._decode = decode

    @property
    def description(self) -> str:
        return str(self._path)

    def open(self) -> Connection:
        subject = f"The file {self._path}"
        try:
            options = {"protocol_whitelist": _FILE_PROTOCOLS}
            return _open(str(self._path), subject, options=options, decode=self._decode, timeout=(None, None))
        except LostSourceError:
            # A file does not get better by waiting.
            raise UnusableSourceError(
                f"{subject} {_NOT_VIDEO}: check that it is a video, a GIF or a picture."
            ) from None


def _open(
    url: str,
    subject: str,
    *,
    options: dict[str, str],
    decode: DecodeOptions,
    timeout: tuple[float | None, float | None],
    container_format: str | None = None,
    has_camera_clock: bool = False,
) -> "_LibavConnection":
    began_s = time.monotonic()
    try:
        container = av.open(url, format=container_format, options=options, timeout=timeout)
    except (av.FFmpegError, ValueError) as error:
        # `from None`: libav's own message holds the address, password and all.
        if timeout[0] is not None and time.monotonic() - began_s >= timeout[0]:
            # libav reports its own interruption as one of several errors, invalid data among them.
            raise LostSourceError(
                f"{subject} did not answer within {timeout[0]:g} s: check that it is reachable."
            ) from None
        raise _in_words(error, subject, opening=True) from None
    if not container.streams.video or container.streams.video[0].codec_context is None:
        container.close()
        raise UnusableSourceError(f"{subject} {_NOT_VIDEO}: check that it is the right one.")
    return _LibavConnection(container, subject, decode, silence_limit_s=timeout[1], has_camera_clock=has_camera_clock)


class _LibavConnection:
    """An opened container and the decoder of its first video stream.

    Every packet is accounted for: it became a picture, it was dropped for a reason, or the decoder still holds it.
    """

    def __init__(
        self,
        container: InputContainer,
        subject: str,
        decode: DecodeOptions,
        *,
        silence_limit_s: float | None,
        has_camera_clock: bool,
    ) -> None:
        self._container = container
        self._subject = subject
        self._silence_limit_s = silence_limit_s
        self._lag = LagWatch() if has_camera_clock else None
        self._stream: VideoStream = container.streams.video[0]
        self._codec = self._stream.codec_context
        # The cores are shared out among the cameras, a thread each; the decoder's own threads would only add delay.
        self._codec.thread_count = 1
        if decode.without_loop_filter:
            self._codec.options = {"skip_loop_filter": "all"}
        self._packets: Iterator[Packet[VideoStream]] = container.demux(self._stream)
        self._ready: deque[Picture | Dropped] = deque()
        self._in_decoder = 0
        self._thinning = False
        self._first_pts_s: float | None = None
        self._last_media_time_s: float | None = None
        self._ended = False

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        while not self._ready:
            if self._ended:
                return None
            self._read_packet()
        return self._ready.popleft()

    def thin(self, on: bool) -> None:
        """See Connection."""
        if on != self._thinning:
            self._thinning = on
            self._codec.skip_frame = "NONREF" if on else "DEFAULT"

    def close(self) -> None:
        """See Connection."""
        self._ready.clear()
        self._ended = True
        with contextlib.suppress(av.FFmpegError):
            self._container.close()

    def _read_packet(self) -> None:
        began_s = time.monotonic()
        try:
            packet = next(self._packets, None)
        except av.FFmpegError as error:
            raise _in_words(error, self._subject) from None
        if self._silence_limit_s is not None and time.monotonic() - began_s >= self._silence_limit_s:
            # libav's time limit struck, but what its parsers still held came out before the error.
            raise LostSourceError(f"{self._subject} sent nothing for {self._silence_limit_s:g} s.")
        if packet is None:
            self._ended = True
            return
        at_end = packet.size == 0
        if not at_end:
            if not self._is_worth_decoding(packet):
                self._ready.append(Dropped(DropReason.BEHIND))
                return
            self._in_decoder += 1
        try:
            frames = packet.decode()
        except av.FFmpegError:
            # One packet is damaged; the decoder finds its feet again with a later one.
            frames = []
            self._drop(DropReason.CORRUPT if self._first_pts_s is not None else DropReason.BEFORE_KEYFRAME, 1)
        for frame in frames:
            if frame.is_corrupt:
                self._drop(DropReason.CORRUPT, 1)
                continue
            self._in_decoder = max(0, self._in_decoder - 1)
            self._ready.append(Picture(VideoFrameImage(frame), self._media_time_s(frame.time)))
        self._account_for_missing(0 if at_end else self._codec.reorder_depth)

    def _is_worth_decoding(self, packet: "Packet[VideoStream]") -> bool:
        sent = packet.dts if packet.dts is not None else packet.pts
        if self._lag is None or sent is None:
            return True
        return self._lag.is_worth_decoding(
            media_time_s=float(sent * packet.time_base),
            arrived_s=time.monotonic(),
            is_key_frame=packet.is_keyframe,
        )

    def _media_time_s(self, pts_s: float | None) -> float:
        if pts_s is None:
            previous = self._last_media_time_s
            media_time_s = 0.0 if previous is None else previous + 1.0 / _ASSUMED_FRAMES_PER_S
            self._first_pts_s = self._first_pts_s or 0.0
        else:
            if self._first_pts_s is None:
                self._first_pts_s = pts_s
            media_time_s = pts_s - self._first_pts_s
        self._last_media_time_s = media_time_s
        return media_time_s

    def _account_for_missing(self, may_be_held: int) -> None:
        missing = self._in_decoder - may_be_held
        if missing <= 0:
            return
        if self._first_pts_s is None:
            self._drop(DropReason.BEFORE_KEYFRAME, missing)
        else:
            self._drop(DropReason.THINNED if self._thinning else DropReason.CORRUPT, missing)

    def _drop(self, reason: DropReason, count: int) -> None:
        self._in_decoder = max(0, self._in_decoder - count)
        self._ready.append(Dropped(reason, count))


_REFUSED = "refused the user name or password: check them and write them as in rtsp://USER:PASSWORD@HOST/"


def _in_words(error: Exception, subject: str, *, opening: bool = False) -> SourceError:
    """What a person should read of one of libav's errors, and whether trying again can help."""
    match error:
        case av.HTTPUnauthorizedError() | av.HTTPForbiddenError():
            return RefusedSourceError(f"{subject} {_REFUSED}.")
        case av.HTTPNotFoundError():
            return UnusableSourceError(f"{subject} has no stream at that path: look the path up in its manual.")
        case av.FileNotFoundError():
            return UnusableSourceError(f"{subject} does not exist: check the path.")
        case av.PermissionError():
            return UnusableSourceError(
                f"{subject} may not be read by this user: give it the right to (a USB camera: the group 'video')."
            )
        case av.ProtocolNotFoundError() | av.DemuxerNotFoundError() | av.DecoderNotFoundError():
            return UnusableSourceError(f"{subject} speaks a protocol or a format that is not supported.")
        case av.ConnectionRefusedError():
            return LostSourceError(f"{subject} refuses connections: check the port, and that it is switched on.")
        case av.ExitError() | av.TimeoutError():
            return LostSourceError(f"{subject} has stopped answering.")
        case av.InvalidDataError():
            return LostSourceError(f"{subject} sent something that is not video: check the address.")
        case av.FFmpegError():
            # strerror is libav's fixed text for the code, without the address that the exception's own text carries.
            why = (error.strerror or "unknown error").lower()
            if opening:
                return LostSourceError(f"{subject} could not be opened ({why}): check its address and its connection.")
            return LostSourceError(f"{subject} broke off ({why}).")
        case _:
            return LostSourceError(f"{subject} could not be read ({type(error).__name__}).")
