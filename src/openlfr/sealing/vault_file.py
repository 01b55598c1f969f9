"""The bytes of a vault file: a header in clear, and one authenticated body with every key.

magic | length of header (4 bytes, big-endian) | header (JSON) | nonce (12) | AES-256-GCM body with tag (16)

Body: per key 1 byte of purpose, 16 of id, 32 of secret. Everything before the nonce is authenticated with the body,
so that no part of one vault file can be joined to a part of another.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from openlfr.sealing.errors import VaultDamagedError, WrongUnlockError
from openlfr.sealing.unlock import KeyFile, Passphrase, Unlock

_MAGIC = b"OPENLFR-VAULT\x00\x01\n"
_LENGTH = struct.Struct(">I")
_MAX_HEADER_BYTES = 4096
_NONCE_BYTES = 12
_KEY_RECORD = struct.Struct(">B16s32s")
SECRET_BYTES = 32

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class KeyPurpose(IntEnum):
    """What a key is for. Every watchlist, alert and deployment has its own; the others are one of a kind.

    `BUS` is the seed of a node's or hub's key on the bus; from `TLS_AUTHORITY` a hub derives its authority for
    certificates.
    """

    WATCHLIST = 1
    ALERT = 2
    DEPLOYMENT = 3
    STAFF = 4
    AUDIT = 5
    REGISTER = 6
    SIGNING = 7
    EXCHANGE = 8
    BUS = 9
    TLS_AUTHORITY = 10


@dataclass(frozen=True, slots=True)
class VaultKey:
    """One key: an id of 32 hexadecimal digits, and 32 secret bytes, zeroed when the vault lets go of them."""

    id: str
    purpose: KeyPurpose
    secret: bytearray = field(repr=False, compare=False)


class Stretching(BaseModel):
    """How the passphrase or key file becomes the key that wraps the master key.

    A passphrase goes through Argon2id (by default RFC 9106's second recommendation: 3 passes over 64 MiB, 4 lanes);
    a key file, random already, through HKDF-SHA256. The bounds keep a doctored file from asking for all memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["argon2id", "hkdf-sha256"]
    salt: _Id
    iterations: int = Field(default=3, ge=1, le=64)
    lanes: int = Field(default=4, ge=1, le=16)
    memory_kib: int = Field(default=64 * 1024, ge=32, le=4 * 1024 * 1024)

    def wrapping_key(self, unlock: Unlock) -> bytearray:
        """32 bytes. Raises WrongUnlockError for a passphrase where a key file is needed, or the other way about."""
        salt = bytes.fromhex(self.salt)
        match unlock, self.method:
            case Passphrase(text), "argon2id":
                argon = Argon2id(
                    salt=salt,
                    length=SECRET_BYTES,
                    iterations=self.iterations,
                    lanes=self.lanes,
                    memory_cost=self.memory_kib,
                )
                return bytearray(argon.derive(text.encode()))
            case KeyFile(content), "hkdf-sha256":
                hkdf = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=salt, info=b"openlfr vault key file v1")
                return bytearray(hkdf.derive(content))
            case _, "argon2id":
                raise WrongUnlockError("This vault is opened with a passphrase, and was given a key file.")
            case _:
                raise WrongUnlockError("This vault is opened with a key file, and was given a passphrase.")


class VaultHeader(BaseModel):
    """What stands in clear before the keys. `generation` counts rewrites, and tells an old copy from the newest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vault_id: _Id
    generation: int = Field(ge=1)
    stretching: Stretching
    wrapped_master: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{80}$")]

    def master_key(self, wrapping_key: bytearray) -> bytearray:
        """The master key, unwrapped (RFC 3394). Raises WrongUnlockError when the wrapping key is another's."""
        try:
            return bytearray(aes_key_unwrap(bytes(wrapping_key), bytes.fromhex(self.wrapped_master)))
        except InvalidUnwrap as error:
            raise WrongUnlockError(
                "The passphrase or key file does not open this vault. Nothing was changed: try the right one."
            ) from error


def wrap_master(wrapping_key: bytearray, master: bytearray) -> str:
    """The master key wrapped (RFC 3394), in hexadecimal digits, as the header holds it."""
    return aes_key_wrap(bytes(wrapping_key), bytes(master)).hex()


def encode_vault(header: VaultHeader, master: bytearray, keys: Mapping[str, VaultKey]) -> bytes:
    """The whole file."""
    header_bytes = header.model_dump_json().encode()
    clear = _MAGIC + _LENGTH.pack(len(header_bytes)) + header_bytes
    body = bytearray(
        b"".join(_KEY_RECORD.pack(key.purpose, bytes.fromhex(key.id), key.secret) for key in keys.values())
    )
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(master).encrypt(nonce, body, clear)
    zero(body)
    return clear + nonce + sealed


def decode_header(content: bytes) -> VaultHeader:
    """The header of a vault file. Raises VaultDamagedError when these bytes do not begin like one."""
    start = len(_MAGIC) + _LENGTH.size
    if len(content) < start or not content.startswith(_MAGIC):
        raise VaultDamagedError(
            "This file is not a vault, or its beginning was destroyed. Restore it from its newest backup."
        )
    (length,) = _LENGTH.unpack_from(content, len(_MAGIC))
    if length > _MAX_HEADER_BYTES or len(content) < start + length:
        raise VaultDamagedError("The vault file is cut short. Restore it from its newest backup.")
    try:
        return VaultHeader.model_validate_json(content[start : start + length])
    except ValidationError as error:
        raise VaultDamagedError("The vault file's header was altered. Restore it from its newest backup.") from error


def decode_keys(content: bytes, master: bytearray) -> dict[str, VaultKey]:
    """The keys of a vault file, by id. Raises VaultDamagedError when anything in the file was altered or cut."""
    (length,) = _LENGTH.unpack_from(content, len(_MAGIC))
    end = len(_MAGIC) + _LENGTH.size + length
    try:
        body = bytearray(
            AESGCM(master).decrypt(content[end : end + _NONCE_BYTES], content[end + _NONCE_BYTES :], content[:end])
        )
    except (InvalidTag, ValueError) as error:
        raise VaultDamagedError(
            "The vault file was altered or cut short. Restore it from its newest backup."
        ) from error
    keys = {
        key_id.hex(): VaultKey(key_id.hex(), KeyPurpose(purpose), bytearray(secret))
        for purpose, key_id, secret in _KEY_RECORD.iter_unpack(body)
    }
    zero(body)
    return keys


def zero(secret: bytearray) -> None:
    """Overwrite secret bytes in memory: best effort, as Python and the cipher may have copied them."""
    secret[:] = bytes(len(secret))
