"""Deletes old rows a batch at a time: no lock is held for long, and no log grows without end."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from chassis.storage.database import Database
from chassis.storage.statements import table_of

BATCH = 1000
"""Rows deleted in one transaction."""


async def delete_oldest(
    db: Database,
    model: type[SQLModel],
    age: sa.SQLColumnExpression[Any],
    before: Any,
    *only: sa.ColumnElement[bool],
    batch: int = BATCH,
) -> int:
    """Delete, of the rows of `model` whose `age` is less than `before`, the `batch` oldest; how many that were.

    `only`: what must hold of a row besides. It is looked at again once the row is locked, so that one that another
    transaction changed meanwhile stays.
    """
    key = table_of(model).primary_key.columns
    condition = sa.and_(age < before, *only)
    oldest = sa.select(*key).where(condition).order_by(age).limit(batch)
    async with db.transaction() as session:
        return (await session.exec(sa.delete(model).where(sa.tuple_(*key).in_(oldest), condition))).rowcount
