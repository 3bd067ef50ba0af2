"""Who chooses the target: the usual ways, ours, and some that see what nobody can see."""

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from bench.balancing.world import Arrival, Target
from resilience.balance import Load, fastest
from resilience.breaker import Breaker, BreakerSettings
from resilience.clock import Clock

Ended = Callable[[bool], None]
"""To be told whether the request succeeded, when it has ended."""


class Policy(ABC):
    """Chooses a target for each request."""

    def __init__(self, targets: Sequence[Target], clock: Clock, rng: random.Random) -> None:
        self.targets = targets
        self.clock = clock
        self.rng = rng
        self.prepare()

    def prepare(self) -> None:
        """Make what the policy keeps: here the calls under way."""
        self.under_way = [0] * len(self.targets)

    @abstractmethod
    def choose(self, arrival: Arrival) -> int:
        """The target's index."""

    def send(self, arrival: Arrival) -> tuple[int, Ended]:
        """Choose, and follow the request to its end."""
        chosen = self.choose(arrival)
        self.under_way[chosen] += 1

        def ended(_: bool) -> None:
            self.under_way[chosen] -= 1

        return chosen, ended

    def least(self, score: Callable[[int], float], among: Sequence[int] | None = None) -> int:
        """The index of the least score, at random among equals."""
        indices = range(len(self.targets)) if among is None else among
        return min(indices, key=lambda index: (score(index), self.rng.random()))


class RoundRobin(Policy):
    """One after the other."""

    def prepare(self) -> None:
        """See Policy."""
        super().prepare()
        self.last = -1

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        self.last = (self.last + 1) % len(self.targets)
        return self.last


class LeastInFlight(Policy):
    """The fewest calls under way."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        return self.least(self.under_way.__getitem__)


class PowerOfTwo(Policy):
    """The fewer calls under way, of two at random."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        return self.least(self.under_way.__getitem__, self.rng.sample(range(len(self.targets)), 2))


class PeakEwma(Policy):
    """Finagle's peak-EWMA latency times calls under way, of all targets."""

    SAMPLE: int | None = None
    TAU = 10.0

    def prepare(self) -> None:
        """See Policy."""
        super().prepare()
        self.averages = [0.0] * len(self.targets)
        self.at = [0.0] * len(self.targets)

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        sample = None if self.SAMPLE is None else self.rng.sample(range(len(self.targets)), self.SAMPLE)
        return self.least(lambda index: self.averages[index] * (self.under_way[index] + 1), sample)

    def send(self, arrival: Arrival) -> tuple[int, Ended]:
        """See Policy."""
        chosen, uncount = super().send(arrival)
        began = self.clock.monotonic()

        def ended(succeeded: bool) -> None:
            uncount(succeeded)
            now = self.clock.monotonic()
            keep = 0.0 if now - began > self.averages[chosen] else math.exp((self.at[chosen] - now) / self.TAU)
            self.averages[chosen] = keep * self.averages[chosen] + (1.0 - keep) * (now - began)
            self.at[chosen] = now

        return chosen, ended


class PowerOfTwoPeakEwma(PeakEwma):
    """The same, of two at random."""

    SAMPLE = 2


class Seawall(Policy):
    """`resilience.balance`, as the gateway uses it."""

    def prepare(self) -> None:
        """See Policy."""
        super().prepare()
        self.loads = [Load(self.clock) for _ in self.targets]

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        return fastest(self.loads, self.rng)[0]

    def send(self, arrival: Arrival) -> tuple[int, Ended]:
        """See Policy."""
        chosen = self.choose(arrival)
        return chosen, self.loads[chosen].begin().end


class SeawallWithBreakers(Seawall):
    """And with a breaker before each target, on its defaults."""

    def prepare(self) -> None:
        """See Policy."""
        super().prepare()
        settings = BreakerSettings()
        self.breakers = [Breaker(settings, self.clock, rng=self.rng, on_change=lambda _: None) for _ in self.targets]

    def send(self, arrival: Arrival) -> tuple[int, Ended]:
        """See Policy."""
        order = fastest(self.loads, self.rng)
        chosen, permit = next(
            ((index, permit) for index in order if (permit := self.breakers[index].admit())),
            (order[0], self.breakers[order[0]].force()),
        )
        call, began = self.loads[chosen].begin(), self.clock.monotonic()

        def ended(succeeded: bool) -> None:
            call.end(succeeded)
            if succeeded:
                permit.succeed(self.clock.monotonic() - began)
            else:
                permit.fail("429")

        return chosen, ended


class QueueClairvoyant(Policy):
    """Greedy: knows when each queue will be finished and each target's mean service; neither brownouts nor lengths."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""
        return self.least(lambda index: self.targets[index].begins(arrival.at) + self.targets[index].mean)


class BrownoutClairvoyant(Policy):
    """Greedy: knows the queues, and whether a target will be browned out when the request is begun."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""

        def finish(index: int) -> float:
            begun = self.targets[index].begins(arrival.at)
            return begun + self.targets[index].service(begun, 1.0)

        return self.least(finish)


class LateClairvoyant(Policy):
    """The same, but it sees brownouts as they were a mean service ago: the earliest at which calls can tell of them."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""

        def finish(index: int) -> float:
            target = self.targets[index]
            return target.begins(arrival.at) + target.service(arrival.at - target.mean, 1.0)

        return self.least(finish)


class Omniscient(Policy):
    """Greedy: knows all that, and how long this very answer will be before it is written."""

    def choose(self, arrival: Arrival) -> int:
        """See Policy."""

        def finish(index: int) -> float:
            begun = self.targets[index].begins(arrival.at)
            return begun + self.targets[index].service(begun, arrival.length)

        return self.least(finish)


POLICIES: dict[str, type[Policy]] = {
    "round robin": RoundRobin,
    "power of two": PowerOfTwo,
    "power of two + peak-EWMA": PowerOfTwoPeakEwma,
    "least in flight": LeastInFlight,
    "peak-EWMA x in flight": PeakEwma,
    "seawall": Seawall,
    "clairvoyant (queues)": QueueClairvoyant,
    "clairvoyant (+ late news)": LateClairvoyant,
    "clairvoyant (+ brownouts)": BrownoutClairvoyant,
    "omniscient (+ lengths)": Omniscient,
}
