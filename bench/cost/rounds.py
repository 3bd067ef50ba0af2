"""Rounds in which everybody has a turn, so that all meet the same machine."""

from collections.abc import Awaitable, Callable, Mapping

from bench.client import Run
from bench.cost.figures import Cost
from bench.cost.party import Party
from bench.processes import cpu_seconds, tree

Turn = Callable[[int], Awaitable[Cost]]
"""Given the number of the round, does a party's work once."""


async def in_turn(rounds: int, turns: Mapping[str, Turn]) -> Mapping[str, list[Cost]]:
    """Name → its cost in each round. Every other round goes through the names backwards."""
    costs: dict[str, list[Cost]] = {name: [] for name in turns}
    for number in range(rounds):
        for name in sorted(turns, key=list(turns).index, reverse=number % 2 == 1):
            costs[name].append(await turns[name](number))
    return costs


async def costed(party: Party, work: Awaitable[Run]) -> Cost:
    """Do `work` and see what it took. Raises RuntimeError where a process came or went meanwhile."""
    trees = {part: tree(pid) for part, pid in party.parts.items()}
    before = {part: sum(map(cpu_seconds, pids)) for part, pids in trees.items()}
    run = await work
    if trees != {part: tree(pid) for part, pid in party.parts.items()}:
        raise RuntimeError("a process came or went while it was measured")
    return Cost(run, {part: sum(map(cpu_seconds, pids)) - before[part] for part, pids in trees.items()})
