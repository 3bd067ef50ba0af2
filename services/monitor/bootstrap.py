"""The composition root: builds monitor's parts and joins them; decides nothing."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta

from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.storage.database import Database
from chassis.storage.outbox import OutboxRelay
from events.topics import REQUESTS
from services.monitor.adapters.sql.archive import SqlArchive
from services.monitor.adapters.sql.bench import SqlBench
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.health import SqlHealthReader
from services.monitor.adapters.sql.reader import SqlLedgerReader
from services.monitor.adapters.sql.upkeep import Tables
from services.monitor.application.forget import Forget
from services.monitor.application.judge_targets import JudgeTargets
from services.monitor.application.query_usage import QueryUsage
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.read_requests import ReadRequests
from services.monitor.application.record_requests import RecordRequests
from services.monitor.entrypoints.grpc import SERVICE, MonitorServicer
from services.monitor.entrypoints.kafka import RequestsConsumer
from services.monitor.entrypoints.ticks import Ticks
from services.monitor.settings import Settings


async def build(settings: Settings, service: Service) -> None:
    """Build and start monitor."""
    enter = service.stack.enter_async_context
    clock, health, background = service.clock, service.health, service.background

    database = await enter(Database(settings.storage, schema="monitor"))
    tables = Tables(database, health, clock, migrates=settings.migrate)
    bus = Bus("monitor", settings, health=health, background=background, clock=clock)
    outbox = OutboxRelay(database, bus.publish, clock)

    record = RecordRequests(SqlBooks(database, tables), clock)
    judge = JudgeTargets(SqlBench(database, told=outbox.nudge), clock)
    forget = Forget(SqlArchive(database), clock, ledger_retention=timedelta(days=settings.ledger_retention_days))
    ledger = SqlLedgerReader(database, tables)
    ticks = Ticks(judge, forget, clock)
    servicer = MonitorServicer(
        QueryUsage(ledger), ReadRequests(ledger), ReadHealth(SqlHealthReader(database, tables), clock), clock
    )

    def once_made(run: Callable[[], Awaitable[None]]) -> Callable[[], Coroutine[None, None, None]]:
        async def wait_and_run() -> None:
            await tables.made()
            await run()

        return wait_and_run

    background.start("tables", tables.prepare)
    background.start("outbox", once_made(outbox.run))
    background.start("judge", once_made(ticks.judge))
    background.start("forget", once_made(ticks.forget))
    bus.subscribe(REQUESTS, RequestsConsumer(record, clock), group="monitor")
    await enter(bus)
    await enter(HttpServer(pages(health), settings.http_address, drain=settings.server_drain))
    await enter(
        GrpcServer(
            settings,
            health,
            add=[servicer.add_to],
            services=[SERVICE],
        )
    )
