"""The OTLP receiver and the webhook sink take in what real clients send."""

import asyncio

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link
from pyqwest import Client

from tests.stack.otlp import OtlpReceiver
from tests.stack.webhook import Answer, WebhookSink


async def test_exported_spans_arrive_with_their_parents_links_and_attributes(otlp: OtlpReceiver) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "tested"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(otlp.endpoint, insecure=True)))
    tracer = provider.get_tracer("test")

    def work() -> None:
        with tracer.start_as_current_span("earlier") as earlier:
            pass
        with (
            tracer.start_as_current_span("parent", links=[Link(earlier.get_span_context())]),
            tracer.start_as_current_span("child", attributes={"attempts": 2, "ok": True, "tags": ["a", "b"]}),
        ):
            pass
        provider.shutdown()

    await asyncio.to_thread(work)
    spans = await otlp.wait_for(lambda spans: len(spans) == 3)
    earlier, child, parent = sorted(spans, key=lambda span: ["earlier", "child", "parent"].index(span.name))
    assert {span.service for span in spans} == {"tested"}
    assert parent.parent_id is None
    assert (child.trace_id, child.parent_id) == (parent.trace_id, parent.span_id)
    assert parent.links == ((earlier.trace_id, earlier.span_id),)
    assert child.attributes == {"attempts": 2, "ok": True, "tags": ["a", "b"]}
    assert child.kind == "internal"


async def test_waiting_for_spans_that_do_not_come_names_those_that_came(otlp: OtlpReceiver) -> None:
    with pytest.raises(AssertionError, match="0 spans came"):
        await otlp.wait_for(bool, within=0.2)


async def test_the_sink_records_requests_and_answers_as_scripted(webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(500, Answer(429, {"retry-after": "2"}, b"later"))
    client = Client()
    answers = [
        await client.post(f"{webhook_sink.url}/hook?n={n}", {"X-Try": str(n)}, b'{"n": %d}' % n) for n in range(3)
    ]
    assert [answer.status for answer in answers] == [500, 429, 200]
    assert answers[1].headers["retry-after"] == "2"
    requests = await webhook_sink.wait_for(lambda requests: len(requests) == 3)
    assert [(r.method, r.path, r.headers["x-try"], r.json()) for r in requests] == [
        ("POST", f"/hook?n={n}", str(n), {"n": n}) for n in range(3)
    ]


async def test_the_sink_outlives_a_sender_that_gives_up(webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(Answer(delay=30))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Client().post(f"{webhook_sink.url}/slow", {}, b"{}"), 0.3)
    assert (await Client().post(f"{webhook_sink.url}/next", {}, b"{}")).status == 200
    assert [request.path for request in webhook_sink.requests] == ["/slow", "/next"]
