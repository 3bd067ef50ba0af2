"""The simulated targets and the requests that come: everything chance decides, drawn before anybody chooses."""

import heapq
import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

MEANS = tuple(0.6 + 0.15 * n for n in range(10))
"""Seconds of service at each target."""
SLOTS = 8
"""Requests that a target works on at a time; others wait in their order."""
SIGMA = 0.6
"""Of the lognormal length of requests; their mean is 1."""
SLOWER = 4.0
"""What a brownout does to service that begins in it."""
BROWNOUT = 30.0
"""Seconds that one takes on average."""
SHARE_OF_BROWNOUTS = 0.1
"""Of a target's time."""
UTILISATION = 0.75
"""Arrivals per second, of what all targets could serve without brownouts."""

FAULTY = 3
"""The target that a fault hits."""
FAULT_AT = 100.0
"""Seconds from the start; for ever."""
SILENCE = 60.0
"""Seconds after which a silent target answers."""
REFUSAL = 0.001
"""Seconds in which a refusing target refuses."""


class Fault(StrEnum):
    """What befalls one of the targets."""

    NONE = "none"
    REFUSES = "429 after 1 ms"
    SILENT = "answers after 60 s"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request: when it comes, and how long it is, as a multiple of the mean."""

    at: float
    length: float


@dataclass(frozen=True)
class World:
    """What happens, whoever is asked: the same for every policy."""

    arrivals: tuple[Arrival, ...]
    brownouts: tuple[tuple[float, ...], ...]
    """Of each target, the moments at which one begins, ends, begins, …"""
    fault: Fault


def draw_world(seed: int, seconds: float, fault: Fault = Fault.NONE) -> World:
    """A world of so many seconds."""
    rng = random.Random(seed)
    rate = UTILISATION * sum(SLOTS / mean for mean in MEANS)
    brownouts = tuple(_brownouts(rng, seconds) for _ in MEANS)
    arrivals, at = [], rng.expovariate(rate)
    while at < seconds:
        arrivals.append(Arrival(at, math.exp(rng.gauss(-SIGMA * SIGMA / 2.0, SIGMA))))
        at += rng.expovariate(rate)
    return World(tuple(arrivals), brownouts, fault)


def _brownouts(rng: random.Random, seconds: float) -> tuple[float, ...]:
    pause = BROWNOUT * (1.0 - SHARE_OF_BROWNOUTS) / SHARE_OF_BROWNOUTS
    edges = [rng.expovariate(1.0 / pause)]
    while edges[-1] < seconds:
        edges.append(edges[-1] + rng.expovariate(1.0 / BROWNOUT))
        edges.append(edges[-1] + rng.expovariate(1.0 / pause))
    return tuple(edges)


class Target:
    """One target's slots and queue: since its order is kept, a request's finish is known when it comes."""

    def __init__(self, mean: float, brownouts: tuple[float, ...]) -> None:
        self.mean = mean
        self._brownouts = brownouts
        self._free = [0.0] * SLOTS

    def begins(self, now: float) -> float:
        """When a request that comes now would be begun."""
        return max(now, self._free[0])

    def service(self, begun: float, length: float) -> float:
        """Seconds that a request of this length takes once it is begun."""
        slower = SLOWER if bisect_right(self._brownouts, begun) % 2 else 1.0
        return self.mean * length * slower

    def take(self, now: float, length: float) -> float:
        """Queue a request; when it will be finished."""
        begun = self.begins(now)
        finished = begun + self.service(begun, length)
        heapq.heapreplace(self._free, finished)
        return finished
