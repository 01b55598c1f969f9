"""An alert on its way: signed by the node that raised it, then sealed to its hub, so that no store in between reads it.

magic | statement, signed | each picture of the passage | each reference picture; before each its length (4 bytes,
big-endian)

The statement holds the alert, or what was seen after one, and the hashes of its pictures, in their order; all of it is
sealed (`sealing.exchange`).
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from openlfr.link.bus import LARGEST_MESSAGE_BYTES
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import AlertId, NodeId
from openlfr.policy.raised_alert import MOST_PICTURES, AlertPictures, LaterShots, RaisedAlert, may_carry
from openlfr.policy.refusal import Refusal
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey, seal_to
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

ALERT_KIND: Final = "raised alert"
LATER_KIND: Final = "later shots"
LARGEST_ALERT_BYTES: Final = LARGEST_MESSAGE_BYTES - 4096
_CONTEXT: Final = "alert"
_MAGIC: Final = b"OPENLFR-ALERT\x00\x01\n"
_LENGTH: Final = struct.Struct(">I")
_MOST_PARTS: Final = 1 + 2 * MOST_PICTURES


@dataclass(frozen=True, slots=True)
class _Statement:
    about: RaisedAlert | LaterShots
    probes_sha256: tuple[str, ...]
    candidates_sha256: tuple[str, ...]


def seal_alert(
    raised: RaisedAlert, pictures: AlertPictures, signer: SigningKey, hub_exchange_key: ExchangePublicKey
) -> bytes:
    """What a node puts on the bus. Raises ValueError for pictures that may not be sent: `policy.may_carry`."""
    match may_carry(raised, pictures):
        case Refusal(sentence=sentence):
            raise ValueError(sentence)
    return _sealed(ALERT_KIND, raised, pictures, signer, hub_exchange_key)


def seal_later_shots(
    later: LaterShots, probes: Sequence[bytes], signer: SigningKey, hub_exchange_key: ExchangePublicKey
) -> bytes:
    """What a node sends after an alert. Raises ValueError for pictures that are larger than may be sent."""
    return _sealed(LATER_KIND, later, AlertPictures(tuple(probes), ()), signer, hub_exchange_key)


def later_message(alert: AlertId) -> str:
    """What the message with the later shots of an alert is called on the bus, where the alert's is called as itself."""
    return f"{alert}.later"


def _sealed(
    kind: str,
    about: RaisedAlert | LaterShots,
    pictures: AlertPictures,
    signer: SigningKey,
    hub_exchange_key: ExchangePublicKey,
) -> bytes:
    statement = _Statement(about, _hashes(pictures.probes), _hashes(pictures.candidates))
    signed = signer.sign_document(kind, to_document(statement)).to_bytes()
    parts = (signed, *pictures.probes, *pictures.candidates)
    plain = _MAGIC + b"".join(_LENGTH.pack(len(part)) + part for part in parts)
    sealed = seal_to(hub_exchange_key, plain, _CONTEXT)
    if len(sealed) > LARGEST_ALERT_BYTES:
        raise ValueError(f"An alert with pictures of {len(plain)} bytes is too large to be sent.")
    return sealed


def open_alert(
    content: bytes, hub_exchange: ExchangeKey, node_key_of: Callable[[NodeId], VerifyKey | None]
) -> tuple[RaisedAlert | LaterShots, AlertPictures]:
    """What `seal_alert` or `seal_later_shots` sealed for this hub, the latter without reference pictures. `node_key_of`
    gives the key of a node that the hub knows and trusts.

    Raises SealBrokenError when it was altered or is meant for another hub, SignatureInvalidError when no node of this
    hub signed it, or another than it names.
    """
    if len(content) > LARGEST_ALERT_BYTES:
        raise SignatureInvalidError("This is larger than any alert.")
    signed, *files = _taken_apart(hub_exchange.unseal(content, _CONTEXT))
    document = SignedDocument.from_bytes(signed)
    # Whose key it must be stands in what is signed, so it is read once before and counts only after the check.
    key = node_key_of(_statement(document).about.node)
    if key is None or document.signer != key:
        raise SignatureInvalidError("The alert names a node that this hub does not know, or was signed by another.")
    statement = _statement(document)
    document.opened_by(key, ALERT_KIND if isinstance(statement.about, RaisedAlert) else LATER_KIND)
    if _hashes(files) != (*statement.probes_sha256, *statement.candidates_sha256):
        raise SignatureInvalidError("The pictures of this alert are not those that its node signed.")
    probes = len(statement.probes_sha256)
    return statement.about, AlertPictures(tuple(files[:probes]), tuple(files[probes:]))


def _statement(document: SignedDocument) -> _Statement:
    try:
        return from_document(_Statement, parse_canonical(document.body))
    except (DocumentError, ValueError) as error:
        raise SignatureInvalidError("The alert is of a form that this version does not know.") from error


def _taken_apart(plain: bytes) -> tuple[bytes, ...]:
    """The statement and the pictures."""
    if not plain.startswith(_MAGIC):
        raise SignatureInvalidError("This is no alert, or of a form that this version does not know.")
    parts: list[bytes] = []
    place = len(_MAGIC)
    while place < len(plain) and len(parts) <= _MOST_PARTS:
        start = place + _LENGTH.size
        place = start + int.from_bytes(plain[place:start], "big")
        parts.append(plain[start:place])
    if place != len(plain) or not 1 <= len(parts) <= _MOST_PARTS:
        raise SignatureInvalidError("The alert is cut short, or longer than any.")
    return tuple(parts)


def _hashes(files: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(hashlib.sha256(each).hexdigest() for each in files)
