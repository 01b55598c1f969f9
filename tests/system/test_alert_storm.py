"""Storms of alerts while what carries them is killed: every alert is in the records, and none twice."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.bus import run, until
from tests.support.database import DatabaseSource
from tests.support.hand_node import hand_node
from tests.support.living_hub import (
    NODE_UNLOCK,
    TERMINAL,
    LivingHub,
    administrator_of,
    free_port,
    living_hub,
    new_place,
)
from tests.support.programs import Ports, hub_program
from tests.support.rehearsals import Rehearsal, live_rehearsal, quick_kit, raised_in
from tests.support.staffed_hub import PICTURES

from openlfr.hub.intake import STREAM
from openlfr.hub.place import authority_of
from openlfr.hub.reception import Reception
from openlfr.hub.serve import Listening
from openlfr.hub.services import services_of
from openlfr.link.bus import BusCluster, BusServer, BusSettings, hub_user, node_user
from openlfr.link.connection import bus_key, connect, hub_inbox, node_inbox
from openlfr.link.enrolment import EnrolmentCode, sign_request
from openlfr.link.outbox import Outbox
from openlfr.link.sealed_alert import seal_alert
from openlfr.link.tls import client_context
from openlfr.node.state import NodeState
from openlfr.policy.identifiers import AlertId
from openlfr.policy.refusal import Refusal
from openlfr.records.alerts import Alerts
from openlfr.records.errors import DatabaseUnreachableError
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Nodes
from openlfr.sealing.vault_file import KeyPurpose

A_SECOND = 50
SMALLER_THAN_AN_ALERT = 1000
"""Bytes: the marks of messages that were removed stay."""


def received(records: HubRecords, folder: Path, bus: Sequence[str]) -> NodeState:
    """A node enrolled without its hub's program: what the program's route does, called."""
    nodes = Nodes(records, authority_of(records).pin)
    invitation = nodes.invite(administrator_of(services_of(records)), "Van 1", TERMINAL)
    assert not isinstance(invitation, Refusal)
    state = NodeState.create(folder, NODE_UNLOCK)
    secret = EnrolmentCode.read(invitation.code).secret
    request = sign_request(state.keys.signer, state.keys.request(secret, "Van 1", "test")).to_bytes()
    answer = Reception(records, nodes, "hub", authority_of(records).pem, tuple(bus)).enrol(request, TERMINAL)
    assert not isinstance(answer, Refusal), answer
    state.enrolled(answer)
    return state


@asynccontextmanager
async def outbox_of(state: NodeState) -> AsyncIterator[Outbox]:
    """The node's own store, which forwards to the hub's."""
    enrolment = state.enrolment
    tls = client_context(enrolment.authority.encode())
    link = await connect(enrolment.bus, state.keys.bus_seed, tls, enrolment.node, inbox=node_inbox(enrolment.node))
    outbox = Outbox(state.outbox_folder, enrolment.node, link)
    await outbox.start()
    try:
        yield outbox
    finally:
        await outbox.stop()
        await link.close()


async def storm(outbox: Outbox, state: NodeState, rehearsal: Rehearsal, alerts: int) -> set[AlertId]:
    """So many alerts, 50 a second, as the node's program hands them over."""
    raised = []
    begun = time.monotonic()
    for number in range(alerts):
        alert = raised_in(rehearsal, state.enrolment.node)
        outbox.put(alert.alert, seal_alert(alert, PICTURES, state.keys.signer, state.hub_exchange_key))
        raised.append(alert.alert)
        await asyncio.sleep(max(0.0, begun + (number + 1) / A_SECOND - time.monotonic()))
    return set(raised)


async def all_there(rehearsal: Rehearsal, raised: set[AlertId]) -> None:
    await until(lambda: len(rehearsal.alerts()) >= len(raised), at_most_s=180)
    assert sorted(rehearsal.alerts()) == sorted(raised)


