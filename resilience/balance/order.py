"""Orders that chance has a part in."""

import random
from collections.abc import Sequence

from resilience.balance.load import Load


def fastest(loads: Sequence[Load], rng: random.Random) -> list[int]:
    """Indices of `loads`, the one that would answer soonest first; equals in random order.

    All are compared, not a sample of two: of a few targets that costs nothing, and the best is never missed.
    """
    ranked = [(load.score, rng.random(), index) for index, load in enumerate(loads)]
    ranked.sort()
    return [index for _, _, index in ranked]


def weighted(weights: Sequence[float], rng: random.Random) -> list[int]:
    """Indices of `weights` drawn without replacement: each next one by its share of the weights that are left.

    Each index draws an exponential time of rate `weight`, and the earliest comes first (Efraimidis and Spirakis,
    "Weighted random sampling with a reservoir", 2006). Indices of no weight come last, in random order.
    """
    ranked = [
        (0, rng.expovariate(weight), index) if weight > 0.0 else (1, rng.random(), index)
        for index, weight in enumerate(weights)
    ]
    ranked.sort()
    return [index for _, _, index in ranked]
