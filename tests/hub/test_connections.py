"""The hub's server does not wait for ever for anybody, and nobody takes all of its connections."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.support.cameras import wait_until
from tests.support.hub_app import loopback_socket

from openlfr.hub.connections import Connections, Patience, protocol_of

NEVER = 3600.0
SOON = 0.2
ASKED = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

Connect = Callable[[], socket.socket]


async def answer(_scope: Scope, receive: Receive, send: Send) -> None:
    """Reads all that is sent, then answers."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body"})


@contextmanager
def serving(connections: Connections, app: ASGIApp = answer) -> Iterator[Connect]:
    """A server within these bounds; what it gives makes a connection there."""
    with loopback_socket() as (bound, port):
        protocol = protocol_of(connections)
        server = uvicorn.Server(uvicorn.Config(app, http=protocol, lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        made: list[socket.socket] = []

        def connect() -> socket.socket:
            made.append(socket.create_connection(("127.0.0.1", port), timeout=60))
            return made[-1]

        try:
            wait_until(lambda: server.started)
            yield connect
        finally:
            for each in made:
                each.close()
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


def said(connection: socket.socket) -> bytes:
    """Everything that the server says until it closes the connection."""
    heard = b""
    try:
        while piece := connection.recv(1 << 16):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


@pytest.mark.parametrize(
    ("sent", "patience"),
    [
        (b"", Patience(SOON, NEVER, NEVER)),
        (b"GET / HTTP/1.1\r\nHost:", Patience(SOON, NEVER, NEVER)),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", Patience(NEVER, SOON, NEVER)),
    ],
)
def test_who_never_finishes_a_request_is_cut_off(sent: bytes, patience: Patience) -> None:
    with serving(Connections(patience=patience)) as connect:
        slow = connect()
        slow.sendall(sent)
        assert said(slow) == b""


def test_who_does_not_read_an_answer_is_cut_off() -> None:
    cut = threading.Event()

    async def endless(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * (1 << 20), "more_body": True})
            await asyncio.sleep(0)
        cut.set()

    with serving(Connections(patience=Patience(NEVER, NEVER, SOON)), endless) as connect:
        deaf = connect()
        deaf.sendall(ASKED)
        assert cut.wait(60)


def test_one_address_has_so_many_connections_and_no_more_and_others_go_on() -> None:
    connections = Connections(most_of_one=2, patience=Patience(NEVER, NEVER, NEVER))
    with serving(connections) as connect:
        held = [connect(), connect()]
        wait_until(lambda: connections.count == 2)
        assert said(connect()) == b""
        assert connections.admitted("192.0.2.7") == "192.0.2.7"
        held[0].sendall(ASKED)
        assert said(held[0]).startswith(b"HTTP/1.1 204")
        wait_until(lambda: connections.count == 2)  # the other held one, and that of the other address
        another = connect()
        another.sendall(ASKED)
        assert said(another).startswith(b"HTTP/1.1 204")


def test_a_network_of_ipv6_counts_as_one_and_a_trusted_proxy_only_in_all() -> None:
    connections = Connections([ip_network("10.0.0.0/30")], most=5, most_of_one=1)
    assert connections.admitted("2001:db8::1") is not None
    assert connections.admitted("2001:db8::2") is None
    assert connections.admitted("2001:db8:0:1::2") is not None
    proxies = [connections.admitted("10.0.0.1") for _ in range(4)]
    assert [each is None for each in proxies] == [False, False, False, True]
    connections.ended("")
    assert connections.admitted("10.0.0.1") is not None
