"""What a call to a vendor shows of itself."""

import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from resilience.errors import Failure, Reason
from services.providers.adapters import telemetry
from services.providers.adapters.telemetry import ObservedAttempt, TelemetryObserver
from services.providers.domain.envelope import Envelope
from services.providers.metrics import DURATION, FAILURES

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TIMED_OUT = Failure(Reason.VENDOR_TIMEOUT, "It is late.", retryable=True)


@pytest.fixture(name="exported")
def _exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("seawall.providers"))
    return exporter


def attempt(traceparent: str = "", vendor: str = "openai") -> ObservedAttempt:
    envelope = Envelope(
        request_id="req_1",
        attempt=2,
        organization="acme",
        provider="main",
        model="small",
        body=b"{}",
        prefix="",
        timeout=None,
        traceparent=traceparent,
    )
    return TelemetryObserver().attempt(envelope, vendor=vendor, host="api.example.com")


def calls(vendor: str, why: str | None) -> int:
    return sum(DURATION.of("chat", vendor, why).buckets)


def test_a_call_that_succeeded_is_counted_without_an_error() -> None:
    before = calls("openai", None)
    with attempt():
        pass
    assert calls("openai", None) == before + 1


@pytest.mark.parametrize(
    ("error", "why"),
    [(TIMED_OUT, "vendor_timeout"), (ZeroDivisionError(), "internal"), (asyncio.CancelledError(), "cancelled")],
)
def test_a_call_that_failed_is_counted_with_why(error: BaseException, why: str) -> None:
    failures = FAILURES.of("mistral", why)
    before = calls("mistral", why), failures.value
    with pytest.raises(type(error)), attempt(vendor="mistral"):
        raise error
    assert (calls("mistral", why), failures.value) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("header", ["", f"00-{TRACE}-{SPAN}-00", f"00-{TRACE}-{SPAN}-0x", f"00-{'0' * 32}-{SPAN}-01"])
def test_where_no_trace_is_recorded_the_vendor_is_told_of_none(header: str, exported: InMemorySpanExporter) -> None:
    with attempt(header) as observed:
        assert observed.traceparent == ""
    assert exported.get_finished_spans() == ()


def test_a_recorded_trace_goes_on_at_the_vendor(exported: InMemorySpanExporter) -> None:
    with attempt(f"00-{TRACE}-{SPAN}-01") as observed:
        pass
    span = only(exported)
    assert span.context is not None
    assert span.parent is not None
    assert observed.traceparent == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert (span.name, f"{span.parent.span_id:016x}", span.status.status_code) == ("chat small", SPAN, StatusCode.UNSET)
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small",
        "server.address": "api.example.com",
        "seawall.request.id": "req_1",
        "seawall.attempt": 2,
    }


def test_a_span_tells_why_its_call_failed(exported: InMemorySpanExporter) -> None:
    with pytest.raises(Failure), attempt(f"00-{TRACE}-{SPAN}-01"):
        raise TIMED_OUT
    span = only(exported)
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "vendor_timeout"


def only(exported: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exported.get_finished_spans()
    return span
