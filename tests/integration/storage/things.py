"""A service's tables as they might be, and short ways to use them."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, func, select

from chassis.storage.columns import BIG_ID, UtcDateTime
from chassis.storage.database import Database

SCHEMA = "things"
VERSIONS = Path(__file__).parent / "migrations" / "versions"


class Thing(SQLModel, table=True):
    """Something with a name that nothing else has."""

    __tablename__ = "thing"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    name: str = Field(unique=True)
    size: int | None = None
    made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Part(SQLModel, table=True):
    """Belongs to a thing and goes with it."""

    __tablename__ = "part"

    thing_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="thing.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)


async def add(db: Database, *names: str) -> None:
    async with db.transaction() as session:
        session.add_all([Thing(name=name) for name in names])


async def names(db: Database) -> list[str]:
    async with db.read() as session:
        return list((await session.exec(select(Thing.name).order_by(col(Thing.name)))).all())


async def count(db: Database, model: type[SQLModel]) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(model))).one()


async def tables(db: Database) -> set[str]:
    """Names of the tables in the service's schema."""
    async with db.read() as session:
        connection = await session.connection()
        schema = SCHEMA if db.is_postgres else None
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names(schema=schema)))
