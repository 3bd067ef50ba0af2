"""A provider and one of its models."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.manifest import bounds
from services.config.domain.faults import at, hold, invalid
from services.config.domain.names import check_id

MAX_UPSTREAM_MODEL = 256


@dataclass(frozen=True)
class Capabilities:
    """What a target can do; the vendor's usual where None. `context_window` is tokens, not known where 0."""

    prefill: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    vision: bool | None = None
    context_window: int = 0


@dataclass(frozen=True)
class Target:
    """A provider (its id) and one of its models (as the vendor knows it); the gateway's default holds for None.

    `weight` and the shares `canary` and `shadow` are for a strategy to choose by, as is `quality`.
    """

    provider: str
    model: str
    weight: float | None = None
    quality: float | None = None
    canary: float = 0.0
    shadow: float = 0.0
    capabilities: Capabilities = Capabilities()

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where it cannot be a target."""
        check_id(self.provider, field="provider")
        if not 0 < len(self.model) <= MAX_UPSTREAM_MODEL or not self.model.isprintable() or " " in self.model:
            raise invalid("model", f"must be 1 to {MAX_UPSTREAM_MODEL} printable characters without spaces")
        hold("weight", self.weight, bounds.WEIGHT.check)
        hold("quality", self.quality, bounds.SHARE.check)
        hold("canary", self.canary, bounds.SHARE.check)
        hold("shadow", self.shadow, bounds.SHARE.check)
        hold("capabilities.context_window", self.capabilities.context_window, bounds.CONTEXT_WINDOW.check)

    def check_spare(self) -> None:
        """Raise Failure(INVALID_REQUEST) where it says something that a strategy would have to choose by."""
        spare = Target(self.provider, self.model, capabilities=self.capabilities)
        for field in ("weight", "quality", "canary", "shadow"):
            if getattr(self, field) != getattr(spare, field):
                raise invalid(
                    field, "says nothing here: these targets are asked in the order in which they are written"
                )


def check_targets(field: str, targets: Sequence[Target]) -> None:
    """Raise Failure(INVALID_REQUEST) where there are too many, or one is wrong or there twice."""
    hold(field, len(targets), bounds.TARGETS.check)
    seen = set()
    for index, target in enumerate(targets):
        with at(f"{field}[{index}]"):
            target.check()
        if (name := (target.provider, target.model)) in seen:
            raise invalid(f"{field}[{index}]", "is there twice")
        seen.add(name)


def check_spares(field: str, targets: Sequence[Target]) -> None:
    """As `check_targets`, for targets that no strategy chooses among."""
    check_targets(field, targets)
    for index, target in enumerate(targets):
        with at(f"{field}[{index}]"):
            target.check_spare()
