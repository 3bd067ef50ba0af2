"""When a delivery is tried again, and when it is given up."""

import random
from datetime import timedelta

import pytest

from resilience.clock import VirtualClock
from services.alerts.domain.delivery import JITTER, SCHEDULE, Answer, Delivery, DeliveryState
from tests.unit.alerts.values import delivery

STANDARD = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]


async def fail_until_given_up(clock: VirtualClock, answer: Answer) -> tuple[Delivery, list[float]]:
    one, waits = delivery(), []
    rng = random.Random(7)
    while one.state is DeliveryState.WAITING:
        one = one.tried(answer, clock.now(), rng)
        if one.next_try_at is not None:
            wait = (one.next_try_at - clock.now()).total_seconds()
            waits.append(wait)
            await clock.advance(wait)
    return one, waits


async def test_a_failing_delivery_follows_the_schedule_of_standard_webhooks_and_is_then_given_up() -> None:
    one, waits = await fail_until_given_up(VirtualClock(), Answer(status=500, error="no"))
    assert len(waits) == len(STANDARD)
    for wait, standard in zip(waits, STANDARD, strict=True):
        assert standard <= wait <= standard * (1 + JITTER)
    assert one.state is DeliveryState.FAILED
    assert one.tries == len(SCHEDULE) + 1
    assert one.next_try_at is None
    assert (one.last_status, one.last_error) == (500, "no")


async def test_jitter_keeps_what_failed_together_from_coming_back_together() -> None:
    clock, rng = VirtualClock(), random.Random(1)
    times = {delivery().tried(Answer(status=500), clock.now(), rng).next_try_at for _ in range(20)}
    assert len(times) == 20


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    one = delivery().tried(Answer(status=status), VirtualClock().now(), random.Random(1))
    assert (one.state, one.tries, one.next_try_at) == (DeliveryState.DELIVERED, 1, None)


@pytest.mark.parametrize("status", [0, 199, 301, 302, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status: int) -> None:
    one = delivery().tried(Answer(status=status), VirtualClock().now(), random.Random(1))
    assert one.state is DeliveryState.WAITING


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_and_never_shortens_the_wait(status: int) -> None:
    clock, rng = VirtualClock(), random.Random(1)
    patient = delivery().tried(Answer(status=status, retry_after=120.0), clock.now(), rng)
    assert patient.next_try_at == clock.now() + timedelta(seconds=120)
    hasty = delivery().tried(Answer(status=status, retry_after=1.0), clock.now(), rng)
    assert hasty.next_try_at is not None
    assert hasty.next_try_at >= clock.now() + SCHEDULE[0]


def test_retry_after_cannot_ask_for_more_than_a_day() -> None:
    clock = VirtualClock()
    one = delivery().tried(Answer(status=429, retry_after=float("inf")), clock.now(), random.Random(1))
    assert one.next_try_at == clock.now() + timedelta(hours=24)


def test_retry_after_of_other_answers_is_not_looked_at() -> None:
    clock = VirtualClock()
    one = delivery().tried(Answer(status=500, retry_after=3600.0), clock.now(), random.Random(1))
    assert one.next_try_at is not None
    assert one.next_try_at < clock.now() + timedelta(seconds=6)


def test_gone_is_not_tried_again() -> None:
    one = delivery().tried(Answer(status=410), VirtualClock().now(), random.Random(1))
    assert one.state is DeliveryState.FAILED


def test_a_retry_asked_for_after_the_last_try_is_one_more_try() -> None:
    clock, rng = VirtualClock(), random.Random(1)
    one = delivery()
    for _ in range(len(SCHEDULE) + 1):
        one = one.tried(Answer(status=500), clock.now(), rng)
    again = one.again(clock.now())
    assert (again.id, again.state, again.next_try_at) == (one.id, DeliveryState.WAITING, clock.now())
    assert again.tried(Answer(status=500), clock.now(), rng).state is DeliveryState.FAILED
