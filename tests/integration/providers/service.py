"""A running providers service, the configuration it follows, and a client of it."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from chassis.grpc.client import Peer
from chassis.lifecycle import Service
from chassis.tasks import Background
from seawall.config.v1.config_pb2 import GetSnapshotRequest, GetSnapshotResponse
from seawall.config.v1.config_pb2_grpc import SnapshotServiceServicer, add_SnapshotServiceServicer_to_server
from seawall.config.v1.resources_pb2 import Organization, OrganizationSnapshot, Provider, Snapshot
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceStub
from services.providers.bootstrap import build
from services.providers.settings import Settings
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port

MESSAGES = [{"role": "user", "content": "one two three four five six seven eight"}]
ORGANIZATION = "acme"


def provider(name: str, base_url: str, *keys: str, vendor: str = "openai") -> Provider:
    return Provider(name=f"organizations/{ORGANIZATION}/providers/{name}", vendor=vendor, base_url=base_url, keys=keys)


class Configuration(SnapshotServiceServicer):
    """Serves a snapshot that a test sets. `known`: the version that a service said last that it has."""

    def __init__(self, *providers: Provider) -> None:
        self.known = 0
        self._version = 0
        self._snapshot = Snapshot()
        self.set(*providers)

    @property
    def is_known(self) -> bool:
        """Whether a service has what was set last."""
        return self.known == self._version

    def set(self, *providers: Provider) -> None:
        self._version += 1
        organization = Organization(name=f"organizations/{ORGANIZATION}")
        self._snapshot = Snapshot(
            version=self._version,
            organizations=[OrganizationSnapshot(organization=organization, providers=providers)],
        )

    async def GetSnapshot(self, request: GetSnapshotRequest, context: Any) -> GetSnapshotResponse:
        self.known = request.known_version
        if self.is_known:
            return GetSnapshotResponse()
        return GetSnapshotResponse(snapshot=self._snapshot)


@asynccontextmanager
async def serving(configuration: Configuration) -> AsyncIterator[str]:
    """The address at which `configuration` is served."""
    server = grpc.aio.server()
    add_SnapshotServiceServicer_to_server(configuration, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


class Client:
    """Calls the service as a gateway does."""

    def __init__(self, peer: Peer) -> None:
        self._stub = ProviderServiceStub(peer.channel)
        self._metadata = peer.metadata()

    async def call(self, *, within: float = PATIENCE, **envelope: Any) -> pb.CallResponse:
        return await self._stub.Call(
            pb.CallRequest(envelope=envelope_of(**envelope)), timeout=within, metadata=self._metadata
        )

    def stream(self, *, within: float = PATIENCE, **envelope: Any) -> Any:
        return self._stub.StreamCall(
            pb.StreamCallRequest(envelope=envelope_of(**envelope)), timeout=within, metadata=self._metadata
        )

    async def frames(self, *, within: float = PATIENCE, **envelope: Any) -> list[pb.Frame]:
        return [frame async for batch in self.stream(within=within, **envelope) for frame in batch.frames]


def envelope_of(
    *,
    name: str = "alpha",
    model: str = "gpt-up",
    traceparent: str = "",
    prefix: str = "",
    body: bytes | None = None,
    dialect: pb.Dialect.ValueType = pb.DIALECT_OPENAI_CHAT,
    headers: Mapping[str, str] | None = None,
    **fields: object,
) -> pb.Envelope:
    return pb.Envelope(
        request_id="req-1",
        attempt=1,
        organization=ORGANIZATION,
        provider=name,
        model=model,
        dialect=dialect,
        body=json.dumps({"model": "chat", "messages": MESSAGES, **fields}).encode() if body is None else body,
        traceparent=traceparent,
        prefix=prefix,
        headers=headers,
    )


@asynccontextmanager
async def running(
    config_address: str, data_dir: Path, *, await_ready: bool = True, **settings: Any
) -> AsyncIterator[Client]:
    """The service, in this process, on real ports, and a client of it; Kafka is away unless `settings` say where."""
    address = f"127.0.0.1:{free_port()}"
    told = Settings(
        grpc_address=address,
        http_address=f"127.0.0.1:{free_port()}",
        config_address=config_address,
        data_dir=data_dir,
        **{"kafka_bootstrap": f"127.0.0.1:{free_port()}", **settings},
    )
    async with AsyncExitStack() as stack:
        service = Service("providers", stack, await stack.enter_async_context(Background()))
        await build(told, service)
        service.health.started()
        peer = await stack.enter_async_context(Peer(address))
        if await_ready:
            await eventually(lambda: service.health.ready)
        yield Client(peer)


def texts(frames: Iterable[pb.Frame]) -> str:
    return "".join(frame.text for frame in frames)
