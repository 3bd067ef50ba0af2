"""Start-up: tried until it succeeds, told while it waits, fatal where it never will."""

import asyncio

import pytest
from structlog.testing import capture_logs

from chassis.health import Health
from chassis.startup import StartUp
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason


class Attempt:
    """Raises `ends` one after the other, and then succeeds."""

    def __init__(self, *ends: Exception) -> None:
        self._ends = iter(ends)
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
        for end in self._ends:
            raise end


def away(message: str = "The database is away.") -> Failure:
    return Failure(Reason.UNAVAILABLE, message, retryable=True)


def started(attempt: Attempt, health: Health, clock: VirtualClock) -> StartUp:
    health.started()
    return StartUp(attempt, condition="storage", health=health, clock=clock)


async def test_a_service_is_not_ready_before_its_start_up_is_done() -> None:
    health = Health()
    start_up = started(Attempt(), health, VirtualClock())
    assert set(health.unmet) == {"storage"}
    assert not start_up.done.is_set()
    await start_up.run()
    assert health.ready
    assert start_up.done.is_set()


async def test_what_may_succeed_later_is_tried_again_and_told_once() -> None:
    health, clock = Health(), VirtualClock()
    attempt = Attempt(away(), away("It is still away."), away("It is still away."))
    start_up = started(attempt, health, clock)
    with capture_logs() as logs:
        running = asyncio.create_task(start_up.run())
        await clock.advance(0)
        assert health.unmet == {"storage": "The database is away."}
        await clock.advance(0.2)
        assert health.unmet == {"storage": "It is still away."}
        assert not start_up.done.is_set()
        await clock.advance(10)
        await running
    assert health.ready
    assert attempt.calls == 4
    assert [(line["event"], line["cause"]) for line in logs] == [("start-up waits", "The database is away.")]


async def test_what_never_succeeds_is_told_with_its_place_and_raised() -> None:
    health, attempt = Health(), Attempt(Failure(Reason.INVALID_REQUEST, "It is wrong.", detail={"field": "models[0]"}))
    start_up = started(attempt, health, VirtualClock())
    with capture_logs() as logs, pytest.raises(Failure, match="It is wrong"):
        await start_up.run()
    assert [(line["event"], line["cause"], line["field"]) for line in logs] == [
        ("the service cannot start", "It is wrong.", "models[0]")
    ]
    assert attempt.calls == 1
    assert not health.ready
    assert not start_up.done.is_set()


async def test_what_nobody_expected_is_raised_at_once() -> None:
    attempt = Attempt(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await started(attempt, Health(), VirtualClock()).run()
    assert attempt.calls == 1


async def test_what_comes_after_start_up_waits_for_it() -> None:
    clock, seen = VirtualClock(), []

    async def work() -> None:
        seen.append("work")

    start_up = started(Attempt(away()), Health(), clock)
    working = asyncio.create_task(start_up.then(work)())
    running = asyncio.create_task(start_up.run())
    await clock.advance(0)
    assert seen == []
    await clock.advance(1)
    await asyncio.gather(running, working)
    assert seen == ["work"]
