"""A hub as `openlfr hub` runs it, with its own bus, in the loop of a test; and nodes enrolled with it over HTTPS."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from tests.support.database import CHEAP_STRETCHING, PASSPHRASE
from tests.support.faces import models

from openlfr.capture.synthetic import SyntheticStreet, SyntheticStreetSource
from openlfr.cli.demo_street import demo_people
from openlfr.hub.fleet_news import NodeNews
from openlfr.hub.place import HubPlace, authority_of, first_administrator, held, hub_place, made_records
from openlfr.hub.serve import Listening, Running, serve
from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings
from openlfr.link.connection import connect
from openlfr.link.enrolment import EnrolmentCode, enrol
from openlfr.link.tls import client_context
from openlfr.node.program import NodeProgram
from openlfr.node.state import NodeState
from openlfr.policy.identifiers import NodeId, StaffId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Invitation
from openlfr.records.people_tables import StaffRow
from openlfr.sealing.unlock import KeyFile
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import KeyPurpose

NODE_UNLOCK = KeyFile(b"\x5a" * 32)
TERMINAL = "console 1"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def administrator_of(services: Services) -> Actor:
    """The first administrator."""
    with services.records.database.reading() as session:
        first = session.scalars(select(StaffRow.id).order_by(StaffRow.id)).first()
    assert first is not None
    actor = services.people.actor(StaffId(first))
    assert isinstance(actor, Actor)
    return actor


@dataclass
class LivingHub:
    """A hub's folder, and its program while it runs."""

    place: HubPlace
    records: HubRecords
    listening: Listening
    running: Running | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None

    @property
    def services(self) -> Services:
        assert self.running is not None
        return self.running.services

    @property
    def address(self) -> str:
        return f"https://localhost:{self.listening.port}"

    @property
    def administrator(self) -> Actor:
        return administrator_of(self.services)

    def news(self, node: NodeId) -> NodeNews:
        """What a node last said, as the hub's API has it."""
        assert self.running is not None
        return self.running.fleet.news[node]

    async def put(self, subject: str, content: bytes) -> None:
        """Put something into the queue of alerts, as somebody who holds the bus could."""
        seed = self.records.vault.sole_key(KeyPurpose.BUS).secret
        url = f"nats://localhost:{self.listening.bus_port}"
        tls = client_context(authority_of(self.records).pem)
        link = await connect([url], seed, tls, "intruder", inbox="_INBOX_INTRUDER")
        assert await link.wait_connected(60), link.why_not
        await link.publish_kept(subject, content, self.records.new_id())
        await link.close()

    async def start(self) -> None:
        self._stop = asyncio.Event()
        settings = HubSettings(address=self.address, other_hosts=("127.0.0.1",))
        ready = asyncio.Event()

        async def beside(running: Running) -> None:
            self.running = running
            ready.set()

        async def served() -> None:
            with held(self.place):
                await serve(self.place, self.records, settings, self.listening, beside, self._stop)

        self._task = asyncio.create_task(served(), name="hub")
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    def invite(self, name: str = "Van 1") -> Invitation:
        assert self.running is not None
        invitation = self.running.nodes.invite(self.administrator, name, TERMINAL)
        assert not isinstance(invitation, Refusal), invitation
        return invitation

    async def enrolled(self, folder: Path, name: str = "Van 1") -> NodeState:
        """A machine that brought its code to the hub over HTTPS."""
        code = EnrolmentCode.read((await asyncio.to_thread(self.invite, name)).code)
        state = NodeState.create(folder, NODE_UNLOCK)
        request = state.keys.request(code.secret, name, "test")
        state.enrolled(await asyncio.to_thread(enrol, self.address, code, request, state.keys.signer))
        return state


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_place(
    folder: Path, database: str | None = None, clock: Callable[[], datetime] = utc_now
) -> tuple[HubPlace, HubRecords]:
    """What `openlfr init` makes, with a vault that opens quickly."""
    place = hub_place(folder, database)
    Vault.create(place.vault, PASSPHRASE, CHEAP_STRETCHING).close()
    records = made_records(place, place.database, PASSPHRASE, clock)
    appointed = first_administrator(records, "Adam Admin", TERMINAL)
    assert not isinstance(appointed, Refusal)
    return place, records


@asynccontextmanager
async def living_hub(
    folder: Path, database: str | None = None, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[LivingHub]:
    """A new hub that runs."""
    place, records = await asyncio.to_thread(new_place, folder, database, clock)
    hub = LivingHub(place, records, Listening(port=free_port(), bus_port=free_port()))
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
        records.close()


@asynccontextmanager
async def living_node(state: NodeState) -> AsyncIterator[NodeProgram]:
    """A node's program before the made-up street, with the models of tests."""
    program = NodeProgram(
        state, models=models, source=lambda _address: SyntheticStreetSource(SyntheticStreet(demo_people()))
    )
    running = asyncio.create_task(program.run(), name="node")
    try:
        yield program
    finally:
        program.stop()
        await running
