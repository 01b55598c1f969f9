"""The records of one hub: its database, vault and audit log, opened together and only if they belong together."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import NewId, uuid7_source
from openlfr.records.audit import AuditLog
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, RecordReference, SystemAct
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_tables import AuditHeadRow, AuditTipRow
from openlfr.records.database import Database, open_database
from openlfr.records.errors import DatabaseExistsError, VaultMismatchError
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention_tables import PurgeReceiptRow
from openlfr.records.schema import Clock
from openlfr.records.sealed import Sealer
from openlfr.sealing.signature import SignedDocument, SigningKey
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


def accept_restored(url: str, vault_folder: Path, unlock: Unlock, clock: Clock, origin: str, reason: str) -> HubRecords:
    """Open a hub's database and vault although one of them was restored from an older backup than the other.

    For people who restored it on purpose. What they accept is written into the audit log, with the head that was
    noted beside the vault; keys that receipts say were destroyed, and that an old vault brought back, are destroyed
    again. Raises as `open_hub_records`, but for the ages.
    """
    vault = Vault.open(vault_folder, unlock)
    records = _joined(open_database(url), vault, clock)
    try:
        note = HeadNote(vault_folder)
        noted = note.read()
        with records.database.writing() as session:
            tip = _tip_of(records, session)
            came_back = vault.destroy_keys(_receipted_keys(records, session))
            was = "none" if noted is None else noted.body.decode()
            words = f"{reason} Noted head: {was}. Entries here: {tip.size}. Keys destroyed again: {len(came_back)}."
            vault_itself = RecordReference("vault", vault.id)
            event = AuditEvent(THE_HUB_ITSELF, SystemAct.RESTORE_ACCEPTED, Processing.NONE, vault_itself, origin, words)
            records.audit.append(session, event)
        with records.database.reading() as session:
            newest = session.execute(select(AuditHeadRow).order_by(AuditHeadRow.size.desc()).limit(1)).scalar_one()
        note.replace(SignedDocument.from_bytes(newest.document))
        _refuse_mismatch(records)
    except BaseException:
        records.close()
        raise
    return records


def _receipted_keys(records: HubRecords, session: Session) -> set[str]:
    documents = session.scalars(select(PurgeReceiptRow.document))
    receipts = (PurgeReceipt.opened(SignedDocument.from_bytes(each), records.signer.public) for each in documents)
    return {key for receipt in receipts for key in receipt.keys}


def _tip_of(records: HubRecords, session: Session) -> AuditTipRow:
    tip = session.execute(select(AuditTipRow)).scalar_one_or_none()
    if tip is None or tip.vault_id != records.vault.id:
        raise VaultMismatchError(
            "The database and the vault do not belong together. Name the vault that was made with this database."
        )
    return tip


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
    # The note is read first: another process may append meanwhile, and the log only grows.
    noted = HeadNote(records.vault.folder).read()
    with records.database.reading() as session:
        tip = _tip_of(records, session)
        newest = session.execute(select(func.max(AuditHeadRow.size))).scalar_one()
    if tip.vault_generation > records.vault.generation:
        raise VaultMismatchError(
            f"The vault is an old copy: it was rewritten {records.vault.generation} times, and the database remembers "
            f"{tip.vault_generation}. Keys are missing or have come back. Restore the newest vault, or accept this one "
            "with `openlfr keys accept-restored`."
        )
    if noted is not None and TreeHead.opened(noted, records.signer.public).size > (newest or 0):
        raise VaultMismatchError(
            "The database is an old copy, or was cut short: its audit log has fewer entries than were noted beside the "
            "vault. Restore the newest backup, or accept this one with `openlfr keys accept-restored`."
        )
