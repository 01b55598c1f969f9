"""Searches for cameras that the hub asked its node for: begun once each, given up when nobody wants them any more."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from openlfr.link.messages import (
    LONGEST_FOUND_TEXT,
    MOST_FOUND_CAMERAS,
    CameraLogin,
    FoundCamera,
    SearchFound,
    SearchWanted,
)
from openlfr.link.signed_messages import open_login
from openlfr.policy.identifiers import NodeId
from openlfr.sealing.errors import SealBrokenError
from openlfr.sealing.exchange import ExchangeKey

MOST_SEARCHES: Final = 2
"""At the same time; what else is asked for waits its turn."""

Search = Callable[[CameraLogin | None, Callable[[FoundCamera], None]], Awaitable[str]]
"""Looks through the node's network, or asks the one camera that it is given for its streams. Calls its second argument,
in the event loop, with each camera as it is found; a camera with an address that was told before replaces that one.
Returns why it could not look, in a sentence, or "". Cancelled when its time is over."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Begun:
    until: datetime
    task: asyncio.Task[str]
    found: dict[str, FoundCamera]
    finding: SearchFound | None = None
    """Said last, once there is no more to come."""


class Searching:
    """Belongs to one event loop."""

    def __init__(self, node: NodeId, key: ExchangeKey, search: Search) -> None:
        """`key` opens what is sealed to this node."""
        self._node = node
        self._key = key
        self._search = search
        self._begun: dict[str, _Begun] = {}

    @property
    def findings(self) -> tuple[SearchFound, ...]:
        """What every search that is still wanted has found by now, whole."""
        return tuple(
            each.finding or SearchFound(self._node, search, tuple(each.found.values()))
            for search, each in self._begun.items()
        )

    def keep_to(self, wanted: Sequence[SearchWanted], now: datetime) -> None:
        """Begin what is newly wanted, finish what is out of time, and forget what is wanted no more."""
        known = {each.search: each for each in wanted}
        for search in self._begun.keys() - known.keys():
            self._begun.pop(search).task.cancel()
        for search, each in self._begun.items():
            if each.finding is None and (each.task.done() or now >= each.until):
                each.finding = self._finished(search, each)
        running = sum(each.finding is None for each in self._begun.values())
        for search, each_wanted in known.items():
            if search not in self._begun and running < MOST_SEARCHES:
                self._begun[search] = self._start(each_wanted)
                running += 1

    async def close(self) -> None:
        """Give everything up: the program ends."""
        tasks = [each.task for each in self._begun.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._begun.clear()

    def _start(self, wanted: SearchWanted) -> _Begun:
        found: dict[str, FoundCamera] = {}

        def take(camera: FoundCamera) -> None:
            if camera.address in found or len(found) < MOST_FOUND_CAMERAS:
                found[camera.address] = camera

        return _Begun(wanted.until, asyncio.create_task(self._looked(wanted.camera, take)), found)

    async def _looked(self, camera: str, take: Callable[[FoundCamera], None]) -> str:
        try:
            login = open_login(camera, self._key) if camera else None
        except SealBrokenError as error:
            return str(error)
        return await self._search(login, take)

    def _finished(self, search: str, begun: _Begun) -> SearchFound:
        problem = ""
        if not begun.task.done():
            begun.task.cancel()
        elif (error := begun.task.exception()) is not None:
            log.error("a search for cameras broke", error=type(error).__name__)
            problem = f"The search failed unexpectedly ({type(error).__name__})."
        else:
            problem = begun.task.result()[:LONGEST_FOUND_TEXT]
        return SearchFound(self._node, search, tuple(begun.found.values()), problem, done=True)
