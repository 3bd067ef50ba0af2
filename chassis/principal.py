"""Who a call is made for: a key, and what its role lets it do."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What a key may do; each role may do what those before it may. The numbers are the proto enum's."""

    VIEWER = 1
    DEVELOPER = 2
    MANAGER = 3
    ADMIN = 4
    OWNER = 5


@dataclass(frozen=True)
class Principal:
    """The key that a call was made with."""

    organization: str
    project: str
    key: str
    role: Role

    @property
    def name(self) -> str:
        """Resource name of the key; the actor in audit records."""
        return f"organizations/{self.organization}/projects/{self.project}/keys/{self.key}"

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """As it travels to the services behind the gateway."""
        return (
            ("x-seawall-organization", self.organization),
            ("x-seawall-project", self.project),
            ("x-seawall-key", self.key),
            ("x-seawall-role", self.role.name),
        )
