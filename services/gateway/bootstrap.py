"""Builds the gateway: the one place that knows all of its parts."""

import random
import uuid
from functools import partial

from chassis.grpc.client import Peer
from chassis.grpc.edge import anybody
from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer, Limits
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.profiling.page import profile_page
from chassis.snapshot import SnapshotFollower
from chassis.workers.metrics import SharedMetrics
from events.topics import BREAKERS, CONFIG, HEALTH
from services.gateway.adapters.breakers import BreakerBroadcast
from services.gateway.adapters.configuration import CurrentConfiguration
from services.gateway.adapters.hop import DialByToken, ProvidersHop
from services.gateway.adapters.journal import AdoptedJournals, Journal, Shipper, left_behind
from services.gateway.adapters.memory_answers import MemoryAnswers
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.adapters.memory_responses import MemoryResponses
from services.gateway.application.admit import Admit
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.application.answers import AnswerStore
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.authenticate import Authenticate, Authenticator
from services.gateway.application.complete_chat import CompleteChat
from services.gateway.application.degrade import AnswerOrDegrade
from services.gateway.application.guard import Guard
from services.gateway.application.idempotency import KeyStore
from services.gateway.application.keep_responses import GoOnFrom, KeepResponses
from services.gateway.application.list_models import ListModels
from services.gateway.application.plan_request import PlanRequest
from services.gateway.application.recall import Recall
from services.gateway.application.responses import ResponseStore
from services.gateway.application.settle import Settle
from services.gateway.application.shadow import Shadow
from services.gateway.application.shed import Shed
from services.gateway.domain.dialects.openai_responses import OPENAI_RESPONSES
from services.gateway.domain.limits import RateLimiter
from services.gateway.domain.pressure import Pressure
from services.gateway.domain.targets import Targets
from services.gateway.entrypoints import grpc_embeddings, grpc_models
from services.gateway.entrypoints.door import open_door
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.grpc import SERVICE, ChatServicer
from services.gateway.entrypoints.grpc_embeddings import EmbeddingServicer
from services.gateway.entrypoints.grpc_models import ModelServicer
from services.gateway.entrypoints.http.app import CHATS, build_app
from services.gateway.entrypoints.http.chat import Chats
from services.gateway.entrypoints.http.endpoint import Endpoint
from services.gateway.entrypoints.http.models import Models
from services.gateway.entrypoints.http.responses import Responses
from services.gateway.entrypoints.kafka import BreakersListener, VerdictsListener
from services.gateway.entrypoints.ticks import Ticks
from services.gateway.settings import Settings


