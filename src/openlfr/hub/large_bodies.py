"""Routes that take large bodies, which lie in memory: whoever sends one is signed in, and few do so at once.

The framework reads a body whole before it asks anything else: without this, anybody could fill the hub's memory.
"""

import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from openlfr.hub.parts import part
from openlfr.hub.problems import ProblemError
from openlfr.hub.signed_in import caller_of
from openlfr.policy.identifiers import StaffId

MOST_AT_ONCE: Final = 4
_RETRY_S: Final = 30


class BodiesUnderWay:
    """The large bodies that are being received now. Thread-safe."""

    def __init__(self) -> None:
        self._senders: set[StaffId] = set()
        self._guard = threading.Lock()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._senders)

    @contextmanager
    def one_of(self, sender: StaffId) -> Iterator[None]:
        """Receive one: at most one of each person, and `MOST_AT_ONCE` in all. Raises ProblemError."""
        with self._guard:
            if sender in self._senders or len(self._senders) >= MOST_AT_ONCE:
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "uploads_under_way",
                    "An upload of yours, or as many as the hub takes at once, are arriving: wait, then send it again.",
                    headers={"Retry-After": str(_RETRY_S)},
                )
            self._senders.add(sender)
        try:
            yield
        finally:
            with self._guard:
                self._senders.discard(sender)


class LargeBody(APIRoute):
    """A route whose POST asks who is signed in before anything of the body is read. `APIRouter(route_class=LargeBody)`
    is all that a router needs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework, behind that question."""
        handle = super().get_route_handler()

        async def in_turn(request: Request) -> Response:
            if request.method != "POST":
                return await handle(request)
            caller = await run_in_threadpool(caller_of, request)
            with part(BodiesUnderWay)(request).one_of(caller.staff):
                return await handle(request)

        return in_turn
