"""The same load without and with hedging, on two targets whose latencies have a heavy tail, or a light one."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.callers import Callers, Heard, arrive, quantile
from bench.site import Manifest, Site, manifest
from simulator import Behaviour, Lognormal, SlowFirstToken

MEDIAN, SIGMA = 0.08, 0.25
SLOW_SHARE, SLOWER = 0.05, 10.0
"""Of the calls, and how many times longer they take."""
TAILS: Mapping[str, Behaviour] = {
    "heavy": Behaviour(
        first_byte=Lognormal(median=MEDIAN, sigma=SIGMA),
        faults=(SlowFirstToken(delay=Lognormal(median=MEDIAN * (SLOWER - 1.0), sigma=SIGMA), share=SLOW_SHARE),),
    ),
    "light": Behaviour(first_byte=Lognormal(median=MEDIAN, sigma=SIGMA)),
}
WARM = 300
"""Requests before those that count: hedging begins when latencies are known."""


PLAIN, HEDGED = "plain", "hedged"
ALPHA, BETA = ({"provider": name, "model": "small"} for name in ("alpha", "beta"))


@dataclass(frozen=True)
class Tail:
    """What a load met. Latencies are seconds: of streams to their first text, of others to their end."""

    requests: int
    failed: int
    extra: float
    """Calls that vendors saw beyond one a request, as a share, since the first request: a target's budget is as old."""
    p50: float
    p95: float
    p99: float


ROUTES: Mapping[str, Mapping[str, Any]] = {
    "in order": {"targets": [ALPHA, BETA]},
    "fastest": {"targets": [ALPHA, BETA], "strategy": "fastest"},
    "one target": {"targets": [ALPHA]},
}


def written(route: str) -> Manifest:
    """That route without hedging, and as shipped."""
    shipped = ROUTES[route]
    return manifest({PLAIN: {**shipped, "policy": {"hedge": "off"}}, HEDGED: shipped})


async def tail(site: Site, model: str, behaviour: Behaviour, *, stream: bool, per_second: float, requests: int) -> Tail:
    """Some `requests`, after as many as are needed to know the targets."""
    callers = Callers(site)
    for vendor in site.simulator.vendors.values():
        vendor.set(None, behaviour)

    async def ask(_: int) -> Heard:
        return await callers.ask(model, stream=stream)

    before = _calls(site)
    warm = await arrive(ask, per_second=per_second, seconds=WARM / per_second, rng=random.Random(1))
    heard = await arrive(ask, per_second=per_second, seconds=requests / per_second, rng=random.Random(2))
    waits = [one.first if stream else one.seconds for one in heard if one.succeeded]
    return Tail(
        len(heard),
        sum(not one.succeeded for one in heard),
        (_calls(site) - before) / (len(warm) + len(heard)) - 1.0,
        quantile(waits, 0.5),
        quantile(waits, 0.95),
        quantile(waits, 0.99),
    )


def _calls(site: Site) -> int:
    return sum(len(vendor.calls) for vendor in site.simulator.vendors.values())
