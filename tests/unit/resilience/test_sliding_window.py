"""The window's law and its stated error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.limiter.sliding_window import SlidingWindow

GAPS = st.lists(st.one_of(st.just(0.0), st.floats(0, 1), st.floats(0, 30)), max_size=300)


def run(limit: int, gaps: list[float], window: float = 10.0) -> list[float]:
    """When requests passed that came after `gaps`."""
    clock = Timeline()
    limiter = SlidingWindow(clock, limit, window)
    passed = []
    for gap in gaps:
        clock.run_until(clock.monotonic() + gap)
        if limiter.take() == 0.0:
            passed.append(clock.monotonic())
    return passed


@given(st.integers(1, 20), GAPS)
def test_no_window_lets_more_than_twice_the_limit_pass_and_none_of_the_fixed_ones_more_than_it(
    limit: int, gaps: list[float]
) -> None:
    passed = run(limit, gaps)
    for first, start in enumerate(passed):
        assert sum(1 for moment in passed[first:] if moment < start + 10.0) <= 2 * limit
    for moment in passed:
        assert sum(1 for other in passed if other // 10.0 == moment // 10.0) <= limit


@given(st.integers(3, 20), st.integers(1, 200), st.floats(0, 10))
def test_an_even_caller_two_under_the_limit_is_never_refused(limit: int, count: int, start: float) -> None:
    assert len(run(limit, [start] + [10.0 / (limit - 2)] * count)) == count + 1


@given(st.integers(1, 20), GAPS)
def test_who_waits_as_long_as_is_said_passes_and_not_before(limit: int, gaps: list[float]) -> None:
    clock = Timeline()
    limiter = SlidingWindow(clock, limit, 10.0)
    for gap in gaps:
        clock.run_until(clock.monotonic() + gap)
        wait = limiter.take()
        if wait > 1e-3:
            clock.run_until(clock.monotonic() + wait * 0.999)
            assert limiter.take() > 0.0
            clock.run_until(clock.monotonic() + wait * 0.001 + 1e-6)
            assert limiter.take() == 0.0


@pytest.mark.parametrize(("limit", "window"), [(0, 1.0), (1, 0.0)])
def test_a_window_that_lets_nothing_pass_is_refused(limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="window"):
        SlidingWindow(Timeline(), limit, window)
