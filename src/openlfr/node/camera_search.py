"""How a node looks for cameras: ONVIF in its own networks, and one camera's streams with the login that was typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import structlog

from openlfr.capture.onvif_discovery import GROUP, Interface, NoNetworkError, find_cameras, own_interfaces
from openlfr.capture.onvif_streams import StreamsUnknownError, streams_of
from openlfr.link.messages import CameraLogin, FoundCamera, FoundStream

LISTEN_S: Final = 4.0
"""Cameras wait up to half a second before they answer (WS-Discovery, APP_MAX_DELAY), and slow ones longer."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraSearch:
    """The `Search` of a node: of the networks it is in when it is asked."""

    interfaces: Callable[[], Sequence[Interface]] = own_interfaces
    group: tuple[str, int] = GROUP
    listen_s: float = LISTEN_S
    new_id: Callable[[], UUID] = uuid4

    async def __call__(self, camera: CameraLogin | None, found: Callable[[FoundCamera], None]) -> str:
        return await (self._look(found) if camera is None else _ask(camera, found))

    async def _look(self, found: Callable[[FoundCamera], None]) -> str:
        interfaces = self.interfaces()
        try:
            cameras = await find_cameras(interfaces, self.listen_s, self.new_id, self.group)
        except NoNetworkError as error:
            return str(error)
        for each in cameras:
            found(FoundCamera(each.address, each.name, each.model))
        log.info("searched for cameras", interfaces=len(interfaces), cameras=len(cameras))
        return ""


async def _ask(camera: CameraLogin, found: Callable[[FoundCamera], None]) -> str:
    try:
        streams = await streams_of(camera.address, camera.user, camera.password)
    except StreamsUnknownError as error:
        return str(error)
    said = tuple(
        FoundStream(each.name, each.address, each.codec, each.width_px, each.height_px, each.frames_per_s)
        for each in streams
    )
    found(FoundCamera(camera.address, "", "", said))
    log.info("asked a camera for its streams", streams=len(said))
    return ""
