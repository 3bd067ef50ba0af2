"""The three states of a breaker: each is told what happens and returns the state that follows, often itself."""

from resilience.breaker.condition import Condition, State, Terms
from resilience.breaker.window import CountWindow, TimeWindow, Window


class Closed:
    """Calls pass and are counted: too many failures, or too many slow answers, open it."""

    __slots__ = ("_in_a_row", "_rounds", "_since", "_terms", "_window", "explanation")
    state = State.CLOSED

    def __init__(self, terms: Terms, now: float, explanation: str, *, rounds: int = 0) -> None:
        settings = terms.settings
        self.explanation = explanation
        self._terms = terms
        self._since = now
        self._rounds = rounds
        self._in_a_row = 0
        self._window: Window = (
            CountWindow(settings.window_calls) if settings.window_calls > 0 else TimeWindow(settings.window)
        )

    def at(self, now: float) -> Condition:  # noqa: ARG002 - time alone does not open it
        """See Condition."""
        return self

    def admit(self) -> bool:
        """See Condition."""
        return True

    def retry_after(self, now: float) -> float:  # noqa: ARG002 - it is now
        """See Condition."""
        return 0.0

    def succeeded(self, now: float, seconds: float, *, forced: bool) -> Condition:  # noqa: ARG002 - all are admitted
        """See Condition."""
        self._in_a_row = 0
        settings, window = self._terms.settings, self._window
        slow = self._terms.too_slow(seconds)
        window.record(now, slow=slow)
        # Rates rise only with what they count: a quick success never opens it.
        if slow and window.calls >= settings.minimum_calls and window.slow >= settings.slow_rate * window.calls:
            return self._open(
                now, f"{window.slow} of {window.calls} calls {window.span} took longer than {settings.slow_call:g} s"
            )
        return self

    def failed(self, now: float, why: str, *, forced: bool) -> Condition:  # noqa: ARG002 - all are admitted
        """See Condition."""
        self._in_a_row += 1
        settings, window = self._terms.settings, self._window
        window.record(now, failed=True)
        if self._in_a_row >= settings.consecutive_failures:
            return self._open(now, f"{_calls(self._in_a_row)} in a row failed, the last: {why}")
        if window.calls >= settings.minimum_calls and window.failures >= settings.failure_rate * window.calls:
            return self._open(now, f"{window.failures} of {window.calls} calls {window.span} failed, the last: {why}")
        return self

    def abandoned(self, *, forced: bool) -> None:
        """See Condition."""

    def told_open(self, now: float, explanation: str, seconds: float | None) -> Condition:
        """See Condition."""
        rounds = self._rounds_at(now)
        return Open(self._terms, now, explanation, rounds=rounds, seconds=self._terms.told_open_for(seconds, rounds))

    def told_closed(self, explanation: str) -> Condition:  # noqa: ARG002 - it knows
        """See Condition."""
        return self

    def _open(self, now: float, explanation: str) -> Condition:
        rounds = self._rounds_at(now)
        return Open(self._terms, now, explanation, rounds=rounds, seconds=self._terms.open_for(rounds))

    def _rounds_at(self, now: float) -> int:
        """Rounds that it would open with: it goes on where it was, unless it has stayed closed for `open_cap`."""
        return self._rounds if now - self._since < self._terms.settings.open_cap else 0


class Open:
    """No call is admitted until its time is over.

    Calls that are forced meanwhile cannot lengthen its time. Successes in a row of theirs stand for as many probes, but
    for the last: what closes it was always asked half-open.
    """

    __slots__ = ("_answered", "_rounds", "_terms", "_until", "explanation")
    state = State.OPEN

    def __init__(self, terms: Terms, now: float, explanation: str, *, rounds: int, seconds: float) -> None:
        self.explanation = explanation
        self._until = now + seconds
        self._terms = terms
        self._rounds = rounds
        self._answered = 0

    def at(self, now: float) -> Condition:
        """See Condition."""
        return self.told_closed("its time is over, and probes decide") if now >= self._until else self

    def admit(self) -> bool:
        """See Condition."""
        return False

    def retry_after(self, now: float) -> float:
        """See Condition."""
        return max(0.0, self._until - now)

    def succeeded(self, now: float, seconds: float, *, forced: bool) -> Condition:  # noqa: ARG002 - all are forced
        """See Condition."""
        if not self._terms.too_slow(seconds):
            self._answered = min(self._answered + 1, self._terms.settings.probes - 1)
        return self

    def failed(self, now: float, why: str, *, forced: bool) -> Condition:  # noqa: ARG002 - all are forced
        """See Condition."""
        self._answered = 0
        return self

    def abandoned(self, *, forced: bool) -> None:
        """See Condition."""

    def told_open(self, now: float, explanation: str, seconds: float | None) -> Condition:  # noqa: ARG002 - it is
        """See Condition."""
        if seconds is not None:
            self._until = max(self._until, now + self._terms.told_open_for(seconds, self._rounds))
        return self

    def told_closed(self, explanation: str) -> Condition:
        """See Condition; it is not believed without probes."""
        return HalfOpen(self._terms, explanation, rounds=self._rounds, answered=self._answered)


class HalfOpen:
    """`probes` calls are admitted: all must succeed to close it, the first that fails opens it for longer.

    At no time are more under way than are still needed. One that is abandoned gives its place to another.
    """

    __slots__ = ("_answered", "_rounds", "_terms", "_under_way", "explanation")
    state = State.HALF_OPEN

    def __init__(self, terms: Terms, explanation: str, *, rounds: int, answered: int) -> None:
        self.explanation = explanation
        self._terms = terms
        self._rounds = rounds
        self._answered = answered
        self._under_way = 0

    def at(self, now: float) -> Condition:  # noqa: ARG002 - only probes move it
        """See Condition."""
        return self

    def admit(self) -> bool:
        """See Condition."""
        if self._answered + self._under_way >= self._terms.settings.probes:
            return False
        self._under_way += 1
        return True

    def retry_after(self, now: float) -> float:  # noqa: ARG002 - nobody knows when a probe ends
        """See Condition; while probes are under way, the time that it would open for at first."""
        return 0.0 if self._answered + self._under_way < self._terms.settings.probes else self._terms.settings.open_for

    def succeeded(self, now: float, seconds: float, *, forced: bool) -> Condition:
        """See Condition."""
        if self._terms.too_slow(seconds):
            return self.failed(now, f"it took {seconds:.3g} s", forced=forced)
        self.abandoned(forced=forced)
        self._answered += 1
        if self._answered < self._terms.settings.probes:
            return self
        return Closed(self._terms, now, f"{_calls(self._answered)} in a row succeeded", rounds=self._rounds + 1)

    def failed(self, now: float, why: str, *, forced: bool) -> Condition:
        """See Condition."""
        if forced:
            return self
        rounds = self._rounds + 1
        return Open(self._terms, now, f"a probe failed: {why}", rounds=rounds, seconds=self._terms.open_for(rounds))

    def abandoned(self, *, forced: bool) -> None:
        """See Condition."""
        if not forced:
            self._under_way -= 1

    def told_open(self, now: float, explanation: str, seconds: float | None) -> Condition:
        """See Condition; a probe of theirs failed."""
        rounds = self._rounds + 1
        return Open(self._terms, now, explanation, rounds=rounds, seconds=self._terms.told_open_for(seconds, rounds))

    def told_closed(self, explanation: str) -> Condition:  # noqa: ARG002 - its own probes are under way
        """See Condition."""
        return self


def _calls(count: int) -> str:
    """So many calls, in words."""
    return "1 call" if count == 1 else f"{count} calls"
