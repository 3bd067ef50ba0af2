import asyncio
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resilience.clock import SystemClock, Timer, VirtualClock
from resilience.timeout import Timeout


async def test_what_takes_too_long_is_cancelled_at_its_time() -> None:
    clock = VirtualClock()
    ended: list[float] = []

    async def work() -> None:
        try:
            await clock.sleep(100.0)
        finally:
            ended.append(clock.monotonic())

    async def limited() -> None:
        async with Timeout(clock, 3.0) as timeout:
            await work()
        assert timeout.expired

    task = asyncio.create_task(limited())
    await clock.advance(10.0)
    with pytest.raises(TimeoutError):
        await task
    assert ended == [3.0]


async def test_what_ends_in_time_is_left_alone_ever_after() -> None:
    clock = VirtualClock()

    async def limited() -> str:
        async with Timeout(clock, 3.0) as timeout:
            await clock.sleep(2.9)
        assert not timeout.expired
        await clock.sleep(10.0)
        timeout.extend(1.0)
        await clock.sleep(10.0)
        return "done"

    task = asyncio.create_task(limited())
    await clock.advance(30.0)
    assert await task == "done"


@given(
    st.floats(0.01, 10.0),
    st.lists(st.tuples(st.floats(0.01, 10.0), st.floats(0.01, 10.0)), max_size=12),
)
def test_it_expires_exactly_when_the_last_extension_says(first: float, steps: list[tuple[float, float]]) -> None:
    clock = VirtualClock()

    async def limited() -> float | None:
        try:
            async with Timeout(clock, first) as timeout:
                for pause, extension in steps:
                    await clock.sleep(pause)
                    timeout.extend(extension)
                await clock.sleep(1e6)
        except TimeoutError:
            return clock.monotonic()
        return None

    async def run() -> float | None:
        task = asyncio.create_task(limited())
        await clock.advance(1000.0)
        return await task

    now, deadline = 0.0, first
    for pause, extension in steps:
        assume(abs(now + pause - deadline) > 1e-3)
        if now + pause > deadline:
            break
        now += pause
        deadline = now + extension
    assert asyncio.run(run()) == pytest.approx(deadline, abs=1e-5)


async def test_extending_sets_no_timers_of_its_own_but_to_come_earlier() -> None:
    clock = CountingClock()

    async def stream() -> None:
        async with Timeout(clock, 10.0) as timeout:
            for _ in range(1000):
                await clock.sleep(0.1)
                timeout.extend(10.0)
            timeout.extend(1.0)
            await clock.sleep(100.0)

    task = asyncio.create_task(stream())
    await clock.advance(100.5)
    assert not task.done()
    await clock.advance(0.6)
    with pytest.raises(TimeoutError):
        await task
    assert clock.set_by_timeouts <= 100.0 / 10.0 + 3


async def test_none_is_no_limit_until_one_is_set() -> None:
    clock = VirtualClock()

    async def limited() -> None:
        async with Timeout(clock, None) as timeout:
            await clock.sleep(1e6)
            timeout.extend(2.0)
            await clock.sleep(3.0)

    task = asyncio.create_task(limited())
    await clock.advance(1e6 + 1.0)
    assert not task.done()
    await clock.advance(1.5)
    with pytest.raises(TimeoutError):
        await task


async def test_a_cancellation_from_outside_stays_one() -> None:
    clock = VirtualClock()
    expired: list[bool] = []

    async def limited() -> None:
        async with Timeout(clock, 1.0) as timeout:
            try:
                await clock.sleep(5.0)
            finally:
                expired.append(timeout.expired)
                await clock.sleep(1.0)

    before = asyncio.create_task(limited())
    await clock.advance(0.5)
    before.cancel()
    await clock.advance(0.1)
    after = asyncio.create_task(limited())
    await clock.advance(1.5)
    after.cancel()
    await clock.advance(5.0)
    for task in (before, after):
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelling() == 1
    assert expired == [False, True]


async def test_afterwards_the_task_is_not_being_cancelled() -> None:
    clock = VirtualClock()

    async def limited() -> int:
        with pytest.raises(TimeoutError):
            async with Timeout(clock, 1.0):
                await clock.sleep(5.0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    task = asyncio.create_task(limited())
    await clock.advance(2.0)
    assert await task == 0


async def test_the_inner_of_two_expires_alone() -> None:
    clock = VirtualClock()

    async def limited() -> tuple[bool, bool]:
        async with Timeout(clock, 5.0) as outer:
            with pytest.raises(TimeoutError):
                async with Timeout(clock, 1.0) as inner:
                    await clock.sleep(10.0)
            await clock.sleep(1.0)
        return inner.expired, outer.expired

    task = asyncio.create_task(limited())
    await clock.advance(10.0)
    assert await task == (True, False)


async def test_the_outer_of_two_passes_through_the_inner() -> None:
    clock = VirtualClock()
    inner_raised: list[type[BaseException]] = []

    async def limited() -> None:
        async with Timeout(clock, 1.0):
            try:
                async with Timeout(clock, 5.0):
                    await clock.sleep(10.0)
            except BaseException as error:
                inner_raised.append(type(error))
                raise

    task = asyncio.create_task(limited())
    await clock.advance(2.0)
    with pytest.raises(TimeoutError):
        await task
    assert inner_raised == [asyncio.CancelledError]


async def test_an_error_of_the_block_is_not_replaced() -> None:
    clock = VirtualClock()

    async def limited() -> None:
        async with Timeout(clock, 1.0):
            try:
                await clock.sleep(5.0)
            except asyncio.CancelledError:
                raise KeyError("while cleaning up") from None

    task = asyncio.create_task(limited())
    await clock.advance(2.0)
    with pytest.raises(KeyError):
        await task
    assert task.cancelling() == 0


async def test_no_time_left_expires_at_the_first_wait() -> None:
    with pytest.raises(TimeoutError):
        async with Timeout(SystemClock(), -1.0):
            await asyncio.sleep(30.0)


class CountingClock(VirtualClock):
    """Knows how many timers were set, sleeps apart."""

    def __init__(self) -> None:
        super().__init__()
        self._sleeping = 0
        self._timers_set = 0

    @property
    def set_by_timeouts(self) -> int:
        return self._timers_set - self._sleeping

    async def sleep(self, seconds: float) -> None:
        self._sleeping += 1
        await super().sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self._timers_set += 1
        return super().call_later(seconds, callback)
