"""Reading and sealing rows of accounts: the ground on which the services for sign-in stand."""

import hmac
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId
from openlfr.records.account_tables import AccountRow, PasskeyRow
from openlfr.records.acting import reference
from openlfr.records.audit_entry import AuditEvent, Processing, SignInAct, Who
from openlfr.records.hub_records import HubRecords
from openlfr.records.schema import Table
from openlfr.sealing.box import Place
from openlfr.sealing.vault_file import KeyPurpose

KIND: Final = "account"
_NOBODY: Final = "nobody"


def account_digest(records: HubRecords, kind: str, text: str) -> bytes:
    """A keyed digest by which a name is found again, and which says nothing without the vault."""
    secret = records.vault.sole_key(KeyPurpose.STAFF).secret
    key = HKDF(SHA256(), 32, salt=None, info=b"openlfr account digests").derive(bytes(secret))
    return hmac.digest(key, f"{kind}\n{text}".encode("utf-8", "replace"), sha256)


def normal_name(sign_in_name: str) -> str:
    """A sign-in name in the one spelling that counts."""
    return sign_in_name.strip().casefold()


def name_digest(records: HubRecords, sign_in_name: str) -> bytes:
    return account_digest(records, "sign-in name", normal_name(sign_in_name))


def directory_digest(records: HubRecords, directory_name: str) -> bytes:
    return account_digest(records, "directory name", directory_name)


def seal_column(records: HubRecords, table: type[Table], column: str, row: str, text: str) -> bytes:
    """Seal a text for the table, column and row it belongs to."""
    key = records.vault.sole_key(KeyPurpose.STAFF)
    return records.sealer.seal_text(key, text, Place(table.__tablename__, column, row))


def open_column(records: HubRecords, table: type[Table], column: str, row: str, sealed: bytes) -> str:
    """The text that `seal_column` sealed for the same place."""
    return records.sealer.unseal_text(sealed, Place(table.__tablename__, column, row))


def account_named(records: HubRecords, session: Session, sign_in_name: str) -> AccountRow | None:
    found = select(AccountRow).where(AccountRow.name_digest == name_digest(records, sign_in_name))
    return session.scalars(found).one_or_none()


def passkeys_of(session: Session, staff: StaffId) -> list[PasskeyRow]:
    """Somebody's passkeys, oldest first."""
    return list(session.scalars(select(PasskeyRow).where(PasskeyRow.staff_id == staff).order_by(PasskeyRow.id)))


def write_sign_in(
    records: HubRecords, session: Session, staff: StaffId | None, act: SignInAct, origin: str, words: str
) -> None:
    """Record what somebody did at the door; None where it is not known who stood there."""
    who = Who(staff or _NOBODY, None)
    event = AuditEvent(who, act, Processing.NONE, reference(KIND, staff or _NOBODY), origin, words)
    records.audit.append(session, event)
