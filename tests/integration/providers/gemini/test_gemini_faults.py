"""Every way in which a vendor of Gemini's dialect fails, as the gateway is told of it."""

import json

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Access,
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Every,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    Reset,
    Stall,
    Vendor,
)
from tests.integration.providers.service import Client, texts
from tests.integration.simulator.clients import both
from tests.stack.eventually import PATIENCE

MODEL = "gemini-2.5-flash"
IN_TIME = 1.0
"""Deadline, in seconds, of calls that meet silence."""


async def failure_of(client: Client, *, stream: bool, within: float = PATIENCE, **fields: object) -> pb.Failure:
    if not stream:
        response = await client.call(model=MODEL, within=within, **fields)
        assert response.WhichOneof("result") == "failure"
        return response.failure
    frames = await client.frames(model=MODEL, within=within, **fields)
    assert frames[-1].HasField("failure")
    assert not any(frame.end for frame in frames)
    return frames[-1].failure


REFUSALS: list[tuple[Fault, Reason, bool]] = [
    (ErrorStatus(status=400), Reason.VENDOR_REJECTED, False),
    (ErrorStatus(status=400, code="API_KEY_INVALID"), Reason.VENDOR_AUTHENTICATION, False),
    (ErrorStatus(status=400, type="FAILED_PRECONDITION"), Reason.VENDOR_REJECTED, False),
    (ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION, False),
    (ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION, False),
    (ErrorStatus(status=403, code="BILLING_DISABLED"), Reason.VENDOR_QUOTA_EXHAUSTED, False),
    (ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND, False),
    (ErrorStatus(status=408), Reason.VENDOR_TIMEOUT, True),
    (ErrorStatus(status=413), Reason.VENDOR_REJECTED, False),
    (ErrorStatus(status=429), Reason.VENDOR_RATE_LIMITED, True),
    (ErrorStatus(status=429, message="Your prepayment credits are depleted."), Reason.VENDOR_QUOTA_EXHAUSTED, False),
    (ErrorStatus(status=500), Reason.VENDOR_ERROR, True),
    (ErrorStatus(status=502), Reason.VENDOR_ERROR, True),
    (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED, True),
    (ErrorStatus(status=504), Reason.VENDOR_TIMEOUT, True),
    (ErrorBody(), Reason.VENDOR_ERROR, True),
    (ErrorBody(type="RESOURCE_EXHAUSTED"), Reason.VENDOR_RATE_LIMITED, True),
    (ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED, False),
    (ContentFilter(), Reason.CONTENT_FILTERED, False),
    (Reset(), Reason.VENDOR_CONNECTION_LOST, True),
    (GarbageEvent(), Reason.VENDOR_MALFORMED, True),
]


@both
@pytest.mark.parametrize(("fault", "reason", "retryable"), REFUSALS)
async def test_a_refusal_is_told_with_its_reason(
    gemini: Client, gem: Vendor, fault: Fault, reason: Reason, retryable: bool, stream: bool
) -> None:
    gem.set(None, Behaviour(faults=(fault,)))
    failure = await failure_of(gemini, stream=stream)
    assert (failure.reason, failure.retryable) == (reason, retryable)
    if isinstance(fault, ErrorStatus):
        assert failure.vendor_status == fault.status
        assert json.loads(failure.vendor_body)["error"]
    assert len(gem.calls) == 1


@pytest.mark.parametrize(("asked", "told"), [(2.0, 2.0), (0.25, 0.25), (3600.0, 60.0)])
async def test_the_wait_that_a_body_asks_for_is_told_up_to_a_minute(
    gemini: Client, gem: Vendor, asked: float, told: float
) -> None:
    gem.set(None, Behaviour(faults=(ErrorStatus(status=429, retry_after=asked),)))
    failure = await failure_of(gemini, stream=False)
    assert failure.retry_after.ToTimedelta().total_seconds() == told


@both
async def test_a_key_that_is_not_known_and_a_model_that_is_not_there(gemini: Client, gem: Vendor, stream: bool) -> None:
    gem.access = Access(models=("gemini-9",))
    assert (await failure_of(gemini, stream=stream)).reason == Reason.VENDOR_MODEL_NOT_FOUND
    gem.access = Access(keys=frozenset({"another"}))
    assert (await failure_of(gemini, stream=stream)).reason == Reason.VENDOR_AUTHENTICATION


@both
async def test_a_prompt_over_the_window_is_too_long(gemini: Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, Behaviour(context_window=15))
    assert (await failure_of(gemini, stream=stream)).reason == Reason.CONTEXT_LENGTH_EXCEEDED


