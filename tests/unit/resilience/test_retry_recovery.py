import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from resilience.retry import Backoff, Recovery, counts_against_target, recovery_from, retry_delay


@pytest.mark.parametrize(
    ("reason", "recovery"),
    [
        (Reason.VENDOR_ERROR, Recovery.RETRY),
        (Reason.VENDOR_CONNECTION_LOST, Recovery.RETRY),
        (Reason.UNAVAILABLE, Recovery.RETRY),
        (Reason.VENDOR_RATE_LIMITED, Recovery.WAIT),
        (Reason.VENDOR_OVERLOADED, Recovery.NEXT),
        (Reason.VENDOR_STREAM_STALLED, Recovery.NEXT),
        (Reason.VENDOR_TIMEOUT, Recovery.NEXT),
        (Reason.CONTEXT_LENGTH_EXCEEDED, Recovery.ELSEWHERE),
        (Reason.CONTENT_FILTERED, Recovery.ELSEWHERE),
        (Reason.VENDOR_REJECTED, Recovery.STOP),
        (Reason.DEADLINE_EXCEEDED, Recovery.STOP),
        (Reason.CANCELLED, Recovery.STOP),
        (Reason.OTHER, Recovery.STOP),
    ],
)
def test_each_reason_has_its_recovery(reason: Reason, recovery: Recovery) -> None:
    assert recovery_from(reason) is recovery


def test_every_fault_of_a_vendor_leads_somewhere_but_a_rejection() -> None:
    vendors = [reason for reason in Reason if reason.startswith("vendor_")]
    assert [reason for reason in vendors if recovery_from(reason) is Recovery.STOP] == [Reason.VENDOR_REJECTED]


def test_what_the_request_or_its_caller_did_is_not_held_against_the_target() -> None:
    innocent = {reason for reason in Reason if reason.startswith("vendor_") and not counts_against_target(reason)}
    assert innocent == {Reason.VENDOR_REJECTED, Reason.VENDOR_RATE_LIMITED, Reason.VENDOR_RESPONSE_TOO_LARGE}
    assert not any(counts_against_target(reason) for reason in Reason if not reason.startswith("vendor_"))


@given(st.floats(-10.0, 1e6), st.floats(0.0, 600.0))
def test_retry_after_is_honoured_up_to_the_cap(said: float, cap: float) -> None:
    failure = Failure(Reason.VENDOR_RATE_LIMITED, "slow down", retry_after=said)
    delay = retry_delay(failure, _backoff(), cap)
    assert delay == min(max(said, 0.0), cap)


def test_without_retry_after_the_delay_is_full_jitter() -> None:
    failure = Failure(Reason.VENDOR_ERROR, "it failed")
    backoff = _backoff()
    delays = [[retry_delay(failure, backoff) for _ in range(3)] for backoff in [backoff]]
    assert delays == [[twin.next() for _ in range(3)] for twin in [_backoff()]]
    assert retry_delay(failure, backoff) <= 2.0


def _backoff() -> Backoff:
    return Backoff(first=0.5, cap=2.0, rng=random.Random(4))
