"""What an exchange shows of itself: its metrics, and the trace that the ledger names."""

import secrets

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased

from chassis.telemetry.sampling import HeadSampler
from chassis.tracecontext import Head
from resilience.errors import Reason
from services.gateway import metrics
from services.gateway.entrypoints import exchange
from tests.unit.gateway.callers import Chat
from tests.unit.gateway.world import WHOLE, vendor

TRACE, SPAN = secrets.token_hex(16), secrets.token_hex(8)


@pytest.fixture(name="exported")
def _exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Spans of a gateway that samples no trace by itself."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(HeadSampler(0.0)), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(exchange, "_tracer", provider.get_tracer("seawall.gateway"))
    return exporter


def counted(outcome: str, reason: str) -> int:
    return sum(metrics.requests.of(outcome, reason).buckets)


def under_way() -> float:
    return sum(metrics.pressure.each(lambda pressed: pressed.requests)())


async def test_a_request_and_its_attempts_are_counted_with_how_they_ended() -> None:
    failed = metrics.attempts.of("alpha/small", "first", "failed", "vendor_error")
    fallback = metrics.attempts.of("beta/small", "fallback", "succeeded", "")
    before = failed.value, fallback.value, counted("succeeded", "")

    assert (await Chat([vendor(Reason.VENDOR_ERROR, 500)], beta=WHOLE).ask()).status == 200

    assert failed.value > before[0]
    assert (fallback.value, counted("succeeded", "")) == (before[1] + 1, before[2] + 1)


async def test_a_refused_request_is_counted_with_its_reason() -> None:
    before = counted("failed", "model_not_found")
    assert (await Chat(WHOLE).ask(model="nothing")).status == 404
    assert counted("failed", "model_not_found") == before + 1


async def test_a_request_is_under_way_until_it_has_ended() -> None:
    chat, before = Chat([0.5, *WHOLE]), under_way()
    _, task = chat.begin()
    await chat.world.clock.advance(0.1)
    assert under_way() == before + 1
    while not task.done():
        await chat.world.clock.advance(0.1)
    assert under_way() == before


@pytest.mark.usefixtures("exported")
async def test_the_ledger_names_the_callers_trace_also_where_it_is_not_recorded(exported: InMemorySpanExporter) -> None:
    chat = Chat(WHOLE)
    await chat.ask({"traceparent": f"00-{TRACE}-{SPAN}-00"})
    (event,) = chat.world.journal.events
    assert (event.data.trace_id, event.traceparent) == (TRACE, None)
    assert exported.get_finished_spans() == ()


async def test_the_ledger_names_no_trace_where_there_is_none(exported: InMemorySpanExporter) -> None:
    chat = Chat(WHOLE)
    await chat.ask()
    (event,) = chat.world.journal.events
    assert event.data.trace_id is None
    assert exported.get_finished_spans() == ()


async def test_a_sampled_callers_trace_goes_on(exported: InMemorySpanExporter) -> None:
    chat = Chat(WHOLE)
    await chat.ask({"traceparent": f"00-{TRACE}-{SPAN}-01"})
    (event,) = chat.world.journal.events
    span = exported.get_finished_spans()[-1]
    context = span.get_span_context()
    assert context is not None
    assert (span.name, f"{context.trace_id:032x}") == ("chat chat", TRACE)
    assert (event.data.trace_id, event.traceparent) == (TRACE, f"00-{TRACE}-{context.span_id:016x}-01")


async def test_a_trace_that_is_chosen_here_is_recorded_and_named(
    exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.tracecontext._head", Head(1.0))
    chat = Chat(WHOLE)
    await chat.ask()
    (event,) = chat.world.journal.events
    span = exported.get_finished_spans()[-1]
    context = span.get_span_context()
    assert context is not None
    assert span.parent is None
    assert event.data.trace_id == f"{context.trace_id:032x}"
