"""Memory in use: idle, and as requests add up."""

from bench.client import saturate
from bench.cost.bench import Bench, Length
from bench.cost.figures import Figures, why_failed
from bench.cost.party import WHOLE, Party
from bench.cost.phases.http import CONNECTIONS
from bench.processes import proportional_mb, resident_mb, tree

SLICES = 10
LONGEST = 3600.0
"""Seconds of one slice."""


async def idle_memory(bench: Bench, _length: Length) -> Figures:
    """Before the first request."""
    party = bench.seawall.party
    return {
        "resident_mb": _resident(party),
        **{f"resident_mb_{part}": round(_of(pid), 1) for part, pid in party.parts.items()},
        "proportional_mb": round(sum(proportional_mb(pid) for root in party.parts.values() for pid in tree(root)), 1),
    }


async def memory_over_time(bench: Bench, length: Length) -> Figures:
    """After each tenth of the requests; what they grow by once half are over should be nothing."""
    party = bench.seawall.party
    figures: Figures = {"requests": length.requests}
    seen = []
    runs = []
    for number in range(1, SLICES + 1):
        run = await saturate(
            party.endpoint(WHOLE),
            connections=CONNECTIONS,
            seconds=LONGEST,
            requests=length.requests / SLICES,
        )
        runs.append(run)
        seen.append(_resident(party))
        figures[f"resident_mb_at_{number * 100 // SLICES}_%"] = seen[-1]
    figures["grown_mb_in_second_half"] = round(seen[-1] - seen[SLICES // 2 - 1], 1)
    return {**figures, **why_failed(runs)}


def _resident(party: Party) -> float:
    return round(sum(map(_of, party.parts.values())), 1)


def _of(root: int) -> float:
    return sum(map(resident_mb, tree(root)))
