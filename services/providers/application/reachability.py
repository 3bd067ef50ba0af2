"""Whether a provider's vendor can be connected to: told when it changes, not with each call."""

import structlog

from resilience.clock import Clock
from services.providers.domain.failure import VendorFailure
from services.providers.domain.provider import ProviderDefinition

log = structlog.stdlib.get_logger("vendors")

CALM = 10.0
"""Seconds without a failure after which a vendor counts as reached again: one that comes and goes is told once."""


class Reachability:
    """Of one provider. `lost`: connecting failed, and has not succeeded for long enough since."""

    def __init__(self, provider: ProviderDefinition, host: str, clock: Clock) -> None:
        self.lost = False
        self._provider = provider
        self._host = host
        self._clock = clock
        self._failed_at = 0.0
        self._told: set[str] = set()

    def failed(self, failure: VendorFailure) -> None:
        """It could not be reached, for the reason that `failure`'s message gives."""
        self.lost = True
        self._failed_at = self._clock.monotonic()
        if failure.message not in self._told:
            self._told.add(failure.message)
            log.warning("a vendor cannot be reached", **self._names(), cause=failure.message)

    def succeeded(self) -> None:
        """It answered; need not be called unless it is `lost`."""
        if self._clock.monotonic() - self._failed_at >= CALM:
            self.lost = False
            self._told.clear()
            log.info("a vendor is reached again", **self._names())

    def _names(self) -> dict[str, str]:
        return {"organization": self._provider.organization, "provider": self._provider.id, "host": self._host}
