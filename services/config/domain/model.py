"""A name that callers ask for, and where its requests go."""

from dataclasses import dataclass, field
from datetime import timedelta

from services.config.domain.faults import at, invalid
from services.config.domain.names import ORGANIZATION, PROVIDER, check_id, organization_of
from services.config.domain.resource import Reference

ORDERED = "ordered"
STRATEGIES = (ORDERED,)

MAX_TARGETS = 32
MAX_UPSTREAM_MODEL = 256
MAX_TIMEOUT = timedelta(hours=1)
MAX_RETRIES = 10


@dataclass(frozen=True)
class Target:
    """A provider (its id) and one of its models (as the vendor knows it)."""

    provider: str
    model: str

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where it cannot be a target."""
        check_id(self.provider, field="provider")
        if not 0 < len(self.model) <= MAX_UPSTREAM_MODEL or not self.model.isprintable() or " " in self.model:
            raise invalid("model", f"must be 1 to {MAX_UPSTREAM_MODEL} printable characters without spaces")


@dataclass(frozen=True)
class Policy:
    """How hard a route tries; the gateway's default holds where a value is None."""

    timeout: timedelta | None = None
    first_token_timeout: timedelta | None = None
    retries: int | None = None

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a value is out of bounds."""
        for name, value in (("timeout", self.timeout), ("first_token_timeout", self.first_token_timeout)):
            if value is not None and not timedelta() < value <= MAX_TIMEOUT:
                raise invalid(name, f"must be more than 0 s and at most {MAX_TIMEOUT.total_seconds():.0f} s")
        if self.retries is not None and not 0 <= self.retries <= MAX_RETRIES:
            raise invalid("retries", f"must be from 0 to {MAX_RETRIES}")


@dataclass(frozen=True)
class Route:
    """The targets of a model, in the order in which the strategy considers them."""

    targets: tuple[Target, ...]
    strategy: str = ORDERED
    policy: Policy = field(default_factory=Policy)

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where it leads nowhere."""
        if self.strategy not in STRATEGIES:
            raise invalid("strategy", f"must be one of {', '.join(STRATEGIES)}")
        if not 0 < len(self.targets) <= MAX_TARGETS:
            raise invalid("targets", f"must be from 1 to {MAX_TARGETS}")
        for index, target in enumerate(self.targets):
            with at(f"targets[{index}]"):
                target.check()
            if target in self.targets[:index]:
                raise invalid(f"targets[{index}]", "is there twice")
        with at("policy"):
            self.policy.check()


@dataclass(frozen=True)
class Model:
    """A name that callers ask for."""

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
            Reference(f"route.targets[{index}].provider", PROVIDER.name(organization, target.provider))
            for index, target in enumerate(self.route.targets)
        )

    def check(self) -> None:
        """See Resource."""
        with at("route"):
            self.route.check()
