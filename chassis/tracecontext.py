"""W3C trace context as it travels in headers, metadata and envelopes, and how a request's trace begins."""

import random
import re
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.context import Context, create_key, get_value, set_value

_TRACEPARENT = re.compile(
    r"[ \t]*(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?[ \t]*"
)
_FLAGS = {f"{flags:02x}": trace.TraceFlags(flags) for flags in range(256)}
_CHOSEN = create_key("seawall-chosen")
_NOBODY = Context()
_BEGIN = set_value(_CHOSEN, True, _NOBODY)
"""No parent, and drawn for already."""


def traceparent(span: trace.Span | None = None) -> str:
    """W3C header value of `span`, or of the current span; empty where there is none."""
    context = (span or trace.get_current_span()).get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def span_context_of(header: str | None) -> trace.SpanContext | None:
    """What a `traceparent` header names; None where it is missing or malformed.

    A version that is not known yet may say more, after what version 00 says.
    """
    match = _TRACEPARENT.fullmatch(header) if header else None
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if more and version == "00":
        return None
    return trace.SpanContext(int(trace_id, 16), int(span_id, 16), True, _FLAGS[flags])


def parent_of(header: str | None) -> Context | None:
    """The context that a `traceparent` header names; None where it is missing or malformed."""
    context = span_context_of(header)
    return None if context is None else _below(context)


def sampled_parent_of(header: str | None) -> Context | None:
    """The context that a `traceparent` header names; None also where it says that its trace is not recorded."""
    context = span_context_of(header)
    return _below(context) if context is not None and context.trace_flags.sampled else None


class Head:
    """Where traces begin: decides which are recorded, before anything is made that only a recorded one needs.

    What a caller's `traceparent` says holds; of the others `ratio`, 0 to 1, are chosen by `draw`, which gives 0 to 1
    without 1.
    """

    def __init__(self, ratio: float, draw: Callable[[], float] = random.random) -> None:
        self._ratio = ratio
        self._draw = draw

    def start_server_span(self, tracer: trace.Tracer, name: str, traceparent: str | None) -> trace.Span:
        """A request's first span here.

        Of a trace that is not recorded it is one that does nothing: it has the caller's context, if there is one, and
        else none at all.
        """
        parent = span_context_of(traceparent)
        if parent is None:
            if self._draw() >= self._ratio:
                return trace.INVALID_SPAN
            context = _BEGIN
        elif parent.trace_flags.sampled:
            context = _below(parent)
        else:
            return trace.NonRecordingSpan(parent)
        return tracer.start_span(name, context=context, kind=trace.SpanKind.SERVER)


_head = Head(0.0)


def install(head: Head) -> None:
    """Let `head` decide for this process; until then nothing is chosen."""
    global _head  # noqa: PLW0603 - as OpenTelemetry's own providers: there is one in a process
    _head = head


def start_server_span(tracer: trace.Tracer, name: str, traceparent: str | None) -> trace.Span:
    """See Head: the process's."""
    return _head.start_server_span(tracer, name, traceparent)


def is_chosen(context: Context | None) -> bool:
    """Whether a head has chosen the trace that begins in `context`."""
    return context is not None and get_value(_CHOSEN, context) is True


def _below(parent: trace.SpanContext) -> Context:
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), _NOBODY)
