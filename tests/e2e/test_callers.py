"""What callers are told beside the answer, and what happens when they leave."""

import asyncio
import json

import grpc
import pytest

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from simulator import Behaviour, Call, Constant, Cut, Hang
from tests.e2e.system import System
from tests.stack.eventually import PATIENCE, eventually

SLOW = Behaviour(first_byte=Constant(seconds=30))
TRICKLE = Behaviour(between_chunks=Constant(seconds=0.2), answer_tokens=200)


def call_of(system: System, model: str) -> Call:
    return next(call for call in reversed(system.simulator.vendor("alpha").calls) if call.model == model)


async def test_the_answers_headers_tell_what_seawall_did(system: System) -> None:
    headers = (await system.chat()).headers
    assert headers["x-seawall-request-id"].startswith("req_")
    assert headers["x-seawall-target"] == "alpha/small"
    assert headers["x-seawall-attempts"] == "1"
    assert float(headers["x-seawall-overhead-ms"]) >= 0
    assert headers["x-ratelimit-limit-requests"] == "1000000"
    assert int(headers["x-ratelimit-remaining-requests"]) > 0
    assert headers["x-ratelimit-reset-requests"].endswith("s")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_caller_who_hangs_up_ends_the_vendors_call(system: System, stream: bool) -> None:
    model = f"left-{stream}"
    system.simulator.vendor("alpha").set(model, TRICKLE if stream else SLOW)
    body = json.dumps(
        {"model": f"alpha/{model}", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", system.ports["gateway", "http"])
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\ncontent-length: %d\r\n\r\n"
        % (system.key.encode(), len(body))
        + body
    )
    if stream:
        await asyncio.wait_for(reader.readuntil(b"data: "), PATIENCE)
    else:
        await eventually(lambda: call_of(system, model))
    writer.close()
    await eventually(lambda: call_of(system, model).outcome == "client_closed")

    async def recorded() -> bool:
        requests = await system.rpc("MonitorService/ListRequests", parent="organizations/-", model=f"alpha/{model}")
        return [(each["outcome"], each["reason"]) for each in requests["requests"]] == [("cancelled", "cancelled")]

    await eventually(recorded)


async def test_a_grpc_caller_who_cancels_ends_the_vendors_call(system: System) -> None:
    system.simulator.vendor("alpha").set("left-grpc", TRICKLE)
    chat = pb.Chat(model="alpha/left-grpc", messages=[pb.Message(role="user", text="hi")])
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        call = chat_pb2_grpc.ChatServiceStub(channel).StreamComplete(
            pb.StreamCompleteRequest(chat=chat), metadata=(("authorization", f"Bearer {system.key}"),)
        )
        await call.read()
        call.cancel()
        await eventually(lambda: call_of(system, "left-grpc").outcome == "client_closed")


async def test_a_deadline_ends_the_request_and_the_vendors_call(system: System) -> None:
    system.simulator.vendor("alpha").set("silent", Behaviour(faults=(Hang(share=1.0),)))
    body = json.dumps({"model": "alpha/silent", "messages": [{"role": "user", "content": "hi"}]}).encode()
    answer = await system.post(f"{system.http()}/v1/chat/completions", body, headers={"x-seawall-timeout": "0.5"})
    assert answer.status == 504
    assert answer.json()["error"]["code"] == "vendor_timeout"
    await eventually(lambda: call_of(system, "silent").client_left is not None)


async def test_a_stream_that_the_vendor_cuts_is_never_passed_on_as_whole(system: System) -> None:
    system.simulator.vendor("alpha").set("cut", Behaviour(faults=(Cut(share=1.0, after_chunks=4),)))
    answer = await system.chat(model="alpha/cut", stream=True)
    events = [line.removeprefix("data: ") for line in answer.body.decode().split("\n\n") if line]
    assert "[DONE]" not in events
    assert json.loads(events[-1])["error"]["code"] in {"vendor_stream_cut", "vendor_connection_lost"}
    assert all('finish_reason":"stop' not in event for event in events)
