"""Signed receipts of destruction: what kind, how many, which keys, when, under which retention policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from openlfr.policy.retention import DataClass
from openlfr.records.audit_entry import RecordReference
from openlfr.records.errors import RetentionError
from openlfr.records.schema import from_microseconds, microseconds
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

RECEIPT_KIND: Final = "purge receipt"


@dataclass(frozen=True, slots=True)
class PurgeReceipt:
    """One record was destroyed: first its keys, then its rows (counted by table), then their traces in the files."""

    id: str
    data_class: DataClass
    record: RecordReference
    keys: tuple[str, ...]
    rows: Mapping[str, int]
    begun_at: datetime
    finished_at: datetime
    policy_version: str

    def signed(self, key: SigningKey) -> SignedDocument:
        """The receipt under the hub's signature."""
        return key.sign_document(
            RECEIPT_KIND,
            {
                "begun_at_us": microseconds(self.begun_at),
                "data_class": self.data_class.value,
                "finished_at_us": microseconds(self.finished_at),
                "id": self.id,
                "keys": list(self.keys),
                "policy_version": self.policy_version,
                "record_id": self.record.id,
                "record_kind": self.record.kind,
                "rows": dict(self.rows),
            },
        )

    @classmethod
    def opened(cls, document: SignedDocument, trusted: VerifyKey) -> Self:
        """A receipt that `trusted` signed. Raises RetentionError for anything else."""
        try:
            content = document.opened_by(trusted, RECEIPT_KIND)
        except SignatureInvalidError as error:
            raise RetentionError(f"A purge receipt is not genuine. {error}") from error
        match content:
            case {
                "begun_at_us": int(begun_at),
                "data_class": str(data_class),
                "finished_at_us": int(finished_at),
                "id": str(receipt_id),
                "keys": [*keys],
                "policy_version": str(policy_version),
                "record_id": str(record_id),
                "record_kind": str(record_kind),
                "rows": dict(rows),
            }:
                return cls(
                    id=receipt_id,
                    data_class=DataClass(data_class),
                    record=RecordReference(record_kind, record_id),
                    keys=tuple(str(key) for key in keys),
                    rows={str(table): int(str(count)) for table, count in rows.items()},
                    begun_at=from_microseconds(begun_at),
                    finished_at=from_microseconds(finished_at),
                    policy_version=policy_version,
                )
            case _:
                raise RetentionError("A purge receipt has another form than this program knows.")
