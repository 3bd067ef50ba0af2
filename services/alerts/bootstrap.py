"""The composition root: builds everything, decides nothing."""

import asyncio
import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from chassis import manifest
from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.kafka.consumer import Publish
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.profiling.page import profile_page
from chassis.secrets import Secrets
from chassis.startup import StartUp
from chassis.storage.database import Database
from chassis.storage.inbox import Inbox
from chassis.storage.outbox import Outbox, OutboxRelay
from chassis.storage.tables import Tables
from events.credentials import CredentialChanged
from events.health import TargetVerdictChanged
from events.topics import CREDENTIALS, HEALTH
from services.alerts.adapters.http import HttpChannel
from services.alerts.adapters.sql.archive import SqlArchive
from services.alerts.adapters.sql.store import SqlStore
from services.alerts.adapters.sql.tables import TABLES
from services.alerts.application.announce import Announcer
from services.alerts.application.apply_manifest import ApplyManifest
from services.alerts.application.apply_observations import ApplyObservations
from services.alerts.application.bell import Bell
from services.alerts.application.change_alert import ChangeAlert
from services.alerts.application.forget import Forget
from services.alerts.application.manage_receivers import ManageReceivers
from services.alerts.application.reach import Reach
from services.alerts.application.read_manifest import Declaration, read_manifest
from services.alerts.application.retry_delivery import RetryDelivery
from services.alerts.application.send_deliveries import SendDeliveries
from services.alerts.application.settle_delivery import SettleDelivery
from services.alerts.application.test_receiver import TestReceiver
from services.alerts.application.try_delivery import TryDelivery
from services.alerts.domain import credential_health, target_health
from services.alerts.entrypoints.grpc import SERVICE, AlertServicer, UseCases
from services.alerts.entrypoints.ticks import Ticks
from services.alerts.settings import Settings

VERSIONS = Path(__file__).parent / "adapters/sql/migrations/versions"


def new_id() -> str:
    """A random id."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Composed:
    """The service without its ways in."""

    servicer: AlertServicer
    apply_verdicts: ApplyObservations[TargetVerdictChanged]
    apply_credentials: ApplyObservations[CredentialChanged]


async def build(settings: Settings, service: Service) -> None:
    """Put the service together; see Service."""
    enter = service.stack.enter_async_context
    bus = Bus("alerts", settings, health=service.health, background=service.background, clock=service.clock)
    composed = await compose(settings, service, bus.publish)
    bus.subscribe(HEALTH, composed.apply_verdicts, group="alerts", max_batch=100)
    # A group of its own: two members that want different topics would hold each other up at every rebalance.
    bus.subscribe(CREDENTIALS, composed.apply_credentials, group="alerts-credentials", max_batch=100)
    await enter(bus)
    profile = profile_page(service.name, settings.internal_token.get_secret_value())
    shown = pages(service.health, profile=profile)
    await enter(HttpServer(shown, settings.http_address, drain=settings.server_drain))
    await enter(grpc_server(settings, service, composed))


def grpc_server(settings: Settings, service: Service, composed: Composed) -> GrpcServer:
    """The server of AlertService."""
    return GrpcServer(settings, service.health, add=[composed.servicer.register], services=[SERVICE])


async def compose(settings: Settings, service: Service, publish: Publish) -> Composed:
    """The store, the use cases and the background work; `publish` takes what the outbox holds."""
    enter = service.stack.enter_async_context
    clock = service.clock
    rng = random.Random()  # noqa: S311 - jitter

    database = await enter(Database(settings.database, schema="alerts"))
    relay = OutboxRelay(database, publish, clock)
    bell = Bell()
    tables = Tables(database, (*TABLES, Inbox, Outbox), VERSIONS, clock, migrates=settings.migrate)
    store = SqlStore(database, tables, new_id, committed=(relay.nudge, bell.ring))
    channel = await enter(HttpChannel(clock, deadline=settings.delivery_timeout))

    announcer = Announcer(new_id)
    reach = Reach(Secrets(directory=settings.secrets_dir))
    manage = ManageReceivers(store, announcer, reach, clock)
    apply_manifest = ApplyManifest(store, manage, clock)
    try_delivery = TryDelivery(reach, channel)
    worker = SendDeliveries(
        store,
        try_delivery,
        SettleDelivery(store, announcer, clock=clock, rng=rng),
        bell=bell,
        clock=clock,
        concurrency=settings.delivery_concurrency,
        lease=timedelta(seconds=2 * settings.delivery_timeout),
        rng=rng,
    )
    use = UseCases(
        store=store,
        reach=reach,
        change_alert=ChangeAlert(store, announcer, clock),
        manage_receivers=manage,
        test_receiver=TestReceiver(store, manage, try_delivery, clock, new_id),
        apply_manifest=apply_manifest,
        retry_delivery=RetryDelivery(store, clock),
    )

    def read(path: Path) -> Declaration:
        return read_manifest(manifest.read_file(path), reach)

    async def prepare() -> None:
        # Read first: one that is wrong ends the service also while the database is away.
        declaration = await asyncio.to_thread(read, settings.manifest) if settings.manifest else None
        await tables.make()
        if declaration is not None:
            await apply_manifest(declaration)

    start_up = StartUp(prepare, condition="store", health=service.health, clock=clock)
    ticks = Ticks(store, Forget(SqlArchive(database), clock, retention=timedelta(days=settings.retention_days)), clock)
    service.start("start-up", start_up.run)
    service.start("outbox", start_up.then(relay.run))
    service.start("count", start_up.then(ticks.count))
    service.start("forget", start_up.then(ticks.forget))
    await enter(worker)
    service.background.start("deliveries", start_up.then(worker.run))
    return Composed(
        AlertServicer(use),
        ApplyObservations(store, announcer, clock, target_health.RULE),
        ApplyObservations(store, announcer, clock, credential_health.RULE),
    )
