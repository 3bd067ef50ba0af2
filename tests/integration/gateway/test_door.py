"""The door, over real HTTP, in front of a real gRPC server."""

import asyncio
import base64
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_health.v1 import health_pb2
from pyqwest import Client, FullResponse

from chassis.grpc.client import Peer
from chassis.grpc.principal import current_principal
from chassis.grpc.server import GrpcServer
from chassis.health import Health
from chassis.http import HttpServer
from chassis.principal import Principal, Role
from chassis.settings import ServiceSettings
from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2, config_pb2_grpc, resources_pb2
from services.gateway.entrypoints.door import ALERTS, CONFIG, MAX_BODY_BYTES, MONITOR, Door
from tests.stack.eventually import PATIENCE
from tests.stack.ports import free_port

TOKEN = "between-services"
LIST = f"/{CONFIG.full_name}/ListProjects"
CREATE = f"/{CONFIG.full_name}/CreateProject"
HEALTH: Any = health_pb2.DESCRIPTOR.services_by_name["Health"]
WATCH = f"/{HEALTH.full_name}/Watch"


class Config(config_pb2_grpc.ConfigServiceServicer):
    """A few RPCs, each with another end."""

    def __init__(self) -> None:
        self.callers: list[Principal] = []
        self.time_left: list[float] = []
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def ListProjects(self, request: Any, context: Any) -> Any:
        self.callers.append(current_principal())
        self.time_left.append(context.time_remaining())
        return config_pb2.ListProjectsResponse(projects=[resources_pb2.Project(name=f"{request.parent}/projects/shop")])

    async def CreateProject(self, request: Any, context: Any) -> Any:
        if request.project_id == "slow":
            self.started.set()
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        raise Failure(Reason.ALREADY_EXISTS, "There is a shop.", retry_after=2.0, detail={"field": "project_id"})


def authenticate(secret: str | None) -> Principal:
    try:
        return Principal("acme", "shop", "ci", Role[(secret or "").upper()])
    except KeyError:
        raise Failure(Reason.UNAUTHENTICATED, "The key is not known.") from None


class Stage:
    """The door's address, and the service behind it."""

    def __init__(self, url: str, config: Config) -> None:
        self.url = url
        self.config = config
        self.client = Client()

    async def ask(
        self, path: str, body: bytes | str = "{}", *, key: str | None = "owner", **headers: str
    ) -> FullResponse:
        told = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            told["authorization"] = f"Bearer {key}"
        content = body if isinstance(body, bytes) else body.encode()
        return await asyncio.wait_for(self.client.post(self.url + path, told, content), PATIENCE)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    settings = ServiceSettings(grpc_address="127.0.0.1:0", http_address="127.0.0.1:0", internal_token=TOKEN)
    config = Config()  # type: ignore[abstract]  # what it does not answer is unimplemented

    def add(server: grpc.aio.Server) -> None:
        config_pb2_grpc.add_ConfigServiceServicer_to_server(config, server)

    health = Health()
    health.started()
    async with (
        GrpcServer(settings, health, add=[add], services=[CONFIG.full_name]) as server,
        Peer(f"127.0.0.1:{server.port}", internal_token=TOKEN) as peer,
        Peer(f"127.0.0.1:{free_port()}") as nobody,
    ):
        listed = {f"{HEALTH.full_name}/{method.name}": Role.VIEWER for method in HEALTH.methods}
        table = {
            f"{service.full_name}/{method.name}": Role.VIEWER for service in (ALERTS,) for method in service.methods
        }
        table |= listed | {f"{CONFIG.full_name}/{method.name}": Role.VIEWER for method in CONFIG.methods}
        table[CREATE.removeprefix("/")] = Role.ADMIN
        door = Door([(CONFIG, peer), (ALERTS, nobody), (HEALTH, peer)], authenticate, least_role=table)
        async with HttpServer(door, "127.0.0.1:0", drain=1) as http:
            yield Stage(f"http://127.0.0.1:{http.port}", config)


def said(answer: FullResponse) -> Any:
    return json.loads(bytes(answer.content))