@both
@pytest.mark.parametrize("fault", [Hang(), Stall(after_chunks=2)])
@pytest.mark.alone  # it is told 80 ms before the deadline
async def test_silence_is_a_timeout(gemini: Client, gem: Vendor, fault: Fault, stream: bool) -> None:
    gem.set(None, Behaviour(faults=(fault,)))
    assert (await failure_of(gemini, stream=stream, within=IN_TIME)).reason == Reason.VENDOR_TIMEOUT


@pytest.mark.parametrize("after", [0, 1, 5, 16, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_never_ends_in_order(gemini: Client, gem: Vendor, how: str, after: int) -> None:
    gem.set(None, Behaviour(faults=(Cut.model_validate({"how": how, "after_chunks": after}),)))
    frames = await gemini.frames(model=MODEL)
    assert frames[-1].failure.reason == Reason.VENDOR_STREAM_CUT
    assert len(texts(frames).split()) == min(after, 16)


@pytest.mark.parametrize(
    ("how", "reason"), [("closed", Reason.VENDOR_CONNECTION_LOST), ("ended", Reason.VENDOR_MALFORMED)]
)
async def test_a_whole_answer_that_is_cut_is_no_answer(gemini: Client, gem: Vendor, how: str, reason: Reason) -> None:
    gem.set(None, Behaviour(faults=(Cut.model_validate({"how": how}),)))
    assert (await failure_of(gemini, stream=False)).reason == reason


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ErrorEvent(after_chunks=3), Reason.VENDOR_OVERLOADED),
        (ErrorEvent(after_chunks=0, type="RESOURCE_EXHAUSTED"), Reason.VENDOR_RATE_LIMITED),
        (ErrorEvent(after_chunks=16, type="INTERNAL"), Reason.VENDOR_ERROR),
        (ErrorEvent(after_chunks=2, type="DEADLINE_EXCEEDED"), Reason.VENDOR_TIMEOUT),
    ],
)
async def test_an_error_ends_a_stream_with_its_reason(
    gemini: Client, gem: Vendor, event: ErrorEvent, reason: Reason
) -> None:
    gem.set(None, Behaviour(faults=(event,)))
    frames = await gemini.frames(model=MODEL)
    assert frames[-1].failure.reason == reason
    assert len(texts(frames).split()) == event.after_chunks


@both
@pytest.mark.parametrize("fault", [Malformed(after_chunks=3), GarbageEvent(what="types"), InvalidUtf8()])
async def test_what_is_no_answer_is_malformed(gemini: Client, gem: Vendor, fault: Fault, stream: bool) -> None:
    gem.set(None, Behaviour(faults=(fault,)))
    assert (await failure_of(gemini, stream=stream)).reason == Reason.VENDOR_MALFORMED


async def test_a_stream_without_a_finish_reason_is_cut(gemini: Client, gem: Vendor) -> None:
    gem.set(None, Behaviour(faults=(NoFinish(),)))
    assert (await failure_of(gemini, stream=True)).reason == Reason.VENDOR_STREAM_CUT


@pytest.mark.parametrize("fault", [NoDone(), NoDone(how="ended"), GarbageEvent(what="comments")])
async def test_what_harms_no_answer_is_not_told(gemini: Client, gem: Vendor, fault: Fault) -> None:
    gem.set(None, Behaviour(faults=(fault,)))
    frames = await gemini.frames(model=MODEL)
    assert (frames[-1].end, len(texts(frames).split())) == (True, 16)


async def test_a_stream_in_single_bytes_is_the_same_stream(gemini: Client, gem: Vendor) -> None:
    whole = await gemini.frames(model=MODEL)
    gem.set(None, Behaviour(split=Every(), gzip="always"))
    cut = await gemini.frames(model=MODEL)
    assert texts(cut) == texts(whole)
    assert [frame.finish_reason for frame in cut] == [frame.finish_reason for frame in whole]


@both
async def test_a_huge_answer_passes(gemini: Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, Behaviour(faults=(HugeBody(bytes=200_000),)))
    if stream:
        frames = await gemini.frames(model=MODEL)
        assert (frames[-1].end, len(texts(frames)) > 200_000) == (True, True)
    else:
        body = (await gemini.call(model=MODEL)).answer.body
        assert len(json.loads(body)["choices"][0]["message"]["content"]) > 200_000


@both
async def test_a_filtered_answer_is_an_answer_that_says_so(gemini: Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, Behaviour(faults=(Filtered(after_chunks=2),)))
    if stream:
        frames = await gemini.frames(model=MODEL)
        assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["content_filter"]
    else:
        assert (await gemini.call(model=MODEL)).answer.finish_reason == "content_filter"
