"""Calls over a stream: answers, failures, cancellation, deadlines, room, and what travels together."""

import asyncio
from collections import deque
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.link import Link
from resilience.errors import Failure, Reason
from seawall.providers.v1.hop_pb2 import CarriedCall, FromGateway, FromProviders
from seawall.providers.v1.provider_pb2 import DIALECT_OPENAI_CHAT, Envelope
from services.gateway.adapters.hop import DialByToken
from services.gateway.adapters.hop.call import WINDOW
from services.gateway.adapters.hop.stream import MAX_BODY_BYTES, Stream
from services.gateway.domain.failure import VendorFailure
from services.providers.entrypoints import hop as hop_server
from services.providers.entrypoints.carry import Carried
from tests.integration.hop.replica import (
    TOKEN,
    EchoVendor,
    Raw,
    asking,
    frames_of,
    hop_to,
    raw,
    read,
    replica,
    whole_of,
)
from tests.stack.eventually import eventually


async def test_a_whole_answer_is_one_frame() -> None:
    async with replica() as address, hop_to(address) as hop:
        (frame,) = await read(hop, asking(1))
    assert frame.data == whole_of(1)
    assert frame.finish_reason == "stop"
    assert frame.end


async def test_a_stream_has_its_frames_in_their_order() -> None:
    async with replica() as address, hop_to(address) as hop:
        *frames, end = await read(hop, asking(1, stream=True, frames=20))
    assert [frame.data for frame in frames] == frames_of(1, 20)
    assert end.end
    assert not end.data


async def test_calls_at_the_same_time_are_not_in_each_others_way() -> None:
    async with replica() as address, hop_to(address) as hop:
        slow = asyncio.create_task(read(hop, asking(1, after=30)))
        answers = await asyncio.gather(*(read(hop, asking(number)) for number in range(2, 200)))
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
    assert [frame.data for (frame,) in answers] == [whole_of(number) for number in range(2, 200)]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_vendors_failure_comes_as_it_was(stream: bool) -> None:
    async with replica() as address, hop_to(address) as hop:
        with pytest.raises(VendorFailure) as failed:
            await read(hop, asking(1, stream=stream, fails="vendor_overloaded"))
    assert failed.value.reason is Reason.VENDOR_OVERLOADED
    assert failed.value.status == 503


@pytest.mark.parametrize("stream", [False, True])
async def test_what_providers_refuse_says_why_and_of_what(stream: bool) -> None:
    async with replica() as address, hop_to(address) as hop:
        with pytest.raises(Failure) as failed:
            await read(hop, asking(1, stream=stream, refuses="unsupported_by_target"))
    assert not isinstance(failed.value, VendorFailure)
    assert failed.value.reason is Reason.UNSUPPORTED_BY_TARGET
    assert failed.value.detail == {"param": "tools"}


async def test_a_mistake_in_one_call_is_told_to_that_call_alone() -> None:
    async with replica() as address, hop_to(address) as hop:
        beside = asyncio.create_task(read(hop, asking(1, after=0.2)))
        with pytest.raises(Failure) as failed:
            await read(hop, asking(2, breaks="a mistake"))
        (frame,) = await beside
    assert failed.value.reason is Reason.INTERNAL
    assert "a mistake" not in failed.value.message
    assert frame.data == whole_of(1)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_that_is_closed_is_cancelled_at_the_vendors_at_once(stream: bool) -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address, hop_to(address) as hop:
        call = await hop.call(asking(1, stream=stream, after=60))
        await eventually(lambda: vendor.under_way == {1})
        call.close()
        await eventually(lambda: not vendor.under_way)
        (frame,) = await read(hop, asking(2))
    assert vendor.cancelled == {1}
    assert frame.data == whole_of(2)


async def test_a_call_has_its_own_deadline() -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address, hop_to(address) as hop:
        beside = asyncio.create_task(read(hop, asking(1, after=1.0)))
        with pytest.raises(VendorFailure) as late:
            await read(hop, asking(2, after=60, timeout=0.2))
        (frame,) = await beside
    assert late.value.reason is Reason.VENDOR_TIMEOUT
    assert frame.data == whole_of(1)


async def test_what_providers_never_answer_fails_all_the_same() -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address, hop_to(address) as hop:
        with pytest.raises(VendorFailure) as late:
            await read(hop, asking(1, stream=True, after=60, timeout=0.2))  # the echo's streams heed no deadline
        await eventually(lambda: vendor.cancelled == {1})
    assert late.value.reason is Reason.VENDOR_TIMEOUT


async def test_a_slow_reader_holds_back_its_own_vendor_and_nobody_else() -> None:
    vendor, size = EchoVendor(), 64 * 1024
    async with replica(vendor=vendor) as address, hop_to(address) as hop:
        slow = await hop.call(asking(1, stream=True, frames=100, size=size))
        first = await slow.next()
        (frame,) = await read(hop, asking(2))
        await eventually(lambda: vendor.made >= WINDOW)
        for number in range(3, 30):  # time for more to be made, if it were
            await read(hop, asking(number))
        assert vendor.made <= 2 * WINDOW + 2 * size
        rest = [await slow.next() for _ in range(99)]
        slow.close()
    assert frame.data == whole_of(2)
    assert [one.data for one in (first, *rest)] == frames_of(1, 100, size)


