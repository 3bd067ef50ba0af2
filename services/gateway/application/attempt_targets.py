"""attempt: ask the plan's targets until one answers; once its answer has begun, there is no way back."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from opentelemetry import trace

from chassis.tracecontext import traceparent
from events.requests import Outcome
from resilience.backoff import Backoff
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Envelope, Frame, Hop
from services.gateway.domain.attempt import Attempt
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.plan import Plan
from services.gateway.domain.recovery import Recovery, recovery_from
from services.gateway.domain.route import Policy, Target

RETRY_FIRST = 0.05
RETRY_CAP = 0.5
"""Seconds of back-off before the same target is asked again."""

_tracer = trace.get_tracer("seawall.gateway")


@dataclass(slots=True)
class _Opened:
    """An attempt whose answer has begun: the frames that were read to know so, and those to come."""

    attempt: Attempt
    frames: list[Frame]
    rest: AsyncGenerator[Frame, None]


class AttemptTargets:
    """The stage."""

    def __init__(self, hop: Hop, clock: Clock, rng: random.Random) -> None:
        self._hop = hop
        self._clock = clock
        self._rng = rng

    async def __call__(self, exchange: Exchange) -> AsyncGenerator[Frame, None]:
        """Yield the first answer that begins. Raises the last Failure where none does, or where it breaks off."""
        assert exchange.plan is not None, "plan comes first"  # noqa: S101
        opened = await self._first_answer(exchange, exchange.plan)
        attempt = opened.attempt
        try:
            for frame in opened.frames:
                self._note(exchange, attempt, frame)
                yield frame
            async for frame in opened.rest:
                self._note(exchange, attempt, frame)
                yield frame
        except Failure as failure:
            self._fail(attempt, failure)
            raise
        finally:
            attempt.end(self._clock.monotonic(), Outcome.CANCELLED, Reason.CANCELLED)
            await opened.rest.aclose()

    async def _first_answer(self, exchange: Exchange, plan: Plan) -> _Opened:
        for step in plan.steps:
            backoff = Backoff(first=RETRY_FIRST, cap=RETRY_CAP, rng=self._rng)
            retries = plan.policy.retries
            while True:
                try:
                    return await self._open(exchange, step.target, plan.policy)
                except Failure as failure:
                    last = failure
                recovery = recovery_from(last.reason)
                if recovery is Recovery.STOP:
                    raise last
                if recovery is Recovery.NEXT or retries == 0:
                    break
                retries -= 1
                await self._clock.sleep(backoff.next())
        raise last

    async def _open(self, exchange: Exchange, target: Target, policy: Policy) -> _Opened:
        """Begin an attempt and read as far as its first content."""
        now = self._clock.monotonic()
        remaining = exchange.deadline - now
        if remaining <= 0:
            raise Failure(Reason.DEADLINE_EXCEEDED, "The time allowed for the request is over.", retryable=True)
        until_first = min(remaining, policy.first_token_timeout or remaining)
        attempt = Attempt(len(exchange.attempts) + 1, target, self._clock.now(), now)
        exchange.attempts.append(attempt)
        span = self._begin_span(exchange, attempt)
        frames = self._hop.call(
            Envelope(
                request_id=exchange.id,
                attempt=attempt.number,
                organization=exchange.organization.id,
                target=target,
                body=exchange.body,
                stream=bool(exchange.stream),
                timeout=remaining if exchange.stream else until_first,
                traceparent=traceparent(span) if span.is_recording() else "",
            )
        )
        try:
            return _Opened(attempt, await self._first_frames(exchange, frames, until_first), frames)
        except Failure as failure:
            self._fail(attempt, failure)
            span.set_status(trace.StatusCode.ERROR, failure.message)
            span.set_attribute("error.type", failure.reason.value)
            raise
        except BaseException:
            attempt.end(self._clock.monotonic(), Outcome.CANCELLED, Reason.CANCELLED)
            await frames.aclose()
            raise
        finally:
            span.end()

    async def _first_frames(
        self, exchange: Exchange, frames: AsyncGenerator[Frame, None], within: float
    ) -> list[Frame]:
        """The frames up to the first content: a stream opens with one that has none, and may fail right after it."""
        if not exchange.stream:
            return [await anext(frames)]
        try:
            async with asyncio.timeout(within):
                first = await anext(frames)
                if first.text or first.finish_reason or first.end:
                    return [first]
                return [first, await anext(frames)]
        except TimeoutError:
            await frames.aclose()
            raise VendorFailure(
                Reason.VENDOR_FIRST_TOKEN_TIMEOUT, f"No answer began within {within:.3g} s.", retryable=True
            ) from None

    def _note(self, exchange: Exchange, attempt: Attempt, frame: Frame) -> None:
        now = self._clock.monotonic()
        if exchange.stream and attempt.first_token is None:
            attempt.first_token = now - attempt.started
            exchange.first_token = now - exchange.started
        if frame.usage is not None:
            attempt.usage = frame.usage
        if frame.end:
            attempt.end(now, Outcome.SUCCEEDED)

    def _fail(self, attempt: Attempt, failure: Failure) -> None:
        status = failure.status if isinstance(failure, VendorFailure) else None
        attempt.end(self._clock.monotonic(), Outcome.FAILED, failure.reason, status)

    def _begin_span(self, exchange: Exchange, attempt: Attempt) -> trace.Span:
        if not exchange.span.is_recording():
            return trace.INVALID_SPAN
        return _tracer.start_span(
            f"attempt {attempt.target.name}",
            context=trace.set_span_in_context(exchange.span),
            kind=trace.SpanKind.CLIENT,
            attributes={"seawall.target": attempt.target.name, "seawall.attempt": attempt.number},
        )
