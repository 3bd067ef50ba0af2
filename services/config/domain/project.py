"""A group of keys with the same models and limits."""

from dataclasses import dataclass

from services.config.domain.faults import invalid
from services.config.domain.names import MODEL, ORGANIZATION, check_id, organization_of
from services.config.domain.resource import Reference

MAX_MODELS = 1000


@dataclass(frozen=True)
class Project:
    """What its keys may ask for (every model where `models` is empty) and use (no limit where 0)."""

    name: str
    models: tuple[str, ...] = ()
    requests_per_minute: int = 0

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
