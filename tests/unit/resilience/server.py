"""A server with so many slots and a queue, before which a concurrency limit stands; in virtual time."""

import math
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bench.timeline import Timeline
from resilience.criticality import Criticality
from resilience.limiter.concurrency import ConcurrencyLimit, Slot

MIXTURE = {Criticality.CRITICAL: 0.15, Criticality.DEFAULT: 0.55, Criticality.BATCH: 0.2, Criticality.SHEDDABLE: 0.1}
SIGMA = 0.6

Length = Callable[[random.Random], float]
"""Draws how long a request is, a second in the mean."""


def lognormal(rng: random.Random) -> float:
    return math.exp(rng.gauss(-SIGMA * SIGMA / 2.0, SIGMA))


def pareto(rng: random.Random) -> float:
    """So heavy a tail that it has no variance."""
    return rng.paretovariate(1.8) * 0.8 / 1.8


@dataclass
class Tally:
    """What was seen of one run."""

    sent: Counter[Criticality] = field(default_factory=Counter)
    shed: Counter[Criticality] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    """While requests still came."""

    def served(self, level: Criticality) -> float:
        """Share of this class."""
        return 1.0 - self.shed[level] / self.sent[level]

    def quantile(self, q: float) -> float:
        """Seconds."""
        return sorted(self.latencies)[int(q * len(self.latencies))]


class Server:
    """`slots` and `slowness` may be changed while it runs."""

    def __init__(self, slots: int, seed: int, *, length: Length = lognormal, initial: int = 20) -> None:
        self.slots = slots
        self.slowness = 1.0
        self.clock = Timeline()
        self.limit = ConcurrencyLimit(self.clock, initial=initial)
        self.tally = Tally()
        self._capacity = slots
        self._rng = random.Random(seed)
        self._length = length
        self._busy = 0
        self._queue: deque[tuple[float, Slot, Tally]] = deque()

    def run(self, load: float, seconds: float, mixture: Mapping[Criticality, float] | None = None) -> Tally:
        """Requests at `load` times the first capacity; returns what was seen of them, once all have ended."""
        tally = self.tally = Tally()
        mixture = mixture or MIXTURE
        levels, shares = list(mixture), list(mixture.values())
        end = self.clock.monotonic() + seconds
        while (at := self.clock.monotonic() + self._rng.expovariate(load * self._capacity)) < end:
            self.clock.run_until(at)
            self._receive(self._rng.choices(levels, shares)[0], tally)
        self.clock.run_until(end)
        tally.answered = len(tally.latencies)
        return tally

    def _receive(self, level: Criticality, tally: Tally) -> None:
        tally.sent[level] += 1
        slot = self.limit.acquire(level)
        if slot is None:
            tally.shed[level] += 1
            return
        self._queue.append((self.clock.monotonic(), slot, tally))
        self._serve()

    def _serve(self) -> None:
        while self._queue and self._busy < self.slots:
            came, slot, tally = self._queue.popleft()
            self._busy += 1
            self.clock.call_later(self._length(self._rng) * self.slowness, partial(self._end, came, slot, tally))

    def _end(self, came: float, slot: Slot, tally: Tally) -> None:
        self._busy -= 1
        seconds = self.clock.monotonic() - came
        slot.release(seconds)
        tally.latencies.append(seconds)
        self._serve()
