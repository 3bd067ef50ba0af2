"""One policy in one world."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.balancing.policies import Policy
from bench.balancing.world import FAULT_AT, FAULTY, MEANS, REFUSAL, SILENCE, Arrival, Fault, Target, World
from bench.timeline import Timeline

NOTICE = 5.0
"""Seconds that a policy has to notice a fault."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How it went. Seconds over the requests that were answered."""

    p50: float
    p99: float
    mean: float
    to_faulty: float
    """Share of requests sent to the faulty target once the fault is older than NOTICE; 0 where there is none."""


def simulate(policy: type[Policy], world: World, seed: int) -> Figures:
    """Let `policy` choose for every arrival of `world`; `seed` is for its own chances."""
    clock = Timeline()
    targets = [Target(mean, edges) for mean, edges in zip(MEANS, world.brownouts, strict=True)]
    chooser = policy(targets, clock, random.Random(seed))
    latencies: list[float] = []
    late: list[int] = []
    for arrival in world.arrivals:
        clock.run_until(arrival.at)
        chosen, ended = chooser.send(arrival)
        seconds, succeeded = _served(targets[chosen], chosen, arrival, world.fault)
        clock.call_later(seconds, partial(ended, succeeded))
        if succeeded:
            latencies.append(seconds)
        if arrival.at > FAULT_AT + NOTICE:
            late.append(chosen)
    return _figures(latencies, late if world.fault is not Fault.NONE else [])


def _served(target: Target, index: int, arrival: Arrival, fault: Fault) -> tuple[float, bool]:
    """Seconds until the end, and whether it was an answer."""
    if fault is not Fault.NONE and index == FAULTY and arrival.at >= FAULT_AT:
        return (REFUSAL, False) if fault is Fault.REFUSES else (SILENCE, True)
    return target.take(arrival.at, arrival.length) - arrival.at, True


def _figures(latencies: list[float], chosen: Sequence[int]) -> Figures:
    latencies.sort()
    return Figures(
        p50=latencies[len(latencies) // 2],
        p99=latencies[int(len(latencies) * 0.99)],
        mean=sum(latencies) / len(latencies),
        to_faulty=chosen.count(FAULTY) / len(chosen) if chosen else 0.0,
    )
