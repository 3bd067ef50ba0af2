"""Whoever gives up closes the vendor's connection: when the call's time is over, and when the caller leaves."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import grpc
import pytest

from resilience.errors import Reason
from tests.integration.providers.raw_vendor import EVENTS, RawVendor, whole
from tests.integration.providers.service import Client
from tests.stack.eventually import PATIENCE, eventually

pytestmark = pytest.mark.alone
"""A deadline is told of 80 ms before it, which a busy machine may miss."""

GENEROUS = 20.0
"""Seconds that a loaded machine may take for what takes 0.2 s, and the vendor never; the figures are printed."""
TOKEN = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
SILENCES = {
    "nothing": [],
    "half a head": [EVENTS[:20]],
    "a head": [EVENTS],
    "some tokens": [EVENTS, TOKEN, TOKEN],
    "half a body": [whole(json.dumps({"choices": []}).encode() + b" " * 500)[:-400]],
}
"""What comes before the vendor says nothing for 30 s and more."""


@pytest.fixture(params=SILENCES)
def silent(raw: RawVendor, request: pytest.FixtureRequest) -> RawVendor:
    raw.pieces, raw.stay = SILENCES[request.param], True
    return raw


@pytest.mark.parametrize("stream", [False, True])
async def test_a_deadline_closes_the_vendors_connection_whatever_came_before(
    raw_client: Client, silent: RawVendor, stream: bool, record_property: Callable[[str, object], None]
) -> None:
    await closes_in_time(raw_client, silent, 1.0, record_property, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
async def test_two_seconds_against_a_vendor_that_takes_thirty(
    raw_client: Client, raw: RawVendor, stream: bool, record_property: Callable[[str, object], None]
) -> None:
    raw.pieces, raw.stay = [], True
    await closes_in_time(raw_client, raw, 2.0, record_property, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_that_leaves_takes_the_vendors_connection_with_it(
    raw_client: Client, silent: RawVendor, stream: bool, record_property: Callable[[str, object], None]
) -> None:
    calling = asyncio.ensure_future(answer(raw_client, stream=stream))
    await eventually(lambda: len(silent.heads) == 1)
    await asyncio.sleep(0)
    left = time.monotonic()
    calling.cancel()
    await eventually(lambda: silent.closed == 1)
    assert silent.closed_at[0] >= left, "it was open until the caller left"
    show(record_property, closed_after_leaving=silent.closed_at[0] - left)


async def test_a_deadline_that_is_over_as_soon_as_the_call_begins_leaves_no_connection(
    raw_client: Client, raw: RawVendor
) -> None:
    raw.pieces, raw.stay = [], True
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: raw_client.call(within=0.001),
        lambda: raw_client.frames(within=0.001),
    ]
    for call in calls:
        try:
            await call()
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # noqa: PT017 - or it was told in time
    await eventually(lambda: raw.closed == raw.opened)


async def closes_in_time(
    client: Client, vendor: RawVendor, within: float, record_property: Callable[[str, object], None], *, stream: bool
) -> None:
    began = time.monotonic()
    failed = (await client.frames(within=within))[-1] if stream else await client.call(within=within)
    told = time.monotonic() - began
    assert failed.failure.reason == Reason.VENDOR_TIMEOUT
    await eventually(lambda: vendor.closed == 1)
    closed = vendor.closed_at[0] - began
    show(record_property, told=told, closed_after_deadline=closed - within)
    assert within - 0.1 < told < within + GENEROUS
    assert closed < within + GENEROUS


async def answer(client: Client, *, stream: bool) -> object:
    return await (client.frames(within=10 * PATIENCE) if stream else client.call(within=10 * PATIENCE))


def show(record_property: Callable[[str, object], None], **seconds: float) -> None:
    for name, value in seconds.items():
        record_property(name, round(value, 4))
        print(f"{name}: {value * 1000:.1f} ms")
