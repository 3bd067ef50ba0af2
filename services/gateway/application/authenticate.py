"""authenticate: key → organization, project, role; from memory, no network."""

from collections.abc import Callable
from datetime import datetime

from chassis.keys import digest, is_wellformed
from chassis.principal import Principal
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.domain.access import check_calls_models
from services.gateway.domain.configuration import Configuration

REMEMBERED = 4096
"""Known keys whose digests are remembered: a digest costs more than all else that is done to authenticate."""


class Authenticator:
    """Finds who shows a key. A key whose checksum is wrong costs no look-up."""

    def __init__(self, configuration: Callable[[], Configuration], pepper: bytes, clock: Clock) -> None:
        self._configuration = configuration
        self._pepper = pepper
        self._clock = clock
        self._digests: dict[str, bytes] = {}

    def __call__(self, secret: str | None) -> Principal:
        """The key's principal. Raises Failure(UNAUTHENTICATED)."""
        if not secret:
            raise Failure(
                Reason.UNAUTHENTICATED, "There is no key; send it as `Authorization: Bearer sw_...` or `x-api-key`."
            )
        known = self._digests.get(secret)
        if known is None and not is_wellformed(secret):
            raise Failure(Reason.UNAUTHENTICATED, "The key is not one of Seawall's, or was not copied whole.")
        shown = known or digest(secret, self._pepper)
        key = self._configuration().keys.get(shown)
        if key is None:
            raise Failure(Reason.UNAUTHENTICATED, "The key is not known.")
        if known is None:
            if len(self._digests) >= REMEMBERED:
                self._digests.clear()
            self._digests[secret] = shown
        if key.revoked:
            raise Failure(Reason.UNAUTHENTICATED, "The key was revoked.")
        if _expired(key.expires_at, self._clock):
            raise Failure(Reason.UNAUTHENTICATED, "The key has expired.")
        return key.principal


class Authenticate:
    """The stage."""

    def __init__(self, authenticator: Authenticator, configuration: Callable[[], Configuration]) -> None:
        self._authenticator = authenticator
        self._configuration = configuration

    async def __call__(self, exchange: Exchange) -> None:
        """Name the caller. Raises Failure(UNAUTHENTICATED or PERMISSION_DENIED)."""
        principal = self._authenticator(exchange.secret)
        check_calls_models(principal)
        organization = self._configuration().organizations[principal.organization]
        exchange.principal = principal
        exchange.organization = organization
        exchange.project = organization.projects[principal.project]


def _expired(at: datetime | None, clock: Clock) -> bool:
    return at is not None and clock.now() >= at
