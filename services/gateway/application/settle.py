"""settle: what the request used and cost, written to the journal before its answer ends."""

from functools import reduce
from operator import add

from opentelemetry import trace

from chassis.tracecontext import traceparent
from events import requests as events
from events.base import Money, Tokens
from events.cloudevents import encode
from events.requests import Outcome
from events.topics import REQUESTS
from resilience.clock import Clock
from resilience.errors import Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Journal
from services.gateway.domain.attempt import Attempt
from services.gateway.domain.plan import Plan
from services.gateway.domain.usage import Usage, dollars

SOURCE = "/seawall/gateway"


class Settle:
    """The last stage. Of requests that were refused before they were planned only the metrics tell."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def __call__(self, exchange: Exchange, outcome: Outcome, reason: Reason | None = None) -> None:
        """Settle once; a second call changes nothing. Raises Failure where the journal cannot be written."""
        if exchange.outcome is not None:
            return
        exchange.outcome = outcome
        exchange.reason = reason
        if exchange.plan is None and exchange.cache is None:
            return
        costs = [self._cost(exchange, attempt) for attempt in exchange.attempts]
        known = [cost for cost in costs if cost is not None]
        exchange.cost = sum(known) if len(known) == len(costs) else None
        await self._journal.append(
            encode(
                REQUESTS,
                self._event(exchange, costs),
                event_id=exchange.id,
                source=SOURCE,
                time=self._clock.now(),
                key=exchange.id,
                traceparent=traceparent(exchange.span) if exchange.span.is_recording() else None,
            )
        )

    def _cost(self, exchange: Exchange, attempt: Attempt) -> int | None:
        """Nanodollars; nothing for an attempt that used nothing, None where price or usage is not known."""
        if exchange.dialect.name.free:
            return 0
        if attempt.usage is None:
            return None if attempt.outcome is Outcome.SUCCEEDED else 0
        price = exchange.organization.price(attempt.target.name, exchange.started_at, exchange.project)
        # Whether there are images is known; how many, nobody counted.
        return None if price is None else price.cost(attempt.usage, None if exchange.chat.vision else 0)

    def _event(self, exchange: Exchange, costs: list[int | None]) -> events.RequestFinished:
        principal = exchange.principal
        context = exchange.span.get_span_context()
        now = self._clock.monotonic()
        used = [attempt.usage for attempt in exchange.attempts if attempt.usage is not None]
        return events.RequestFinished(
            request_id=exchange.id,
            organization=principal.organization,
            project=principal.project,
            key=principal.key,
            model=exchange.chat.model,
            operation=exchange.operation,
            stream=bool(exchange.stream),
            started_at=exchange.started_at,
            duration_ms=_ms(now - exchange.started),
            first_token_ms=None if exchange.first_token is None else _ms(exchange.first_token),
            outcome=exchange.outcome or Outcome.FAILED,
            reason=exchange.reason,
            target=exchange.target or None,
            tokens=_tokens(reduce(add, used)) if used else Tokens(),
            cost=_money(exchange.cost),
            trace_id=f"{context.trace_id:032x}" if context != trace.INVALID_SPAN_CONTEXT else None,
            criticality=exchange.criticality.label,
            cache=exchange.cache,
            continued_at=exchange.continued_at,
            degraded=exchange.degraded.value if exchange.degraded is not None else None,
            plan=_planned(exchange.plan) if exchange.plan is not None else (),
            attempts=tuple([_tried(*attempt, now) for attempt in zip(exchange.attempts, costs, strict=True)]),
        )


def _tried(attempt: Attempt, cost: int | None, now: float) -> events.Attempt:
    return events.Attempt(
        number=attempt.number,
        target=attempt.target.name,
        cause=attempt.cause,
        started_at=attempt.started_at,
        duration_ms=_ms(attempt.duration(now)),
        first_token_ms=None if attempt.first_token is None else _ms(attempt.first_token),
        outcome=attempt.outcome or Outcome.CANCELLED,
        reason=attempt.reason,
        vendor_status=attempt.vendor_status,
        tokens=None if attempt.usage is None else _tokens(attempt.usage),
        tokens_estimated=attempt.usage_estimated,
        cost=_money(cost),
    )


def _planned(plan: Plan) -> tuple[events.PlannedTarget, ...]:
    asked = [
        events.PlannedTarget(target=step.target.name, position=position, explanation=step.explanation)
        for position, step in enumerate(plan.steps, start=1)
    ]
    left_out = [
        events.PlannedTarget(target=one.target.name, position=0, explanation=one.explanation) for one in plan.left_out
    ]
    return (*asked, *left_out)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _money(nanos: int | None) -> Money | None:
    return None if nanos is None else Money(amount=dollars(nanos))


def _tokens(usage: Usage) -> Tokens:
    return Tokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cached_input=usage.cached_input_tokens,
        reasoning=usage.reasoning_tokens,
        cache_write=usage.cache_write_tokens,
    )
