"""The limiter of one process, on a virtual clock."""

from hypothesis import given, settings
from hypothesis import strategies as st

from resilience.clock import VirtualClock
from services.gateway.adapters.memory_limiter import MemoryLimiter


@settings(max_examples=50, deadline=None)
@given(limit=st.integers(1, 200), gaps=st.lists(st.floats(0, 5), min_size=1, max_size=100))
async def test_no_minute_lets_more_pass_than_twice_the_limit(limit: int, gaps: list[float]) -> None:
    clock = VirtualClock()
    limiter = MemoryLimiter(clock)
    passed = []
    for gap in gaps:
        await clock.advance(gap)
        decisions = [await limiter.acquire("a", limit) for _ in range(5)]
        passed += [clock.monotonic() for decision in decisions if decision.allowed]
    for start in passed:
        assert sum(1 for moment in passed if start <= moment < start + 59.999) <= 2 * limit


async def test_the_subject_not_seen_longest_is_forgotten() -> None:
    limiter = MemoryLimiter(VirtualClock(), max_subjects=2)
    for subject in ("a", "b", "a", "c"):
        await limiter.acquire(subject, 1)
    assert not (await limiter.acquire("a", 1)).allowed
    assert not (await limiter.acquire("c", 1)).allowed
    assert (await limiter.acquire("b", 1)).allowed


async def test_each_of_several_gateways_has_an_equal_part() -> None:
    limiters = [MemoryLimiter(VirtualClock(), gateways=4) for _ in range(4)]
    passed = [(await limiter.acquire("a", 100)).allowed for limiter in limiters for _ in range(100)]
    assert passed.count(True) == 100
