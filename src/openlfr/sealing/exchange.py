"""Sealing to somebody's public key: HPKE (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM.

Says nothing about who sealed: what is sent is signed as well, see `signature`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from openlfr.sealing.errors import SealBrokenError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_CONTENT_KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class ExchangePublicKey:
    """Whom something can be sealed to: 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise ValueError("A public key for sealing has 32 bytes.")


class ExchangeKey:
    """The key pair of a node or hub that opens what was sealed to it. `secret`: 32 random bytes, from the vault."""

    def __init__(self, secret: bytes | bytearray) -> None:
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self.public = ExchangePublicKey(self._private.public_key().public_bytes_raw())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """What `seal_to` sealed for this key in this context. Raises SealBrokenError for anything else."""
        try:
            return _SUITE.decrypt(sealed, self._private, context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(
                f"The sealed {context} was altered, or is meant for another recipient or purpose."
            ) from error


def seal_to(recipient: ExchangePublicKey, content: bytes, context: str) -> bytes:
    """Seal for one recipient. `context` names what it is ("alert", "watchlist bundle"); opening must name the same."""
    public = X25519PublicKey.from_public_bytes(recipient.raw)
    return _SUITE.encrypt(content, public, context.encode())


@dataclass(frozen=True, slots=True)
class SharedSeal:
    """One content sealed once, and its key sealed to each of several recipients."""

    sealed_keys: tuple[tuple[ExchangePublicKey, bytes], ...]
    sealed_content: bytes

    def unseal(self, key: ExchangeKey, context: str) -> bytes:
        """The content, for one of the recipients. Raises SealBrokenError for anybody else, or when it was altered."""
        for recipient, sealed_key in self.sealed_keys:
            if recipient == key.public:
                content_key = key.unseal(sealed_key, context)
                nonce, body = self.sealed_content[:_NONCE_BYTES], self.sealed_content[_NONCE_BYTES:]
                try:
                    return AESGCM(content_key).decrypt(nonce, body, context.encode())
                except (InvalidTag, ValueError) as error:
                    raise SealBrokenError(f"The sealed {context} was altered on its way.") from error
        raise SealBrokenError(f"The sealed {context} is not meant for this machine.")


def seal_to_each(recipients: Sequence[ExchangePublicKey], content: bytes, context: str) -> SharedSeal:
    """Seal once for several recipients, such as a watchlist for the nodes of its deployment."""
    content_key = os.urandom(_CONTENT_KEY_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    return SharedSeal(
        sealed_keys=tuple((recipient, seal_to(recipient, content_key, context)) for recipient in recipients),
        sealed_content=nonce + AESGCM(content_key).encrypt(nonce, content, context.encode()),
    )
