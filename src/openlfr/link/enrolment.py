"""How a node becomes one of a hub's: a one-time code, which a person carries from the hub's screen to the machine.

The code holds a secret and a pin of the hub's authority for certificates. The node first fetches the authority's
certificate and compares it with the pin; only then, over TLS that this authority vouches for, it sends the secret.
"""

import base64
import hashlib
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from openlfr.link.connection import is_bus_key
from openlfr.link.tls import client_context, pin_of
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import HubId, NodeId
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangePublicKey
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

AUTHORITY_PATH: Final = "/api/v1/enrolment/authority"
ENROLMENT_PATH: Final = "/api/v1/enrolment"
REQUEST_KIND: Final = "node enrolment"
ANSWER_KIND: Final = "node enrolled"
MOST_BYTES: Final = 64 << 10

_SECRET_BYTES: Final = 10
_PIN_BYTES: Final = 14
_GROUP: Final = 5
_TIMEOUT_S: Final = 15.0


class EnrolmentError(Exception):
    """This machine was not enrolled; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """One use, one node. `secret`: 80 random bits, of which the hub keeps a hash until they are used or run out; `pin`:
    the first 112 bits of SHA-256 of the authority's public key.

    Written as eight groups of five letters and digits, the last byte of which is a checksum against slips of the pen.
    """

    secret: bytes = field(repr=False)
    pin: bytes

    @classmethod
    def new(cls, authority_pin: bytes, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """A fresh code of the hub whose `Authority.pin` this is."""
        return cls(random_bytes(_SECRET_BYTES), authority_pin[:_PIN_BYTES])

    def __str__(self) -> str:
        body = self.secret + self.pin
        text = base64.b32encode(body + _checksum(body)).decode()
        return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))

    @classmethod
    def read(cls, text: str) -> Self:
        """A code as somebody typed it: small letters, spaces and 0, 1, 8 for O, I, B are understood.

        Raises EnrolmentError.
        """
        plain = text.upper().translate(str.maketrans("018", "OIB", "- \t\n"))
        try:
            content = base64.b32decode(plain)
        except ValueError:
            content = b""
        body, checksum = content[:-1], content[-1:]
        if len(body) != _SECRET_BYTES + _PIN_BYTES or _checksum(body) != checksum:
            raise EnrolmentError(
                "This code is mistyped or incomplete: it has eight groups of five letters and digits, "
                "as the hub shows it."
            )
        return cls(body[:_SECRET_BYTES], body[_SECRET_BYTES:])

    @property
    def secret_hash(self) -> str:
        """What the hub keeps of the secret: SHA-256 in hexadecimal digits."""
        return hash_of_secret(self.secret.hex())


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """What a node says to become one of a hub's; signed by its own key, which proves that it has it.

    Keys in hexadecimal digits but `nkey`, which is as the bus writes it. `machine` is what people call the machine.
    """

    secret: str = field(repr=False)
    machine: str
    software: str
    verify_key: str
    exchange_key: str
    nkey: str


@dataclass(frozen=True, slots=True)
class EnrolmentAnswer:
    """What the hub says to a node it has just made its own, signed by the hub.

    `authority` is the certificate of the hub's authority (PEM), `bus` the addresses of its bus ("nats://host:port").
    """

    node: NodeId
    hub: HubId
    hub_name: str
    hub_verify_key: str
    hub_exchange_key: str
    authority: str
    bus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodePublicKeys:
    """The public halves of a node's keys, as the hub keeps them. `nkey` is as the bus writes it ("U...")."""

    verify: VerifyKey
    exchange: ExchangePublicKey
    nkey: str


def hash_of_secret(secret: str) -> str:
    """What a hub compares: SHA-256, in hexadecimal digits, of a secret in hexadecimal digits."""
    return hashlib.sha256(b"openlfr enrolment secret v1" + secret.encode()).hexdigest()


def sign_request(signer: SigningKey, request: EnrolmentRequest) -> SignedDocument:
    """The request under the node's signature."""
    return signer.sign_document(REQUEST_KIND, to_document(request))


