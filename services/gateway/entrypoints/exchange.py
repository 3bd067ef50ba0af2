"""How a request, whatever it came by, begins its way through the stages."""

import random
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from opentelemetry import trace

from chassis.tracecontext import start_server_span
from events.requests import Outcome
from resilience.clock import Clock
from services.gateway import metrics
from services.gateway.application.answer import Answer
from services.gateway.application.complete_chat import Complete
from services.gateway.application.exchange import Exchange
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.options import Options
from services.gateway.domain.pressure import Pressure

_tracer = trace.get_tracer("seawall.gateway")


_ids = random.Random()  # noqa: S311 - ids are no secrets; seeded by the system


def new_request_id() -> str:
    """An id that no other request has."""
    return f"req_{_ids.getrandbits(96):024x}"


class Exchanges:
    """Opens exchanges, and sees to it that each one ends: its span, its metrics, the vendor's call."""

    def __init__(self, complete: Complete, pressure: Pressure, clock: Clock) -> None:
        self.complete = complete
        """Answers an exchange; see CompleteChat."""
        self._pressure = pressure
        self._clock = clock
        metrics.pressure.watch(pressure)

    def open(
        self,
        *,
        secret: str | None,
        body: bytes,
        stream: bool | None,
        options: Options,
        traceparent: str | None,
        dialect: Dialect,
        headers: Mapping[str, str] | None = None,
    ) -> "Opened":
        """An exchange, which begins now. `stream`: None where the body says. `headers`: see Exchange."""
        exchange = Exchange(
            id=new_request_id(),
            secret=secret,
            body=body,
            stream=stream,
            options=options,
            started_at=self._clock.now(),
            started=self._clock.monotonic(),
            span=start_server_span(_tracer, dialect.operation, traceparent),
            dialect=dialect,
            operation=dialect.operation,
            headers=headers or {},
        )
        self._pressure.requests += 1
        return Opened(self, exchange)

    def end(self, exchange: Exchange) -> None:
        """Tell of it what is told once it is over."""
        self._pressure.requests -= 1
        requests = metrics.requests.of(exchange.outcome or Outcome.FAILED, exchange.reason or "")
        requests.record(self._clock.monotonic() - exchange.started)
        if exchange.cache is not None:
            metrics.recalled.of(exchange.cache).add()
        if exchange.degraded is not None:
            metrics.degraded.of(exchange.degraded).add()
        for attempt in exchange.attempts:
            outcome = attempt.outcome or Outcome.CANCELLED
            metrics.attempts.of(attempt.target.name, attempt.cause, outcome, attempt.reason or "").add()
        span = exchange.span
        if span.is_recording():
            if exchange.plan is not None or exchange.cache is not None:
                span.update_name(f"{exchange.operation} {exchange.chat.model}")
                span.set_attribute("gen_ai.request.model", exchange.chat.model)
            span.set_attribute("gen_ai.operation.name", exchange.operation)
            span.set_attribute("seawall.request.id", exchange.id)
            if exchange.reason is not None:
                span.set_attribute("error.type", exchange.reason.value)
                span.set_status(trace.StatusCode.ERROR)
        span.end()


class Opened:
    """An exchange that has begun; a context manager, which must be entered: leaving it ends the work for the answer."""

    __slots__ = ("_answer", "_exchanges", "exchange")

    def __init__(self, exchanges: Exchanges, exchange: Exchange) -> None:
        self.exchange = exchange
        self._exchanges = exchanges
        self._answer: Answer | None = None

    async def answer(self) -> Answer:
        """The answer, once it has begun; asked for once. Raises Failure; so does the answer where it breaks off."""
        answer = self._answer = await self._exchanges.complete(self.exchange)
        return answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._answer is not None:
                await self._answer.aclose()
        finally:
            self._exchanges.end(self.exchange)
