"""Whatever callers send, they get the documented error, never a 500, and the gateway lives on."""

import asyncio
import json
from collections.abc import AsyncIterator

import openai
import pytest

from chassis import keys
from tests.e2e.system import System
from tests.stack.eventually import PATIENCE, eventually

CHAT = "/v1/chat/completions"
GOOD = b'{"model":"chat","messages":[{"role":"user","content":"hi"}]}'


@pytest.fixture(autouse=True)
async def _lives_on(system: System) -> AsyncIterator[None]:
    yield
    assert system.services["gateway"].running
    assert (await system.chat()).status == 200


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (b"", 400, "invalid_request", None),
        (b"{not json", 400, "invalid_request", None),
        (b"\xff\xfe\x00", 400, "invalid_request", None),
        (b"[1,2]", 400, "invalid_request", None),
        (b"[" * 200_000, 400, "invalid_request", None),
        (b'{"messages":[{"role":"user","content":"hi"}]}', 400, "invalid_request", None),
        (b'{"model":7,"messages":[{"role":"user"}]}', 400, "invalid_request", "model"),
        (b'{"model":"chat","messages":"hi"}', 400, "invalid_request", "messages"),
        (b'{"model":"chat","messages":[]}', 400, "invalid_request", "messages"),
        (b'{"model":"chat","messages":[{"role":"user"}],"stream":"no"}', 400, "invalid_request", "stream"),
        (b'{"model":"absent","messages":[{"role":"user","content":"hi"}]}', 404, "model_not_found", "model"),
        (b'{"model":"absent/x","messages":[{"role":"user","content":"hi"}]}', 404, "model_not_found", "model"),
    ],
)
async def test_a_body_that_is_no_chat_gets_its_error(
    system: System, body: bytes, status: int, code: str, param: str | None
) -> None:
    answer = await system.post(system.http() + CHAT, body)
    error = answer.json()["error"]
    assert (answer.status, error["code"], error["param"]) == (status, code, param)
    assert error["request_id"] == answer.headers["x-seawall-request-id"]
    assert error["message"]
    page = await system.get(system.http() + error["doc_url"])
    assert f'id="{code}"' in page.body.decode()


async def test_each_way_of_having_no_key_is_a_401(system: System) -> None:
    wrong = [b"", b"Bearer", b"Bearer ", b"Bearer sw_short", b"Basic abc", b"Bearer " + keys.generate().encode()]
    for authorization in wrong:
        head = b"authorization: " + authorization + b"\r\n" if authorization else b""
        status, body = await raw(system, head + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD)
        assert (status, json.loads(body)["error"]["code"]) == (401, "unauthenticated"), authorization


async def test_a_revoked_key_is_a_401(system: System) -> None:
    project = "organizations/-/projects/shop"
    made = await system.rpc("ConfigService/CreateKey", parent=project, keyId="gone", key={"role": "ROLE_DEVELOPER"})

    async def answers(status: int) -> bool:
        return (await system.chat(key=made["secret"])).status == status

    await eventually(lambda: answers(200))
    await system.rpc("ConfigService/RevokeKey", name=f"{project}/keys/gone")
    await eventually(lambda: answers(401))


async def test_a_key_whose_role_may_not_call_models_is_a_403(system: System) -> None:
    project = "organizations/-/projects/shop"
    made = await system.rpc("ConfigService/CreateKey", parent=project, keyId="looker", key={"role": "ROLE_VIEWER"})

    async def refused() -> bool:
        answer = await system.chat(key=made["secret"])
        return answer.status == 403 and answer.json()["error"]["code"] == "permission_denied"

    await eventually(refused)


async def test_a_body_over_the_limit_is_a_413_announced_or_not(system: System) -> None:
    big = b'{"model":"chat","messages":[{"role":"user","content":"' + b"x" * 11_000_000 + b'"}]}'
    answer = await system.post(system.http() + CHAT, big)
    assert (answer.status, answer.json()["error"]["code"]) == (413, "request_too_large")
    chunked = b"transfer-encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (big[at : at + 500_000] for at in range(0, len(big), 500_000))
    )
    status, body = await raw(system, authorized(system) + chunked)
    assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large")


async def test_paths_and_methods_that_are_not_there_are_told(system: System) -> None:
    answer = await system.post(f"{system.http()}/v1/nowhere", b"{}")
    assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")
    answer = await system.get(system.http() + CHAT)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_an_admin_call_that_is_refused_has_a_request_id_too(system: System) -> None:
    answer = await system.post(f"{system.http()}/seawall.config.v1.ConfigService/GetModel", b'{"nom":"x"}')
    assert answer.status == 400
    assert answer.headers["x-seawall-request-id"].startswith("req_")


async def test_a_half_sent_request_hurts_nobody(system: System) -> None:
    host, port = "127.0.0.1", system.ports["gateway", "http"]
    for part in (
        b"POST /v1/chat/comp",
        b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf" % CHAT.encode(),
    ):
        for leave in (True, False):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(part)
            await writer.drain()
            if leave:
                writer.close()
            assert (await system.chat()).status == 200
            writer.close()


@pytest.mark.parametrize("value", ["0", "-1", "soon", "inf", "nan", "99999"])
async def test_a_timeout_that_is_none_is_told(system: System, value: str) -> None:
    head = authorized(system) + b"x-seawall-timeout: " + value.encode() + b"\r\n"
    status, body = await raw(system, head + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD)
    error = json.loads(body)["error"]
    assert (status, error["code"], error["param"]) == (400, "invalid_request", "x-seawall-timeout")


async def test_sdks_turn_errors_into_their_own_exceptions(system: System) -> None:
    client = system.openai(max_retries=0)
    messages = [{"role": "user", "content": "hi"}]
    with pytest.raises(openai.NotFoundError) as raised:
        await client.chat.completions.create(model="absent", messages=messages)  # type: ignore[arg-type]
    assert raised.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="sw_wrong").models.list()


def authorized(system: System) -> bytes:
    return b"authorization: Bearer " + system.key.encode() + b"\r\n"


async def raw(system: System, rest: bytes) -> tuple[int, bytes]:
    """Status and body of a POST whose bytes are these."""
    reader, writer = await asyncio.open_connection("127.0.0.1", system.ports["gateway", "http"])
    try:
        writer.write(b"POST %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" % CHAT.encode() + rest)
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body
