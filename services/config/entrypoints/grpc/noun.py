"""The five standard methods, written once; what differs from noun to noun is a value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message
from pydantic import BaseModel

from chassis.grpc.principal import current_principal, own_organization
from chassis.storage.paging import cursor_of, page_size, page_token
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.ports import Actor
from services.config.application.read_configuration import ReadConfiguration
from services.config.domain.faults import at
from services.config.domain.names import Pattern, check_id, organization_of
from services.config.domain.resource import Resource

R = TypeVar("R", bound=Resource)
M = TypeVar("M", bound=Message)

MAX_PAGE_SIZE = 1000


class ListRequest(Protocol):
    """What every list is asked with."""

    @property
    def parent(self) -> str:
        """Name of what the list is of."""
        ...

    @property
    def page_size(self) -> int:
        """At most so many; a default where 0."""
        ...

    @property
    def page_token(self) -> str:
        """Where the page begins; empty for the first."""
        ...


class After(BaseModel):
    """A page begins after the item of this name."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[R, M]):
    """One kind of resource as lists show it."""

    kind: type[R]
    parent: Pattern
    parent_kind: type[Resource]
    encode: Callable[[R], M]


@dataclass(frozen=True, kw_only=True)
class Noun(Listed[R, M]):
    """One kind of resource that has all of the standard methods; `field` is what requests call it."""

    field: str
    pattern: Pattern
    decode: Callable[[M, str], R]


class Methods:
    """Get, list, create, update and delete for any noun. Each raises Failure."""

    def __init__(self, read: ReadConfiguration, change: ChangeConfiguration) -> None:
        self._read = read
        self._change = change

    async def get(self, noun: Noun[R, M], name: str) -> M:
        """The resource called `name`."""
        own(noun.pattern, name)
        return noun.encode(await self._read.get(noun.kind, name))

    async def list(self, noun: Listed[R, M], request: ListRequest) -> tuple[Sequence[M], str]:
        """A page of the parent's resources, and the token of the next one."""
        own(noun.parent, request.parent, field="parent")
        size = page_size(request.page_size, most=MAX_PAGE_SIZE)
        cursor = cursor_of(request.page_token, After)
        after = cursor.name if cursor else ""
        found = await self._read.page(noun.kind, request.parent, of=noun.parent_kind, after=after, limit=size + 1)
        token = page_token(After(name=found[size - 1].name)) if len(found) > size else ""
        return [noun.encode(resource) for resource in found[:size]], token

    async def create(self, noun: Noun[R, M], parent: str, new_id: str, message: M) -> M:
        """Add what `message` describes."""
        name = child_name(noun.parent, noun.pattern, parent, new_id, field=f"{noun.field}_id")
        with at(noun.field):
            resource = noun.decode(message, name)
            await self._change(organization_of(name), lambda current: current.created(resource), actor=actor())
        return noun.encode(resource)

    async def update(self, noun: Noun[R, M], name: str, message: M) -> M:
        """Replace the resource called `name` by what `message` describes."""
        with at(noun.field):
            own(noun.pattern, name)
            resource = noun.decode(message, name)
            await self._change(organization_of(name), lambda current: current.updated(resource), actor=actor())
        return noun.encode(resource)

    async def delete(self, noun: Noun[R, Any], name: str) -> None:
        """Remove the resource called `name` and what goes with it."""
        own(noun.pattern, name)
        await self._change(organization_of(name), lambda current: current.deleted(noun.kind, name), actor=actor())


def child_name(parent_pattern: Pattern, pattern: Pattern, parent: str, new_id: str, *, field: str) -> str:
    """The name of what is to be created under `parent`. Raises Failure(INVALID_REQUEST)."""
    return pattern.name(*own(parent_pattern, parent, field="parent"), check_id(new_id, field=field))


def own(pattern: Pattern, name: str, *, field: str = "name") -> tuple[str, ...]:
    """The ids in `name`. Raises Failure: INVALID_REQUEST, or NOT_FOUND for what is not of the caller's organization."""
    ids = pattern.ids(name, field=field)
    own_organization(name)
    return ids


def actor() -> Actor:
    """Who makes the RPC being served. Raises Failure(UNAUTHENTICATED)."""
    principal = current_principal()
    return Actor(principal.name, principal.role)
