"""Every way in which the simulator fails, as the gateway is told of it."""

import asyncio
import json
import time

import grpc
import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Access,
    Behaviour,
    Constant,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Hang,
    Malformed,
    Reset,
    SlowFirstToken,
    Stall,
    Vendor,
)
from tests.integration.providers.service import Client, texts
from tests.stack.eventually import PATIENCE, eventually

IN_TIME = 1.0
"""Deadline, in seconds, of calls that meet silence."""


async def failure_of(client: Client, *, stream: bool, within: float = PATIENCE, **envelope: object) -> pb.Failure:
    if not stream:
        response = await client.call(within=within, **envelope)
        assert response.WhichOneof("result") == "failure"
        return response.failure
    frames = await client.frames(within=within, **envelope)
    assert frames[-1].HasField("failure")
    assert not any(frame.end for frame in frames)
    return frames[-1].failure


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "reason", "retryable"),
    [
        (ErrorStatus(status=400), Reason.VENDOR_REJECTED, False),
        (ErrorStatus(status=400, code="context_length_exceeded"), Reason.CONTEXT_LENGTH_EXCEEDED, False),
        (ErrorStatus(status=400, code="content_filter"), Reason.CONTENT_FILTERED, False),
        (ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION, False),
        (ErrorStatus(status=402), Reason.VENDOR_QUOTA_EXHAUSTED, False),
        (ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION, False),
        (ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND, False),
        (ErrorStatus(status=408), Reason.VENDOR_TIMEOUT, True),
        (ErrorStatus(status=413), Reason.VENDOR_REJECTED, False),
        (ErrorStatus(status=429), Reason.VENDOR_RATE_LIMITED, True),
        (ErrorStatus(status=429, code="insufficient_quota"), Reason.VENDOR_QUOTA_EXHAUSTED, False),
        (ErrorStatus(status=500), Reason.VENDOR_ERROR, True),
        (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED, True),
        (ErrorStatus(status=504), Reason.VENDOR_TIMEOUT, True),
        (ErrorStatus(status=529), Reason.VENDOR_OVERLOADED, True),
        (ErrorBody(), Reason.VENDOR_ERROR, True),
        (ErrorBody(code="rate_limit_exceeded"), Reason.VENDOR_RATE_LIMITED, True),
        (Reset(), Reason.VENDOR_CONNECTION_LOST, True),
    ],
)
async def test_a_refusal_is_told_with_its_reason(
    client: Client, alpha: Vendor, fault: Fault, reason: Reason, retryable: bool, stream: bool
) -> None:
    alpha.set(None, Behaviour(faults=(fault,)))
    failure = await failure_of(client, stream=stream)
    assert (failure.reason, failure.retryable) == (reason, retryable)
    if isinstance(fault, ErrorStatus):
        assert failure.vendor_status == fault.status
        assert json.loads(failure.vendor_body)["error"]
    assert len(alpha.calls) == 1


@pytest.mark.parametrize(("asked", "told"), [(2.0, 2.0), (0.25, 0.25), (3600.0, 60.0)])
async def test_the_wait_that_a_vendor_asks_for_is_told_up_to_a_minute(
    client: Client, alpha: Vendor, asked: float, told: float
) -> None:
    alpha.set(None, Behaviour(faults=(ErrorStatus(status=429, retry_after=asked),)))
    failure = await failure_of(client, stream=False)
    assert failure.retry_after.ToTimedelta().total_seconds() == told


@pytest.mark.parametrize("stream", [False, True])
async def test_a_vendor_that_is_down_cannot_be_reached(client: Client, alpha: Vendor, stream: bool) -> None:
    await alpha.down()
    assert (await failure_of(client, stream=stream)).reason == Reason.VENDOR_UNREACHABLE
    await alpha.up()
    assert (await client.frames())[-1].end


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", [Hang(), Stall(after_chunks=2), Stall(after_chunks=16), SlowFirstToken()])
@pytest.mark.alone  # it is told 80 ms before the deadline
async def test_silence_is_told_before_the_deadline_and_the_call_is_closed(
    client: Client, alpha: Vendor, fault: Fault, stream: bool
) -> None:
    alpha.set(None, Behaviour(faults=(fault,)))
    began = time.monotonic()
    failure = await failure_of(client, stream=stream, within=IN_TIME)
    assert failure.reason == Reason.VENDOR_TIMEOUT
    print(f"told after {time.monotonic() - began:.3f} s of {IN_TIME}")
    await eventually(lambda: alpha.calls[-1].client_left)


