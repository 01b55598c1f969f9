"""The bus, with a real nats-server: who is let in, what they may say, and that it neither dies nor outlives."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nats.errors
import psutil
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StreamConfig
from tests.support.bus import AUTHORITY, HUB_SEED, NODE, NODE_SEED, run, running_bus, settings, until

from openlfr.link.bus import BusError, BusServer, BusSettings, hub_user, is_running, node_user
from openlfr.link.connection import Connection, LinkLostError, NotKeptError, bus_key, connect, is_bus_key, node_inbox
from openlfr.link.messages import alerts_subject, finding_subject, hello_subject, nudge_subject
from openlfr.link.tls import Authority, client_context
from openlfr.policy.identifiers import HubId, NodeId

OTHER = NodeId("0196c000-0000-7000-8000-0000000000a2")
NODE_USER = node_user(bus_key(NODE_SEED), NODE)


async def as_node(url: str, seed: bytes = NODE_SEED, authority: Authority = AUTHORITY) -> Connection:
    return await connect([url], seed, client_context(authority.pem), NODE, inbox=node_inbox(NODE))


async def answer(message: Msg) -> None:
    await message.respond(b"heard: " + message.data)


def test_a_node_is_let_in_by_its_key_and_answered(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await bus.hub.subscribe("olfr.hello.*", answer)
            node = await as_node(bus.server.url)
            assert await node.wait_connected(20), node.why_not
            assert await node.request(hello_subject(NODE), b"hello") == b"heard: hello"
            await node.close()

    run(test)


def test_an_unknown_key_is_refused_and_an_added_one_is_let_in_without_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path) as bus:
            node = await as_node(bus.server.url)
            await until(lambda: "unknown there, or was revoked" in node.why_not)
            assert not node.connected
            before = bus.server.pid
            await bus.server.reload([hub_user(bus_key(HUB_SEED)), NODE_USER])
            assert await node.wait_connected(20), node.why_not
            await bus.server.reload([hub_user(bus_key(HUB_SEED))])
            await until(lambda: "unknown there, or was revoked" in node.why_not)
            assert bus.server.pid == before
            assert bus.hub.connected
            await node.close()

    run(test)


def test_a_bus_that_the_hubs_authority_does_not_vouch_for_is_not_spoken_to(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            node = await as_node(bus.server.url, authority=Authority.of(b"\x66" * 32, HubId("hub-1")))
            await until(lambda: "did not issue" in node.why_not)
            await node.close()
        plain = BusSettings(tmp_path / "plain", "127.0.0.1", 0, None, (NODE_USER,), 1 << 26, "plain")
        server = BusServer(plain)
        await server.start()
        node = await as_node(server.url)
        assert not await node.wait_connected(1)
        assert node.why_not
        await node.close()
        await server.stop()

    run(test)


def test_a_node_says_only_what_is_its_own_to_say_and_hears_only_its_own(tmp_path: Path) -> None:
    heard: list[str] = []

    async def note(message: Msg) -> None:
        heard.append(message.subject)

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await bus.hub.subscribe(">", note)
            stream = bus.hub.client.jetstream()
            await stream.add_stream(StreamConfig(name="ALERTS", subjects=["olfr.alerts.*"]))
            node = await as_node(bus.server.url)
            assert await node.wait_connected(20), node.why_not
            for subject in (
                hello_subject(OTHER),
                alerts_subject(OTHER),
                finding_subject(OTHER),
                nudge_subject(NODE),
                "$JS.API.INFO",
            ):
                await node.publish(subject, b"x")
            for subject in ("$JS.API.STREAM.MSG.GET.ALERTS", "$JS.API.STREAM.PURGE.ALERTS", "$JS.API.STREAM.NAMES"):
                with pytest.raises(LinkLostError):
                    await node.request(subject, b"{}", 0.3)
            for subject in (nudge_subject(OTHER), f"{node_inbox(OTHER)}.>", "olfr.hello.*", "_INBOX_HUB.>"):
                await node.subscribe(subject, note)
            await bus.hub.publish(nudge_subject(OTHER), b"")
            await node.publish_kept(alerts_subject(NODE), b"sealed", "id-1")
            await node.publish_kept(alerts_subject(NODE), b"sealed", "id-1")
            info = await stream.stream_info("ALERTS")
            assert info.state.messages == 1
            of_node = [each for each in heard if each.startswith("olfr.") and each != nudge_subject(OTHER)]
            assert of_node == [alerts_subject(NODE)] * 2
            assert heard.count(nudge_subject(OTHER)) == 1, "the node heard another's nudge"
            await node.close()

    run(test)


def test_a_name_that_is_more_than_one_part_of_a_subject_names_no_node() -> None:
    for name in ("*", ">", "a.b", "", "a b", 'a"}'):
        with pytest.raises(ValueError, match="cannot name a node"):
            node_user("U", NodeId(name))


def test_a_full_store_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            config = StreamConfig(name="ALERTS", subjects=["olfr.alerts.*"], max_bytes=20_000, discard="new")  # type: ignore[arg-type]
            await bus.hub.client.jetstream().add_stream(config)
            for number in range(5):
                await bus.hub.publish_kept(alerts_subject(NODE), bytes(3000), f"id-{number}")
            with pytest.raises(NotKeptError, match="full"):
                await bus.hub.publish_kept(alerts_subject(NODE), bytes(8000), "id-5")
            assert (await bus.hub.client.jetstream().stream_info("ALERTS")).state.messages == 5

    run(test)


def test_a_bus_that_is_killed_is_started_anew_with_everything_it_kept(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await bus.hub.subscribe("olfr.hello.*", answer)
            await bus.hub.client.jetstream().add_stream(StreamConfig(name="ALERTS", subjects=["olfr.alerts.*"]))
            node = await as_node(bus.server.url)
            assert await node.wait_connected(20)
            for number in range(5):
                await node.publish_kept(alerts_subject(NODE), b"sealed", f"id-{number}")
            assert bus.server.pid is not None
            os.kill(bus.server.pid, signal.SIGKILL)
            await until(lambda: bus.server.restarts == 1)
            assert await node.wait_connected(20)
            assert await bus.hub.wait_connected(20)
            assert (await bus.hub.client.jetstream().stream_info("ALERTS")).state.messages == 5
            assert await node.request(hello_subject(NODE), b"again") == b"heard: again"
            await node.close()

    run(test)


async def answered_again(node: Connection) -> bytes:
    """The hub's answer, once both stand again: meanwhile a connection may be lost once more."""
    while True:
        try:
            return await node.request(hello_subject(NODE), b"again")
        except (LinkLostError, nats.errors.Error):
            await asyncio.sleep(0.05)


