"""Verdicts where gateways tell of their breakers."""

from datetime import timedelta

import pytest

from events.breakers import BreakerState
from events.health import Verdict
from resilience.errors import Reason
from services.monitor.domain.breaker import GatewayBreaker, heard
from services.monitor.domain.verdict import judge
from tests.unit.monitor.facts import breaker_changed
from tests.unit.monitor.test_verdict import DEGRADED, DOWN, HEALTHY, MOMENT, UNKNOWN, Seen, tallies

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
BROKEN: Seen = {0: (0, 5), 1: (40, 0), 2: (40, 0)}
"""What an opened breaker leaves: five failures beside the successes before them."""


def told(state: BreakerState, ago: float, gateway: str = "g1", *, open_for: float = 2.0) -> GatewayBreaker:
    """What `gateway` told so many seconds before MOMENT."""
    since = MOMENT - timedelta(seconds=ago)
    return heard(breaker_changed(state, since=since, gateway=gateway, open_for=open_for), MOMENT)


def test_five_failures_beside_many_successes_are_not_enough_without_a_breaker() -> None:
    assert judge(HEALTHY, tallies(BROKEN), (), MOMENT).verdict is HEALTHY


@pytest.mark.parametrize("previous", [UNKNOWN, HEALTHY, DEGRADED, DOWN])
def test_an_open_breaker_is_a_target_down_whatever_the_attempts(previous: Verdict) -> None:
    judgement = judge(previous, tallies(BROKEN), [told(OPEN, 0.2)], MOMENT)
    assert judgement.verdict is DOWN
    assert judgement.explanation == (
        "The breaker of gateway g1 is open: 5 calls in a row failed, the last: vendor_unreachable."
    )
    assert (judgement.attempts, judgement.failures) == (85, 5)
    assert judge(previous, (), [told(OPEN, 0.2)], MOMENT).verdict is DOWN, "nor does it need any"


def test_one_open_breaker_is_enough_and_several_are_counted() -> None:
    assert judge(HEALTHY, tallies({0: (50, 0)}), [told(CLOSED, 9), told(OPEN, 1, "g2")], MOMENT).verdict is DOWN
    judgement = judge(HEALTHY, (), [told(OPEN, 1), told(OPEN, 0.5, "g2")], MOMENT)
    assert judgement.explanation.startswith("The breakers of 2 gateways are open, the latest of g2: 5 calls in a row")


def test_an_open_breaker_counts_until_a_minute_after_its_time() -> None:
    failing, well = tallies({0: (0, 9)}), tallies({0: (9, 0)})
    assert judge(DOWN, well, [told(OPEN, 61.9)], MOMENT).verdict is DOWN
    assert judge(DOWN, well, [told(OPEN, 62.1)], MOMENT).verdict is HEALTHY
    assert judge(DOWN, failing, [told(OPEN, 62.1)], MOMENT).verdict is DOWN
    assert judge(DOWN, well, [told(OPEN, 62.1, open_for=15)], MOMENT).verdict is DOWN


def test_a_half_open_breaker_keeps_a_target_down_and_makes_none() -> None:
    well = tallies({0: (9, 0)})
    assert judge(DOWN, well, [told(HALF_OPEN, 1)], MOMENT).verdict is DOWN
    assert judge(DOWN, well, [told(HALF_OPEN, 61)], MOMENT).verdict is HEALTHY, "its gateway may have died"
    assert judge(HEALTHY, well, [told(HALF_OPEN, 1)], MOMENT).verdict is HEALTHY
    assert judge(UNKNOWN, well, [told(HALF_OPEN, 1)], MOMENT).verdict is HEALTHY


def test_a_gateway_without_calls_for_its_probes_does_not_outweigh_one_that_closed_since() -> None:
    well = tallies({0: (9, 0)})
    assert judge(DOWN, well, [told(HALF_OPEN, 8), told(CLOSED, 5, "g2")], MOMENT).verdict is HEALTHY
    assert judge(DOWN, well, [told(HALF_OPEN, 5), told(CLOSED, 8, "g2")], MOMENT).verdict is DOWN


def test_once_a_breaker_closed_only_the_attempts_since_count() -> None:
    seen: Seen = {0: (4, 0), 4: (2, 0), 5: (0, 50), 30: (0, 50)}
    judgement = judge(DOWN, tallies(seen), [told(CLOSED, 4.1)], MOMENT)
    assert judgement.verdict is HEALTHY
    assert judgement.explanation == "None of 6 attempts failed in the last 5 s."
    failing_again = judge(DOWN, tallies({0: (0, 9), 5: (500, 0)}), [told(CLOSED, 4.1)], MOMENT)
    assert failing_again.verdict is DOWN
    assert failing_again.explanation == "9 of 9 attempts failed in the last 5 s, all vendor_error."


def test_the_explanation_claims_no_seconds_from_before_the_closing() -> None:
    judgement = judge(DEGRADED, tallies({0: (9, 0), 2: (0, 50)}), [told(CLOSED, 1.1)], MOMENT)
    assert judgement.explanation == "None of 9 attempts failed in the last 2 s."


def test_too_few_attempts_since_it_closed_leave_the_verdict() -> None:
    judgement = judge(DOWN, tallies({0: (2, 0), 10: (0, 50)}), [told(CLOSED, 4.1)], MOMENT)
    assert judgement.verdict is DOWN
    assert judgement.explanation == "None of 2 attempts failed in the last 5 s.", "and no more is claimed"


def test_a_target_stays_down_until_its_breaker_has_been_closed_for_three_seconds() -> None:
    well = tallies({0: (9, 0)})
    assert judge(DOWN, well, [told(CLOSED, 2.9)], MOMENT).verdict is DOWN
    assert judge(DOWN, well, [told(CLOSED, 3.0)], MOMENT).verdict is HEALTHY
    assert judge(DEGRADED, well, [told(CLOSED, 0.5)], MOMENT).verdict is HEALTHY


def test_attempts_before_a_closing_long_ago_are_not_looked_back_at() -> None:
    minute: Seen = dict.fromkeys((0, 30), (1, 0))
    assert judge(DOWN, tallies(minute), [told(CLOSED, 59)], MOMENT).verdict is DOWN, "two are too few"
    assert judge(DOWN, tallies({**minute, 59: (1, 0)}), [told(CLOSED, 59)], MOMENT).verdict is HEALTHY
    assert judge(DOWN, tallies({**minute, 60: (1, 0)}), [told(CLOSED, 60)], MOMENT).verdict is DOWN


def test_a_target_at_its_rate_limit_is_degraded_after_its_breaker_closed() -> None:
    limited = tallies({0: (0, 9)}, Reason.VENDOR_RATE_LIMITED)
    assert judge(DOWN, limited, [told(CLOSED, 5)], MOMENT).verdict is DEGRADED


def test_a_gateway_whose_clock_is_ahead_does_not_count_for_longer() -> None:
    ahead = told(OPEN, -300)
    assert ahead.counts_until == MOMENT + timedelta(seconds=62)
    assert judge(HEALTHY, (), [ahead], MOMENT).verdict is DOWN
    assert judge(DOWN, tallies({-4: (9, 0)}), [told(CLOSED, -300)], MOMENT + timedelta(seconds=4)).verdict is HEALTHY
