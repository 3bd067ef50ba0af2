"""Everything that one organization has set, and what may be done to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from resilience.errors import Failure, Reason
from services.config.domain.faults import invalid, not_found
from services.config.domain.resource import Resource

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class Configuration:
    """An organization's resources by name. Each edit returns another one, or raises Failure."""

    resources: Mapping[str, Resource] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Configuration":
        """The configuration that holds `resources`."""
        return cls({resource.name: resource for resource in resources})

    def each(self, kind: type[R]) -> Iterator[R]:
        """The resources of one kind, by name."""
        found = [resource for resource in self.resources.values() if isinstance(resource, kind)]
        return iter(sorted(found, key=lambda resource: resource.name))

    def get(self, kind: type[R], name: str) -> R:
        """The resource of that name. Raises Failure(NOT_FOUND)."""
        resource = self.resources.get(name)
        if not isinstance(resource, kind):
            raise not_found(name)
        return resource

    def check(self, resource: Resource) -> None:
        """Raise Failure where `resource` breaks a rule, or names what is not here."""
        resource.check()
        for reference in resource.references:
            if reference.name not in self.resources:
                raise invalid(reference.field, f"there is no {reference.name!r}")
        if resource.owner is not None and resource.owner not in self.resources:
            raise not_found(resource.owner)

    def created(self, resource: Resource) -> "Configuration":
        """With `resource`, which must not be here yet."""
        if resource.name in self.resources:
            raise Failure(
                Reason.ALREADY_EXISTS,
                f"{resource.name!r} exists already.",
                detail={"resource": resource.name},
            )
        return self.having(resource)

    def updated(self, resource: Resource) -> "Configuration":
        """With `resource` in place of the one of its name, which must be here."""
        self.get(type(resource), resource.name)
        return self.having(resource)

    def having(self, resource: Resource) -> "Configuration":
        """With `resource`, whether one of its name is here or not."""
        self.check(resource)
        return Configuration({**self.resources, resource.name: resource})

    def deleted(self, kind: type[Resource], name: str) -> "Configuration":
        """Without that resource and what goes with it, unless something else names it (IN_USE)."""
        self.get(kind, name)
        gone = self._with_owned(name)
        for resource in self.resources.values():
            if resource.name in gone:
                continue
            for reference in resource.references:
                if reference.name in gone:
                    raise Failure(
                        Reason.IN_USE,
                        f"{resource.name!r} uses {reference.name!r}.",
                        detail={"resource": reference.name, "used_by": resource.name},
                    )
        return Configuration({key: kept for key, kept in self.resources.items() if key not in gone})

    def _with_owned(self, name: str) -> frozenset[str]:
        """`name` and the names of all that goes with it, however deep."""
        gone = {name}
        while more := {one.name for one in self.resources.values() if _owners(one) & gone} - gone:
            gone |= more
        return frozenset(gone)


def _owners(resource: Resource) -> set[str | None]:
    """All that it goes with."""
    return {resource.owner, *(reference.name for reference in resource.references if reference.owns)}
