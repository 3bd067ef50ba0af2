"""The door: config, monitor and alerts RPCs as JSON over HTTP, by the Connect protocol, as each role allows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import structlog
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from opentelemetry import trace
from protobuf.wkt import Any as ConnectAny

from chassis.grpc.client import Peer
from chassis.grpc.status import CODES, to_message
from chassis.http import Receive, Scope, Send
from chassis.principal import Principal, Role
from chassis.tracecontext import parent_of
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2
from seawall.config.v1 import config_pb2
from seawall.monitor.v1 import monitor_pb2
from services.gateway.domain.access import LEAST_ROLE, check_rpc
from services.gateway.entrypoints.http.request import RequestHeaders, headers_of, secret_of

CONFIG: ServiceDescriptor = config_pb2.DESCRIPTOR.services_by_name["ConfigService"]
MONITOR: ServiceDescriptor = monitor_pb2.DESCRIPTOR.services_by_name["MonitorService"]
ALERTS: ServiceDescriptor = alerts_pb2.DESCRIPTOR.services_by_name["AlertService"]

MAX_BODY_BYTES = 1024 * 1024
DEFAULT_TIMEOUT_MS = 10_000
MAX_TIMEOUT_MS = 60_000

log = structlog.stdlib.get_logger("door")
_tracer = trace.get_tracer("seawall.door")

Authenticate = Callable[[str | None], Principal]
"""The principal of the key that a caller shows. Raises Failure(UNAUTHENTICATED)."""

_caller: ContextVar[Principal] = ContextVar("caller")


class Door:
    """An ASGI application: `POST /{full service name}/{method}` for each RPC of the services it is given.

    `services`: each with the peer that answers it; `least_role` must name all of their RPCs, or ValueError is raised.
    A caller's `connect-timeout-ms` is kept up to MAX_TIMEOUT_MS; a unary call has DEFAULT_TIMEOUT_MS without one.
    Errors have Connect's shape, with google.rpc.ErrorInfo among their details and its reason in `x-seawall-reason`.
    """

    def __init__(
        self,
        services: Iterable[tuple[ServiceDescriptor, Peer]],
        authenticate: Authenticate,
        *,
        least_role: Mapping[str, Role] = LEAST_ROLE,
    ) -> None:
        methods = [(method, peer) for service, peer in services for method in service.methods]
        if unlisted := [rpc for method, _ in methods if (rpc := _rpc(method)) not in least_role]:
            raise ValueError(f"nobody may call {', '.join(unlisted)}: give them a least role")
        endpoints = {f"/{_rpc(method)}": _endpoint(method, peer) for method, peer in methods}
        self._streams = {f"/{_rpc(method)}" for method, _ in methods if method.server_streaming}
        self._app = _ConnectApp(
            service=None,
            endpoints=lambda _: endpoints,
            interceptors=[_Gate(authenticate, least_role)],
            # A misspelt field would else be dropped without a word.
            codecs=[google_protobuf_binary_codec(), google_protobuf_json_codec(ignore_unknown_fields=False)],
            compressions=(),  # a small compressed body could stand for a huge one
            read_max_bytes=MAX_BODY_BYTES,
        )
        self.paths = frozenset(endpoints)
        """Those of the RPCs; others are not to be brought here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request at one of its paths. Raises Failure(INVALID_REQUEST) for gRPC's own framing."""
        path, told = scope["path"], headers_of(scope)
        if (told.get(b"content-type") or "").startswith("application/grpc"):
            raise Failure(Reason.INVALID_REQUEST, "gRPC is served at its own port; send JSON here.")
        headers = _bounded(scope["headers"], default=None if path in self._streams else DEFAULT_TIMEOUT_MS)
        with _tracer.start_as_current_span(
            path.removeprefix("/"),
            context=parent_of(told.get(b"traceparent")),
            kind=trace.SpanKind.SERVER,
            attributes={"rpc.system": "connect_rpc"},
        ):
            await self._app({**scope, "headers": headers}, receive, send)


def open_door(*, config: Peer, monitor: Peer, alerts: Peer, authenticate: Authenticate) -> Door:
    """The gateway's door."""
    return Door([(CONFIG, config), (MONITOR, monitor), (ALERTS, alerts)], authenticate)


class _ConnectApp(ConnectASGIApplication[None]):
    @property
    def path(self) -> str:
        return "/"


