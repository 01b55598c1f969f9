"""Destruction that has begun, as it is kept until it is finished."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from openlfr.policy.retention import DataClass
from openlfr.policy.roles import Action, Role
from openlfr.records.audit_entry import RecordReference, Who
from openlfr.records.errors import RetentionError
from openlfr.records.retention_tables import PurgeIntentRow
from openlfr.sealing.canonical import canonical_bytes, parse_canonical

_NO_ROLE: Final = ""


@dataclass(frozen=True, slots=True)
class PurgeIntent:
    """What is going, by whose act, and how many rows of it are gone so far.

    `by` and `act` are what the audit log will say when it is done; nothing here names a person who was looked for.
    """

    id: str
    data_class: DataClass
    record: RecordReference
    keys: tuple[str, ...]
    rows: Mapping[str, int]
    by: Who
    act: Action
    origin: str
    policy_version: str
    begun_at: datetime

    def content(self) -> bytes:
        """What the row's `content` column holds."""
        return canonical_bytes(
            {
                "act": self.act.name,
                "keys": list(self.keys),
                "origin": self.origin,
                "policy_version": self.policy_version,
                "role": self.by.role.value if self.by.role else _NO_ROLE,
                "rows": dict(self.rows),
                "staff": self.by.staff,
            }
        )

    def row(self) -> PurgeIntentRow:
        """The row to be added."""
        return PurgeIntentRow(
            id=self.id,
            data_class=self.data_class,
            record_kind=self.record.kind,
            record_id=self.record.id,
            content=self.content(),
            begun_at=self.begun_at,
        )

    @classmethod
    def of(cls, row: PurgeIntentRow) -> Self:
        """Read a row. Raises RetentionError when its content is not what this program writes."""
        match parse_canonical(row.content):
            case {
                "act": str(act),
                "keys": [*keys],
                "origin": str(origin),
                "policy_version": str(policy_version),
                "role": str(role),
                "rows": dict(rows),
                "staff": str(staff),
            }:
                return cls(
                    id=row.id,
                    data_class=row.data_class,
                    record=RecordReference(row.record_kind, row.record_id),
                    keys=tuple(str(key) for key in keys),
                    rows={str(table): int(str(count)) for table, count in rows.items()},
                    by=Who(staff, None if role == _NO_ROLE else Role(role)),
                    act=Action[act],
                    origin=origin,
                    policy_version=policy_version,
                    begun_at=row.begun_at,
                )
            case _:
                raise RetentionError(f"The purge that began for {row.record_kind} {row.record_id} cannot be read.")
