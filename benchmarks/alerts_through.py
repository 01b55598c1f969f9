"""Alerts through the whole system: `python -m benchmarks.alerts_through [--storm-s 60] [--listen-s 240] [--cluster]`.

With `--cluster`, only a storm through a bus of three servers, whose leader is killed in the middle. Otherwise prints
tables for RESULTS.md: a storm of sealed alerts at 50 a second from a node's outbox into the records; how long an alert
takes from a camera's picture to the event at a console that listens, with one and six cameras; and the memory of a hub
and a node that have nothing to do. Hub, node and bus are the programs that `openlfr` starts.
"""

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import httpx
import numpy as np
import psutil
from benchmarks.report import heading, table
from benchmarks.street_cameras import street_clip
from sqlalchemy import select
from tests.support.alert_storm import A_SECOND, outbox_of, received, storm, stormed_cluster
from tests.support.bus import until
from tests.support.database import PASSPHRASE
from tests.support.living_hub import TERMINAL, administrator_of, new_place
from tests.support.programs import Ports, Program, answers, hub_program, node_program, wait_for
from tests.support.rehearsals import Kit, live_rehearsal, quick_kit, shipped_kit

from openlfr import __version__
from openlfr.cli.demo_street import LISTED, NOT_LISTED, carried
from openlfr.cli.hub import quiet_logs
from openlfr.hub.demonstration import Tester, prepare_demonstration
from openlfr.hub.place import authority_of
from openlfr.hub.services import Services, services_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.hub.sign_in_services import sign_in_services
from openlfr.link.enrolment import EnrolmentCode, enrol
from openlfr.node.state import NodeState
from openlfr.policy.identifiers import NodeId, StaffId
from openlfr.policy.refusal import Refusal
from openlfr.records.account_tables import SignInMethod
from openlfr.records.alert_tables import AlertRow
from openlfr.records.cameras import CameraDraft, Cameras
from openlfr.records.nodes import Nodes

_LONGEST_S: Final = 240.0
_CLUSTER_COLUMNS: Final = (
    "alerts",
    "put a second",
    "seconds behind at the end",
    "committed a second",
    "lost",
    "twice",
    "longest pause, s",
)
_TESTERS: Final = tuple(
    Tester(f"T/{number}", name, carried(package, path), date(1984, 1, 1))
    for number, (name, package, path) in enumerate((LISTED, NOT_LISTED))
)


def stormed(seconds: float) -> tuple[str, ...]:
    """A row: alerts, how fast they were put, how long the last of them then took, how many are missing or twice."""

    async def story(folder: Path) -> tuple[str, ...]:
        ports = Ports.free()
        place, records = new_place(folder / "hub")
        state = received(records, folder / "node", (f"nats://localhost:{ports.bus}",))
        rehearsal = live_rehearsal(services_of(records), state.enrolment.node, folder, quick_kit())
        hub = hub_program(place.folder, ports, folder / "hub.log")
        hub.start()
        try:
            await until(lambda: answers(ports), at_most_s=60)
            async with outbox_of(state) as outbox:
                started = time.monotonic()
                raised = await storm(outbox, state, rehearsal, int(seconds * A_SECOND))
                put_s = time.monotonic() - started
                await until(lambda: len(rehearsal.alerts()) >= len(raised), at_most_s=_LONGEST_S)
                whole_s = time.monotonic() - started
            wrong = len(set(rehearsal.alerts()) ^ raised)
        finally:
            await asyncio.to_thread(hub.stop)
            records.close()
        rate, behind_s = len(raised) / put_s, whole_s - put_s
        return f"{len(raised):,}", f"{rate:.1f}", f"{behind_s:.1f}", f"{len(raised) / whole_s:.1f}", str(wrong)

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(story(Path(folder)))


def stormed_with_the_leader_killed(seconds: float) -> tuple[str, ...]:
    """A row: alerts, how fast they were put and committed, how many are missing or there twice, the longest pause."""
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(stormed_cluster(Path(folder), int(seconds * A_SECOND)))
    return (
        f"{done.alerts:,}",
        f"{done.alerts / done.put_s:.1f}",
        f"{done.whole_s - done.put_s:.1f}",
        f"{done.alerts / done.whole_s:.1f}",
        str(done.lost),
        str(done.twice),
        f"{done.longest_pause_s:.1f}",
    )


@dataclass
class Console:
    """Listens to the hub's events as a console does, and notes when each alert was told of."""

    ports: Ports
    cookie: str
    heard: dict[str, datetime] = field(default_factory=dict)

    def listen(self, until_s: float) -> None:
        deadline = time.monotonic() + until_s
        headers = {"Cookie": f"{COOKIE}={self.cookie}"}
        kind = ""
        with (
            httpx.Client(verify=False, timeout=httpx.Timeout(30)) as client,  # noqa: S501 - the hub's own authority
            client.stream("GET", f"{self.ports.address}/api/v1/events", headers=headers) as stream,
        ):
            stream.raise_for_status()
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == "alert.raised":
                    record = json.loads(line.removeprefix("data: "))["record"]
                    self.heard.setdefault(record, datetime.now(UTC))
                if time.monotonic() > deadline:
                    return


