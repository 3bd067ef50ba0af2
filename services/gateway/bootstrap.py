"""Builds the gateway: the one place that knows all of its parts."""

import random

from chassis.grpc.client import Peer
from chassis.grpc.edge import anybody
from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.snapshot import SnapshotFollower
from events.topics import CONFIG, HEALTH
from services.gateway.adapters.configuration import CurrentConfiguration
from services.gateway.adapters.journal import Journal, Shipper
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.adapters.providers import ProvidersHop
from services.gateway.adapters.redis_limiter import RedisLimiter
from services.gateway.application.admit import Admit
from services.gateway.application.attempt_targets import AttemptTargets
from services.gateway.application.authenticate import Authenticate, Authenticator
from services.gateway.application.complete_chat import CompleteChat
from services.gateway.application.guard import Guard
from services.gateway.application.plan_request import PlanRequest
from services.gateway.application.settle import Settle
from services.gateway.domain.limits import RateLimiter
from services.gateway.domain.plan import DownTargets
from services.gateway.entrypoints.door import open_door
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.grpc import SERVICE, ChatServicer
from services.gateway.entrypoints.http.app import build_app
from services.gateway.entrypoints.http.chat import ChatCompletions
from services.gateway.entrypoints.http.models import Models
from services.gateway.entrypoints.kafka import VerdictsListener
from services.gateway.settings import Settings


async def build(settings: Settings, service: Service) -> None:
    """Enter everything on the service's stack; what takes requests last."""
    enter = service.stack.enter_async_context
    clock, health, background = service.clock, service.health, service.background
    token = settings.internal_token.get_secret_value()
    configuration = CurrentConfiguration()
    down = DownTargets()

    config, providers, monitor, alerts = [
        await enter(Peer(address, internal_token=token))
        for address in (
            settings.config_address,
            settings.providers_address,
            settings.monitor_address,
            settings.alerts_address,
        )
    ]
    snapshots = SnapshotFollower(
        config,
        apply=configuration.apply,
        file=settings.data_dir / "gateway.snapshot",
        health=health,
        background=background,
        clock=clock,
    )
    bus = Bus(service.name, settings, health=health, background=background, clock=clock)
    bus.subscribe(CONFIG, snapshots.on_change, group=None)
    bus.subscribe(HEALTH, VerdictsListener(down), group=None)
    await enter(bus)
    journal = await enter(
        Journal(
            settings.data_dir / "journal",
            max_bytes=settings.journal_max_bytes,
            fsync=settings.journal_fsync,
            clock=clock,
        )
    )
    shipper = Shipper(journal, bus.publish, clock)
    background.start("journal shipper", shipper.run)
    service.stack.push_async_callback(shipper.drain, settings.rest_drain)
    await enter(snapshots)
    limiter: RateLimiter = MemoryLimiter(clock)
    if settings.redis_url:
        shared = await enter(RedisLimiter(settings.redis_url, clock, expected_gateways=settings.expected_gateways))
        background.start("redis limiter", shared.run)
        limiter = shared

    authenticator = Authenticator(configuration, settings.key_pepper.get_secret_value().encode(), clock)
    complete = CompleteChat(
        stages=(
            Authenticate(authenticator, configuration),
            Admit(limiter, journal),
            Guard(),
            PlanRequest(down, clock),
        ),
        attempt=AttemptTargets(ProvidersHop(providers), clock, random.Random()),  # noqa: S311 - jitter
        settle=Settle(journal, clock),
    )
    exchanges = Exchanges(complete, clock)

    app = build_app(
        chat=ChatCompletions(exchanges, clock, max_body=settings.max_body_bytes),
        models_endpoint=Models(authenticator, configuration),
        door=open_door(config=config, monitor=monitor, alerts=alerts, authenticate=authenticator),
        health=health,
    )
    await enter(HttpServer(app, settings.http_address, drain=settings.server_drain))
    await enter(
        GrpcServer(
            settings,
            health,
            add=[ChatServicer(exchanges).register],
            services=[SERVICE],
            admit=anybody,
        )
    )
