"""How one machine's throughput grows with the processes of gateway and providers."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.client import saturate
from bench.cost import tools
from bench.cost.bench import Bench, Length
from bench.cost.figures import Figures, Spread
from bench.cost.party import WHOLE, Party
from bench.cost.phases.http import CONNECTIONS
from bench.cost.rounds import costed, in_turn
from bench.cost.seawall import seawall
from bench.processes import listening, spawned, tree
from cli.embedded.ports import DEFAULT_RANGE, free_ports, port_range

WARM = 2.0


async def scaling(bench: Bench, length: Length) -> Figures:
    """Requests a second and CPU for each, by the number of processes; two and more share their limits in Redis."""
    if not tools.found("redis-server"):
        return {"left out": f"redis-server is not here: {tools.how_to_get('redis-server')}"}
    figures: Figures = {}
    async with _redis() as redis:
        for count in length.workers:
            settings = {"SEAWALL_WORKERS": str(count), "SEAWALL_REDIS_URL": redis}
            async with seawall(bench.upstream, bench.collector, settings) as system:
                figures |= await _of(system.party, count, length)
    return figures


async def _of(party: Party, count: int, length: Length) -> Figures:
    if any(len(tree(pid)) < count for pid in party.parts.values()):
        return {f"{count} workers": "left out: the services ran as one process each"}
    endpoint = party.endpoint(WHOLE)
    await saturate(endpoint, connections=CONNECTIONS, seconds=WARM)
    costs = await in_turn(
        length.rounds,
        {"seawall": lambda _: costed(party, saturate(endpoint, connections=CONNECTIONS, seconds=length.seconds))},
    )
    return {
        f"{count} workers: per_second": Spread.of(cost.run.rate for cost in costs["seawall"]),
        f"{count} workers: cpu_ms": Spread.of(cost.cpu_ms() for cost in costs["seawall"]),
        f"{count} workers: failed": sum(cost.run.failed for cost in costs["seawall"]),
    }


@asynccontextmanager
async def _redis() -> AsyncIterator[str]:
    """The URL of one that keeps nothing."""
    [port] = free_ports(1, port_range(DEFAULT_RANGE))
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning")
    async with spawned(tools.found("redis-server"), *options, output=subprocess.DEVNULL):
        await listening(port)
        yield f"redis://127.0.0.1:{port}/0"
