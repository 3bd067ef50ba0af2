"""One attempt under way: its call, its record, and what is learned from how it goes."""

from collections import deque

from msgspec.structs import replace
from opentelemetry import trace

from chassis.tracecontext import traceparent
from events.requests import Outcome
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from resilience.timeout import Patience
from services.gateway.application.attempt.pursuit import Try, out_of_time
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Call, Envelope, Frame, Hop
from services.gateway.domain.attempt import Attempt
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.targets import IDLE_CEILING

WAITED = 0.001
"""Seconds between two frames from which on they were waited for, rather than read together."""

_tracer = trace.get_tracer("seawall.gateway")
_TOO_SLOW = frozenset({Reason.VENDOR_TIMEOUT, Reason.VENDOR_FIRST_TOKEN_TIMEOUT})


class Leg:
    """Open it, then read frame after frame until it has ended; close it in any case.

    `prefix`: text that the answer has already.
    """

    def __init__(self, exchange: Exchange, tried: Try, hop: Hop, clock: Clock, *, prefix: str = "") -> None:
        now = clock.monotonic()
        self.target = tried.step.target
        self._exchange = exchange
        self._tried = tried
        self._state = tried.step.state
        self._stream = bool(exchange.stream)
        self._pace = self._state.pace(stream=self._stream)
        self._deadline = exchange.deadline
        self._stated_idle = exchange.policy.idle_timeout
        self._clock = clock
        self._prefix = prefix
        self._patience: Patience | None = None
        self.attempt = Attempt(len(exchange.attempts) + 1, self.target, tried.cause, clock.now(), now)
        exchange.attempts.append(self.attempt)
        self._span = self._begin_span()
        remaining = exchange.deadline - now
        self._opened: deque[Frame] = deque()
        self._began = False
        self._told_at = 0
        self._closed = False
        self._hop = hop
        self._call: Call | None = None
        self._envelope = Envelope(
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

    async def open(self) -> None:
        """Read to the first content: a stream begins with a frame that has none, and may fail right after it.

        Raises Failure, or what cancelled it; it is closed then.
        """
        try:
            if not self._stream:
                self._opened.append(await self._next())
            else:
                self._opened.append(await self._first_frame())
                if not _has_content(self._opened[0]):
                    self._opened.append(await self._first_frame())
        except Failure as failure:
            self._fail(failure)
            raise
        except BaseException:
            self.close()
            raise
        self._began = True
        waited = self._clock.monotonic() - self.attempt.started
        if self._stream:
            self.attempt.first_token = waited
        self._pace.observe(waited)

    @property
    def ended(self) -> bool:
        """Whether the last frame was read, or it failed, or was closed."""
        return self.attempt.outcome is not None

    async def next(self) -> Frame:
        """The answer's next frame. Raises Failure where it breaks off, or is silent for too long; it is closed then."""
        if self._opened:
            frame = self._opened.popleft()
        else:
            idle, began = self._state.idle, self._clock.monotonic()
            silent_at = began + (self._stated_idle or idle.seconds or IDLE_CEILING)
            before_deadline = silent_at < self._deadline
            try:
                frame = await self._within(silent_at if before_deadline else self._deadline)
            except TimeoutError:
                failure = self._fell_silent(silent_at - began) if before_deadline else out_of_time()
                self._fail(failure)
                raise failure from None
            except Failure as failure:
                self._fail(failure)
                raise
            waited = self._clock.monotonic() - began
            if waited > WAITED:
                idle.observe(waited)
        if frame.text:
            self.attempt.characters += len(frame.text)
        if frame.usage is not None:
            self.attempt.usage, self._told_at = frame.usage, self.attempt.characters
        if frame.end:
            self._succeed()
        return frame

    def close(self) -> None:
        """End it, whether it was read to its end or not: the vendor's call is then cancelled."""
        if self._closed:
            return
        self._closed = True
        if self._patience is not None:
            self._patience.close()
        if self.attempt.ended is None:
            now = self._clock.monotonic()
            self.attempt.end(now, Outcome.CANCELLED, Reason.CANCELLED)
            self._tried.grant.abandon()
            if not self._began:
                self._give_up(now)
            self._estimate_usage()
        if self._call is not None:
            self._call.close()
        self._span.end()

    async def _first_frame(self) -> Frame:
        try:
            return await self._within(self.attempt.started + self._tried.within)
        except TimeoutError:
            raise VendorFailure(
                Reason.VENDOR_FIRST_TOKEN_TIMEOUT, f"No answer began within {self._tried.within:.3g} s.", retryable=True
            ) from None

    async def _within(self, until: float) -> Frame:
        """The next frame. Raises TimeoutError where it is not there at that time."""
        if self._patience is None:
            self._patience = Patience(self._clock)
        return await self._patience.wait(self._next(), until)

    async def _next(self) -> Frame:
        if self._call is None:
            self._call = await self._hop.call(self._envelope)
        return await self._call.next()

    def _fell_silent(self, seconds: float) -> Failure:
        if self._stated_idle is None:
            self._state.idle.expire()
        return VendorFailure(
            Reason.VENDOR_STREAM_STALLED, f"The stream was silent for {seconds:.3g} s.", retryable=True
        )

    def _succeed(self) -> None:
        attempt, now = self.attempt, self._clock.monotonic()
        attempt.end(now, Outcome.SUCCEEDED)
        duration = now - attempt.started
        self._tried.grant.succeed(duration, latency=duration if attempt.first_token is None else attempt.first_token)
        self._state.rested()
        if attempt.usage is not None and not self._prefix:
            self._state.tokens.learn(attempt.usage, self._exchange.chat, attempt.characters)

    def _fail(self, failure: Failure) -> None:
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
                self._pace.timeout.expire()
        if self._span.is_recording():
            self._span.set_status(trace.StatusCode.ERROR, failure.message)
            self._span.set_attribute("error.type", failure.reason.value)
        self.close()

    def _give_up(self, now: float) -> None:
        self._pace.given_up(now - self.attempt.started)

    def _estimate_usage(self) -> None:
        """What a call used that broke off or was not waited for any longer: vendors bill it and do not tell.

        Some tell at the beginning what the prompt was.
        """
        attempt, told = self.attempt, self.attempt.usage
        if self._exchange.dialect.name.free:
            return
        if told is None or self._told_at < attempt.characters:
            tokens = self._state.tokens
            about = tokens.usage(self._exchange.chat, attempt.characters, prefix=len(self._prefix))
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