def reason_of(answer: FullResponse) -> str:
    """The reason in an error's ErrorInfo, which the header must repeat."""
    infos = [
        ErrorInfo.FromString(base64.b64decode(part["value"] + "=="))
        for part in said(answer)["details"]
        if part["type"] == "google.rpc.ErrorInfo"
    ]
    assert [info.domain for info in infos] == ["seawall"]
    assert answer.headers["x-seawall-reason"] == infos[0].reason
    return str(infos[0].reason)


async def test_json_is_answered_with_json(stage: Stage) -> None:
    answer = await stage.ask(LIST, '{"parent": "organizations/-", "pageSize": 5}', key="viewer")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert said(answer) == {"projects": [{"name": "organizations/acme/projects/shop"}]}


async def test_binary_is_answered_with_binary(stage: Stage) -> None:
    request = config_pb2.ListProjectsRequest(parent="organizations/acme").SerializeToString()
    answer = await stage.ask(LIST, request, content_type="application/proto")
    assert answer.headers["content-type"] == "application/proto"
    assert config_pb2.ListProjectsResponse.FromString(bytes(answer.content)).projects[0].name.endswith("/shop")


async def test_the_service_behind_is_told_who_calls_and_how_long_they_wait(stage: Stage) -> None:
    for timeout in ("5000", "600000"):
        await stage.ask(LIST, key="manager", connect_timeout_ms=timeout)
    await stage.ask(LIST, key="manager")
    assert set(stage.config.callers) == {Principal("acme", "shop", "ci", Role.MANAGER)}
    asked, longest, default = stage.config.time_left
    # gRPC rounds a deadline up; on its way some of it may pass.
    assert 0 < asked < 5.5 < default < 11 < longest < 61


async def test_x_api_key_is_taken_too(stage: Stage) -> None:
    assert (await stage.ask(LIST, key=None, x_api_key="viewer")).status == 200


async def test_a_failure_keeps_its_code_message_and_details(stage: Stage) -> None:
    answer = await stage.ask(CREATE, '{"projectId": "shop"}')
    assert answer.status == 409
    assert (said(answer)["code"], said(answer)["message"]) == ("already_exists", "There is a shop.")
    assert reason_of(answer) == "already_exists"
    assert [part["type"] for part in said(answer)["details"]] == ["google.rpc.ErrorInfo", "google.rpc.RetryInfo"]
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_a_missing_or_wrong_key_is_refused(stage: Stage, key: str | None) -> None:
    answer = await stage.ask(LIST, key=key)
    assert (answer.status, said(answer)["code"], reason_of(answer)) == (401, "unauthenticated", "unauthenticated")


@pytest.mark.parametrize(("key", "status"), [("viewer", 403), ("manager", 403), ("admin", 409), ("owner", 409)])
async def test_the_role_table_is_kept(stage: Stage, key: str, status: int) -> None:
    answer = await stage.ask(CREATE, key=key)
    assert answer.status == status
    if status == 403:
        assert (said(answer)["code"], reason_of(answer)) == ("permission_denied", "permission_denied")


async def test_who_may_not_call_is_told_so_before_the_body_is_read(stage: Stage) -> None:
    assert (await stage.ask(LIST, b"x" * (MAX_BODY_BYTES + 1), key="wrong")).status == 401


@pytest.mark.parametrize("path", [f"{LIST}s", "/seawall.config.v1.SnapshotService/GetSnapshot", "/nowhere"])
async def test_an_unknown_rpc_is_not_handled(stage: Stage, path: str) -> None:
    assert (await stage.ask(path)).status == 404


@pytest.mark.parametrize(
    "body",
    ["{", '{"pageSize": "many"}', '{"pagesize": 5}', "[1]", b"\xff\xfe", '{"parent": 5}', '{"parent": ' + "[" * 5000],
)
async def test_malformed_json_is_the_callers_fault(stage: Stage, body: bytes | str) -> None:
    answer = await stage.ask(LIST, body)
    assert (answer.status, said(answer)["code"], reason_of(answer)) == (400, "invalid_argument", "invalid_request")


async def test_malformed_binary_is_the_callers_fault(stage: Stage) -> None:
    answer = await stage.ask(LIST, b"\xff\xff\xff", content_type="application/proto")
    assert (answer.status, reason_of(answer)) == (400, "invalid_request")