@pytest.mark.slow
def test_the_leader_of_a_cluster_is_killed_in_a_storm_and_every_alert_comes_once(tmp_path: Path) -> None:
    async def story() -> None:
        place, records = await asyncio.to_thread(new_place, tmp_path / "hub")
        ports, routes = [free_port() for _ in range(3)], [free_port() for _ in range(3)]
        urls = tuple(f"nats://localhost:{port}" for port in ports)
        state = await asyncio.to_thread(received, records, tmp_path / "node", urls)
        users = (
            hub_user(bus_key(records.vault.sole_key(KeyPurpose.BUS).secret)),
            node_user(bus_key(state.keys.bus_seed), state.enrolment.node),
        )
        servers = {}
        for number, (port, route) in enumerate(zip(ports, routes, strict=True)):
            folder = tmp_path / f"bus-{number}"
            folder.mkdir()
            files = authority_of(records).issue(("localhost", "127.0.0.1"), records.clock()).written(folder)
            others = tuple(f"nats://127.0.0.1:{each}" for each in routes if each != route)
            cluster = BusCluster("openlfr", "127.0.0.1", route, others)
            name = f"server-{number}"
            servers[name] = BusServer(BusSettings(folder, "127.0.0.1", port, files, users, 1 << 30, name, cluster))
        await asyncio.gather(*(each.start() for each in servers.values()))
        hub = LivingHub(place, records, Listening(port=free_port(), bus_servers=urls, replicas=3))
        try:
            await hub.start()
            rehearsal = await asyncio.to_thread(
                live_rehearsal, hub.services, state.enrolment.node, tmp_path, quick_kit()
            )
            async with outbox_of(state) as outbox:
                storming = asyncio.create_task(storm(outbox, state, rehearsal, 8 * A_SECOND))
                await until(lambda: len(rehearsal.alerts()) > A_SECOND, at_most_s=120)
                leader = servers[await leader_of(records, urls)]
                assert leader.pid is not None
                os.kill(leader.pid, signal.SIGKILL)
                await all_there(rehearsal, await storming)
                assert leader.restarts >= 0
        finally:
            await hub.stop()
            await asyncio.gather(*(each.stop() for each in servers.values()))
            records.close()

    run(story)


async def leader_of(records: HubRecords, urls: Sequence[str]) -> str:
    """The server that leads the queue of alerts."""
    tls = client_context(authority_of(records).pem)
    link = await connect(urls, records.vault.sole_key(KeyPurpose.BUS).secret, tls, "looker", inbox=f"{hub_inbox()}_2")
    assert await link.wait_connected(60), link.why_not
    info = await link.client.jetstream().stream_info(STREAM)
    await link.close()
    assert info.cluster is not None
    assert info.cluster.leader is not None
    return info.cluster.leader


@pytest.mark.slow
def test_hub_and_bus_are_killed_in_a_storm_and_every_alert_comes_once(source: DatabaseSource, tmp_path: Path) -> None:
    async def story() -> None:
        ports = Ports.free()
        place, records = await asyncio.to_thread(new_place, tmp_path / "hub", source.empty())
        state = await asyncio.to_thread(received, records, tmp_path / "node", (f"nats://localhost:{ports.bus}",))
        node = state.enrolment.node
        rehearsal = await asyncio.to_thread(live_rehearsal, services_of(records), node, tmp_path, quick_kit())
        hub = hub_program(place.folder, ports, tmp_path / "hub.log")
        hub.start()
        try:
            async with outbox_of(state) as outbox:
                storming = asyncio.create_task(storm(outbox, state, rehearsal, 6 * A_SECOND))
                await until(lambda: len(rehearsal.alerts()) > 10, at_most_s=120)
                await asyncio.to_thread(hub.kill)
                await asyncio.to_thread(hub.start)
                seen = len(rehearsal.alerts())
                await until(lambda: len(rehearsal.alerts()) > seen, at_most_s=120)
                hub.kill_bus()
                await all_there(rehearsal, await storming)
        finally:
            await asyncio.to_thread(hub.stop)
            records.close()

    run(story)


def test_records_that_are_away_leave_alerts_in_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, refusals = Alerts.raise_alerts, iter([True, True, True])

    def away_at_first(alerts: Alerts, delivered: object) -> object:
        if next(refusals, False):
            raise DatabaseUnreachableError("The server does not answer.")
        return take(alerts, delivered)  # type: ignore[arg-type]

    monkeypatch.setattr(Alerts, "raise_alerts", away_at_first)

    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            state = await hub.enrolled(tmp_path / "node")
            rehearsal = await asyncio.to_thread(
                live_rehearsal, hub.services, state.enrolment.node, tmp_path, quick_kit()
            )
            async with hand_node(state) as node:
                alerts = [raised_in(rehearsal, node.node) for _ in range(3)]
                for each in alerts:
                    await node.raises(each)
                await all_there(rehearsal, {each.alert for each in alerts})
                await until(lambda: bytes_of_messages(hub.place.bus) < SMALLER_THAN_AN_ALERT)

    run(story)


def bytes_of_messages(bus: Path) -> int:
    """In the files of the queue: what was taken must not lie there, for the hub's key opens it."""
    return sum(file.stat().st_size for file in bus.rglob("*.blk"))