async def test_a_body_that_no_message_holds_is_refused_alone() -> None:
    async with replica() as address, hop_to(address) as hop:
        beside = asyncio.create_task(read(hop, asking(1, after=0.2)))
        await asyncio.sleep(0)
        with pytest.raises(Failure) as refused:
            await read(hop, replace(asking(2), body=b"x" * (MAX_BODY_BYTES + 1)))
        (frame,) = await beside
    assert refused.value.reason is Reason.REQUEST_TOO_LARGE
    assert frame.data == whole_of(1)


async def test_the_largest_bodies_travel() -> None:
    async with replica() as address, hop_to(address) as hop:
        envelopes = [asking(number, size=1, padding="x" * 8_000_000) for number in range(6)]
        answers = await asyncio.gather(*(read(hop, envelope) for envelope in envelopes))
    assert [frame.data for (frame,) in answers] == [whole_of(number, 1) for number in range(6)]


async def test_what_waits_leaves_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answered: list[int] = []
    begin, answer = Carried.heard, Stream._heard

    def began(side: Carried, message: FromGateway) -> None:
        asked.append(len(message.calls))
        begin(side, message)

    def came(side: Stream, message: FromProviders) -> None:
        answered.append(len(message.answers))
        answer(side, message)

    monkeypatch.setattr(Carried, "heard", began)
    monkeypatch.setattr(Stream, "_heard", came)
    async with replica() as address, hop_to(address) as hop:
        await read(hop, asking(0))
        assert (asked, answered[1:]) == ([1], [1])
        await asyncio.gather(*(read(hop, asking(number)) for number in range(1, 101)))
    assert sum(asked) == sum(answered) == 101
    assert len([calls for calls in asked if calls]) <= 4
    assert len([answers for answers in answered if answers]) <= 8


async def test_a_call_that_is_alone_waits_for_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    flush = Link.flush

    def flushes(link: Link[Any, Any]) -> None:
        flushed.extend(type(message).__name__ for message in link._waiting)
        flush(link)
        assert not link._waiting

    monkeypatch.setattr(Link, "flush", flushes)
    async with replica() as address, hop_to(address) as hop:
        await read(hop, asking(0))
    assert flushed == ["FromGateway", "FromProviders"]


async def test_only_services_may_ask_for_the_hop() -> None:
    async with replica() as address, hop_to(address, token="another") as hop:
        with pytest.raises(Failure) as refused:
            await read(hop, asking(1))
    assert refused.value.reason is Reason.UNAVAILABLE


async def test_only_services_may_have_calls_carried() -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address, raw(address, token="another") as side:
        side.link.message(0).calls.append(_call(7, after=60))
        await eventually(lambda: side.ended_by)
    assert [message.refusal.reason for message in side.heard] == [Reason.UNAUTHENTICATED.value]
    assert not vendor.under_way


async def test_who_shows_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hop_server, "OPENING", 0.1)
    async with replica() as address:
        side = Raw()
        await DialByToken(TOKEN)(address, side.link)
        side.link._waiting.clear()
        await eventually(lambda: side.ended_by)
    assert not side.heard


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x02\xff\xff"])
async def test_who_speaks_something_else_is_hung_up_on(first: bytes) -> None:
    async with replica() as address, hop_to(address) as hop:
        side = Raw()
        await DialByToken(TOKEN)(address, side.link)
        side.link._waiting.clear()
        assert side.link._transport is not None
        side.link._transport.write(first)
        await eventually(lambda: side.ended_by)
        (frame,) = await read(hop, asking(1))
    assert frame.data == whole_of(1)


async def test_a_call_that_is_cancelled_as_it_begins_is_over() -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address, raw(address) as side:
        await eventually(lambda: side.heard)
        message = side.link.message(0)
        message.calls.append(_call(7))
        message.cancelled.append(7)
        await eventually(lambda: side.link._waiting == deque())
        side.link.message(0).calls.append(_call(7))
        await eventually(lambda: any(message.answers for message in side.heard))
    assert [answer.number for message in side.heard for answer in message.answers] == [7]
    assert not vendor.under_way


async def test_what_is_under_way_on_a_connection_that_breaks_is_cancelled() -> None:
    vendor = EchoVendor()
    async with replica(vendor=vendor) as address:
        async with raw(address) as side:
            await eventually(lambda: side.heard)
            side.link.message(0).calls.append(_call(7, after=60))
            await eventually(lambda: vendor.under_way == {7})
        await eventually(lambda: vendor.cancelled == {7})


def _call(number: int, **how: Any) -> CarriedCall:
    envelope = Envelope(dialect=DIALECT_OPENAI_CHAT, body=asking(number, **how).body)
    return CarriedCall(number=number, envelope=envelope, timeout_ms=20_000)
