"""The credentials that one provider is called with: taken by weight, those that the vendor refuses left to rest."""

from collections.abc import Collection, Sequence

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.domain.credential import REFUSALS, PooledCredential, Use
from services.providers.domain.failure import VendorFailure


class KeyPool:
    """A provider's usable credentials.

    Each gets its weight's share of the calls, evenly spread; alike weights take turns. A resting one is skipped, and
    the others share what would have been its own; when its time is over one call finds out whether the vendor takes it
    again. Where all rest, the one that is due first is tried all the same, refused ones by at most one call each
    PROBE_INTERVAL: a provider's only credential is never locked out, and the vendor is not hammered with it.
    """

    def __init__(self, keys: Sequence[PooledCredential], clock: Clock, weights: Sequence[int] = ()) -> None:
        """`weights`: one for each of `keys`, at least 1; all are alike where there are none."""
        self.keys = tuple(keys)
        self._clock = clock
        self._shares = [_Share(key, weight) for key, weight in zip(keys, weights or (1,) * len(keys), strict=True)]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in anything that a vendor says."""
        return tuple(key.credential.secret for key in self.keys)

    def take(self) -> Use:
        """The credential to begin with. Raises VendorFailure where there is none, or none may be tried now."""
        use = self._in_turn(()) or self._resting(())
        if use is None:
            raise self._none()
        return use

    def another(self, tried: Collection[PooledCredential], reason: Reason) -> Use | None:
        """The one to go on with after `tried`, the last of which failed for `reason`; None where there is none."""
        use = self._in_turn(tried)
        # The others' limits are no better known than this one's; but anything is better than a refused one.
        return self._resting(tried) if use is None and reason in REFUSALS else use

    def _in_turn(self, tried: Collection[PooledCredential]) -> Use | None:
        """The next by smooth weighted round robin among those that may be taken now.

        Each is owed its weight more with every call, and the one that is owed most pays for the call: heavy ones are
        not taken in a row, and one that rests is owed nothing meanwhile, so that it is not showered when it is back.
        """
        now = None
        chosen: _Share | None = None
        total = 0
        for share in self._shares:
            key = share.key
            if key in tried:
                continue
            if key.use.rest is not None:
                now = self._clock.monotonic() if now is None else now
                if not key.due(now):
                    continue
            total += share.weight
            share.owed += share.weight
            if chosen is None or share.owed > chosen.owed:
                chosen = share
        if chosen is None:
            return None
        chosen.owed -= total
        return chosen.key.use if now is None else chosen.key.begin(now)

    def _resting(self, tried: Collection[PooledCredential]) -> Use | None:
        now = self._clock.monotonic()
        for key in sorted(self.keys, key=_promise):
            if key not in tried and (not key.refused or key.next_probe <= now):
                return key.begin(now)
        return None

    def _none(self) -> VendorFailure:
        if not self.keys:
            return VendorFailure(Reason.VENDOR_AUTHENTICATION, why="The provider has no usable credential.")
        first = min(self.keys, key=_promise)
        rest = first.use.rest
        assert rest is not None  # noqa: S101 - else it would have been taken
        wait = min(key.next_probe for key in self.keys) - self._clock.monotonic()
        return VendorFailure(rest.reason, status=rest.status, retry_after=max(wait, 0.0))


class _Share:
    """What one credential is owed of the calls."""

    __slots__ = ("key", "owed", "weight")

    def __init__(self, key: PooledCredential, weight: int) -> None:
        self.key = key
        self.weight = weight
        self.owed = 0


def _promise(key: PooledCredential) -> tuple[bool, float]:
    """What is tried first where all rest: what is only over its limit, then what is due first."""
    rest = key.use.rest
    return (key.refused, rest.until if rest is not None else 0.0)
