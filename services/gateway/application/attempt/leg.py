"""One attempt under way: its call, its record, and what is learned from how it goes."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from opentelemetry import trace

from chassis.tracecontext import traceparent
from events.requests import Outcome
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from resilience.timeout import Patience
from services.gateway.application.attempt.pursuit import Try
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Envelope, Frame, Hop
from services.gateway.domain.attempt import Attempt
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.targets import IDLE_CEILING

WAITED = 0.001
"""Seconds between two frames from which on they were waited for, rather than read together."""

_tracer = trace.get_tracer("seawall.gateway")
_TOO_SLOW = frozenset({Reason.VENDOR_TIMEOUT, Reason.VENDOR_FIRST_TOKEN_TIMEOUT})


class Leg:
    """Open it, then read its frames, once each; close it in any case. `prefix`: text that the answer has already."""

    def __init__(self, exchange: Exchange, tried: Try, hop: Hop, clock: Clock, *, prefix: str = "") -> None:
        now = clock.monotonic()
        self.target = tried.step.target
        self._exchange = exchange
        self._tried = tried
        self._state = tried.step.state
        self._stream = bool(exchange.stream)
        self._clock = clock
        self._prefix = prefix
        self._patience = Patience(clock)
        self.attempt = Attempt(len(exchange.attempts) + 1, self.target, tried.cause, clock.now(), now)
        exchange.attempts.append(self.attempt)
        self._span = self._begin_span()
        remaining = exchange.deadline - now
        self._opened: list[Frame] = []
        self._began = False
        self._told_at = 0
        self._closed = False
        self._rest = hop.call(
            Envelope(
                request_id=exchange.id,
                attempt=self.attempt.number,
                organization=exchange.organization.id,
                target=self.target,
                body=exchange.body,
                stream=self._stream,
                timeout=remaining if self._stream else min(remaining, tried.within),
                traceparent=traceparent(self._span) if self._span.is_recording() else "",
                dialect=exchange.dialect.name,
                unsupported=exchange.policy.unsupported,
                headers=exchange.headers,
                prefix=prefix,
            )
        )

    async def open(self) -> None:
        """Read to the first content: a stream begins with a frame that has none, and may fail right after it.

        Raises Failure, or what cancelled it; it is closed then.
        """
        try:
            await self._open()
        except Failure as failure:
            await self._fail(failure)
            raise
        except BaseException:
            await self.close()
            raise

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """The answer; the last frame has `end`. Raises Failure where it breaks off."""
        try:
            for frame in self._opened:
                self._note(frame)
                yield frame
            while not self.attempt.outcome:
                frame = await self._next()
                self._note(frame)
                yield frame
        except Failure as failure:
            await self._fail(failure)
            raise
        finally:
            await self.close()

    async def close(self) -> None:
        """End it, whether it was read to its end or not: the vendor's call is then cancelled."""
        if self._closed:
            return
        self._closed = True
        self._patience.close()
        if self.attempt.ended is None:
            now = self._clock.monotonic()
            self.attempt.end(now, Outcome.CANCELLED, Reason.CANCELLED)
            self._tried.grant.abandon()
            if not self._began:
                self._give_up(now)
            self._estimate_usage()
        await self._rest.aclose()
        self._span.end()

    async def _open(self) -> None:
        if not self._stream:
            self._opened.append(await anext(self._rest))
        else:
            while len(self._opened) < 2 and not (self._opened and _has_content(self._opened[-1])):  # noqa: PLR2004
                self._opened.append(await self._first_frame())
        self._began = True
        now = self._clock.monotonic()
        self._state.pace(stream=self._stream).observe(now - self.attempt.started)

    async def _first_frame(self) -> Frame:
        try:
            return await self._patience.wait(anext(self._rest), self.attempt.started + self._tried.within)
        except TimeoutError:
            raise VendorFailure(
                Reason.VENDOR_FIRST_TOKEN_TIMEOUT, f"No answer began within {self._tried.within:.3g} s.", retryable=True
            ) from None

    async def _next(self) -> Frame:
        """The next frame, within the time that may pass between two."""
        began = self._clock.monotonic()
        stated, deadline = self._exchange.policy.idle_timeout, self._exchange.deadline
        idle = stated or self._state.idle.seconds or IDLE_CEILING
        until = began + idle
        try:
            frame = await self._patience.wait(anext(self._rest), min(until, deadline))
        except TimeoutError:
            if until >= deadline:
                raise Failure(
                    Reason.DEADLINE_EXCEEDED, "The time allowed for the request is over.", retryable=True
                ) from None
            if stated is None:
                self._state.idle.expire()
            raise VendorFailure(
                Reason.VENDOR_STREAM_STALLED, f"The stream was silent for {idle:.3g} s.", retryable=True
            ) from None
        waited = self._clock.monotonic() - began
        if waited > WAITED:
            self._state.idle.observe(waited)
        return frame

    def _note(self, frame: Frame) -> None:
        attempt = self.attempt
        if self._stream and attempt.first_token is None:
            now = self._clock.monotonic()
            attempt.first_token = now - attempt.started
            if self._exchange.first_token is None:
                self._exchange.first_token = now - self._exchange.started
        attempt.characters += len(frame.text)
        if frame.usage is not None:
            attempt.usage, self._told_at = frame.usage, attempt.characters
        if frame.end:
            self._succeed()

    def _succeed(self) -> None:
        attempt, now = self.attempt, self._clock.monotonic()
        attempt.end(now, Outcome.SUCCEEDED)
        duration = now - attempt.started
        self._tried.grant.succeed(duration, latency=duration if attempt.first_token is None else attempt.first_token)
        self._state.rested()
        if attempt.usage is not None and not self._prefix:
            self._state.tokens.learn(attempt.usage, len(self._exchange.body), attempt.characters)

    async def _fail(self, failure: Failure) -> None:
        attempt, now = self.attempt, self._clock.monotonic()
        if attempt.ended is not None:
            return
        status = failure.status if isinstance(failure, VendorFailure) else None
        attempt.end(now, Outcome.FAILED, failure.reason, status)
        self._tried.grant.fail(failure.reason, now - attempt.started)
        if failure.reason is Reason.VENDOR_RATE_LIMITED:
            self._state.rest(failure)
        slow = failure.reason in _TOO_SLOW
        if self._began or (slow and status is None):
            self._estimate_usage()
        if slow and not self._began:
            self._give_up(now)
            if self._tried.learned:
                self._state.pace(stream=self._stream).timeout.expire()
        if self._span.is_recording():
            self._span.set_status(trace.StatusCode.ERROR, failure.message)
            self._span.set_attribute("error.type", failure.reason.value)
        await self.close()

    def _give_up(self, now: float) -> None:
        self._state.pace(stream=self._stream).given_up(now - self.attempt.started)

    def _estimate_usage(self) -> None:
        """What a call used that broke off or was not waited for any longer: vendors bill it and do not tell.

        Some tell at the beginning what the prompt was.
        """
        attempt, told = self.attempt, self.attempt.usage
        if self._exchange.dialect.name.free:
            return
        if told is None or self._told_at < attempt.characters:
            sent = len(self._exchange.body) + len(self._prefix)
            about = self._state.tokens.usage(sent, attempt.characters)
            attempt.usage = about if told is None else replace(told, output_tokens=about.output_tokens)
            attempt.usage_estimated = True

    def _begin_span(self) -> trace.Span:
        if not self._exchange.span.is_recording():
            return trace.INVALID_SPAN
        return _tracer.start_span(
            f"attempt {self.target.name}",
            context=trace.set_span_in_context(self._exchange.span),
            kind=trace.SpanKind.CLIENT,
            attributes={
                "seawall.target": self.target.name,
                "seawall.attempt": self.attempt.number,
                "seawall.attempt.cause": self._tried.cause.value,
            },
        )


def _has_content(frame: Frame) -> bool:
    return bool(frame.text or frame.finish_reason or frame.end)
