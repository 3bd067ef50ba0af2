"""What every resource can be asked, so that changing one is written once for all of them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reference:
    """A resource that another one cannot be without; `field` is where it names it.

    Where it `owns` the other one, that is deleted with it, as with its owner.
    """

    field: str
    name: str
    owns: bool = False


class Resource(Protocol):
    """Something that is set; a frozen value that equals another by what it says."""

    @property
    def name(self) -> str:
        """Full resource name; unique."""
        ...

    @property
    def owner(self) -> str | None:
        """Name of the resource that it goes with and is deleted with; None for an organization."""
        ...

    @property
    def references(self) -> tuple[Reference, ...]:
        """What it names besides its owner; that cannot be deleted while it does."""
        ...

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST), with the field, where a rule is broken that it takes nothing else to see."""
        ...
