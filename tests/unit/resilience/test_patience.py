"""Patience: each wait is bounded, and nothing else is cancelled."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import pytest

from resilience.clock import VirtualClock
from resilience.timeout import Patience


async def test_a_wait_that_is_over_in_time_gives_its_result() -> None:
    clock = VirtualClock()
    patience = Patience(clock)
    waiting = asyncio.ensure_future(within(patience, clock, _after(clock, 1.0, "done"), 2.0))
    await clock.advance(1.0)
    assert await waiting == "done"
    patience.close()


async def test_a_wait_that_takes_longer_is_cancelled_when_its_time_is_over() -> None:
    clock = VirtualClock()
    patience = Patience(clock)
    waiting = asyncio.ensure_future(within(patience, clock, _after(clock, 9.0, "done"), 2.0))
    await clock.advance(1.9)
    assert not waiting.done()
    await clock.advance(0.1)
    with pytest.raises(TimeoutError):
        await waiting


async def test_each_wait_has_its_whole_time() -> None:
    clock = VirtualClock()
    patience = Patience(clock)

    async def waits() -> list[str]:
        return [await within(patience, clock, _after(clock, 1.5, str(n)), 2.0) for n in range(4)]

    waiting = asyncio.create_task(waits())
    await clock.advance(6.0)
    assert await waiting == ["0", "1", "2", "3"]


async def test_a_shorter_wait_after_a_longer_one_ends_at_its_own_time() -> None:
    clock = VirtualClock()
    patience = Patience(clock)

    async def waits() -> None:
        await within(patience, clock, _after(clock, 1.0, ""), 60.0)
        await within(patience, clock, _after(clock, 60.0, ""), 2.0)

    waiting = asyncio.create_task(waits())
    await clock.advance(2.9)
    assert not waiting.done()
    await clock.advance(0.2)
    with pytest.raises(TimeoutError):
        await waiting


async def test_time_between_two_waits_does_not_count() -> None:
    clock = VirtualClock()
    patience = Patience(clock)

    async def waits() -> str:
        await within(patience, clock, _after(clock, 1.0, ""), 2.0)
        await clock.sleep(50.0)
        return await within(patience, clock, _after(clock, 1.0, "done"), 2.0)

    waiting = asyncio.create_task(waits())
    await clock.advance(52.0)
    assert await waiting == "done"


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    clock = VirtualClock()
    patience = Patience(clock)
    waiting: asyncio.Task[Any] = asyncio.ensure_future(within(patience, clock, _after(clock, 9.0, ""), 2.0))
    await clock.advance(1.0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_task_goes_on_as_if_nothing_had_been_cancelled() -> None:
    clock = VirtualClock()
    patience = Patience(clock)

    async def survive() -> int:
        with pytest.raises(TimeoutError):
            await within(patience, clock, _after(clock, 9.0, ""), 2.0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    surviving = asyncio.create_task(survive())
    await clock.advance(2.0)
    assert await surviving == 0


def within(patience: Patience, clock: VirtualClock, waited: Coroutine[Any, Any, str], seconds: float) -> Awaitable[str]:
    return patience.wait(waited, clock.monotonic() + seconds)


async def _after(clock: VirtualClock, seconds: float, result: str) -> str:
    await clock.sleep(seconds)
    return result
