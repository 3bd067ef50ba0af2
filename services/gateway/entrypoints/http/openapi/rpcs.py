"""The door's RPCs as OpenAPI's operations, made from their descriptors."""

import inspect
from collections.abc import Mapping

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from seawall.alerts.v1.alerts_pb2_grpc import AlertServiceServicer
from seawall.config.v1.config_pb2_grpc import ConfigServiceServicer
from seawall.monitor.v1.monitor_pb2_grpc import MonitorServiceServicer
from services.gateway.domain.access import LEAST_ROLE
from services.gateway.entrypoints.door import ALERTS, CONFIG, MONITOR
from services.gateway.entrypoints.http.headers import Place, request_headers
from services.gateway.entrypoints.http.openapi import examples, proto
from services.gateway.entrypoints.http.openapi.failures import Failures, headers
from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas

SERVICES: Mapping[ServiceDescriptor, type] = {
    CONFIG: ConfigServiceServicer,
    MONITOR: MonitorServiceServicer,
    ALERTS: AlertServiceServicer,
}
"""What the door offers; the comments of the proto files are where the generated code keeps them."""


def tags() -> list[Json]:
    """A tag for each service."""
    return [{"name": service.name, "description": inspect.getdoc(kind)} for service, kind in SERVICES.items()]


def paths(schemas: Schemas, failures: Failures) -> Json:
    """All of their paths."""
    return {
        f"/{service.full_name}/{method.name}": {"post": _operation(service, method, kind, schemas, failures)}
        for service, kind in SERVICES.items()
        for method in service.methods
    }


def _operation(
    service: ServiceDescriptor, method: MethodDescriptor, kind: type, schemas: Schemas, failures: Failures
) -> Json:
    if method.server_streaming or method.client_streaming:
        raise ValueError(f"{method.full_name} streams, which OpenAPI has no words for")
    asked: Json = {"schema": proto.message(method.input_type, schemas)}
    if shown := examples.RPCS.get(method.name, ()):
        asked["examples"] = examples.told(shown)
    role = LEAST_ROLE[f"{service.full_name}/{method.name}"]
    answered = proto.message(method.output_type, schemas)
    return {
        "operationId": f"{service.name}.{method.name}",
        "summary": (inspect.getdoc(getattr(kind, method.name)) or method.name).removesuffix("."),
        "description": f"For keys of the role {role.name.lower()} or above.",
        "tags": [service.name],
        "parameters": [{"$ref": f"#/components/parameters/{header.name}"} for header in request_headers(Place.RPC)],
        "requestBody": {"required": True, "content": {"application/json": asked}},
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": headers(Place.RPC),
                "content": {"application/json": {"schema": answered}},
            },
            **failures.at(Place.RPC),
        },
    }
