"""How near the choice of targets comes to one that sees their queues; on seeds nobody looked at while it was made."""

import statistics
from functools import cache

import pytest

from bench.balancing.policies import POLICIES, Policy, Seawall, SeawallWithBreakers
from bench.balancing.simulation import simulate
from bench.balancing.world import Fault, draw_world

SEEDS = range(2001, 2006)
SECONDS = 500.0


@cache
def p99(policy: str, seed: int) -> float:
    """Seconds."""
    return simulate(POLICIES[policy], draw_world(seed, SECONDS), 1).p99


def ratio(beside: str) -> float:
    """Our p99 over another's, the median over seeds."""
    return statistics.median(p99("seawall", seed) / p99(beside, seed) for seed in SEEDS)


def test_p99_is_that_of_one_who_knows_when_each_queue_will_be_finished() -> None:
    assert ratio("clairvoyant (queues)") <= 1.05


def test_p99_is_near_that_of_one_who_sees_brownouts_too() -> None:
    assert ratio("clairvoyant (+ brownouts)") <= 1.15


@pytest.mark.parametrize("policy", [Seawall, SeawallWithBreakers])
@pytest.mark.parametrize("fault", [Fault.REFUSES, Fault.SILENT])
def test_a_lost_target_gets_less_than_a_hundredth_after_five_seconds(policy: type[Policy], fault: Fault) -> None:
    for seed in SEEDS[:2]:
        assert simulate(policy, draw_world(seed, 200.0, fault), 1).to_faulty <= 0.01
