"""What hedging takes off the tail, and what it may cost."""

import statistics

import pytest

from bench.hedging.pools import pools
from bench.hedging.simulation import Figures, simulate
from resilience.hedge import Hedger
from resilience.hedge.hedger import SAVINGS

REQUESTS = 10_000
SEEDS = range(2001, 2006)
SAVED = SAVINGS / REQUESTS
"""What a run may have saved up before it is counted."""


def compare(pool: str, *, streams: bool, quantile: float = 0.95) -> tuple[float, Figures]:
    """The share taken off the p99, and the dearest figures of all; medians and maxima over seeds."""
    draw = pools()[pool]
    gains, runs = [], []
    for seed in SEEDS:
        alone = simulate(draw, seed, streams=streams, hedger=None, requests=REQUESTS)
        hedged = simulate(draw, seed, streams=streams, hedger=Hedger(quantile=quantile), requests=REQUESTS)
        gains.append(1.0 - hedged.p99 / alone.p99)
        runs.append(hedged)
    most = Figures(
        p50=max(run.p50 for run in runs),
        p99=max(run.p99 for run in runs),
        extra_calls=max(run.extra_calls for run in runs),
        extra_cost=max(run.extra_cost for run in runs),
    )
    return statistics.median(gains), most


@pytest.mark.parametrize("streams", [False, True])
def test_where_a_few_calls_are_ten_times_slower_p99_is_at_least_halved(streams: bool) -> None:
    gain, most = compare("5 % ten times slower", streams=streams)
    assert gain >= 0.5
    assert most.extra_calls <= 0.05 + SAVED
    assert most.extra_cost <= 0.03


@pytest.mark.parametrize("pool", ["lognormal 0.3", "LLMPerf anyscale 70b", "LLMPerf fireworks 70b"])
def test_a_light_tail_is_left_alone(pool: str) -> None:
    _, most = compare(pool, streams=False)
    assert most.extra_calls <= 0.005


@pytest.mark.parametrize("streams", [False, True])
def test_a_few_answers_that_hang_cost_hardly_anything_to_rescue(streams: bool) -> None:
    gain, most = compare("LLMPerf together 13b", streams=streams)
    assert gain >= 0.9
    assert most.extra_cost <= 0.03


def test_a_heavy_tail_of_first_tokens_is_cut_by_half_and_by_more_where_calls_may_be_more() -> None:
    gain, most = compare("LLMPerf replicate 70b", streams=True)
    assert gain >= 0.45
    assert most.extra_calls <= 0.05 + SAVED
    gain, most = compare("LLMPerf replicate 70b", streams=True, quantile=0.9)
    assert gain >= 0.6
    assert most.extra_cost <= 0.03
