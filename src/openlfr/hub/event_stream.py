"""Server-sent events on the wire: a heartbeat for whatever stands between, and an end for who does not read."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

HEARTBEAT_S: Final = 15
SLOWEST_SEND_S: Final = 15.0
"""Longer than this nobody may take to make room for what is sent: the connection is cut, and can be made anew."""

STREAMED: Final[dict[int | str, dict[str, object]]] = {
    200: {"description": "A stream without end.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
"""The `responses` of a route that answers so."""

log = structlog.get_logger(__name__)


class EventStream(EventSourceResponse):
    """Sends events that are encoded already, until they end or the listener does not read."""

    def __init__(
        self,
        events: AsyncIterator[bytes],
        on_cut: Callable[[], None] = lambda: None,
        slowest_send_s: float = SLOWEST_SEND_S,
    ) -> None:
        super().__init__(events, ping=HEARTBEAT_S, sep="\n", send_timeout=slowest_send_s)
        self._on_cut = on_cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. The server closes the connection of a listener that was cut."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            self._on_cut()
            log.info("listener_cut", path=scope["path"])
