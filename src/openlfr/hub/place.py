"""A hub's folder: its vault, database, bus and certificates, and the lock that keeps a second hub out.

F/vault, F/hub.db (unless the records are in PostgreSQL), F/bus, F/tls, F/hub.json. `openlfr keys`, `people` and the
others work on the same vault and database.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from openlfr.assurance.certificate import default_certificates
from openlfr.link.tls import Authority
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor
from openlfr.records.certificates import import_certificate
from openlfr.records.errors import DatabaseExistsError, VaultMismatchError
from openlfr.records.hub_records import HubRecords, create_hub_records, open_hub_records
from openlfr.records.people import People, StaffMember
from openlfr.records.plans import hub_id
from openlfr.records.schema import Clock
from openlfr.sealing.durable import write_synced
from openlfr.sealing.unlock import Unlock
from openlfr.sealing.vault import VAULT_FILE, Vault
from openlfr.sealing.vault_file import KeyPurpose

_SETTINGS: Final = "hub.json"
_LOCK: Final = "hub.lock"


class PlaceError(Exception):
    """The hub's folder cannot be used; the message says why and what to do."""


class _Settings(BaseModel):
    """What the folder has to remember of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class HubPlace:
    """The folder of one hub. `database` is the records' address, with `${NAME}` where a login stands."""

    folder: Path
    database: str

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    @property
    def bus(self) -> Path:
        return self.folder / "bus"

    @property
    def tls(self) -> Path:
        return self.folder / "tls"

    @property
    def is_made(self) -> bool:
        """Whether there is a vault: the folder of a hub that was begun, at least."""
        return (self.vault / VAULT_FILE).exists()


def hub_place(folder: Path, database: str | None = None) -> HubPlace:
    """The place in a folder. `database` says where the records are if not in the folder, once; then it is remembered.

    Raises PlaceError for another address than the remembered one, or when what is remembered cannot be read.
    """
    folder = folder.absolute()
    path = folder / _SETTINGS
    try:
        known = _Settings.model_validate_json(path.read_bytes()).database if path.exists() else None
    except (OSError, ValidationError) as error:
        raise PlaceError(f"{path} cannot be read: put it back from its backup.") from error
    if known is not None and database not in (None, known):
        raise PlaceError(f"The records of the hub in {folder} are in another database: leave the address out.")
    return HubPlace(folder, known or database or f"sqlite:///{folder / 'hub.db'}")


def made_records(place: HubPlace, address: str, unlock: Unlock, clock: Clock) -> HubRecords:
    """The records of a place, made where there are none yet; what an interruption left is finished.

    `address` is the place's database with its login filled in. Raises PlaceError, RecordsErrors and SealingErrors.
    """
    try:
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(place.folder, error) from error
    vault = Vault.open(place.vault, unlock) if place.is_made else Vault.create(place.vault, unlock)
    try:
        records = create_hub_records(address, vault, clock)
    except (DatabaseExistsError, VaultMismatchError):
        vault.close()
        records = open_hub_records(address, place.vault, unlock, clock)
    try:
        # Only an address at which there are records is worth remembering: a mistyped one may be mended.
        write_synced(place.folder / _SETTINGS, json.dumps({"database": place.database}).encode())
    except OSError as error:
        records.close()
        raise _unusable(place.folder, error) from error
    return records


def _unusable(folder: Path, error: OSError) -> PlaceError:
    return PlaceError(f"The folder {folder} cannot be used: {error.strerror}.")


def first_administrator(records: HubRecords, name: str, origin: str) -> StaffMember | Refusal:
    """Appoint the first administrator of new records; refused once there is anybody."""
    return People(records).appoint_first(name, (), origin)


def import_default_certificates(records: HubRecords, by: Actor, origin: str) -> int:
    """Import the threshold certificates that come with the package; how many there are. Safe to repeat."""
    issued = default_certificates()
    for each in issued:
        answer = import_certificate(records, by, each.certificate, origin)
        if isinstance(answer, Refusal):
            raise PlaceError(f"A certificate that comes with OpenLFR is not taken: {answer.sentence}")
    return len(issued)


def authority_of(records: HubRecords) -> Authority:
    """The hub's own authority for certificates, out of its vault."""
    return Authority.of(records.vault.sole_key(KeyPurpose.TLS_AUTHORITY).secret, hub_id(records))


@contextlib.contextmanager
def held(place: HubPlace) -> Iterator[None]:
    """Hold the folder for one hub's program; the system lets go of it however the program ends. Raises PlaceError."""
    try:
        descriptor = os.open(place.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(place.folder, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PlaceError(f"A hub runs on the folder {place.folder} already: end that one first.") from error
        yield
    finally:
        os.close(descriptor)