async def test_a_body_that_is_too_large_is_refused(stage: Stage) -> None:
    answer = await stage.ask(LIST, json.dumps({"parent": "x" * MAX_BODY_BYTES}))
    assert (answer.status, said(answer)["code"], reason_of(answer)) == (400, "invalid_argument", "request_too_large")


async def test_a_compressed_body_is_refused(stage: Stage) -> None:
    answer = await stage.ask(LIST, b"\x1f\x8b", content_encoding="gzip")
    assert (answer.status, reason_of(answer)) == (400, "invalid_request")


async def test_the_deadline_is_kept_and_the_call_behind_is_cancelled(stage: Stage) -> None:
    answer = await stage.ask(CREATE, '{"projectId": "slow"}', connect_timeout_ms="200")
    assert (answer.status, said(answer)["code"]) == (504, "deadline_exceeded")
    assert reason_of(answer) == "deadline_exceeded"
    await asyncio.wait_for(stage.config.cancelled.wait(), PATIENCE)


async def test_a_caller_that_leaves_cancels_the_call_behind(stage: Stage) -> None:
    asking = asyncio.create_task(stage.ask(CREATE, '{"projectId": "slow"}'))
    await asyncio.wait_for(stage.config.started.wait(), PATIENCE)
    asking.cancel()
    await asyncio.wait_for(stage.config.cancelled.wait(), PATIENCE)


@pytest.mark.parametrize(("told", "status"), [("soon", 400), ("-1", 400), ("1.5", 400), ("12345678901", 200)])
async def test_a_deadline_that_is_no_number_is_refused(stage: Stage, told: str, status: int) -> None:
    assert (await stage.ask(LIST, connect_timeout_ms=told)).status == status


async def test_a_peer_that_is_down_is_unavailable(stage: Stage) -> None:
    answer = await stage.ask(f"/{ALERTS.full_name}/ListAlerts")
    assert (answer.status, said(answer)["code"], reason_of(answer)) == (503, "unavailable", "unavailable")


async def test_other_methods_and_content_types_are_refused(stage: Stage) -> None:
    got = await stage.client.get(stage.url + LIST, {"authorization": "Bearer owner"})
    assert (got.status, got.headers["allow"]) == (405, "POST")
    assert (await stage.ask(LIST, content_type="text/plain")).status == 415


async def test_a_header_that_is_not_text_does_no_harm(stage: Stage) -> None:
    host, port = stage.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST {LIST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n".encode()
        + b"Authorization: Bearer owner\r\nX-Name: \xff\xfe\r\n\r\n{}"
    )
    assert b" 200 " in await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()


def frames(data: bytes) -> list[tuple[int, Any]]:
    found = []
    while data:
        flags, size = struct.unpack_from(">BI", data)
        found.append((flags, json.loads(data[5 : 5 + size])))
        data = data[5 + size :]
    return found


async def test_a_stream_is_forwarded_until_its_deadline(stage: Stage) -> None:
    body = struct.pack(">BI", 0, 2) + b"{}"
    answer = await stage.ask(WATCH, body, content_type="application/connect+json", connect_timeout_ms="500")
    assert answer.status == 200
    (flags, first), (end, last) = frames(bytes(answer.content))
    assert (flags, first) == (0, {"status": "SERVING"})
    assert (end, last["error"]["code"]) == (2, "deadline_exceeded")


async def test_a_service_with_an_unlisted_rpc_cannot_be_offered() -> None:
    async with Peer("127.0.0.1:1") as peer:
        with pytest.raises(ValueError, match="ListAlerts"):
            Door([(ALERTS, peer)], authenticate, least_role={})


async def test_the_door_handles_its_services_rpcs_and_nothing_else() -> None:
    async with Peer("127.0.0.1:1") as peer:
        door = Door([(CONFIG, peer), (MONITOR, peer), (ALERTS, peer)], authenticate)
    assert len(door.paths) == sum(len(service.methods) for service in (CONFIG, MONITOR, ALERTS))
    assert LIST in door.paths
    assert "/v1/models" not in door.paths
    assert "/seawall.config.v1.SnapshotService/GetSnapshot" not in door.paths
