"""A target that comes and goes is asked seldom while it is away, and again soon after it is back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from simulator import Behaviour, ErrorStatus
from tests.conformance import report
from tests.conformance.callers import Callers, Heard, Question
from tests.conformance.case import Caller, Shape
from tests.e2e.system import System
from tests.stack.eventually import eventually

pytestmark = pytest.mark.alone

DOWN = Behaviour(faults=(ErrorStatus(status=503),))
AWAY, BACK = 6.0, 1.5
"""Seconds that it is away and back."""
ROUNDS = 2
PAUSE = 0.05
PROBES = 14
"""Calls at most while it is away: those that open the breaker, those under way then, and probes; of more than 50."""
RECOVERY = 30.0
IN_A_ROW = 10
"""Answers of its own that say it is used again."""


async def test_a_flapping_target_is_probed_seldom_and_used_again_soon(
    system: System,
    callers: Callers,
    fresh: dict[str, Iterator[str]],
    record_property: Callable[[str, object], None],
) -> None:
    model, alpha = next(fresh["pair"]), system.simulator.vendor("alpha")

    def asked(since: float) -> int:
        return sum(call.model == model and call.time >= since for call in alpha.calls)

    async with _load(callers, model) as heard:
        await eventually(lambda: len(heard) >= 2 * IN_A_ROW)
        while_away = []
        for _ in range(ROUNDS):
            alpha.set(model, DOWN)
            since, before = time.time(), len(heard)
            await eventually(lambda since=since: time.time() - since > AWAY, within=2 * AWAY)  # type: ignore[misc]
            while_away.append((asked(since), len(heard) - before))
            alpha.clear(model)
            back = time.time()
            await eventually(lambda back=back: time.time() - back > BACK, within=2 * BACK + 5)  # type: ignore[misc]
        served = f"alpha/{model}"
        await eventually(lambda: all(one.text.startswith(served) for one in heard[-IN_A_ROW:]), within=RECOVERY + 10)
        recovered = time.time() - back
    assert not [one for one in heard if not one.succeeded], "callers kept getting answers throughout"
    record_property(
        f"{report.FIGURE}: flapping",
        f"calls at the target while it was away, of requests: {', '.join(f'{a} of {b}' for a, b in while_away)}; "
        f"used again {recovered:.1f} s after it was back",
    )
    assert all(calls <= PROBES for calls, _ in while_away), while_away
    assert recovered < RECOVERY


@asynccontextmanager
async def _load(callers: Callers, model: str) -> AsyncIterator[list[Heard]]:
    """One request after another, streamed and not in turn."""
    heard: list[Heard] = []
    stop = asyncio.Event()

    async def ask() -> None:
        while not stop.is_set():
            shape = Shape.STREAM if len(heard) % 2 else Shape.WHOLE
            heard.append(await callers.ask(Caller.HTTP, Question(model, shape)))
            await asyncio.sleep(PAUSE)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask())
        try:
            yield heard
        finally:
            stop.set()


async def test_a_refused_key_rests_and_somebody_is_told(
    system: System, callers: Callers, fresh: dict[str, Iterator[str]]
) -> None:
    model, alpha = next(fresh["pool"]), system.simulator.vendor("alpha")
    alpha.set(model, Behaviour(faults=(ErrorStatus(status=401, next_calls=1),)))
    for _ in range(6):
        assert (await callers.ask(Caller.HTTP, Question(model, Shape.STREAM))).succeeded
    calls = [call for call in alpha.calls if call.model == model]
    refused = calls[0].key_suffix
    assert [call.key_suffix for call in calls].count(refused) == 1, "the refused key rests"
    assert len(calls) == 7, "every request was answered by the other key"

    async def told() -> bool:
        alerts = (await system.rpc("AlertService/ListAlerts", parent="organizations/-", pageSize=1000))["alerts"]
        subjects = [alert["subject"] for alert in alerts if alert["kind"] == "credential_refused"]
        return any(subject.startswith(f"alpha-{model}/env:VENDOR_KEY_") for subject in subjects)

    await eventually(told)
