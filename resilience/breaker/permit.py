"""Permission for one call, and the account of how it ended."""

from resilience.breaker.condition import Condition
from resilience.breaker.course import Course


class Permit:
    """Permission for one call. Exactly one of its three ends is to be told; any after the first has no effect.

    The end is credited to the condition that admitted the call: once the breaker has moved on, it changes nothing.
    """

    __slots__ = ("_condition", "_course", "_forced")

    def __init__(self, course: Course, condition: Condition, *, forced: bool) -> None:
        self._course = course
        self._condition: Condition | None = condition
        self._forced = forced

    def succeed(self, seconds: float) -> None:
        """It was answered, `seconds` after it began."""
        condition = self._end()
        if condition is not None:
            following = condition.succeeded(self._course.clock.monotonic(), seconds, forced=self._forced)
            self._course.follow(following)

    def fail(self, why: str) -> None:
        """It failed, for a reason that speaks against the target; `why` is a word or two for people to read."""
        condition = self._end()
        if condition is not None:
            self._course.follow(condition.failed(self._course.clock.monotonic(), why, forced=self._forced))

    def abandon(self) -> None:
        """It ended and tells nothing of the target: the caller left, or the request itself was at fault."""
        condition = self._end()
        if condition is not None:
            condition.abandoned(forced=self._forced)

    def _end(self) -> Condition | None:
        """The condition to tell, once, and only while it is the breaker's."""
        condition, self._condition = self._condition, None
        return condition if condition is self._course.condition else None
