"""Traces begin, and go on, as W3C's trace context and OpenTelemetry's samplers say."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.telemetry.sampling import HeadSampler
from chassis.tracecontext import Head, parent_of, sampled_parent_of, span_context_of, start_server_span, traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"

MALFORMED = [
    "",
    "00",
    f"00-{TRACE}-{SPAN}",
    f"00-{TRACE}-{SPAN}-1",
    f"00-{TRACE}-{SPAN}-001",
    f"00-{TRACE}-{SPAN}-01-more",
    f"00-{TRACE}-{SPAN}-01-",
    f"00-{TRACE}-{SPAN}-0g",
    f"00-{TRACE[1:]}-{SPAN}-01",
    f"00-{TRACE}0-{SPAN}-01",
    f"00-{TRACE}-{SPAN[1:]}-01",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"00-{TRACE[:-1]}_-{SPAN}-01",
    f"00-0x{TRACE[2:]}-{SPAN}-01",
    f"00-+{TRACE[1:]}-{SPAN}-01",
    f"00-{TRACE[:-1]}٣-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{SPAN}-01",
    f"0-{TRACE}-{SPAN}-01",
    f"00 {TRACE} {SPAN} 01",
    f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
    f"x00-{TRACE}-{SPAN}-01",
]
WELL_FORMED = [
    SAMPLED,
    UNSAMPLED,
    f"00-{TRACE}-{SPAN}-ff",
    f"00-{TRACE}-{SPAN}-02",
    f"01-{TRACE}-{SPAN}-01",
    f"01-{TRACE}-{SPAN}-01-what comes later",
    f"fe-{TRACE}-{SPAN}-00-",
    f" \t{SAMPLED}\t ",
    f"00-{'f' * 32}-{'f' * 16}-01",
    f"00-{'0' * 31}1-{'0' * 15}1-01",
]
headers = st.sampled_from([*MALFORMED, *WELL_FORMED]) | st.from_regex(
    r"[0f]{2}-(0{32}|[0-9a-f]{32})-(0{16}|[0-9a-f]{16})-[0-9a-f]{2}(-x?)?", fullmatch=True
)


@pytest.mark.parametrize("header", MALFORMED)
def test_what_is_malformed_names_no_trace(header: str) -> None:
    assert span_context_of(header) is None
    assert (parent_of(header), sampled_parent_of(header)) == (None, None)


@pytest.mark.parametrize("header", WELL_FORMED)
def test_what_is_well_formed_names_one(header: str) -> None:
    assert trace.get_current_span(parent_of(header)).get_span_context().is_valid


@given(headers | st.text(max_size=80))
def test_a_header_is_read_as_opentelemetrys_propagator_reads_it(header: str) -> None:
    read = TraceContextTextMapPropagator().extract({"traceparent": header})
    theirs = trace.get_current_span(read).get_span_context()
    assert (span_context_of(header) or trace.INVALID_SPAN_CONTEXT) == theirs


@pytest.mark.parametrize(("header", "flagged"), [(SAMPLED, True), (UNSAMPLED, False), (f"00-{TRACE}-{SPAN}-03", True)])
def test_only_a_sampled_parent_is_one_to_record_below(header: str, flagged: bool) -> None:
    assert (sampled_parent_of(header) is not None) is flagged


def test_a_header_is_written_as_it_was_read() -> None:
    assert traceparent(trace.get_current_span(parent_of(SAMPLED))) == SAMPLED


class Traced:
    """Two tracers: one whose traces a head begins, one that is asked by itself; and what both exported."""

    def __init__(self, ratio: float) -> None:
        self.exported = InMemorySpanExporter()
        self.ours = self._tracer(ParentBased(HeadSampler(ratio)))
        self.theirs = self._tracer(ParentBased(TraceIdRatioBased(ratio)))

    def _tracer(self, sampler: ParentBased) -> trace.Tracer:
        provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exported))
        return provider.get_tracer("test")


@given(headers, st.sampled_from([0.0, 1.0]))
def test_what_a_caller_says_holds_as_in_parent_based(header: str, ratio: float) -> None:
    traced = Traced(ratio)
    ours = Head(ratio).start_server_span(traced.ours, "chat", header)
    theirs = traced.theirs.start_span("chat", context=parent_of(header), kind=trace.SpanKind.SERVER)

    assert ours.is_recording() == theirs.is_recording()
    assert ours.get_span_context().trace_flags.sampled == theirs.get_span_context().trace_flags.sampled
    if span_context_of(header) is not None:
        assert ours.get_span_context().trace_id == theirs.get_span_context().trace_id
    for span in (ours, theirs):
        span.end()
    told = [(span.name, span.kind, span.parent) for span in traced.exported.get_finished_spans()]
    assert told[: len(told) // 2] == told[len(told) // 2 :]


@example(0.5, 2**52)
@example(0.5, 2**52 - 1)
@given(st.integers(0, 2**20).map(lambda part: part / 2**20), st.integers(0, 2**53 - 1))
def test_a_root_is_chosen_by_the_draw_as_by_a_trace_id(ratio: float, drawn: int) -> None:
    span = Head(ratio, draw=lambda: drawn / 2**53).start_server_span(Traced(ratio).ours, "chat", None)
    theirs = TraceIdRatioBased(ratio).should_sample(None, drawn << 11, "chat")
    assert span.is_recording() is (theirs.decision is Decision.RECORD_AND_SAMPLE)


def test_the_ratio_of_roots_is_recorded() -> None:
    rng = random.Random(7)
    head, traced = Head(0.3, rng.random), Traced(0.3)
    chosen = sum(head.start_server_span(traced.ours, "chat", None).is_recording() for _ in range(10_000))
    assert 2_850 < chosen < 3_150


def test_a_root_that_is_not_chosen_is_no_trace_at_all() -> None:
    assert Head(0.0).start_server_span(Traced(0.0).ours, "chat", None) is trace.INVALID_SPAN


def test_a_chosen_root_has_no_parent_whatever_is_current() -> None:
    traced = Traced(0.0)
    with trace.use_span(trace.NonRecordingSpan(span_context_of(UNSAMPLED) or trace.INVALID_SPAN_CONTEXT)):
        Head(1.0).start_server_span(traced.ours, "chat", None).end()
    (span,) = traced.exported.get_finished_spans()
    assert (span.parent, span.kind) == (None, trace.SpanKind.SERVER)


def test_below_a_chosen_root_everything_is_recorded() -> None:
    traced = Traced(0.0)
    root = Head(1.0).start_server_span(traced.ours, "chat", None)
    below = traced.ours.start_span("attempt", context=trace.set_span_in_context(root))
    assert below.is_recording()
    assert below.get_span_context().trace_id == root.get_span_context().trace_id


def test_a_trace_that_no_head_begins_is_drawn_for_by_the_sampler() -> None:
    assert not Traced(0.0).ours.start_span("tick").is_recording()
    assert Traced(1.0).ours.start_span("tick").is_recording()


def test_before_telemetry_is_set_up_nothing_is_chosen() -> None:
    assert start_server_span(Traced(1.0).ours, "chat", None) is trace.INVALID_SPAN
