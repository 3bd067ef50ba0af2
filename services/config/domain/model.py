"""A name that callers ask for."""

from dataclasses import dataclass

from services.config.domain.faults import at
from services.config.domain.names import ORGANIZATION, PROVIDER, organization_of
from services.config.domain.resource import Reference
from services.config.domain.route import Route


@dataclass(frozen=True)
class Model:
    """A name that callers ask for, and where its requests go."""

    name: str
    route: Route

    @property
    def owner(self) -> str:
        """See Resource."""
        return ORGANIZATION.name(organization_of(self.name))

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        organization = organization_of(self.name)
        return tuple(
            Reference(f"route.{path}.provider", PROVIDER.name(organization, target.provider))
            for path, target in self.route.all_targets()
        )

    def check(self) -> None:
        """See Resource."""
        with at("route"):
            self.route.check()
