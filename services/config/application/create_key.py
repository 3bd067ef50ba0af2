"""Makes a key. Its secret is in the answer and nowhere else."""

from dataclasses import dataclass
from datetime import datetime

from chassis import keys
from chassis.principal import Role
from resilience.clock import Clock
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.ports import Actor
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.names import organization_of


@dataclass(frozen=True)
class CreatedKey:
    """A key and, this once, its secret."""

    key: Key
    secret: str


class CreateKey:
    """Makes keys whose secrets are kept as digests under `pepper`."""

    def __init__(self, change: ChangeConfiguration, clock: Clock, *, pepper: bytes) -> None:
        self._change = change
        self._clock = clock
        self._pepper = pepper

    async def __call__(self, name: str, role: Role, expire_time: datetime | None, *, actor: Actor) -> CreatedKey:
        """Make the key called `name`. Raises Failure: ALREADY_EXISTS, NOT_FOUND (its project), PERMISSION_DENIED."""
        secret = keys.generate()
        key = Key(
            name,
            role,
            Secret(keys.prefix(secret), keys.digest(secret, self._pepper)),
            Origin.RPC,
            create_time=self._clock.now(),
            expire_time=expire_time,
        )
        await self._change(organization_of(name), lambda current: current.created(key), actor=actor)
        return CreatedKey(key, secret)
