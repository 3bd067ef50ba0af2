"""What the document says of routes, errors and headers is what the gateway does."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from chassis import keys, pages
from chassis.grpc.client import Peer
from chassis.health import Health
from chassis.principal import Principal, Role
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.adapters.memory_responses import MemoryResponses
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.list_models import ListModels
from services.gateway.domain.configuration import Configuration, Key, Organization, Project
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.failure import VendorFailure
from services.gateway.entrypoints.door import ALERTS, CONFIG, MONITOR, Authenticate, Door, open_door
from services.gateway.entrypoints.http.app import CHATS, Routes, build_app, routes_of
from services.gateway.entrypoints.http.endpoint import Asked, Endpoint, Request
from services.gateway.entrypoints.http.errors import error_of
from services.gateway.entrypoints.http.headers import REQUEST_HEADERS, RESPONSE_HEADERS, Header, Place
from services.gateway.entrypoints.http.models import Models
from services.gateway.entrypoints.http.openapi.failures import REASONS, status_at
from services.gateway.entrypoints.http.responses import Responses
from tests.contract.openapi.reading import METHODS, ROOT, Operation, faults, operations

PEPPER = b"p" * 32
SECRET = keys.generate()
CONFIGURATION = Configuration(
    keys={keys.digest(SECRET, PEPPER): Key(Principal("acme", "shop", "ci", Role.DEVELOPER))},
    organizations={"acme": Organization(id="acme", projects={"shop": Project()})},
)
RPC = f"/{CONFIG.full_name}/ListProjects"


@asynccontextmanager
async def refused(request: Request) -> AsyncIterator[Asked]:
    raise Failure(Reason.INVALID_REQUEST, "Nothing is answered here.")
    yield


async def a_door(stack: AsyncExitStack, authenticate: Authenticate) -> Door:
    """A door to services that are away."""
    config, monitor, alerts = [await stack.enter_async_context(Peer("127.0.0.1:1")) for _ in range(3)]
    return open_door(config=config, monitor=monitor, alerts=alerts, authenticate=authenticate)


@pytest.fixture(name="parts")
async def _parts() -> AsyncIterator[dict[str, object]]:
    clock = VirtualClock()
    authenticator = Authenticator(lambda: CONFIGURATION, PEPPER, clock)
    once = AnswerOnce(MemoryKeys(clock), authenticator, clock, ttl=60)
    async with AsyncExitStack() as stack:
        yield {
            "chats": dict.fromkeys(CHATS, Endpoint(refused, once, max_body=1000)),
            "models_endpoint": Models(ListModels(authenticator, lambda: CONFIGURATION)),
            "kept": Responses(authenticator, MemoryResponses(clock)),
            "door": await a_door(stack, authenticator),
        }


def identity(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


async def test_every_route_is_told_and_nothing_else(parts: dict[str, object]) -> None:
    routes: Routes = routes_of(**parts, health=pages.pages(Health()))  # type: ignore[arg-type]  # by their names
    told = {operation.path for operation in operations()}
    below = {path for path in told if "{" in path}
    assert told - below == set(routes.at)
    assert {path[: path.index("{")] for path in below} == set(routes.below)


@pytest.mark.parametrize("operation", list(operations()), ids=identity)
async def test_a_path_takes_the_methods_that_are_told_and_no_others(
    operation: Operation, parts: dict[str, object]
) -> None:
    app = build_app(**parts, health=Health())  # type: ignore[arg-type]  # by their names
    path = re.sub(r"\{\w+\}", "some", operation.path)
    told = {each.method for each in operations() if each.path == operation.path}
    headers = {"authorization": f"Bearer {SECRET}"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://seawall") as client:
        answer = await client.request(operation.method, path, headers=headers)
        assert answer.status_code != 405
        assert answer.status_code != 404 or "There is nothing at" not in answer.text
        if operation.path in pages.PATHS:
            return  # they take any method
        for method in set(METHODS) - told:
            assert (await client.request(method, path, headers=headers)).status_code == 405, method


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/v1/models", {}, "x-request-id"),
        ("/v1/models", {"anthropic-version": "2023-06-01"}, "request-id"),
        ("/v1/responses/absent", {}, "x-request-id"),
    ],
)
async def test_every_answer_about_models_and_responses_has_the_requests_id(
    path: str, headers: dict[str, str], name: str, parts: dict[str, object]
) -> None:
    app = build_app(**parts, health=Health())  # type: ignore[arg-type]  # by their names
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://seawall") as client:
        answer = await client.get(path, headers={"x-api-key": SECRET, **headers})
    assert answer.status_code == (404 if "absent" in path else 200)
    assert answer.headers[name] == answer.headers["x-seawall-request-id"]


def shape(place: Place, status: int) -> object:
    """The schema of an error."""
    paths = {
        Place.OPENAI: "/v1/chat/completions",
        Place.ANTHROPIC: "/v1/messages",
        Place.MODELS: "/v1/models",
        Place.KEPT: "/v1/responses/{response_id}",
        Place.RPC: RPC,
    }
    operation = next(each for each in operations() if each.path == paths[place])
    return operation.response(status)["content"]["application/json"]["schema"]


@pytest.mark.parametrize("place", [Place.OPENAI, Place.ANTHROPIC, Place.MODELS, Place.KEPT])
def test_every_error_is_told_with_its_status_and_shape(place: Place) -> None:
    dialect = ANTHROPIC_MESSAGES if place is Place.ANTHROPIC else OPENAI_CHAT
    for reason in REASONS[place]:
        failures = [
            Failure(reason, "So.", detail={"param": "model"}),
            VendorFailure(reason, "So.", retryable=False, body=b'{"error": "its words"}'),
        ]
        for failure in failures:
            status, body = error_of(failure, "req_1", dialect)
            assert faults(shape(place, status), json.loads(body)) == [], reason


def test_a_vendors_own_status_is_told_of() -> None:
    failure = VendorFailure(Reason.VENDOR_REJECTED, "So.", retryable=False, status=451)
    status, body = error_of(failure, "req_1", OPENAI_CHAT)
    assert status == 451
    assert faults(shape(Place.OPENAI, status), json.loads(body)) == []


@pytest.mark.parametrize("reason", sorted(REASONS[Place.RPC]))
async def test_every_error_at_the_door_is_told_with_its_status_and_shape(reason: Reason) -> None:
    def fail(secret: str | None) -> Principal:
        raise Failure(reason, "So.", retry_after=2.0)

    async with AsyncExitStack() as stack:
        door = await a_door(stack, fail)
        transport = httpx2.ASGITransport(app=door)
        async with httpx2.AsyncClient(transport=transport, base_url="http://seawall") as client:
            answer = await client.post(RPC, json={})
    assert answer.status_code == status_at(Place.RPC, reason)
    assert faults(shape(Place.RPC, answer.status_code), answer.json()) == []
    operation = next(each for each in operations() if each.path == RPC)
    assert {"x-seawall-reason", "retry-after"} <= set(operation.response(answer.status_code)["headers"])


def test_every_service_of_the_door_is_told() -> None:
    told = {operation.path.split("/")[1] for operation in operations() if operation.path.startswith("/seawall.")}
    assert told == {service.full_name for service in (CONFIG, MONITOR, ALERTS)}


def rows(title: str) -> dict[str, str]:
    """The table under a line of docs/api.md, without links: header → meaning."""
    _, _, text = (ROOT / "docs" / "api.md").read_text().partition(f"\n{title}\n\n")
    table, _, _ = text.partition("\n\n")
    found = [re.fullmatch(r"\| `([^`]+)` \| (.*) \|", line) for line in table.splitlines()[2:]]
    assert all(found), table
    return {row[1]: re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", row[2]) for row in found if row}


@pytest.mark.parametrize(
    ("title", "headers"), [("Request headers:", REQUEST_HEADERS), ("Response headers:", RESPONSE_HEADERS)]
)
def test_the_tables_of_headers_say_what_the_code_says(title: str, headers: tuple[Header, ...]) -> None:
    assert rows(title) == {header.name: header.means for header in headers}


def test_every_header_of_ours_that_the_code_names_is_in_a_table() -> None:
    entrypoints = ROOT / "services" / "gateway" / "entrypoints"
    sources = [*(entrypoints / "http").glob("*.py"), entrypoints / "door.py"]
    named = {
        name for path in sources for name in re.findall(r'"(x-(?:seawall|ratelimit)-[a-z-]*[a-z])"', path.read_text())
    }
    assert len(named) > 10
    assert named <= {header.name for header in (*REQUEST_HEADERS, *RESPONSE_HEADERS)}