async def build(settings: Settings, service: Service) -> None:
    """Enter everything on the service's stack; what takes requests last."""
    enter = service.stack.enter_async_context
    clock, health, background = service.clock, service.health, service.background
    token = settings.internal_token.get_secret_value()
    metrics = await enter(SharedMetrics(settings))
    configuration = CurrentConfiguration()
    rng = random.Random()  # noqa: S311 - jitter
    gateway_id = uuid.uuid4().hex

    connect = partial(Peer, internal_token=token)
    config, monitor, alerts = [
        await enter(connect(address))
        for address in (settings.config_address, settings.monitor_address, settings.alerts_address)
    ]
    hop = await enter(
        ProvidersHop(
            settings.providers_address,
            dial=DialByToken(token),
            configuration=configuration,
            health=health,
            clock=clock,
            streams=settings.hop_streams,
        )
    )
    snapshots = SnapshotFollower(
        config,
        apply=configuration.apply,
        file=settings.own_dir / "gateway.snapshot",
        health=health,
        background=background,
        clock=clock,
    )
    bus = Bus(service.name, settings, health=health, background=background, clock=clock)
    bus.subscribe(CONFIG, snapshots.on_change, group=None)
    breakers = BreakerBroadcast(bus.publish, gateway_id, clock)
    targets = Targets(clock, rng, breakers.note)
    bus.subscribe(BREAKERS, BreakersListener(targets, gateway_id, clock), group=None)
    bus.subscribe(HEALTH, VerdictsListener(targets, clock), group=None)
    await enter(bus)
    background.start("breakers", breakers.run)
    journal = await enter(
        Journal(
            settings.own_dir / "journal",
            max_bytes=settings.own_journal_bytes,
            fsync=settings.journal_fsync,
            clock=clock,
        )
    )
    shipper = Shipper(journal, bus.publish, clock)
    background.start("journal shipper", shipper.run)
    service.stack.push_async_callback(shipper.drain, settings.rest_drain)
    if not settings.worker:
        left = left_behind(settings.data_dir, settings.workers)
        service.start("adopted journals", AdoptedJournals(left, bus.publish, clock).run)
    await enter(snapshots)
    limiter, answers, keys, responses = await _shared_state(settings, service)

    pressure = Pressure(most=settings.own_requests)
    background.start("ticks", Ticks(pressure, clock).measure)

    authenticator = Authenticator(configuration, settings.key_pepper.get_secret_value().encode(), clock)
    recall = Recall(answers, clock)
    settle = Settle(journal, clock)
    attempt = AttemptTargets(hop, targets, clock, rng)
    shadow = await enter(Shadow(attempt, targets, settle, clock))
    first = (Authenticate(authenticator, configuration), Shed(pressure, rng), Admit(limiter, journal))
    guard = Guard()
    main_line = partial(
        CompleteChat,
        recall=recall,
        plan=PlanRequest(targets, clock, rng),
        shadow=shadow,
        attempt=AnswerOrDegrade(attempt, targets, stale=recall.stale),
        settle=settle,
    )
    exchanges = Exchanges(main_line(stages=(*first, guard)), pressure, clock)
    go_on_from = GoOnFrom(responses, max_body=settings.max_body_bytes)
    responding = Exchanges(KeepResponses(main_line(stages=(*first, go_on_from, guard)), responses), pressure, clock)
    once = AnswerOnce(keys, authenticator, clock, ttl=settings.idempotency_retention)

    list_models = ListModels(authenticator, configuration)
    app = build_app(
        chats={
            path: Endpoint(
                Chats(responding if dialect is OPENAI_RESPONSES else exchanges, dialect, clock),
                once,
                max_body=settings.max_body_bytes,
            )
            for path, dialect in CHATS.items()
        },
        kept=Responses(authenticator, responses),
        models_endpoint=Models(list_models),
        door=open_door(config=config, monitor=monitor, alerts=alerts, authenticate=authenticator),
        health=health,
        metrics=metrics.page,
        profile=profile_page(service.name, token),
    )
    if settings.shares_ports:
        await service.settled()
    await enter(
        HttpServer(
            app,
            settings.http_address,
            drain=settings.server_drain,
            reuse_port=settings.shares_ports,
            limits=Limits(connection_age=settings.max_connection_age),
        )
    )
    await enter(
        GrpcServer(
            settings,
            health,
            add=[
                ChatServicer(exchanges, once).register,
                EmbeddingServicer(exchanges, once).register,
                ModelServicer(list_models).register,
            ],
            services=[SERVICE, grpc_embeddings.SERVICE, grpc_models.SERVICE],
            admit=anybody,
        )
    )


async def _shared_state(
    settings: Settings, service: Service
) -> tuple[RateLimiter, AnswerStore, KeyStore, ResponseStore]:
    """What gateways keep together in Redis, or this one by itself where there is none."""
    clock = service.clock
    if not settings.redis_url:
        most = settings.memory_store_bytes
        return (
            MemoryLimiter(clock),
            MemoryAnswers(clock, max_bytes=most),
            MemoryKeys(clock, max_bytes=most),
            MemoryResponses(clock, max_bytes=most),
        )
    from services.gateway.adapters import in_redis  # noqa: PLC0415 - see there

    link = await service.stack.enter_async_context(in_redis.RedisLink(settings.redis_url, clock))
    service.background.start("redis", link.run)
    limiter = await service.stack.enter_async_context(
        in_redis.RedisLimiter(link, clock, service.background, expected_gateways=settings.expected_limiters)
    )
    service.start("limits", limiter.run)
    return (
        limiter,
        in_redis.RedisAnswers(link, clock),
        in_redis.RedisKeys(link, clock),
        in_redis.RedisResponses(link, clock),
    )
