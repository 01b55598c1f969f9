"""A small kind of record that can be purged: folders with sealed pictures, one key each, as a watchlist has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table, delete, insert, select
from sqlalchemy.orm import Session

from openlfr.policy.retention import DataClass
from openlfr.records.audit_entry import RecordReference
from openlfr.records.hub_records import HubRecords
from openlfr.records.purgeable import Candidate
from openlfr.records.schema import Moment
from openlfr.sealing.box import Place
from openlfr.sealing.vault_file import KeyPurpose

_METADATA = MetaData()
FOLDERS = Table(
    "test_folders",
    _METADATA,
    Column("id", String(36), primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("ended_at", Moment()),
)
PICTURES = Table(
    "test_pictures",
    _METADATA,
    Column("folder_id", String(36), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("picture", LargeBinary, nullable=False),
)


def create_folder_tables(records: HubRecords) -> None:
    with records.database.writing() as session:
        _METADATA.create_all(session.connection())


def add_folder(records: HubRecords, folder_id: str, pictures: Sequence[bytes], ended_at: datetime | None = None) -> str:
    """Store pictures, sealed under a key of their own; the key's id."""
    (key,) = records.vault.create_keys(KeyPurpose.WATCHLIST)
    rows = [
        {
            "folder_id": folder_id,
            "number": number,
            "picture": records.sealer.seal(key, picture, Place("test_pictures", "picture", f"{folder_id}/{number}")),
        }
        for number, picture in enumerate(pictures)
    ]
    with records.database.writing() as session:
        session.execute(insert(FOLDERS), [{"id": folder_id, "key_id": key.id, "ended_at": ended_at}])
        if rows:
            session.execute(insert(PICTURES), rows)
    return key.id


@dataclass(frozen=True, slots=True)
class PurgeableFolders:
    data_class: DataClass = DataClass.ALERT
    record_kind: str = "folder"
    tables: tuple[str, ...] = ("test_folders", "test_pictures")

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        rows = session.execute(select(FOLDERS).where(FOLDERS.c.ended_at <= started_by).order_by(FOLDERS.c.ended_at))
        return [_candidate(row.id, row.key_id, row.ended_at) for row in rows]

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        row = session.execute(select(FOLDERS).where(FOLDERS.c.id == record_id)).one_or_none()
        return None if row is None else _candidate(row.id, row.key_id, row.ended_at)

    def delete_some(self, session: Session, record_id: str, limit: int) -> Mapping[str, int]:
        folders = session.execute(delete(FOLDERS).where(FOLDERS.c.id == record_id).returning(FOLDERS.c.id)).all()
        doomed = select(PICTURES.c.number).where(PICTURES.c.folder_id == record_id).limit(limit)
        pictures = session.execute(
            delete(PICTURES)
            .where(PICTURES.c.folder_id == record_id, PICTURES.c.number.in_(doomed.scalar_subquery()))
            .returning(PICTURES.c.number)
        ).all()
        counts = {"test_folders": len(folders), "test_pictures": len(pictures)}
        return {table: count for table, count in counts.items() if count}


def _candidate(folder_id: str, key_id: str, ended_at: datetime | None) -> Candidate:
    return Candidate(
        RecordReference("folder", folder_id),
        ended_at,
        frozenset({key_id}),
        within=(RecordReference("deployment", f"of {folder_id}"),),
    )


@dataclass(frozen=True, slots=True)
class PurgeableDeployments:
    """Stands for deployments: every one is there and none is ever due, but holds may be placed on them."""

    data_class: DataClass = DataClass.DEPLOYMENT_RECORD
    record_kind: str = "deployment"
    tables: tuple[str, ...] = ()

    def candidates(self, session: Session, started_by: datetime) -> Sequence[Candidate]:
        return []

    def candidate(self, session: Session, record_id: str) -> Candidate | None:
        return Candidate(RecordReference("deployment", record_id), None)

    def delete_some(self, session: Session, record_id: str, limit: int) -> Mapping[str, int]:
        return {}
