"""`seawall.config.v1`: every change of what is set."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event


class Action(StrEnum):
    """What was done to a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REVOKE = "revoke"


class ConfigChanged(Event, frozen=True, kw_only=True):
    """A resource was created, changed or removed; whoever runs on a snapshot fetches the new version."""

    type: ClassVar[str] = "seawall.config.changed"

    organization: str
    resource: str
    """Name, such as `organizations/acme/models/chat`."""
    action: Action
    version: int
    """Of the snapshot that holds the change; grows over all organizations."""
    actor: str
    """Name of the key that made the change, or `seawall.yaml`."""
