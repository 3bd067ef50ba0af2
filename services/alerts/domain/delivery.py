"""A delivery: one notification to one receiver, tried until it arrives or is given up."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from events.alerts import AlertChanged, AlertState

SCHEDULE: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits between tries, as Standard Webhooks recommends them; after the last one the delivery is given up."""

JITTER = 0.1
"""Share of each wait by which it may be longer, so that what failed together does not come back together."""

LONGEST_WAIT = timedelta(hours=24)
"""A receiver cannot ask for more patience than this."""

_GONE = 410
_MAY_ASK_FOR_PATIENCE = (429, 503)

_TYPES = {
    AlertState.OPEN: "seawall.alert.opened",
    AlertState.ACKNOWLEDGED: "seawall.alert.acknowledged",
    AlertState.RESOLVED: "seawall.alert.resolved",
}
TEST_TYPE = "seawall.receiver.test"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Answer:
    """How a try ended. `status` is the HTTP status, 0 where there was no answer; `error` says why, for a person.

    `retry_after`: seconds that the receiver asked us to wait.
    """

    status: int = 0
    error: str = ""
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the receiver took the notification."""
        return 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls success

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more of them."""
        return self.status == _GONE


@dataclass(frozen=True)
class Delivery:
    """`id` is the `webhook-id`, the same for every try. `body` is the alert as it was when this was written."""

    id: str
    organization: str
    receiver: str
    event_type: str
    body: AlertChanged
    created_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    next_try_at: datetime | None = None
    last_status: int = 0
    last_error: str = ""
    traceparent: str = ""

    def tried(self, answer: Answer, now: datetime, rng: random.Random) -> "Delivery":
        """After one more try: delivered, waiting for the next, or given up."""
        told = replace(self, tries=self.tries + 1, last_status=answer.status, last_error=answer.error)
        if answer.ok:
            return replace(told, state=DeliveryState.DELIVERED, next_try_at=None)
        if answer.gone or told.tries > len(SCHEDULE):
            return replace(told, state=DeliveryState.FAILED, next_try_at=None)
        wait = SCHEDULE[self.tries] * rng.uniform(1.0, 1.0 + JITTER)
        if answer.retry_after is not None and answer.status in _MAY_ASK_FOR_PATIENCE:
            wait = max(wait, timedelta(seconds=min(answer.retry_after, LONGEST_WAIT.total_seconds())))
        return replace(told, next_try_at=now + wait)

    def once(self, answer: Answer) -> "Delivery":
        """After a try that is not repeated, whatever came of it."""
        state = DeliveryState.DELIVERED if answer.ok else DeliveryState.FAILED
        return replace(
            self,
            state=state,
            tries=self.tries + 1,
            next_try_at=None,
            last_status=answer.status,
            last_error=answer.error,
        )

    def again(self, now: datetime) -> "Delivery":
        """To be sent once more, at once."""
        return replace(self, state=DeliveryState.WAITING, next_try_at=now)

    def given_up(self, why: str) -> "Delivery":
        """Not tried any more."""
        return replace(self, state=DeliveryState.FAILED, next_try_at=None, last_error=why)


def notification_type(change: AlertChanged) -> str:
    """The `type` that a receiver is told."""
    return _TYPES[change.state]
