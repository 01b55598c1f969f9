"""Pictures of a camera for somebody who looks: blurred at the node, newest only, in memory only, while they look.

Each request is answered with the next picture that comes, so an <img> that asks anew whenever it has one shows what the
network can carry, and signing out or locking the screen ends it with the next request.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from openlfr.link.messages import PreviewWanted
from openlfr.policy.identifiers import CameraId, NodeId

LOOK: Final = timedelta(seconds=10)
"""How long a node goes on sending after the last request for a picture."""
SAME_LOOK: Final = timedelta(minutes=5)
"""Somebody who looks again within this time is still at the look that is in the audit log."""
PICTURE_WITHIN_S: Final = 5.0
LARGEST_PICTURE_BYTES: Final = 1 << 20
_JPEG: Final = b"\xff\xd8"


@dataclass(slots=True)
class _Looked:
    node: NodeId
    until: datetime
    coming: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Previews:
    """Who looks through which camera, and the pictures on their way to them. For one event loop."""

    def __init__(self, clock: Callable[[], datetime], nudge: Callable[[NodeId], None]) -> None:
        """`nudge` has a node ask for orders at once."""
        self._clock = clock
        self._nudge = nudge
        self._looked: dict[CameraId, _Looked] = {}
        self._looks: dict[tuple[str, CameraId], tuple[NodeId, datetime]] = {}

    def at_look(self, looker: str, camera: CameraId) -> NodeId | None:
        """The node of a camera that `looker`, a session, began to look through lately: that look is logged already."""
        look = self._looks.get((looker, camera))
        return look[0] if look is not None and self._clock() - look[1] < SAME_LOOK else None

    def begun(self, looker: str, camera: CameraId, node: NodeId) -> None:
        """Note a look that was just put into the audit log."""
        now = self._clock()
        self._looks = {key: look for key, look in self._looks.items() if now - look[1] < SAME_LOOK}
        self._looks[looker, camera] = (node, now)

    async def next_picture(self, node: NodeId, camera: CameraId) -> bytes | None:
        """The next picture of a camera, as JPEG; None when none comes in time."""
        until = self._clock() + LOOK
        looked = self._looked.get(camera)
        if looked is None or looked.node != node:
            looked = self._looked[camera] = _Looked(node, until)
            self._nudge(node)
        looked.until = until
        try:
            return await asyncio.wait_for(asyncio.shield(looked.coming), PICTURE_WITHIN_S)
        except TimeoutError:
            return None

    def came(self, node: NodeId, camera: CameraId, picture: bytes) -> None:
        """Pass a picture on to everybody who waits for it, if anybody does; it is kept nowhere."""
        looked = self._looked.get(camera)
        if looked is None or looked.node != node:
            return
        if not picture.startswith(_JPEG) or len(picture) > LARGEST_PICTURE_BYTES:
            return
        coming, looked.coming = looked.coming, asyncio.get_running_loop().create_future()
        coming.set_result(picture)

    def wanted_of(self, node: NodeId) -> tuple[PreviewWanted, ...]:
        """What a node is told: which of its cameras somebody looks through, and until when at least."""
        now = self._clock()
        self._looked = {camera: each for camera, each in self._looked.items() if each.until > now}
        return tuple(
            PreviewWanted(camera, each.until) for camera, each in sorted(self._looked.items()) if each.node == node
        )