def read_request(content: bytes) -> tuple[EnrolmentRequest, NodePublicKeys]:
    """A request as it came, and the keys in it. Raises SignatureInvalidError unless its own key signed it."""
    if len(content) > MOST_BYTES:
        raise SignatureInvalidError("This is larger than any enrolment.")
    document = SignedDocument.from_bytes(content)
    try:
        request = from_document(EnrolmentRequest, document.opened_by(document.signer, REQUEST_KIND))
        keys = NodePublicKeys(
            VerifyKey(bytes.fromhex(request.verify_key)),
            ExchangePublicKey(bytes.fromhex(request.exchange_key)),
            request.nkey,
        )
    except (DocumentError, ValueError) as error:
        raise SignatureInvalidError("The enrolment is of a form that this version does not know.") from error
    if keys.verify != document.signer or not is_bus_key(keys.nkey):
        raise SignatureInvalidError(
            "The enrolment was signed by another key than it names, or its key for the bus is none."
        )
    return request, keys


def sign_answer(signer: SigningKey, answer: EnrolmentAnswer) -> SignedDocument:
    """The answer under the hub's signature."""
    return signer.sign_document(ANSWER_KIND, to_document(answer))


def read_answer(content: bytes) -> EnrolmentAnswer:
    """An answer that came over a connection which the code's pin vouches for. Raises SignatureInvalidError."""
    document = SignedDocument.from_bytes(content)
    try:
        answer = from_document(EnrolmentAnswer, document.opened_by(document.signer, ANSWER_KIND))
        key = VerifyKey(bytes.fromhex(answer.hub_verify_key))
        ExchangePublicKey(bytes.fromhex(answer.hub_exchange_key))
    except (DocumentError, ValueError) as error:
        raise SignatureInvalidError("The hub's answer is of a form that this version does not know.") from error
    if key != document.signer:
        raise SignatureInvalidError("The hub's answer was signed by another key than the one it names.")
    return answer


def enrol(hub: str, code: EnrolmentCode, request: EnrolmentRequest, signer: SigningKey) -> SignedDocument:
    """Enrol with the hub at "https://host:port": its answer, for `read_answer`.

    Raises EnrolmentError; the secret was sent to nobody but the hub that made the code.
    """
    address = urlsplit(hub)
    if address.scheme != "https" or not address.hostname or address.path.strip("/") or address.query:
        raise EnrolmentError("Give the hub's address as https://host:port, as the hub shows it beside the code.")
    base = f"https://{address.netloc}"
    # Nothing vouches for this first answer but the pin, which it is compared with.
    unknown = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unknown.check_hostname = False
    unknown.verify_mode = ssl.CERT_NONE
    authority = _exchanged(unknown, "GET", base + AUTHORITY_PATH)
    try:
        pin = pin_of(authority)
    except ValueError as error:
        raise EnrolmentError(f"What answers at {base} is no OpenLFR hub: check the address.") from error
    if pin[:_PIN_BYTES] != code.pin:
        raise EnrolmentError(
            f"What answers at {base} is not the hub this code was made by. The code was not sent to it: "
            "check the address, and who is on this network."
        )
    signed = sign_request(signer, request).to_bytes()
    content = _exchanged(client_context(authority), "POST", base + ENROLMENT_PATH, signed)
    try:
        same = pin_of(read_answer(content).authority.encode()) == pin
    except (SignatureInvalidError, ValueError) as error:
        raise EnrolmentError(f"The hub's answer cannot be used: {error} Have a new code made.") from error
    if not same:
        raise EnrolmentError("The hub answered with another authority than it showed at first: have a new code made.")
    return SignedDocument.from_bytes(content)


def _exchanged(context: ssl.SSLContext, method: str, url: str, content: bytes | None = None) -> bytes:
    """The body of an answer of 200, not longer than `MOST_BYTES`."""
    try:
        with (
            httpx.Client(verify=context, timeout=_TIMEOUT_S, trust_env=False) as client,
            client.stream(method, url, content=content, headers={"Content-Type": "application/json"}) as response,
        ):
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise EnrolmentError(f"What answers at {url} is no OpenLFR hub: it sends too much.")
    except httpx.HTTPError as error:
        raise EnrolmentError(f"The hub cannot be reached at {url}: {error}.") from error
    if response.status_code != httpx.codes.OK:
        raise EnrolmentError(f"The hub refuses: {_reason(response.status_code, body)}")
    return body


def _reason(status: int, body: bytes) -> str:
    """The sentence in a problem document (RFC 9457), if it is one."""
    try:
        document = httpx.Response(status, content=body).json()
    except ValueError:
        document = None
    match document:
        case {"detail": str(detail)}:
            return detail[:500]
        case _:
            return f"it answers with status {status}."


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(b"openlfr enrolment code v1" + body).digest()[:1]
