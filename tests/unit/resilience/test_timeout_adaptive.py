import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.timeout import AdaptiveTimeout
from resilience.timeout.adaptive import REACH, STEP

CALLS = 10_000
DRIFTS: dict[str, Callable[[float], float]] = {
    "none": lambda part: 1.0,
    "up": lambda part: 3.0**part,
    "down": lambda part: 3.0**-part,
    "at once up": lambda part: 3.0 if part > 0.5 else 1.0,
    "at once down": lambda part: 1.0 if part < 0.5 else 1.0 / 3.0,
    "to and fro": lambda part: 3.0 ** math.sin(2.0 * math.pi * part),
}


@pytest.mark.parametrize("drift", DRIFTS)
@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_false_timeouts_stay_within_twice_their_rate_while_latency_drifts(drift: str, sigma: float, seed: int) -> None:
    rng = random.Random(seed)
    timeout = AdaptiveTimeout(floor=0.01, ceiling=600.0)
    expired = sum(
        _call(timeout, rng.lognormvariate(0.0, sigma) * DRIFTS[drift](number / CALLS)) for number in range(CALLS)
    )
    print(f"{drift}, sigma {sigma}, seed {seed}: {expired / CALLS:.3%} cut off")
    assert 0.0025 <= expired / CALLS <= 0.01


@given(st.lists(st.floats(0.01, 50.0), min_size=30, max_size=300), st.sampled_from([0.005, 0.02, 0.1]))
def test_expiries_are_their_share_and_what_the_timeout_moved(latencies: list[float], miss_rate: float) -> None:
    timeout = AdaptiveTimeout(floor=1e-6, ceiling=1e6, miss_rate=miss_rate)
    for seconds in latencies[:20]:
        timeout.observe(seconds)
    start = timeout.seconds
    assert start is not None
    expired = 0
    for seconds in latencies[20:]:
        before = timeout.seconds
        assert before is not None
        late = _call(timeout, seconds)
        expired += late
        after = timeout.seconds
        assert after is not None
        if not late and after < before * math.exp(-STEP * miss_rate) * (1.0 - 1e-9):
            start *= after / (before * math.exp(-STEP * miss_rate))  # the end of an excursion is no part of the law
    end = timeout.seconds
    assert end is not None
    calls = len(latencies) - 20
    assert expired == pytest.approx(miss_rate * calls + math.log(end / start) / STEP, abs=1e-6)


def test_it_knows_nothing_before_it_saw_enough() -> None:
    timeout = AdaptiveTimeout(floor=0.1, ceiling=60.0)
    for _ in range(19):
        timeout.observe(1.0)
        timeout.expire()
        assert timeout.seconds is None
    timeout.observe(1.0)
    assert timeout.seconds == pytest.approx(2.0, rel=0.03)


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 1e4)), max_size=300))
def test_it_keeps_between_floor_and_ceiling(calls: list[float | None]) -> None:
    timeout = AdaptiveTimeout(floor=0.5, ceiling=60.0, minimum=3)
    for seconds in calls:
        if seconds is None:
            timeout.expire()
        else:
            timeout.observe(seconds)
        assert timeout.seconds is None or 0.5 <= timeout.seconds <= 60.0


def test_an_outage_drives_it_to_the_ceiling_and_the_first_answer_brings_it_back() -> None:
    rng = random.Random(5)
    timeout = AdaptiveTimeout(floor=0.1, ceiling=120.0)
    for _ in range(2000):
        _call(timeout, rng.lognormvariate(0.0, 0.5))
    before = timeout.seconds
    assert before is not None
    for _ in range(1000):
        timeout.expire()
    assert timeout.seconds == 120.0
    timeout.observe(1.0)
    assert timeout.seconds <= REACH * before
    late = 0
    for _ in range(5000):
        late += _call(timeout, rng.lognormvariate(0.0, 0.5))
    assert late <= 0.01 * 5000
    assert timeout.seconds == pytest.approx(before, rel=0.6)


def test_calls_that_never_come_among_others_do_not_make_it_absurd() -> None:
    rng = random.Random(6)
    timeout = AdaptiveTimeout(floor=0.1, ceiling=600.0)
    longest = 0.0
    for _ in range(100):
        _call(timeout, rng.lognormvariate(0.0, 0.3))
    for _ in range(5000):
        _call(timeout, math.inf if rng.random() < 0.3 else rng.lognormvariate(0.0, 0.3))
        longest = max(longest, timeout.seconds or 0.0)
    assert longest < 60.0
    timeout.observe(1.0)
    assert (timeout.seconds or math.inf) < 10.0


def test_a_target_that_is_a_hundred_times_slower_at_once_is_waited_for_in_the_end() -> None:
    rng = random.Random(7)
    timeout = AdaptiveTimeout(floor=0.1, ceiling=600.0)
    for _ in range(2000):
        _call(timeout, rng.lognormvariate(0.0, 0.3))
    late = sum(_call(timeout, 100.0 * rng.lognormvariate(0.0, 0.3)) for _ in range(1000))
    assert late < 60


@pytest.mark.parametrize(
    "wrong", [{"floor": 0.0}, {"floor": 5.0, "ceiling": 4.0}, {"miss_rate": 0.0}, {"miss_rate": 0.6}]
)
def test_bounds_that_cannot_be_kept_are_refused(wrong: dict[str, float]) -> None:
    values = {"floor": 1.0, "ceiling": 10.0} | wrong
    with pytest.raises(ValueError, match="a "):
        AdaptiveTimeout(floor=values["floor"], ceiling=values["ceiling"], miss_rate=values.get("miss_rate", 0.005))


def _call(timeout: AdaptiveTimeout, seconds: float) -> bool:
    """One call by the timeout; tells whether it was cut off."""
    limit = timeout.seconds
    if limit is None or seconds <= limit:
        timeout.observe(seconds)
        return False
    timeout.expire()
    return True
