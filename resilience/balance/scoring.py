"""Orders by what is known of each target: what it costs, how fast it is, how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a target before it is asked."""

    latency: float
    """Expected seconds; see Load.score."""
    cost: float | None
    """Expected price of the request, in any one currency; None where nobody knows."""
    quality: float
    """0 to 1, more is better."""


def cheapest(candidates: Sequence[Candidate]) -> list[int]:
    """Indices, the cheapest first; of one price the faster first; unknown prices last."""

    def rank(index: int) -> tuple[bool, float, float]:
        candidate = candidates[index]
        return candidate.cost is None, candidate.cost or 0.0, candidate.latency

    return sorted(range(len(candidates)), key=rank)


def balanced(candidates: Sequence[Candidate], *, latency: float, cost: float, quality: float) -> list[int]:
    """Indices, best first, by stated weights of latency, cost and quality; equals in the order given.

    The score of a candidate, less is better, is

        (latency · its latency / the longest + cost · its cost / the dearest + quality · (1 - its quality))
        ÷ (latency + cost + quality)

    so each part is between 0 and 1, and a ratio counts as a ratio: half the price is worth the same at any price. An
    unknown cost counts as the dearest that is known. Where all weights are 0 the order is as given.
    """
    longest = max((candidate.latency for candidate in candidates), default=0.0) or 1.0
    dearest = max((candidate.cost for candidate in candidates if candidate.cost is not None), default=0.0) or 1.0

    def score(index: int) -> float:
        candidate = candidates[index]
        price = dearest if candidate.cost is None else candidate.cost
        return latency * candidate.latency / longest + cost * price / dearest + quality * (1.0 - candidate.quality)

    return sorted(range(len(candidates)), key=score)
