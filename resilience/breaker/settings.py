"""When a breaker opens, and how it closes again."""

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """Times are seconds, rates are shares from 0 to 1."""

    failure_rate: float = 0.5
    """Of the calls in the window; at this rate it opens."""
    minimum_calls: int = 10
    """Within the window, before a rate means anything."""
    window: float = 10.0
    """How far back calls count."""
    window_calls: int = 0
    """How many of the last calls count instead, however long ago; 0 for `window`."""
    consecutive_failures: int = 5
    """In a row; with so many it opens, however few calls there were."""
    open_for: float = 2.0
    """Until the first probe; doubles with each probe that fails, to `open_cap`."""
    open_cap: float = 15.0
    probes: int = 2
    """Calls that may be under way at a time while it is half-open, and that must succeed to close it."""
    slow_call: float | None = None
    """A call that takes longer counts as slow; none does where None."""
    slow_rate: float = 0.9
    """Share of slow calls at which it opens."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if min(self.minimum_calls, self.consecutive_failures, self.probes) < 1:
            raise ValueError("a breaker counts from one call on and closes by one probe at least")
        if min(self.window, self.open_for, self.open_cap) <= 0.0 or self.window_calls < 0:
            raise ValueError("a breaker's times are longer than nothing")
        stated = tuple(getattr(self, one.name) for one in fields(self) if one.compare)
        object.__setattr__(self, "_hash", hash(stated))

    def __hash__(self) -> int:
        # Made once: a target's breaker is looked up by its settings several times a request.
        return self._hash
