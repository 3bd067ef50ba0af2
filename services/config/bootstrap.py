"""The composition root of config."""

import asyncio
from pathlib import Path

from chassis import manifest
from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.profiling.page import profile_page
from chassis.secrets import Secrets
from chassis.startup import StartUp
from chassis.storage.database import Database
from chassis.storage.outbox import Outbox, OutboxRelay
from chassis.storage.tables import Tables
from services.config.adapters.catalogue import read_catalogue
from services.config.adapters.sql.store import SqlStore
from services.config.adapters.sql.tables import TABLES
from services.config.application.apply_manifest import ApplyManifest
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.create_key import CreateKey
from services.config.application.ports import START_UP
from services.config.application.read_configuration import ReadConfiguration
from services.config.application.read_manifest import ReadManifest
from services.config.application.revoke_key import RevokeKey
from services.config.domain.declaration import Declaration
from services.config.entrypoints.grpc import config, snapshot
from services.config.entrypoints.grpc.price_codecs import EncodedCatalogue
from services.config.entrypoints.grpc.unversioned import Unversioned
from services.config.settings import Settings

VERSIONS = Path(__file__).parent / "adapters/sql/migrations/versions"


async def build(settings: Settings, service: Service) -> None:
    """Build and start config."""
    enter = service.stack.enter_async_context
    clock, health = service.clock, service.health
    pepper = settings.key_pepper.get_secret_value().encode()

    database = await enter(Database(settings.database, schema="config"))
    bus = Bus("config", settings, health=health, background=service.background, clock=clock)
    relay = OutboxRelay(database, bus.publish, clock)
    tables = Tables(database, (*TABLES, Outbox), VERSIONS, clock, migrates=settings.migrate)
    store = SqlStore(database, tables)

    change = ChangeConfiguration(store, clock, changed=relay.nudge)
    read_manifest = ReadManifest(Secrets(directory=settings.secrets_dir), pepper=pepper)
    apply_manifest = ApplyManifest(change, clock)
    catalogue = EncodedCatalogue.of(read_catalogue())
    unversioned = Unversioned(catalogue, settings.providers_addresses)
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

    def read(path: Path) -> Declaration:
        return read_manifest(manifest.read_file(path))

    async def prepare() -> None:
        # Read first: one that is wrong ends the service also while the database is away.
        declaration = await asyncio.to_thread(read, settings.manifest) if settings.manifest else None
        await tables.make()
        if declaration is not None:
            await apply_manifest(declaration, actor=START_UP)

    start_up = StartUp(prepare, condition="configuration", health=health, clock=clock)
    await enter(bus)
    service.start("start-up", start_up.run)
    service.start("outbox", start_up.then(relay.run))
    profile = profile_page(service.name, settings.internal_token.get_secret_value())
    shown = pages(health, profile=profile)
    await enter(HttpServer(shown, settings.http_address, drain=settings.server_drain))
    await enter(
        GrpcServer(
            settings,
            health,
            add=[
                config.ConfigServicer(use, catalogue).register,
                snapshot.SnapshotServicer(store, unversioned, started=start_up.done.is_set).register,
            ],
            services=[config.SERVICE, snapshot.SERVICE],
        )
    )
