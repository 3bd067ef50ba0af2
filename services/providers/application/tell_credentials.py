"""Says that a vendor refuses a credential, or takes it again: to whoever reads the log, and to the world."""

from datetime import timedelta

import structlog

from events.credentials import CredentialChanged, CredentialState
from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.application.ports import CredentialEvents
from services.providers.domain.credential import PooledCredential
from services.providers.domain.provider import ProviderDefinition

log = structlog.stdlib.get_logger("credentials")


class TellCredentials:
    """Makes an event, and a line of the log, of each change of a credential."""

    def __init__(self, events: CredentialEvents, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def changed(self, provider: ProviderDefinition, key: PooledCredential) -> None:
        """`key` of `provider` is refused, or is not any more."""
        rest = key.use.rest
        if rest is None or not key.refused:
            log.info("a credential is in use", provider=provider.id, credential=key.credential.reference)
            self._tell(provider, key, CredentialState.IN_USE, "The vendor takes it.")
            return
        seconds = rest.until - self._clock.monotonic()
        log.warning(
            "a credential is refused and rests",
            provider=provider.id,
            credential=key.credential.reference,
            reason=rest.reason.value,
            status=rest.status,
            seconds=round(seconds, 1),
        )
        self._tell(
            provider,
            key,
            CredentialState.RESTING,
            f"The vendor answered {rest.status} ({rest.reason}).",
            reason=rest.reason,
            rests=timedelta(seconds=seconds),
        )

    def removed(self, provider: ProviderDefinition, key: PooledCredential) -> None:
        """`key` is not one of `provider`'s any more."""
        if key.refusal_told is not False:
            self._tell(provider, key, CredentialState.REMOVED, "It is not configured any more.")

    def _tell(
        self,
        provider: ProviderDefinition,
        key: PooledCredential,
        state: CredentialState,
        explanation: str,
        *,
        reason: Reason | None = None,
        rests: timedelta | None = None,
    ) -> None:
        now = self._clock.now()
        self._events.put(
            CredentialChanged(
                organization=provider.organization,
                provider=provider.id,
                credential=key.credential.reference,
                state=state,
                reason=reason,
                explanation=explanation,
                since=now,
                until=now + rests if rests is not None else None,
            )
        )
