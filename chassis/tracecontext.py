"""W3C trace context as it travels in headers, metadata and envelopes."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()


def traceparent(span: trace.Span | None = None) -> str:
    """W3C header value of `span`, or of the current span; empty where there is none."""
    context = (span or trace.get_current_span()).get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def parent_of(header: str | None) -> Context | None:
    """The context that a `traceparent` header names; None where it is missing or malformed."""
    if not header:
        return None
    context = _propagator.extract({"traceparent": header})
    return context if trace.get_current_span(context).get_span_context().is_valid else None
