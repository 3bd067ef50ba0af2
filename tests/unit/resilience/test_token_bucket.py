"""The bucket's law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.limiter.token_bucket import TokenBucket

STEPS = st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 30)), max_size=100)


@given(st.floats(0.1, 100), st.floats(1, 50), STEPS)
def test_in_no_span_more_is_taken_than_rate_and_burst_allow(
    rate: float, burst: float, steps: list[tuple[float, float]]
) -> None:
    clock = Timeline()
    bucket = TokenBucket(clock, rate, burst)
    taken: list[tuple[float, float]] = []
    for pause, tokens in steps:
        clock.run_until(clock.monotonic() + pause)
        if bucket.take(tokens) == 0.0:
            taken.append((clock.monotonic(), tokens))
        assert 0.0 <= bucket.tokens <= burst
    for first, (start, _) in enumerate(taken):
        total = 0.0
        for moment, tokens in taken[first:]:
            total += tokens
            assert total <= (burst + rate * (moment - start)) * (1 + 1e-6)


@given(st.floats(0.1, 100), st.floats(1, 50), STEPS)
def test_who_waits_as_long_as_is_said_is_served_and_not_before(
    rate: float, burst: float, steps: list[tuple[float, float]]
) -> None:
    clock = Timeline()
    bucket = TokenBucket(clock, rate, burst)
    for pause, tokens in steps:
        clock.run_until(clock.monotonic() + pause)
        wait = bucket.take(tokens)
        if tokens > burst:
            assert wait == float("inf")
        elif wait > 1e-3:
            clock.run_until(clock.monotonic() + wait * 0.99)
            assert bucket.take(tokens) > 0.0
            clock.run_until(clock.monotonic() + wait * 0.01)
            assert bucket.take(tokens) == 0.0


def test_it_begins_full() -> None:
    bucket = TokenBucket(Timeline(), 1.0, 5.0)
    assert [bucket.take() for _ in range(6)] == [0.0] * 5 + [1.0]


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_a_bucket_that_never_fills_is_refused(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="bucket"):
        TokenBucket(Timeline(), rate, burst)
