"""What the OpenAPI document shows is sent to a system that runs, and gets the answers that the document tells of."""

import json
from typing import Any

import pyqwest
import pytest

from tests.contract.openapi.reading import Operation, committed, faults, operations
from tests.e2e.system import System
from tests.stack.eventually import PATIENCE

TRANSPORT = {
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "vary",
    "x-accel-buffering",
}
"""Headers that HTTP has anyway, or that say how an answer is to be passed on."""

EXAMPLES = [(operation, name) for operation in operations() for name in operation.examples]
OPEN = [operation for operation in operations() if operation.told.get("security") == []]


def identity(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


async def ask(system: System, method: str, path: str, body: object = None, **headers: str) -> pyqwest.FullResponse:
    client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
    sent = {
        "authorization": f"Bearer {system.key}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    content = b""
    if body is not None:
        sent["content-type"] = "application/json"
        content = json.dumps(body).encode()
    return await client.execute(method.upper(), system.http() + path, sent, content)


def check(operation: Operation, answer: pyqwest.FullResponse) -> None:
    """The document has this answer: its status, its content and each of its headers."""
    told = operation.response(answer.status)
    kind = answer.headers["content-type"]
    content = told["content"].get(kind) or told["content"][kind.partition(";")[0]]
    if kind == "application/json" and operation.path != "/openapi.json":
        assert faults(content["schema"], answer.json()) == []
    extra = {"etag", "content-security-policy", "x-content-type-options", "referrer-policy"}
    known = {*TRANSPORT, *told.get("headers", ()), *(extra if operation in OPEN else ())}
    assert {name.lower() for name in answer.headers} <= known
    if operation not in OPEN:
        assert answer.headers["x-seawall-request-id"].startswith("req_")


def of(path: str, method: str) -> Operation:
    return next(each for each in operations() if (each.path, each.method) == (path, method))


def test_every_request_that_asks_a_model_has_examples() -> None:
    asking = [each for each in operations() if each.path.startswith("/v1/") and each.method == "post"]
    assert len(asking) == 6
    assert all(each.examples for each in asking)


@pytest.mark.parametrize(("operation", "name"), EXAMPLES, ids=[f"{identity(each)} {name}" for each, name in EXAMPLES])
async def test_an_example_gets_the_answer_that_is_told(operation: Operation, name: str, system: System) -> None:
    example = operation.examples[name]
    answer = await ask(system, operation.method, operation.path, example["value"])
    assert answer.status == example["x-seawall-status"], answer.text()
    check(operation, answer)
    assert answer.headers["content-type"].startswith("text/event-stream") == (example["value"].get("stream") is True)


@pytest.mark.parametrize("operation", OPEN, ids=identity)
async def test_what_is_open_to_anybody_needs_no_key(operation: Operation, system: System) -> None:
    client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
    answer = await client.get(system.http() + operation.path)
    assert answer.status == 200
    check(operation, answer)


@pytest.mark.parametrize("version", [{}, {"anthropic_version": "2023-06-01"}], ids=["openai", "anthropic"])
async def test_models_are_as_they_are_told(version: dict[str, str], system: System) -> None:
    for path in ("/v1/models", "/v1/models/{model}"):
        operation = of(path, "get")
        example = {each["name"]: each.get("example") for each in operation.told["parameters"]}.get("model", "")
        answer = await ask(system, "get", path.replace("{model}", example), **version)
        assert answer.status == 200
        check(operation, answer)


async def test_a_kept_response_is_as_it_is_told(system: System) -> None:
    create = of("/v1/responses", "post")
    made: Any = (await ask(system, "post", create.path, create.examples["whole"]["value"])).json()
    one = "/v1/responses/{response_id}"
    for method, path, status in (
        ("get", one, 200),
        ("get", f"{one}/input_items", 200),
        ("delete", one, 200),
        ("get", one, 404),
    ):
        answer = await ask(system, method, path.replace("{response_id}", made["id"]))
        assert answer.status == status
        check(of(path, method), answer)


async def test_the_running_gateway_serves_the_committed_document(system: System) -> None:
    served: Any = (await system.get(f"{system.http()}/openapi.json")).json()
    assert served == committed()
