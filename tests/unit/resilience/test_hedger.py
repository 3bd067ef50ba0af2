import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.hedge import Hedger
from resilience.hedge.hedger import QUICK
from resilience.quantiles import Quantiles

REQUESTS = 20_000


def run(latency: Callable[[random.Random], float], seed: int) -> tuple[float, float, float]:
    """Ask a target REQUESTS times; returns the p99 without hedging, with it, and the share of spare calls."""
    rng = random.Random(seed)
    seen, hedger = Quantiles(), Hedger()
    without, hedged, spares = [], [], 0
    for _ in range(REQUESTS):
        seconds = latency(rng)
        without.append(seconds)
        delay = hedger.delay(seen, seen)
        if delay is None or seconds <= delay or not hedger.allow():
            seen.add(seconds)
            hedged.append(seconds)
            continue
        spares += 1
        spare = latency(rng)
        if delay + spare < seconds:
            seen.add(spare)
            seen.add_at_least(delay + spare)
        else:
            seen.add(seconds)
            seen.add_at_least(seconds - delay)
        hedged.append(min(seconds, delay + spare))
    last = int(0.99 * REQUESTS)
    return sorted(without)[last], sorted(hedged)[last], spares / REQUESTS


def light(rng: random.Random) -> float:
    return rng.lognormvariate(0.0, 0.3)


def heavy(rng: random.Random) -> float:
    return rng.lognormvariate(0.0, 0.3) * (10.0 if rng.random() < 0.05 else 1.0)


def two_valued(rng: random.Random) -> float:
    return 10.0 if rng.random() < 0.05 else 1.0


def two_valued_at_the_end_of_a_bucket(rng: random.Random) -> float:
    return 10.0 if rng.random() < 0.05 else 1.0033


@pytest.mark.parametrize("latency", [heavy, two_valued, two_valued_at_the_end_of_a_bucket])
@pytest.mark.parametrize("seed", range(5))
def test_a_heavy_tail_is_halved_for_a_twentieth_more_calls(
    latency: Callable[[random.Random], float], seed: int
) -> None:
    without, hedged, spares = run(latency, seed)
    print(f"{latency.__name__}, seed {seed}: p99 {without:.2f} to {hedged:.2f} s, {spares:.2%} spare calls")
    assert hedged <= 0.5 * without
    assert spares <= 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_light_tail_is_left_alone(seed: int) -> None:
    _, _, spares = run(light, seed)
    assert spares <= 0.005


def test_a_tail_that_nobody_notices_is_left_alone_however_heavy() -> None:
    without, _, spares = run(lambda rng: heavy(rng) * QUICK / 50.0, seed=1)
    assert without < QUICK
    assert spares == 0.0
    without, _, spares = run(lambda rng: heavy(rng) * QUICK / 5.0, seed=1)
    assert without > QUICK
    assert spares > 0.02


def test_too_few_observations_of_the_first_give_no_advice_and_an_unknown_spare_is_taken_to_be_like_it() -> None:
    rng = random.Random(1)
    many, few = Quantiles(), Quantiles()
    for _ in range(1000):
        many.add(heavy(rng))
    for _ in range(49):
        few.add(heavy(rng))
    assert Hedger().delay(few, many) is None
    assert Hedger().delay(many, few) == Hedger().delay(many, many)


def test_a_spare_that_is_too_slow_to_help_is_not_asked() -> None:
    rng = random.Random(2)
    first, slow, quick = Quantiles(), Quantiles(), Quantiles()
    for _ in range(2000):
        first.add(heavy(rng))
        slow.add(30.0 * light(rng))
        quick.add(light(rng))
    hedger = Hedger()
    assert hedger.delay(first, slow) is None
    delay = hedger.delay(first, quick)
    assert delay is not None
    assert first.survival(delay) <= 0.07


def test_advice_follows_the_target() -> None:
    rng = random.Random(3)
    seen, hedger = Quantiles(), Hedger()
    for _ in range(2000):
        seen.add(heavy(rng))
    assert hedger.delay(seen, seen) is not None
    for _ in range(6000):
        seen.add(light(rng))
    assert hedger.delay(seen, seen) is None


@given(st.lists(st.booleans(), max_size=400), st.sampled_from([0.9, 0.95, 0.98]))
def test_spare_calls_never_exceed_their_share_of_the_requests(late: list[bool], quantile: float) -> None:
    hedger, seen = Hedger(quantile=quantile), Quantiles()
    spares = 0
    for requests, wants in enumerate(late * 10, start=1):
        hedger.delay(seen, seen)
        spares += wants and hedger.allow()
        assert spares <= (1.0 - quantile) * requests + 1e-6


def test_advice_is_kept_for_a_bounded_number_of_pairs() -> None:
    rng = random.Random(4)
    hedger = Hedger()
    for _ in range(300):
        seen = Quantiles()
        for _ in range(60):
            seen.add(heavy(rng))
        hedger.delay(seen, seen)
    assert len(hedger._advice) <= 256
