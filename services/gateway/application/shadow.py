"""shadow: copies of requests for targets that are being tried out: nobody sees the answers, the ledger does."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Self

from opentelemetry import trace

from events.requests import Cause, Outcome
from resilience.balance import split
from resilience.clock import Clock
from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.exchange import Exchange
from services.gateway.application.settle import Settle
from services.gateway.domain.plan import Plan, Step
from services.gateway.domain.route import Continuation, Target
from services.gateway.domain.targets import Targets

MOST = 100
"""Copies under way at a time; beyond, none are made."""
OPERATION = "shadow"
"""What the ledger calls them."""


class Shadow:
    """Makes copies beside the requests, which do not wait for them. An async context manager that owns them."""

    def __init__(self, attempt: AttemptTargets, targets: Targets, settle: Settle, clock: Clock) -> None:
        self._attempt = attempt
        self._targets = targets
        self._settle = settle
        self._clock = clock
        self._copies: set[asyncio.Task[None]] = set()

    def __call__(self, exchange: Exchange) -> None:
        """Begin the copies that the route wants of this request; none of what says nothing of how a target answers."""
        if exchange.dialect.name.free:
            return
        for target in exchange.route.targets:
            if (
                target.shadow
                and len(self._copies) < MOST
                and split(target.shadow, f"shadow/{target.name}/{exchange.id}")
            ):
                copy = asyncio.create_task(self._send(self._copy(exchange, target)), name="shadow")
                self._copies.add(copy)
                copy.add_done_callback(self._copies.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for copy in self._copies:
            copy.cancel()
        await asyncio.gather(*self._copies, return_exceptions=True)

    async def _send(self, copy: Exchange) -> None:
        """Ask, and account for it whatever comes of it."""
        outcome: Outcome = Outcome.SUCCEEDED
        reason: Reason | None = None
        try:
            answer = await self._attempt(copy, copy.plan.steps if copy.plan else (), Cause.SHADOW)
            async with aclosing(answer.frames()) as frames, aclosing(answer):
                async for _ in frames:
                    pass
        except Failure as failure:
            outcome, reason = Outcome.FAILED, failure.reason
        except asyncio.CancelledError:
            outcome, reason = Outcome.CANCELLED, Reason.CANCELLED
            raise
        finally:
            await self._settle(copy, outcome, reason)

    def _copy(self, exchange: Exchange, target: Target) -> Exchange:
        """A request of its own that is asked of one target once, and gives way to all others."""
        now = self._clock.monotonic()
        copy = Exchange(
            id=f"{exchange.id}_{OPERATION}",
            secret=None,
            body=exchange.body,
            stream=exchange.stream,
            options=exchange.options,
            started_at=self._clock.now(),
            started=now,
            span=trace.INVALID_SPAN,
            dialect=exchange.dialect,
            operation=OPERATION,
            headers=exchange.headers,
        )
        copy.principal = exchange.principal
        copy.organization = exchange.organization
        copy.project = exchange.project
        copy.criticality = Criticality.SHEDDABLE
        copy.chat = exchange.chat
        copy.route = exchange.route
        copy.policy = replace(exchange.policy, max_attempts=1, hedge=False, continuation=Continuation.ERROR)
        copy.deadline = now + exchange.policy.timeout
        state = self._targets.of(exchange.organization.id, target.name)
        copy.plan = Plan((Step(target, state, f"shadow: a copy of {target.shadow:.3g} of the requests"),))
        return copy
