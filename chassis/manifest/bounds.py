"""What the parts of a route and a project may hold, be it said in a file or by RPC: each bound once, for both."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from chassis.durations import written
from chassis.manifest.vendors import HOSTED, SELF_HOSTED
from resilience.criticality import Criticality
from resilience.errors import Reason

T = TypeVar("T", float, timedelta)


@dataclass(frozen=True)
class Range(Generic[T]):
    """Values from `least` (or above it, where it is `open`) to `most`, both in the range."""

    least: T
    most: T
    open: bool = False

    def check(self, value: T) -> T:
        """`value`, if it is in the range. Raises ValueError."""
        # Written so that NaN is in no range.
        if not (self.least < value if self.open else self.least <= value) or not value <= self.most:
            least, most = _written(self.least), _written(self.most)
            raise ValueError(
                f"must be more than {least} and at most {most}" if self.open else f"must be from {least} to {most}"
            )
        return value


@dataclass(frozen=True)
class Words:
    """A closed list."""

    known: tuple[str, ...]

    def check(self, word: str) -> str:
        """`word`, if it is one of them. Raises ValueError."""
        if word not in self.known:
            raise ValueError(f"must be one of {', '.join(self.known)}")
        return word


def _written(bound: float | timedelta) -> str:
    return written(bound) if isinstance(bound, timedelta) else str(bound)


ORDERED = "ordered"
AUTO = "auto"
OFF = "off"
VENDORS = Words((*HOSTED, *SELF_HOSTED))
STRATEGIES = Words((ORDERED, "weighted", "fastest", "cheapest", "balanced"))
HEDGES = Words((AUTO, OFF))
CONTINUATIONS = Words((AUTO, "continue", "error"))
UNSUPPORTED = Words((AUTO, "error", "drop"))
CRITICALITIES = Words(tuple(criticality.label for criticality in sorted(Criticality, reverse=True)))
FALLBACK_REASONS = Words(
    (
        Reason.CONTEXT_LENGTH_EXCEEDED.value,
        Reason.CONTENT_FILTERED.value,
        *(reason.value for reason in Reason if reason.value.startswith("vendor_")),
    )
)
"""What another target can help with."""

TARGETS = Range(1, 32)
WEIGHT = Range(0, 1_000_000)
SHARE = Range(0, 1)
RATE = Range(0, 1, open=True)
"""A share that something is compared with: it would always be reached if it were 0."""
CONTEXT_WINDOW = Range(0, 1_000_000_000)
TIME = Range(timedelta(), timedelta(hours=1), open=True)
RETRIES = Range(0, 10)
MAX_ATTEMPTS = Range(1, 20)
CALLS = Range(1, 10_000)
PROBES = Range(1, 100)
CACHE_TIME = Range(timedelta(), timedelta(hours=168), open=True)
ANSWER = 10_000
"""Characters of a static answer, at most."""
