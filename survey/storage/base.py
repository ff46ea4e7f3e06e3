"""What all tables share: keys, times, documents, and names for every constraint."""

import datetime as dt
import secrets
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

SIDES = ("ours", "theirs")
INSTRUMENT_ID = sa.String(200)  # combined instruments have the ids of all of them


def new_id() -> uuid.UUID:
    """Make a key of 128 random bits."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


def today() -> dt.date:
    """Tell the day, in UTC."""
    return now().date()


def now() -> dt.datetime:
    """Tell the time, in UTC."""
    return dt.datetime.now(dt.UTC)


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """A moment in UTC, aware in Python on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> Any:  # noqa: ANN401, D102
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


Document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Base of all tables, with names for every constraint."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        dt.datetime: UtcTime(),
        uuid.UUID: sa.Uuid(),
        str: sa.String(200),
        dict[str, Any]: Document,
        list[str]: Document,
    }


def one_of(column: str, allowed: tuple[str, ...]) -> sa.CheckConstraint:
    """Make the constraint that a column holds one of a few words."""
    values = ", ".join(f"'{value}'" for value in allowed)
    return sa.CheckConstraint(f"{column} IN ({values})", name=column)
