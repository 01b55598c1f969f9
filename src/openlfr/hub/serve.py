"""The hub's program: the application, the bus, and everything that runs beside them, in one event loop.

Work that blocks is done in threads. Everything the hub does can be cut off at any moment, so ending is quick.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from fastapi import APIRouter
from starlette.types import ASGIApp

from openlfr.hub.app import ROUTERS, create_app
from openlfr.hub.connections import Connections, protocol_of, room_for_connections
from openlfr.hub.enrolment_models import EnrolmentModels, pack_opener
from openlfr.hub.fleet import Fleet
from openlfr.hub.intake import Intake
from openlfr.hub.jobs import Jobs, hub_jobs
from openlfr.hub.metrics import CountedRequests
from openlfr.hub.place import HubPlace, authority_of
from openlfr.hub.reception import Reception
from openlfr.hub.services import Services, services_of
from openlfr.hub.settings import HubSettings
from openlfr.hub.telling import telling_of
from openlfr.hub.tip import AuditTip
from openlfr.hub.uploads import Uploads
from openlfr.hub.work import Work
from openlfr.link.bus import BusError, BusServer, BusSettings, BusUser, hub_user, node_user
from openlfr.link.connection import Connection, bus_key, connect, hub_inbox
from openlfr.link.tls import SERVER_CERTIFICATE_LIFE, Authority, TlsFiles, client_context
from openlfr.policy.identifiers import NodeId
from openlfr.records.cameras import Cameras
from openlfr.records.hub_records import HubRecords
from openlfr.records.known_answer_cases import KnownAnswerCases, KnownAnswerFolderError, read_cases
from openlfr.records.nodes import EnrolledNode, Nodes, enrolled_nodes
from openlfr.sealing.vault_file import KeyPurpose

HTTPS_PORT: Final = 8443
BUS_PORT: Final = 4222
BUS_STORE_BYTES: Final = 8 << 30
"""What alerts may fill while the records are away; beyond, nodes keep theirs."""
_THREADS: Final = 32
_CONNECTIONS_END_WITHIN_S: Final = 1
_READY_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.02

log = structlog.get_logger(__name__)


class ServeError(Exception):
    """The hub cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the hub listens. With `bus_servers` the bus is a cluster that others run, in place of a server of its own;
    `replicas` is how many of its servers keep each alert."""

    host: str = "127.0.0.1"
    port: int = HTTPS_PORT
    plain_http: bool = False
    bus_port: int = BUS_PORT
    bus_servers: tuple[str, ...] = ()
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A hub that answers: its address for people, where nodes reach its bus, and what makes a machine its node."""

    address: str
    bus: tuple[str, ...]
    services: Services
    nodes: Nodes
    fleet: Fleet


async def serve(
    place: HubPlace,
    records: HubRecords,
    settings: HubSettings,
    listening: Listening,
    beside: Callable[[Running], Coroutine[None, None, None]],
    stop: asyncio.Event,
    also: Sequence[APIRouter] = (),
) -> None:
    """Run the hub until `stop` is set, and `beside` it whatever is to go on once it answers, which ends first.

    `also` are routes of the application beside the usual.

    Raises ServeError and BusError before anything was begun.
    """
    questions = questions_of(settings)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="hub"))
    if listening.plain_http and not is_loopback(listening.host):
        raise ServeError("Without TLS the hub may listen on this machine only: leave --plain-http out, or --host.")
    listener = _bound(listening.host, listening.port)
    with contextlib.closing(listener):
        certificates = _Certificates(place, authority_of(records), _hosts(settings, listening.host), records)
        async with _bus(place, records, settings, listening, certificates) as bus:
            await _serve(records, settings, listening, certificates, bus, listener, beside, stop, also, questions)


async def _serve(
    records: HubRecords,
    settings: HubSettings,
    listening: Listening,
    certificates: "_Certificates",
    bus: "_Bus",
    listener: socket.socket,
    beside: Callable[[Running], Coroutine[None, None, None]],
    stop: asyncio.Event,
    also: Sequence[APIRouter],
    questions: KnownAnswerCases | None,
) -> None:
    services = services_of(records)
    nodes = Nodes(records, certificates.authority.pin)
    tip = AuditTip(records.database)
    fleet = Fleet(services, nodes, bus.connection, tip, bus.admit)
    intake = Intake(records, services.alerts, bus.connection, listening.replicas, tip.stir)
    jobs = Jobs(hub_jobs(services, questions), records.clock)
    telling = telling_of(services, settings, tip, fleet, jobs)
    work = Work(records.clock, records.new_id)
    reception = Reception(records, nodes, settings.host, certificates.authority.pem, bus.addresses)
    parts = (
        fleet,
        nodes,
        Cameras(records),
        reception,
        work,
        EnrolmentModels(pack_opener()),
        Uploads(records.vault.id),
        *telling.parts,
    )
    readiness = {"bus": lambda: fleet.fault, "alerts": lambda: intake.fault, "jobs": lambda: jobs.fault}
    app = create_app(services, settings, parts=parts, readiness=readiness, routers=(*ROUTERS, *also))
    room_for_connections()
    protocol = protocol_of(Connections(settings.trusted_proxies))
    counted = CountedRequests(app, telling.metrics)
    server = _Server(_configuration(counted, certificates, protocol, plain=listening.plain_http))
    try:
        async with asyncio.TaskGroup() as tasks:
            always = [
                tasks.create_task(each, name=name)
                for name, each in (
                    ("tip", tip.run()),
                    ("fleet", fleet.run()),
                    ("intake", intake.run()),
                    ("jobs", jobs.run()),
                    ("telling", telling.run()),
                    ("certificates", certificates.keep_fresh(server, bus)),
                )
            ]
            serving = tasks.create_task(server.serve(sockets=[listener]), name="requests")
            async with asyncio.timeout(_READY_WITHIN_S):
                while not server.started:
                    await asyncio.sleep(_POLL_S)
            once_ready = tasks.create_task(beside(Running(settings.address, bus.addresses, services, nodes, fleet)))
            await stop.wait()
            once_ready.cancel()
            await asyncio.wait([once_ready])
            telling.end()
            server.should_exit = True
            await serving
            for each in always:
                each.cancel()
    finally:
        # The records close next, and their keys are zeroed: what seals with them must have ended by then.
        await asyncio.to_thread(work.close)


