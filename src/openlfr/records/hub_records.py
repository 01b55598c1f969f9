"""The records of one hub: its database, vault and audit log, opened together and only if they belong together."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import NewId, uuid7_source
from openlfr.records.audit import AuditLog
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_tables import AuditHeadRow, AuditTipRow
from openlfr.records.database import Database, open_database
from openlfr.records.errors import DatabaseExistsError, VaultMismatchError
from openlfr.records.schema import Clock
from openlfr.records.sealed import Sealer
from openlfr.sealing.signature import SigningKey
from openlfr.sealing.unlock import Unlock
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import KeyPurpose


@dataclass(frozen=True, slots=True)
class HubRecords:
    """What every service of the records works with. `signer` is the hub's own; `new_id` gives identifiers of rows."""

    database: Database
    vault: Vault
    audit: AuditLog
    sealer: Sealer
    signer: SigningKey
    clock: Clock
    new_id: NewId

    def close(self) -> None:
        """Let go of the database and zero the keys in memory."""
        self.database.close()
        self.vault.close()


def create_hub_records(url: str, vault: Vault, clock: Clock) -> HubRecords:
    """Make the tables of a new database and bind it to the vault; what was cut short before is finished.

    Raises DatabaseExistsError when the database is in use, VaultMismatchError when the vault is, and RecordsErrors.
    """
    _refuse_used_vault(vault)
    records = _joined(open_database(url, create=True), vault, clock)
    try:
        with records.database.writing() as session:
            _refuse_used_database(session)
            records.audit.start(session)
    except BaseException:
        records.database.close()
        raise
    return records


def open_hub_records(url: str, vault_folder: Path, unlock: Unlock, clock: Clock) -> HubRecords:
    """Open a hub's database with its vault.

    Raises VaultMissingError and the other SealingErrors for the vault, RecordsErrors for the database, and
    VaultMismatchError when the two do not belong together or one is older than the other remembers.
    """
    vault = Vault.open(vault_folder, unlock)
    database = open_database(url)
    records = _joined(database, vault, clock)
    try:
        _refuse_mismatch(records)
    except BaseException:
        records.close()
        raise
    return records


def _joined(database: Database, vault: Vault, clock: Clock) -> HubRecords:
    signer = SigningKey(vault.sole_key(KeyPurpose.SIGNING).secret)
    return HubRecords(
        database=database,
        vault=vault,
        audit=AuditLog(vault, signer, clock, secrets.token_bytes),
        sealer=Sealer(vault),
        signer=signer,
        clock=clock,
        new_id=uuid7_source(clock, secrets.token_bytes),
    )


def _refuse_used_vault(vault: Vault) -> None:
    if HeadNote(vault.folder).read() is not None:
        raise VaultMismatchError(
            "This vault belongs to a database already. A new database needs a new vault; "
            "if the old database was lost, restore it from its backup."
        )


def _refuse_used_database(session: Session) -> None:
    if session.execute(select(AuditTipRow)).first():
        raise DatabaseExistsError("The database is in use by OpenLFR already. Open it, or name another.")


def _refuse_mismatch(records: HubRecords) -> None:
    with records.database.reading() as session:
        tip = session.execute(select(AuditTipRow)).scalar_one_or_none()
        newest = session.execute(select(func.max(AuditHeadRow.size))).scalar_one()
    if tip is None or tip.vault_id != records.vault.id:
        raise VaultMismatchError(
            "The database and the vault do not belong together. Name the vault that was made with this database."
        )
    if tip.vault_generation > records.vault.generation:
        raise VaultMismatchError(
            f"The vault is an old copy: it was rewritten {records.vault.generation} times, and the database remembers "
            f"{tip.vault_generation}. Keys are missing or have come back. Restore the newest vault."
        )
    noted = HeadNote(records.vault.folder).read()
    if noted is not None and TreeHead.opened(noted, records.signer.public).size > (newest or 0):
        raise VaultMismatchError(
            "The database is an old copy, or was cut short: its audit log has fewer entries than were noted beside the "
            "vault. Restore the newest backup, and run `openlfr verify audit`."
        )
