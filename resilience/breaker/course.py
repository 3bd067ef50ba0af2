"""What a breaker goes through: its condition, and the transitions from one to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from resilience.breaker.condition import Condition, State
from resilience.clock import Clock


@dataclass(frozen=True, slots=True)
class Transition:
    """A breaker became another."""

    previous: State
    state: State
    explanation: str
    """One sentence, without its full stop."""
    since: datetime
    until: datetime | None
    """When an open one will be half-open; None for the others."""
    shared: bool
    """It was told so by another replica: nothing new to anybody else."""


class Course:
    """Holds a breaker's one condition, and tells `on_change` whenever it becomes another state."""

    __slots__ = ("_on_change", "clock", "condition")

    def __init__(self, condition: Condition, clock: Clock, on_change: Callable[[Transition], None]) -> None:
        self.clock = clock
        self.condition = condition
        """As it was when it was last asked or told anything."""
        self._on_change = on_change

    def current(self) -> Condition:
        """The condition, as time has left it."""
        if self.condition.state is State.OPEN:
            self.follow(self.condition.at(self.clock.monotonic()))
        return self.condition

    def follow(self, condition: Condition, *, shared: bool = False) -> None:
        """Go on to `condition`, which may be the same; `shared` where another replica caused it."""
        previous, self.condition = self.condition, condition
        if previous.state is condition.state:
            return
        since = self.clock.now()
        left = condition.retry_after(self.clock.monotonic())
        until = since + timedelta(seconds=left) if condition.state is State.OPEN else None
        self._on_change(Transition(previous.state, condition.state, condition.explanation, since, until, shared))
