"""What each end of an attempt teaches about its target."""

import random

import pytest

from resilience.breaker import BreakerSettings, State
from resilience.clock import VirtualClock
from resilience.criticality import Criticality
from resilience.errors import Reason
from services.gateway.domain.grant import Grant, Refusal
from services.gateway.domain.targets import Targets, TargetState

SETTINGS = BreakerSettings(consecutive_failures=3)


def target() -> TargetState:
    """One that somebody compares with others by its load."""
    state = Targets(VirtualClock(), random.Random(1), lambda *_: None).of("acme", "alpha/small")
    assert state.load.latency == 0.0
    return state


def granted(state: TargetState, *, force: bool = False) -> Grant:
    grant = state.grant(SETTINGS, Criticality.DEFAULT, stream=False, force=force)
    assert isinstance(grant, Grant)
    return grant


@pytest.mark.parametrize(
    ("reason", "opens"),
    [
        (Reason.VENDOR_ERROR, True),
        (Reason.VENDOR_STREAM_CUT, True),
        (Reason.VENDOR_FIRST_TOKEN_TIMEOUT, True),
        (Reason.VENDOR_RATE_LIMITED, False),
        (Reason.VENDOR_REJECTED, False),
        (Reason.CONTEXT_LENGTH_EXCEEDED, False),
        (Reason.UNAVAILABLE, False),
    ],
)
def test_only_what_any_request_would_have_met_opens_the_breaker(reason: Reason, opens: bool) -> None:
    state = target()
    for _ in range(3):
        granted(state).fail(reason, 0.1)
    assert (state.breaker(SETTINGS).state is State.OPEN) is opens


def test_a_refused_request_is_not_asked_and_takes_no_place() -> None:
    state = target()
    for _ in range(3):
        granted(state).fail(Reason.VENDOR_ERROR, 0.1)
    assert state.grant(SETTINGS, Criticality.DEFAULT, stream=False) is Refusal.EJECTED
    assert (state.load.in_flight, state.wholes.concurrency.in_flight) == (0, 0)
    granted(state, force=True).abandon()
    assert (state.load.in_flight, state.wholes.concurrency.in_flight) == (0, 0)


def test_the_load_of_a_target_is_counted_from_when_it_is_asked_for() -> None:
    state = Targets(VirtualClock(), random.Random(1), lambda *_: None).of("acme", "alpha/small")
    before = granted(state)
    assert before.call is None
    assert state.load.in_flight == 0
    after = granted(state)
    assert state.load.in_flight == 1
    before.succeed(0.1, latency=0.1)
    after.succeed(0.1, latency=0.1)
    assert state.load.in_flight == 0


def test_a_target_that_fails_fast_looks_slow_and_one_that_calls_a_request_wrong_does_not() -> None:
    failing, well = target(), target()
    for _ in range(10):
        granted(failing).fail(Reason.VENDOR_RATE_LIMITED, 0.001)
        granted(well).fail(Reason.VENDOR_REJECTED, 0.001)
    assert failing.load.latency > 1.0 > well.load.latency


def test_a_full_target_refuses_what_matters_less_first() -> None:
    state = target()
    grants = []
    while isinstance(grant := state.grant(None, Criticality.SHEDDABLE, stream=False), Grant):
        grants.append(grant)
    assert grant is Refusal.FULL
    assert isinstance(state.grant(None, Criticality.CRITICAL, stream=False), Grant)
    assert len(grants) >= 100
