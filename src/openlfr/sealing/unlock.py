"""What opens the vault: a passphrase or a key file, taken from the environment or asked for, never from arguments."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openlfr.sealing.errors import WrongUnlockError

PASSPHRASE_VARIABLE = "OPENLFR_VAULT_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE_VARIABLE = "OPENLFR_VAULT_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
KEY_FILE_VARIABLE = "OPENLFR_VAULT_KEY_FILE"

MIN_PASSPHRASE_LENGTH = 12
KEY_FILE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase that people remember; stretched with Argon2id."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """At least 32 random bytes, on a removable medium or handed over by the system's credential store."""

    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.content) < KEY_FILE_BYTES:
            raise WrongUnlockError(
                f"A key file must hold at least {KEY_FILE_BYTES} random bytes, this one has {len(self.content)}. "
                "Make one with: openlfr keys init --key-file FILE."
            )


Unlock = Passphrase | KeyFile


def new_key_file(path: Path) -> KeyFile:
    """Write a fresh key file, readable by its owner only. Raises FileExistsError rather than overwrite one."""
    content = os.urandom(KEY_FILE_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return KeyFile(content)


def find_unlock(environment: Mapping[str, str], ask: Callable[[], str] | None = None) -> Unlock:
    """The vault's opener: key file, passphrase file, passphrase variable, or the answer of `ask`, in that order.

    Raises WrongUnlockError, naming the variables, when none is given and nobody can be asked.
    """
    if path := environment.get(KEY_FILE_VARIABLE):
        return KeyFile(_read(path, KEY_FILE_VARIABLE))
    if path := environment.get(PASSPHRASE_FILE_VARIABLE):
        return Passphrase(_read(path, PASSPHRASE_FILE_VARIABLE).decode("utf-8", "strict").rstrip("\r\n"))
    if passphrase := environment.get(PASSPHRASE_VARIABLE):
        return Passphrase(passphrase)
    if ask is not None:
        return Passphrase(ask())
    raise WrongUnlockError(
        f"The vault needs its passphrase or key file: set {PASSPHRASE_VARIABLE}, {PASSPHRASE_FILE_VARIABLE} "
        f"or {KEY_FILE_VARIABLE}."
    )


def _read(path: str, variable: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise WrongUnlockError(f"{variable} names {path}, which cannot be read: {error.strerror}.") from error
