"""plan: which targets, in which order, and why."""

from resilience.clock import Clock
from services.gateway.application.exchange import Exchange
from services.gateway.domain.plan import DownTargets, order


class PlanRequest:
    """The stage."""

    def __init__(self, down: DownTargets, clock: Clock) -> None:
        self._down = down
        self._clock = clock

    async def __call__(self, exchange: Exchange) -> None:
        """Order the targets of the model's route and set the deadline. Raises Failure(MODEL_NOT_FOUND)."""
        organization, project, chat = exchange.organization, exchange.project, exchange.chat
        route = organization.route(chat.model, project)
        allowed = route.policy.timeout
        if exchange.timeout is not None:
            allowed = min(allowed, exchange.timeout)
        exchange.deadline = exchange.started + allowed
        exchange.plan = order(organization.id, route, self._down, self._clock.monotonic())
