"""The store on SQL: what is set, read from its tables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, exists, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.database import Database
from chassis.storage.tables import Tables
from events.config import Action
from services.config.adapters.sql.tables import ROWS, AuditRow, PriceRow, StateRow
from services.config.adapters.sql.transaction import SqlTransaction
from services.config.application.ports import AuditRecord
from services.config.domain.configuration import Configuration
from services.config.domain.names import organization_of
from services.config.domain.price import Price
from services.config.domain.resource import Resource

R = TypeVar("R", bound=Resource)


class SqlStore:
    """See Store. It is away until its tables are there."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """See Store."""
        self._tables.demand()
        async with self._database.transaction() as session:
            # The row's lock is held to the end: changes are made one after the other, so what one has read stays true.
            version = (await session.exec(select(StateRow.version).with_for_update())).one()
            yield SqlTransaction(session, version)

    async def get(self, kind: type[R], name: str) -> R | None:
        """See Store."""
        async with self._read() as session:
            row = await session.get(ROWS[kind], name)
        resource = row.resource() if row else None
        return resource if isinstance(resource, kind) else None

    async def page(self, kind: type[R], parent: str, *, now: datetime, after: str, limit: int) -> Sequence[R]:
        """See Store."""
        row = ROWS[kind]
        name = col(row.name)
        first, beyond = f"{parent}/", f"{parent}0"  # names under the parent, because "0" follows "/"
        statement = (
            select(row)
            .where(name > max(first, after), name < beyond, _in_force(now) if kind is Price else true())
            .order_by(name)
            .limit(limit)
        )
        async with self._read() as session:
            rows = (await session.exec(statement)).all()
        return [resource for row in rows if isinstance(resource := row.resource(), kind)]

    async def audit(self, organization: str, *, before: int | None, limit: int) -> Sequence[AuditRecord]:
        """See Store."""
        statement = (
            select(AuditRow)
            .where(col(AuditRow.organization) == organization)
            .where(true() if before is None else col(AuditRow.number) < before)
            .order_by(col(AuditRow.number).desc())
            .limit(limit)
        )
        async with self._read() as session:
            rows = (await session.exec(statement)).all()
        return [
            AuditRecord(row.number or 0, row.time, row.actor, Action(row.action), row.resource, row.version)
            for row in rows
        ]

    async def version(self) -> int:
        """See Store."""
        async with self._read() as session:
            return (await session.exec(select(StateRow.version))).one()

    async def everything(self) -> tuple[int, Mapping[str, Configuration]]:
        """See Store."""
        found: dict[str, list[Resource]] = {}
        async with self._read() as session:
            version = (await session.exec(select(StateRow.version))).one()
            for row in ROWS.values():
                for one in (await session.exec(select(row).order_by(col(row.name)))).all():
                    resource = one.resource()
                    found.setdefault(organization_of(resource.name), []).append(resource)
        return version, {organization: Configuration.of(resources) for organization, resources in found.items()}

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncSession]:
        self._tables.demand()
        async with self._database.read() as session:
            yield session


def _in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a price is in force or to come: no later one of its target, that the same pay, has taken effect."""
    later = aliased(PriceRow)
    return ~exists().where(
        col(later.owner) == col(PriceRow.owner),
        col(later.model) == col(PriceRow.model),
        col(later.project) == col(PriceRow.project),
        col(later.effective_time) > col(PriceRow.effective_time),
        col(later.effective_time) <= now,
    )
