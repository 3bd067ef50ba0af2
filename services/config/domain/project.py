"""A group of keys with the same models and limits."""

from dataclasses import dataclass

from chassis.manifest import bounds
from resilience.criticality import Criticality
from services.config.domain.faults import hold, invalid
from services.config.domain.names import MODEL, ORGANIZATION, check_id, organization_of
from services.config.domain.resource import Reference

MAX_MODELS = 1000
DEFAULT_CRITICALITY = Criticality.DEFAULT.label


@dataclass(frozen=True)
class Project:
    """What its keys may ask for (every model where `models` is empty) and use (no limit where 0).

    Requests that say nothing have its `criticality`; with `policy_overrides` they may change their route's policy.
    """

    name: str
    models: tuple[str, ...] = ()
    requests_per_minute: int = 0
    criticality: str = DEFAULT_CRITICALITY
    policy_overrides: bool = False

    @property
    def owner(self) -> str:
        """See Resource."""
        return ORGANIZATION.name(organization_of(self.name))

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        organization = organization_of(self.name)
        return tuple(
            Reference(f"models[{index}]", MODEL.name(organization, model)) for index, model in enumerate(self.models)
        )

    def check(self) -> None:
        """See Resource."""
        if len(self.models) > MAX_MODELS:
            raise invalid("models", f"must be at most {MAX_MODELS}")
        if len(set(self.models)) != len(self.models):
            raise invalid("models", "must name each model once")
        for index, model in enumerate(self.models):
            check_id(model, field=f"models[{index}]")
        if self.requests_per_minute < 0:
            raise invalid("limits.requests_per_minute", "must not be negative")
        hold("criticality", self.criticality, bounds.CRITICALITIES.check)
