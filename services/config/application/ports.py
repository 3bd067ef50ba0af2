"""What the use cases need from outside."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.principal import Role
from events.config import Action
from services.config.domain.changes import Change
from services.config.domain.configuration import Configuration
from services.config.domain.resource import Resource

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class Actor:
    """Who makes a change: the name of a key, or `seawall.yaml`."""

    name: str
    role: Role


START_UP = Actor("seawall.yaml", Role.OWNER)
"""The operator, by way of the manifest that the service starts with."""


@dataclass(frozen=True)
class AuditRecord:
    """One change that somebody made. `number` grows with each."""

    number: int
    time: datetime
    actor: str
    action: Action
    resource: str
    version: int


class Transaction(Protocol):
    """A change in the making. No other one is made until it ends; nothing is kept where it ends with an exception."""

    async def configuration(self, organization: str) -> Configuration:
        """What the organization of that id has set; empty where there is none."""
        ...

    async def holders(self, digests: Collection[bytes]) -> Mapping[bytes, str]:
        """Names of the keys, of any organization, whose secrets have these digests."""
        ...

    async def version(self) -> int:
        """The version in force."""
        ...

    async def keep(self, changes: Sequence[Change], *, actor: str, time: datetime) -> int:
        """Keep `changes`, each with its audit record and its event, under the next version, which is returned."""
        ...


class Store(Protocol):
    """Where everything that is set is kept. Its calls raise Failure(UNAVAILABLE, retryable) while it is away."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a change; what was kept is in force once the context ends without an exception."""
        ...

    async def get(self, kind: type[R], name: str) -> R | None:
        """The resource of that name."""
        ...

    async def page(self, kind: type[R], parent: str, *, now: datetime, after: str, limit: int) -> Sequence[R]:
        """At most `limit` resources whose names lie under `parent`, by name, of those with a name beyond `after`.

        Prices that another one has superseded by `now` are left out.
        """
        ...

    async def audit(self, organization: str, *, before: int | None, limit: int) -> Sequence[AuditRecord]:
        """At most `limit` records of that organization id, newest first, of those with a number below `before`."""
        ...

    async def version(self) -> int:
        """The version in force; costs one row."""
        ...

    async def everything(self) -> tuple[int, Mapping[str, Configuration]]:
        """The version in force and what each organization id has set, all of one moment."""
        ...
