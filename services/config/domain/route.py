"""Where a model's requests go."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from chassis.manifest import bounds
from services.config.domain.faults import at, hold, invalid
from services.config.domain.policy import Policy
from services.config.domain.target import Target, check_targets

_ROUNDING = 1e-9
"""Shares that are written in decimals add up to 1 only nearly."""


@dataclass(frozen=True)
class Balance:
    """How much each counts for the strategy `balanced`, relative to the others."""

    latency: float = 0.0
    cost: float = 0.0
    quality: float = 0.0

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a value is out of bounds."""
        hold("latency", self.latency, bounds.WEIGHT.check)
        hold("cost", self.cost, bounds.WEIGHT.check)
        hold("quality", self.quality, bounds.WEIGHT.check)


@dataclass(frozen=True)
class Route:
    """The targets of a model, and how one is chosen; the gateway's default holds where `balance` is None."""

    targets: tuple[Target, ...]
    strategy: str = bounds.ORDERED
    policy: Policy = field(default_factory=Policy)
    balance: Balance | None = None
    affinity: bool = False

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where it leads nowhere, or a value is out of bounds."""
        hold("strategy", self.strategy, bounds.STRATEGIES.check)
        check_targets("targets", self.targets)
        if all(target.weight == 0 for target in self.targets):
            raise invalid("targets", "must have a weight above 0 among them")
        for share in ("canary", "shadow"):
            if math.fsum(getattr(target, share) for target in self.targets) > 1 + _ROUNDING:
                raise invalid("targets", f"must have {share} shares of at most 1 together")
        with at("policy"):
            self.policy.check()
        if self.balance is not None:
            with at("balance"):
                self.balance.check()
            if self.balance == Balance():
                raise invalid("balance", "must have a value above 0")

    def all_targets(self) -> Iterator[tuple[str, Target]]:
        """Each target that a request may reach, and where it is named."""
        for index, target in enumerate(self.targets):
            yield f"targets[{index}]", target
        for path, target in self.policy.targets():
            yield f"policy.{path}", target
