"""Server-sent events on the wire: a heartbeat for whatever stands between, and an end for who does not read."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

import structlog
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

from openlfr.hub.problems import too_many

HEARTBEAT_S: Final = 15
SLOWEST_SEND_S: Final = 15.0
"""Longer than this nobody may take to make room for what is sent: the connection is cut, and can be made anew."""
_RETRY_S: Final = 10

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


class OpenStreams:
    """The streams of each caller: nobody takes the places of all. For one event loop."""

    def __init__(self, most_of_one: int) -> None:
        self._most_of_one = most_of_one
        self._open: Counter[str] = Counter()

    def one_of(self, whose: str, events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The same events, counted as a stream of this caller while they go on. Raises ProblemError for too many."""
        if self._open[whose] >= self._most_of_one:
            raise too_many(f"You listen in {self._most_of_one} places already, which is the most: close one.", _RETRY_S)
        return self._counted(whose, events)

    async def _counted(self, whose: str, events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        self._open[whose] += 1
        try:
            async with aclosing(events):
                async for each in events:
                    yield each
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]
