"""What each feature costs: each is switched off, or on, by itself, in turn with Seawall as it is otherwise measured."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

from bench.client import saturate
from bench.cost.bench import Bench, Length
from bench.cost.figures import Cost, Figures, Spread, why_failed
from bench.cost.party import WHOLE, Party, Question
from bench.cost.phases.http import CONNECTIONS
from bench.cost.rounds import Turn, costed, in_turn
from bench.cost.seawall import seawall

AS_MEASURED = "as measured"
ROUTED: Mapping[str, Question] = {
    "no price": replace(WHOLE, model="unpriced"),
    "no hedging": replace(WHOLE, model="unhedged"),
    "no breaker": replace(WHOLE, model="unbroken"),
    "cache, nothing found": replace(WHOLE, model="cached"),
    "cache, all found": replace(WHOLE, model="cached", numbered=False),
    "single flight, all differ": replace(WHOLE, model="shared"),
    "two targets, balanced": replace(WHOLE, model="balanced"),
}
"""By the model, whose route has them."""
SET: Mapping[str, Mapping[str, str]] = {
    "no traces": {"SEAWALL_TRACE_SAMPLE_RATIO": "0"},
    "all traces": {"SEAWALL_TRACE_SAMPLE_RATIO": "1"},
    "journal on disk (fsync)": {"SEAWALL_JOURNAL_FSYNC": "true"},
}
"""By the settings of a system of its own."""
WARM = 2.0
"""Seconds that such a system is asked before it is measured."""


async def features(bench: Bench, length: Length) -> Figures:
    """CPU milliseconds for each request, and the difference from all on, by feature."""

    def turn(party: Party, question: Question) -> Turn:
        return lambda _: costed(
            party, saturate(party.endpoint(question), connections=CONNECTIONS, seconds=length.seconds)
        )

    party = bench.seawall.party
    turns = {AS_MEASURED: turn(party, WHOLE), "no limit": turn(bench.seawall.without_limit(), WHOLE)}
    turns |= {name: turn(party, question) for name, question in ROUTED.items()}
    async with AsyncExitStack() as stack:
        for name, settings in SET.items():
            other = await stack.enter_async_context(seawall(bench.upstream, bench.collector, settings))
            await saturate(other.party.endpoint(WHOLE), connections=CONNECTIONS, seconds=WARM)
            turns[name] = turn(other.party, WHOLE)
        costs = await in_turn(length.rounds, turns)
    return _compared(costs)


def _compared(costs: Mapping[str, list[Cost]]) -> Figures:
    base = costs[AS_MEASURED]
    figures: Figures = {}
    for name, found in costs.items():
        figures[name] = Spread.of(cost.cpu_ms() for cost in found)
        if name != AS_MEASURED:
            figures[f"{name}: difference"] = Spread.of(
                one.cpu_ms() - other.cpu_ms() for one, other in zip(found, base, strict=True)
            )
    return {**figures, **why_failed(cost.run for found in costs.values() for cost in found)}
