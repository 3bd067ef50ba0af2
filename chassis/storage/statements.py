"""Statements that SQLModel has no word for."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


def table_of(model: type[SQLModel]) -> Table:
    """The table behind `model`."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it where table=True, untyped
    return table


async def insert_ignore(
    session: AsyncSession, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """Insert those of `rows` that violate no unique constraint; the primary keys of the inserted ones, in no order.

    All rows name the same columns. Hundreds of rows cost a few statements. Two transactions that insert the same rows
    in another order may be made to try again (Failure, retryable).
    """
    if not rows:
        return []
    table = table_of(model)
    connection = await session.connection()
    insert = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    statement = insert.on_conflict_do_nothing().returning(*table.primary_key.columns)
    result = await connection.execute(statement, [dict(row) for row in rows])
    return [tuple(row) for row in result]
