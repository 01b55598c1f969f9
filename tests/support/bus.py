"""What tests on a real bus share: a bus with keys, a clock that can be set ahead, and waiting without a fixed time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openlfr.capture.clock import SystemClock
from openlfr.link.bus import ANY_FREE_PORT, BusServer, BusSettings, BusUser, hub_user
from openlfr.link.connection import Connection, bus_key, connect, hub_inbox
from openlfr.link.tls import Authority, client_context
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.direction import Direction
from openlfr.policy.identifiers import (
    AlertId,
    CameraId,
    DeploymentId,
    EntryId,
    HubId,
    NodeId,
    PersonReference,
    PlanId,
)
from openlfr.policy.raised_alert import CandidatePicture, FacePlace, ListedPerson, ProbePicture, RaisedAlert
from openlfr.policy.watchlist import Category

HOST = "127.0.0.1"
NODE = NodeId("0196c000-0000-7000-8000-0000000000a1")
AUTHORITY = Authority.of(b"\x04" * 32, HubId("hub-1"))
HUB_SEED = b"\x03" * 32
NODE_SEED = b"\x0b" * 32


class AheadClock(SystemClock):
    """The machine's clocks, set ahead as a test says: six hours pass in a moment. What waits, waits in real time."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._ahead += by

    def monotonic_s(self) -> float:
        with self._lock:
            return super().monotonic_s() + self._ahead.total_seconds()

    def utc(self) -> datetime:
        with self._lock:
            return super().utc() + self._ahead


async def until(condition: Callable[[], object], *, at_most_s: float = 120.0) -> None:
    """Wait for something that another task or process does; fails the test when it does not come about."""
    try:
        async with asyncio.timeout(at_most_s):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError("what the test waits for did not happen") from None


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run an asynchronous test to its end."""

    async def bounded() -> None:
        async with asyncio.timeout(500):
            await test()

    asyncio.run(bounded())


def settings(folder: Path, *users: BusUser, port: int = ANY_FREE_PORT) -> BusSettings:
    """A hub's bus: with TLS, on loopback, for the hub itself and these users."""
    folder.mkdir(parents=True, exist_ok=True)
    files = AUTHORITY.issue([HOST], datetime.now(UTC)).written(folder)
    everybody = (hub_user(bus_key(HUB_SEED)), *users)
    return BusSettings(folder / "bus", HOST, port, files, everybody, 1 << 28, "hub")


@dataclass
class RunningBus:
    """A bus, and the hub's own connection to it."""

    server: BusServer
    hub: Connection


@asynccontextmanager
async def running_bus(folder: Path, *users: BusUser) -> AsyncIterator[RunningBus]:
    server = BusServer(settings(folder, *users))
    await server.start()
    hub = await connect([server.url], HUB_SEED, client_context(AUTHORITY.pem), "hub", inbox=hub_inbox())
    try:
        assert await hub.wait_connected(20), hub.why_not
        yield RunningBus(server, hub)
    finally:
        await hub.close()
        await server.stop()


def raised_alert(number: int = 1, node: NodeId = NODE) -> RaisedAlert:
    """An alert in which everything stands that can."""
    return RaisedAlert(
        alert=AlertId(f"0196c000-0000-7000-8000-{number:012}"),
        deployment=DeploymentId("0196c000-0000-7000-8000-000000000001"),
        plan=PlanId("0196c000-0000-7000-8000-0000000000b1"),
        node=node,
        camera=CameraId("0196c000-0000-7000-8000-0000000000c1"),
        captured_at=datetime(2026, 5, 11, 15, 0, tzinfo=UTC),
        score=0.71,
        second_score=0.66,
        threshold=0.64,
        setup=MatchingSetup("sface", "f32", "mean-1"),
        watchlist_hash="ab" * 32,
        shots=3,
        quality=81.5,
        direction=Direction.AWAY_RIGHT,
        probes=(ProbePicture(datetime(2026, 5, 11, 15, 0, tzinfo=UTC), 81.5, FacePlace(0.5, 0.48, 0.4)),),
        candidates=(CandidatePicture(date(2025, 2, 3), 77.0, FacePlace(0.5, 0.5, 0.55)),),
        person=ListedPerson(
            entry=EntryId("0196c000-0000-7000-8000-0000000000e1"),
            person=PersonReference("N/12345"),
            name="Zbigniew Quibbleworth",
            categories=(Category.WANTED_BY_COURTS,),
            offence="Burglary",
            reason="Failed to appear on 3 March 2026.",
            warning_markers=("may be armed",),
            look_alikes=("a brother",),
            picture_taken_on=date(2025, 2, 3),
            under_18=False,
            vulnerable=False,
            blue_list=False,
        ),
    )
