"""Whatever becomes of calls and replicas, an answer is its own call's, whole and in order, or it is a failure."""

import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.gateway.adapters.hop import ProvidersHop
from tests.integration.hop.replica import EchoVendor, asking, frames_of, hop_to, replica, whole_of
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

HOSTS = ["127.0.0.1", "127.0.0.2"]
PASSING = {Reason.UNAVAILABLE, Reason.VENDOR_TIMEOUT}
"""What a call may meet that was asked of a replica that died, or of a slow vendor."""


class Step(NamedTuple):
    """A call, or what happens to a replica."""

    pause: float
    stream: bool
    after: float
    frames: int
    size: int
    taken: int | None
    """Frames that are read before the caller leaves; None: it stays."""
    timeout: float
    happens: str


steps = st.builds(
    Step,
    pause=st.sampled_from([0, 0, 0, 0, 0.002, 0.01]),
    stream=st.booleans(),
    after=st.sampled_from([0, 0, 0.001, 0.005, 0.03]),
    frames=st.integers(1, 12),
    size=st.sampled_from([0, 10, 10_000, 300_000]),
    taken=st.one_of(st.none(), st.none(), st.integers(0, 5)),
    timeout=st.sampled_from([20.0, 20.0, 20.0, 0.03]),
    happens=st.sampled_from(["call"] * 30 + ["a replica stops", "a replica dies", "a caller hangs up"]),
)


async def _ask(hop: ProvidersHop, number: int, step: Step) -> bool:
    """Whether it was answered whole; what came of the answer is the beginning of its own in any case."""
    envelope = asking(
        number, stream=step.stream, timeout=step.timeout, after=step.after, frames=step.frames, size=step.size
    )
    expected = frames_of(number, step.frames, step.size) if step.stream else [whole_of(number, step.size)]
    if step.stream:
        expected.append(b"")
    got: list[bytes] = []
    try:
        call = await hop.call(envelope)
    except Failure as failure:
        _check_passing(failure)
        return False
    try:
        while step.taken is None or len(got) < step.taken:
            frame = await call.next()
            got.append(frame.data)
            assert got == expected[: len(got)]
            if frame.end:
                assert got == expected
                return True
    except Failure as failure:
        _check_passing(failure)
    finally:
        call.close()
    return False


def _check_passing(failure: Failure) -> None:
    assert failure.reason in PASSING, failure


class Site:
    """Two replicas that stop in order, or die, and are back at once."""

    def __init__(self) -> None:
        self.port = free_port()
        self.vendors = {host: EchoVendor() for host in HOSTS}
        self._running = {host: AsyncExitStack() for host in HOSTS}
        self._dies = {host: asyncio.Event() for host in HOSTS}

    async def start(self, host: str) -> None:
        running = replica(f"{host}:{self.port}", vendor=self.vendors[host], dies=self._dies[host])
        await self._running[host].enter_async_context(running)

    async def restart(self, host: str, *, dies: bool) -> None:
        if dies:
            self._dies[host].set()
        await self._running[host].aclose()
        self._dies[host].clear()
        await self.start(host)

    async def aclose(self) -> None:
        for running in self._running.values():
            await running.aclose()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plan=st.lists(steps, min_size=40, max_size=120))
async def test_answers_are_never_mixed_up(plan: list[Step]) -> None:
    site = Site()
    for host in HOSTS:
        await site.start(host)
    try:
        async with hop_to(f"providers:{site.port}", hosts=HOSTS) as hop:
            asked: list[asyncio.Task[bool]] = []
            events: list[asyncio.Task[None]] = []
            for number, step in enumerate(plan):
                await asyncio.sleep(step.pause)
                if step.happens == "call":
                    asked.append(asyncio.create_task(_ask(hop, number, step)))
                elif step.happens == "a caller hangs up":
                    for task in asked[-1:]:
                        task.cancel()
                elif not events or events[-1].done():
                    dies = step.happens == "a replica dies"
                    events.append(asyncio.create_task(site.restart(HOSTS[number % 2], dies=dies)))
            ends = await asyncio.gather(*asked, return_exceptions=True)
            await asyncio.gather(*events)
            for end in ends:
                if not isinstance(end, bool | asyncio.CancelledError):
                    raise end
            if all(step.happens == "call" for step in plan):
                assert ends.count(True) >= sum(step.taken is None and step.timeout > 1 for step in plan)
            await eventually(lambda: not any(vendor.under_way for vendor in site.vendors.values()))
    finally:
        await site.aclose()


async def test_thousands_at_once_are_each_answered() -> None:
    async with replica() as address, hop_to(address) as hop:
        plan = [
            Step(0, number % 2 == 0, 0.001 * (number % 7), 5, number % 997, None, 60.0, "call")
            for number in range(3000)
        ]
        ends = await asyncio.gather(*(_ask(hop, number, step) for number, step in enumerate(plan)))
    assert all(ends)
