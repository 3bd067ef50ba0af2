"""The metrics that a service exports by OTLP, as they came."""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceServicer


class ReceivedMetrics(MetricsServiceServicer):
    """Keeps what each metric was when it came last, by its instrumentation scope and name, as JSON has it."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str], Mapping[str, Any]] = {}

    async def Export(
        self,
        request: ExportMetricsServiceRequest,
        context: grpc.aio.ServicerContext[ExportMetricsServiceRequest, ExportMetricsServiceResponse],
    ) -> ExportMetricsServiceResponse:
        """Take in one collection."""
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                self.latest |= {(scope.scope.name, metric.name): MessageToDict(metric) for metric in scope.metrics}
        return ExportMetricsServiceResponse()
