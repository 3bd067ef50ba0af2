"""What the states of a breaker have in common: what each is told, and the terms that all go by."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from resilience.breaker.settings import BreakerSettings

JITTER = 0.2
"""Open times vary by this share both ways, so that replicas that opened together do not probe together."""


class State(StrEnum):
    """What a breaker is."""

    CLOSED = "closed"
    """Calls pass."""
    OPEN = "open"
    """None does, until its time is over."""
    HALF_OPEN = "half_open"
    """A few do, and decide."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every state of one breaker goes by."""

    settings: BreakerSettings
    rng: random.Random

    def open_for(self, rounds: int) -> float:
        """Seconds until probes, after `rounds` of them failed: doubled for each, never more than `open_cap`."""
        # From where doubling is past any cap on, the exponent must not grow with an outage.
        seconds = self.settings.open_for * 2.0 ** min(rounds, 32)
        return min(seconds, self.settings.open_cap / (1.0 + JITTER)) * self.rng.uniform(1.0 - JITTER, 1.0 + JITTER)

    def too_slow(self, seconds: float) -> bool:
        """Whether an answer that took `seconds` speaks against its target."""
        return self.settings.slow_call is not None and seconds > self.settings.slow_call

    def told_open_for(self, seconds: float | None, rounds: int) -> float:
        """Seconds until probes, where others said so many: a little less, or all probe at once; None is as above."""
        if seconds is None:
            return self.open_for(rounds)
        return min(seconds, self.settings.open_cap) * self.rng.uniform(1.0 - JITTER, 1.0)


class Condition(Protocol):
    """A state with what it remembers. `now` is the seconds of a monotonic clock.

    What happened to a call is told to the condition that admitted it, while that is still the breaker's.
    """

    @property
    def state(self) -> State:
        """Which of the three."""
        ...

    @property
    def explanation(self) -> str:
        """Why it is so, in one sentence without its full stop."""
        ...

    def at(self, now: float) -> "Condition":
        """What has become of it by `now`."""
        ...

    def admit(self) -> bool:
        """Whether a call may pass; where it may, it holds its place until one of the three below."""
        ...

    def retry_after(self, now: float) -> float:
        """Seconds until one may; 0.0 where it may now."""
        ...

    def succeeded(self, now: float, seconds: float, *, forced: bool) -> "Condition":
        """A call was answered after `seconds`; `forced` where it was not admitted, and made all the same."""
        ...

    def failed(self, now: float, why: str, *, forced: bool) -> "Condition":
        """A call failed."""
        ...

    def abandoned(self, *, forced: bool) -> None:
        """A call ended and tells nothing."""
        ...

    def told_open(self, now: float, explanation: str, seconds: float | None) -> "Condition":
        """Others say that it is open for so many seconds; None where they do not say how many."""
        ...

    def told_closed(self, explanation: str) -> "Condition":
        """Others say that it is closed."""
        ...
