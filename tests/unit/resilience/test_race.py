import asyncio
import gc
import itertools
from collections.abc import Coroutine
from typing import Any

import pytest

from resilience.clock import VirtualClock
from resilience.hedge import race


class Runners:
    """Calls that take their time on a virtual clock, and how each ended."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.ended: dict[str, tuple[str, float]] = {}
        self.asked: list[float] = []

    async def run(self, name: str, seconds: float, error: Exception | None = None, cleanup: float = 0.0) -> str:
        try:
            await self.clock.sleep(seconds)
        except asyncio.CancelledError:
            await self.clock.sleep(cleanup)
            self.ended[name] = ("cancelled", self.clock.monotonic())
            raise
        self.ended[name] = ("failed" if error else "answered", self.clock.monotonic())
        if error:
            raise error
        return name

    def race(
        self, first: tuple[float, Exception | None], spare: tuple[float, Exception | None] | None, after: float
    ) -> asyncio.Task[str]:
        def begin_spare() -> Coroutine[Any, Any, str] | None:
            self.asked.append(self.clock.monotonic())
            return None if spare is None else self.run("spare", *spare)

        return asyncio.create_task(race(self.run("first", *first), begin_spare, after=after, clock=self.clock))


async def test_a_quick_call_has_no_spare() -> None:
    it = Runners()
    task = it.race((1.0, None), (1.0, None), after=2.0)
    await it.clock.advance(10.0)
    assert await task == "first"
    assert it.asked == []


async def test_a_late_call_has_a_spare_and_the_first_result_wins() -> None:
    it = Runners()
    task = it.race((10.0, None), (1.0, None), after=2.0)
    await it.clock.advance(3.0)
    assert await task == "spare"
    assert it.ended == {"spare": ("answered", 3.0), "first": ("cancelled", 3.0)}


async def test_a_spare_that_is_slower_is_cancelled() -> None:
    it = Runners()
    task = it.race((3.0, None), (5.0, None), after=2.0)
    await it.clock.advance(3.0)
    assert await task == "first"
    assert it.ended == {"first": ("answered", 3.0), "spare": ("cancelled", 3.0)}


async def test_without_a_spare_the_first_goes_on_alone() -> None:
    it = Runners()
    task = it.race((3.0, None), None, after=2.0)
    await it.clock.advance(3.0)
    assert await task == "first"
    assert it.asked == [2.0]


async def test_a_first_that_fails_before_its_spare_fails_at_once() -> None:
    it = Runners()
    task = it.race((1.0, KeyError("first")), (1.0, None), after=2.0)
    await it.clock.advance(1.0)
    with pytest.raises(KeyError, match="first"):
        await task
    assert it.asked == []


async def test_where_one_fails_the_other_decides() -> None:
    for first, spare, winner in (
        ((3.0, KeyError("first")), (5.0, None), "spare"),
        ((9.0, None), (1.0, KeyError("spare")), "first"),
    ):
        it = Runners()
        task = it.race(first, spare, after=2.0)
        await it.clock.advance(20.0)
        assert await task == winner


async def test_where_both_fail_the_error_is_that_of_the_first() -> None:
    for first, spare in ((3.0, 5.0), (5.0, 1.0), (3.0, 1.0)):
        it = Runners()
        task = it.race((first, KeyError("first")), (spare, ValueError("spare")), after=2.0)
        await it.clock.advance(20.0)
        with pytest.raises(KeyError, match="first"):
            await task


async def test_where_both_answer_at_once_it_is_the_first() -> None:
    clock, answered = VirtualClock(), asyncio.Event()

    async def answer(name: str) -> str:
        await answered.wait()
        return name

    for _ in range(10):  # a set of two tasks has no order of its own
        answered.clear()
        task = asyncio.create_task(race(answer("first"), lambda: answer("spare"), after=2.0, clock=clock))
        await clock.advance(2.5)
        answered.set()
        assert await task == "first"


async def test_a_loser_that_fails_while_it_is_cancelled_disturbs_nobody() -> None:
    clock = VirtualClock()
    forgotten: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: forgotten.append(context))

    async def first() -> str:
        try:
            await clock.sleep(10.0)
        except asyncio.CancelledError:
            raise KeyError("while cleaning up") from None
        return "first"

    async def spare() -> str:
        await clock.sleep(1.0)
        return "spare"

    try:
        task = asyncio.create_task(race(first(), spare, after=2.0, clock=clock))
        await clock.advance(5.0)
        assert await task == "spare"
        del task
        gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert forgotten == []


async def test_the_loser_is_waited_for() -> None:
    it = Runners()
    task = asyncio.create_task(
        race(it.run("first", 10.0, cleanup=0.5), lambda: it.run("spare", 1.0), after=2.0, clock=it.clock)
    )
    await it.clock.advance(3.2)
    assert not task.done()
    await it.clock.advance(0.3)
    assert await task == "spare"
    assert it.ended["first"] == ("cancelled", 3.5)


@pytest.mark.parametrize("at", [0.0, 1.0, 2.5])
async def test_cancelled_from_outside_nothing_is_left_under_way(at: float) -> None:
    it = Runners()
    before = asyncio.all_tasks()
    task = it.race((10.0, None), (10.0, None), after=2.0)
    await it.clock.advance(at)
    task.cancel()
    await it.clock.advance(0.0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {how for how, _ in it.ended.values()} == {"cancelled"}
    assert len(it.ended) == (2 if at > 2.0 else 1)
    assert asyncio.all_tasks() <= before


async def test_cancelled_again_while_it_waits_for_the_loser_it_waits_on() -> None:
    it = Runners()
    task = asyncio.create_task(
        race(it.run("first", 10.0, cleanup=1.0), lambda: it.run("spare", 1.0), after=2.0, clock=it.clock)
    )
    await it.clock.advance(3.5)
    task.cancel()
    await it.clock.advance(0.1)
    assert not task.done()
    await it.clock.advance(0.5)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert it.ended["first"] == ("cancelled", 4.0)


async def test_a_spare_that_cannot_be_begun_ends_the_first() -> None:
    it = Runners()

    def refuse() -> None:
        raise ValueError("no spare")

    task = asyncio.create_task(race(it.run("first", 10.0), refuse, after=2.0, clock=it.clock))
    await it.clock.advance(2.0)
    with pytest.raises(ValueError, match="no spare"):
        await task
    assert it.ended == {"first": ("cancelled", 2.0)}


async def test_in_every_order_of_events_no_task_is_left_and_no_error_forgotten() -> None:
    forgotten: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: forgotten.append(context))
    before = asyncio.all_tasks()
    errors = (None, KeyError("it failed"))
    try:
        for first, spare, wrong, wrong_too in itertools.product((1.0, 3.0, 4.0), (1.0, 2.0), errors, errors):
            it = Runners()
            task = it.race((first, wrong), (spare, wrong_too), after=2.0)
            await it.clock.advance(10.0)
            await asyncio.gather(task, return_exceptions=True)
            assert asyncio.all_tasks() <= before
    finally:
        loop.set_exception_handler(None)
    assert forgotten == []
