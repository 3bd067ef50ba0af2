"""What stands around every RPC, over real gRPC, with a servicer of the alerts service's contract."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from chassis.grpc.client import Peer
from chassis.grpc.principal import current_principal
from chassis.grpc.server import GrpcServer
from chassis.health import Health
from chassis.principal import Principal, Role
from chassis.settings import ServiceSettings
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from seawall.alerts.v1 import alerts_pb2_grpc
from tests.stack.eventually import PATIENCE

SERVICE = "seawall.alerts.v1.AlertService"
ANN = Principal("acme", "shop", "ann", Role.ADMIN)


class Servicer(alerts_pb2_grpc.AlertServiceServicer):
    """GetAlert does what its alert's id says; ListAlerts tells for whom it was asked; the rest is not implemented."""

    def __getattr__(self, name: str) -> Any:
        return None

    async def GetAlert(self, request: pb.GetAlertRequest, context: Any) -> pb.GetAlertResponse:
        match request.name.rpartition("/")[2]:
            case "missing":
                raise Failure(Reason.NOT_FOUND, "There is no such alert.", detail={"param": "name"})
            case "broken":
                raise ZeroDivisionError("a secret detail")
            case "slow":
                await asyncio.sleep(60)
        return pb.GetAlertResponse(alert=pb.Alert(name=request.name))

    async def ListAlerts(self, request: pb.ListAlertsRequest, context: Any) -> pb.ListAlertsResponse:
        return pb.ListAlertsResponse(alerts=[pb.Alert(name=request.parent, actor=current_principal().name)])


Servicer.__abstractmethods__ = frozenset()  # two methods are enough here


class Settings(ServiceSettings):
    grpc_address: str = "127.0.0.1:0"
    http_address: str = "127.0.0.1:0"
    rpc_timeout: float = 0.5


@asynccontextmanager
async def serving(health: Health, **settings: Any) -> AsyncIterator[GrpcServer]:
    def add(server: grpc.aio.Server) -> None:
        alerts_pb2_grpc.add_AlertServiceServicer_to_server(Servicer(), server)  # type: ignore[abstract]

    async with GrpcServer(Settings(**settings), health, add=[add], services=[SERVICE]) as server:
        yield server


@pytest.fixture
async def server() -> AsyncIterator[GrpcServer]:
    health = Health()
    health.started()
    async with serving(health) as server:
        yield server


@asynccontextmanager
async def alerts(server: GrpcServer, token: str = "") -> AsyncIterator[tuple[Peer, Any]]:
    async with Peer(f"127.0.0.1:{server.port}", internal_token=token) as peer:
        yield peer, alerts_pb2_grpc.AlertServiceStub(peer.channel)


async def get(server: GrpcServer, name: str, *, within: float = 10, principal: Principal | None = None) -> Any:
    async with alerts(server) as (peer, stub):
        return await peer.call(stub.GetAlert, pb.GetAlertRequest(name=name), timeout=within, principal=principal)


async def failing(server: GrpcServer, name: str, **call: Any) -> Failure:
    with pytest.raises(Failure) as raised:
        await get(server, name, **call)
    return raised.value


async def test_a_failure_reaches_the_caller_with_its_reason_and_detail(server: GrpcServer) -> None:
    failure = await failing(server, "organizations/acme/alerts/missing")
    assert (failure.reason, failure.message, failure.detail) == (
        Reason.NOT_FOUND,
        "There is no such alert.",
        {"param": "name"},
    )


async def test_what_breaks_inside_is_told_without_its_details(server: GrpcServer) -> None:
    failure = await failing(server, "organizations/acme/alerts/broken")
    assert failure.reason is Reason.INTERNAL
    assert "secret" not in failure.message


async def test_a_call_that_takes_longer_than_its_caller_allows_ends(server: GrpcServer) -> None:
    assert (await failing(server, "organizations/acme/alerts/slow", within=0.1)).reason is Reason.DEADLINE_EXCEEDED


async def test_a_call_without_a_deadline_gets_one(server: GrpcServer) -> None:
    async with alerts(server) as (_, stub):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetAlert(pb.GetAlertRequest(name="organizations/acme/alerts/slow"))
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_another_organizations_names_are_not_found(server: GrpcServer) -> None:
    for name in ("organizations/other/alerts/1", "organizations/acmeandmore/alerts/1", "organizations", "alerts/1"):
        assert (await failing(server, name, principal=ANN)).reason is Reason.NOT_FOUND


async def test_ones_own_organization_need_not_be_named(server: GrpcServer) -> None:
    answer = await get(server, "organizations/-/alerts/1", principal=ANN)
    assert answer.alert.name == "organizations/acme/alerts/1"


async def test_a_handler_knows_its_principal_and_one_that_needs_it_refuses_without(server: GrpcServer) -> None:
    async with alerts(server) as (peer, stub):
        ask = pb.ListAlertsRequest(parent="organizations/-")
        answer = await peer.call(stub.ListAlerts, ask, timeout=PATIENCE, principal=ANN)
        assert (answer.alerts[0].name, answer.alerts[0].actor) == ("organizations/acme", ANN.name)
        with pytest.raises(Failure) as raised:
            await peer.call(stub.ListAlerts, ask, timeout=PATIENCE)
    assert raised.value.reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("shown", ["", "wrong"])
async def test_who_does_not_show_the_services_token_is_refused(shown: str) -> None:
    health = Health()
    async with serving(health, internal_token="right") as server:
        for token, allowed in ((shown, False), ("right", True)):
            async with alerts(server, token) as (peer, stub):
                call = peer.call(stub.GetAlert, pb.GetAlertRequest(name="a"), timeout=PATIENCE)
                if allowed:
                    assert (await call).alert.name == "a"
                else:
                    with pytest.raises(Failure) as raised:
                        await call
                    assert raised.value.reason is Reason.UNAUTHENTICATED


async def test_health_follows_readiness_and_needs_no_token() -> None:
    health = Health()
    async with serving(health, internal_token="right") as server, Peer(f"127.0.0.1:{server.port}") as peer:
        stub: Any = health_pb2_grpc.HealthStub(peer.channel)
        updates = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        seen = [(await updates.read()).status]
        health.started()
        seen.append((await updates.read()).status)
        health.draining()
        seen.append((await updates.read()).status)
        updates.cancel()
    serving_, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    assert seen == [not_serving, serving_, not_serving]


async def test_reflection_tells_the_services(server: GrpcServer) -> None:
    def ask() -> set[str]:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            return set(ProtoReflectionDescriptorDatabase(channel).get_services())

    assert {SERVICE, "grpc.health.v1.Health"} <= await asyncio.to_thread(ask)


async def test_a_call_under_way_ends_before_the_server_stops() -> None:
    health = Health()
    async with alerts_while_stopping(health) as answer:
        pass
    assert (await answer).alert.name == "organizations/acme/alerts/1"


@asynccontextmanager
async def alerts_while_stopping(health: Health) -> AsyncIterator["asyncio.Task[Any]"]:
    """A call that is made just before the server stops."""
    async with serving(health) as server:
        answer = asyncio.create_task(get(server, "organizations/acme/alerts/1"))
        await asyncio.sleep(0)
        async with alerts(server) as (peer, stub):
            await peer.call(stub.GetAlert, pb.GetAlertRequest(name="a"), timeout=PATIENCE)
        yield answer