def questions_of(settings: HubSettings) -> KnownAnswerCases | None:
    """The questions with a known answer that the settings name, if any. Raises ServeError for unusable ones."""
    try:
        return None if settings.known_answers is None else read_cases(settings.known_answers)
    except KnownAnswerFolderError as error:
        raise ServeError(f"The known-answer alerts cannot be put: {error}") from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the hub: there is more to end than this."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Certificates:
    """The certificates of this hub's servers: a new one at each start, and when half of its life is over."""

    def __init__(self, place: HubPlace, authority: Authority, hosts: tuple[str, ...], records: HubRecords) -> None:
        self.authority = authority
        self._folder = place.tls
        self._hosts = hosts
        self._clock = records.clock
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self.files = self._issued()
        except OSError as error:
            raise ServeError(f"The hub's certificate cannot be written to {self._folder}: {error.strerror}.") from error

    def _issued(self) -> TlsFiles:
        return self.authority.issue(self._hosts, self._clock()).written(self._folder)

    async def keep_fresh(self, server: uvicorn.Server, bus: "_Bus") -> None:
        """Have new connections see a new certificate in time; those that stand go on."""
        while True:
            await asyncio.sleep(SERVER_CERTIFICATE_LIFE.total_seconds() / 2)
            self.files = await asyncio.to_thread(self._issued)
            if isinstance(server.config.ssl, ssl.SSLContext):
                server.config.ssl.load_cert_chain(self.files.certificate, self.files.key)
            await bus.reload()


class _Bus:
    """The hub's bus, its own or a cluster that others run, and its connection there."""

    def __init__(
        self, connection: Connection, server: BusServer | None, users: tuple[BusUser, ...], addresses: tuple[str, ...]
    ) -> None:
        """`users`: the hub itself first, then the nodes that the server lets in from its start."""
        self.connection = connection
        self.addresses = addresses
        self._server = server
        self._users = users

    async def admit(self, nodes: Mapping[NodeId, EnrolledNode]) -> None:
        """Let these nodes on the bus and nobody else; whoever is no longer among them is thrown off it."""
        users = (self._users[0], *_node_users(nodes))
        if users == self._users:
            return  # as when it started: whoever is connecting just then would be thrown off for nothing
        self._users = users
        if self._server is None:
            log.warning("the nodes of this hub changed: write the bus's configuration anew with openlfr hub bus-config")
        await self.reload()

    async def reload(self) -> None:
        """Have the server take over its users and certificate."""
        if self._server is None:
            return
        try:
            await self._server.reload(self._users)
        except BusError as error:
            log.warning("the bus goes on with the users it had", reason=str(error))


@contextlib.asynccontextmanager
async def _bus(
    place: HubPlace, records: HubRecords, settings: HubSettings, listening: Listening, certificates: _Certificates
) -> AsyncIterator[_Bus]:
    seed = records.vault.sole_key(KeyPurpose.BUS).secret
    with records.database.reading() as session:
        users = (hub_user(bus_key(seed)), *_node_users(enrolled_nodes(session)))
    server: BusServer | None = None
    servers, addresses = listening.bus_servers, listening.bus_servers
    if not servers:
        server = BusServer(
            BusSettings(
                folder=place.bus,
                host=listening.host,
                port=listening.bus_port,
                tls=certificates.files,
                users=users,
                store_limit_bytes=BUS_STORE_BYTES,
                server_name="hub",
            )
        )
        await server.start()
        servers = (server.url,)
        addresses = (f"nats://{settings.host}:{server.url.rpartition(':')[2]}",)
    try:
        tls = client_context(certificates.authority.pem)
        connection = await connect(servers, seed, tls, "hub", inbox=hub_inbox())
        try:
            yield _Bus(connection, server, users, addresses)
        finally:
            await connection.close()
    finally:
        if server is not None:
            await server.stop()


def _node_users(nodes: Mapping[NodeId, EnrolledNode]) -> Iterator[BusUser]:
    return (node_user(each.nkey, node) for node, each in nodes.items())


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise ServeError(f"The hub cannot listen at {host}, port {port}: {error.strerror}. Choose another.") from error
    return listener


def _hosts(settings: HubSettings, host: str) -> tuple[str, ...]:
    """Under which names the hub's servers are reached: by people, by nodes, and by itself."""
    everywhere = ("0.0.0.0", "::")  # noqa: S104
    own = () if host in everywhere else (host,)
    return tuple(dict.fromkeys((*settings.hosts, *own, "localhost", "127.0.0.1", "::1")))


def _configuration(
    app: ASGIApp, certificates: _Certificates, protocol: type[asyncio.Protocol], *, plain: bool
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_CONNECTIONS_END_WITHIN_S,
        ssl_certfile=None if plain else certificates.files.certificate,
        ssl_keyfile=None if plain else certificates.files.key,
    )
