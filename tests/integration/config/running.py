"""The config service in this process: real database, real gRPC, and Kafka where a test gives one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.grpc.client import Peer
from chassis.lifecycle import Service
from chassis.principal import Principal, Role
from chassis.tasks import Background
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from seawall.config.v1.config_pb2_grpc import ConfigServiceStub, SnapshotServiceStub
from services.config.bootstrap import build
from services.config.settings import Settings
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port

PEPPER = "p" * 32
OWN = "organizations/acme"
SHOP = f"{OWN}/projects/shop"
ADMIN = Principal("acme", "shop", "admin", Role.ADMIN)
OWNER = Principal("acme", "shop", "owner", Role.OWNER)
STRANGER = Principal("other", "shop", "owner", Role.OWNER)
NO_KAFKA = "127.0.0.1:1"

MANIFEST = """
organization: acme
providers:
  - {name: openai-main, vendor: openai, keys: [env:OPENAI_API_KEY]}
  - {name: local, vendor: openai-compatible, base_url: "http://gpu-1:8000/v1"}
models:
  - name: chat
    route:
      targets:
        - {provider: openai-main, model: gpt-5-mini}
        - {provider: local, model: meta/llama-4}
      policy: {timeout: 60s, retries: 2}
prices:
  - {provider: openai-main, model: gpt-5-mini, input: 0.25, output: 2}
projects:
  - name: shop
    models: [chat]
    limits: {requests_per_minute: 600}
    keys: [{name: ci, value: env:SHOP_KEY}]
"""
NAMES = [
    "organizations/acme",
    "organizations/acme/models/chat",
    "organizations/acme/prices/openai-main/gpt-5-mini/1970-01-01T00:00:00Z",
    "organizations/acme/projects/shop",
    "organizations/acme/projects/shop/keys/ci",
    "organizations/acme/providers/local",
    "organizations/acme/providers/openai-main",
]
"""What the manifest makes."""


class ShiftedClock(SystemClock):
    """The machine's clock, with a wall time that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@dataclass
class Config:
    """A running service, as its callers see it."""

    service: Service
    peer: Peer
    clock: ShiftedClock

    async def call(self, method: str, request: Any, *, key: Principal | None = ADMIN) -> Any:
        """Call an RPC of ConfigService. Raises Failure."""
        stub = ConfigServiceStub(self.peer.channel)
        return await self.peer.call(getattr(stub, method), request, timeout=PATIENCE, principal=key)

    async def refused(self, method: str, request: Any, *, key: Principal | None = ADMIN) -> Failure:
        """The failure that a call answers."""
        try:
            answer = await self.call(method, request, key=key)
        except Failure as failure:
            return failure
        raise AssertionError(f"{method} answered {answer}")

    async def reason(self, method: str, request: Any, *, key: Principal | None = ADMIN) -> Reason:
        """Why a call is refused."""
        return (await self.refused(method, request, key=key)).reason

    async def snapshot(self, known: int = 0) -> pb.Snapshot | None:
        """The snapshot, unless version `known` is the newest."""
        stub = SnapshotServiceStub(self.peer.channel)
        request = api.GetSnapshotRequest(known_version=known)
        answer = await self.peer.call(stub.GetSnapshot, request, timeout=PATIENCE)
        return answer.snapshot if answer.HasField("snapshot") else None

    async def version(self) -> int:
        """The version in force."""
        found = await self.snapshot()
        assert found is not None
        return found.version

    async def apply(
        self, manifest: str = MANIFEST, *, dry_run: bool = False, key: Principal = ADMIN
    ) -> api.ApplyManifestResponse:
        """Apply a manifest."""
        request = api.ApplyManifestRequest(parent=f"organizations/{key.organization}", manifest=manifest)
        request.dry_run = dry_run
        return await self.call("ApplyManifest", request, key=key)  # type: ignore[no-any-return]

    async def audit(self) -> Sequence[api.AuditRecord]:
        """The audit records, newest first."""
        request = api.ListAuditRecordsRequest(parent=OWN, page_size=1000)
        return (await self.call("ListAuditRecords", request)).records  # type: ignore[no-any-return]

    async def create_key(
        self, key_id: str, role: int = pb.ROLE_DEVELOPER, *, key: Principal = ADMIN
    ) -> api.CreateKeyResponse:
        """Make a key in the project `shop`."""
        message = pb.Key(role=role)  # type: ignore[arg-type]  # any number, also a wrong one
        request = api.CreateKeyRequest(parent=SHOP, key_id=key_id, key=message)
        return await self.call("CreateKey", request, key=key)  # type: ignore[no-any-return]


@asynccontextmanager
async def running(url: str, *, ready: bool = True, **changed: Any) -> AsyncIterator[Config]:
    """The service on the database at `url`."""
    port = free_port()
    settings = Settings(
        database_url=url,
        key_pepper=PEPPER,
        grpc_address=f"127.0.0.1:{port}",
        http_address="127.0.0.1:0",
        kafka_bootstrap=NO_KAFKA,
        drain_timeout=4.0,
    ).model_copy(update=changed)
    async with AsyncExitStack() as stack:
        background = await stack.enter_async_context(Background())
        service = Service("config", stack, background)
        clock = ShiftedClock()
        service.clock = clock
        await build(settings, service)
        service.health.started()
        peer = await stack.enter_async_context(Peer(f"127.0.0.1:{port}"))
        if ready:
            await eventually(lambda: service.health.ready)
        yield Config(service, peer, clock)
        assert not background.failed.is_set()


def write(path: Path, manifest: str = MANIFEST) -> Path:
    """A file that holds `manifest`."""
    path.write_text(manifest)
    return path
