"""What every table shares: the declarative base, the names of constraints, and the column types.

Names of constraints are fixed so that both databases and every migration call them the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, TypeVar

from sqlalchemy import BigInteger, Dialect, Enum, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 in UTC. Raises ValueError for a time without a zone: it would be ambiguous."""
    if moment.tzinfo is None:
        raise ValueError("A time without a time zone cannot be recorded.")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The UTC time of a recorded number."""
    return _EPOCH + timedelta(microseconds=value)


Clock = Callable[[], datetime]
"""The time now, in UTC with its zone; passed in, so that tests move it."""


class Moment(TypeDecorator[datetime]):
    """A moment, kept as whole microseconds of UTC: exact, ordered and alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_microseconds(value)


_Choice = TypeVar("_Choice", bound=StrEnum)


def choice(options: type[_Choice], name: str) -> Enum:
    """A column of a closed list, kept as its values in text, with a CHECK called ck_<table>_<name>."""
    return Enum(
        options,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
        length=64,
    )


Identifier = Annotated[str, mapped_column(String(36))]
"""A UUID in text, or another identifier of up to 36 characters."""
KeyId = Annotated[str, mapped_column(String(32))]
"""The id of the vault's key that opens the sealed columns of the row."""
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
"""A sealed value, see `openlfr.records.sealed`; never anything in clear."""


class Table(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, int: BigInteger, bytes: LargeBinary}
