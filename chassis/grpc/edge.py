"""What happens around every RPC that a service answers: who may call, trace, deadline, failures told as statuses."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Any

import grpc
import structlog
from opentelemetry import trace

from chassis.grpc.principal import scope_request, set_principal
from chassis.grpc.status import to_status
from chassis.tracecontext import parent_of
from resilience.errors import Failure, Reason

log = structlog.stdlib.get_logger("grpc")
_tracer = trace.get_tracer("seawall.grpc")

_OPEN = ("/grpc.health.v1.", "/grpc.reflection.")
"""Methods that anybody may call."""

Context = grpc.aio.ServicerContext[Any, Any]
_NO_SPAN = nullcontext(trace.INVALID_SPAN)

Metadata = Mapping[str, str | bytes]
Admit = Callable[[Any, Metadata], None]
"""Is given each request and its metadata before the handler is. Raises Failure to refuse."""


def services_only(token: str) -> Admit:
    """Admit calls of Seawall's own services, which show `token`; anybody's where it is empty.

    The principal that a call names is believed, and its request is kept to that principal's organization.
    """
    expected = token.encode()

    def admit(request: Any, metadata: Metadata) -> None:
        shown = str(metadata.get("x-seawall-token", "")).encode()
        if expected and not hmac.compare_digest(shown, expected):
            raise Failure(Reason.UNAUTHENTICATED, "The call does not show the services' token.")
        if set_principal(metadata.items()):
            scope_request(request)

    return admit


def anybody(_request: Any, _metadata: Metadata) -> None:
    """Admit every call: the handler authenticates its caller itself."""


class Edge(grpc.aio.ServerInterceptor):
    """Wraps each handler. Handlers raise Failure; nothing else of theirs reaches a caller.

    `admit` says whether a call may be made. `rpc_timeout`: seconds for a unary RPC whose caller set no deadline. A
    streamed RPC lasts as long as its caller listens. `traced`: each RPC gets a span, by its metadata's `traceparent`;
    off where the handlers trace themselves, by what their messages say.
    """

    def __init__(self, *, admit: Admit, rpc_timeout: float, traced: bool = True) -> None:
        self._admit = admit
        self._rpc_timeout = rpc_timeout
        self._traced = traced
        # What a server answers for does not change while it runs, so each method is looked up and wrapped once.
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """See grpc.aio.ServerInterceptor."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is not None:
            return wrapped
        handler = await continuation(handler_call_details)
        if handler is None or method.startswith(_OPEN):
            return handler
        if handler.unary_unary is not None:
            wrapped = grpc.unary_unary_rpc_method_handler(
                self._unary(method, handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )
        elif handler.unary_stream is not None:
            wrapped = grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        else:
            raise TypeError(f"{method}: RPCs whose requests are a stream are not served")
        self._wrapped[method] = wrapped
        return wrapped

    def _unary(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: Context) -> Any:
            metadata = dict(context.invocation_metadata() or ())
            with self._span(method, metadata) as span:
                try:
                    self._admit(request, metadata)
                    async with asyncio.timeout(context.time_remaining() or self._rpc_timeout):
                        return await inner(request, context)
                except Exception as error:  # noqa: BLE001 - the edge: whatever failed, the caller gets a status
                    await _abort(context, span, method, error)

        return call

    def _stream(self, method: str, inner: Any) -> Any:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            metadata = dict(context.invocation_metadata() or ())
            with self._span(method, metadata) as span:
                try:
                    self._admit(request, metadata)
                    async for response in inner(request, context):
                        yield response
                except Exception as error:  # noqa: BLE001 - as above
                    await _abort(context, span, method, error)

        return call

    def _span(self, method: str, metadata: Metadata) -> Any:
        if not self._traced:
            return _NO_SPAN
        return _tracer.start_as_current_span(
            method.removeprefix("/"),
            context=parent_of(str(metadata.get("traceparent", ""))),
            kind=trace.SpanKind.SERVER,
            attributes={"rpc.system": "grpc"},
            record_exception=False,
            set_status_on_exception=False,
        )


async def _abort(context: Context, span: trace.Span, method: str, error: Exception) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, TimeoutError):
        failure = Failure(Reason.DEADLINE_EXCEEDED, "The deadline passed before the answer was ready.", retryable=True)
    elif isinstance(error, Failure):
        failure = error
    else:
        log.error("an RPC failed", method=method, exc_info=error)
        failure = Failure(Reason.INTERNAL, "Something failed inside Seawall; its logs tell what.")
    span.set_status(trace.StatusCode.ERROR, failure.message)
    span.set_attribute("error.type", failure.reason.value)
    status = to_status(failure)
    await context.abort_with_status(status)
