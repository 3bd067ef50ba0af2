"""plan: which targets, in which order, and why."""

import random

from resilience.clock import Clock
from services.gateway.application.exchange import Exchange
from services.gateway.domain.plan import Planner, Request
from services.gateway.domain.route import Target
from services.gateway.domain.targets import Targets, TargetState
from services.gateway.domain.token_estimate import TokenEstimate
from services.gateway.domain.usage import NANOS_PER_DOLLAR, Usage


class PlanRequest:
    """The stage."""

    def __init__(self, targets: Targets, clock: Clock, rng: random.Random) -> None:
        self._targets = targets
        self._planner = Planner(clock, rng)

    async def __call__(self, exchange: Exchange) -> None:
        """Order the targets of the model's route. Raises Failure(NO_CAPABLE_TARGET)."""
        organization, project, free = exchange.organization, exchange.project, exchange.dialect.name.free

        def state(target: Target) -> TargetState:
            return self._targets.of(organization.id, target.name, free=free)

        def cost(target: Target, estimate: TokenEstimate) -> float | None:
            price = organization.price(target.name, exchange.started_at, project)
            if price is None:
                return None
            tokens = estimate.prompt(exchange.chat)
            nanos = price.cost(Usage(tokens, tokens), None if exchange.chat.vision else 0)
            return None if nanos is None else nanos / NANOS_PER_DOLLAR

        exchange.plan = self._planner.plan(
            Request(exchange.id, exchange.options.session, exchange.chat, exchange.route, exchange.policy, state, cost)
        )
