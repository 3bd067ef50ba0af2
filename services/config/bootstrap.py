"""The composition root of config."""

import asyncio
from pathlib import Path

from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.secrets import Secrets
from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from chassis.storage.outbox import OutboxRelay
from services.config.adapters.sql.store import SqlStore
from services.config.application.apply_manifest import ApplyManifest
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.create_key import CreateKey
from services.config.application.read_configuration import ReadConfiguration
from services.config.application.read_manifest import ReadManifest
from services.config.application.revoke_key import RevokeKey
from services.config.entrypoints.grpc import config, snapshot
from services.config.entrypoints.startup import StartUp
from services.config.settings import Settings

VERSIONS = Path(__file__).parent / "adapters/sql/migrations/versions"


async def build(settings: Settings, service: Service) -> None:
    """Build and start config."""
    enter = service.stack.enter_async_context
    clock, health, background = service.clock, service.health, service.background
    pepper = settings.key_pepper.get_secret_value().encode()

    database = await enter(Database(settings.database, schema="config"))
    bus = Bus("config", settings, health=health, background=background, clock=clock)
    relay = OutboxRelay(database, bus.publish, clock)
    store = SqlStore(database)

    change = ChangeConfiguration(store, clock, changed=relay.nudge)
    read_manifest = ReadManifest(Secrets(directory=settings.secrets_dir), pepper=pepper)
    apply_manifest = ApplyManifest(change, clock)
    use = config.UseCases(
        store=store,
        read=ReadConfiguration(store, clock),
        change=change,
        create_key=CreateKey(change, clock, pepper=pepper),
        revoke_key=RevokeKey(change, clock),
        read_manifest=read_manifest,
        apply_manifest=apply_manifest,
        clock=clock,
    )

    async def prepare() -> None:
        if settings.migrate:
            await migrate(database, VERSIONS, clock)
        await store.open()

    start_up = StartUp(prepare, read_manifest, apply_manifest, manifest=settings.manifest, health=health, clock=clock)

    async def relay_events() -> None:
        await start_up.done.wait()
        await relay.run()

    await enter(bus)
    for name, run in (("start-up", start_up.run), ("outbox", relay_events)):
        service.stack.push_async_callback(_stop, background.start(name, run))
    await enter(HttpServer(pages(health), settings.http_address, drain=settings.server_drain))
    await enter(
        GrpcServer(
            settings,
            health,
            add=[config.ConfigServicer(use).register, snapshot.SnapshotServicer(store).register],
            services=[config.SERVICE, snapshot.SERVICE],
        )
    )


async def _stop(task: asyncio.Task[None]) -> None:
    """End `task` before what it uses is closed."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
