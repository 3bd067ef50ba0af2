"""Which service is killed when: drawn from a seed, spread over the run, and none of them spared."""

import random
from dataclasses import dataclass

WEIGHTS = {"gateway": 3.0, "providers": 3.0, "monitor": 2.0, "alerts": 2.0, "config": 1.0}
"""Of the kills that are left to chance."""
LEAST_SHARE = 0.16
"""Of the kills, for each service: 8 of 50."""


@dataclass(frozen=True)
class Kill:
    """One service is killed once so many events happened."""

    after: int
    service: str


def schedule(*, events: int, kills: int, seed: int) -> list[Kill]:
    """`kills` kills in the order of their moments; each is at a random place in its own part of the run."""
    rng = random.Random(seed)
    least = int(kills * LEAST_SHARE)
    victims = [service for service in WEIGHTS for _ in range(least)]
    victims += rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=kills - len(victims))
    rng.shuffle(victims)
    part = events / (kills + 1)
    # The last part is left alone, so that what the last kill did is seen under load, too.
    return [Kill(int(part * (n + rng.uniform(0.2, 1.0))), victim) for n, victim in enumerate(victims)]
