"""The rate law."""

from hypothesis import given
from hypothesis import strategies as st

from resilience.limiter.gcra import MINUTE, ROUNDING, Limit, decide

LIMITS = st.builds(Limit, st.integers(1, 5000), st.integers(1, 200))
GAPS = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.1), st.floats(0, 90)), min_size=1, max_size=400)


def run(limit: Limit, gaps: list[float]) -> list[float]:
    """When requests passed that came after `gaps`."""
    now, spent, passed = 1000.0, 0.0, []
    for gap in gaps:
        now += gap
        spent, decision = decide(spent, now, limit)
        if decision.allowed:
            passed.append(now)
    return passed


@given(limit=LIMITS, gaps=GAPS)
def test_no_minute_lets_more_pass_than_the_limit_and_its_burst(limit: Limit, gaps: list[float]) -> None:
    passed = run(limit, gaps)
    for first, start in enumerate(passed):
        within = sum(1 for moment in passed[first:] if moment < start + MINUTE - 2 * ROUNDING)
        assert within <= limit.requests_per_minute + limit.burst


@given(limit=LIMITS)
def test_exactly_the_burst_passes_at_once(limit: Limit) -> None:
    assert len(run(limit, [0.0] * (limit.burst + 5))) == limit.burst


@given(limit=LIMITS, count=st.integers(1, 300))
def test_an_even_caller_at_the_rate_is_never_refused(limit: Limit, count: int) -> None:
    assert len(run(limit, [limit.interval] * count)) == count


@given(limit=LIMITS, gaps=GAPS)
def test_what_is_told_is_so(limit: Limit, gaps: list[float]) -> None:
    now, spent = 1000.0, 0.0
    for gap in gaps:
        now += gap
        spent, decision = decide(spent, now, limit)
        assert decision.limit == limit.requests_per_minute
        assert 0 <= decision.reset <= limit.tolerance + ROUNDING
        if decision.allowed:
            more, after = 0, spent
            while (step := decide(after, now, limit))[1].allowed:
                after, more = step[0], more + 1
            assert decision.remaining == more
            assert decision.retry_after == 0
        else:
            assert decision.remaining == 0
            assert not decide(spent, now + decision.retry_after - 3 * ROUNDING, limit)[1].allowed
            assert decide(spent, now + decision.retry_after, limit)[1].allowed
        full = decide(spent, now + decision.reset, limit)[1]
        assert full.remaining == limit.burst - 1


@given(limit=LIMITS, ahead=st.floats(0, 1e6))
def test_a_clock_that_goes_back_holds_nobody_longer_than_a_burst_takes(limit: Limit, ahead: float) -> None:
    _, decision = decide(1000.0 + ahead, 1000.0, limit)
    assert decision.retry_after <= limit.interval + ROUNDING


@given(limit=LIMITS, gateways=st.integers(1, 50))
def test_the_shares_of_a_limit_are_at_most_the_limit(limit: Limit, gateways: int) -> None:
    share = limit.share(gateways)
    assert share.requests_per_minute * gateways <= max(limit.requests_per_minute, gateways)
    assert share.burst * gateways <= max(limit.burst, gateways)
