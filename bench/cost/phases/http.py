"""Whole and streamed answers over HTTP: as many as can be."""

from bench.client import saturate
from bench.cost.bench import Bench, Length
from bench.cost.figures import Cost, Figures, Spread, beside_nginx
from bench.cost.party import LONG, STREAM, WHOLE, Party, Question
from bench.cost.rounds import costed, in_turn
from bench.processes import forget_highest, highest_mb, resident_mb, tree

CONNECTIONS = 64
LONG_CONNECTIONS = 4


async def saturation(bench: Bench, length: Length) -> Figures:
    """Whole answers over 64 connections."""
    return await _saturated(bench, length, WHOLE, CONNECTIONS)


async def streaming(bench: Bench, length: Length) -> Figures:
    """64 streams at a time, 8 chunks each, 5 ms apart."""
    return await _saturated(bench, length, STREAM, CONNECTIONS)


async def long_prompts(bench: Bench, length: Length) -> Figures:
    """Prompts of 100,000 tokens over 4 connections; and what they hold in memory, in bodies for each under way."""
    party = bench.seawall.party
    body_mb = len(party.endpoint(LONG).request) / 2**20
    pids = {part: tree(pid) for part, pid in party.parts.items()}
    before = {part: sum(map(resident_mb, tree)) for part, tree in pids.items()}
    for tree_ in pids.values():
        for pid in tree_:
            forget_highest(pid)
    figures = await _saturated(bench, length, LONG, LONG_CONNECTIONS)
    for part, tree_ in pids.items():
        held = sum(map(highest_mb, tree_)) - before[part]
        figures[f"bodies_held_{part}"] = round(held / body_mb / LONG_CONNECTIONS, 2)
    return figures


async def _saturated(bench: Bench, length: Length, question: Question, connections: int) -> Figures:
    async def turn(party: Party, seconds: float) -> Cost:
        return await costed(party, saturate(party.endpoint(question), connections=connections, seconds=seconds))

    costs = await in_turn(
        length.rounds,
        {
            "seawall": lambda _: turn(bench.seawall.party, length.seconds),
            "nginx": lambda _: turn(bench.nginx, length.seconds / 2),
        },
    )
    return {
        **beside_nginx(costs["seawall"], costs["nginx"]),
        "per_second": Spread.of(cost.run.rate for cost in costs["seawall"]),
        "per_second_nginx": Spread.of(cost.run.rate for cost in costs["nginx"]),
    }
