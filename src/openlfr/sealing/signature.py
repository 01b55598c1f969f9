"""Signed documents: Ed25519 over the exact bytes, with the type of the document signed along.

The type keeps a signature made for one purpose (a plan, a receipt, a tree head) from being used for another.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Annotated, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Base64Bytes, BaseModel, ConfigDict, StringConstraints, ValidationError

from openlfr.sealing.canonical import JsonValue, canonical_bytes, parse_canonical
from openlfr.sealing.errors import SignatureInvalidError

_DOMAIN = b"openlfr signed document v1"


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """Whose signature it is: 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise ValueError("A public key for signatures has 32 bytes.")

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that people can compare aloud: the beginning of the key's SHA-256."""
        return hashlib.sha256(self.raw).hexdigest()[:32]

    def check(self, kind: str, body: bytes, signature: bytes) -> None:
        """Raises SignatureInvalidError unless the holder of this key signed exactly this kind and body."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, _signed_bytes(kind, body))
        except InvalidSignature as error:
            raise SignatureInvalidError(
                f"The signature of this {kind} is not valid: it was altered, or signed by somebody else."
            ) from error


class SigningKey:
    """The key pair a hub or node signs with. `secret`: 32 random bytes, from the vault."""

    def __init__(self, secret: bytes | bytearray) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = VerifyKey(self._private.public_key().public_bytes_raw())

    def sign(self, kind: str, body: bytes) -> bytes:
        """64 bytes of signature over a kind of document and its bytes."""
        return self._private.sign(_signed_bytes(kind, body))

    def sign_document(self, kind: str, content: JsonValue) -> "SignedDocument":
        """Sign a value in its canonical form."""
        body = canonical_bytes(content)
        return SignedDocument(kind, body, self.public, self.sign(kind, body))


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)

    kind: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    body: Base64Bytes
    signer: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """Bytes with their kind, signer and signature, as stored and sent. Nothing in it is trusted before `opened_by`."""

    kind: str
    body: bytes
    signer: VerifyKey
    signature: bytes

    def opened_by(self, trusted: VerifyKey, kind: str) -> JsonValue:
        """The content, once the signature proves to be `trusted`'s, over a document of this kind.

        Raises SignatureInvalidError when the document is of another kind, was altered or has another signer.
        """
        if self.kind != kind:
            raise SignatureInvalidError(f"A {kind} was expected, and this is a {self.kind}.")
        trusted.check(self.kind, self.body, self.signature)
        try:
            return parse_canonical(self.body)
        except ValueError as error:
            raise SignatureInvalidError(f"The {kind} is signed, but is not a document in canonical form.") from error

    def to_bytes(self) -> bytes:
        """The document as one line of JSON."""
        return canonical_bytes(
            {
                "body": base64.b64encode(self.body).decode(),
                "kind": self.kind,
                "signature": self.signature.hex(),
                "signer": self.signer.raw.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote, verifying nothing yet. Raises SignatureInvalidError otherwise."""
        try:
            envelope = _Envelope.model_validate_json(content)
        except ValidationError as error:
            raise SignatureInvalidError("This is not a signed document, or it was cut short.") from error
        return cls(
            envelope.kind,
            envelope.body,
            VerifyKey(bytes.fromhex(envelope.signer)),
            bytes.fromhex(envelope.signature),
        )


def _signed_bytes(kind: str, body: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in (_DOMAIN, kind.encode(), body))
