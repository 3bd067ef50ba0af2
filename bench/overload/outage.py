"""Every vendor fails every call for a while, under load: how often they are asked, and how soon all is well again."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.callers import Callers, Heard, arrive, share
from bench.site import Site
from simulator import Behaviour, Constant, ErrorStatus, Fault, Reset

FAULTS: Mapping[str, Fault] = {
    "500": ErrorStatus(status=500),
    "reset": Reset(),
    "503": ErrorStatus(status=503),
}
USUAL = Behaviour(first_byte=Constant(seconds=0.05))
WARM = 3.0
"""Seconds of load before."""
SPAN = 1.0
"""Seconds over which a share of successes is looked at."""
NORMAL = 0.99
"""Of the requests succeed where all is well."""


@dataclass(frozen=True)
class Outage:
    """What came of it."""

    seconds: float
    requests: int
    calls: Mapping[str, int]
    """Vendor → calls that it got while it failed."""
    ends: Mapping[str, int]
    """How requests ended that came meanwhile."""
    normal_after: float
    """Seconds from the healing until all was well; not a number where it never was."""

    @property
    def per_request(self) -> float:
        """Calls for a request, over all vendors."""
        return sum(self.calls.values()) / self.requests

    def allowed(self, *, floor: float = 10.0, trickle: float = 0.2) -> float:
        """Calls that one vendor may have got: a tenth more than requests, and what budgets hold at first and gain."""
        return 1.1 * self.requests + floor + trickle * self.seconds


async def outage(
    site: Site, model: str, fault: Fault, *, per_second: float, seconds: float, after: float = 12.0
) -> Outage:
    """Load before, while each vendor meets `fault` for `seconds`, and for `after` seconds when they are healed."""
    callers, vendors = Callers(site), site.simulator.vendors
    for vendor in vendors.values():
        vendor.set(None, USUAL)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    failing = asyncio.create_task(_fail(site, fault, seconds))
    heard = await arrive(
        lambda number: callers.ask(model, label=str(number)),
        per_second=per_second,
        seconds=WARM + seconds + after,
        rng=random.Random(1),
    )
    broken_at, healed_at, calls = await failing
    met = [one for one in heard if broken_at <= one.at < healed_at]
    assert begin <= broken_at
    return Outage(
        seconds,
        len(met),
        calls,
        Counter(one.code or "answered" for one in met),
        normal_after([one for one in heard if one.at >= healed_at], healed_at, healed_at + after),
    )


async def _fail(site: Site, fault: Fault, seconds: float) -> tuple[float, float, dict[str, int]]:
    """When it began and ended, and how often each vendor was asked between."""
    loop, vendors = asyncio.get_running_loop(), site.simulator.vendors
    await asyncio.sleep(WARM)
    broken_at, before = loop.time(), {name: _calls(site, name) for name in vendors}
    for vendor in vendors.values():
        vendor.set(None, USUAL.model_copy(update={"faults": (fault,)}))
    await asyncio.sleep(seconds)
    for vendor in vendors.values():
        vendor.set(None, USUAL)
    return broken_at, loop.time(), {name: _calls(site, name) - count for name, count in before.items()}


def _calls(site: Site, vendor: str) -> int:
    return len(site.simulator.vendor(vendor).calls)


def normal_after(heard: Sequence[Heard], healed_at: float, until: float) -> float:
    """Seconds from `healed_at` to the first moment from which on, until the end, no second was below normal."""
    at, well_since = healed_at, math.nan
    while at + SPAN <= until:
        of_span = [one for one in heard if at <= one.at < at + SPAN]
        if not of_span or share(of_span) < NORMAL:
            well_since = math.nan
        elif math.isnan(well_since):
            well_since = at
        at += SPAN / 10
    return well_since - healed_at
