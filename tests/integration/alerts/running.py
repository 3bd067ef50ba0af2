"""The alerts service in this process: real database, real gRPC, real HTTP out; only Kafka is left out."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.grpc.client import Peer
from chassis.lifecycle import Service
from chassis.principal import Principal, Role
from chassis.tasks import Background
from events.alerts import AlertChanged
from events.cloudevents import Received, Record, decode
from events.credentials import CredentialChanged, CredentialState
from events.health import TargetVerdictChanged, Verdict
from events.topics import ALERTS
from resilience.clock import SystemClock
from resilience.errors import Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from seawall.alerts.v1.alerts_pb2_grpc import AlertServiceStub
from services.alerts.bootstrap import Composed, compose, grpc_server
from services.alerts.settings import Settings
from tests.stack.eventually import PATIENCE, eventually

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = Principal("acme", "shop", "ci", Role.ADMIN)
OWN = "organizations/acme"
TARGET = "openai-main/gpt-5-mini"


class ShiftedClock(SystemClock):
    """The machine's clock, with a wall time that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@dataclass
class Alerts:
    """A running service, as its callers and its neighbours see it."""

    composed: Composed
    service: Service
    peer: Peer
    clock: ShiftedClock
    records: list[Record] = field(default_factory=list)

    @property
    def published(self) -> Sequence[AlertChanged]:
        """What was told to the world, in order."""
        return [decode(ALERTS, record.value, record.headers).data for record in self.records]

    async def call(self, method: str, request: Any, *, key: Principal = KEY) -> Any:
        """Call an RPC. Raises Failure."""
        return await self.peer.call(
            getattr(AlertServiceStub(self.peer.channel), method), request, timeout=PATIENCE, principal=key
        )

    async def receiver(self, receiver_id: str, url: str, *, kind: int = pb.RECEIVER_FORMAT_WEBHOOK) -> pb.Receiver:
        """Add a receiver."""
        secret = "env:HOOK_SECRET" if kind == pb.RECEIVER_FORMAT_WEBHOOK else ""
        message = pb.Receiver(format=kind, url=url, secret=secret)  # type: ignore[arg-type]  # any number, also a wrong one
        request = pb.CreateReceiverRequest(parent=OWN, receiver_id=receiver_id, receiver=message)
        return (await self.call("CreateReceiver", request)).receiver  # type: ignore[no-any-return]

    async def see(self, *verdicts: Received[TargetVerdictChanged]) -> None:
        """Take in events of the health topic."""
        await self.composed.apply_verdicts(verdicts)

    async def see_credentials(self, *changes: Received[CredentialChanged]) -> None:
        """Take in events of the credentials topic."""
        await self.composed.apply_credentials(changes)

    async def alerts(self, state: int = 0) -> Sequence[pb.Alert]:
        """The alerts, newest first."""
        return (await self.call("ListAlerts", pb.ListAlertsRequest(parent=OWN, state=state))).alerts  # type: ignore[arg-type, no-any-return]

    async def receivers(self) -> dict[str, pb.Receiver]:
        """The receivers by id."""
        answer = await self.call("ListReceivers", pb.ListReceiversRequest(parent=OWN))
        return {receiver.name.rpartition("/")[2]: receiver for receiver in answer.receivers}

    async def deliveries(self, receiver: str = "", state: int = 0) -> Sequence[pb.Delivery]:
        """The delivery log, newest first."""
        request = pb.ListDeliveriesRequest(parent=OWN, receiver=receiver, state=state)  # type: ignore[arg-type]
        return (await self.call("ListDeliveries", request)).deliveries  # type: ignore[no-any-return]


def verdict(to: Verdict, *, target: str = TARGET, since: datetime | None = None) -> Received[TargetVerdictChanged]:
    """An event of monitor's."""
    now = datetime.now(UTC)
    data = TargetVerdictChanged(
        organization="acme",
        target=target,
        verdict=to,
        previous=Verdict.UNKNOWN,
        explanation="9 of 10 calls failed",
        since=since or now,
        attempts=10,
        failures=9,
    )
    return Received(uuid.uuid4().hex, "/seawall/monitor", now, None, data)


def credential(
    to: CredentialState, *, reference: str = "env:OPENAI_API_KEY", since: datetime | None = None
) -> Received[CredentialChanged]:
    """An event of the providers service."""
    now = datetime.now(UTC)
    refused = to is CredentialState.RESTING
    data = CredentialChanged(
        organization="acme",
        provider="openai-main",
        credential=reference,
        state=to,
        reason=Reason.VENDOR_AUTHENTICATION if refused else None,
        explanation="The vendor answered 401 (vendor_authentication)." if refused else "The vendor takes it.",
        since=since or now,
    )
    return Received(uuid.uuid4().hex, "/seawall/providers", now, None, data)


@asynccontextmanager
async def running(url: str, **changed: Any) -> AsyncIterator[Alerts]:
    """The service on the database at `url`."""
    clock = ShiftedClock()
    records: list[Record] = []

    async def publish(batch: Sequence[Record]) -> None:
        records.extend(batch)

    settings = Settings(
        database_url=url, grpc_address="127.0.0.1:0", http_address="127.0.0.1:0", delivery_timeout=30.0
    ).model_copy(update=changed)
    async with AsyncExitStack() as stack:
        background = await stack.enter_async_context(Background())
        service = Service("alerts", stack, background)
        service.clock = clock
        composed = await compose(settings, service, publish)
        server = await stack.enter_async_context(grpc_server(settings, service, composed))
        service.health.started()
        peer = await stack.enter_async_context(Peer(f"127.0.0.1:{server.port}"))
        await eventually(lambda: service.health.ready)
        yield Alerts(composed, service, peer, clock, records)
        assert not background.failed.is_set()
