"""Enrolment: a code that survives being typed, and a secret that nobody but the right hub ever gets."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.bus import AUTHORITY, NODE, NODE_SEED

from openlfr.link.connection import bus_key
from openlfr.link.enrolment import (
    AUTHORITY_PATH,
    ENROLMENT_PATH,
    MOST_BYTES,
    EnrolmentAnswer,
    EnrolmentCode,
    EnrolmentError,
    EnrolmentRequest,
    enrol,
    hash_of_secret,
    read_answer,
    read_request,
    sign_answer,
    sign_request,
)
from openlfr.link.tls import Authority
from openlfr.policy.identifiers import HubId
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey

HUB, NODE_KEY = SigningKey(b"\x01" * 32), SigningKey(b"\x09" * 32)
CODE = EnrolmentCode.new(AUTHORITY.pin, lambda count: bytes(range(count)))
REQUEST = EnrolmentRequest(
    secret=CODE.secret.hex(),
    machine="Van 3",
    software="0.1",
    verify_key=NODE_KEY.public.raw.hex(),
    exchange_key=ExchangeKey(b"\x07" * 32).public.raw.hex(),
    nkey=bus_key(NODE_SEED),
)
ANSWER = EnrolmentAnswer(
    node=NODE,
    hub=HubId("hub-1"),
    hub_name="Borough",
    hub_verify_key=HUB.public.raw.hex(),
    hub_exchange_key=ExchangeKey(b"\x02" * 32).public.raw.hex(),
    authority=AUTHORITY.pem.decode(),
    bus=("nats://hub.example:4222",),
)


class _Hub(ThreadingHTTPServer):
    """What answers at the hub's address: its authority's certificate, and one answer to whoever enrols."""

    authority = AUTHORITY.pem
    status = 200
    answer = sign_answer(HUB, ANSWER).to_bytes()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[bytes] = []

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Hub

    def do_GET(self) -> None:
        assert self.path == AUTHORITY_PATH
        self._send(200, self.server.authority)

    def do_POST(self) -> None:
        assert self.path == ENROLMENT_PATH
        self.server.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(self.server.status, self.server.answer)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is overridden
        """Says nothing."""


@contextmanager
def serving(folder: Path, issuer: Authority = AUTHORITY) -> Iterator[_Hub]:
    files = issuer.issue(["127.0.0.1"], datetime.now(UTC)).written(folder)
    server = _Hub()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@given(secret=st.binary(min_size=10, max_size=10), pin=st.binary(min_size=32, max_size=32))
def test_a_code_is_read_as_it_was_shown_however_it_is_typed(secret: bytes, pin: bytes) -> None:
    code = EnrolmentCode.new(pin, lambda _count: secret)
    shown = str(code)
    assert [len(group) for group in shown.split("-")] == [5] * 8
    for typed in (shown, shown.lower(), shown.replace("-", " "), shown.replace("O", "0").replace("I", "1")):
        assert EnrolmentCode.read(typed) == code
    assert secret.hex() not in repr(code)


def test_most_slips_of_the_pen_are_noticed_before_anything_is_sent() -> None:
    shown = str(CODE)
    slips = [shown[:place] + letter + shown[place + 1 :] for place in range(len(shown)) for letter in "AQ7"]
    wrong = [each for each in slips if each.replace("-", "") != shown.replace("-", "") and len(each) == len(shown)]
    noticed = 0
    for each in wrong:
        try:
            EnrolmentCode.read(each)
        except EnrolmentError:
            noticed += 1
    assert noticed > 0.97 * len(wrong)
    for hopeless in ("", "hello", shown[:-3], shown + "A", "ÄÖÜ"):
        with pytest.raises(EnrolmentError, match="eight groups of five"):
            EnrolmentCode.read(hopeless)


def test_the_hub_compares_a_hash_and_each_code_has_its_own() -> None:
    assert CODE.secret_hash == hash_of_secret(REQUEST.secret)
    assert EnrolmentCode.new(AUTHORITY.pin).secret != EnrolmentCode.new(AUTHORITY.pin).secret


def test_a_request_proves_that_the_node_has_its_key() -> None:
    request, keys = read_request(sign_request(NODE_KEY, REQUEST).to_bytes())
    assert request == REQUEST
    assert keys.verify == NODE_KEY.public
    for wrong in (
        sign_request(HUB, REQUEST),
        sign_request(NODE_KEY, replace(REQUEST, nkey='U"} breaks the bus')),
        sign_request(NODE_KEY, replace(REQUEST, exchange_key="ab")),
        sign_answer(HUB, ANSWER),
    ):
        with pytest.raises(SignatureInvalidError):
            read_request(wrong.to_bytes())
    with pytest.raises(SignatureInvalidError, match="larger"):
        read_request(bytes(MOST_BYTES + 1))


def test_a_node_that_shows_its_code_to_the_right_hub_gets_the_hubs_keys(tmp_path: Path) -> None:
    with serving(tmp_path) as hub:
        document = enrol(hub.address, CODE, REQUEST, NODE_KEY)
        assert read_answer(document.to_bytes()) == ANSWER
        assert read_request(hub.received[0])[0] == REQUEST


def test_a_code_is_not_sent_to_a_hub_with_another_authority(tmp_path: Path) -> None:
    other = Authority.of(b"\x66" * 32, HubId("hub-1"))
    with serving(tmp_path, other) as hub:
        hub.authority = other.pem
        with pytest.raises(EnrolmentError, match=r"not the hub this code was made by\. The code was not sent"):
            enrol(hub.address, CODE, REQUEST, NODE_KEY)
        # Whoever shows the right authority, and has not its key, gets nothing either.
        hub.authority = AUTHORITY.pem
        with pytest.raises(EnrolmentError, match="cannot be reached"):
            enrol(hub.address, CODE, REQUEST, NODE_KEY)
        assert hub.received == []


def test_what_the_hub_refuses_is_told_in_its_words_and_nonsense_is_not_believed(tmp_path: Path) -> None:
    with serving(tmp_path) as hub:
        hub.status, hub.answer = 403, json.dumps({"title": "Refused", "detail": "This code was used already."}).encode()
        with pytest.raises(EnrolmentError, match=r"The hub refuses: This code was used already\."):
            enrol(hub.address, CODE, REQUEST, NODE_KEY)
        hub.status, hub.answer = 500, b"<html>"
        with pytest.raises(EnrolmentError, match="status 500"):
            enrol(hub.address, CODE, REQUEST, NODE_KEY)
        other = Authority.of(b"\x66" * 32, HubId("hub-1")).pem.decode()
        for wrong, why in (
            (b"{}", "cannot be used"),
            (sign_answer(NODE_KEY, ANSWER).to_bytes(), "cannot be used"),
            (sign_answer(HUB, replace(ANSWER, authority=other)).to_bytes(), "another authority"),
            (b" " * (MOST_BYTES + 1), "sends too much"),
        ):
            hub.status, hub.answer = 200, wrong
            with pytest.raises(EnrolmentError, match=why):
                enrol(hub.address, CODE, REQUEST, NODE_KEY)
        hub.authority = b"no certificate"
        with pytest.raises(EnrolmentError, match="is no OpenLFR hub"):
            enrol(hub.address, CODE, REQUEST, NODE_KEY)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "hub", "https://", "https://hub/path", "https://hub?x=1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(EnrolmentError, match="https://host:port"):
        enrol(address, CODE, REQUEST, NODE_KEY)


def test_a_hub_that_is_not_there_is_named() -> None:
    with pytest.raises(EnrolmentError, match=r"cannot be reached at https://127\.0\.0\.1:9"):
        enrol("https://127.0.0.1:9", CODE, REQUEST, NODE_KEY)
