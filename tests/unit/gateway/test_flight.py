import asyncio

import pytest

from resilience.clock import VirtualClock
from services.gateway.application.flight import Flight, Put, Watch


def flight_of(count: int, *, limit: int = 1000, made: list[int] | None = None) -> Flight[bytes]:
    """Makes `count` items of 100 bytes; `made` counts those that were taken off it."""

    async def work(put: Put[bytes]) -> None:
        for number in range(count):
            await put(b"%03d" % number + bytes(97))
            if made is not None:
                made.append(number)

    return Flight(work, VirtualClock(), size=len, limit=limit)


async def rest_of(watch: Watch[bytes]) -> list[int]:
    read = []
    while (item := await watch.next()) is not None:
        read.append(int(item[:3]))
    return read


async def test_each_watcher_gets_all_of_it_whenever_it_came() -> None:
    flight = flight_of(5)
    async with flight.watch() as early:
        await early.next()
        async with flight.watch() as late:
            assert await rest_of(late) == [0, 1, 2, 3, 4]
        assert await rest_of(early) == [1, 2, 3, 4]


async def test_beyond_its_limit_it_takes_nobody_and_keeps_only_what_the_slowest_has_not_read() -> None:
    made: list[int] = []
    flight = flight_of(1000, made=made)
    async with flight.watch() as slow, flight.watch() as fast:
        assert flight.open
        reading = asyncio.ensure_future(rest_of(fast))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not flight.open
        assert len(made) == 10, "the work waits for the slowest"
        for _ in range(500):
            await slow.next()
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(made) == 510
        assert await rest_of(slow) == list(range(500, 1000))
        assert await reading == list(range(1000))


async def test_the_work_goes_on_when_the_slowest_leaves() -> None:
    flight = flight_of(100)
    async with flight.watch() as fast:
        async with flight.watch():
            reading = asyncio.ensure_future(rest_of(fast))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not reading.done()
        assert await asyncio.wait_for(reading, 5) == list(range(100))


async def test_an_item_that_alone_is_over_the_limit_passes_once_it_is_read() -> None:
    flight = flight_of(3, limit=10)
    async with flight.watch() as watch:
        assert await asyncio.wait_for(rest_of(watch), 5) == [0, 1, 2]


async def test_what_the_work_raises_reaches_each_watcher_after_what_it_made() -> None:
    async def work(put: Put[bytes]) -> None:
        await put(b"1")
        raise ZeroDivisionError

    flight: Flight[bytes] = Flight(work, VirtualClock(), size=len, limit=10)
    async with flight.watch() as one, flight.watch() as other:
        for watch in (one, other):
            assert await watch.next() == b"1"
            with pytest.raises(ZeroDivisionError):
                await watch.next()


async def test_one_who_waits_is_late_at_its_time_and_may_wait_on() -> None:
    clock, gate = VirtualClock(), asyncio.Event()

    async def work(put: Put[bytes]) -> None:
        await gate.wait()
        await put(b"1")

    flight: Flight[bytes] = Flight(work, clock, size=len, limit=10)
    async with flight.watch() as watch:
        waiting = asyncio.ensure_future(watch.next(until=2.0))
        await clock.advance(1.9)
        assert not waiting.done()
        await clock.advance(0.1)
        with pytest.raises(TimeoutError):
            await waiting
        gate.set()
        assert await watch.next(until=3.0) == b"1"
