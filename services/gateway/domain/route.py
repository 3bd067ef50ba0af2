"""Where a model's requests go, and how hard they try."""

from dataclasses import dataclass, field

DEFAULT_TIMEOUT = 60.0
DEFAULT_RETRIES = 1


@dataclass(frozen=True, slots=True)
class Target:
    """A provider and one of its models."""

    provider: str
    model: str
    name: str = field(init=False)
    """`provider/model`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.provider}/{self.model}")


@dataclass(frozen=True, slots=True)
class Policy:
    """How hard a route tries. Times are seconds."""

    timeout: float = DEFAULT_TIMEOUT
    """For the request as a whole."""
    first_token_timeout: float | None = None
    """For one attempt until its first frame; the whole timeout where None."""
    retries: int = DEFAULT_RETRIES
    """Further attempts on the same target, where the failure may pass."""


@dataclass(frozen=True, slots=True)
class Route:
    """Targets in the order in which they are asked."""

    targets: tuple[Target, ...]
    policy: Policy = Policy()
