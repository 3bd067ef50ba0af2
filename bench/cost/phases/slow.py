"""1,000 slow streams at the same time."""

from bench.client import together
from bench.cost.bench import Bench, Length
from bench.cost.figures import Cost, Figures, Spread, beside_nginx
from bench.cost.party import SLOW, Party
from bench.cost.rounds import costed, in_turn
from bench.processes import forget_highest, highest_mb, resident_mb, tree

STREAMS = 1000
BEGUN_WITHIN = 4.0
"""Seconds; each stream takes about ten, so that all are under way together."""


async def slow_streams(bench: Bench, length: Length) -> Figures:
    """CPU for each, and memory that each holds."""
    party = bench.seawall.party
    pids = [pid for root in party.parts.values() for pid in tree(root)]
    before = sum(map(resident_mb, pids))
    for pid in pids:
        forget_highest(pid)

    async def turn(party: Party) -> Cost:
        return await costed(party, together(party.endpoint(SLOW), count=STREAMS, within=BEGUN_WITHIN))

    costs = await in_turn(length.rounds, {"seawall": lambda _: turn(party), "nginx": lambda _: turn(bench.nginx)})
    return {
        **beside_nginx(costs["seawall"], costs["nginx"]),
        "cores_busy": Spread.of(sum(cost.cpu.values()) / cost.run.seconds for cost in costs["seawall"]),
        "kb_per_stream": round((sum(map(highest_mb, pids)) - before) * 1024 / STREAMS, 1),
    }
