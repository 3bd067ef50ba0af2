"""A tenant."""

from dataclasses import dataclass

from services.config.domain.resource import Reference


@dataclass(frozen=True)
class Organization:
    """A tenant; everything else is one tenant's."""

    name: str

    @property
    def owner(self) -> None:
        """See Resource."""

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        return ()

    def check(self) -> None:
        """See Resource."""
