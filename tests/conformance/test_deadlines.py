"""A caller's deadline reaches the vendor's socket; so does a caller's going away."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import grpc
import pytest

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from simulator import Behaviour, Call, Constant
from tests.conformance import report
from tests.conformance.callers import QUESTION, Callers, Question
from tests.conformance.case import Caller, Shape
from tests.e2e.system import System
from tests.stack.eventually import PATIENCE, eventually

SLOW = Behaviour(first_byte=Constant(seconds=30))
TRICKLE = Behaviour(between_chunks=Constant(seconds=0.5), answer_tokens=100)
ALLOWED = 2.0
GENEROUS = 15.0
"""Seconds beyond what is aimed at that a crowded machine may take; half of what the vendor takes."""

Record = Callable[[str, object], None]

pytestmark = pytest.mark.alone


async def ended(system: System, model: str) -> Call:
    """Alpha's one call for `model`, once it is over."""

    def find() -> Call:
        (call,) = [call for call in system.simulator.vendor("alpha").calls if call.model == model]
        assert call.finished_at, "it is under way"
        return call

    return await eventually(find, every=0.01)


@pytest.mark.parametrize(
    ("shape", "behaviour"),
    [(Shape.WHOLE, SLOW), (Shape.STREAM, SLOW), (Shape.STREAM, TRICKLE)],
    ids=["whole", "before", "middle"],
)
async def test_a_deadline_ends_the_request_and_closes_the_vendors_socket(
    system: System,
    callers: Callers,
    fresh: dict[str, Iterator[str]],
    shape: Shape,
    behaviour: Behaviour,
    record_property: Record,
) -> None:
    model = next(fresh["lone"])
    system.simulator.vendor("alpha").set(model, behaviour)
    heard = await callers.ask(Caller.HTTP, Question(model, shape, timeout=ALLOWED))
    answered = time.time()
    assert heard.code in {"deadline_exceeded", "vendor_timeout", "vendor_first_token_timeout"}
    assert heard.text or heard.status == 504
    assert not heard.done
    call = await ended(system, model)
    place = "middle" if heard.text else "before"
    name = f"{report.FIGURE}: a deadline of 2 s, HTTP, {shape}, {place}"
    record_property(name, f"answered after {heard.seconds:.3f} s, vendor's socket closed {_after(call, answered)}")
    assert heard.seconds < ALLOWED + GENEROUS
    assert call.finished_at - answered < GENEROUS
    assert call.client_left


@pytest.mark.parametrize("shape", Shape)
async def test_a_grpc_deadline_does_the_same(
    system: System, fresh: dict[str, Iterator[str]], shape: Shape, record_property: Record
) -> None:
    model = next(fresh["lone"])
    system.simulator.vendor("alpha").set(model, SLOW)
    began = time.monotonic()
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as told:
            async for _ in _grpc(channel, system, model, shape, within=ALLOWED):
                pass
    seconds, answered = time.monotonic() - began, time.time()
    assert told.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    call = await ended(system, model)
    name = f"{report.FIGURE}: a deadline of 2 s, gRPC, {shape}"
    record_property(name, f"answered after {seconds:.3f} s, vendor's socket closed {_after(call, answered)}")
    assert seconds < ALLOWED + GENEROUS
    assert call.finished_at - answered < GENEROUS


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("caller", [Caller.HTTP, Caller.GRPC])
async def test_a_caller_who_hangs_up_ends_the_vendors_call_and_pays_for_what_was_used(
    system: System, fresh: dict[str, Iterator[str]], caller: Caller, shape: Shape, record_property: Record
) -> None:
    model = next(fresh["lone"])
    system.simulator.vendor("alpha").set(model, TRICKLE if shape is Shape.STREAM else SLOW)
    leave = _leave_http if caller is Caller.HTTP else _leave_grpc
    left = await leave(system, model, shape)
    call = await ended(system, model)
    assert call.client_left
    record_property(
        f"{report.FIGURE}: a caller hangs up, {caller}, {shape}", f"vendor's call closed {_after(call, left)}"
    )
    assert call.finished_at - left < GENEROUS

    async def find() -> Any:
        told = await system.rpc("MonitorService/ListRequests", parent="organizations/-", model=model)
        (request,) = told["requests"]
        return await system.request(request["name"].rpartition("/")[2])

    request = await eventually(find)
    assert (request["outcome"], request["reason"]) == ("cancelled", "cancelled")
    (attempt,) = request["attempts"]
    assert attempt["outcome"] == "cancelled"
    assert attempt["usageEstimated"]
    assert int(attempt["usage"]["inputTokens"]) > 0
    if shape is Shape.STREAM:
        assert int(attempt["usage"]["outputTokens"]) > 0


async def _leave_http(system: System, model: str, shape: Shape) -> float:
    """When it was left, on the wall's clock."""
    messages = [{"role": "user", "content": QUESTION}]
    body = json.dumps({"model": model, "stream": shape is Shape.STREAM, "messages": messages}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", system.ports["gateway", "http"])
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\ncontent-length: %d\r\n\r\n"
        % (system.key.encode(), len(body))
        + body
    )
    if shape is Shape.STREAM:
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"data: ")
    else:
        await _asked(system, model)
    writer.close()
    return time.time()


async def _leave_grpc(system: System, model: str, shape: Shape) -> float:
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        messages = _grpc(channel, system, model, shape, within=60)
        first = asyncio.ensure_future(_text(messages))
        if shape is Shape.STREAM:
            await first
        else:
            await _asked(system, model)
            first.cancel()
        left = time.time()
        await asyncio.gather(first, return_exceptions=True)
        await messages.aclose()
    return left


async def _text(messages: AsyncGenerator[Any, None]) -> None:
    """Return once some text came."""
    async for message in messages:
        if any(choice.text for choice in message.choices):
            return


async def _asked(system: System, model: str) -> None:
    """The vendor has the request."""
    await eventually(lambda: any(call.model == model for call in system.simulator.vendor("alpha").calls))


async def _grpc(
    channel: grpc.aio.Channel, system: System, model: str, shape: Shape, *, within: float
) -> AsyncGenerator[Any, None]:
    stub = chat_pb2_grpc.ChatServiceStub(channel)
    chat = pb.Chat(model=model, messages=[pb.Message(role="user", text=QUESTION)])
    metadata = (("authorization", f"Bearer {system.key}"),)
    if shape is Shape.WHOLE:
        yield await stub.Complete(pb.CompleteRequest(chat=chat), metadata=metadata, timeout=within)
        return
    call = stub.StreamComplete(pb.StreamCompleteRequest(chat=chat), metadata=metadata, timeout=within)
    try:
        async for message in call:
            yield message
    finally:
        call.cancel()


def _after(call: Call, moment: float) -> str:
    seconds = call.finished_at - moment
    return f"{seconds * 1000:.0f} ms later" if seconds > 0 else f"{-seconds * 1000:.0f} ms before that"