class _Gate:
    """Asks who calls before the body is read, and tells each failure with its reason; see MetadataInterceptor."""

    def __init__(self, authenticate: Authenticate, least_role: Mapping[str, Role]) -> None:
        self._authenticate = authenticate
        self._least_role = least_role

    async def on_start(self, ctx: RequestContext[Any, Any]) -> None:
        headers = [(name.encode(), value.encode()) for name, value in ctx.request_headers.allitems()]
        try:
            principal = self._authenticate(secret_of(RequestHeaders(headers)))
            check_rpc(principal, f"{ctx.method.service_name}/{ctx.method.name}", self._least_role)
        except Failure as failure:
            raise _told(failure, ctx) from failure
        _caller.set(principal)

    async def on_end(self, token: None, ctx: RequestContext[Any, Any], error: Exception | None) -> None:  # noqa: ARG002 - the interceptor's form
        if error is None:
            return
        if isinstance(error, Failure):
            failure = error
        elif isinstance(error, ConnectError) and error.code in _REASONS:
            failure = Failure(_REASONS[error.code], error.message)
        else:
            log.error("an RPC failed at the door", method=ctx.method.name, exc_info=error)
            failure = Failure(Reason.INTERNAL, "Something failed inside Seawall; its logs tell what.")
        raise _told(failure, ctx) from error


_REASONS = {
    Code.CANCELED: Reason.CANCELLED,
    Code.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
    Code.INVALID_ARGUMENT: Reason.INVALID_REQUEST,
    Code.RESOURCE_EXHAUSTED: Reason.REQUEST_TOO_LARGE,
    Code.UNIMPLEMENTED: Reason.INVALID_REQUEST,
}
"""For what the Connect library says by itself of a request: too large, not JSON, compressed, too late."""


def _told(failure: Failure, ctx: RequestContext[Any, Any]) -> ConnectError:
    ctx.response_headers["x-seawall-reason"] = failure.reason.value
    if failure.retry_after is not None:
        ctx.response_headers["retry-after"] = str(max(1, round(failure.retry_after)))
    if failure.reason is Reason.REQUEST_TOO_LARGE:
        ctx.response_headers["connection"] = "close"  # the rest of the body is not worth reading
    name = CODES[failure.reason].name.lower()
    details = [
        ErrorDetail(ConnectAny(type_url=detail.type_url, value=detail.value)) for detail in to_message(failure).details
    ]
    return ConnectError(Code("canceled" if name == "cancelled" else name), failure.message, details)


def _rpc(method: MethodDescriptor) -> str:
    return f"{method.containing_service.full_name}/{method.name}"


def _endpoint(method: MethodDescriptor, peer: Peer) -> Any:  # the library keeps the kinds of endpoint private
    """Forwards `method` to `peer`."""
    asked, answered = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    info = MethodInfo(
        name=method.name,
        service_name=method.containing_service.full_name,
        input=asked,
        output=answered,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=StreamType.SERVER_STREAM if method.server_streaming else StreamType.UNARY,
    )
    how: dict[str, Any] = {
        "request_serializer": asked.SerializeToString,
        "response_deserializer": answered.FromString,
    }
    if method.server_streaming:
        stream = peer.channel.unary_stream(f"/{_rpc(method)}", **how)
        return Endpoint.server_stream(info, _stream_to(peer, stream))
    return Endpoint.unary(info, _call_to(peer, peer.channel.unary_unary(f"/{_rpc(method)}", **how)))


def _call_to(peer: Peer, method: Any) -> Callable[[Message, RequestContext[Any, Any]], Awaitable[Message]]:
    async def call(request: Message, ctx: RequestContext[Any, Any]) -> Message:
        answer: Message = await peer.call(
            method, request, timeout=_remaining(ctx) or DEFAULT_TIMEOUT_MS / 1000, principal=_caller.get()
        )
        return answer

    return call


def _stream_to(peer: Peer, method: Any) -> Callable[[Message, RequestContext[Any, Any]], AsyncIterator[Message]]:
    def call(request: Message, ctx: RequestContext[Any, Any]) -> AsyncIterator[Message]:
        return peer.stream(method, request, timeout=_remaining(ctx), principal=_caller.get())

    return call


def _remaining(ctx: RequestContext[Any, Any]) -> float | None:
    """Seconds until the caller's deadline."""
    left = ctx.timeout_ms
    return None if left is None else max(left / 1000, 0.001)


def _bounded(headers: Iterable[tuple[bytes, bytes]], *, default: int | None) -> list[tuple[bytes, bytes]]:
    """`headers` with a deadline that is within bounds, and without those that are not ASCII: none of ours is."""
    kept = [(name, value) for name, value in headers if name.isascii() and value.isascii()]
    asked = next((value for name, value in kept if name == b"connect-timeout-ms"), None)
    if asked is None:
        return kept if default is None else [*kept, (b"connect-timeout-ms", b"%d" % default)]
    if not asked.isdigit():
        return kept  # the library says what is wrong with it
    others = [(name, value) for name, value in kept if name != b"connect-timeout-ms"]
    return [*others, (b"connect-timeout-ms", b"%d" % min(int(asked[:10]), MAX_TIMEOUT_MS))]
