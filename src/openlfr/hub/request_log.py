"""One line for each request: which route, what came of it, how long it took. Nothing of what was asked or answered."""

from time import monotonic
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CUT_OFF: Final = 0

log = structlog.get_logger(__name__)


class RequestLog:
    """Writes the line. Routes are named by their pattern: identifiers, queries, bodies and cookies stay out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = monotonic(), _CUT_OFF

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            took_ms = round((monotonic() - began) * 1000)
            log.info("request", method=scope["method"], route=_pattern(scope), status=status, took_ms=took_ms)


def _pattern(scope: Scope) -> str:
    pattern = getattr(scope.get("route"), "path", None)
    return pattern if isinstance(pattern, str) else "none"
