"""A real OTLP receiver: what a service exports over gRPC is kept in memory to be asked about."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import add_MetricsServiceServicer_to_server
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.stack.eventually import PATIENCE, eventually
from tests.stack.otlp_metrics import ReceivedMetrics

KEPT = 100_000


@dataclass(frozen=True)
class ReceivedSpan:
    """One exported span; ids are lower-case hex, as in a traceparent, and times are Unix nanoseconds."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start: int
    end: int
    failed: bool
    attributes: Mapping[str, object] = field(hash=False)
    links: tuple[tuple[str, str], ...] = ()


class OtlpReceiver(TraceServiceServicer):
    """Listens on a loopback port of its own while entered; keeps the last 100,000 spans in the order they came."""

    def __init__(self) -> None:
        self._server = grpc.aio.server()
        self._spans: deque[ReceivedSpan] = deque(maxlen=KEPT)
        self._port = 0
        self.metrics = ReceivedMetrics()

    @property
    def endpoint(self) -> str:
        """Where to export to, as OTEL_EXPORTER_OTLP_ENDPOINT is written."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def spans(self) -> Sequence[ReceivedSpan]:
        """What has been received so far."""
        return tuple(self._spans)

    async def wait_for(
        self, predicate: Callable[[Sequence[ReceivedSpan]], bool], within: float = PATIENCE
    ) -> Sequence[ReceivedSpan]:
        """Return the spans once the predicate is true of them; fail, naming what came, after `within` seconds."""
        try:
            await eventually(lambda: predicate(self.spans), within)
        except AssertionError as error:
            seen = sorted({f"{span.service}: {span.name}" for span in self.spans})
            raise AssertionError(f"{error}; {len(self.spans)} spans came: {seen}") from error
        return self.spans

    async def Export(
        self,
        request: ExportTraceServiceRequest,
        context: grpc.aio.ServicerContext[ExportTraceServiceRequest, ExportTraceServiceResponse],
    ) -> ExportTraceServiceResponse:
        """Take in one batch."""
        for batch in request.resource_spans:
            service = str(_attributes(batch.resource.attributes).get("service.name", ""))
            for scope in batch.scope_spans:
                self._spans.extend(_received(service, span) for span in scope.spans)
        return ExportTraceServiceResponse()

    async def __aenter__(self) -> Self:
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call] # generated, without types
        add_MetricsServiceServicer_to_server(self.metrics, self._server)  # type: ignore[no-untyped-call] # as above
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop(grace=None)


def _received(service: str, span: Span) -> ReceivedSpan:
    return ReceivedSpan(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case scalar:
            return getattr(value, scalar)
