"""The breaker itself: it admits calls, is told how they ended, and says whenever it changes."""

import random
from collections.abc import Callable
from datetime import datetime

from resilience.breaker.condition import State, Terms
from resilience.breaker.course import Course, Transition
from resilience.breaker.permit import Permit
from resilience.breaker.settings import BreakerSettings
from resilience.breaker.states import Closed
from resilience.clock import Clock


class Breaker:
    """Guards one target: refuses calls while it fails, and finds out with few of them when it is well again.

    Time moves it only when it is asked: an open one whose time is over becomes half-open on the next question.
    `on_change` is called with each transition, after it; it must neither block nor raise, and may ask the breaker.
    Belongs to one event loop.
    """

    __slots__ = ("_course",)

    def __init__(
        self,
        settings: BreakerSettings,
        clock: Clock,
        *,
        rng: random.Random,
        on_change: Callable[[Transition], None],
    ) -> None:
        closed = Closed(Terms(settings, rng), clock.monotonic(), "nothing speaks against it")
        self._course = Course(closed, clock, on_change)

    @property
    def state(self) -> State:
        """What it is now."""
        return self._course.current().state

    @property
    def explanation(self) -> str:
        """Why it is that, in one sentence without its full stop."""
        return self._course.current().explanation

    @property
    def retry_after(self) -> float:
        """Seconds until it may admit a call; 0.0 where it does now. A guess while probes are under way."""
        return self._course.current().retry_after(self._course.clock.monotonic())

    def admit(self) -> Permit | None:
        """Permission for one call, whose end it must then be told; None where none is given."""
        condition = self._course.current()
        return Permit(self._course, condition, forced=False) if condition.admit() else None

    def force(self) -> Permit:
        """Permission whatever its state, for when every target of a request is refused: the last resort.

        It is an ordinary one where one is to be had. Where not, its success counts towards closing; its failure
        changes nothing, so that a target that is asked all the same is not kept out for longer by it.
        """
        return self.admit() or Permit(self._course, self._course.condition, forced=True)

    def trip(self, explanation: str, *, until: datetime | None) -> None:
        """Another replica, or monitor, says that it is open: be so until then, `open_cap` seconds at most.

        None is for as long as it would be by itself. What is over already changes nothing; one that is open is never
        open for shorter by it. It probes a little before `until`, or all who heard of it would at once.
        """
        seconds = None if until is None else (until - self._course.clock.now()).total_seconds()
        if seconds is None or seconds > 0.0:
            now = self._course.clock.monotonic()
            self._course.follow(self._course.current().told_open(now, explanation, seconds), shared=True)

    def heal(self, explanation: str) -> None:
        """Another replica closed it: where it is open, probes decide at once."""
        self._course.follow(self._course.current().told_closed(explanation), shared=True)
