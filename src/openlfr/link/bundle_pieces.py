"""A watchlist bundle in pieces that fit into a message; the answers to `BundleWanted`.

length (4 bytes, big-endian) | what the piece is, in canonical form | the bytes

Nothing here is signed: the bundle is, over every byte, and a piece that was altered spoils it.
"""

import struct
from dataclasses import dataclass
from typing import Final

from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.sealing.canonical import canonical_bytes, parse_canonical

PIECE_BYTES: Final = 1 << 20
_LENGTH: Final = struct.Struct(">I")
_MOST_HEADER_BYTES: Final = 4096


class NoPieceError(ValueError):
    """What came is no piece of a bundle."""


@dataclass(frozen=True, slots=True)
class BundlePiece:
    """`content` stands at `offset` of the `total` bytes of `bundle`. Where `refusal` says why there is none, the rest
    is empty."""

    bundle: str
    offset: int
    total: int
    content: bytes = b""
    refusal: str = ""

    def to_bytes(self) -> bytes:
        header = canonical_bytes(to_document(_Header(self.bundle, self.offset, self.total, self.refusal)))
        return _LENGTH.pack(len(header)) + header + self.content


@dataclass(frozen=True, slots=True)
class _Header:
    bundle: str
    offset: int
    total: int
    refusal: str


def piece_of(bundle: str, content: bytes, offset: int) -> BundlePiece:
    """The piece of a whole bundle that begins at `offset`. Raises ValueError beyond its end."""
    if not 0 <= offset < len(content):
        raise ValueError(f"The bundle has no byte {offset}.")
    return BundlePiece(bundle, offset, len(content), content[offset : offset + PIECE_BYTES])


def refused_piece(reason: str) -> BundlePiece:
    """The answer to a wish that is not granted, with the reason in a sentence."""
    return BundlePiece("", 0, 0, refusal=reason)


def read_piece(message: bytes) -> BundlePiece:
    """The inverse of `BundlePiece.to_bytes`. Raises NoPieceError."""
    start = _LENGTH.size
    if len(message) < start:
        raise NoPieceError("The hub's answer is no piece of a bundle.")
    (length,) = _LENGTH.unpack_from(message)
    if length > _MOST_HEADER_BYTES or len(message) - start - length > PIECE_BYTES:
        raise NoPieceError("The hub's answer is no piece of a bundle.")
    try:
        header = from_document(_Header, parse_canonical(message[start : start + length]))
    except (DocumentError, ValueError) as error:
        raise NoPieceError("The hub's answer is no piece of a bundle of a known form.") from error
    return BundlePiece(header.bundle, header.offset, header.total, message[start + length :], header.refusal)
