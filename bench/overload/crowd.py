"""Several times more callers than the bottleneck has room for, of all classes, and after them as many as fit."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.callers import Callers, Heard, arrive, quantile, share
from bench.processes import cpu_seconds, resident_mb
from bench.site import Site
from simulator.recorder import COMPLETED

CLASSES = {"critical": 0.15, "default": 0.45, "batch": 0.20, "sheddable": 0.20}
"""And their shares of the callers."""
MEASURED = ("gateway", "providers")
SHED = "overloaded"


@dataclass
class Taken:
    """What processes took, by service: megabytes before, at the most and after; CPU seconds a second."""

    before: dict[str, float] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Crowd:
    """What became of it."""

    seconds: float
    heard: Sequence[Heard]
    completed_by_vendor: int
    afterwards: Sequence[Heard]
    """Those who came when it was over."""
    recovered_after: float
    """Seconds from the end of the overload to the start of the last request that was refused since."""
    taken: Taken

    def of(self, label: str) -> list[Heard]:
        """What one class heard."""
        return [one for one in self.heard if one.label == label]

    @property
    def shed(self) -> list[Heard]:
        """Those who were refused for want of room."""
        return [one for one in self.heard if one.code == SHED]

    @property
    def hung(self) -> list[Heard]:
        """Those who had no answer."""
        return [one for one in self.heard if one.status == 0]

    @property
    def otherwise(self) -> dict[str, int]:
        """Errors that are no shedding, by class and code."""
        return dict(Counter(f"{one.label}: {one.code}" for one in self.heard if one.code not in {"", SHED}))

    def success(self, label: str) -> float:
        """Of one class, the share that was answered."""
        return share(self.of(label))

    def shed_quantile(self, q: float) -> float:
        """Milliseconds to the answer of those who were shed."""
        return quantile((one.seconds for one in self.shed), q) * 1000

    @property
    def goodput(self) -> float:
        """Whole answers a second."""
        return sum(one.succeeded for one in self.heard) / self.seconds


async def crowd(
    site: Site, model: str, *, per_second: float, seconds: float, after: float, calm: float, stream: bool = False
) -> Crowd:
    """`per_second` for `seconds`, then `calm` a second for `after` seconds."""
    callers, rng, draws = Callers(site), random.Random(1), random.Random(2)

    async def ask(_: int) -> Heard:
        label = draws.choices(list(CLASSES), list(CLASSES.values()))[0]
        return await callers.ask(model, label=label, stream=stream, criticality=label)

    before = _completed(site)
    async with measured(site) as taken:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        heard = await arrive(ask, per_second=per_second, seconds=seconds, rng=rng)
        completed = _completed(site) - before
        over = begin + seconds
        afterwards = await arrive(ask, per_second=calm, seconds=after, rng=rng)
    late = [one.at for one in afterwards if not one.succeeded]
    return Crowd(seconds, heard, completed, afterwards, max(0.0, max(late, default=over) - over), taken)


@asynccontextmanager
async def measured(site: Site) -> AsyncIterator[Taken]:
    """Looks at memory twice a second, and at CPU from the begin to the end."""
    taken = Taken(before=_memory(site))
    taken.peak = dict(taken.before)
    loop = asyncio.get_running_loop()
    cpu, begin = {name: cpu_seconds(site.pids[name]) for name in MEASURED}, loop.time()

    async def look() -> None:
        while True:
            await asyncio.sleep(0.5)
            taken.peak = {name: max(taken.peak[name], now) for name, now in _memory(site).items()}

    looking = asyncio.create_task(look())
    try:
        yield taken
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        passed = loop.time() - begin
        taken.cpu = {name: (cpu_seconds(site.pids[name]) - cpu[name]) / passed for name in MEASURED}
        taken.after = _memory(site)


def _memory(site: Site) -> dict[str, float]:
    return {name: resident_mb(site.pids[name]) for name in MEASURED}


def _completed(site: Site) -> int:
    return sum(call.outcome == COMPLETED for vendor in site.simulator.vendors.values() for call in vendor.calls)
