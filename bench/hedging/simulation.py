"""Requests to one target, hedged by the real hedger and paid from the real budget, in virtual time."""

import random
from dataclasses import dataclass, field

from bench.hedging.pools import Answer, Pool
from bench.timeline import Timeline
from resilience.budget import Budget
from resilience.hedge import Hedger
from resilience.quantiles import Quantiles

RATE = 5.0
"""Requests a second."""
EXTRA_CALLS = 0.1
"""The budget's share, as the gateway has it."""
WARM_UP = 1000
"""Requests that are not counted: the hedger knows nothing yet."""

SETTLE = 1000.0
"""Seconds after the last request in which all have ended."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How it went; seconds until the caller has what it waits for."""

    p50: float
    p99: float
    extra_calls: float
    """Spare calls, as a share of the requests."""
    extra_cost: float
    """What losers cost until they were cancelled, as a share of all answers' price."""


@dataclass(slots=True)
class _Tally:
    latencies: list[float] = field(default_factory=list)
    spares: int = 0
    wasted: float = 0.0


class _Hedging:
    """One target and what is learned of it."""

    def __init__(self, clock: Timeline, hedger: Hedger | None, *, streams: bool) -> None:
        self.clock = clock
        self.hedger = hedger
        self.streams = streams
        self.budget = Budget(ratio=EXTRA_CALLS, clock=clock)
        self.observed = Quantiles()

    def awaited(self, answer: Answer) -> float:
        """Seconds until what the race is for: a stream's first token, else the whole answer."""
        return answer.first_token if self.streams else answer.whole

    def request(self, first: Answer, spare: Answer, tally: _Tally) -> None:
        """Ask now; what comes of it is told to `tally` at its time."""
        self.budget.deposit()
        alone = self.awaited(first)
        delay = None if self.hedger is None else self.hedger.delay(self.observed, self.observed)
        if delay is None or alone <= delay:
            self.clock.call_later(alone, lambda: self.won(first, tally, 0.0))
            return
        self.clock.call_later(delay, lambda: self.late(first, spare, delay, tally))

    def late(self, first: Answer, spare: Answer, delay: float, tally: _Tally) -> None:
        """The first call is later than usual."""
        assert self.hedger is not None
        left = self.awaited(first) - delay
        if not (self.hedger.allow() and self.budget.withdraw()):
            self.clock.call_later(left, lambda: self.won(first, tally, 0.0))
            return
        tally.spares += 1
        if left <= self.awaited(spare):
            self.clock.call_later(left, lambda: self.won(first, tally, 0.0, spare, left))
        else:
            taken = self.awaited(spare)
            self.clock.call_later(taken, lambda: self.won(spare, tally, delay, first, delay + taken))

    def won(
        self, winner: Answer, tally: _Tally, delay: float, loser: Answer | None = None, cancelled: float = 0.0
    ) -> None:
        """What was awaited has come, from a call begun `delay` later; the loser was `cancelled` seconds old."""
        self.observed.add(self.awaited(winner))
        if loser is not None:
            self.observed.add_at_least(cancelled)
            tally.wasted += loser.cost_after(cancelled)
        tally.latencies.append(delay + self.awaited(winner))


def simulate(pool: Pool, seed: int, *, streams: bool, hedger: Hedger | None, requests: int = 20_000) -> Figures:
    """Send `requests`, the same for each `seed` whoever hedges; no hedging where `hedger` is None."""
    rng = random.Random(seed)
    clock = Timeline()
    hedging = _Hedging(clock, hedger, streams=streams)
    tally, at = _Tally(), 0.0
    for n in range(WARM_UP + requests):
        at += rng.expovariate(RATE)
        clock.run_until(at)
        if n == WARM_UP:
            tally = _Tally()
        hedging.request(pool(rng), pool(rng), tally)
    clock.run_until(at + SETTLE)
    latencies = sorted(tally.latencies)
    return Figures(
        p50=latencies[len(latencies) // 2],
        p99=latencies[int(len(latencies) * 0.99)],
        extra_calls=tally.spares / requests,
        extra_cost=tally.wasted / requests,
    )
