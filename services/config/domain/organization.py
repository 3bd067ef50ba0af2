"""A tenant."""

from dataclasses import dataclass

from services.config.domain.resource import Reference


@dataclass(frozen=True)
class Organization:
    """A tenant; everything else is one tenant's."""

    name: str
    owner: None = None
    references: tuple[Reference, ...] = ()

    def check(self) -> None:
        """See Resource."""
