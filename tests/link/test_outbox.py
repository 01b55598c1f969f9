"""The outbox, between two real buses: every alert arrives once and in order, whatever is killed, cut off or full."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats.errors
import pytest
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from tests.support.bus import AUTHORITY, NODE, NODE_SEED, RunningBus, run, running_bus, until

from openlfr.link import outbox as outbox_module
from openlfr.link.bus import node_user
from openlfr.link.connection import Connection, bus_key, connect, node_inbox
from openlfr.link.messages import alerts_subject
from openlfr.link.outbox import Outbox
from openlfr.link.tls import client_context
from openlfr.policy.identifiers import AlertId

NODE_USER = node_user(bus_key(NODE_SEED), NODE)


async def as_node(url: str) -> Connection:
    return await connect([url], NODE_SEED, client_context(AUTHORITY.pem), NODE, inbox=node_inbox(NODE))


async def with_stream(bus: RunningBus, **limits: object) -> None:
    config = StreamConfig(name="ALERTS", subjects=["olfr.alerts.*"], **limits)  # type: ignore[arg-type]
    await bus.hub.client.jetstream().add_stream(config)


async def arrived(bus: RunningBus) -> list[str]:
    """Identifiers of the alerts that the hub's bus keeps, in the order in which they came."""
    stream = bus.hub.client.jetstream()
    last = (await stream.stream_info("ALERTS")).state.last_seq
    messages = [await stream.get_msg("ALERTS", number) for number in range(1, last + 1)]
    return [(each.headers or {})["Nats-Msg-Id"] for each in messages]


@asynccontextmanager
async def an_outbox(folder: Path, url: str, limit_bytes: int = 1 << 24) -> AsyncIterator[Outbox]:
    link = await as_node(url)
    made = Outbox(folder / "outbox", NODE, link, limit_bytes)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
        await link.close()


def put(outbox: Outbox, first: int, count: int, size: int = 2000) -> list[str]:
    identifiers = [f"alert-{number:04}" for number in range(first, first + count)]
    for each in identifiers:
        outbox.put(AlertId(each), os.urandom(size))
    return identifiers


async def left_behind(outbox: Outbox) -> int:
    """Alerts in the node's own store."""
    assert outbox._store is not None
    return (await outbox._store.client.jetstream().stream_info("OUTBOX")).state.messages


def test_alerts_arrive_in_order_once_and_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delete, unanswered = JetStreamContext.delete_msg, iter([True, False, True])

    async def not_always_answered(stream: JetStreamContext, name: str, number: int) -> bool:
        if next(unanswered, False):
            raise nats.errors.TimeoutError
        return await delete(stream, name, number)

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus, an_outbox(tmp_path, bus.server.url) as outbox:
            await with_stream(bus)
            sent = put(outbox, 0, 30)
            assert outbox.waiting == 30
            await until(lambda: outbox.waiting == 0)
            assert await arrived(bus) == sent
            while await left_behind(outbox):
                await asyncio.sleep(0.02)

    monkeypatch.setattr(JetStreamContext, "delete_msg", not_always_answered)
    run(test)


def test_without_a_hub_they_are_kept_and_go_out_when_it_is_back_even_after_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await with_stream(bus)
            async with an_outbox(tmp_path, "nats://127.0.0.1:9") as cut_off:
                sent = put(cut_off, 0, 10)
                await until(lambda: cut_off.waiting == 10 and not cut_off._waiting)
                assert cut_off.trouble == ""
            async with an_outbox(tmp_path, bus.server.url) as restored:
                sent += put(restored, 10, 5)
                await until(lambda: restored.waiting == 0)
            assert await arrived(bus) == sent

    run(test)


