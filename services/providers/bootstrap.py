"""The composition root of the providers service."""

import random
from functools import partial

from chassis.addresses import AddressPolicy, resolve
from chassis.grpc.client import Peer
from chassis.grpc.server import GrpcServer
from chassis.http import HttpServer
from chassis.kafka.bus import Bus
from chassis.lifecycle import Service
from chassis.pages import pages
from chassis.profiling.page import profile_page
from chassis.secrets import Secrets
from chassis.snapshot import SnapshotFollower
from chassis.version import VERSION
from chassis.workers.metrics import SharedMetrics
from events.topics import CONFIG
from services.providers.adapters.http.connections import PooledConnections
from services.providers.adapters.http.environment_proxies import EnvironmentProxies
from services.providers.adapters.kafka import KafkaCredentialEvents
from services.providers.adapters.litellm.base_url import BaseUrls
from services.providers.adapters.litellm.long_tail import VENDOR as LITELLM
from services.providers.adapters.litellm.long_tail import LongTail
from services.providers.adapters.telemetry import TelemetryObserver
from services.providers.adapters.vendors import known_vendors
from services.providers.application.call_vendor import CallVendor
from services.providers.application.open_way import OpenWay
from services.providers.application.providers_in_use import ProvidersInUse
from services.providers.application.send_request import SendRequest
from services.providers.application.stream_vendor import StreamVendor
from services.providers.application.tell_credentials import TellCredentials
from services.providers.application.tokens import Tokens
from services.providers.application.use_configuration import UseConfiguration
from services.providers.entrypoints.carry import Carried
from services.providers.entrypoints.configuration import apply_snapshot
from services.providers.entrypoints.grpc import SERVICE, ProviderServicer
from services.providers.entrypoints.hop import HopServer
from services.providers.settings import Settings


async def build(settings: Settings, service: Service) -> None:
    """Build the service and start it."""
    enter = service.stack.enter_async_context
    policy = AddressPolicy(settings.allowed_networks)
    connections = await enter(
        PooledConnections(
            connect_timeout=settings.connect_timeout,
            max_idle=settings.max_idle_connections,
            clock=service.clock,
            policy=policy,
            resolve=resolve,
            environment=EnvironmentProxies(settings.http_proxy, settings.https_proxy, settings.no_proxy),
        )
    )
    long_tail = await enter(LongTail(BaseUrls(policy, resolve), service.clock))
    bus = Bus("providers", settings, health=service.health, background=service.background, clock=service.clock)
    events = KafkaCredentialEvents(bus.publish, service.clock)
    providers, secrets = ProvidersInUse(), Secrets(directory=settings.secrets_dir)
    configure = UseConfiguration(
        providers,
        vendors=known_vendors(max_event=settings.max_event_bytes, now=service.clock.now),
        secrets=secrets,
        open_way=OpenWay(connections, secrets, by_sdk={LITELLM: long_tail.open}),
        tell=TellCredentials(events, service.clock),
        tokens=await enter(Tokens(service.clock)),
        clock=service.clock,
        rng=random.Random(),  # noqa: S311 - jitter
    )
    send, observer = SendRequest(agent=f"seawall/{VERSION}"), TelemetryObserver()
    call_vendor = CallVendor(providers, send, observer, max_bytes=settings.max_response_bytes)
    stream_vendor = StreamVendor(providers, send, observer, max_bytes=settings.max_response_bytes)

    token = settings.internal_token.get_secret_value()
    config = await enter(Peer(settings.config_address, internal_token=token))
    follower = SnapshotFollower(
        config,
        apply=apply_snapshot(configure, vendors=settings.vendors),
        file=settings.own_dir / "providers.snapshot",
        health=service.health,
        background=service.background,
        clock=service.clock,
    )
    bus.subscribe(CONFIG, follower.on_change, group=None)
    await enter(bus)
    service.start("credential events", events.run)
    await enter(follower)
    metrics = await enter(SharedMetrics(settings))
    shown = pages(service.health, metrics.page, profile=profile_page(service.name, token))
    if settings.shares_ports:
        await service.settled()
    await enter(HttpServer(shown, settings.http_address, drain=settings.server_drain, reuse_port=settings.shares_ports))
    hop = await enter(
        HopServer(
            settings.hop_address,
            partial(Carried, call_vendor, stream_vendor),
            token=token,
            max_age=settings.max_connection_age / 2,
            drain=settings.server_drain,
            clock=service.clock,
            reuse_port=settings.shares_ports,
        )
    )
    servicer = ProviderServicer(call_vendor, stream_vendor, hop_port=hop.port)
    await enter(
        GrpcServer(
            settings,
            service.health,
            add=[servicer.register],
            services=[SERVICE],
            traced=False,
        )
    )
