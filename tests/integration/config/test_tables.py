"""The migrations make the tables that the code works on."""

from sqlmodel import SQLModel

from chassis.storage.database import Database
from chassis.storage.migrate import downgrade, drift, migrate
from chassis.storage.outbox import Outbox
from resilience.clock import SystemClock
from services.config.adapters.sql import tables
from services.config.bootstrap import VERSIONS


async def test_migrations_and_models_say_the_same(url: str) -> None:
    models: list[type[SQLModel]] = [
        tables.OrganizationRow,
        tables.ProviderRow,
        tables.ModelRow,
        tables.ProjectRow,
        tables.KeyRow,
        tables.PriceRow,
        tables.AuditRow,
        tables.StateRow,
        Outbox,
    ]
    async with Database(url, schema="config") as database:
        await migrate(database, VERSIONS, SystemClock())
        assert await drift(database, models) == []
        await downgrade(database, VERSIONS, SystemClock())
        await migrate(database, VERSIONS, SystemClock())