def test_both_buses_may_be_killed_while_alerts_are_on_their_way(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus, an_outbox(tmp_path, bus.server.url) as outbox:
            await with_stream(bus)
            sent: list[str] = []
            for turn, victim in enumerate((bus.server, outbox.bus, bus.server, outbox.bus)):
                sent += put(outbox, turn * 20, 20)
                await until(lambda: outbox.waiting < 18)  # some have gone, some have not
                assert victim.pid is not None
                os.kill(victim.pid, signal.SIGKILL)
            await until(lambda: outbox.waiting == 0 and bus.hub.connected)
            assert await arrived(bus) == sent

    run(test)


def test_an_alert_that_was_forwarded_and_not_yet_removed_arrives_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await with_stream(bus)
            link = await as_node(bus.server.url)
            assert await link.wait_connected(20)
            await link.publish_kept(alerts_subject(NODE), b"sealed", "alert-0000")
            await link.close()
            async with an_outbox(tmp_path, bus.server.url) as outbox:
                sent = put(outbox, 0, 3)
                await until(lambda: outbox.waiting == 0)
            assert await arrived(bus) == sent

    run(test)


def test_a_full_store_keeps_what_it_has_says_so_and_recovers(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await with_stream(bus)
            async with an_outbox(tmp_path, "nats://127.0.0.1:9", limit_bytes=50_000) as outbox:
                sent = put(outbox, 0, 30, size=3000)
                await until(lambda: outbox.trouble)
                assert "takes no more" in outbox.trouble
                assert 10 <= outbox._stored < 20
                assert outbox.waiting == 30
                sent += put(outbox, 30, 100)
                assert not outbox.has_room
                await outbox._hub.close()
                outbox._hub = await as_node(bus.server.url)
                await until(lambda: outbox.waiting == 0)
                await until(lambda: outbox.trouble == "" and outbox.has_room)
                assert await arrived(bus) == sent
                await outbox._hub.close()

    run(test)


def test_a_hub_whose_store_is_full_gets_them_when_it_has_room_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus, an_outbox(tmp_path, bus.server.url) as outbox:
            await with_stream(bus, max_bytes=20_000, discard="new")
            sent = put(outbox, 0, 20)
            await until(lambda: 0 < outbox.waiting < 20)
            stream = bus.hub.client.jetstream()
            await stream.update_stream(StreamConfig(name="ALERTS", subjects=["olfr.alerts.*"], max_bytes=1 << 20))
            await until(lambda: outbox.waiting == 0)
            assert await arrived(bus) == sent

    run(test)


_RAISING = """
import asyncio, pathlib, sys
from tests.support.bus import AUTHORITY, NODE, NODE_SEED
from tests.link.test_outbox import an_outbox, put
async def main():
    async with an_outbox(pathlib.Path(sys.argv[1]), "nats://127.0.0.1:9") as outbox:
        put(outbox, int(sys.argv[2]), 20)
        while outbox._waiting:
            await asyncio.sleep(0.01)
        print("kept", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def test_alerts_outlive_a_program_that_is_killed_and_keep_their_order(tmp_path: Path) -> None:
    for first in (0, 20):
        arguments = [sys.executable, "-c", _RAISING, str(tmp_path), str(first)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "kept\n"
            program.kill()

    async def test() -> None:
        async with running_bus(tmp_path / "hub", NODE_USER) as bus, an_outbox(tmp_path, bus.server.url) as outbox:
            await with_stream(bus)
            sent = put(outbox, 40, 1)
            await until(lambda: outbox.waiting == 0)
            assert await arrived(bus) == [*(f"alert-{number:04}" for number in range(40)), *sent]

    run(test)


def test_a_store_that_has_given_up_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "_STORE_DEAD_AFTER_S", 0.0)

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus, an_outbox(tmp_path, bus.server.url) as outbox:
            await with_stream(bus)
            await until(lambda: outbox._ready is not None)
            assert outbox._store is not None
            await outbox._store.client.jetstream().delete_stream("OUTBOX")
            sent = put(outbox, 0, 3)
            await until(lambda: outbox.bus.restarts >= 1 and outbox.waiting == 0)
            assert await arrived(bus) == sent

    run(test)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes, where this system lets a test have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(disk)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("a disk of its own can be mounted by root only")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_truly_full_loses_no_alert_either(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "_STORE_DEAD_AFTER_S", 1.0)

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await with_stream(bus)
            async with an_outbox(small_disk, "nats://127.0.0.1:9") as outbox:
                sent = put(outbox, 0, 80, size=100_000)
                await until(lambda: outbox.trouble)
                assert 40 < outbox._stored < 80
                await outbox._hub.close()
                outbox._hub = await as_node(bus.server.url)
                await until(lambda: outbox.waiting == 0)
                assert await arrived(bus) == sent
                await outbox._hub.close()

    run(test)
