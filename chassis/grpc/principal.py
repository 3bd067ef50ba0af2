"""The principal of an RPC: checked by the gateway, told in metadata to the services behind it."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from google.protobuf.message import Message

from chassis.principal import Principal, Role
from resilience.errors import Failure, Reason

OWN = "organizations/-"
"""Stands for the caller's own organization in a name."""

_current: ContextVar[Principal | None] = ContextVar("principal", default=None)


def current_principal() -> Principal:
    """The principal of the RPC being served. Raises Failure where the call came without one."""
    principal = _current.get()
    if principal is None:
        raise Failure(Reason.UNAUTHENTICATED, "The call names no principal; make it through the gateway.")
    return principal


def set_principal(metadata: Iterable[tuple[str, str | bytes]]) -> bool:
    """Remember, for the RPC being served, the principal that its metadata names; tells whether it names one."""
    told = {key: str(value) for key, value in metadata if key.startswith("x-seawall-")}
    try:
        principal = Principal(
            organization=told["x-seawall-organization"],
            project=told["x-seawall-project"],
            key=told["x-seawall-key"],
            role=Role[told["x-seawall-role"]],
        )
    except KeyError:
        _current.set(None)
        return False
    _current.set(principal)
    return True


def own_organization(name: str) -> str:
    """`name` with `organizations/-` filled in.

    Raises Failure(NOT_FOUND) where it is another organization's: whether that exists is not the caller's to know.
    """
    organization = f"organizations/{current_principal().organization}"
    if name == OWN or name.startswith(f"{OWN}/"):
        return organization + name.removeprefix(OWN)
    if name == organization or name.startswith(f"{organization}/"):
        return name
    raise Failure(Reason.NOT_FOUND, f"There is no {name!r}.")


def scope_request(request: Message) -> None:
    """Fill in and check the names that a request is about: its `name` or `parent`, and the `name` of what it holds."""
    for field, value in request.ListFields():
        if field.name in {"name", "parent"} and isinstance(value, str):
            setattr(request, field.name, own_organization(value))
        elif isinstance(value, Message) and "name" in value.DESCRIPTOR.fields_by_name:
            held: Any = value  # of a type that has a name, which only its descriptor tells
            if held.name:
                held.name = own_organization(held.name)
