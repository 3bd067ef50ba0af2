"""One request is one trace: gateway, hop, vendor call, and those who handle its event; seen at a real OTLP receiver."""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from tests.e2e.system import System, running_system
from tests.stack.otlp import OtlpReceiver, ReceivedSpan


@dataclass(frozen=True)
class Traced:
    """A system, and where its spans go."""

    system: System
    otlp: OtlpReceiver


@pytest.fixture(name="traced", scope="module")
async def _traced() -> AsyncIterator[Traced]:
    async with OtlpReceiver() as otlp, running_system(otlp=otlp.endpoint) as system:
        yield Traced(system, otlp)


async def test_one_request_is_one_connected_trace(traced: Traced) -> None:
    system, otlp = traced.system, traced.otlp
    trace_id, caller = secrets.token_hex(16), secrets.token_hex(8)
    await ask(system, f"00-{trace_id}-{caller}-01")
    spans = await otlp.wait_for(lambda spans: len(services(of(trace_id, spans))) >= 3)
    trace = {span.span_id: span for span in of(trace_id, spans)}
    seen = [(span.service, span.name, parent(trace, span)) for span in trace.values()]

    assert ("seawall-gateway", "chat chat", "the caller") in seen
    assert ("seawall-gateway", "attempt alpha/small", "chat chat") in seen
    assert ("seawall-providers", "chat small", "attempt alpha/small") in seen
    assert ("seawall-monitor", "process seawall.requests.v1", "chat chat") in seen
    assert all(above is not None for _, _, above in seen), "no span hangs in the air"

    (consumed,) = [span for span in trace.values() if span.service == "seawall-monitor"]
    assert list(consumed.links) == [(trace_id, consumed.parent_id)]

    call = system.simulator.vendor("alpha").calls[-1]
    vendor_span = next(span for span in trace.values() if span.service == "seawall-providers")
    assert call.traceparent == f"00-{trace_id}-{vendor_span.span_id}-01", "the vendor could go on with it"


async def test_a_caller_that_does_not_sample_is_not_traced(traced: Traced) -> None:
    system, otlp = traced.system, traced.otlp
    sampled, unsampled = secrets.token_hex(16), secrets.token_hex(16)
    await ask(system, f"00-{unsampled}-{secrets.token_hex(8)}-00")
    await ask(system, f"00-{sampled}-{secrets.token_hex(8)}-01")
    spans = await otlp.wait_for(lambda spans: len(services(of(sampled, spans))) >= 3)
    assert of(unsampled, spans) == []


async def ask(system: System, traceparent: str) -> None:
    body = json.dumps({"model": "chat", "messages": [{"role": "user", "content": "traced"}]}).encode()
    answer = await system.post(f"{system.http()}/v1/chat/completions", body, headers={"traceparent": traceparent})
    assert answer.status == 200


def of(trace_id: str, spans: Sequence[ReceivedSpan]) -> list[ReceivedSpan]:
    return [span for span in spans if span.trace_id == trace_id]


def services(spans: Sequence[ReceivedSpan]) -> set[str]:
    return {span.service for span in spans}


def parent(trace: dict[str, ReceivedSpan], span: ReceivedSpan) -> str | None:
    """Name of the span above; `the caller` where that is not ours, None where it is missing."""
    if span.parent_id is not None and span.parent_id in trace:
        return trace[span.parent_id].name
    return "the caller" if span.name.startswith("chat chat") else None
