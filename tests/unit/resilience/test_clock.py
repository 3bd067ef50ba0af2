import asyncio

from resilience.clock import VirtualClock


async def test_sleepers_wake_in_the_order_of_their_times_and_see_their_own_time() -> None:
    clock = VirtualClock()
    woken: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        for name, seconds in (("late", 3.0), ("early", 1.0), ("between", 2.0)):
            tasks.create_task(sleep(name, seconds))
        await clock.advance(2.5)
        assert woken == [("early", 1.0), ("between", 2.0)]
        await clock.advance(0.5)
    assert woken[-1] == ("late", 3.0)


async def test_a_sleeper_that_sleeps_again_within_one_advance_wakes_again() -> None:
    clock = VirtualClock()
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(1.0)
            ticks.append(clock.monotonic())

    task = asyncio.create_task(tick())
    await clock.advance(3.0)
    task.cancel()
    assert ticks == [1.0, 2.0, 3.0]


async def test_a_cancelled_sleeper_does_not_disturb_the_others() -> None:
    clock = VirtualClock()
    cancelled = asyncio.create_task(clock.sleep(1.0))
    other = asyncio.create_task(clock.sleep(1.0))
    await clock.advance(0.5)
    cancelled.cancel()
    await clock.advance(1.0)
    assert other.done()
