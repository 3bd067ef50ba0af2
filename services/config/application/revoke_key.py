"""Ends a key."""

from dataclasses import replace

from resilience.clock import Clock
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.ports import Actor
from services.config.domain.configuration import Configuration
from services.config.domain.key import Key
from services.config.domain.names import organization_of


class RevokeKey:
    """Revokes keys."""

    def __init__(self, change: ChangeConfiguration, clock: Clock) -> None:
        self._change = change
        self._clock = clock

    async def __call__(self, name: str, *, actor: Actor) -> Key:
        """Revoke the key called `name`; one that is revoked already stays as it is. Raises Failure(NOT_FOUND)."""
        now = self._clock.now()
        revoked: list[Key] = []

        def edit(current: Configuration) -> Configuration:
            key = current.get(Key, name)
            revoked.append(key if key.revoke_time is not None else replace(key, revoke_time=now))
            return current.updated(revoked[-1])

        await self._change(organization_of(name), edit, actor=actor)
        return revoked[-1]