@pytest.mark.parametrize("after", [0, 1, 5, 16, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_never_ends_in_order(client: Client, alpha: Vendor, how: str, after: int) -> None:
    alpha.set(None, Behaviour(faults=(Cut.model_validate({"how": how, "after_chunks": after}),)))
    frames = await client.frames()
    assert frames[-1].failure.reason == Reason.VENDOR_STREAM_CUT
    assert len(texts(frames).split()) == min(after, 16)


@pytest.mark.parametrize(
    ("how", "reason"), [("closed", Reason.VENDOR_CONNECTION_LOST), ("ended", Reason.VENDOR_MALFORMED)]
)
async def test_a_whole_answer_that_is_cut_is_no_answer(client: Client, alpha: Vendor, how: str, reason: Reason) -> None:
    alpha.set(None, Behaviour(faults=(Cut.model_validate({"how": how}),)))
    assert (await failure_of(client, stream=False)).reason == reason


@pytest.mark.parametrize("stream", [False, True])
async def test_broken_json_is_malformed_and_does_not_reach_the_caller(
    client: Client, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, Behaviour(faults=(Malformed(after_chunks=3),)))
    failure = await failure_of(client, stream=stream)
    assert failure.reason == Reason.VENDOR_MALFORMED
    assert failure.vendor_body == b""


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ErrorEvent(after_chunks=3), Reason.VENDOR_ERROR),
        (ErrorEvent(after_chunks=0, code="rate_limit_exceeded"), Reason.VENDOR_RATE_LIMITED),
        (ErrorEvent(after_chunks=16, type="overloaded_error"), Reason.VENDOR_OVERLOADED),
    ],
)
async def test_an_error_event_ends_the_stream_with_its_reason(
    client: Client, alpha: Vendor, event: ErrorEvent, reason: Reason
) -> None:
    alpha.set(None, Behaviour(faults=(event,)))
    frames = await client.frames()
    assert frames[-1].failure.reason == reason
    assert len(texts(frames).split()) == event.after_chunks


async def test_frames_before_a_failure_are_told(client: Client, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(faults=(Cut(after_chunks=3),), between_chunks=Constant(seconds=0.02)))
    assert texts(await client.frames()) == "alpha/gpt-up heard: one"


@pytest.mark.parametrize("after", [0, 2])
async def test_a_caller_that_leaves_a_stream_closes_the_vendors_call(client: Client, alpha: Vendor, after: int) -> None:
    alpha.set(None, Behaviour(faults=(Stall(after_chunks=after),)))
    call = client.stream(within=10 * PATIENCE)
    if after:
        await call.read()
    await eventually(lambda: bool(alpha.calls))
    call.cancel()
    await eventually(lambda: alpha.calls[-1].client_left)


async def test_a_caller_that_leaves_a_call_closes_the_vendors_call(client: Client, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(faults=(Hang(),)))
    call = asyncio.ensure_future(client.call(within=10 * PATIENCE))
    await eventually(lambda: bool(alpha.calls))
    call.cancel()
    await eventually(lambda: alpha.calls[-1].client_left)


async def test_a_caller_that_does_not_read_holds_the_vendor_back_and_may_leave(client: Client, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=100_000, tokens_per_chunk=250))
    call = client.stream(within=10 * PATIENCE)
    await call.read()
    await eventually(lambda: alpha.calls[-1].chunks > 10)
    call.cancel()
    await eventually(lambda: alpha.counters()["in_flight"] == 0)


async def test_a_body_that_is_no_json_object_is_the_callers_mistake(client: Client, alpha: Vendor) -> None:
    for body in (b"", b"[]", b'{"model":', b'{"model":"x"} {}', b"[" * 100_000):
        with pytest.raises(grpc.aio.AioRpcError) as told:
            await client.call(body=body)
        assert told.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.aio.AioRpcError):
            await client.frames(body=body)
    assert alpha.calls == ()


async def test_a_model_that_the_vendor_does_not_have_is_told(client: Client, alpha: Vendor) -> None:
    alpha.access = Access(models=("gpt-5",))
    assert (await failure_of(client, stream=False)).reason == Reason.VENDOR_MODEL_NOT_FOUND
