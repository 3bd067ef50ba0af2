"""Whole answers at a rate, far from saturation: most gateways run there."""

import random
from collections.abc import Sequence

from bench.client import at_rate
from bench.cost.bench import Bench, Length
from bench.cost.figures import Cost, Figures, Spread, beside_nginx
from bench.cost.party import WHOLE, Party
from bench.cost.rounds import Turn, costed, in_turn


async def at_50(bench: Bench, length: Length) -> Figures:
    """50 a second."""
    return await _at(bench, length, 50)


async def at_200(bench: Bench, length: Length) -> Figures:
    """200 a second."""
    return await _at(bench, length, 200)


async def _at(bench: Bench, length: Length, per_second: float) -> Figures:
    def turn(party: Party) -> Turn:
        async def one(number: int) -> Cost:
            rng = random.Random(number)
            work = at_rate(party.endpoint(WHOLE), per_second=per_second, seconds=length.seconds, rng=rng)
            return await costed(party, work)

        return one

    parties = {"seawall": bench.seawall.party, "nginx": bench.nginx, "direct": bench.upstream}
    costs = await in_turn(length.rounds, {name: turn(party) for name, party in parties.items()})
    return {
        **beside_nginx(costs["seawall"], costs["nginx"]),
        **_added(costs["seawall"], costs["direct"], ""),
        **_added(costs["nginx"], costs["direct"], "_nginx"),
    }


def _added(costs: Sequence[Cost], direct: Sequence[Cost], suffix: str) -> Figures:
    """Milliseconds that a party adds to what the upstream takes when it is asked directly, in the same round."""
    return {
        f"added_{name}_ms{suffix}": Spread.of(
            through.run.quantile(q) - without.run.quantile(q) for through, without in zip(costs, direct, strict=True)
        )
        for name, q in (("p50", 0.5), ("p99", 0.99))
    }
