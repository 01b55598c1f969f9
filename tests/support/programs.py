"""The hub and a node as the commands they are, in processes of their own, that tests kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from tests.support.database import PASSPHRASE
from tests.support.living_hub import free_port

_CODE_OF_KILLED = -signal.SIGKILL


def wait_for(condition: Callable[[], object], *, at_most_s: float = 120.0) -> None:
    """Wait for what other processes do; fails the test when it does not come about."""
    deadline = time.monotonic() + at_most_s
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.05)


@dataclass
class Program:
    """`openlfr` with these arguments, started and killed again and again; what it says is in `log`."""

    arguments: tuple[str, ...]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        environment = {**os.environ, "OPENLFR_VAULT_PASSPHRASE": PASSPHRASE.text}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "openlfr", *self.arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """As the system's out-of-memory killer or a loss of power does."""
        assert self.process is not None
        self.process.kill()
        assert self.process.wait() == _CODE_OF_KILLED, self.log.read_text()

    def kill_bus(self) -> None:
        """Kill the nats-server that this program runs."""
        assert self.process is not None
        (bus,) = (each for each in psutil.Process(self.process.pid).children() if each.name() == "nats-server")
        bus.kill()

    @property
    def dumps_no_memory(self) -> bool:
        """Whether a crash writes nothing of its memory to a disk."""
        assert self.process is not None
        return psutil.Process(self.process.pid).rlimit(psutil.RLIMIT_CORE) == (0, 0)

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass(frozen=True)
class Ports:
    """Where a hub listens, the same after each start."""

    https: int
    bus: int

    @classmethod
    def free(cls) -> "Ports":
        return cls(free_port(), free_port())

    @property
    def address(self) -> str:
        return f"https://localhost:{self.https}"


def answers(ports: Ports) -> bool:
    """Whether the hub there is ready: people, nodes and alerts can come."""
    try:
        return httpx.get(f"{ports.address}/api/v1/health/ready", verify=False).status_code == 200  # noqa: S501
    except httpx.HTTPError:
        return False


def hub_program(folder: Path, ports: Ports, log: Path, *more: str) -> Program:
    where = ("--folder", str(folder), "--port", str(ports.https), "--bus-port", str(ports.bus))
    return Program(("hub", *where, *more), log)


def node_program(folder: Path, log: Path) -> Program:
    return Program(("node", "run", "--folder", str(folder)), log)
