"""How soon consoles hear, and how much they may ask: `python -m benchmarks.events [--listeners 200]`.

Prints tables for RESULTS.md. The hub is a process of its own, with its usual intervals, on a database that waits for
the disk; the listeners, or the console that reads, are another, and the one that writes what happens a third: they
share nothing but the cores.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final, cast

import uvicorn
from benchmarks.report import heading, table
from tests.support.database import (
    PASSPHRASE,
    DatabaseSource,
    HandClock,
    SqliteSource,
    new_hub_records,
    running_postgres,
)
from tests.support.deployment_values import START
from tests.support.staffed_hub import StaffedHub, staffed_from_records

from openlfr.hub.app import create_app
from openlfr.hub.fleet import Fleet
from openlfr.hub.jobs import Jobs
from openlfr.hub.metrics import CountedRequests
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.services import services_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.hub.telling import telling_of
from openlfr.hub.tip import AuditTip
from openlfr.link.connection import Connection
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.account_tables import SignInMethod
from openlfr.records.changes import newest_change
from openlfr.records.hub_records import HubRecords, open_hub_records
from openlfr.records.nodes import Nodes
from openlfr.records.presence import check_in
from openlfr.records.sign_in_sessions import Sessions

SETTINGS: Final = HubSettings(address="http://127.0.0.1", requests_a_minute=10_000_000)
CHANGES: Final = 60
ALERTS: Final = 20
NODES: Final = 6
READERS: Final = 8
READING_S: Final = 5.0
PIN: Final = bytes(32)
_LONGEST_WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records are."""

    url: str
    vault: Path


def still_clock() -> datetime:
    """The moment at which the deployment went live: sessions must not lock while we measure."""
    return START


