"""An alert on its way: signed by the node that raised it, then sealed to its hub, so that no store in between reads it.

magic | length (4 bytes, big-endian) and statement, signed | length (4 bytes) and probe | candidate

The statement holds the alert and the hashes of both pictures; all of it is sealed (`sealing.exchange`).
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from openlfr.link.bus import LARGEST_MESSAGE_BYTES
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import NodeId
from openlfr.policy.raised_alert import LARGEST_PICTURE_BYTES, AlertPictures, RaisedAlert
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey, seal_to
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

ALERT_KIND: Final = "raised alert"
LARGEST_ALERT_BYTES: Final = LARGEST_MESSAGE_BYTES - 4096
_CONTEXT: Final = "alert"
_MAGIC: Final = b"OPENLFR-ALERT\x00\x01\n"
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class _Statement:
    raised: RaisedAlert
    probe_sha256: str
    candidate_sha256: str


def seal_alert(
    raised: RaisedAlert, pictures: AlertPictures, signer: SigningKey, hub_exchange_key: ExchangePublicKey
) -> bytes:
    """What a node puts on the bus. Raises ValueError for pictures that are larger than may be sent."""
    statement = _Statement(raised, _hash(pictures.probe), _hash(pictures.candidate))
    signed = signer.sign_document(ALERT_KIND, to_document(statement)).to_bytes()
    probe = _LENGTH.pack(len(pictures.probe)) + pictures.probe
    plain = b"".join((_MAGIC, _LENGTH.pack(len(signed)), signed, probe, pictures.candidate))
    sealed = seal_to(hub_exchange_key, plain, _CONTEXT)
    if max(len(pictures.probe), len(pictures.candidate)) > LARGEST_PICTURE_BYTES or len(sealed) > LARGEST_ALERT_BYTES:
        raise ValueError(f"An alert with pictures of {len(plain)} bytes is too large to be sent.")
    return sealed


def open_alert(
    content: bytes, hub_exchange: ExchangeKey, node_key_of: Callable[[NodeId], VerifyKey | None]
) -> tuple[RaisedAlert, AlertPictures]:
    """What `seal_alert` sealed for this hub. `node_key_of` gives the key of a node that the hub knows and trusts.

    Raises SealBrokenError when it was altered or is meant for another hub, SignatureInvalidError when no node of this
    hub signed it, or another than it names.
    """
    if len(content) > LARGEST_ALERT_BYTES:
        raise SignatureInvalidError("This is larger than any alert.")
    signed, probe, candidate = _taken_apart(hub_exchange.unseal(content, _CONTEXT))
    document = SignedDocument.from_bytes(signed)
    # Whose key it must be stands in what is signed, so it is read once before and counts only after the check.
    key = node_key_of(_statement(document).raised.node)
    if key is None or document.signer != key:
        raise SignatureInvalidError("The alert names a node that this hub does not know, or was signed by another.")
    document.opened_by(key, ALERT_KIND)
    statement = _statement(document)
    if (_hash(probe), _hash(candidate)) != (statement.probe_sha256, statement.candidate_sha256):
        raise SignatureInvalidError("The pictures of this alert are not those that its node signed.")
    return statement.raised, AlertPictures(probe, candidate)


def _statement(document: SignedDocument) -> _Statement:
    try:
        return from_document(_Statement, parse_canonical(document.body))
    except (DocumentError, ValueError) as error:
        raise SignatureInvalidError("The alert is of a form that this version does not know.") from error


def _taken_apart(plain: bytes) -> tuple[bytes, bytes, bytes]:
    if not plain.startswith(_MAGIC):
        raise SignatureInvalidError("This is no alert, or of a form that this version does not know.")
    signed, rest = _counted(plain[len(_MAGIC) :])
    probe, candidate = _counted(rest)
    return signed, probe, candidate


def _counted(content: bytes) -> tuple[bytes, bytes]:
    """So many bytes as are announced, and the rest."""
    if len(content) < _LENGTH.size:
        raise SignatureInvalidError("The alert is cut short.")
    (length,) = _LENGTH.unpack_from(content)
    end = _LENGTH.size + length
    if len(content) < end:
        raise SignatureInvalidError("The alert is cut short.")
    return content[_LENGTH.size : end], content[end:]


def _hash(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()
