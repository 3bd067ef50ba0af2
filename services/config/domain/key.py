"""What a caller authenticates with, as far as this service knows it: never the secret."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.principal import Role
from services.config.domain.faults import invalid
from services.config.domain.resource import Reference


class Origin(StrEnum):
    """Who answers for a key: applying a manifest revokes only what a manifest declared."""

    RPC = "rpc"
    MANIFEST = "manifest"


@dataclass(frozen=True)
class Secret:
    """What is kept of a key's secret: its first characters, and its HMAC-SHA-256 under the pepper (32 bytes)."""

    prefix: str
    digest: bytes


@dataclass(frozen=True)
class Key:
    """A key. One that was revoked is kept, so that gateways can say so; its secret never serves again."""

    name: str
    role: Role
    secret: Secret
    origin: Origin
    create_time: datetime
    expire_time: datetime | None = None
    revoke_time: datetime | None = None

    @property
    def owner(self) -> str:
        """See Resource."""
        return self.name.rpartition("/keys/")[0]

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        return ()

    def check(self) -> None:
        """See Resource."""
        if self.expire_time is not None and self.expire_time <= self.create_time:
            raise invalid("expire_time", "must be after the time when the key is made")
