"""The composition root: builds monitor's parts and joins them; decides nothing."""

from datetime import timedelta
from pathlib import Path

from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.profiling.page import profile_page
from chassis.startup import StartUp
from chassis.storage.database import Database
from chassis.storage.outbox import Outbox, OutboxRelay
from chassis.storage.tables import Tables
from events.topics import BREAKERS, REQUESTS
from services.monitor.adapters.sql.archive import SqlArchive
from services.monitor.adapters.sql.bench import SqlBench
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.breakers import SqlBreakers
from services.monitor.adapters.sql.health import SqlHealthReader
from services.monitor.adapters.sql.reader import SqlLedgerReader
from services.monitor.adapters.sql.tables import TABLES
from services.monitor.application.forget import Forget
from services.monitor.application.judge_targets import JudgeTargets
from services.monitor.application.query_usage import QueryUsage
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.read_requests import ReadRequests
from services.monitor.application.record_breakers import RecordBreakers
from services.monitor.application.record_requests import RecordRequests
from services.monitor.entrypoints.grpc import SERVICE, MonitorServicer
from services.monitor.entrypoints.kafka import BreakersConsumer, RequestsConsumer
from services.monitor.entrypoints.ticks import Ticks
from services.monitor.settings import Settings

VERSIONS = Path(__file__).parent / "adapters/sql/migrations/versions"


async def build(settings: Settings, service: Service) -> None:
    """Build and start monitor."""
    enter = service.stack.enter_async_context
    clock, health, background = service.clock, service.health, service.background

    database = await enter(Database(settings.storage, schema="monitor"))
    tables = Tables(database, (*TABLES, Outbox), VERSIONS, clock, migrates=settings.migrate)
    start_up = StartUp(tables.make, condition="storage", health=health, clock=clock)
    bus = Bus("monitor", settings, health=health, background=background, clock=clock)
    outbox = OutboxRelay(database, bus.publish, clock)

    record = RecordRequests(SqlBooks(database, tables), clock)
    breakers = SqlBreakers(database, tables)
    judge = JudgeTargets(SqlBench(database, told=outbox.nudge), breakers, clock)
    forget = Forget(SqlArchive(database), clock, ledger_retention=timedelta(days=settings.ledger_retention_days))
    ledger = SqlLedgerReader(database, tables)
    ticks = Ticks(judge, forget, clock)
    servicer = MonitorServicer(
        QueryUsage(ledger), ReadRequests(ledger), ReadHealth(SqlHealthReader(database, tables), clock), clock
    )

    bus.subscribe(REQUESTS, RequestsConsumer(record, clock), group="monitor")
    bus.subscribe(BREAKERS, BreakersConsumer(RecordBreakers(breakers, clock)), group="monitor-breakers")
    await enter(bus)
    service.start("start-up", start_up.run)
    service.start("outbox", start_up.then(outbox.run))
    service.start("judge", start_up.then(ticks.judge))
    service.start("forget", start_up.then(ticks.forget))
    profile = profile_page(service.name, settings.internal_token.get_secret_value())
    shown = pages(health, profile=profile)
    await enter(HttpServer(shown, settings.http_address, drain=settings.server_drain))
    await enter(
        GrpcServer(
            settings,
            health,
            add=[servicer.add_to],
            services=[SERVICE],
        )
    )
