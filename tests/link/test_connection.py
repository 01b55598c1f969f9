"""A connection is tried again after everything that can go wrong while it is made."""

import asyncio
import socket
import struct
from pathlib import Path

from tests.support.bus import AUTHORITY, HOST, HUB_SEED, run
from tests.support.bus import settings as bus_settings
from tests.support.living_hub import free_port

from openlfr.link.bus import BusServer
from openlfr.link.connection import connect, hub_inbox
from openlfr.link.tls import client_context


def test_a_bus_that_resets_the_handshake_is_asked_again(tmp_path: Path) -> None:
    async def story() -> None:
        port, resets = free_port(), asyncio.Event()

        async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            at_once = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            writer.close()
            resets.set()

        impostor = await asyncio.start_server(reset, HOST, port)
        link = await connect(
            [f"nats://{HOST}:{port}"], HUB_SEED, client_context(AUTHORITY.pem), "hub", inbox=hub_inbox()
        )
        await resets.wait()
        impostor.close()
        await impostor.wait_closed()
        bus = BusServer(bus_settings(tmp_path / "bus", port=port))
        await bus.start()
        assert await link.wait_connected(60), link.why_not
        await link.close()
        await bus.stop()

    run(story)
