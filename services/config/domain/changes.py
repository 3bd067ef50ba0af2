"""The difference between what is set and what is wanted, as a list of changes."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.principal import Role
from events.config import Action
from resilience.errors import Failure, Reason
from services.config.domain.configuration import Configuration
from services.config.domain.key import Key
from services.config.domain.model import Model
from services.config.domain.organization import Organization
from services.config.domain.price import Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider
from services.config.domain.resource import Resource

KINDS: tuple[type[Resource], ...] = (Organization, Provider, Model, Project, Key, Price)
"""Every kind of resource; what another may refer to comes before it."""


@dataclass(frozen=True)
class Change:
    """One resource before (None: created) and after (None: deleted)."""

    before: Resource | None
    after: Resource | None

    @property
    def resource(self) -> str:
        """Name of what changes."""
        return _either(self).name

    @property
    def action(self) -> Action:
        """What is done to it."""
        if self.before is None:
            return Action.CREATE
        if self.after is None:
            return Action.DELETE
        if isinstance(self.before, Key) and isinstance(self.after, Key):
            revoked = self.before.revoke_time is None and self.after.revoke_time is not None
            return Action.REVOKE if revoked else Action.UPDATE
        return Action.UPDATE


def plan_changes(current: Configuration, wanted: Configuration) -> tuple[Change, ...]:
    """The changes that make `wanted` of `current`: none where they are equal, one for each resource that differs.

    Deletions come first, users before what they use; then the rest, the other way round.
    """
    deleted = [Change(one, None) for name, one in current.resources.items() if name not in wanted.resources]
    others = [
        Change(current.resources.get(name), one)
        for name, one in wanted.resources.items()
        if current.resources.get(name) != one
    ]
    return (*sorted(deleted, key=_rank, reverse=True), *sorted(others, key=_rank))


def check_rank(changes: Iterable[Change], role: Role) -> None:
    """Raise Failure(PERMISSION_DENIED) where one of `role` would make, change or end a key of a higher role."""
    for change in changes:
        for key in (change.before, change.after):
            if isinstance(key, Key) and key.role > role:
                raise Failure(
                    Reason.PERMISSION_DENIED,
                    f"A key with the role {role.name.lower()} cannot {change.action.value} {change.resource!r}, "
                    f"which has the role {key.role.name.lower()}.",
                    detail={"resource": change.resource},
                )


def _rank(change: Change) -> tuple[int, str]:
    return KINDS.index(type(_either(change))), change.resource


def _either(change: Change) -> Resource:
    resource = change.after or change.before
    if resource is None:
        raise ValueError("a change without a resource")
    return resource