def serve(place: Place, port: Pipe) -> None:
    """The hub's process; sends the port it listens on."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # a line of log for each request would drown the tables
    records = open_hub_records(place.url, place.vault, PASSPHRASE, still_clock)
    asyncio.run(_serve(records, port))


async def _serve(records: HubRecords, port: Pipe) -> None:
    services, tip = services_of(records), AuditTip(records.database)

    async def admit(_members: object) -> None:
        """Nodes come to no bus here."""

    nodes = Nodes(records, PIN)
    # Never run: the list of nodes asks it only what they said last, which is nothing.
    fleet = Fleet(services, nodes, cast(Connection, None), tip, admit)
    telling = telling_of(services, SETTINGS, tip, fleet, Jobs((), records.clock))
    app = create_app(services, SETTINGS, parts=(fleet, nodes, *telling.parts))
    config = uvicorn.Config(
        CountedRequests(app, telling.metrics), host="127.0.0.1", port=0, lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    tasks = [asyncio.create_task(each) for each in (tip.run(), telling.run(), server.serve())]
    while not server.started:
        await asyncio.sleep(0.02)
    port.send(server.servers[0].sockets[0].getsockname()[1])
    await asyncio.gather(*tasks)


@dataclass(frozen=True, slots=True)
class Read:
    """Something a console reads, and the cookie of who may."""

    what: str
    path: str
    cookie: str


def consoles(port: int, cookie: str, listeners: int, reads: Sequence[Read], pipe: Pipe) -> None:
    """The consoles' process: says when all of them listen, then when each of them heard what, then how long each read
    took."""
    pipe.send(asyncio.run(_heard(port, cookie, listeners, pipe)))
    pipe.send({each.what: asyncio.run(_took(port, each)) for each in reads})


async def _heard(port: int, cookie: str, listeners: int, pipe: Pipe) -> Mapping[int, Sequence[float]]:
    heard: dict[int, list[float]] = {}
    ready = asyncio.Semaphore(0)

    async def listen() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("/events", cookie))
        numbers = 0
        while numbers < CHANGES:
            line = await reader.readline()
            if line.startswith(b"id: "):
                heard.setdefault(int(line[4:]), []).append(time.monotonic())
                numbers += 1
            elif line == b"event: fleet\n":
                ready.release()
        writer.close()

    listening = [asyncio.create_task(listen()) for _ in range(listeners)]
    for _ in listening:
        await ready.acquire()
    pipe.send("ready")
    await asyncio.gather(*listening)
    return heard


async def _took(port: int, wanted: Read) -> Sequence[float]:
    took: list[float] = []

    async def read(until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.monotonic()) < until:
            writer.write(request(wanted.path, wanted.cookie))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = next(each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            took.append(time.monotonic() - began)
        writer.close()

    until = time.monotonic() + READING_S
    await asyncio.gather(*(read(until) for _ in range(READERS)))
    return took


def request(path: str, cookie: str) -> bytes:
    lines = (f"GET {PREFIX}{path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {COOKIE}={cookie}", "", "")
    return "\r\n".join(lines).encode()


def write_changes(hub: StaffedHub, deployment: DeploymentId) -> Mapping[int, float]:
    """Check in again and again, a little apart; when each was committed, by the number of its event."""
    committed = {}
    chance = random.Random(7)
    for _ in range(CHANGES):
        time.sleep(chance.uniform(0.1, 0.4))
        assert not isinstance(check_in(hub.records, hub.operator, deployment, "console 1"), Refusal)
        done = time.monotonic()
        with hub.records.database.reading() as session:
            committed[newest_change(session)] = done
    return committed


def measured(source: DatabaseSource, folder: Path, listeners: int) -> tuple[list[float], dict[str, list[float]]]:
    """The delays from commit to each listener, and how long each read of a console took; all in seconds."""
    place = Place(source.fresh(), folder / f"vault-{source.name}")
    clock = HandClock()
    records = new_hub_records(place.url, place.vault, clock)
    hub = staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))
    deployment = hub.live()
    for _ in range(ALERTS):
        hub.alerted(deployment)
    for number in range(NODES):
        assert not isinstance(Nodes(records, PIN).invite(hub.administrator, f"Van {number}", "console 1"), Refusal)
    with records.database.writing() as session:
        sessions = Sessions(records, SETTINGS.idle_lock, SETTINGS.session_end)
        cookies = {
            who.staff: sessions.start(session, who.staff, SignInMethod.PASSKEY, "console 1", instead_of="")
            for who in (hub.operator, hub.administrator)
        }
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    server = spawning.Process(target=serve, args=(place, theirs), daemon=True)
    server.start()
    port = received(ours)
    seeing = cookies[hub.operator.staff]
    wanted = (
        Read("the session", "/session", seeing),
        Read("how a deployment stands", f"/deployments/{deployment}/summary", seeing),
        Read("a deployment, with the look in the log", f"/deployments/{deployment}", seeing),
        Read(f"{ALERTS} open alerts", f"/deployments/{deployment}/alerts/open", seeing),
        Read(f"{NODES} nodes", "/nodes", cookies[hub.administrator.staff]),
    )
    people = spawning.Process(target=consoles, args=(port, seeing, listeners, wanted, theirs), daemon=True)
    people.start()
    assert received(ours) == "ready"
    committed = write_changes(hub, deployment)
    heard: Mapping[int, Sequence[float]] = received(ours)
    assert {number: len(times) for number, times in heard.items()} == dict.fromkeys(committed, listeners)
    delays = [each - committed[number] for number, times in heard.items() for each in times]
    reads: dict[str, list[float]] = received(ours)
    people.join()
    server.terminate()
    server.join()
    records.close()
    return delays, reads


def received(pipe: Pipe) -> Any:
    """What another process sends. Raises TimeoutError when it sends nothing: it has ended with an error of its own."""
    if not pipe.poll(_LONGEST_WAIT_S):
        raise TimeoutError("A process of the benchmark does not answer.")
    return pipe.recv()


def milliseconds(times: Sequence[float]) -> tuple[str, str, str]:
    """p50, p95 and the longest."""
    steps = statistics.quantiles(times, n=100)
    return f"{steps[49] * 1000:.1f}", f"{steps[94] * 1000:.1f}", f"{max(times) * 1000:.1f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--listeners", type=int, default=200)
    listeners = arguments.parse_args().listeners
    heard, read_rows = [], []
    with tempfile.TemporaryDirectory() as folder, running_postgres(durable=True) as postgres:
        for source in (SqliteSource(Path(folder)), postgres):
            delays, reads = measured(source, Path(folder), listeners)
            heard.append((source.name, len(delays), *milliseconds(delays)))
            for what, times in reads.items():
                read_rows.append((f"{what}, {source.name}", f"{len(times) / READING_S:.0f}", *milliseconds(times)))
    print(
        heading(
            f"Events at {listeners} listeners",
            f"{CHANGES} changes 0.1 to 0.4 s apart, written by another process than the hub's; milliseconds from the "
            "return of the commit to the line with the event's number at each listener. The hub looks at the log "
            "every 200 ms.",
        )
    )
    print(table(("database", "deliveries", "p50", "p95", "longest"), heard))
    print(heading("What a console reads", f"{READERS} connections that ask again and again for {READING_S:.0f} s; ms."))
    print(table(("read", "a second", "p50", "p95", "longest"), read_rows))


if __name__ == "__main__":
    main()
