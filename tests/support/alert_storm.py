"""Storms of alerts from a node's own store into a hub's records, through one bus or through a cluster of three."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from tests.support.bus import until
from tests.support.living_hub import NODE_UNLOCK, TERMINAL, administrator_of, free_port, new_place
from tests.support.programs import Ports, answers, hub_program
from tests.support.rehearsals import Rehearsal, live_rehearsal, quick_kit, raised_in
from tests.support.staffed_hub import PICTURES

from openlfr.hub.intake import STREAM
from openlfr.hub.place import authority_of
from openlfr.hub.reception import Reception
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
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Nodes
from openlfr.sealing.vault_file import KeyPurpose

A_SECOND = 50
_ALL_THERE_WITHIN_S = 180.0


@dataclass(frozen=True)
class Stormed:
    """What became of the alerts of a storm: how long they were put for, and how long until the last one was committed;
    how many never were; how often the log has one more than once; and the longest time between two commits."""

    alerts: int
    put_s: float
    whole_s: float
    lost: int
    twice: int
    longest_pause_s: float


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


async def stormed_cluster(folder: Path, alerts: int) -> Stormed:
    """A storm through three servers that keep every alert each; once half of it is committed, the one that leads the
    queue is killed, and it starts again by itself."""
    place, records = await asyncio.to_thread(new_place, folder / "hub")
    servers, state = await asyncio.to_thread(_cluster_and_node, records, folder)
    urls = state.enrolment.bus
    more = ("--bus-servers", ",".join(urls), "--replicas", str(len(urls)))
    hub = hub_program(place.folder, ports := Ports.free(), folder / "hub.log", *more)
    try:
        rehearsal = await asyncio.to_thread(
            live_rehearsal, services_of(records), state.enrolment.node, folder, quick_kit()
        )
        await asyncio.gather(*(each.start() for each in servers.values()))
        hub.start()
        await until(lambda: answers(ports))
        async with outbox_of(state) as outbox:
            begun = time.monotonic()
            storming = asyncio.create_task(storm(outbox, state, rehearsal, alerts))
            await until(lambda: committed(records) > alerts // 2, at_most_s=_ALL_THERE_WITHIN_S)
            leader = servers[await _leader_of(records, urls)]
            assert leader.pid is not None
            os.kill(leader.pid, signal.SIGKILL)
            raised = await storming
            put_s = time.monotonic() - begun
            await until(lambda: committed(records) >= alerts, at_most_s=_ALL_THERE_WITHIN_S)
            whole_s = time.monotonic() - begun
        return _told(records, rehearsal, raised, put_s, whole_s)
    finally:
        await asyncio.to_thread(hub.stop)
        await asyncio.gather(*(each.stop() for each in servers.values()))
        records.close()


def committed(records: HubRecords) -> int:
    """Alerts in the records."""
    with records.database.reading() as session:
        return session.execute(select(func.count()).select_from(AlertRow)).scalar_one()


def taken_in(records: HubRecords) -> int:
    """How often the log says that an alert was taken in: once for each, unless one was taken for another."""
    with records.database.reading() as session:
        return session.execute(
            select(func.count())
            .select_from(AuditEntryRow)
            .where(AuditEntryRow.act == "RAISE_ALERT", AuditEntryRow.processing == "collection")
        ).scalar_one()


def _cluster_and_node(records: HubRecords, folder: Path) -> tuple[dict[str, BusServer], NodeState]:
    """Three servers of one bus, by name, and a node that is let on it."""
    ports, routes = [free_port() for _ in range(3)], [free_port() for _ in range(3)]
    state = received(records, folder / "node", [f"nats://localhost:{port}" for port in ports])
    users = (
        hub_user(bus_key(records.vault.sole_key(KeyPurpose.BUS).secret)),
        node_user(bus_key(state.keys.bus_seed), state.enrolment.node),
    )
    servers = {}
    for number, (port, route) in enumerate(zip(ports, routes, strict=True)):
        own = folder / f"bus-{number}"
        own.mkdir()
        files = authority_of(records).issue(("localhost", "127.0.0.1"), records.clock()).written(own)
        others = tuple(f"nats://127.0.0.1:{each}" for each in routes if each != route)
        cluster = BusCluster("openlfr", "127.0.0.1", route, others)
        name = f"server-{number}"
        servers[name] = BusServer(BusSettings(own, "127.0.0.1", port, files, users, 1 << 30, name, cluster))
    return servers, state


async def _leader_of(records: HubRecords, urls: Sequence[str]) -> str:
    """The server that leads the queue of alerts."""
    tls = client_context(authority_of(records).pem)
    link = await connect(urls, records.vault.sole_key(KeyPurpose.BUS).secret, tls, "looker", inbox=f"{hub_inbox()}_2")
    assert await link.wait_connected(60), link.why_not
    info = await link.client.jetstream().stream_info(STREAM)
    await link.close()
    assert info.cluster is not None
    assert info.cluster.leader is not None
    return info.cluster.leader


def _told(records: HubRecords, rehearsal: Rehearsal, raised: set[AlertId], put_s: float, whole_s: float) -> Stormed:
    there = rehearsal.alerts()
    with records.database.reading() as session:
        at = session.scalars(select(AlertRow.raised_at).order_by(AlertRow.raised_at)).all()
    pauses = [(after - before).total_seconds() for before, after in itertools.pairwise(at)]
    return Stormed(
        alerts=len(raised),
        put_s=put_s,
        whole_s=whole_s,
        lost=len(raised - set(there)),
        twice=taken_in(records) - len(set(there)),
        longest_pause_s=max(pauses),
    )
