"""A vendor's key and how it stands: in use, or resting because the vendor refused it."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.domain.failure import VendorFailure


@dataclass(frozen=True, slots=True)
class Credential:
    """A vendor's key: the reference that names it, and the secret itself, which is never printed."""

    reference: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Period:
    """How long a credential rests, in seconds: `first`, doubled each time in a row up to `cap`."""

    first: float
    cap: float


PERIODS: dict[Reason, Period] = {
    Reason.VENDOR_AUTHENTICATION: Period(60.0, 15 * 60.0),
    Reason.VENDOR_QUOTA_EXHAUSTED: Period(5 * 60.0, 60 * 60.0),
    # The vendor's own word comes before this one, see Rest.
    Reason.VENDOR_RATE_LIMITED: Period(1.0, 15.0),
}
"""What makes a credential rest, and another one of the pool be tried: it is refused, or it has had its share."""

REFUSALS = frozenset({Reason.VENDOR_AUTHENTICATION, Reason.VENDOR_QUOTA_EXHAUSTED})
"""Why a credential rests that nobody should expect to work; one over its limit is as good as before soon."""

JITTER = 0.2
"""A rest is longer by up to this share, so that replicas do not end theirs at once; never shorter."""
PROBE_INTERVAL = 1.0
"""Seconds between two calls that try a refused credential, however many want to."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a credential is not shown. `number`: how many of this kind in a row. `until`: of the clock's `monotonic`."""

    reason: Reason
    status: int
    number: int
    until: float


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """What a call holds of a credential: its outcome counts only where that still stands as it did when it began."""

    key: "PooledCredential"
    rest: Rest | None = None


class PooledCredential:
    """One credential over time. `tell` is called where it is refused, and where it was and is not any more.

    It is also called when the vendor takes it for the first time: an earlier process may have told of a refusal.
    """

    def __init__(
        self, credential: Credential, *, clock: Clock, rng: random.Random, tell: Callable[["PooledCredential"], None]
    ) -> None:
        self.credential = credential
        self.use = Use(self)
        self.refusal_told: bool | None = None
        """Whether the last that was told is a refusal; None before anything was."""
        self.next_probe = -math.inf
        """When the next call may try it although it rests; of the clock's `monotonic`."""
        self._clock = clock
        self._rng = rng
        self._tell = tell
        self._probing = False

    @property
    def refused(self) -> bool:
        """Whether it rests because the vendor does not take it."""
        rest = self.use.rest
        return rest is not None and rest.reason in REFUSALS

    def due(self, now: float) -> bool:
        """Whether its rest is over, and no call is finding out yet whether the vendor takes it again."""
        rest = self.use.rest
        return rest is None or (rest.until <= now and self.next_probe <= now and not self._probing)

    def begin(self, now: float) -> Use:
        """A call tries it now."""
        if self.use.rest is not None:
            self._probing = True
            self.next_probe = now + PROBE_INTERVAL
        return self.use

    def accepted(self, use: Use) -> None:
        """The vendor took it."""
        if use is self.use and (use.rest is not None or self.refusal_told is None):
            self._stand(None)

    def failed(self, use: Use, failure: VendorFailure) -> None:
        """The call failed; it rests where that is the credential's fault."""
        if use is not self.use:
            return
        period, now = PERIODS.get(failure.reason), self._clock.monotonic()
        self._end_probe(now)
        if period is None:
            return
        number, rest = 1, use.rest
        if rest is not None and rest.reason is failure.reason:
            if now < rest.until:
                return  # it was tried early, because no other was left, and nothing new was learned
            number += rest.number
        seconds = min(period.first * 2.0 ** min(number - 1, 16), period.cap)
        if failure.reason not in REFUSALS and failure.retry_after is not None:
            seconds = failure.retry_after
        seconds *= 1.0 + self._rng.uniform(0.0, JITTER)
        self._stand(Rest(failure.reason, failure.status, number, now + seconds))

    def let_go(self, use: Use) -> None:
        """The call ended without an answer."""
        if use is self.use:
            self._end_probe(self._clock.monotonic())

    def _end_probe(self, now: float) -> None:
        self._probing = False
        self.next_probe = now + PROBE_INTERVAL

    def _stand(self, rest: Rest | None) -> None:
        self._probing = False
        self.use = Use(self, rest)
        is_back = self.refusal_told is True or (self.refusal_told is None and rest is None)
        if self.refused or is_back:
            self.refusal_told = self.refused
            self._tell(self)