@contextmanager
def before_streets(cameras: int, clip: Path) -> Iterator[tuple[Services, Ports, str, Sequence[Program]]]:
    """A hub and a node as programs; each of so many made-up streets with a rehearsal of its own, so that the cool-down
    of one holds no other back. With them, the cookie of a session of somebody who may see alerts."""
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), Ports.free()
        place, records = new_place(folder / "hub")
        services = services_of(records)
        hub = hub_program(place.folder, ports, folder / "hub.log")
        node = node_program(folder / "node", folder / "node.log")
        try:
            hub.start()
            wait_for(lambda: answers(ports))
            owner = _enrolled(services, ports, folder / "node")
            kit = shipped_kit()
            onlookers = [_live(services, owner, kit, number, str(clip)) for number in range(cameras)]
            door = sign_in_services(services, HubSettings(address=ports.address))
            cookie = ""
            if onlookers:
                with records.database.writing() as session:
                    cookie = door.sessions.start(session, onlookers[0], SignInMethod.PASSKEY, TERMINAL, instead_of="")
            node.start()
            yield services, ports, cookie, (hub, node)
        finally:
            node.stop()
            hub.stop()
            records.close()


def _enrolled(services: Services, ports: Ports, folder: Path) -> NodeId:
    nodes = Nodes(services.records, authority_of(services.records).pin)
    invitation = nodes.invite(administrator_of(services), "Van 1", TERMINAL)
    assert not isinstance(invitation, Refusal)
    code = EnrolmentCode.read(invitation.code)
    state = NodeState.create(folder, PASSPHRASE)
    try:
        request = state.keys.request(code.secret, "Van 1", __version__)
        return state.enrolled(enrol(ports.address, code, request, state.keys.signer)).node
    finally:
        state.close()


def _live(services: Services, node: NodeId, kit: Kit, number: int, address: str) -> StaffId:
    administrator = administrator_of(services)
    draft = CameraDraft(node, f"Street {number}", address, 40)
    camera = Cameras(services.records).add(administrator, draft, TERMINAL)
    assert not isinstance(camera, Refusal), camera
    made = prepare_demonstration(services, administrator, [camera], _TESTERS, kit.certificate, kit.maker)
    return made.onlooker


def heard_after(cameras: int, seconds: float, clip: Path) -> tuple[str, ...]:
    """A row: alerts heard of, and the p50, p95 and most of the milliseconds from picture to event."""
    with before_streets(cameras, clip) as (services, ports, cookie, _):
        console = Console(ports, cookie)
        listening = threading.Thread(target=console.listen, args=(seconds,))
        listening.start()
        listening.join()
        with services.records.database.reading() as session:
            rows = session.execute(select(AlertRow.id, AlertRow.captured_at))
            taken = [
                (console.heard[alert] - captured_at).total_seconds() * 1000
                for alert, captured_at in rows
                if alert in console.heard
            ]
    if not taken:
        return str(cameras), "0", "–", "–", "–"
    middle, most_of, most = np.percentile(taken, (50, 95, 100))
    return str(cameras), str(len(taken)), f"{middle:,.0f}", f"{most_of:,.0f}", f"{most:,.0f}"


def idle_memory(settle_s: float = 20.0) -> list[tuple[str, ...]]:
    """Rows: each program and its resident memory, with nothing to do."""
    with before_streets(0, Path()) as (_, _, _, programs):
        time.sleep(settle_s)
        found: list[tuple[str, ...]] = []
        for name, program in zip(("hub", "node"), programs, strict=True):
            assert program.process is not None
            process = psutil.Process(program.process.pid)
            bus = sum(each.memory_info().rss for each in process.children(recursive=True))
            found.append((name, f"{process.memory_info().rss / 1e6:,.0f}", f"{bus / 1e6:,.0f}"))
        return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--storm-s", type=float, default=60.0)
    arguments.add_argument("--listen-s", type=float, default=240.0)
    arguments.add_argument("--cluster", action="store_true")
    asked = arguments.parse_args()
    quiet_logs()
    if asked.cluster:
        print(heading("The leader of three killed in a storm", "Sealed alerts with two pictures of 3 kB, SQLite."))
        print(table(_CLUSTER_COLUMNS, [stormed_with_the_leader_killed(asked.storm_s)]))
        return
    print(heading("Alerts through the whole system", "Sealed alerts with two pictures of 3 kB, one node, SQLite."))
    columns = ("alerts", "put a second", "seconds behind at the end", "committed a second", "missing or twice")
    print(table(columns, [stormed(asked.storm_s)]))
    with tempfile.TemporaryDirectory() as folder:
        clip = street_clip(Path(folder) / "street.mp4")
        rows = [heard_after(cameras, asked.listen_s, clip) for cameras in (1, 6)]
    print("From a camera's picture to the event at a console, recordings of the made-up street in 1080p:\n")
    print(table(("cameras", "alerts", "p50 ms", "p95 ms", "most ms"), rows))
    print("Resident memory with nothing to do:\n")
    print(table(("program", "MB", "its nats-server, MB"), idle_memory()))


if __name__ == "__main__":
    main()
