"""Wrong requests get OpenAI's errors, and hurt nobody."""

import json
from typing import Any

import pytest

from simulator import Access, Vendor
from tests.integration.simulator.clients import Wire, chat
from tests.stack.eventually import eventually


async def answer(wire: Wire) -> tuple[int, dict[str, Any]]:
    status, body = await wire.response()
    return status, json.loads(body)["error"]


DEEP = b'{"model":"m","messages":[],"deep":' + b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        (b"", None, "parse the JSON"),
        (b"{", None, "parse the JSON"),
        (b'{"model": "\xff"}', None, "parse the JSON"),
        (DEEP, None, "parse the JSON"),
        (b"[]", None, "Expected"),
        (b'{"messages": []}', None, "model"),
        (b'{"model": "m"}', "messages", "Missing required parameter"),
        (b'{"model": "m", "messages": []}', "messages", "at least 1"),
        (b'{"model": 5, "messages": []}', "model", "Expected"),
        (b'{"model": "m", "messages": "hello"}', "messages", "Expected"),
        (b'{"model": "m", "messages": [{"role": "user", "content": 5}]}', "messages[0].content", "Expected"),
        (b'{"model": "m", "messages": [{"content": "x"}]}', "messages[0]", "role"),
        (chat(max_tokens=0), "max_tokens", ">= 1"),
        (chat(stream_options={"include_usage": True}), "stream_options", "only allowed"),
    ],
)
async def test_a_wrong_body_is_a_400_that_names_the_parameter(
    wire: Wire, alpha: Vendor, body: bytes, param: str | None, said: str
) -> None:
    wire.post(body)
    status, error = await answer(wire)
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert said in error["message"]
    await eventually(lambda: alpha.calls[-1].outcome == "rejected")
    wire.post(chat())
    assert b"200 OK" in await wire.headers()


@pytest.mark.parametrize("line", [b"", b"Authorization: Bearer \r\n", b"Authorization: Basic abc\r\n"])
async def test_no_bearer_key_is_a_401(wire: Wire, line: bytes) -> None:
    body = chat()
    wire.writer.write(b"POST /v1/chat/completions HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (line, len(body), body))
    status, error = await answer(wire)
    assert (status, error["type"], error["code"]) == (401, "invalid_request_error", None)


async def test_a_refused_key_is_not_repeated_in_full(wire: Wire, alpha: Vendor) -> None:
    alpha.access = Access(keys=frozenset({"another"}))
    secret = b"sk-a-long-secret-9876"
    wire.writer.write(b"GET /v1/models HTTP/1.1\r\nAuthorization: Bearer " + secret + b"\r\n\r\n")
    status, error = await answer(wire)
    assert (status, error["code"]) == (401, "invalid_api_key")
    assert "9876" in error["message"]
    assert "secret" not in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/v1/%00%ff", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("DELETE", "/v1/models/gpt", 405),
    ],
)
async def test_a_path_or_method_that_is_not_there_says_so(wire: Wire, method: str, path: str, status: int) -> None:
    wire.post(b"{}", path, method)
    assert (await answer(wire))[0] == status


async def test_a_half_sent_request_hurts_nobody_and_is_over_when_its_caller_leaves(alpha: Vendor, wire: Wire) -> None:
    halves = [await Wire.open(alpha.base_url) for _ in range(20)]
    for number, half in enumerate(halves):
        whole = b"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Length: 500\r\n\r\n{"
        half.writer.write(whole[: 10 + 6 * number] if number < 10 else whole)
    await eventually(lambda: alpha.counters()["in_flight"] == 10)
    wire.post(chat())
    assert b"200 OK" in await wire.headers()
    for half in halves:
        half.close()
    await eventually(lambda: alpha.counters()["open_connections"] == 1)
    await eventually(lambda: alpha.counters()["outcomes"] == {"completed": 1, "client_closed": 10})


async def test_garbage_instead_of_http_is_a_400_and_closes(wire: Wire, alpha: Vendor) -> None:
    wire.writer.write(b"\x16\x03\x01\x02 not http\r\n\r\n")
    assert b"400 Bad Request" in await wire.rest()


async def test_a_body_in_many_pieces_is_put_together(wire: Wire, alpha: Vendor) -> None:
    body = chat(filler="x" * 300_000)
    wire.post(body[:0])
    await wire.headers()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Length: %d\r\n\r\n" % len(body)
    fresh = await Wire.open(alpha.base_url)
    for at in range(0, len(head + body), 7_001):
        fresh.writer.write((head + body)[at : at + 7_001])
        await fresh.writer.drain()
    assert b"200 OK" in await fresh.headers()
    assert alpha.calls[-1].body == body
    fresh.close()
