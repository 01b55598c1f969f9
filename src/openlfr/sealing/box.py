"""Sealed values: AES-256-GCM, bound to the place they belong, and marked so that a fragment on a disk is recognised.

Layout of a sealed value: a mark, then 12 bytes of nonce and the ciphertext with its 16-byte tag, with the mark repeated
after every 1,024 bytes and at the end. A mark is 8 fixed bytes (they carry the format's version), the 16 bytes of the
key's id, and the id's CRC-32, so that a mark cut in two by the end of a page is not taken for another key's. Any piece
of 1,024 + 55 bytes or more, such as a database page, an overflow page or a write-ahead-log frame, therefore still names
its key; that is how `openlfr verify deletion` finds what no table refers to any more.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openlfr.sealing.errors import SealBrokenError

MAGIC = b"\xf3olfrS\x01\xe5"
KEY_ID_BYTES = 16
_CHECK_BYTES = 4
MARK_BYTES = len(MAGIC) + KEY_ID_BYTES + _CHECK_BYTES
_NONCE_BYTES = 12
_TAG_BYTES = 16
_STRIDE = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs. Sealed for one place, it does not open in another."""

    table: str
    column: str
    row: str

    def associated_data(self, key_id: str) -> bytes:
        """Unambiguous bytes of format, key and place: each part is preceded by its length."""
        parts = (MAGIC, bytes.fromhex(key_id), self.table.encode(), self.column.encode(), self.row.encode())
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark found in raw bytes: which key sealed what stands there, and where."""

    key_id: str
    offset: int


def seal(key_id: str, secret: bytes | bytearray, content: bytes, place: Place) -> bytes:
    """Seal `content` for `place`. `key_id` is 32 hexadecimal digits, `secret` the 32 bytes of that key."""
    nonce = os.urandom(_NONCE_BYTES)
    body = nonce + AESGCM(secret).encrypt(nonce, content, place.associated_data(key_id))
    mark = _mark(bytes.fromhex(key_id))
    pieces = (body[start : start + _STRIDE] + mark for start in range(0, len(body), _STRIDE))
    return mark + b"".join(pieces)


def sealing_key(sealed: bytes) -> str:
    """The id of the key that a sealed value needs. Raises SealBrokenError when it is not a sealed value."""
    if len(sealed) < MARK_BYTES + _NONCE_BYTES + _TAG_BYTES + MARK_BYTES or not sealed.startswith(MAGIC):
        raise SealBrokenError("This is not a sealed value of a known format, or it was cut short.")
    return sealed[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()


def unseal(secret: bytes | bytearray, sealed: bytes, place: Place) -> bytes:
    """The content of a sealed value. Raises SealBrokenError when anything about it, its key or its place is wrong."""
    key_id = sealing_key(sealed)
    mark = sealed[:MARK_BYTES]
    framed = sealed[MARK_BYTES:]
    frames = [framed[start : start + _STRIDE + MARK_BYTES] for start in range(0, len(framed), _STRIDE + MARK_BYTES)]
    if not all(frame.endswith(mark) for frame in frames):
        raise SealBrokenError(
            f"The sealed value in {place.table}.{place.column} of row {place.row} was altered or cut."
        )
    body = b"".join(frame[:-MARK_BYTES] for frame in frames)
    try:
        return AESGCM(secret).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], place.associated_data(key_id))
    except InvalidTag as error:
        raise SealBrokenError(
            f"The sealed value in {place.table}.{place.column} of row {place.row} was altered, or belongs elsewhere."
        ) from error


def find_marks(content: bytes, offset: int = 0) -> Iterator[Mark]:
    """Every mark in raw bytes, with its position counted from `offset`."""
    start = content.find(MAGIC)
    while start >= 0:
        mark = content[start : start + MARK_BYTES]
        key_id = mark[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES]
        if mark == _mark(key_id):
            yield Mark(key_id.hex(), offset + start)
        start = content.find(MAGIC, start + 1)


def _mark(key_id: bytes) -> bytes:
    return MAGIC + key_id + zlib.crc32(key_id).to_bytes(_CHECK_BYTES)
