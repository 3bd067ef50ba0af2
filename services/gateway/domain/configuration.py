"""What is set, as one request sees it: immutable, replaced as a whole when something changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chassis.principal import Principal
from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from services.gateway.domain.route import Capabilities, Policy, Route, Target
from services.gateway.domain.usage import Price


@dataclass(frozen=True, slots=True)
class Key:
    """A key that callers authenticate with."""

    principal: Principal
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A price and when it begins to be in force."""

    effective_at: datetime
    price: Price


Prices = Mapping[str, tuple[DatedPrice, ...]]
"""What each of some names costs, latest first."""


@dataclass(frozen=True, slots=True)
class Project:
    """A group of keys with the same models and limits."""

    models: frozenset[str] = frozenset()
    """Models that its keys may ask for; every model where empty."""
    requests_per_minute: int = 0
    """No limit where 0."""
    criticality: Criticality = Criticality.DEFAULT
    """Of requests that say nothing."""
    policy_overrides: bool = False
    """Whether requests may set parts of the route's policy for themselves, and call themselves more critical."""
    prices: Prices = field(default_factory=dict)
    """What it pays instead of what the organization does, by target name."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    id: str
    projects: Mapping[str, Project] = field(default_factory=dict)
    providers: Mapping[str, Capabilities] = field(default_factory=dict)
    """Each with what its vendor's models usually can do."""
    models: Mapping[str, Route] = field(default_factory=dict)
    prices: Prices = field(default_factory=dict)
    """By target name."""
    list_prices: Mapping[str, Prices] = field(default_factory=dict)
    """By the names that a provider's vendor has for its models, of each provider at its vendor's own address."""

    def route(self, model: str, project: Project) -> Route:
        """Where `model` goes: a model that is set, or `provider/model`. Raises Failure(MODEL_NOT_FOUND)."""
        if not project.models or model in project.models:
            if (route := self.models.get(model)) is not None:
                return route
            provider, _, upstream = model.partition("/")
            if upstream and provider in self.providers:
                return Route((Target(provider, upstream, capabilities=self.providers[provider]),), Policy())
        # A model that the project may not use is not told from one that is not there.
        raise Failure(Reason.MODEL_NOT_FOUND, f"There is no model {model[:200]!r}.", detail={"param": "model"})

    def price(self, target: str, at: datetime, project: Project) -> Price | None:
        """What `project` pays for `target` at a time: its own price, the organization's, the vendor's list price.

        None where nobody said.
        """
        provider, _, model = target.partition("/")
        for prices in (
            project.prices.get(target, ()),
            self.prices.get(target, ()),
            self.list_prices.get(provider, {}).get(model, ()),
        ):
            for dated in prices:
                if dated.effective_at <= at:
                    return dated.price
        return None

    def models_of(self, project: Project) -> list[str]:
        """Names that the project's keys may ask for, sorted."""
        return sorted(name for name in self.models if not project.models or name in project.models)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is set, at one version."""

    version: int = 0
    keys: Mapping[bytes, Key] = field(default_factory=dict)
    """By the digest of their secret."""
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    served_at: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """`host:port` of the providers service, by organization and provider; of all others, where it usually is."""