def test_a_client_that_ends_without_saying_so_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Client._close
    silent: list[Client] = []

    async def giving_up(self: Client, status: int, do_cbs: bool = True) -> None:
        """As the client does when its last bytes cannot be sent: half closed, and nobody is told."""
        if self not in silent:
            silent.append(self)
            self._status = Client.CLOSED
            raise ConnectionResetError
        await original(self, status, do_cbs)

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            await bus.hub.subscribe("olfr.hello.*", answer)
            node = await as_node(bus.server.url)
            assert await node.wait_connected(20)
            monkeypatch.setattr(Client, "_close", giving_up)
            bus.server.kill()
            await until(lambda: len(silent) >= 2)
            assert await answered_again(node) == b"heard: again"
            assert bus.server.restarts
            monkeypatch.undo()
            await node.close()

    run(test)


def test_a_taken_port_and_a_folder_in_use_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openlfr.link.bus._LOCK_WAIT_S", 0.3)

    async def test() -> None:
        async with running_bus(tmp_path) as bus:
            port = int(bus.server.url.rpartition(":")[2])
            with pytest.raises(BusError, match=f"Port {port} is taken"):
                await BusServer(settings(tmp_path / "second", port=port)).start()
            assert is_running(tmp_path / "bus")
            with pytest.raises(BusError, match="Another program runs a bus"):
                await BusServer(settings(tmp_path)).start()
        assert not is_running(tmp_path / "bus")
        assert not is_running(tmp_path / "nowhere")

    run(test)


def test_a_bus_without_tls_is_never_open_to_others(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs TLS"):
        BusServer(replace(settings(tmp_path), tls=None, host="0.0.0.0"))  # noqa: S104


def test_no_secret_stands_in_its_configuration_its_environment_or_on_its_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLFR_VAULT_PASSPHRASE", "a secret")

    async def test() -> None:
        async with running_bus(tmp_path, NODE_USER) as bus:
            assert bus.server.pid is not None
            file = tmp_path / "bus" / "bus.conf"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            configuration = json.loads(file.read_text())
            assert all(set(each) == {"nkey", "permissions"} for each in configuration["authorization"]["users"])
            line = " ".join(psutil.Process(bus.server.pid).cmdline())
            assert line.endswith(f"-c {file}")
            assert "nats-server" in line
            assert "secret" not in str(psutil.Process(bus.server.pid).environ())

    run(test)


def test_the_bus_dies_with_the_program_that_started_it(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from openlfr.link.bus import BusServer, BusSettings\n"
        "async def main():\n"
        "    bus = BusServer(BusSettings(pathlib.Path(sys.argv[1]), '127.0.0.1', 0, None, (), 1 << 26, 'orphan'))\n"
        "    await bus.start()\n"
        "    print(bus.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    folder = str(tmp_path / "bus")
    with subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.name() == "nats-server"
        parent.kill()
    child.wait(timeout=20)
    assert not is_running(tmp_path / "bus")


def test_only_a_real_key_is_taken_for_one() -> None:
    key = bus_key(NODE_SEED)
    assert is_bus_key(key)
    for wrong in ("", "U", key[:-1] + ("A" if key[-1] != "A" else "B"), key.lower(), "A" + key[1:], key + '"}'):
        assert not is_bus_key(wrong)


def test_what_cannot_be_said_now_is_refused_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_bus(tmp_path) as bus:
            node = await as_node("nats://127.0.0.1:9")
            with pytest.raises(LinkLostError):
                await node.publish(hello_subject(NODE), b"early")
            with pytest.raises(LinkLostError):
                await node.request(hello_subject(NODE), b"early")
            await node.close()
            with pytest.raises(LinkLostError, match="nobody answers"):
                await bus.hub.request("olfr.nobody", b"")

    run(test)
