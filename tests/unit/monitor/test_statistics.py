"""What attempts tell of their targets."""

from datetime import timedelta

import pytest

from events.requests import Cause, Outcome
from resilience.errors import Reason
from services.monitor.domain.statistics import KEPT, observe
from tests.unit.monitor.facts import START, attempt, finished

NOW = START + timedelta(seconds=10)


def test_attempts_count_in_the_second_in_which_they_ended() -> None:
    requests = [finished(str(number), attempt(duration_ms=400.0 + number * 300)) for number in range(4)]
    seen = {o.second - int(START.timestamp()): o.attempts for o in observe(requests, NOW)}
    assert seen == {0: 2, 1: 2}


def test_every_attempt_of_a_request_counts_for_its_own_target() -> None:
    tried = finished(
        "r", attempt("a/m", reason=Reason.VENDOR_ERROR), attempt("b/m", number=2, first_token_ms=40.0, duration_ms=90)
    )
    first, second = observe([tried], NOW)
    assert (first.name.target, first.reason, first.latencies) == ("a/m", Reason.VENDOR_ERROR, ())
    assert (second.name.target, second.reason, second.latencies) == ("b/m", None, (90.0,))
    assert second.first_tokens == (40.0,)


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_is_the_vendors_fault_counts_against_a_target(reason: Reason) -> None:
    counted = bool(observe([finished("r", attempt(reason=reason))], NOW))
    assert counted == (reason.name.startswith("VENDOR_") and reason is not Reason.VENDOR_REJECTED)


def test_a_cancelled_attempt_says_nothing() -> None:
    assert observe([finished("r", attempt(outcome=Outcome.CANCELLED, reason=Reason.CANCELLED))], NOW) == []


@pytest.mark.parametrize("reason", [None, Reason.VENDOR_ERROR])
def test_a_copy_whose_answer_nobody_sees_says_nothing(reason: Reason | None) -> None:
    shadow = attempt(reason=reason, cause=Cause.SHADOW)
    assert observe([finished("r", shadow)], NOW) == []


def test_an_attempt_from_the_future_counts_now() -> None:
    ahead = finished("r", attempt(started_at=NOW + timedelta(minutes=5)))
    assert [o.second for o in observe([ahead], NOW)] == [int(NOW.timestamp())]


def test_what_is_older_than_statistics_are_kept_is_left_out() -> None:
    assert observe([finished("r", attempt(started_at=NOW - KEPT - timedelta(seconds=2)))], NOW) == []
