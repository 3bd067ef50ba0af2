"""What calls to vendors show of themselves: OpenTelemetry's GenAI metrics and spans (semantic conventions 1.41)."""

import time
from types import TracebackType
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context

from chassis.tracecontext import sampled_parent_of, traceparent
from resilience.errors import Failure
from services.providers.domain.envelope import Envelope
from services.providers.metrics import DURATION, FAILURES

_tracer = trace.get_tracer("seawall.providers")


class TelemetryObserver:
    """See Observer."""

    def attempt(self, envelope: Envelope, *, vendor: str, host: str) -> "ObservedAttempt":
        """See Observer."""
        return ObservedAttempt(envelope, vendor, host)


class ObservedAttempt:
    """One call. A span is made only where the caller's trace is sampled: anything else would cost and tell nothing."""

    def __init__(self, envelope: Envelope, vendor: str, host: str) -> None:
        self.traceparent = ""
        self._vendor = vendor
        self._operation = envelope.dialect.operation
        self._span: trace.Span | None = None
        parent = sampled_parent_of(envelope.traceparent)
        if parent is not None:
            self._span = _start_span(parent, envelope, vendor, host)
            self.traceparent = traceparent(self._span)
        self._began = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._began
        why = None if error is None else _type_of(error)
        DURATION.of(self._operation, self._vendor, why).record(seconds)
        if why is not None:
            FAILURES.of(self._vendor, why).add()
        if self._span is not None:
            if why is not None:
                self._span.set_attribute("error.type", why)
                self._span.set_status(trace.StatusCode.ERROR)
            self._span.end()


def _start_span(parent: Context, envelope: Envelope, vendor: str, host: str) -> trace.Span:
    return _tracer.start_span(
        f"{envelope.dialect.operation} {envelope.model}",
        context=parent,
        kind=trace.SpanKind.CLIENT,
        attributes={
            "gen_ai.operation.name": envelope.dialect.operation,
            "gen_ai.provider.name": vendor,
            "gen_ai.request.model": envelope.model,
            "server.address": host,
            "seawall.request.id": envelope.request_id,
            "seawall.attempt": envelope.attempt,
        },
    )


def _type_of(error: BaseException) -> str:
    """The reason of a failure; what is none is the caller's leaving or a mistake of ours."""
    if isinstance(error, Failure):
        return error.reason.value
    return "internal" if isinstance(error, Exception) else "cancelled"
