"""guard: what does the caller ask, of a model and of Seawall, and may it? Only what the gateway must know is read."""

from dataclasses import replace

from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.domain.options import Overrides
from services.gateway.domain.route import Policy


class Guard:
    """The stage."""

    async def __call__(self, exchange: Exchange) -> None:
        """Read the body, find the route and the deadline. Raises Failure(INVALID_REQUEST, MODEL_NOT_FOUND ...)."""
        exchange.chat = exchange.dialect.read(exchange.body)
        if exchange.stream is None:
            exchange.stream = exchange.chat.stream
        exchange.route = exchange.organization.route(exchange.chat.model, exchange.project)
        exchange.policy = _policy(exchange)
        allowed = exchange.policy.timeout
        if exchange.options.timeout is not None:
            allowed = min(allowed, exchange.options.timeout)
        exchange.deadline = exchange.started + allowed


def _policy(exchange: Exchange) -> Policy:
    overrides = exchange.options.overrides
    if overrides is None:
        return exchange.route.policy
    if not exchange.project.policy_overrides:
        raise Failure(
            Reason.PERMISSION_DENIED,
            f"Requests of project {exchange.principal.project} may not set their own policy.",
            detail={"param": "policy"},
        )
    set_ = {name: value for name in Overrides.__slots__ if (value := getattr(overrides, name)) is not None}
    return replace(exchange.route.policy, **set_)
