"""The vault: a small file, apart from the database and its backups, that holds every key.

It is rewritten whole at each change, and the replaced file overwritten: a key that was removed is in no file any
more. So destroying a key is final as far as a file system can promise it; what it cannot promise (blocks that flash
storage keeps aside) is sealed under the passphrase or key file.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from openlfr.sealing.durable import ReplacedWhole
from openlfr.sealing.errors import (
    KeyNotInVaultError,
    VaultBusyError,
    VaultDamagedError,
    VaultExistsError,
    VaultMissingError,
    VaultNotWrittenError,
    VaultRekeyedError,
    WrongUnlockError,
)
from openlfr.sealing.unlock import MIN_PASSPHRASE_LENGTH, KeyFile, Passphrase, Unlock
from openlfr.sealing.vault_file import (
    SECRET_BYTES,
    KeyPurpose,
    Stretching,
    VaultHeader,
    VaultKey,
    decode_header,
    decode_keys,
    encode_vault,
    wrap_master,
    zero,
)

VAULT_FILE: Final = "vault.keys"
_LOCK_FILE: Final = "vault.lock"
_LOCK_WAIT_S: Final = 15.0
_LOCK_POLL_S: Final = 0.01
_SOLE_PURPOSES: Final = (
    KeyPurpose.STAFF,
    KeyPurpose.AUDIT,
    KeyPurpose.REGISTER,
    KeyPurpose.SIGNING,
    KeyPurpose.EXCHANGE,
    KeyPurpose.BUS,
    KeyPurpose.TLS_AUTHORITY,
)

_Version = tuple[int, int, int]


class Vault:
    """An open vault. Safe for several threads, and for several processes on one folder.

    Every look-up notices when another process rewrote the file, so a key destroyed there is gone here too. Keys and
    ids come from the system's random source.
    """

    def __init__(self, folder: Path, wrapping_key: bytearray, header: VaultHeader, content: bytes) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._file = ReplacedWhole(folder / VAULT_FILE)
        self._wrapping_key = wrapping_key
        self._header = header
        self._keys = decode_keys(content, header.master_key(wrapping_key))
        self._version: _Version = _version_of(self._file.path)
        self._guard = threading.RLock()

    @classmethod
    def create(cls, folder: Path, unlock: Unlock, stretching: Stretching | None = None) -> "Vault":
        """Make a new vault in `folder` (made if absent, readable by its owner only), with its keys of one kind.

        `stretching` replaces the default cost of trying passphrases. Raises VaultExistsError rather than touch one that
        is there, WrongUnlockError for a passphrase under 12 characters, VaultNotWrittenError when the disk refuses.
        """
        _refuse_weak(unlock)
        stretching = stretching or _new_stretching(unlock)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(folder, exclusive=True):
                file = ReplacedWhole(folder / VAULT_FILE)
                if file.path.exists():
                    raise VaultExistsError(f"There is a vault in {folder} already. Open it, or name another folder.")
                wrapping_key = stretching.wrapping_key(unlock)
                master = bytearray(os.urandom(SECRET_BYTES))
                header = VaultHeader(
                    vault_id=os.urandom(16).hex(),
                    generation=1,
                    stretching=stretching,
                    wrapped_master=wrap_master(wrapping_key, master),
                )
                keys = {key.id: key for key in map(_new_key, _SOLE_PURPOSES)}
                content = encode_vault(header, master, keys)
                zero(master)
                file.replace(content)
                return cls(folder, wrapping_key, header, content)
        except OSError as error:
            raise VaultNotWrittenError(f"No vault could be made in {folder}: {error.strerror}.") from error

    @classmethod
    def open(cls, folder: Path, unlock: Unlock) -> "Vault":
        """Open the vault in `folder`.

        Never makes a vault and never changes one, but for ending what an interrupted rewrite left of the old file.
        Raises VaultMissingError, WrongUnlockError, VaultDamagedError or VaultBusyError.
        """
        _refuse_missing(folder)
        _end_leftovers(folder)
        with _locked(folder, exclusive=False):
            content = _read(folder)
            header = decode_header(content)
            return cls(folder, header.stretching.wrapping_key(unlock), header, content)

    @property
    def id(self) -> str:
        """Names this vault for good; a database remembers which vault it belongs to."""
        return self._header.vault_id

    @property
    def generation(self) -> int:
        """How often the vault was rewritten: a copy with a lower number is an old one."""
        with self._guard:
            self._refresh()
            return self._header.generation

    def key(self, key_id: str) -> VaultKey:
        """The key of this id. Raises KeyNotInVaultError once it is destroyed, in this or another process."""
        with self._guard:
            self._refresh()
            try:
                return self._keys[key_id]
            except KeyError:
                raise KeyNotInVaultError(
                    f"Key {key_id} is not in the vault: it was destroyed, and what it sealed is gone with it."
                ) from None

    def sole_key(self, purpose: KeyPurpose) -> VaultKey:
        """The one key of a purpose that has only one, made now in a vault that is older than the purpose.

        Raises VaultNotWrittenError when it has to be made and the disk refuses.
        """
        if purpose not in _SOLE_PURPOSES:
            raise ValueError(f"There are many {purpose.name} keys; name one by its id.")
        with self._guard:
            self._refresh()
            return self._found(purpose) or self._added(purpose)

    def key_ids(self, purpose: KeyPurpose | None = None) -> frozenset[str]:
        """The ids of all keys, or of those of one purpose."""
        with self._guard:
            self._refresh()
            return frozenset(key.id for key in self._keys.values() if purpose in (None, key.purpose))

    def create_keys(self, purpose: KeyPurpose, count: int = 1) -> list[VaultKey]:
        """Make `count` keys in one rewrite of the file: on the disk before they are returned.

        Raises VaultNotWrittenError with nothing changed.
        """
        if purpose in _SOLE_PURPOSES:
            raise ValueError(f"The vault has one {purpose.name} key, made with it.")
        made = [_new_key(purpose) for _ in range(count)]
        with self._changing() as keys:
            self._rewrite({**keys, **{key.id: key for key in made}})
        return made

    def destroy_keys(self, key_ids: Iterable[str]) -> frozenset[str]:
        """Remove keys for good, in one rewrite of the file; the ids that were there. Safe to repeat.

        Raises ValueError for keys that are one of a kind, VaultNotWrittenError with nothing changed.
        """
        with self._changing() as keys:
            doomed = frozenset(key_ids) & keys.keys()
            if any(keys[key_id].purpose in _SOLE_PURPOSES for key_id in doomed):
                raise ValueError("Only keys of watchlists, alerts and deployments are ever destroyed.")
            if doomed:
                self._rewrite({key_id: key for key_id, key in keys.items() if key_id not in doomed})
                for key_id in doomed:
                    zero(keys[key_id].secret)
        return doomed

    def rotate(self, unlock: Unlock | None = None) -> None:
        """Take a new master key, and a new passphrase or key file if one is given.

        One atomic rewrite: if it is cut short the old vault is valid, and the command can simply be run again.
        Programs that have the vault open go on unless the passphrase or key file changed.
        """
        if unlock is not None:
            _refuse_weak(unlock)
        with self._changing() as keys:
            if unlock is None:
                self._rewrite(keys, fresh_master=True)
                return
            stretching = _new_stretching(unlock)
            wrapping_key = stretching.wrapping_key(unlock)
            self._rewrite(keys, fresh_master=True, rewrapping=(stretching, wrapping_key))

    def close(self) -> None:
        """Zero every key in memory. The vault object cannot be used afterwards."""
        with self._guard:
            for key in self._keys.values():
                zero(key.secret)
            self._keys = {}
            zero(self._wrapping_key)

    def _found(self, purpose: KeyPurpose) -> VaultKey | None:
        return next((key for key in self._keys.values() if key.purpose is purpose), None)

    def _added(self, purpose: KeyPurpose) -> VaultKey:
        with self._changing() as keys:
            found = self._found(purpose)  # another process may have been first
            if found is None:
                found = _new_key(purpose)
                self._rewrite({**keys, found.id: found})
            return found

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Mapping[str, VaultKey]]:
        """Hold the vault alone, with the newest keys, and with nothing left of an interrupted rewrite."""
        _refuse_missing(self.folder)
        with self._guard, _locked(self.folder, exclusive=True):
            self._file.recover()
            self._reload_if_changed()
            yield self._keys

    def _rewrite(
        self,
        keys: Mapping[str, VaultKey],
        *,
        fresh_master: bool = False,
        rewrapping: tuple[Stretching, bytearray] | None = None,
    ) -> None:
        """Write the file and only then take the new state over, so that a refusal by the disk changes nothing."""
        stretching, wrapping_key = rewrapping or (self._header.stretching, self._wrapping_key)
        master = bytearray(os.urandom(SECRET_BYTES)) if fresh_master else self._header.master_key(self._wrapping_key)
        header = VaultHeader(
            vault_id=self._header.vault_id,
            generation=self._header.generation + 1,
            stretching=stretching,
            wrapped_master=wrap_master(wrapping_key, master) if fresh_master else self._header.wrapped_master,
        )
        content = encode_vault(header, master, keys)
        zero(master)
        try:
            self._file.replace(content)
        except OSError as error:
            raise VaultNotWrittenError(
                f"The vault could not be rewritten: {error.strerror}. The old one is valid; nothing was changed."
            ) from error
        if wrapping_key is not self._wrapping_key:
            zero(self._wrapping_key)
            self._wrapping_key = wrapping_key
        self._header = header
        self._keys = dict(keys)
        self._version = _version_of(self._file.path)

    def _refresh(self) -> None:
        _refuse_missing(self.folder)
        if _version_of(self._file.path) != self._version:
            with _locked(self.folder, exclusive=False):
                self._reload_if_changed()

    def _reload_if_changed(self) -> None:
        version = _version_of(self._file.path)
        if version == self._version:
            return
        content = _read(self.folder)
        header = decode_header(content)
        if header.vault_id != self._header.vault_id:
            raise VaultRekeyedError(
                f"The vault in {self.folder} was exchanged for another one. Start this program again."
            )
        try:
            keys = decode_keys(content, header.master_key(self._wrapping_key))
        except WrongUnlockError as error:
            raise VaultRekeyedError(
                "The vault was given a new passphrase or key file. Start this program again."
            ) from error
        for key_id, key in self._keys.items():
            if key_id not in keys:
                zero(key.secret)
        self._header, self._keys, self._version = header, keys, version


def _new_key(purpose: KeyPurpose) -> VaultKey:
    return VaultKey(os.urandom(16).hex(), purpose, bytearray(os.urandom(SECRET_BYTES)))


def _new_stretching(unlock: Unlock) -> Stretching:
    return Stretching(
        method="hkdf-sha256" if isinstance(unlock, KeyFile) else "argon2id",
        salt=os.urandom(16).hex(),
    )


def _refuse_weak(unlock: Unlock) -> None:
    if isinstance(unlock, Passphrase) and len(unlock.text) < MIN_PASSPHRASE_LENGTH:
        raise WrongUnlockError(
            f"Choose a passphrase of at least {MIN_PASSPHRASE_LENGTH} characters: several words are best."
        )


def _refuse_missing(folder: Path) -> None:
    if not (folder / VAULT_FILE).exists():
        raise VaultMissingError(
            f"There is no vault in {folder}. Without it nothing in the database can be read: "
            "put the vault back from its backup, or name its folder rightly. A new vault is never made in its place."
        )


def _end_leftovers(folder: Path) -> None:
    file = ReplacedWhole(folder / VAULT_FILE)
    if any(leftover.exists() for leftover in file.leftovers):
        # On a read-only disk they stay, and `openlfr verify deletion` names them.
        with contextlib.suppress(OSError, VaultNotWrittenError), _locked(folder, exclusive=True):
            file.recover()


def _read(folder: Path) -> bytes:
    try:
        return (folder / VAULT_FILE).read_bytes()
    except OSError as error:
        raise VaultDamagedError(f"The vault in {folder} cannot be read: {error.strerror}.") from error


def _version_of(path: Path) -> _Version:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextlib.contextmanager
def _locked(folder: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the vault's lock; the system lets go of it when the process ends, however it ends."""
    try:
        descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if exclusive:
            raise VaultNotWrittenError(
                f"The vault in {folder} cannot be changed: {error.strerror}. Nothing was changed."
            ) from error
        # On a read-only disk nobody can rewrite the vault either: reading it needs no lock.
        yield
        return
    try:
        deadline = time.monotonic() + _LOCK_WAIT_S
        mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        while True:
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise VaultBusyError(
                        f"Another program has been changing the vault in {folder} for over {_LOCK_WAIT_S:.0f} seconds. "
                        "Try again, or look for one that hangs."
                    ) from None
                time.sleep(_LOCK_POLL_S)
        yield
    finally:
        os.close(descriptor)
